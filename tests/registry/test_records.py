"""Plain values of the registry: what is refused, which name is shown, how versions differ."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.errors import InvalidError
from portal.registry.records import (
    Cite,
    Claim,
    Difference,
    Finding,
    Line,
    Period,
    PlaceFacts,
    differences,
    shown,
    without,
)
from portal.registry.vocabulary import Predicate


@dataclass
class Written:
    text: str
    script: str


WRONG: dict[str, Callable[[], object]] = {
    "a word of something else": lambda: Claim(Predicate.NOTE, (Cite(uuid4()),), word="bulldozed"),
    "a figure of nothing": lambda: Claim(Predicate.NOTE, (Cite(uuid4()),), value_en="x", low=1, high=2),
    "half a figure": lambda: Claim(Predicate.FIGURE, (Cite(uuid4()),), low=1),
    "the highest first": lambda: Claim(Predicate.FIGURE, (Cite(uuid4()),), low=2, high=1),
    "a conclusion without a reason": lambda: Finding(Predicate.NOTE, " ", (uuid4(),), value_en="x"),
    "a conclusion that rests on nothing": lambda: Finding(Predicate.NOTE, "x", (), value_en="x"),
    "ends before it begins": lambda: Period(earliest=date(1988, 8, 2), latest=date(1988, 8, 1)),
    "north of the pole": lambda: PlaceFacts(latitude_tenths=901, longitude_tenths=0),
    "past the date line": lambda: PlaceFacts(latitude_tenths=0, longitude_tenths=-1801),
    "no words": lambda: Claim(Predicate.NOTE, (Cite(uuid4()),), value_fa="  "),
    "no source": lambda: Claim(Predicate.NOTE, (), value_en="Said."),
}


@pytest.mark.parametrize("make", WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(InvalidError):
        make()


@pytest.mark.parametrize(
    ("texts", "language", "expected"),
    [
        ([("اوین", "Arab"), ("Evin", "Latn")], "fa", ("اوین", "Evin")),
        ([("اوین", "Arab"), ("Evin", "Latn")], "en", ("Evin", "اوین")),
        ([("Evin", "Latn")], "fa", ("Evin", "")),
        ([("209", "Zyyy")], "en", ("209", "")),
        ([], "en", ("", "")),
    ],
)
def test_the_name_in_the_readers_script_comes_first(
    texts: list[tuple[str, str]], language: str, expected: tuple[str, str]
) -> None:
    assert shown([Written(*each) for each in texts], language) == expected


def test_versions_differ_fact_by_fact_and_line_by_line() -> None:
    before = {"origin": "", "sex": "male", "name": [["official", "نوری"], ["prison", "عباسی"]]}
    after = {"origin": "رشت", "sex": "male", "name": [["official", "نوری"], ["transliteration", "Noury"]]}
    assert differences(before, after) == [
        Difference("origin", "", "رشت"),
        Difference("name", "عباسی", "", "prison"),
        Difference("name", "", "Noury", "transliteration"),
    ]


def test_the_first_version_added_everything() -> None:
    assert differences({}, {"origin": "", "name": [["official", "نوری"]]}) == [
        Difference("name", "", "نوری", "official")
    ]


def test_a_line_that_few_may_read_is_told_from_one_that_all_may() -> None:
    before = {"statement": [["fate", "Said."]]}
    after = {"statement": [Line("fate", "Said.", id="a", restricted=True).kept()]}
    assert differences(before, after) == [
        Difference("statement", "Said.", "", "fate"),
        Difference("statement", "", "Said.", "fate", restricted=True),
    ]


@given(
    st.builds(
        Line,
        word=st.text(),
        text=st.text(),
        id=st.text(),
        other=st.text(),
        restricted=st.booleans(),
    )
)
def test_a_line_is_read_as_it_was_kept(line: Line) -> None:
    assert Line.read(json.loads(json.dumps(line.kept()))) == line


def test_what_is_left_out_of_a_snapshot_leaves_the_rest() -> None:
    kept = {
        "sex": "male",
        "place": Line("", "Evin", other="prison").kept(),
        "statement": [Line("fate", "Open.", id="a").kept(), Line("fate", "Closed.", id="b").kept()],
    }
    seen = without(kept, lambda _name, line: line.id == "b" or line.other == "prison")
    assert seen == {"sex": "male", "place": "", "statement": [Line("fate", "Open.", id="a").kept()]}
