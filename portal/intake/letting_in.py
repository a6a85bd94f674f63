"""Who is let in to store what lasts: a little work of a browser, or a little patience, for one account.

Pure rules. They know how many were let in lately and nothing of anybody: no address, no browser, no history.
Nobody is ever sent away; what grows is the work, or a wait of ten minutes at most that began with the visit.
docs/decisions/0012 has the reasons.
"""

import hashlib
import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

SALT = 16
PUZZLES = 16
"""Small puzzles instead of a large one, which may take anybody five times as long as it takes most."""
QUIET_BITS, MOST_BITS = 11, 17
"""Leading zero bits of each puzzle: 32,768 hashes in all when it is quiet, two million at most."""
AGE = 6 * 60 * 60
"""Seconds that a challenge can be answered."""
BEHIND = 2
"""Steps that the work may have grown by since a challenge was made, so that none is worth hoarding."""

WINDOW = 600
"""Seconds over which those who were let in are counted; older ones fade."""
PACE = 1.0
"""Seconds between two places of the queue, one for each visit that begins to write."""
LONGEST = 600
"""Seconds that anybody waits at most, counted from when they began to write."""
ASKS = 2
"""The level from which on who comes without a proof is asked to choose a word as well."""

_HASHED = struct.Struct(">16sII")
_ANSWER = struct.Struct(f">{PUZZLES}I")


class Verdict(StrEnum):
    """What became of an answer to a challenge; all but the first mean a new challenge."""

    RIGHT = "right"
    WRONG = "wrong"
    OLD = "old"
    TOO_EASY = "too-easy"


@dataclass(frozen=True)
class Challenge:
    """Work for one visit: sixteen numbers whose hashes begin with enough zero bits.

    Hashed (SHA-256) are the salt, the puzzle's place and the number, both u32be; an answer is the sixteen
    numbers, u32be each. The salt is drawn for this visit and kept there, so that nothing can be worked out
    beforehand, shared, or used again.
    """

    salt: bytes
    bits: int
    made: int

    @classmethod
    def new(cls, random: Callable[[int], bytes], *, level: int, now: int) -> Self:
        """Make a challenge that is as hard as the level asks."""
        return cls(random(SALT), bits_at(level), now)

    def judge(self, answer: bytes, *, level: int, now: int) -> Verdict:
        """Look at an answer; sixteen hashes at most, whatever it is."""
        if not 0 <= now - self.made <= AGE:
            return Verdict.OLD
        if self.bits < bits_at(level) - BEHIND:
            return Verdict.TOO_EASY
        if len(answer) != _ANSWER.size:
            return Verdict.WRONG
        holds = all(self._holds(place, number) for place, number in enumerate(_ANSWER.unpack(answer)))
        return Verdict.RIGHT if holds else Verdict.WRONG

    def _holds(self, place: int, number: int) -> bool:
        digest = hashlib.sha256(_HASHED.pack(self.salt, place, number)).digest()
        return int.from_bytes(digest[:4], "big") >> (32 - self.bits) == 0


def bits_at(level: int) -> int:
    """Return how hard each puzzle is: twice the work for each level."""
    return min(QUIET_BITS + level, MOST_BITS)


@dataclass(frozen=True)
class Load:
    """How many were let in lately, and when the next place of the queue is free (Unix times, seconds)."""

    count: float = 0.0
    at: float = 0.0
    slot: float = 0.0

    @classmethod
    def of(cls, kept: Mapping[str, float]) -> Self:
        """Read what is kept of it; nothing kept means a quiet beginning."""
        return cls(kept.get("count", 0.0), kept.get("at", 0.0), kept.get("slot", 0.0))

    def kept(self) -> dict[str, float]:
        """Return the form in which it is kept."""
        return {"count": self.count, "at": self.at, "slot": self.slot}

    def seen(self, now: float) -> float:
        """Return how many were let in within a window; a clock set back forgets nothing."""
        return self.count * math.exp(-max(0.0, now - self.at) / WINDOW)

    def level(self, now: float, quiet: float) -> int:
        """Return 0 for fewer than ``quiet`` in a window, and one more for each doubling above."""
        seen = self.seen(now)
        return 0 if seen < quiet else 1 + int(math.log2(seen / quiet))

    def one_more(self, now: float) -> Self:
        """Count somebody who was let in."""
        return type(self)(self.seen(now) + 1, max(now, self.at), self.slot)

    def place(self, now: float) -> tuple[Self, int]:
        """Give the next place of the queue: the time when it ripens.

        Places ripen in the order in which they were given, one for each `PACE`; whoever would wait longer
        than `LONGEST` does not.
        """
        ripe = min(max(now, self.slot), now + LONGEST)
        return type(self)(self.count, self.at, min(ripe + PACE, now + LONGEST)), math.ceil(ripe)


def remaining(ripe: int, *, level: int, now: int) -> int:
    """Return the seconds until a place is ripe; nobody waits while it is quiet, or longer than was said."""
    return 0 if level == 0 else min(max(0, ripe - now), LONGEST)
