"""What speaks for and against a record is weighed alike in every order, and more that agrees never lowers."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.linking import evidence
from portal.linking.account import Account
from portal.linking.evidence import Companion, Evidence, Facts, Sort, Stretch, of_name, total, weigh
from portal.registry.vocabulary import Sex

TEXT = (
    "My brother Omid Rastegar, son of Rahim, 23 years old, was held in Gohardasht in Mordad 1367. "
    "He came from Abadan. Nader Zamani and Kaveh Moradi were with him in Evin."
)
ACCOUNT = Account(TEXT, 11, 24)
AGREEING: dict[str, Any] = {
    "sex": Sex.MALE,
    "father": "رحیم",
    "birth": Stretch(date(1965, 3, 21), date(1966, 3, 20), "۱۳۴۴"),
    "home": "آبادان",
    "places": [["گوهردشت"], ["Evin"]],
    "dated": [Stretch(date(1988, 7, 23), date(1988, 8, 22), "مرداد ۶۷", death=True)],
    "kin": [["نادر زمانی"], ["Kaveh Moradi"]],
    "companions": [Companion("Nader Zamani", Sort.COMPANION), Companion("Kaveh Moradi", Sort.SAME_PRISON)],
}
DISAGREEING: dict[str, Any] = {
    "sex": Sex.FEMALE,
    "father": "کریم",
    "birth": Stretch(date(1950, 3, 21), date(1951, 3, 20), "۱۳۲۹"),
    "dated": [Stretch(date(1982, 1, 1), date(1982, 1, 31), "دی ۶۰", death=True)],
}


def share(word: str) -> float:
    return {"Rahim": 0.01, "رحیم": 0.01, "کریم": 0.01}.get(word, 0.0)


def weight(facts: Facts, account: Account = ACCOUNT) -> float:
    return total(1.0, weigh(account, facts, share))


def test_each_thing_that_agrees_is_seen_and_speaks_for_the_record() -> None:
    found = weigh(ACCOUNT, Facts(**AGREEING), share)
    assert {one.sort for one in found} == {
        Sort.FATHER, Sort.SEX, Sort.AGE, Sort.PLACE, Sort.HOME, Sort.DATE, Sort.KIN, Sort.COMPANION,
        Sort.SAME_PRISON,
    }  # fmt: skip
    assert all(one.weight >= 0 and not one.contradicts for one in found)


def test_each_thing_that_disagrees_is_called_a_contradiction() -> None:
    found = weigh(ACCOUNT, Facts(**DISAGREEING), share)
    assert {one.sort for one in found} == {Sort.FATHER, Sort.SEX, Sort.AGE, Sort.AFTER_DEATH}
    assert all(one.weight < 0 and one.contradicts for one in found)


def test_what_the_registry_does_not_know_speaks_neither_way() -> None:
    assert weigh(ACCOUNT, Facts(), share) == ()
    assert weigh(Account("Omid was there.", 0, 4), Facts(**AGREEING | {"companions": ()}), share) == ()


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(sorted(AGREEING))), st.sampled_from(sorted(AGREEING)))
def test_one_more_thing_that_agrees_never_lowers(known: set[str], more: str) -> None:
    before = Facts(**{name: AGREEING[name] for name in known})
    assert weight(replace(before, **{more: AGREEING[more]})) >= weight(before)


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(sorted(DISAGREEING))), st.sampled_from(sorted(DISAGREEING)))
def test_one_more_thing_that_disagrees_never_raises(known: set[str], more: str) -> None:
    before = Facts(**{name: DISAGREEING[name] for name in known})
    assert weight(replace(before, **{more: DISAGREEING[more]})) <= weight(before)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(["گوهردشت", "Evin", "Qezel Hesar", "عادل‌آباد"]), unique=True),
    st.lists(st.sampled_from(["نادر زمانی", "Kaveh Moradi", "Nobody Else"]), unique=True),
    st.integers(0, 99),
)
def test_the_order_in_which_things_are_known_changes_nothing(
    places: Sequence[str], kin: Sequence[str], seed: int
) -> None:
    def mixed(values: Sequence[str]) -> list[list[str]]:
        return [[one] for one in Random(seed).sample(values, len(values))]  # noqa: S311

    one = Facts(**AGREEING | {"places": [[name] for name in places], "kin": [[name] for name in kin]})
    other = replace(one, places=mixed(places), kin=mixed(kin), companions=one.companions[::-1])
    assert weigh(ACCOUNT, one, share) == weigh(ACCOUNT, other, share)


@settings(deadline=None)
@given(st.lists(st.floats(-14, 14)), st.randoms())
def test_a_total_does_not_depend_on_the_order(weights: list[float], random: Random) -> None:
    pieces = [Evidence(Sort.PLACE, one, "", "") for one in weights]
    mixed = random.sample(pieces, len(pieces))
    assert total(0.9, pieces) == total(0.9, mixed)


@settings(deadline=None)
@given(st.floats(0, 1), st.floats(0, 1))
def test_a_better_name_never_weighs_less(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert of_name(low) <= of_name(high)
    assert -14 <= of_name(low) <= 4.5


def test_a_rare_father_weighs_more_than_a_common_one() -> None:
    facts = Facts(father="رحیم")
    rare, common = (
        weigh(ACCOUNT, facts, {"Rahim": often}.get)[0].weight  # type: ignore[arg-type] # a table in a function's place
        for often in (0.0005, 0.08)
    )
    assert rare > common > 0


def test_a_word_that_is_nobody_s_name_contradicts_no_father() -> None:
    account = Account("امید رستگار، پسر بزرگ خانه، رفت.", 0, 11)
    assert weigh(account, Facts(father="رحیم"), lambda _: 0.0) == ()


@pytest.mark.parametrize(
    ("days", "least", "most"),
    [
        (("1988-08-01", "1988-08-01"), 4.0, 4.0),
        (("1988-07-23", "1988-08-22"), 0.75, 0.85),
        (("1988-03-21", "1989-03-20"), 0.25, 0.35),
        (("1980-03-21", "1992-03-20"), 0.0, 0.0),
    ],
)
def test_the_shorter_the_time_in_which_dates_meet_the_more_it_weighs(
    days: tuple[str, str], least: float, most: float
) -> None:
    first, last = map(date.fromisoformat, days)
    account = Account("Omid was seen on 1 August 1988.", 0, 4)
    (found,) = weigh(account, Facts(dated=[Stretch(first, last, "then")]), share)
    assert least <= found.weight <= most


def test_ties_and_places_weigh_no_more_than_they_may_together() -> None:
    many = [Companion(str(one), Sort.COMPANION) for one in range(9)]
    found = weigh(ACCOUNT, Facts(companions=many), share)
    assert len(found) == 9
    assert sum(one.weight for one in found) == evidence._TIES_MOST
