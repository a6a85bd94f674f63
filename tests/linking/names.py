"""Invented persons made of common name parts, and what people do to a name when they write it down."""

import re
from dataclasses import dataclass
from pathlib import Path
from random import Random

_SWAPS = (
    ("ou", "oo"), ("ou", "u"), ("ei", "ey"), ("ei", "ai"), ("gh", "q"), ("ee", "i"), ("eh$", "e"),
    ("eh$", "ah"), ("ss", "s"), ("mm", "m"), ("aei", "aee"), ("o", "u"), ("e", "i"), ("i$", "y"),
    ("ow", "o"), ("v", "w"), ("zadeh", "zade"), ("pour", "pur"), ("ollah", "ullah"), ("tt", "t"), ("bb", "b"),
)  # fmt: skip
TITLES = ("Dr.", "Seyyed", "Ayatollah", "Haj", "Hojjatoleslam", "Grand Ayatollah")
_LETTERS = "abcdefghiklmnoprstuyz"


@dataclass(frozen=True)
class Invented:
    """A person with the same name in both scripts; each is a tuple of given names and family names."""

    given: tuple[tuple[str, str], ...]
    family: tuple[tuple[str, str], ...]

    def written(self, script: int, *, family_first: bool = False) -> str:
        """Write the name; script 0 is Persian, 1 is Latin."""
        parts = (*self.family, *self.given) if family_first else (*self.given, *self.family)
        return " ".join(part[script] for part in parts)


def parts() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return (given names, family names), each as (Persian, Latin)."""
    rows = [line.split(";") for line in _FILE.read_text(encoding="utf-8").splitlines()[1:]]
    return tuple([(fa, la) for kind, fa, la in rows if kind == wanted] for wanted in ("given", "family"))  # type: ignore[return-value]


_FILE = Path(__file__).with_name("name_parts.csv")


def invent(count: int, random: Random) -> list[Invented]:
    """Return persons of whom no two have the same name."""
    given, family = parts()
    made: dict[str, Invented] = {}
    while len(made) < count:
        first = random.sample(given, 2 if random.random() < 0.3 else 1)
        last = random.sample(family, 2 if random.random() < 0.4 else 1)
        one = Invented(tuple(first), tuple(last))
        made.setdefault(one.written(0), one)
    return list(made.values())


def respelt(name: str, random: Random) -> str:
    """Spell a Latin name as somebody else would."""
    return " ".join(_respelt(word, random) for word in name.split())


def _respelt(word: str, random: Random) -> str:
    for was, now in random.sample(_SWAPS, len(_SWAPS)):
        if (changed := re.sub(was, now, word, count=1)) != word:
            return changed
    return word


def mistyped(name: str, random: Random) -> str:
    """Make one typing error in the longest word: a letter left out, swapped, another, or one too many."""
    words = name.split()
    place = max(range(len(words)), key=lambda one: len(words[one]))
    word = words[place]
    at = random.randrange(1, len(word))
    words[place] = random.choice(
        (
            word[:at] + word[at + 1 :],
            word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :],
            word[:at] + random.choice(_LETTERS) + word[at + 1 :],
            word[:at] + random.choice(_LETTERS) + word[at:],
        )
    )
    return " ".join(words)
