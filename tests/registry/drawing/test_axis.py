"""A line of time keeps the order of days, stays in its frame, and is the same line mirrored in Persian."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.dates.calendars import Calendar
from portal.registry.drawing.axis import Axis, Known, make_axis

DAYS = st.dates(date(1921, 3, 21), date(2030, 1, 1))
CALENDARS = st.sampled_from([Calendar.SOLAR, Calendar.GREGORIAN])


@st.composite
def known(draw: st.DrawFn) -> Known:
    first = draw(DAYS)
    last = first + timedelta(days=draw(st.sampled_from([0, 1, 29, 90, 366, 4000])))
    return draw(st.sampled_from([(first, last), (first, None), (None, last), (None, None)]))


LISTS = st.lists(known(), min_size=1, max_size=12)


def an_axis(dates: list[Known], calendar: Calendar, *, mirrored: bool = False) -> Axis | None:
    return make_axis(dates, calendar, mirrored=mirrored)


@settings(max_examples=50, deadline=None)
@given(LISTS, CALENDARS)
def test_days_stand_in_their_order_and_inside_the_frame(dates: list[Known], calendar: Calendar) -> None:
    axis = an_axis(dates, calendar)
    days = sorted(day.toordinal() for pair in dates for day in pair if day)
    if axis is None:
        assert not days
        return
    places = [axis.at(day) for day in days]
    assert places == sorted(places)
    assert all(0 <= place <= 100 for place in places)
    assert axis.first <= days[0] <= days[-1] < axis.last
    assert len({axis.at(day) for day in set(days)}) == len(set(days))


@settings(max_examples=50, deadline=None)
@given(LISTS, CALENDARS)
def test_mirrored_every_day_stands_as_far_from_the_other_edge(dates: list[Known], calendar: Calendar) -> None:
    one, other = (an_axis(dates, calendar, mirrored=mirrored) for mirrored in (False, True))
    if one is None or other is None:
        return
    for pair in dates:
        for day in pair:
            if day:
                assert one.at(day.toordinal()) + other.at(day.toordinal()) == pytest.approx(100)
    assert [tick.year for tick in one.ticks] == [tick.year for tick in other.ticks]


@settings(max_examples=50, deadline=None)
@given(LISTS, CALENDARS)
def test_no_label_stands_upon_another(dates: list[Known], calendar: Calendar) -> None:
    axis = an_axis(dates, calendar)
    named = [tick for tick in axis.ticks if tick.named] if axis else []
    for room, shown in ((15.0, [tick for tick in named if not tick.fine]), (7.5, named)):
        places = sorted(tick.x for tick in shown)
        assert all(right - left >= room - 1e-6 for left, right in itertools.pairwise(places))
        assert all(place + room <= 100 + 1e-6 for place in places)


def test_a_year_of_which_much_is_known_is_drawn_larger() -> None:
    crowd: list[Known] = [(date(1988, 7, 28) + timedelta(days=step),) * 2 for step in range(5)]
    axis = an_axis([(date(1979, 1, 1), date(1979, 12, 31)), (date(2016, 8, 9),) * 2, *crowd], Calendar.SOLAR)
    assert axis
    assert [band.year for band in axis.large] == [1367]
    assert 40 <= axis.large[0].width <= 50
    months = {tick.month for tick in axis.ticks if tick.named and tick.year == 1367}
    assert {4, 7, 10} <= months


def test_where_nothing_is_dated_there_is_no_line() -> None:
    assert an_axis([(None, None)], Calendar.SOLAR) is None
    assert an_axis([], Calendar.GREGORIAN) is None
