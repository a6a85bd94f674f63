"""Read one date as said, part by part in any order: weekday, day, month, seasonand year.

Every step looks a bounded number of symbols ahead, so time grows with the length of the text.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from portal.dates.calendars import Calendar, calendar_of_number
from portal.dates.lexing import Is, Month
from portal.dates.numbers import Counted, Cursor
from portal.dates.words import ABBREVIATED

_LONGEST_MONTH = 31
_MONTHS = 12
_FIRST_YEAR, _LAST_YEAR = 1200, 2599
_TWO_DIGITS = 2
_LONGEST_NUMBER = 4
_GAP = 3
_IN = frozenset({"in", "در"})
_APART = re.compile("[-/.]")
_ABBREVIATED = frozenset(ABBREVIATED.split())
_TEN, _HUNDRED, _THOUSAND = 10, 100, 1000


@dataclass(slots=True)
class Point:
    """One date as named, part by part; ``number`` is a day or year that only its neighbour can tell."""

    day: int | None = None
    month: Month | None = None
    season: tuple[str, int] | None = None
    year: int | None = None
    short: bool = False
    called: bool = False
    """The word for year or month, or an apostrophe, stands beside the number or name."""
    marked_day: bool = False
    """The day is an ordinal or in digits, as dates are; the word five may count other things."""
    pair: bool = False
    decade: bool = False
    era: Calendar | None = None
    portion: str = ""
    relative: tuple[str, int] | None = None
    weekday: int | None = None
    feast: tuple[Calendar, tuple[int, int], tuple[int, int]] | None = None
    triple: str = ""
    number: int | None = None
    persian: bool = False
    latin: bool = False

    @property
    def core(self) -> bool:
        """Say whether it names a stretch of time at all."""
        named = self.month or self.season or self.relative or self.feast or self.triple
        return bool(named) or self.year is not None


class PointReader(Cursor):
    """Reads single dates from symbols."""

    def point(self, at: int, *, second: bool = False) -> tuple[Point | None, int]:
        """Read one date, ``second`` when it ends a range; None when there is none."""
        point, last, gap = Point(), at, 0
        while at < len(self.symbols) and gap <= _GAP:
            if stop := self._part(point, at):
                at = last = stop
                gap = 0
            elif self._passed(point, at) or (second and self._year_after_number(point, at)):
                at, gap = at + 1, gap + 1
            else:
                break
        if not point.core and point.number is None:
            return None, at
        point.persian = point.persian or (self.persian and not point.latin)
        return point, last

    def _part(self, point: Point, at: int) -> int:
        """Fill one part of the date from here; the place after it, or 0."""
        symbol = self.symbols[at]
        for kind in symbol.means:
            read = _PARTS.get(kind)
            if read is not None and (stop := read(self, point, at)):
                point.persian = point.persian or symbol.persian
                point.latin = point.latin or (symbol.text[0].isascii() and symbol.text[0].isalpha())
                return stop
        return 0

    def _passed(self, point: Point, at: int) -> bool:
        """Say whether a symbol may stand inside a date without meaning anything."""
        means = self.symbols[at].means
        if Is.FILLER in means or Is.DAYPART in means or Is.UNIT in means:
            return True
        if Is.MARK not in means:
            return False
        text = self.symbols[at].text
        if text == ",":
            return self._comma(point, at)
        if text == ".":
            abbreviated = at > 0 and self.symbols[at - 1].text in _ABBREVIATED
            return point.year is None and (abbreviated or (point.latin and self.has(at - 1, Is.DIGITS)))
        if text not in "-/":
            return False
        return (text == "-" and bool(point.portion) and not point.core) or self._dashed(point, at)

    def _dashed(self, point: Point, at: int) -> bool:
        """Say whether a mark stands in 28-Jul-1988, or before the year of "juli -88"."""
        if not self.touching(at + 1) or point.year is not None:
            return False
        if not self.touching(at):
            swedish = self.has(at + 1, Is.DIGITS) and len(self.symbols[at + 1].text) == _TWO_DIGITS
            return swedish and bool(point.month or point.season)
        if self.has(at - 1, Is.DIGITS):
            return point.day is not None and self.has(at + 1, Is.MONTH)
        year = self.has(at + 1, Is.DIGITS) and int(self.symbols[at + 1].text) > _LONGEST_MONTH
        return self.has(at - 1, Is.MONTH) and year

    def _year_after_number(self, point: Point, at: int) -> bool:
        """Let the year follow the second day of "July 30-31, 1988"."""
        full = self.has(at + 1, Is.DIGITS) and len(self.symbols[at + 1].text) == _LONGEST_NUMBER
        return point.number is not None and point.year is None and full and self.mark(at, ",")

    def _comma(self, point: Point, at: int) -> bool:
        """Say whether a comma may stand here: after a weekday, or before a full year."""
        if point.year is not None or point.triple:
            return False
        named = bool(point.month or point.season)
        if point.weekday is not None and not named:
            return True
        if self.has(at + 1, Is.DIGITS):
            digits = self.symbols[at + 1].text
            short = len(digits) == _TWO_DIGITS and int(digits) > _LONGEST_MONTH and not self.counts(at + 2)
            return named and (short or len(digits) == _LONGEST_NUMBER)
        year = self.has(at + 1, Is.RELATIVE) or self.has(at + 1, Is.UNIT) or self.has(at + 1, Is.APOSTROPHE)
        return named and year


def _relative(reader: PointReader, point: Point, at: int) -> int:
    unit, steps = reader.symbols[at].means[Is.RELATIVE]
    free = point.year is None and not point.relative and not point.triple
    if not free or (unit == "m" and point.month) or (unit == "d" and point.core):
        return 0
    point.relative = (unit, steps)
    return at + 1


def _triple(reader: PointReader, point: Point, at: int) -> int:
    if point.core:
        return 0
    point.triple = reader.symbols[at].text
    return at + 1


def _pair(reader: PointReader, point: Point, at: int) -> int:
    if point.month or point.year is not None:
        return 0
    one, other = (int(part) for part in _APART.split(reader.symbols[at].text))
    month = min(one, other)
    _set_year(point, max(one, other))
    if point.season is not None:
        point.pair = _next_year(one, other)
        return at + 1
    point.persian = point.persian or reader.symbols[at].persian or reader.persian
    calendar = calendar_of_number(max(one, other), persian=point.persian)
    point.month = Month(calendar, month, loose=False, weak=point.short)
    return at + 1


def _month(reader: PointReader, point: Point, at: int) -> int:
    taken = point.month or point.season or point.triple or point.feast
    if taken or (point.relative and point.relative[0] != "y"):
        return 0
    point.month = reader.symbols[at].means[Is.MONTH]
    before = at - 2 if reader.has(at - 1, Is.FILLER) else at - 1
    for beside, stop in ((at + 1, at + 2), (before, at + 1)):
        if reader.has(beside, Is.UNIT) and reader.symbols[beside].means[Is.UNIT] == "m":
            point.called = True
            return stop
    return _ezafe(reader, at + 1)


def _ezafe(reader: PointReader, at: int) -> int:
    """Pass over the "-e" of Mordad-e 67, tabestan-e 67."""
    ending = reader.mark(at, "-") and reader.touching(at) and reader.touching(at + 1)
    return at + 2 if ending and reader.has(at + 1, Is.ENDING) else at


def _season(reader: PointReader, point: Point, at: int) -> int:
    if point.month or point.season or point.triple or point.feast or point.day is not None:
        return 0
    point.season = reader.symbols[at].means[Is.SEASON]
    return _ezafe(reader, at + 1)


def _portion(reader: PointReader, point: Point, at: int) -> int:
    if point.portion or point.core or point.day is not None or point.number is not None:
        return 0
    point.portion = reader.symbols[at].means[Is.PORTION]
    return at + 1


def _weekday(reader: PointReader, point: Point, at: int) -> int:
    if point.weekday is not None or point.year is not None:
        return 0
    point.weekday = reader.symbols[at].means[Is.WEEKDAY]
    return at + 1


def _feast(reader: PointReader, point: Point, at: int) -> int:
    if point.core:
        return 0
    point.feast = reader.symbols[at].means[Is.FEAST]
    return at + 1


def _era(reader: PointReader, point: Point, at: int) -> int:
    if point.era is not None or (point.year is None and not point.triple):
        return 0
    point.era = reader.symbols[at].means[Is.ERA]
    return at + 1


def _decade(reader: PointReader, point: Point, at: int) -> int:
    counted = reader.number(at + 1)
    if counted is None or counted.ordinal or counted.value % _TEN or point.core:
        return 0
    if not (_set_year(point, counted.value) or _TEN <= counted.value < _HUNDRED):
        return 0
    point.year, point.short, point.decade = counted.value, counted.value < _HUNDRED, True
    return counted.stop


def _unit(reader: PointReader, point: Point, at: int) -> int:
    """Read سال ۶۷, "the year 1367", ماه پنجم."""
    unit, at = reader.symbols[at].means[Is.UNIT], at + 1
    at += reader.has(at, Is.APOSTROPHE)
    counted = reader.number(at)
    if counted is None:
        return 0
    if unit == "m" and counted.ordinal and not counted.width and counted.value <= _MONTHS and not point.month:
        point.month = Month(Calendar.SOLAR, counted.value, loose=False, weak=False)
        point.called = True
        return counted.stop
    if unit != "y" or counted.ordinal or point.year is not None or not _set_year(point, counted.value):
        return 0
    point.called = True
    return counted.stop


def _burj(reader: PointReader, point: Point, at: int) -> int:
    counted = reader.number(at + 1)
    if counted is None or point.month or not 1 <= counted.value <= _MONTHS:
        return 0
    point.month, point.called = Month(Calendar.SOLAR, counted.value, loose=False, weak=False), True
    return counted.stop


def _apostrophe(reader: PointReader, point: Point, at: int) -> int:
    counted = reader.number(at + 1)
    if counted is None or counted.width != _TWO_DIGITS or not reader.touching(at + 1):
        return 0
    if point.year is not None:
        return 0
    if reader.has(counted.stop, Is.DECADE_ENDING) and counted.value % _TEN == 0:
        return _number(reader, point, at + 1)
    point.year, point.short, point.called = counted.value, True, True
    return counted.stop


def _set_year(point: Point, value: int) -> bool:
    if not (0 <= value < _HUNDRED or _FIRST_YEAR <= value <= _LAST_YEAR):
        return False
    point.year, point.short = value, value < _HUNDRED
    return True


def _number(reader: PointReader, point: Point, at: int) -> int:
    counted = reader.number(at)
    label = at - 2 if reader.mark(at - 1, ".") else at - 1
    if counted is None or (reader.has(label, Is.LABEL) and not point.core):
        return 0
    if stop := _tens(reader, point, counted):
        return stop
    if counted.ordinal:
        return counted.stop if _ordinal(reader, point, counted) else 0
    if _day(reader, point, counted):
        return counted.stop
    return _second_year(reader, point, counted) if _year(reader, point, counted) else 0


def _ordinal(reader: PointReader, point: Point, counted: Counted) -> bool:
    """Take the first of a season or year as its beginning, else a day, whose month may come later."""
    if counted.value == 1 and _begins(reader, counted.stop) and not point.portion:
        point.portion = "early"
        return True
    if _day(reader, point, counted):
        return True
    if point.core or point.number is not None or point.portion or reader.counts(counted.stop):
        return False
    point.number = counted.value
    return True


def _second_year(reader: PointReader, point: Point, counted: Counted) -> int:
    """Take the second half of "winter 1984-85"."""
    at = counted.stop
    if point.season is None or not reader.mark(at, "-/") or not reader.touching(at + 1):
        return at
    other = reader.number(at + 1)
    if other is None or not _next_year(counted.value, other.value):
        return at
    point.pair = True
    return other.stop


def _next_year(year: int, other: int) -> bool:
    return other in {year + 1, (year + 1) % _HUNDRED}


def _tens(reader: PointReader, point: Point, counted: Counted) -> int:
    """Read 1980s, '60s, 1980-talet."""
    ending = counted.stop + reader.mark(counted.stop, "-")
    tens = reader.has(ending, Is.DECADE_ENDING) and reader.touching(ending) and counted.value % _TEN == 0
    if not tens or not counted.width or point.core or not _set_year(point, counted.value):
        return 0
    point.decade = True
    return ending + 1


def _begins(reader: PointReader, at: int) -> bool:
    """Say whether the first of a season or year is meant: اول تابستان, اول سال ۶۷."""
    at += reader.has(at, Is.FILLER)
    year = reader.has(at, Is.UNIT) and reader.symbols[at].means[Is.UNIT] == "y"
    return reader.has(at, Is.SEASON) or year


def _day(reader: PointReader, point: Point, counted: Counted) -> bool:
    if point.day is not None or point.season or point.portion or not 1 <= counted.value <= _LONGEST_MONTH:
        return _refused_day(reader, point, counted)
    if counted.stop < len(reader.symbols) and reader.month_follows(counted.stop) and not point.month:
        point.day, point.marked_day = counted.value, bool(counted.ordinal or counted.width)
        return True
    if point.month is None or point.feast:
        return False
    latin = not point.persian or counted.ordinal or counted.width == 1
    if (not latin and point.year is None) or counted.width > _TWO_DIGITS or reader.counts(counted.stop):
        return False
    point.day, point.marked_day = counted.value, True
    return True


def _refused_day(reader: PointReader, point: Point, counted: Counted) -> bool:
    """Take a day that no month has (the 45th of Mordad), so that the date is refused and not misread."""
    beyond = counted.ordinal or (counted.width == _TWO_DIGITS and counted.value == _LONGEST_MONTH + 1)
    if point.core or point.day is not None or not beyond or not reader.month_follows(counted.stop):
        return False
    point.day = counted.value
    return True


def _year(reader: PointReader, point: Point, counted: Counted) -> bool:
    if point.year is not None or point.triple or (point.relative and point.relative[0] == "y"):
        return False
    within = counted.stop > 1 and reader.symbols[counted.stop - 2].text in _IN
    full = counted.value >= _THOUSAND and (point.core or within)
    things = not point.core and reader.has(counted.stop, Is.THING)
    if not full and (things or reader.counts(counted.stop)):
        return False
    lone = not point.core and point.day is None
    if not lone or counted.value > _LONGEST_MONTH or counted.width == _LONGEST_NUMBER:
        worded_small = not counted.width and counted.value < _TEN
        return not worded_small and counted.width != 1 and _set_year(point, counted.value)
    if point.number is not None or point.portion:
        return False
    point.number = counted.value
    return True


_Part = Callable[[PointReader, Point, int], int]
_PARTS: Mapping[Is, _Part] = {
    Is.RELATIVE: _relative,
    Is.TRIPLE: _triple,
    Is.PAIR: _pair,
    Is.MONTH: _month,
    Is.SEASON: _season,
    Is.PORTION: _portion,
    Is.WEEKDAY: _weekday,
    Is.FEAST: _feast,
    Is.ERA: _era,
    Is.DECADE: _decade,
    Is.UNIT: _unit,
    Is.BURJ: _burj,
    Is.APOSTROPHE: _apostrophe,
    Is.DIGITS: _number,
    Is.ORDINAL: _number,
    Is.CARDINAL: _number,
}
