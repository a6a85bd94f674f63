"""The small question for visits without scripts: four everyday words, one of which is of the asked kind.

It asks for no sum, no picture and no memory. A program that was written for this page answers it; it stops
those that were not. The words are data, chosen for each language: no word of two meanings, none that hurts.
"""

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "choosing"
WORDS = 4
SEED = 16


@dataclass(frozen=True)
class Kind:
    """One kind of thing: how it is asked for, and its words."""

    ask: str
    words: Sequence[str]


@dataclass(frozen=True)
class Question:
    """What is asked, the words to choose from, and the place of the right one."""

    ask: str
    words: Sequence[str]
    right: int


@cache
def kinds(language: str) -> Mapping[str, Kind]:
    """Return the words of a language, by kind."""
    told = tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    return {name: Kind(one["ask"], tuple(one["words"])) for name, one in told.items()}


def question(language: str, seed: bytes) -> Question:
    """Make the question of a seed; the same seed asks the same in every language that has the same kinds."""
    drawn = iter(hashlib.sha512(seed).digest())
    every = kinds(language)
    names = sorted(every)
    order = [names.pop(next(drawn) % len(names)) for _ in range(WORDS)]
    words = [every[name].words[next(drawn) % len(every[name].words)] for name in order]
    right = next(drawn) % WORDS
    asked = words[0]
    others = words[1:]
    return Question(every[order[0]].ask, (*others[:right], asked, *others[right:]), right)
