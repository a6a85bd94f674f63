"""Tell dates from other words in a story: Tir from bullets, the month from Mrs Azar, a year from a count."""

from collections.abc import Iterator
from typing import NamedTuple

from portal.dates.grammar import Bound, Reader, Spoken
from portal.dates.lexing import Is
from portal.dates.meaning import Meant, meaning
from portal.dates.points import Point
from portal.dates.spans import Stretch

_STARTS = frozenset(
    {
        Is.MONTH,
        Is.SEASON,
        Is.WEEKDAY,
        Is.FEAST,
        Is.DECADE,
        Is.PORTION,
        Is.RELATIVE,
        Is.BURJ,
        Is.UNIT,
        Is.DIGITS,
        Is.TRIPLE,
        Is.PAIR,
        Is.CARDINAL,
        Is.ORDINAL,
        Is.APOSTROPHE,
        Is.VAGUE,
        Is.BEFORE,
        Is.AFTER,
        Is.SINCE,
        Is.UNTIL,
        Is.BY,
        Is.NOT_BEFORE,
        Is.BETWEEN,
        Is.NEXT_DAY,
        Is.APPROXIMATE,
    }
)
_FULL = 1000
_LIKELY_YEARS = (range(1250, 1421), range(1900, 2041))
_TWO_DIGITS = range(57, 71)
_ANCHOR = 731
_LIFE = 3
_CUES = frozenset({"in", "during", "within", "since", "until", "i", "در", "طی", "داخل", "توی"})
_SMALL_LATIN = frozenset({"maj", "mars", "april", "juni", "augusti"})


class Mention(NamedTuple):
    """A date in the text: the symbols it takes, how it is said, what it comes to (None: no such day)."""

    start: int
    stop: int
    spoken: Spoken
    meant: Meant | None


def mentions(reader: Reader, text: str, near: Stretch | None) -> Iterator[Mention]:
    """Give the dates of a story in order; each full date is what later "that same year" leans on."""
    at, count = 0, len(reader.symbols)
    while at < count:
        if _STARTS.isdisjoint(reader.symbols[at].means) or _counted_unit(reader, at):
            at += 1
            continue
        read = reader.said(at)
        if read is None:
            at += 1
            continue
        spoken, stop = read
        meant = meaning(spoken, near)
        if not _sure(_Seen(reader, text, at, stop), spoken, meant):
            at += 1
            continue
        yield Mention(at, stop, spoken, meant)
        if meant is not None and not _about_a_life(reader, at):
            near = _anchor(spoken, meant) or near
        at = stop


def _counted_unit(reader: Reader, at: int) -> bool:
    """Say whether a unit is counted by the number before it, and begins no date: ten years in 1362."""
    number = reader.has(at - 1, Is.DIGITS) or reader.has(at - 1, Is.CARDINAL)
    return number and reader.has(at, Is.UNIT)


def _about_a_life(reader: Reader, at: int) -> bool:
    """Say whether the date is when somebody was born, which tells nothing of what came next."""
    return any(reader.has(place, Is.BORN) for place in range(at - _LIFE, at))


def _anchor(spoken: Spoken, meant: Meant) -> Stretch | None:
    """Give what the next date may lean on: nothing open, proposed or longer than two years."""
    leaning = meant.proposal or spoken.bound in {Bound.BEFORE, Bound.AFTER}
    if leaning or meant.earliest is None or meant.latest is None or meant.latest - meant.earliest > _ANCHOR:
        return None
    return Stretch(meant.calendar, meant.precision, (meant.earliest, meant.latest))


class _Seen(NamedTuple):
    """A candidate where it stands."""

    reader: Reader
    text: str
    at: int
    stop: int


def _sure(seen: _Seen, spoken: Spoken, meant: Meant | None) -> bool:
    """Say whether the words are a date and not something else that looks like one."""
    first, second = spoken.first, spoken.second
    if spoken.shift is not None and first is None:
        counted = not seen.reader.has(seen.at, Is.UNIT)
        return counted and meant is not None and meant.earliest is not None
    if first is None:
        return False
    if second is not None:
        alone = _alone(seen, spoken, first) and _alone(seen, spoken, second)
        return alone or _dated(first) or _dated(second)
    if first.relative is not None and not (first.month or first.season):
        placed = meant is not None and meant.earliest is not None
        return placed and (first.relative[0] == "y" or (first.relative[0] == "m" and placed))
    return _dated(first) or _alone(seen, spoken, first)


def _dated(point: Point) -> bool:
    """Say whether a point is a date beyond doubt: in digits, or a year beside what has years."""
    if point.triple or (point.decade and (point.called or point.persian or (point.year or 0) >= _FULL)):
        return True
    named = point.month or point.season or point.feast
    if point.year is not None:
        weak = point.month is not None and point.month.weak
        told = named or point.portion or point.called or point.era
        return bool(told) and (point.year >= _FULL or not weak)
    if point.relative is not None:
        return bool(named or point.day)
    if point.month is None or point.month.weak:
        return False
    return point.day is not None and (point.marked_day or not point.month.loose)


def _alone(seen: _Seen, spoken: Spoken, point: Point) -> bool:
    """Judge a year, month or season that stands alone by the words around it."""
    if point.year is not None:
        return _year(seen, spoken, point)
    if point.season is not None:
        return bool(point.portion)
    month = point.month
    if month is None or month.weak or point.day is not None:
        return False
    if not month.loose or point.portion or point.called:
        return True
    return _cued(seen)


def _cued(seen: _Seen) -> bool:
    """Say whether a word before the month, and its capital, tell that it is one."""
    reader, at = seen.reader, seen.at
    while at < seen.stop and not reader.has(at, Is.MONTH):
        at += 1
    month, before = reader.symbols[at], reader.symbols[at - 1] if at else None
    if before is None or before.text not in _CUES:
        return False
    if month.persian:
        return True
    capital = seen.text[month.start].isupper() and before.text != "i"
    return capital or (before.text == "i" and month.text in _SMALL_LATIN)


def _year(seen: _Seen, spoken: Spoken, point: Point) -> bool:
    """Judge a number alone: 1367 after "in" or before a mark; ۶۷ only straight after در."""
    reader, stop, year = seen.reader, seen.stop, point.year or 0
    if year < _FULL:
        in_prison_years = point.persian and year in _TWO_DIGITS and reader.has(stop - 1, Is.DIGITS)
        return in_prison_years and seen.at > 0 and reader.symbols[seen.at - 1].text == "در"
    if not any(year in likely for likely in _LIKELY_YEARS):
        return False
    ended = stop >= len(reader.symbols) or reader.has(stop, Is.MARK)
    return spoken.cue or ended or _about_a_life(reader, seen.at)
