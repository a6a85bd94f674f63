"""Shapes on a line of time: what is sure drawn full, what may be drawn fading, what nobody says left open."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum, auto

from portal.registry.drawing.axis import WIDTH, Axis
from portal.registry.periods import NOTHING, Period

_OPEN = 7.0
"""Percent over which an end of which nothing is known fades away."""

_LEAST = 0.6
_DAY = 1


class Shape(StrEnum):
    """How a piece is drawn; ``rises`` and ``falls`` fade at their left and at their right."""

    SOLID = auto()
    RISES = auto()
    FALLS = auto()
    POINT = auto()
    SOMEWHERE = auto()
    GAP = auto()


@dataclass(frozen=True)
class Piece:
    """A piece of a lane, from its left edge, in percent; a point has no width."""

    shape: Shape
    x: float
    width: float = 0.0


def event(axis: Axis, when: Period) -> tuple[Piece, ...]:
    """Draw what happened at one moment: a point where the day is known, else the days it may have been."""
    if not when.placed:
        return ()
    if when.earliest is not None and when.earliest == when.latest:
        return (Piece(Shape.POINT, axis.at(when.earliest.toordinal() + 0.5)),)
    if when.earliest is None or when.latest is None:
        return _half_known(axis, when)
    return (Piece(Shape.SOMEWHERE, *_wide(*axis.across(_day(when.earliest), _day(when.latest) + _DAY))),)


def _half_known(axis: Axis, when: Period) -> tuple[Piece, ...]:
    """Draw "before" or "after" a day: nothing but a fading end, away from the day."""
    if when.earliest is not None:
        return (_fading(axis, _day(when.earliest), forward=True),)
    assert when.latest is not None  # noqa: S101 - one end is known, for the type checker
    return (_fading(axis, _day(when.latest) + _DAY, forward=False),)


def stay(axis: Axis, since: Period, until: Period = NOTHING) -> tuple[Piece, ...]:
    """Draw what lasted: full between its latest beginning and its earliest end, fading around them."""
    if not since.placed and not until.placed:
        return ()
    opens = _ends(since)
    closes = _ends(until)
    if not since.placed:
        return _before(axis, closes)
    if not until.placed:
        return _after(axis, opens)
    sure, over = opens[1], closes[0]
    if sure > over:  # it may have begun after the first day on which it may have ended
        sure = over = (max(opens[0], closes[0]) + min(opens[1], closes[1])) // 2
    pieces = [_soft(axis, opens[0], sure, rising=True)] if opens[0] < sure else []
    pieces.append(Piece(Shape.SOLID, *_wide(*axis.across(sure, max(over, sure)))))
    pieces += [_soft(axis, over, closes[1], rising=False)] if over < closes[1] else []
    return tuple(pieces)


def gap(axis: Axis, after: date, before: date) -> tuple[Piece, ...]:
    """Draw the days of which no source says anything."""
    return (Piece(Shape.GAP, *axis.across(_day(after) + _DAY, _day(before))),)


def _ends(period: Period) -> tuple[int, int]:
    """Give the days within which an end lies, as the moments before the first and after the last."""
    known = period.earliest or period.latest or date.min
    return _day(period.earliest or known), _day(period.latest or known) + _DAY


def _day(day: date) -> int:
    return day.toordinal()


def _before(axis: Axis, closes: tuple[int, int]) -> tuple[Piece, ...]:
    """Draw what ended at a known time and began at an unknown one."""
    pieces = [_fading(axis, closes[0], forward=False)]
    return (*pieces, _soft(axis, *closes, rising=False)) if closes[1] - closes[0] > _DAY else tuple(pieces)


def _after(axis: Axis, opens: tuple[int, int]) -> tuple[Piece, ...]:
    """Draw what began at a known time and ended at an unknown one."""
    pieces = [_fading(axis, opens[1], forward=True)]
    return (_soft(axis, *opens, rising=True), *pieces) if opens[1] - opens[0] > _DAY else tuple(pieces)


def _soft(axis: Axis, start: float, end: float, *, rising: bool) -> Piece:
    """Draw days of a beginning (rising) or of an end, whichever way time runs."""
    return Piece(Shape.RISES if rising is not axis.mirrored else Shape.FALLS, *axis.across(start, end))


def _fading(axis: Axis, day: int, *, forward: bool) -> Piece:
    """Draw an end of which nothing is known: it fades away from the day, inside the frame."""
    x = axis.at(day)
    to_right = forward is not axis.mirrored
    left = min(max(x if to_right else x - _OPEN, 0.0), WIDTH)
    right = min(max(x + _OPEN if to_right else x, 0.0), WIDTH)
    if right - left < _LEAST:
        left, right = (max(x - _OPEN, 0.0), x) if to_right else (x, min(x + _OPEN, WIDTH))
    return Piece(Shape.FALLS if to_right else Shape.RISES, left, right - left)


def _wide(x: float, width: float) -> tuple[float, float]:
    """Let nothing be so narrow that it cannot be seen."""
    if width >= _LEAST:
        return x, width
    return min(max(x - (_LEAST - width) / 2, 0.0), WIDTH - _LEAST), _LEAST
