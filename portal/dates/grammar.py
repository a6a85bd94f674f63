"""Read symbols as a date said: one or two points, what joins them, and what was said of them.

Nothing is computed here; `date_spans` says which days are meant.
"""

from dataclasses import dataclass
from enum import StrEnum, auto

from portal.dates.lexing import Is
from portal.dates.points import Point, PointReader

_QUALIFIERS = 4
_LARGEST_COUNT = 200


class Bound(StrEnum):
    """How it stands to the days named: within, before or after them, beginning or ending in them."""

    NONE = auto()
    BEFORE = auto()
    AFTER = auto()
    SINCE = auto()
    UNTIL = auto()


class Joined(StrEnum):
    """How two dates stand together."""

    RANGE = auto()
    OR = auto()


@dataclass(slots=True)
class Shift:
    """So many days, weeks, months or years before (-1) or after (+1) something; least and most."""

    least: int
    most: int
    unit: str
    sign: int


@dataclass(slots=True)
class Spoken:
    """A date as said: one point or two, and what was said of it."""

    first: Point | None = None
    second: Point | None = None
    joined: Joined | None = None
    bound: Bound = Bound.NONE
    inclusive: bool = False
    approximate: bool = False
    uncertain: bool = False
    shift: Shift | None = None
    cue: bool = False
    """A word stands before it that dates have: in, since, on, در, از."""


_BOUNDS = (
    (Is.BEFORE, Bound.BEFORE, False),
    (Is.AFTER, Bound.AFTER, False),
    (Is.BY, Bound.BEFORE, True),
    (Is.NOT_BEFORE, Bound.AFTER, True),
    (Is.SINCE, Bound.SINCE, True),
    (Is.UNTIL, Bound.UNTIL, True),
)
_SIGNS = ((Is.AFTER, 1), (Is.LATER, 1), (Is.BEFORE, -1), (Is.EARLIER, -1))


class Reader(PointReader):
    """Reads whole dates from symbols at given places."""

    def said(self, at: int) -> tuple[Spoken, int] | None:
        """Read a date that begins here; also the place after it."""
        spoken = Spoken(cue=self.has(at - 1, Is.FILLER), uncertain=self._doubted(at - 1))
        at = self._qualified(spoken, at)
        read = self._shifted(spoken, at)
        if read is None:
            read = self._between(spoken, at) if self.has(at, Is.BETWEEN) else self._bounded(spoken, at)
        return None if read is None else (spoken, self._trailing(spoken, read))

    def _doubted(self, at: int) -> bool:
        """Say whether "I think", "شاید" stand before, small words between."""
        for _ in range(_QUALIFIERS):
            if not self.has(at, Is.FILLER):
                break
            at -= 1
        return self.has(at, Is.PERHAPS)

    def _qualified(self, spoken: Spoken, at: int) -> int:
        for _ in range(_QUALIFIERS):
            if self.has(at, Is.APPROXIMATE):
                spoken.approximate = True
                at += self.mark(at + 1, ".") and self.touching(at + 1)
            elif self.has(at, Is.PERHAPS):
                spoken.uncertain = True
            elif self.has(at, Is.FILLER) and not self.has(at, Is.VAGUE):
                spoken.cue = True
            else:
                break
            at += 1
        return at

    def _trailing(self, spoken: Spoken, at: int) -> int:
        """Take the marks of doubt that follow a date: (?), ~, %."""
        if self.mark(at, "(") and self.mark(at + 1, "?") and self.mark(at + 2, ")"):
            spoken.uncertain = True
            return at + 3
        if not self.touching(at) or self.symbols[at].text not in "~≈%":
            return at
        spoken.approximate = True
        spoken.uncertain = spoken.uncertain or self.symbols[at].text == "%"
        return at + 1

    def _shifted(self, spoken: Spoken, at: int) -> int | None:
        """Read "six months before Mordad 67", "two days later", "the year after 1988", روز بعد از ۵ مرداد."""
        least, most, after = self._amount(at)
        step = self._step(after, counted=after > at)
        if step is None:
            return None
        unit, sign, after, leans = step
        base, stop = self.point(after + self.has(after, Is.SINCE))
        spoken.shift = Shift(least, most, unit, sign)
        if base is not None and base.core:
            spoken.first = base
            return stop
        ended = after >= len(self.symbols) or self.has(after, Is.MARK)
        return after if ended or (leans and not self.has(after, Is.SINCE)) else None

    def _step(self, at: int, *, counted: bool) -> tuple[str, int, int, bool] | None:
        """Read the unit and the direction; also whether it needs nothing after it ("later", "after that")."""
        if self.has(at, Is.NEXT_DAY):
            return "d", 1, at + 1, False
        if self.has(at, Is.RELATIVE):
            unit, sign = self.symbols[at].means[Is.RELATIVE]
            return (unit, sign, at + 1, True) if sign and (counted or self.has(at + 1, Is.SINCE)) else None
        if not self.has(at, Is.UNIT):
            return None
        sign = next((sign for kind, sign in _SIGNS if self.has(at + 1, kind)), 0)
        leans = self.has(at + 1, Is.LATER) or self.has(at + 1, Is.EARLIER)
        return (self.symbols[at].means[Is.UNIT], sign, at + 2, leans) if sign else None

    def _amount(self, at: int) -> tuple[int, int, int]:
        if self.has(at, Is.VAGUE):
            return (*self.symbols[at].means[Is.VAGUE], at + 1)
        counted = self.number(at)
        if counted is None or counted.ordinal or not 0 < counted.value <= _LARGEST_COUNT:
            return 1, 1, at
        other = self.number(counted.stop + self.has(counted.stop, Is.OR))
        if other is not None and other.value == counted.value + 1:
            return counted.value, other.value, other.stop
        return counted.value, counted.value, counted.stop

    def _between(self, spoken: Spoken, at: int) -> int | None:
        first, at = self.point(at + 1)
        if first is None or not (self.has(at, Is.AND) or self.has(at, Is.TO)):
            return None
        second, stop = self.point(at + 1, second=True)
        if second is None or not self._agree(first, second):
            return None
        spoken.first, spoken.second, spoken.joined, spoken.cue = first, second, Joined.RANGE, True
        return stop

    def _bounded(self, spoken: Spoken, at: int) -> int | None:
        since = False
        for _ in range(2):
            found = next((bound for bound in _BOUNDS if self.has(at, bound[0])), None)
            if found is None:
                break
            since = since or found[0] is Is.SINCE
            at = self._qualified(spoken, at + 1)
            _kind, spoken.bound, spoken.inclusive = found
            spoken.cue = True
        read = self._one_or_two(spoken, at)
        if read is None:
            return None
        if since and spoken.joined is Joined.RANGE:
            spoken.bound = Bound.NONE
        if self.has(read, Is.ONWARD):
            spoken.bound, spoken.cue = Bound.SINCE, True
            return read + 1
        return read

    def _one_or_two(self, spoken: Spoken, at: int) -> int | None:
        first, at = self.point(at)
        if first is None:
            return None
        spoken.first = first
        joined = self._joint(first, at)
        if joined is not None:
            second, stop = self.point(self._qualified(spoken, at + 1), second=True)
            if second is not None and self._agree(first, second):
                spoken.second, spoken.joined = second, joined
                return stop
        return at if first.core else None

    def _joint(self, first: Point, at: int) -> Joined | None:
        """Say how what follows is joined to the first date."""
        if self.has(at, Is.TO) or self.mark(at, "-"):
            return Joined.RANGE
        if self.has(at, Is.OR):
            return Joined.OR
        if self.mark(at, "/"):
            return Joined.RANGE if first.triple or first.year is not None else Joined.OR
        complete = first.triple or (first.year is not None and (first.month or first.season))
        return Joined.RANGE if self.has(at, Is.AND) and not complete else None

    def _agree(self, first: Point, second: Point) -> bool:
        """Say whether two neighbours belong together: a bare number needs the other's month or year."""
        if first.number is not None:
            return second.core
        if second.number is not None:
            return first.day is not None or (first.year is not None and not first.month)
        return True
