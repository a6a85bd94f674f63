"""Rival figures as ranges on one scale from nothing, and people counted by month."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from portal.dates.calendars import Calendar, month_start
from portal.registry.drawing.axis import Axis, month_of

_LEAST = 1.2
_STEPS = (1, 2, 5)
_MARKS = 4
_ROOM = 0.97


@dataclass(frozen=True)
class Scale:
    """Figures from nothing to `most` on percent of a width; from right to left where mirrored."""

    most: int
    mirrored: bool

    def at(self, figure: int) -> float:
        """Give the percent at which a figure stands."""
        place = 100 * _ROOM * figure / max(self.most, 1)
        return 100 - place if self.mirrored else place

    def across(self, low: int, high: int) -> tuple[float, float]:
        """Give the left edge and the width of a range; one figure is a narrow one."""
        one, other = sorted((self.at(low), self.at(high)))
        if other - one >= _LEAST:
            return one, other - one
        return min(max((one + other - _LEAST) / 2, 0.0), 100 - _LEAST), _LEAST

    def marks(self) -> list[int]:
        """Give at most five round figures to be named, the first of which is none."""
        step = next(
            step * 10**power
            for power in range(12)
            for step in _STEPS
            if self.most <= step * 10**power * _MARKS
        )
        return list(range(0, self.most + 1, step))


@dataclass(frozen=True)
class Stay:
    """Days, as ordinals, within which somebody's stay began and ended; None where nothing is said."""

    first: int | None
    sure_from: int | None
    sure_to: int | None
    last: int | None


@dataclass(frozen=True)
class Month:
    """How many were surely there in a month, and how many more may have been."""

    year: int
    month: int
    sure: int
    perhaps: int
    x: float
    width: float


def by_month(people: Iterable[Sequence[Stay]], axis: Axis) -> list[Month]:
    """Count people by the months of the line, each once, whatever several sources say of them.

    One of whom nothing but a beginning or an end is known counts in its days alone.
    """
    sure: Counter[tuple[int, int]] = Counter()
    perhaps: Counter[tuple[int, int]] = Counter()
    for stays in people:
        told = [_told(stay, axis.calendar) for stay in stays]
        surely = {month for months, _ in told for month in months}
        sure.update(surely)
        perhaps.update({month for _, months in told for month in months} - surely)
    return [_month(key, axis, sure, perhaps) for key in sorted({*sure, *perhaps})]


def _told(stay: Stay, calendar: Calendar) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """Give the months in which somebody was surely there, and all in which they may have been."""
    days = (stay.first, stay.sure_from, stay.sure_to, stay.last)
    known = [day for day in days if day is not None]
    if not known:
        return set(), set()
    span = _months(calendar, min(known), max(known))
    if stay.sure_from is None or stay.sure_to is None:
        return (set(span) if len(span) == 1 else set()), set(span)
    if stay.sure_from > stay.sure_to:
        return set(), set(span)
    return set(_months(calendar, stay.sure_from, stay.sure_to)), set(span)


def _months(calendar: Calendar, first: int, last: int) -> list[tuple[int, int]]:
    (year, month), end = month_of(calendar, first), month_of(calendar, last)
    found = []
    while (year, month) <= end:
        found.append((year, month))
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)  # noqa: PLR2004 - months of a year
    return found


def _month(
    key: tuple[int, int],
    axis: Axis,
    sure: Mapping[tuple[int, int], int],
    perhaps: Mapping[tuple[int, int], int],
) -> Month:
    year, month = key
    start, end = (month_start(axis.calendar, year, number) for number in (month, month + 1))
    return Month(year, month, sure.get(key, 0), perhaps.get(key, 0), *axis.across(start, end))


def by_year(months: Sequence[Month]) -> list[tuple[int, int, int]]:
    """Give for each year the most that were there in one of its months: surely, and with those who may."""
    found: dict[int, tuple[int, int]] = {}
    for one in months:
        sure, all_ = found.get(one.year, (0, 0))
        found[one.year] = max(sure, one.sure), max(all_, one.sure + one.perhaps)
    return [(year, sure, all_) for year, (sure, all_) in sorted(found.items())]
