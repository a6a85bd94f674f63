"""Days, months and years of the three calendars, counted as proleptic Gregorian ordinals (1 = 0001-01-01)."""

from datetime import date
from enum import StrEnum, auto
from functools import lru_cache

from persiantools.jdatetime import JalaliDate


class Calendar(StrEnum):
    """The calendar in which the words of a date are meant; intervals are always Gregorian days."""

    SOLAR = auto()
    GREGORIAN = auto()
    LUNAR = auto()


YEARS = {Calendar.SOLAR: (1200, 1500), Calendar.GREGORIAN: (1500, 2199), Calendar.LUNAR: (1200, 1600)}
"""First and last year that a date may fall in, by calendar; others are refused."""

LUNAR_TOLERANCE = 2
"""Days by which a sighted lunar date may stand beside the tabular one (Umm al-Qura 1343-1500: -1 to +2)."""

IRANIAN_IN_LATIN = range(31, 79)
"""Two digits in Latin script that are read as 13xx, as in the summer of 67; 79 to 99 are 19xx."""

_LAST_SOLAR = 1499
_CENTURY = 100
_LUNAR_EPOCH = date(622, 7, 19).toordinal()  # 16 July 622 of the Julian calendar
_MONTHS = 12


@lru_cache(maxsize=4096)
def month_start(calendar: Calendar, year: int, month: int) -> int:
    """Give the ordinal of a month's first day; month 13 is the first of the next year.

    Lunar months are those of the tabular calendar (30-year cycle, leap years 2 5 7 10 13 16 18 21 24 26 29).
    """
    if month > _MONTHS:
        year, month = year + 1, month - _MONTHS
    if calendar is Calendar.SOLAR:
        solar = JalaliDate(year, month, 1)  # type: ignore[no-untyped-call]  # persiantools ships no types
        return int(solar.to_gregorian().toordinal())
    if calendar is Calendar.GREGORIAN:
        return date(year, month, 1).toordinal()
    return _LUNAR_EPOCH + (year - 1) * 354 + (3 + 11 * year) // 30 + 29 * (month - 1) + month // 2


def month_of_year(calendar: Calendar, year: int, month: int) -> tuple[int, int]:
    """Give the first and last day of a month."""
    return month_start(calendar, year, month), month_start(calendar, year, month + 1) - 1


def whole_year(calendar: Calendar, year: int) -> tuple[int, int]:
    """Give the first and last day of a year."""
    return month_start(calendar, year, 1), month_start(calendar, year, _MONTHS + 1) - 1


def year_of(calendar: Calendar, day: int) -> int:
    """Say in which year of the calendar a day lies."""
    if calendar is Calendar.GREGORIAN:
        return date.fromordinal(day).year
    if calendar is Calendar.SOLAR:
        guess = date.fromordinal(day).year - 621
    else:
        guess = (30 * (day - _LUNAR_EPOCH) + 10646) // 10631 + 1
    while month_start(calendar, guess, 1) > day:
        guess -= 1
    return guess


def taken_apart(calendar: Calendar, day: int) -> tuple[int, int, int]:
    """Give year, month and day of an ordinal in the calendar."""
    year = year_of(calendar, day)
    month = next(number for number in range(_MONTHS, 0, -1) if month_start(calendar, year, number) <= day)
    return year, month, day - month_start(calendar, year, month) + 1


def known(calendar: Calendar, year: int) -> bool:
    """Say whether dates of that year are read."""
    first, last = YEARS[calendar]
    return first <= year <= last


def calendar_of_number(year: int, *, persian: bool) -> Calendar:
    """Say to which calendar a year in digits, two or four, belongs when nothing stands beside it."""
    solar = year <= _LAST_SOLAR and (year >= _CENTURY or persian or year in IRANIAN_IN_LATIN)
    return Calendar.SOLAR if solar else Calendar.GREGORIAN
