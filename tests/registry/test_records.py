"""Plain values of the registry: what is refused, which name is shown, how versions differ."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import uuid4

import pytest

from portal.errors import InvalidError
from portal.registry.records import Cite, Claim, Difference, Period, PlaceFacts, differences, shown
from portal.registry.vocabulary import Predicate


@dataclass
class Written:
    text: str
    script: str


WRONG: dict[str, Callable[[], object]] = {
    "one end": lambda: Period(earliest=date(1988, 8, 1)),
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
