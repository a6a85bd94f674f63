"""The budget of noisy tables is spent once, exactly, and never again: at once, twice, after a failure."""

from datetime import timedelta
from fractions import Fraction
from uuid import UUID

import pytest
from builders import Instance
from coded import a_request
from hypothesis import given, settings
from hypothesis import strategies as st
from together import all_at_once

from portal.errors import InvalidError
from portal.release.budget import LIFETIME, Balance, balance, charge
from portal.release.laplace import AT_ONCE, epsilon_of
from portal.release.policy import ColumnRole


def requests(instance: Instance, many: int) -> list[UUID]:
    return [a_request(instance, relation=ColumnRole.QUASI) for _ in range(many)]


def spend(instance: Instance, release_id: UUID, hundredths: int) -> Balance:
    with instance.database.session(write=True) as session:
        return charge(session, release_id=release_id, hundredths=hundredths)


def stands(instance: Instance) -> Balance:
    with instance.database.session(write=False) as session:
        return balance(session)


def test_a_hundred_tables_at_once_never_overspend(instance: Instance) -> None:
    """Each asks for a tenth of what there is in all and a little; those who lost the race ask again."""
    waiting = requests(instance, 100)

    def pay(number: int) -> Balance | None:
        try:
            return spend(instance, waiting[number], 31)
        except InvalidError:
            return None

    for _ in range(40):
        got = all_at_once(pay, count=20)
        spent = stands(instance)
        assert spent.spent == Fraction(31, 100) * spent.tables <= LIFETIME
        waiting = waiting[20:] + waiting[:20]
        if None in got and spent.tables == 9:
            break
    assert spent.tables == 9
    assert spent.left == Fraction(21, 100)


@pytest.mark.parametrize("hundredths", [-1, 0, 51, 300])
def test_an_epsilon_that_no_table_may_have_is_refused(sqlite_instance: Instance, hundredths: int) -> None:
    (release_id,) = requests(sqlite_instance, 1)
    with pytest.raises(InvalidError):
        spend(sqlite_instance, release_id, hundredths)
    assert stands(sqlite_instance) == Balance(Fraction(), 0)


@settings(max_examples=200)
@given(st.integers(1, 50))
def test_every_hundredth_up_to_a_half_is_exact(hundredths: int) -> None:
    assert 0 < epsilon_of(hundredths) <= AT_ONCE
    assert sum([epsilon_of(hundredths)] * 100, Fraction()) == hundredths


def test_a_table_is_paid_for_once(instance: Instance) -> None:
    (release_id,) = requests(instance, 1)
    spend(instance, release_id, 50)
    with pytest.raises(InvalidError):
        spend(instance, release_id, 1)
    assert stands(instance).spent == Fraction(1, 2)


def test_what_fails_after_the_charge_has_cost_nothing_and_told_nothing(sqlite_instance: Instance) -> None:
    (release_id,) = requests(sqlite_instance, 1)

    def fails() -> None:
        with sqlite_instance.database.session(write=True) as session:
            charge(session, release_id=release_id, hundredths=50)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert stands(sqlite_instance).tables == 0


def test_neither_a_clock_nor_time_refills_it(sqlite_instance: Instance) -> None:
    for release_id in requests(sqlite_instance, 6):
        spend(sqlite_instance, release_id, 50)
    (more,) = requests(sqlite_instance, 1)
    for days in (4000, -9000):
        sqlite_instance.clock.now += timedelta(days=days)
        with pytest.raises(InvalidError):
            spend(sqlite_instance, more, 1)
    assert stands(sqlite_instance).left == 0
