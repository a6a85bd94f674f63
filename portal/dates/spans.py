"""Say which days a date said in words may mean: a stretch between two days, counted as ordinals."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum, auto

from portal.dates.calendars import (
    LUNAR_TOLERANCE,
    Calendar,
    known,
    month_of_year,
    month_start,
    taken_apart,
    whole_year,
    year_of,
)
from portal.dates.points import Point
from portal.dates.years import Doubt, Stated, named_calendar, numeric, stated

Days = tuple[int, int]


class Precision(StrEnum):
    """How fine the words are; a part is an early, middle or late one, a half or a week."""

    DAY = auto()
    PART = auto()
    MONTH = auto()
    SEASON = auto()
    YEAR = auto()
    DECADE = auto()
    RANGE = auto()


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days that may be meant, inclusive; ``days`` is None for a proposal that has nothing to lean on."""

    calendar: Calendar
    precision: Precision
    days: Days | None
    doubts: frozenset[Doubt] = frozenset()
    proposal: bool = False


_NO_DOUBT: frozenset[Doubt] = frozenset()
_WINTER = 4
_LEAP_YEARS = {Calendar.SOLAR: 1403, Calendar.GREGORIAN: 2000, Calendar.LUNAR: 1409}
_EQUINOXES = ((3, 21), (6, 21), (9, 23), (12, 21))
_TENDAYS, _TWO_TENDAYS, _HALF = 10, 20, 15
_WEEK = 7
_THIRDS = 3
_DECADES = {
    "": (0, 9),
    "early": (0, 3),
    "mid": (3, 6),
    "late": (6, 9),
    "end": (6, 9),
    "half1": (0, 4),
    "half2": (5, 9),
}
_QUARTERS = {
    "early": (1, 4),
    "mid": (4, 10),
    "late": (10, 13),
    "end": (10, 13),
    "half1": (1, 7),
    "half2": (7, 13),
}
"""Parts of a year: its first month, and the month after its last."""


def where(point: Point, near: Stretch | None) -> Stretch | None:
    """Give the days of one date; None when there is no such date (31 Mehr, 30 February, month 13)."""
    if point.relative is not None and point.relative[0] != "y":
        return _relative(point, near)
    read = _numeric(point) if point.triple else _decade(point) if point.decade else _named(point, near)
    if read is None or read.days is None:
        return read
    return _weekday(point, _sighted(point, read))


def _sighted(point: Point, read: Stretch) -> Stretch:
    """Widen lunar dates: months begin when the crescent is seen, a day or two beside the table."""
    lunar = read.calendar is Calendar.LUNAR or named_calendar(point) is Calendar.LUNAR
    if not lunar or read.days is None:
        return read
    first, last = read.days
    return replace(
        read,
        days=(first - LUNAR_TOLERANCE, last + LUNAR_TOLERANCE),
        doubts=read.doubts | {Doubt.SIGHTING},
    )


def _weekday(point: Point, read: Stretch) -> Stretch:
    """Let the weekday choose among the days of a lunar date; doubt a date that fell on another weekday."""
    if point.weekday is None or read.days is None or read.precision is not Precision.DAY:
        return read
    first, last = read.days
    fitting = [day for day in range(first, last + 1) if date.fromordinal(day).weekday() == point.weekday]
    if len(fitting) == 1:
        return replace(read, days=(fitting[0], fitting[0]))
    return read if fitting else replace(read, doubts=read.doubts | {Doubt.WEEKDAY})


def _numeric(point: Point) -> Stretch | None:
    found = numeric(point)
    if found is None:
        return None
    days = [day for year, month, number in found.dates if (day := _day(found.calendar, year, month, number))]
    if not days:
        return None
    doubts = found.doubts if len(days) > 1 else found.doubts - {Doubt.ORDER}
    return Stretch(found.calendar, Precision.DAY, (min(days), max(days)), doubts)


def _day(calendar: Calendar, year: int, month: int, number: int) -> int | None:
    if not known(calendar, year) or not 1 <= month <= 12:  # noqa: PLR2004 # twelve months in each
        return None
    first, last = month_of_year(calendar, year, month)
    return first + number - 1 if 1 <= number <= last - first + 1 else None


def _decade(point: Point) -> Stretch | None:
    year = stated(point)
    if year is None or not known(year.calendar, year.number + 9):
        return None
    if point.portion not in _DECADES:
        return None
    first, last = _DECADES[point.portion]
    days = (
        whole_year(year.calendar, year.number + first)[0],
        whole_year(year.calendar, year.number + last)[1],
    )
    precision = Precision.PART if point.portion else Precision.DECADE
    return Stretch(year.calendar, precision, days, year.doubts)


def _relative(point: Point, near: Stretch | None) -> Stretch | None:
    """Find that same month or day, or the one after or before it."""
    unit, steps = point.relative or ("d", 0)
    precision = Precision.DAY if unit == "d" or point.day else Precision.MONTH
    if near is None or near.days is None:
        return Stretch(Calendar.SOLAR, precision, None, proposal=True)
    first, last = near.days
    if unit == "d":
        return replace(near, days=(first + steps, last + steps), proposal=True)
    calendar = near.calendar
    year, month, _number = taken_apart(calendar, first)
    if last > month_of_year(calendar, year, month)[1]:
        return Stretch(calendar, precision, None, proposal=True)
    year, month = year + (month - 1 + steps) // 12, (month - 1 + steps) % 12 + 1
    days = _month(point, calendar, year, month)
    part = Precision.PART if point.portion else precision
    return None if days is None else Stretch(calendar, part, days, proposal=True)


# Months, seasons, feasts and years by name


def _named(point: Point, near: Stretch | None) -> Stretch | None:
    year, proposal = stated(point), False
    if point.year is not None and year is None:
        return None
    if point.relative is not None:
        year, proposal = _that_year(point.relative[1], near), True
    calendar, precision, place = _placing(point, year, near)
    if year is None:
        days = _beside(calendar, place, near) if point.relative is None else None
        possible = place(_LEAP_YEARS[calendar]) is not None
        return Stretch(calendar, precision, days, proposal=True) if possible else None
    days, several = _in_year(point, calendar, place, year)
    doubts = year.doubts | {Doubt.CALENDAR} if several else year.doubts
    return None if days is None else Stretch(calendar, precision, days, doubts, proposal)


def _that_year(steps: int, near: Stretch | None) -> Stated | None:
    """Say which year stands beside the date named before, if that lies in a single year."""
    if near is None or near.days is None:
        return None
    first, last = (year_of(near.calendar, day) for day in near.days)
    single = first == last and known(near.calendar, first + steps)
    return Stated(near.calendar, first + steps) if single else None


_Place = Callable[[int], Days | None]


def _placing(point: Point, year: Stated | None, near: Stretch | None) -> tuple[Calendar, Precision, _Place]:
    """Say in which calendar a name is placed, how fine it is, and how a year of that calendar places it."""
    part = Precision.PART if point.portion else None
    if point.portion in {"firstday", "lastday"}:
        part = Precision.DAY
    if point.month is not None:
        month = point.month
        precision = Precision.DAY if point.day is not None else part or Precision.MONTH
        return month.calendar, precision, lambda number: _month(point, month.calendar, number, month.number)
    if point.feast is not None:
        feast = point.feast
        return feast[0], Precision.DAY if feast[1] == feast[2] else Precision.PART, lambda n: _feast(feast, n)
    if point.season is not None:
        style, season = point.season
        leaning = year.calendar if year else near.calendar if near else Calendar.GREGORIAN
        if leaning is Calendar.SOLAR:
            style = "solar"
        elif point.era is Calendar.GREGORIAN and style == "solar":
            style = "equinox"
        calendar = Calendar.SOLAR if style == "solar" else Calendar.GREGORIAN
        return calendar, part or Precision.SEASON, lambda number: _season(point, style, season, number)
    calendar = year.calendar if year else near.calendar if near else Calendar.SOLAR
    return calendar, part or Precision.YEAR, lambda number: _year(point, calendar, number)


def _month(point: Point, calendar: Calendar, year: int, month: int) -> Days | None:
    if not known(calendar, year):
        return None
    if point.day is not None:
        day = _day(calendar, year, month, point.day)
        return None if day is None else (day, day)
    days = month_of_year(calendar, year, month)
    return _part(days, point.portion, "m") if point.portion else days


def _feast(feast: tuple[Calendar, Days, Days], year: int) -> Days | None:
    first, last = (_day(feast[0], year, *month_day) for month_day in feast[1:])
    return None if first is None or last is None else (first, last)


def _season(point: Point, style: str, season: int, year: int) -> Days | None:
    """Place a season; a Gregorian winter is the one that begins in December of the year."""
    if not known(Calendar.SOLAR if style == "solar" else Calendar.GREGORIAN, year):
        return None
    if style == "solar":
        first = month_start(Calendar.SOLAR, year, 3 * season - 2)
        last = month_start(Calendar.SOLAR, year, 3 * season + 1) - 1
    elif style == "nordic":
        first = month_start(Calendar.GREGORIAN, year, 3 * season)
        last = month_start(Calendar.GREGORIAN, year, 3 * season + 3) - 1
    else:
        first = date(year, *_EQUINOXES[season - 1]).toordinal()
        last = date(year + season // _WINTER, *_EQUINOXES[season % _WINTER]).toordinal() - 1
    return _part((first, last), point.portion, "s") if point.portion else (first, last)


def _year(point: Point, calendar: Calendar, year: int) -> Days | None:
    if not known(calendar, year):
        return None
    days = whole_year(calendar, year)
    if not point.portion:
        return days
    if point.portion not in _QUARTERS:
        return _part(days, point.portion, "y")
    first, after = _QUARTERS[point.portion]
    return month_start(calendar, year, first), month_start(calendar, year, after) - 1


def _part(days: Days, portion: str, unit: str) -> Days | None:
    """Give the part of a month (ten days each), season (a third each) or other stretch."""
    first, last = days
    if portion in {"firstday", "lastday"}:
        return (first, first) if portion == "firstday" else (last, last)
    if portion.startswith("week"):
        if unit != "m":
            return None
        week = portion.removeprefix("week")
        begun = last - _WEEK + 1 if week == "last" else first + _WEEK * (int(week) - 1)
        return begun, begun + _WEEK - 1
    length = last - first + 1
    if portion.startswith("half"):
        half = _HALF if unit == "m" else length // 2
        return (first, first + half - 1) if portion == "half1" else (first + half, last)
    third, two = -(-length // _THIRDS), -(-2 * length // _THIRDS)
    if unit == "m":
        third, two = _TENDAYS, _TWO_TENDAYS
    if portion == "early":
        return first, first + third - 1
    return (first + third, first + two - 1) if portion == "mid" else (first + two, last)


def _in_year(point: Point, calendar: Calendar, place: _Place, year: Stated) -> tuple[Days | None, bool]:
    """Place a name in a year, maybe of another calendar; also whether two places are possible."""
    if calendar is not year.calendar:
        return _across(calendar, place, whole_year(year.calendar, year.number), whole=bool(point.season))
    if point.season is None or calendar is not Calendar.GREGORIAN or point.season[1] != _WINTER:
        days = place(year.number)
        if point.pair and days is not None:
            return _hull([days, place(year.number + 1)]), False
        return days, False
    if point.pair:
        return place(year.number), False
    return _hull([place(year.number - 1), place(year.number)]), True


def _across(calendar: Calendar, place: _Place, within: Days, *, whole: bool) -> tuple[Days | None, bool]:
    """Place a month of one calendar in a year of another: Mordad 1988, July 1367."""
    first, last = within
    found: list[Days | None] = []
    for number in range(year_of(calendar, first), year_of(calendar, last) + 1):
        days = place(number)
        if days is not None and days[0] <= last and days[1] >= first:
            found.append(days if whole else (max(days[0], first), min(days[1], last)))
    return _hull(found), len(found) > 1


def _hull(stretches: Iterable[Days | None]) -> Days | None:
    placed = [days for days in stretches if days is not None]
    return (min(days[0] for days in placed), max(days[1] for days in placed)) if placed else None


def _beside(calendar: Calendar, place: _Place, near: Stretch | None) -> Days | None:
    """Choose the year for a name without one: where it lies nearest to the date named before."""
    if near is None or near.days is None:
        return None
    first, last = near.days
    years = range(year_of(calendar, first) - 1, year_of(calendar, last) + 2)
    placed = [days for number in years if (days := place(number)) is not None]
    within = [days for days in placed if days[0] <= last and days[1] >= first]
    if len(within) > 1:
        return None
    if within:
        return within[0]
    return min(placed, key=lambda days: (max(first - days[1], days[0] - last), -days[0]), default=None)
