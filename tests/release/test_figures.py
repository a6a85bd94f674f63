"""Months of the figures are those of the reader's calendar."""

from datetime import date, timedelta

import pytest
from flask import Flask, g
from hypothesis import given
from hypothesis import strategies as st
from persiantools.jdatetime import JalaliDate

from portal.release.figures import first_of_month
from portal.release.labels import month_name

DAYS = st.dates(date(1979, 3, 21), date(2060, 1, 1))


@given(DAYS)
def test_a_solar_month_begins_on_its_first_day(day: date) -> None:
    first = first_of_month(day, solar=True)
    assert JalaliDate(first).day == 1  # type: ignore[no-untyped-call]
    assert timedelta() <= day - first < timedelta(days=31)
    assert first_of_month(first, solar=True) == first


@pytest.mark.parametrize(
    ("language", "first", "said"),
    [("fa", date(2026, 10, 23), "آبان ۱۴۰۵"), ("en", date(2026, 10, 1), "October 2026")],
)
def test_a_month_is_named_in_the_readers_calendar(language: str, first: date, said: str) -> None:
    with Flask(__name__).test_request_context():
        g.language = language
        assert month_name(first) == said
