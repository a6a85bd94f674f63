"""Every day of 1300 to 1450 agrees with two ways of reckoning that share nothing with the product."""

from collections.abc import Iterator
from datetime import date
from math import cos, floor, radians

import pytest

from portal.dates import calendars
from portal.dates import reading as dates
from portal.dates.calendars import Calendar

FIRST, LAST = 1300, 1450
FIRST_NOWRUZ = date(1921, 3, 21)
# Terms of the March equinox, 1000 to 3000 (Meeus, Astronomical Algorithms, chapter 27).
TERMS = """
485 324.96 1934.136 203 337.23 32964.467 199 342.08 20.186 182 27.85 445267.112 156 73.14 45036.886
136 171.52 22518.443 77 222.54 65928.934 74 296.72 3034.906 70 243.58 9037.513 58 119.81 33718.147
52 297.17 150.678 50 21.02 2281.226 45 247.54 29929.562 44 325.15 31555.956 29 60.93 4443.417
18 155.12 67555.328 17 288.79 4562.452 16 198.04 62894.029 14 199.76 31436.921 12 95.39 14577.848
12 287.11 31931.756 12 320.81 34777.259 9 227.73 1222.114 8 15.45 16859.074
"""
NAMES = {1: "Muharram", 2: "Safar", 10: "Shawwal"}
TEHRAN = 52.5 / 360
CLOCK_SLOWER_THAN_SUN = 64 / 86400


def leap_by_cycles(year: int) -> bool:
    """The 33-year cycle, which holds from 1178 to 1633."""
    return (25 * year + 11) % 33 < 8


def lengths(year: int) -> list[int]:
    return [31] * 6 + [30] * 5 + [30 if leap_by_cycles(year) else 29]


def nowruz_by_equinox(year: int) -> date:
    """The day whose noon in Tehran follows the equinox."""
    millennia = (year + 621 - 2000) / 1000
    mean = 2451623.80984 + millennia * (365242.37404 + millennia * (0.05169 - millennia * 0.00411))
    centuries = (mean - 2451545) / 36525
    angle = radians(35999.373 * centuries - 2.47)
    numbers = [float(number) for number in TERMS.split()]
    swing = sum(
        size * cos(radians(phase + speed * centuries))
        for size, phase, speed in zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True)
    )
    equinox = mean + 0.00001 * swing / (1 + 0.0334 * cos(angle) + 0.0007 * cos(2 * angle))
    local = equinox - CLOCK_SLOWER_THAN_SUN + TEHRAN
    # A Julian day begins at noon: an equinox before noon belongs to the day that is running.
    return date.fromordinal(floor(local) - 1721424)


def days() -> Iterator[tuple[int, int, int, int]]:
    """Walk through the days one by one from Nowruz 1300."""
    ordinal = FIRST_NOWRUZ.toordinal()
    for year in range(FIRST, LAST + 1):
        for month, length in enumerate(lengths(year), 1):
            for day in range(1, length + 1):
                yield year, month, day, ordinal
                ordinal += 1


def test_every_day_is_the_day_of_the_walk() -> None:
    for year, month, day, ordinal in days():
        assert calendars.month_start(Calendar.SOLAR, year, month) + day - 1 == ordinal


def test_every_day_written_in_digits_is_read_as_that_day() -> None:
    for year, month, day, ordinal in days():
        read = dates.parse(f"{year}/{month:02}/{day:02}")
        assert read is not None
        assert read.earliest == read.latest == date.fromordinal(ordinal), (year, month, day)


def test_every_nowruz_is_the_day_of_the_equinox() -> None:
    for year in range(FIRST, LAST + 1):
        first = date.fromordinal(calendars.month_start(Calendar.SOLAR, year, 1))
        assert first == nowruz_by_equinox(year), year


def test_the_thirtieth_of_esfand_is_there_in_leap_years_only() -> None:
    for year in range(FIRST, LAST + 1):
        assert (dates.parse(f"۳۰ اسفند {year}") is not None) == leap_by_cycles(year)


@pytest.mark.parametrize("calendar", list(Calendar))
def test_taking_a_day_apart_and_putting_it_together_gives_the_day(calendar: Calendar) -> None:
    for ordinal in range(date(1900, 1, 1).toordinal(), date(2080, 1, 1).toordinal(), 7):
        year, month, day = calendars.taken_apart(calendar, ordinal)
        assert calendars.month_start(calendar, year, month) + day - 1 == ordinal


@pytest.mark.parametrize(
    ("lunar", "sighted"),
    [
        ((1383, 1, 12), date(1963, 6, 5)),  # 15 Khordad 1342
        ((1399, 1, 10), date(1978, 12, 11)),  # the march of Ashura 1357, Tehran
        ((1400, 1, 1), date(1979, 11, 20)),  # Mecca
        ((1431, 1, 10), date(2009, 12, 27)),  # Ashura 1388, Tehran
        ((1443, 10, 1), date(2022, 5, 3)),  # the end of fasting, Tehran
        ((1444, 2, 20), date(2022, 9, 17)),  # Arbaeen 1401, Tehran
    ],
)
def test_a_lunar_day_lies_within_two_days_of_the_table(lunar: tuple[int, int, int], sighted: date) -> None:
    year, month, day = lunar
    by_table = calendars.month_start(Calendar.LUNAR, year, month) + day - 1
    assert abs(by_table - sighted.toordinal()) <= calendars.LUNAR_TOLERANCE
    read = dates.parse(f"{day} {NAMES[month]} {year} AH")
    assert read is not None
    assert read.earliest is not None
    assert read.latest is not None
    assert read.earliest <= sighted <= read.latest
