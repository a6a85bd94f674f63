"""Put the two ends of a date said together, count from another date, and open the end that was left open."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from portal.dates.calendars import LUNAR_TOLERANCE, Calendar, known, month_of_year, taken_apart, whole_year
from portal.dates.grammar import Bound, Joined, Shift, Spoken
from portal.dates.points import Point
from portal.dates.spans import Days, Precision, Stretch, where
from portal.dates.years import Doubt

_CENTURY, _FULL = 100, 1000
_WEEK, _ABOUT = 7, 3
_MONTHS = 12
_NO_YEAR = -1
_DISAGREEMENT = 31


@dataclass(frozen=True, slots=True)
class Meant:
    """What a date said comes to: first and last day, None where it is open or not known."""

    calendar: Calendar
    precision: Precision
    earliest: int | None
    latest: int | None
    proposal: bool
    doubts: frozenset[Doubt]


def meaning(spoken: Spoken, near: Stretch | None) -> Meant | None:
    """Give the days meant; None when there is no such date."""
    if spoken.shift is not None:
        stretch = _shifted(spoken, spoken.shift, near)
    elif spoken.second is not None:
        stretch = _joined(spoken, near)
    elif spoken.first is not None:
        stretch = where(spoken.first, near)
    else:
        return None
    return None if stretch is None else _opened(spoken, stretch)


def same(one: Meant, other: Meant) -> Meant | None:
    """Read one date given in two calendars: the days both allow, or all of them if they disagree a little."""
    if one.earliest is None or one.latest is None or other.earliest is None or other.latest is None:
        return None
    first, last = max(one.earliest, other.earliest), min(one.latest, other.latest)
    finer = min(one, other, key=lambda meant: (meant.latest or 0) - (meant.earliest or 0))
    if first <= last:
        return replace(finer, earliest=first, latest=last, doubts=one.doubts & other.doubts)
    if first - last > _DISAGREEMENT:
        return None
    first, last = min(one.earliest, other.earliest), max(one.latest, other.latest)
    return Meant(
        one.calendar, Precision.RANGE, first, last, proposal=False, doubts=frozenset({Doubt.CALENDAR})
    )


def _opened(spoken: Spoken, stretch: Stretch) -> Meant:
    """Leave the end open that "before" or "after" leaves open."""
    earliest, latest = stretch.days or (None, None)
    if stretch.days is not None and spoken.bound is Bound.BEFORE:
        earliest, latest = None, _last_before(spoken, stretch, stretch.days)
    elif stretch.days is not None and spoken.bound is Bound.AFTER:
        earliest, latest = _first_after(spoken, stretch, stretch.days), None
    return Meant(stretch.calendar, stretch.precision, earliest, latest, stretch.proposal, stretch.doubts)


def _last_before(spoken: Spoken, stretch: Stretch, days: Days) -> int:
    """Give the last day before something; of what has no sharp edge, the last that can be meant."""
    first, last = days
    if spoken.inclusive or (spoken.first is not None and spoken.first.portion == "end"):
        return last
    if stretch.precision in {Precision.DAY, Precision.PART}:
        return last - 1
    return first - 1 + 2 * LUNAR_TOLERANCE * (Doubt.SIGHTING in stretch.doubts)


def _first_after(spoken: Spoken, stretch: Stretch, days: Days) -> int:
    first, last = days
    if spoken.inclusive:
        return first
    if stretch.precision in {Precision.DAY, Precision.PART}:
        return first + 1
    return last + 1 - 2 * LUNAR_TOLERANCE * (Doubt.SIGHTING in stretch.doubts)


def _shifted(spoken: Spoken, shift: Shift, near: Stretch | None) -> Stretch | None:
    """Count from the base, or from the date named before; always a proposal."""
    base = where(spoken.first, near) if spoken.first is not None else near
    if base is None and spoken.first is not None:
        return None
    if base is None or base.days is None:
        return Stretch(base.calendar if base else Calendar.SOLAR, Precision.RANGE, None, proposal=True)
    least, most = sorted((shift.sign * shift.least, shift.sign * shift.most))
    first, last = base.days
    if shift.unit in {"d", "w"}:
        days, slack = (1, 0) if shift.unit == "d" else (_WEEK, _ABOUT)
        found = (first + least * days - slack, last + most * days + slack)
        precision = Precision.DAY if found[0] == found[1] else Precision.RANGE
        return replace(base, days=found, precision=precision, proposal=True)
    count: Callable[[Calendar, int, int], Days | None] = _months if shift.unit == "m" else _years
    begin, end = count(base.calendar, first, least), count(base.calendar, last, most)
    if begin is None or end is None:
        return None
    whole = Precision.MONTH if shift.unit == "m" else Precision.YEAR
    precision = whole if begin == end else Precision.RANGE
    return replace(base, days=(begin[0], end[1]), precision=precision, proposal=True)


def _months(calendar: Calendar, day: int, steps: int) -> Days | None:
    year, month, _number = taken_apart(calendar, day)
    index = year * _MONTHS + month - 1 + steps
    year, month = index // _MONTHS, index % _MONTHS + 1
    return month_of_year(calendar, year, month) if known(calendar, year) else None


def _years(calendar: Calendar, day: int, steps: int) -> Days | None:
    year = taken_apart(calendar, day)[0] + steps
    return whole_year(calendar, year) if known(calendar, year) else None


def _joined(spoken: Spoken, near: Stretch | None) -> Stretch | None:
    if spoken.first is None or spoken.second is None:
        return None
    first, second = replace(spoken.first), replace(spoken.second)
    _share_numbers(first, second)
    lent, borrowed = _share_year(first, second)
    begin = where(first, near)
    end = where(second, begin if begin is not None and begin.days is not None else near)
    if begin is None or end is None:
        return None
    if begin.days is None or end.days is None:
        return Stretch(begin.calendar, Precision.RANGE, None, begin.doubts | end.doubts, proposal=True)
    if spoken.joined is Joined.RANGE and begin.days[0] > end.days[1]:
        turned = _turned(first, second, lent=lent, borrowed=borrowed, near=near)
        if turned is None:
            return None
        begin, end = turned
    return _spanned(begin, end, spoken.joined)


def _spanned(begin: Stretch, end: Stretch, joined: Joined | None) -> Stretch | None:
    if begin.days is None or end.days is None:
        return None
    if begin.days == end.days:
        return begin
    days = begin.days[0], max(begin.days[1], end.days[1])
    if joined is Joined.OR:
        days = min(begin.days[0], end.days[0]), days[1]
    doubts, proposal = begin.doubts | end.doubts, begin.proposal or end.proposal
    return Stretch(begin.calendar, Precision.RANGE, days, doubts, proposal)


def _turned(
    first: Point, second: Point, *, lent: bool, borrowed: bool, near: Stretch | None
) -> tuple[Stretch, Stretch] | None:
    """Let a range cross the new year: Azar 66 to Farvardin; December to January 1989."""
    if lent and first.year is not None:
        first.year -= 1
    elif borrowed and second.year is not None:
        second.year += 1
    else:
        return None
    begin, end = where(first, near), where(second, near)
    if begin is None or end is None or begin.days is None or end.days is None:
        return None
    return (begin, end) if begin.days[0] <= end.days[1] else None


def _share_numbers(first: Point, second: Point) -> None:
    """Say what a bare number is from its neighbour: a day of the same month, or a year."""
    first.persian = second.persian = first.persian or second.persian
    for bare, other in ((first, second), (second, first)):
        if bare.number is None:
            continue
        if other.month is not None or (other.relative is not None and other.relative[0] == "m"):
            bare.day, bare.month, bare.relative = bare.number, other.month, other.relative
        elif other.year is not None:
            later = bare is second and bare.number > other.year % _CENTURY
            bare.year, bare.short = (bare.number, True) if later else (_NO_YEAR, False)
        bare.number = None


def _share_year(first: Point, second: Point) -> tuple[bool, bool]:
    """Lend the year that only one of two names; also whether the first, or the second, was given it."""
    if first.era is None and second.year is not None and first.short == second.short:
        first.era = second.era
    if first.triple or second.triple:
        return False, False
    if _open(first) and not _open(second):
        _lend(second, first)
        return True, False
    if _open(second) and not _open(first):
        _lend(first, second)
        return False, True
    plain = second.month is None and second.season is None
    if plain and second.short and first.year is not None and first.year >= _FULL and second.year is not None:
        century = first.year // _CENTURY * _CENTURY
        second.year, second.short = century + second.year, False
    return False, False


def _open(point: Point) -> bool:
    return point.year is None and (point.relative is None or point.relative[0] != "y")


def _lend(giver: Point, taker: Point) -> None:
    taker.year, taker.short, taker.era = giver.year, giver.short, giver.era
    if giver.relative is not None and giver.relative[0] == "y":
        taker.relative = giver.relative
