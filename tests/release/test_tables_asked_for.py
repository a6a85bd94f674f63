"""A table of counts on its way: asked for, looked at, paid for once, approved, fetched; one kind for ever."""

import csv
import io
import json
import zipfile
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from builders import Instance
from coded import a_release, a_request, accounts, approve, fetched, look, look_at_table
from sqlalchemy import select
from together import all_at_once

from portal.casework.coding import Pattern
from portal.errors import InvalidError, StaleError
from portal.release.budget import balance
from portal.release.models import BudgetCharge, Release, ReleaseState
from portal.release.plans import Plan, Protection, Side
from portal.release.policy import ColumnRole
from portal.release.preparing import TOO_CLOSE, TOO_FEW

HIDDEN = Plan(Side.REGION, Side.TELLER, None, Protection.THRESHOLD)
NOISY = Plan(Side.PRISON, Side.TELLER, None, Protection.NOISE, 50)
CHEAP = Plan(Side.PRISON, Side.TELLER, Pattern.REPRISALS, Protection.NOISE, 10)


def read(archive: bytes) -> tuple[list[list[str]], dict[str, Any]]:
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        assert {"manifest.json", "table.csv"} <= set(packed.namelist())
        rows = list(csv.reader(io.StringIO(packed.read("table.csv").decode(), newline="")))
        return rows, json.loads(packed.read("manifest.json"))


def state(instance: Instance, release_id: UUID) -> tuple[ReleaseState, str]:
    with instance.database.session(write=False) as session:
        row = session.get_one(Release, release_id)
        return row.state, row.reason


def spent(instance: Instance) -> Fraction:
    with instance.database.session(write=False) as session:
        return balance(session).spent


def test_a_table_with_hidden_counts_goes_its_way(instance: Instance) -> None:
    accounts(instance, 60)
    release_id = a_release(instance, plan=HIDDEN)
    (header, *lines), told = read(fetched(instance, release_id))
    assert header == ["region", "teller", "families"]
    counts = {(row, column): count for row, column, count in lines}
    assert counts["all", "all"] == "60"
    assert all(count in {"hidden", "0"} or int(count) >= 10 for count in counts.values())
    assert told["pattern"] is None
    assert spent(instance) == 0


def test_a_noisy_table_is_paid_for_when_it_is_approved(instance: Instance) -> None:
    accounts(instance, 40)
    release_id = a_request(instance, plan=NOISY)
    look_at_table(instance, release_id)
    assert spent(instance) == 0
    approve(instance, release_id)
    (_, *lines), told = read(fetched(instance, release_id))
    assert spent(instance) == Fraction(1, 2)
    cells = {(row, column): int(count) for row, column, count in lines}
    assert cells["all", "all"] == sum(n for place, n in cells.items() if "all" not in place)
    assert told["protection"]["epsilon_hundredths"] == 50


def test_a_look_at_a_noisy_table_draws_no_noise(sqlite_instance: Instance) -> None:
    """Else whoever looks often enough takes the middle and has the truth."""
    accounts(sqlite_instance, 40)
    release_id = a_request(sqlite_instance, plan=NOISY)
    for _ in range(3):
        seen = look_at_table(sqlite_instance, release_id)
        assert (seen.archive, seen.families, seen.hidden) == (b"", 0, 0)


def test_exact_counts_never_leave_beside_noisy_ones(sqlite_instance: Instance) -> None:
    accounts(sqlite_instance, 60)
    waiting = a_request(sqlite_instance, plan=HIDDEN)
    look_at_table(sqlite_instance, waiting)
    a_release(sqlite_instance, plan=NOISY)
    with pytest.raises(InvalidError):
        a_request(sqlite_instance, plan=HIDDEN)
    approve(sqlite_instance, waiting)
    assert state(sqlite_instance, waiting)[0] is ReleaseState.FAILED
    a_release(sqlite_instance, plan=CHEAP)
    assert spent(sqlite_instance) == Fraction(60, 100)


def test_noise_never_leaves_beside_exact_counts(sqlite_instance: Instance) -> None:
    accounts(sqlite_instance, 60)
    a_release(sqlite_instance, plan=HIDDEN)
    with pytest.raises(InvalidError):
        a_request(sqlite_instance, plan=NOISY)


def test_what_the_budget_does_not_hold_fails_and_says_why(sqlite_instance: Instance) -> None:
    accounts(sqlite_instance, 12)
    last = a_request(sqlite_instance, plan=CHEAP)
    look_at_table(sqlite_instance, last)
    for _ in range(6):
        a_release(sqlite_instance, plan=NOISY)
    approve(sqlite_instance, last)
    found, reason = state(sqlite_instance, last)
    assert found is ReleaseState.FAILED
    assert "budget" in reason
    assert spent(sqlite_instance) == 3


def test_a_second_exact_table_waits_until_enough_have_come(sqlite_instance: Instance) -> None:
    accounts(sqlite_instance, 60)
    a_release(sqlite_instance, plan=HIDDEN)
    accounts(sqlite_instance, 3)
    again = a_request(sqlite_instance, plan=HIDDEN)
    assert look_at_table(sqlite_instance, again).trouble == TOO_CLOSE


def test_a_table_less_its_part_is_refused(sqlite_instance: Instance) -> None:
    """All families, and those who tell of a pattern: the difference would be those who do not."""
    accounts(sqlite_instance, 60)
    a_release(sqlite_instance, plan=HIDDEN)
    part = Plan(Side.REGION, Side.TELLER, Pattern.REPRISALS, Protection.THRESHOLD)
    assert look_at_table(sqlite_instance, a_request(sqlite_instance, plan=part)).trouble == TOO_CLOSE


def test_a_table_of_records_takes_no_heed_of_noise(sqlite_instance: Instance) -> None:
    """Beside noise nothing can be worked out, so nobody is held back for it."""
    accounts(sqlite_instance, 60)
    a_release(sqlite_instance, plan=NOISY)
    accounts(sqlite_instance, 2)
    seen = look(sqlite_instance, a_request(sqlite_instance, relation=ColumnRole.QUASI))
    assert (seen.trouble, seen.withheld) == ("", 0)


def test_only_those_are_counted_who_may_be_counted_in_tables(sqlite_instance: Instance) -> None:
    """Tables are asked about by themselves: a yes to research is none, a no to it does not matter."""
    accounts(sqlite_instance, 30, research="no")
    accounts(sqlite_instance, 5, statistics="no")
    accounts(sqlite_instance, 4, statistics="ask")
    seen = look_at_table(sqlite_instance, a_request(sqlite_instance, plan=NOISY))
    assert seen.accounts == 30
    release_id = a_release(sqlite_instance, plan=HIDDEN)
    assert read(fetched(sqlite_instance, release_id))[0][-1] == ["all", "all", "30"]


def test_too_few_families_are_no_table(sqlite_instance: Instance) -> None:
    accounts(sqlite_instance, 9)
    assert look_at_table(sqlite_instance, a_request(sqlite_instance, plan=HIDDEN)).trouble == TOO_FEW


def test_of_approvals_at_once_each_is_paid_for_or_comes_too_late(instance: Instance) -> None:
    accounts(instance, 12)
    waiting = [a_request(instance, plan=NOISY) for _ in range(4)]
    for one in waiting:
        look_at_table(instance, one)
    got = all_at_once(lambda number: approve(instance, waiting[number], revision=2), count=4)
    made = [one for one in got if not isinstance(one, StaleError)]
    with instance.database.session(write=False) as session:
        paid = session.scalars(select(BudgetCharge.release_id)).all()
        done = session.scalars(select(Release.id).where(Release.state == ReleaseState.APPROVED)).all()
    assert sorted(paid) == sorted(done)
    assert len(done) == len(made) >= 1
