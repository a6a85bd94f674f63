"""How well a name in the text and a name of the registry agree, and why: the order of candidates."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from portal.registry import names
from portal.registry.records import Named

_SHORTEST = 3


class Agreement(IntEnum):
    """How two spellings agree; the smaller, the better."""

    SAME = 0
    SAME_SOUND = 1
    BEGINS = 2
    CONTAINS = 3
    PARTLY = 4


@dataclass(frozen=True)
class Match:
    """The best agreement of a text with the names of one record, and the name that agrees."""

    agreement: Agreement
    name: str


def agreement(text: str, name: str) -> Agreement:
    """Compare two spellings: letter for letter in one script, by sound across scripts, then by parts."""
    if names.joined(text) == names.joined(name):
        return Agreement.SAME
    if names.matches(text, name):
        return Agreement.SAME_SOUND
    one, other = sorted((names.loose(text), names.loose(name)), key=len)
    if len(one) < _SHORTEST:
        return Agreement.PARTLY
    if other.startswith(one):
        return Agreement.BEGINS
    return Agreement.CONTAINS if one in other else Agreement.PARTLY


def best(text: str, known: Iterable[Named]) -> Match:
    """Return the name that agrees best; the first of equals."""
    matches = [Match(agreement(text, one.text), one.text) for one in known]
    return min(matches, key=lambda one: one.agreement, default=Match(Agreement.PARTLY, ""))


def mentions(text: str, name: str) -> bool:
    """Tell whether a text has the name in it, whole words, however spelt."""
    wanted = names.loose(name)
    if len(wanted) < _SHORTEST:
        return False
    words = names.fold(text).split()
    count = len(names.fold(name).split())
    return any(
        names.loose(" ".join(words[start : start + size])) == wanted
        for size in {count, count + 1, max(1, count - 1)}
        for start in range(len(words) - size + 1)
    )
