"""Figures stand on one scale; people are counted once a month, surely or perhaps."""

import itertools
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.dates.calendars import Calendar
from portal.registry.drawing.axis import make_axis
from portal.registry.drawing.figures import Scale, Stay, by_month, by_year

FIGURES = st.integers(0, 10_000_000)


@settings(deadline=None)
@given(st.lists(st.tuples(FIGURES, FIGURES), min_size=1, max_size=8), st.booleans())
def test_ranges_lie_inside_and_in_their_order(ranges: list[tuple[int, int]], mirrored: bool) -> None:  # noqa: FBT001 - drawn
    scale = Scale(max(max(pair) for pair in ranges), mirrored)
    for pair in ranges:
        x, width = scale.across(min(pair), max(pair))
        assert x >= 0
        assert x + width <= 100
        assert width > 0
    marks = [scale.at(mark) for mark in scale.marks()]
    assert marks == sorted(marks, reverse=mirrored)
    assert len(marks) <= 5


def at(year: int, month: int, day: int = 15) -> int:
    return date(year, month, day).toordinal()


def counted(*people: list[Stay]) -> dict[tuple[int, int], tuple[int, int]]:
    axis = make_axis([(date(1987, 1, 1), date(1989, 1, 1))], Calendar.GREGORIAN, mirrored=False)
    assert axis
    return {(one.year, one.month): (one.sure, one.perhaps) for one in by_month(people, axis)}


def test_a_stay_counts_surely_between_its_ends_and_perhaps_around_them() -> None:
    found = counted([Stay(at(1988, 1), at(1988, 2), at(1988, 4), at(1988, 5))])
    assert found == {
        (1988, 1): (0, 1),
        (1988, 2): (1, 0),
        (1988, 3): (1, 0),
        (1988, 4): (1, 0),
        (1988, 5): (0, 1),
    }


def test_somebody_of_whom_two_sources_speak_counts_once() -> None:
    one = Stay(at(1988, 2), at(1988, 2), at(1988, 3), at(1988, 3))
    other = Stay(at(1988, 3), at(1988, 3), at(1988, 4), at(1988, 4))
    assert counted([one, other]) == {(1988, month): (1, 0) for month in (2, 3, 4)}


def test_of_whom_only_the_beginning_is_known_counts_there_alone() -> None:
    assert counted([Stay(at(1988, 2), at(1988, 2), None, None)]) == {(1988, 2): (1, 0)}
    assert counted([Stay(at(1988, 2), at(1988, 3), None, None)]) == {(1988, 2): (0, 1), (1988, 3): (0, 1)}
    assert counted([Stay(None, None, None, None)]) == {}


def test_months_lie_beside_each_other_on_the_line() -> None:
    axis = make_axis([(date(1988, 1, 1), date(1988, 12, 31))], Calendar.GREGORIAN, mirrored=False)
    assert axis
    months = by_month([[Stay(at(1988, 1), at(1988, 1), at(1988, 12), at(1988, 12))]], axis)
    for one, other in itertools.pairwise(months):
        assert one.x + one.width == pytest.approx(other.x)
    assert by_year(months) == [(1988, 1, 1)]
