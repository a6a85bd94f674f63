"""The coding sheet: what it holds, what it refuses."""

import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.casework.coding import Pattern, Prison, Said, Sheet, month_of
from portal.errors import InvalidError
from portal.intake.journey import Relation

PRISON = Prison(UUID(int=7), "Gohardasht", "Karaj", "Tehran")
months = st.one_of(
    st.just(""),
    st.integers(1350, 1410).map(str),
    st.tuples(st.integers(1350, 1410), st.integers(1, 12)).map(lambda both: f"{both[0]}-{both[1]:02}"),
)
sheets = st.builds(
    Sheet,
    prison=st.one_of(st.none(), st.just(PRISON)),
    month=months,
    relation=st.one_of(st.none(), st.sampled_from(Relation)),
    patterns=st.fixed_dictionaries({pattern: st.sampled_from(Said) for pattern in Pattern}),
)


@given(sheets)
def test_a_sheet_is_read_back_as_it_was_written(sheet: Sheet) -> None:
    assert Sheet.from_json(sheet.to_json()) == sheet
    assert Sheet.from_json(sheet.to_json()).to_json() == sheet.to_json()


def test_the_twelve_patterns_of_the_domain_are_asked() -> None:
    assert len(Pattern) == 12
    assert set(json.loads(Sheet().to_json())["patterns"].values()) == {"not said"}


@pytest.mark.parametrize(
    "month", ["1988", "1367-13", "1367-00", "1367-5", "67", "summer", "۱۳۶۷", "1349", "1367-05\n"]
)
def test_a_month_that_is_none_is_refused(month: str) -> None:
    with pytest.raises(InvalidError):
        Sheet(month=month)


def test_a_sheet_that_leaves_a_question_out_is_refused() -> None:
    with pytest.raises(InvalidError):
        Sheet(patterns={Pattern.THREATS: Said.YES})


def test_a_month_needs_its_year() -> None:
    assert month_of("1367", "5") == "1367-05"
    assert month_of("1367", "") == "1367"
    assert month_of("", "") == ""
    with pytest.raises(InvalidError):
        month_of("", "5")
