"""Write a date in words that `dates.parse` reads back to the same days: in Persian and in English."""

from collections.abc import Iterator
from datetime import date

from portal.dates import words
from portal.dates.calendars import LUNAR_TOLERANCE, Calendar, taken_apart
from portal.dates.grammar import Bound
from portal.dates.reading import ApproximateDate, Doubt, Precision, Qualifier, parse

_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_SEASONS = {
    "fa": tuple(spellings.split()[0] for spellings in words.SEASONS["solar"]),
    "en": tuple(spellings.split()[0] for spellings in words.SEASONS["equinox"]),
}
_WEEKDAYS = {
    "fa": ("دوشنبه", "سه‌شنبه", "چهارشنبه", "پنجشنبه", "جمعه", "شنبه", "یکشنبه"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS = {
    (calendar, "fa"): tuple(spellings.split()[0] for spellings in months)
    for calendar, months in words.MONTHS.items()
} | {
    (calendar, "en"): tuple(name.replace("_", " ") for name in names.split())
    for calendar, names in words.WRITTEN.items()
}
_ERAS = {"fa": " قمری", "en": " AH"}
_SEASON_ERAS = {"fa": " میلادی", "en": ""}
_BOUNDS = {
    ("fa", Bound.NONE): "{}",
    ("fa", Bound.BEFORE): "پیش از {}",
    ("fa", Bound.AFTER): "پس از {}",
    ("fa", Bound.SINCE): "از {}",
    ("fa", Bound.UNTIL): "تا {}",
    ("en", Bound.NONE): "{}",
    ("en", Bound.BEFORE): "before {}",
    ("en", Bound.AFTER): "after {}",
    ("en", Bound.SINCE): "since {}",
    ("en", Bound.UNTIL): "until {}",
}
_QUALIFIERS = {
    ("fa", Qualifier.NONE): "{}",
    ("fa", Qualifier.APPROXIMATE): "حدود {}",
    ("fa", Qualifier.UNCERTAIN): "شاید {}",
    ("fa", Qualifier.BOTH): "شاید حدود {}",
    ("en", Qualifier.NONE): "{}",
    ("en", Qualifier.APPROXIMATE): "about {}",
    ("en", Qualifier.UNCERTAIN): "perhaps {}",
    ("en", Qualifier.BOTH): "perhaps about {}",
}
_PORTIONS = {
    "fa": (
        *("اوایل", "اواسط", "اواخر", "نیمهٔ اول", "نیمهٔ دوم"),
        *("هفتهٔ اول", "هفتهٔ دوم", "هفتهٔ سوم", "هفتهٔ چهارم", "هفتهٔ آخر"),
    ),
    "en": (
        *("early", "mid", "late", "first half of", "second half of"),
        *("first week of", "second week of", "third week of", "fourth week of", "last week of"),
    ),
}
_TO = {"fa": "تا", "en": "to"}
_WINTER = 4
_DECADE = 10


def say(when: ApproximateDate, language: str) -> str:
    """Write the days of a date in Persian ("fa", Persian digits) or English, as coarsely as they are known.

    Of the ways to say it, the first is taken that `parse` reads back to the same days; days that no name
    spans become a range. "" when the date is not placed.
    """
    if not when.placed:
        return ""
    language = "fa" if language == "fa" else "en"
    frame = _QUALIFIERS[language, when.qualifier].format(_BOUNDS[language, when.bound])
    meant, ranged = (when.earliest, when.latest, when.qualifier), ""
    for text in (frame.format(core) for core in _ways(when, language)):
        again = parse(text)
        if again is None or (again.earliest, again.latest, again.qualifier) != meant:
            continue
        if again.precision is when.precision:
            return _digits(text, language)
        ranged = ranged or text
    return _digits(ranged or when.interval, language)


def _digits(text: str, language: str) -> str:
    return text.translate(_DIGITS) if language == "fa" else text


def _ways(when: ApproximateDate, language: str) -> Iterator[str]:
    """Give ways to say the days, the truest first."""
    calendar = when.calendar
    for first, last in _ends(when):
        if first == last:
            yield _day(calendar, first, language)
            weekday = _WEEKDAYS[language][date.fromordinal(first).weekday()]
            yield f"{weekday} {_day(calendar, first, language)}"
        else:
            begun = date.fromordinal(first)
            yield f"{begun.day}/{begun.month}/{begun.year}"
        for whole in _wholes(calendar, first, language):
            yield whole
            if when.precision is Precision.PART:
                yield from (f"{portion} {whole}" for portion in _PORTIONS[language])
        yield f"{_day(calendar, first, language)} {_TO[language]} {_day(calendar, last, language)}"
        plain = Calendar.GREGORIAN
        yield f"{_day(plain, first, language)} {_TO[language]} {_day(plain, last, language)}"


def _ends(when: ApproximateDate) -> Iterator[tuple[int, int]]:
    """Give the first and last day that a name may span, lunar tolerance and open ends undone."""
    slack = LUNAR_TOLERANCE if Doubt.SIGHTING in when.doubts else 0
    first = when.earliest.toordinal() if when.earliest else None
    last = when.latest.toordinal() if when.latest else None
    if first is not None and last is not None:
        if last - first >= 2 * slack:
            yield first + slack, last - slack
        yield first, last
    elif last is not None:
        for day in (last + 1 - slack, last + 1, last):
            yield day, day
    elif first is not None:
        for day in (first - 1 + slack, first - 1, first):
            yield day, day


def _wholes(calendar: Calendar, day: int, language: str) -> Iterator[str]:
    """Name the month, season, year and decade that a day lies in."""
    year, month, _day_of_month = taken_apart(calendar, day)
    era = _ERAS[language] if calendar is Calendar.LUNAR else ""
    yield f"{_MONTHS[calendar, language][month - 1]} {year}{era}"
    if calendar is Calendar.SOLAR:
        yield f"{_SEASONS[language][(month - 1) // 3]} {year}"
    elif calendar is Calendar.GREGORIAN:
        yield from _seasons(year, language)
    yield f"سال {year}{era}" if language == "fa" else f"{year}{era}"
    tens = year // _DECADE * _DECADE
    yield f"دههٔ {tens}{era}" if language == "fa" else f"{tens}s{era}"


def _seasons(year: int, language: str) -> Iterator[str]:
    """Name the Gregorian seasons of a year; winters by one year (either winter) and by two (that one)."""
    era = _SEASON_ERAS[language]
    for season in _SEASONS[language]:
        yield f"{season} {year}{era}"
    winter = _SEASONS[language][_WINTER - 1]
    yield f"{winter} {year + 1}{era}"
    yield f"{winter} {year}-{year + 1}{era}"


def _day(calendar: Calendar, day: int, language: str) -> str:
    year, month, number = taken_apart(calendar, day)
    era = _ERAS[language] if calendar is Calendar.LUNAR else ""
    return f"{number} {_MONTHS[calendar, language][month - 1]} {year}{era}"
