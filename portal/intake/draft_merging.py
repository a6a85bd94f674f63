"""Two hands at one draft: what was written in two windows is kept twice rather than lost once.

Of two texts that begin and end alike only what differs is kept twice, with a line above each version.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from portal.intake.deciding import TRUSTED, YEARS
from portal.intake.drafts import Draft
from portal.intake.journey import ASKED, Kind, Page, Step
from portal.intake.models import Answer, Use

_DIGEST, _NONCE = 16, 8
_STRICT = (Answer.NO.value, Answer.ASK.value, Answer.YES.value)


@dataclass(frozen=True)
class Lines:
    """What is written, each on a line of its own, around the two versions of a text."""

    there: str
    typed: str
    end: str


def mark(given: Mapping[str, str], random: Callable[[int], bytes] = secrets.token_bytes) -> str:
    """Return what a form carries of the answers that it shows, and a name of its own."""
    return f"{_digest(given)}.{random(_NONCE // 2).hex()}"


def _digest(given: Mapping[str, str]) -> str:
    told = {name: value for name, value in given.items() if value}
    written = json.dumps(told, ensure_ascii=False, sort_keys=True).encode()
    return hashlib.sha256(written).hexdigest()[:_DIGEST]


def differ(now: Mapping[str, str], typed: Mapping[str, str], shown: str, last: str) -> bool:
    """Tell whether answers were changed elsewhere since a form showed them (its `mark`).

    ``last`` is the form that changed them last: one that is sent again, with a word more, follows itself. A
    form without a mark is taken as it is.
    """
    digest, _dot, name = shown.partition(".")
    if not name or not any(now.values()) or digest == _digest(now) or last == name:
        return False
    return any(typed.get(one, "") != value for one, value in now.items() if value)


def over(there: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Put answers over those that another window gave; what is not answered here stays.

    A number of years and a trusted name belong to the answer beside which they were typed, and mean another
    wish beside any other: "for good" must not become "for ten years".
    """
    one, other = there.get(Use.AFTER_DEATH), given.get(Use.AFTER_DEATH)
    if other and not one == other == Answer.ASK:  # there the name is the same wish, said in full
        there = _by_themselves(there)
    elif one and not other:
        given = _by_themselves(given)
    return {**there, **given}


def _by_themselves(answers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in answers.items() if name not in {YEARS, TRUSTED}}


def remember(draft: Draft, step: Step, shown: str) -> None:
    """Note which form changed a page last."""
    name = shown.partition(".")[2]
    if name:
        draft.forms[step] = name[:_NONCE]


def take_both(draft: Draft, page: Page, typed: Mapping[str, str], lines: Lines) -> None:
    """Keep what is there and what was typed: both texts in one field, or a card beside the other."""
    if page.cards:
        draft.take(page, typed, None)
        return
    now = draft.given(page)
    kinds = {one.name: one.kind for one in page.fields}
    both = {name: _both(kinds[name], now.get(name, ""), typed[name], lines) for name in typed}
    draft.take(page, {**now, **both})


def _both(kind: Kind, there: str, typed: str, lines: Lines) -> str:
    one, other = there.strip(), typed.strip()
    if not one or not other or one in other:
        return typed if other else there
    if other in one or kind is Kind.ONE:
        return typed if kind is Kind.ONE else there
    if kind is Kind.MANY:
        return " ".join(dict.fromkeys([*there.split(), *typed.split()]))
    return both_texts(there, typed, lines) if kind in {Kind.TEXT, Kind.LONG} else f"{one} / {other}"


_ENDS = re.compile(r"(?<=[.!?؟۔…])(?=[^\S\n])|(?<=\n)")
"""Where a sentence or a line ends."""


def both_texts(there: str, typed: str, lines: Lines) -> str:
    """Return two versions of a text as one: where they are alike once, where they differ both, marked.

    They are compared sentence by sentence, so that nobody has to read halves of one. A version that has only
    more sentences than the other is kept as it is; so is one that has the other's sentences among its own.
    """
    one, other = _sentences(there), _sentences(typed)
    shorter = min(len(one), len(other))
    begin = next((i for i in range(shorter) if one[i].strip() != other[i].strip()), shorter)
    left = shorter - begin
    end = next((i for i in range(left) if one[-1 - i].strip() != other[-1 - i].strip()), left)
    first, second = one[begin : len(one) - end], other[begin : len(other) - end]
    if _has(first, second):
        return there
    if _has(second, first):
        return typed
    middle = [lines.there, "".join(first).strip(), lines.typed, "".join(second).strip(), lines.end]
    before, after = "".join(one[:begin]).rstrip(), "".join(one[len(one) - end :]).lstrip()
    return "\n\n".join(part for part in (before, "\n".join(middle), after) if part)


def _sentences(text: str) -> list[str]:
    return _ENDS.split(text)


def _has(whole: Sequence[str], part: Sequence[str]) -> bool:
    """Tell whether sentences stand among others, one after the other."""
    said, asked = (["", *(one.strip() for one in each if one.strip()), ""] for each in (whole, part))
    return not any(asked) or "\0".join(asked) in "\0".join(said)  # one search, however long they are


def merge(draft: Draft, other: Draft, lines: Lines) -> None:
    """Put what was typed into another draft, before the code was at hand, beside what was kept under it."""
    for page in ASKED:
        if not page.cards:
            there = draft.given(page)
            chosen = {one.name for one in page.fields if one.kind is Kind.ONE and there.get(one.name)}
            given = {name: value for name, value in other.given(page).items() if value and name not in chosen}
            take_both(draft, page, given, lines)
            continue
        for card in other.cards(page.step):
            if card not in draft.cards(page.step):
                draft.take(page, card, None)
    draft.consent = _stricter(draft.consent, other.consent)
    draft.paused = draft.paused or other.paused
    for step, asked in other.asked.items():
        draft.asked[step] = {**asked, **draft.asked.get(step, {})}


def _stricter(one: Mapping[str, str], other: Mapping[str, str]) -> dict[str, str]:
    """Return the stricter of each two answers; of two numbers of years the larger, and for good before both.

    A number counts only where its own draft says *closed*: typed without that answer it means nothing.
    """
    found = dict(one)
    for use, answer in other.items():
        said = one.get(use) or answer
        known = {said, answer} <= set(_STRICT)
        found[use] = min(said, answer, key=_STRICT.index) if known else said
    if found.get(Use.AFTER_DEATH):
        found.pop(YEARS, None)
    years = [each.get(YEARS) for each in (one, other) if each.get(Use.AFTER_DEATH) == Answer.NO]
    if years and all(years):
        found[YEARS] = str(max(int(each) for each in years if each))
    return found
