"""A line of time: days laid on percent of a width; years of which more is known are drawn wider.

Widths are percent, so that one drawing fits a phone and a screen. From left to right in Latin script; where
the line is `mirrored`, time runs from right to left.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from portal.dates.calendars import Calendar, month_start, taken_apart, year_of

WIDTH = 100.0
_MONTHS = 12
_FINE = 62
"""Days: what is known to within two months tells apart the months of a year."""

_CROWD = 3
_MOST_LARGE = 2
_SHARE = 0.45
"""How much of the whole width crowded years may take together."""

_FEW = 3
_QUIET = 0.4
"""How wide a year is in which nothing begins or ends, beside one in which something does."""

_NARROW, _WIDE = 15.0, 7.5
"""Percent that a label of a year takes on a phone and on a screen; months' names take `_MONTH` times that."""

_MONTH = 1.1
_LANDMARKS = (100, 50, 20, 10, 5)
_SHORT = 15
"""Years up to which any of them may be named; on a longer line only round ones and those that are told of."""

_QUARTERS = (7, 4, 10)


@dataclass(frozen=True)
class Tick:
    """The first day of a year, or of a month of one drawn larger; a label that only fits wide is `fine`."""

    x: float
    year: int
    month: int | None = None
    fine: bool = False
    named: bool = True


@dataclass(frozen=True)
class Band:
    """A year that is drawn larger than the others."""

    x: float
    width: float
    year: int


@dataclass(frozen=True)
class Axis:
    """Days from `first` to before `last` (ordinals), by the years of a calendar."""

    calendar: Calendar
    days: tuple[int, ...]
    places: tuple[float, ...]
    mirrored: bool
    ticks: tuple[Tick, ...] = ()
    large: tuple[Band, ...] = ()

    @property
    def first(self) -> int:
        """The first day that is drawn."""
        return self.days[0]

    @property
    def last(self) -> int:
        """The day after the last that is drawn."""
        return self.days[-1]

    def at(self, day: float) -> float:
        """Give the percent at which a day begins; what lies outside stands at the edge."""
        place = self.forward(day)
        return WIDTH - place if self.mirrored else place

    def forward(self, day: float) -> float:
        """Return where a day lies in per cent of the width, counted from where time begins."""
        held = min(max(day, self.first), self.last)
        step = min(bisect_right(self.days, held) - 1, len(self.days) - 2)
        start, end = self.days[step], self.days[step + 1]
        left, right = self.places[step], self.places[step + 1]
        return left + (right - left) * (held - start) / (end - start)

    def across(self, start: float, end: float) -> tuple[float, float]:
        """Give the left edge and the width of days, in percent."""
        one, other = self.at(start), self.at(end)
        return min(one, other), abs(other - one)


Known = tuple[date | None, date | None]
"""The first and last day that a date may mean."""


def make_axis(dates: Iterable[Known], calendar: Calendar, *, mirrored: bool) -> Axis | None:
    """Make a line of whole years on which all these dates lie; None when no day of any is known."""
    spans = [(_ordinal(one, other), _ordinal(other, one)) for one, other in dates if one or other]
    if not spans:
        return None
    first = year_of(calendar, min(start for start, _ in spans))
    last = year_of(calendar, max(end for _, end in spans))
    years = list(range(first, last + 1))
    large = _crowded(spans, calendar) if len(years) > _FEW else []
    days = tuple(month_start(calendar, year, 1) for year in (*years, last + 1))
    told = {year_of(calendar, day) for span in spans for day in span}
    places = _places(_widths(years, told, large))
    axis = Axis(calendar, days, places, mirrored)
    monthly = large or (years if len(years) <= _FEW else [])
    ticks = _ticks(axis, years, monthly, years if len(years) <= _SHORT else sorted(told))
    return Axis(calendar, days, places, mirrored, ticks, _bands(axis, large))


def _ordinal(one: date | None, other: date | None) -> int:
    day = one or other
    assert day is not None  # noqa: S101 - asked by the caller, for the type checker
    return day.toordinal()


def _crowded(spans: Sequence[tuple[int, int]], calendar: Calendar) -> list[int]:
    """Name the years in which several things are known to within two months."""
    counts = Counter(year_of(calendar, start) for start, end in spans if end - start <= _FINE)
    found = [year for year, count in counts.most_common() if count >= _CROWD]
    return sorted(found[:_MOST_LARGE])


def _widths(years: Sequence[int], told: Collection[int], large: Collection[int]) -> list[float]:
    """Give each year its width beside the others: the crowded ones share what is theirs."""
    plain = [1.0 if year in told else _QUIET for year in years]
    rest = sum(width for year, width in zip(years, plain, strict=True) if year not in large)
    each = max(1.0, _SHARE / (1 - _SHARE) * rest / len(large)) if large else 1.0
    return [each if year in large else width for year, width in zip(years, plain, strict=True)]


def _places(widths: Sequence[float]) -> tuple[float, ...]:
    total = sum(widths)
    places = [WIDTH * sum(widths[:count]) / total for count in range(len(widths))]
    return (*places, WIDTH)


def _bands(axis: Axis, large: Iterable[int]) -> tuple[Band, ...]:
    calendar = axis.calendar
    return tuple(
        Band(*axis.across(month_start(calendar, year, 1), month_start(calendar, year + 1, 1)), year)
        for year in large
    )


def _ticks(
    axis: Axis, years: Sequence[int], monthly: Sequence[int], others: Iterable[int]
) -> tuple[Tick, ...]:
    """Choose the years and months that are named: round ones first, none upon another."""
    wanted: list[tuple[int, int, float]] = []
    near = {year + step for year in monthly for step in (0, 1)}
    wanted += [(year, 1, 1.0) for year in years if year in near]
    for step in _LANDMARKS:
        wanted += [(year, 1, 1.0) for year in years if year % step == 0 and year not in near]
    wanted += [(year, 1, 1.0) for year in others if year not in near]
    for months in (_QUARTERS, range(2, _MONTHS + 1)):
        wanted += [(year, month, _MONTH) for month in months for year in monthly]
    narrow = _fitting(axis, wanted, _NARROW)
    wide = _fitting(axis, wanted, _WIDE, narrow)
    lines = [(year, month) for year in monthly for month in range(1, _MONTHS + 1)]
    return tuple(
        Tick(
            axis.at(month_start(axis.calendar, *one)),
            one[0],
            one[1] if one[1] > 1 else None,
            fine=one not in narrow,
            named=one in wide,
        )
        for one in sorted({*wide, *lines})
    )


def _fitting(
    axis: Axis, wanted: Sequence[tuple[int, int, float]], room: float, kept: Iterable[tuple[int, int]] = ()
) -> set[tuple[int, int]]:
    """Keep, in this order, the labels that have room between those kept before and before the end."""
    found = set(kept)
    taken = [(axis.forward(month_start(axis.calendar, *one)), room) for one in found]
    for year, month, size in wanted:
        x, width = axis.forward(month_start(axis.calendar, year, month)), room * size
        free = all(x + width <= left or left + wide <= x for left, wide in taken)
        if free and x + width <= WIDTH and (year, month) not in found:
            found.add((year, month))
            taken.append((x, width))
    return found


def month_of(calendar: Calendar, day: int) -> tuple[int, int]:
    """Give year and month in which a day lies."""
    year, month, _ = taken_apart(calendar, day)
    return year, month
