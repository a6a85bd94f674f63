"""Say which year is meant and of which calendar: 67, '88, 1367, 1409, 2536; and read dates in digits."""

import re
from collections.abc import Sequence
from enum import StrEnum, auto
from typing import NamedTuple

from portal.dates.calendars import IRANIAN_IN_LATIN, Calendar, known
from portal.dates.points import Point

_LAST_SOLAR = 1499
_FIRST_LUNAR_BESIDE_SOLAR, _LAST_UNSURE_LUNAR = 1390, 1405
_IMPERIAL, _IMPERIAL_BEFORE_SOLAR = range(2530, 2541), 1180
_LONGEST_MONTH, _MONTHS = 31, 12
_FULL = 4
_DIGITS = re.compile("[0-9]+")
_CENTURY = 100
_LAST_OF_1400, _LAST_OF_2000, _FIRST_LUNAR_1300 = 15, 30, 80
_BOTH_IN_PERSIAN = 80


class Doubt(StrEnum):
    """Why the reader is not sure of a date; the words stand beside it for whoever decides."""

    CALENDAR = auto()
    """Two years or calendars fit: Dey 1988, Muharram 1401, the winter of 1985."""
    CENTURY = auto()
    """Two digits that may be of another century or calendar: '67 in English."""
    ORDER = auto()
    """Day and month may be the other way round: 7/8/1988."""
    PLACEHOLDER = auto()
    """The first of January in digits, which lists write for a year alone."""
    SIGHTING = auto()
    """A lunar day depends on when the crescent was seen; two days are added on each side."""
    WEEKDAY = auto()
    """The day fell on another weekday than the one said."""


_NO_DOUBT: frozenset[Doubt] = frozenset()


class Stated(NamedTuple):
    """A year of a calendar."""

    calendar: Calendar
    number: int
    doubts: frozenset[Doubt] = frozenset()


class Numeric(NamedTuple):
    """A date in digits: year, month and day, more than one when their order is not certain."""

    calendar: Calendar
    dates: Sequence[tuple[int, int, int]]
    doubts: frozenset[Doubt] = frozenset()


def named_calendar(point: Point) -> Calendar | None:
    """Say which calendar the name of a month, feast or season belongs to; English seasons belong to none."""
    if point.month is not None:
        return point.month.calendar
    if point.feast is not None:
        return point.feast[0]
    return Calendar.SOLAR if point.season is not None and point.season[0] == "solar" else None


def stated(point: Point) -> Stated | None:
    """Say which year is stated; None when none is, or none that is read (`calendars.YEARS`)."""
    if point.year is None:
        return None
    year = _short(point, point.year) if point.short else _full(point, point.year)
    return year if known(year.calendar, year.number) else None


def _full(point: Point, year: int) -> Stated:
    named = named_calendar(point)
    if point.era is Calendar.LUNAR and year < _FIRST_LUNAR_BESIDE_SOLAR:
        solar = named is Calendar.SOLAR
        return Stated(Calendar.SOLAR if solar else Calendar.LUNAR, year, frozenset({Doubt.CALENDAR}))
    if point.era is not None:
        return Stated(point.era, year)
    if year in _IMPERIAL and named is not Calendar.GREGORIAN:
        return Stated(Calendar.SOLAR, year - _IMPERIAL_BEFORE_SOLAR)
    if year > _LAST_SOLAR:
        return Stated(Calendar.GREGORIAN, year)
    if named is not Calendar.LUNAR:
        return Stated(Calendar.SOLAR, year)
    lunar = year >= _FIRST_LUNAR_BESIDE_SOLAR
    unsure = {Doubt.CALENDAR} if year <= _LAST_UNSURE_LUNAR else ()
    return Stated(Calendar.LUNAR if lunar else Calendar.SOLAR, year, frozenset(unsure))


def _short(point: Point, year: int) -> Stated:
    calendar, doubts = _calendar_of_two_digits(point, year)
    return Stated(calendar, _century(calendar, year), doubts)


def _calendar_of_two_digits(point: Point, year: int) -> tuple[Calendar, frozenset[Doubt]]:
    """Choose by what stands beside them, then by script, then by what Iranians write in Latin letters."""
    named = point.era or named_calendar(point)
    if point.era is not None or named is Calendar.SOLAR:
        return named or Calendar.SOLAR, _NO_DOUBT
    if named is Calendar.LUNAR:
        return Calendar.LUNAR if year <= _LAST_OF_2000 else Calendar.SOLAR, frozenset({Doubt.CALENDAR})
    iranian = year in IRANIAN_IN_LATIN
    if named is Calendar.GREGORIAN:
        solar = point.persian and year < _BOTH_IN_PERSIAN
        doubts = {Doubt.CENTURY} if point.persian or iranian else ()
        return Calendar.SOLAR if solar else Calendar.GREGORIAN, frozenset(doubts)
    if point.persian:
        return Calendar.SOLAR, _NO_DOUBT
    return (Calendar.SOLAR, frozenset({Doubt.CENTURY})) if iranian else (Calendar.GREGORIAN, _NO_DOUBT)


def _century(calendar: Calendar, year: int) -> int:
    """Complete two digits: 1316 to 1415, 1931 to 2030, lunar 1380 to 1479."""
    if calendar is Calendar.SOLAR:
        return (1400 if year <= _LAST_OF_1400 else 1300) + year
    if calendar is Calendar.GREGORIAN:
        return (2000 if year <= _LAST_OF_2000 else 1900) + year
    return (1300 if year >= _FIRST_LUNAR_1300 else 1400) + year


def numeric(point: Point) -> Numeric | None:
    """Read 1367/5/5, 5/5/67, 28.7.1988 or 1988-07-28; None when they can be no date.

    Day and month are taken day first, as in Iran and Europe; with a Gregorian year and a slash or hyphen
    both orders count when both are possible (`Doubt.ORDER`).
    """
    texts = _DIGITS.findall(point.triple)
    one, month, other = (int(text) for text in texts)
    leading = len(texts[0]) == _FULL or (len(texts[0]) == 2 and one > _LONGEST_MONTH)  # noqa: PLR2004
    trailing = len(texts[2]) == _FULL or (len(texts[2]) == 2 and other > _LONGEST_MONTH)  # noqa: PLR2004
    if leading == trailing:
        return None
    number, day = (one, other) if leading else (other, one)
    year = stated(_year_alone(point, number))
    if year is None:
        return None
    dates, doubts = [(year.number, month, day)], set(year.doubts)
    if trailing and year.calendar is Calendar.GREGORIAN and "." not in point.triple and day != month:
        dates.append((year.number, day, month))
        doubts.add(Doubt.ORDER)
    if leading and year.calendar is Calendar.GREGORIAN and month == day == 1:
        doubts.add(Doubt.PLACEHOLDER)
    return Numeric(year.calendar, dates, frozenset(doubts))


def _year_alone(point: Point, number: int) -> Point:
    return Point(year=number, short=number < _CENTURY, era=point.era, persian=point.persian)
