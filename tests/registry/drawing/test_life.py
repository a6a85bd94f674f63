"""What may be drawn fades, what is sure is full, and nothing is drawn outside the line."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.dates.calendars import Calendar
from portal.registry.drawing.axis import Axis, make_axis
from portal.registry.drawing.life import Piece, Shape, event, gap, stay
from portal.registry.periods import NOTHING, Period

DAYS = st.dates(date(1975, 1, 1), date(2020, 1, 1))
SWAPPED = {Shape.RISES: Shape.FALLS, Shape.FALLS: Shape.RISES}


@st.composite
def periods(draw: st.DrawFn) -> Period:
    first = draw(DAYS)
    last = first + timedelta(days=draw(st.sampled_from([0, 1, 30, 365, 2000])))
    earliest, latest = draw(st.sampled_from([(first, last), (first, None), (None, last), (None, None)]))
    return Period("said", Calendar.SOLAR, earliest, latest)


def line(*, mirrored: bool = False) -> Axis:
    axis = make_axis([(date(1974, 1, 1), date(2026, 1, 1))], Calendar.SOLAR, mirrored=mirrored)
    assert axis
    return axis


def shapes(pieces: tuple[Piece, ...]) -> list[Shape]:
    return [piece.shape for piece in pieces]


@settings(max_examples=50, deadline=None)
@given(periods(), periods())
def test_everything_is_drawn_inside_the_line(since: Period, until: Period) -> None:
    for mirrored in (False, True):
        axis = line(mirrored=mirrored)
        for piece in (*stay(axis, since, until), *event(axis, since)):
            assert piece.x >= -1e-6
            assert piece.x + piece.width <= 100 + 1e-6
            assert piece.width > 0 or piece.shape is Shape.POINT


@settings(max_examples=50, deadline=None)
@given(periods(), periods())
def test_in_persian_the_same_is_drawn_the_other_way(since: Period, until: Period) -> None:
    drawn = [(stay(axis, since, until), event(axis, since)) for axis in (line(), line(mirrored=True))]
    for one, other in zip(*drawn, strict=True):
        assert [SWAPPED.get(piece.shape, piece.shape) for piece in one] == shapes(other)
        for left, right in zip(one, other, strict=True):
            assert left.x + left.width + right.x == pytest.approx(100)


@settings(max_examples=50, deadline=None)
@given(periods(), periods())
def test_what_is_not_dated_is_not_drawn(since: Period, until: Period) -> None:
    assert bool(stay(line(), since, until)) is (since.placed or until.placed)
    assert bool(event(line(), since)) is since.placed


def dated(first: date | None, last: date | None = None) -> Period:
    return Period("said", Calendar.GREGORIAN, first, last or first)


def test_a_day_is_a_point_and_a_season_a_fading_range() -> None:
    assert shapes(event(line(), dated(date(1988, 7, 28)))) == [Shape.POINT]
    assert shapes(event(line(), dated(date(1988, 6, 22), date(1988, 9, 22)))) == [Shape.SOMEWHERE]


def test_a_stay_is_full_only_where_it_is_sure() -> None:
    sure = stay(line(), dated(date(1981, 9, 23), date(1981, 12, 21)), dated(date(1988, 7, 28)))
    assert shapes(sure) == [Shape.RISES, Shape.SOLID, Shape.FALLS]
    assert sure[0].x + sure[0].width == pytest.approx(sure[1].x)
    overlapping = stay(
        line(), dated(date(1981, 1, 1), date(1983, 1, 1)), dated(date(1982, 1, 1), date(1984, 1, 1))
    )
    assert next(piece for piece in overlapping if piece.shape is Shape.SOLID).width < 1


def test_an_end_that_nobody_tells_fades_away() -> None:
    assert shapes(stay(line(), dated(date(1985, 1, 1)), NOTHING)) == [Shape.FALLS]
    assert shapes(stay(line(), NOTHING, dated(date(1985, 1, 1)))) == [Shape.RISES]
    assert shapes(event(line(), Period("before", None, None, date(1985, 1, 1)))) == [Shape.RISES]


def test_a_gap_lies_between_what_is_told() -> None:
    (empty,) = gap(line(), date(1982, 1, 1), date(1984, 1, 1))
    assert empty.shape is Shape.GAP
    assert empty.width > 0
