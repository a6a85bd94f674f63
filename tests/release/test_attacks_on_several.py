"""Attacks with more than one account, release or table. Each succeeds where the defence is taken out."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import combinations
from uuid import UUID

import pytest
from builders import Instance
from coded import (
    a_link,
    a_release,
    a_request,
    a_sheet,
    accounts,
    an_account,
    approve,
    look,
    look_at_table,
    prison_ids,
)

from portal.casework.coding import Prison
from portal.errors import StaleError
from portal.release import deciding, preparing, preparing_tables
from portal.release.anonymise import Row, anonymise
from portal.release.budget import balance
from portal.release.columns import Choice
from portal.release.handing import as_seen
from portal.release.hierarchies import MISSING, TOP, Hierarchy, month
from portal.release.models import Release, ReleaseState
from portal.release.plans import Plan, Protection, Side
from portal.release.policy import Column, ColumnRole, Policy
from portal.release.preparing import TOO_CLOSE
from portal.vault.wrap import key_id

QUASI = ColumnRole.QUASI
HIDDEN = Plan(Side.REGION, Side.TELLER, None, Protection.THRESHOLD)
NOISY = Plan(Side.PRISON, Side.TELLER, None, Protection.NOISE, 50)
TURNED = Plan(Side.TELLER, Side.PRISON, None, Protection.NOISE, 50)


# Households


def test_who_knows_two_accounts_of_a_household_cannot_find_the_two_together(
    families: Callable[..., list[Row]], testimony_policy: Callable[..., Policy]
) -> None:
    """A release with a column of families would let them: few families gave just these two accounts."""
    rows, policy = families(300), testimony_policy()
    outcome = anonymise(rows, policy)
    places = [outcome.columns.index(name) for name in policy.quasi]
    shown = [
        (tuple(row[place] for place in places), rows[source].unit)
        for row, source in zip(outcome.rows, outcome.sources, strict=True)
    ]
    members: dict[str | None, list[tuple[str, ...]]] = {}
    for labels, family in shown:
        members.setdefault(family, []).append(labels)
    pairs = Counter(pair for some in members.values() for pair in combinations(sorted(some), 2))
    assert min(pairs.values()) == 1  # with a column of families, some pair of labels is one household
    sizes = Counter(labels for labels, _family in shown)
    assert min(sizes[one] * sizes[other] for one, other in pairs) >= policy.k**2
    assert {"unit", "family"}.isdisjoint(outcome.columns)


# Small places, two calendars, what is not known


def test_a_province_of_one_prison_needs_as_many_families_as_any() -> None:
    paths = {"lonely": ("lonely", "its province", "south", TOP), "near": ("near", "other", "south", TOP)}
    tree = Hierarchy("prison", 1, {**paths, MISSING: (MISSING, MISSING, MISSING, TOP)})
    policy = Policy("1", {"prison": Column(QUASI, tree)}, k=5)
    rows = [Row({"prison": "lonely"})] * 4 + [Row({"prison": "near"})] * 40 + [Row({"prison": None})] * 4
    shown = Counter(row[0] for row in anonymise(rows, policy).rows)
    assert {"lonely", "its province"}.isdisjoint(shown)
    assert shown[MISSING] == 0  # four who do not know are four, whatever they do not know
    assert min(shown.values()) >= 5


def test_a_month_is_said_in_one_calendar_alone() -> None:
    """Mordad 1367 is 23 July to 22 August 1988: who has both months of an event has half of either."""
    labels = {label for path in month().paths.values() for label in path}
    assert not any(label[:2] in {"19", "20"} or "July" in label for label in labels)
    assert Choice({"month": QUASI}).released == ("month",)


# Records and tables of the same people


@pytest.mark.parametrize("guarded", [True, False])
def test_records_less_a_table_single_out_who_came_between(
    sqlite_instance: Instance, monkeypatch: pytest.MonkeyPatch, *, guarded: bool
) -> None:
    if not guarded:
        monkeypatch.setattr(preparing, "earlier_records", lambda *_given: [])
    accounts(sqlite_instance, 60)
    a_release(sqlite_instance, plan=HIDDEN)
    with sqlite_instance.database.session(write=True) as session:
        prisons = prison_ids(session)
        for _ in range(3):
            an_account(sqlite_instance, session, a_sheet(0, prisons))
    seen = look(sqlite_instance, a_request(sqlite_instance, relation=QUASI))
    assert (len(seen.members) == 63) == (not guarded)
    assert seen.withheld >= (3 if guarded else 0)


@pytest.mark.parametrize("guarded", [True, False])
def test_a_table_that_tells_of_the_same_again_costs_again(
    sqlite_instance: Instance, monkeypatch: pytest.MonkeyPatch, *, guarded: bool
) -> None:
    """Turned about it is the same question: the mean of many answers would be the truth."""
    if not guarded:
        monkeypatch.setattr(deciding, "charge", lambda *_given, **_named: None)
    accounts(sqlite_instance, 12)
    for plan in (NOISY, TURNED, NOISY):
        a_release(sqlite_instance, plan=plan)
    with sqlite_instance.database.session(write=False) as session:
        assert balance(session).tables == (3 if guarded else 0)


# Drawing one account of a family


def the_same_family(instance: Instance, many: int) -> None:
    """Families of two accounts, told at two prisons."""
    with instance.database.session(write=True) as session:
        prisons = prison_ids(session)
        for number in range(many):
            for code in ("evin", "adelabad"):
                told = a_sheet(number, prisons, prison=Prison(prisons[code], "x"))
                a_link(session, an_account(instance, session, told), UUID(int=number + 1))


@pytest.mark.parametrize("guarded", [True, False])
def test_the_same_account_of_a_family_counts_at_every_look(
    sqlite_instance: Instance, monkeypatch: pytest.MonkeyPatch, *, guarded: bool
) -> None:
    """Drawn anew, many looks would tell where a family's accounts are, and approving were a lottery."""
    if not guarded:
        drawn = iter(range(10_000))
        monkeypatch.setattr(
            preparing_tables, "drawn", lambda _seeds: lambda _one: bytes([next(drawn) * 37 % 251])
        )
    the_same_family(sqlite_instance, 24)
    release_id = a_request(sqlite_instance, plan=HIDDEN)
    first, again = (look_at_table(sqlite_instance, release_id).counted for _ in range(2))
    assert (first == again) == guarded
    assert sum(first.counts.values()) == 24


def test_who_was_counted_stays_counted_when_another_account_of_the_family_comes(
    sqlite_instance: Instance,
) -> None:
    the_same_family(sqlite_instance, 24)
    release_id = a_request(sqlite_instance, plan=HIDDEN)
    first = look_at_table(sqlite_instance, release_id).counted.members
    assert look_at_table(sqlite_instance, release_id).trouble == ""
    approve(sqlite_instance, release_id)
    with sqlite_instance.database.session(write=True) as session:
        prisons = prison_ids(session)
        for number in range(24):
            a_link(session, an_account(sqlite_instance, session, a_sheet(2, prisons)), UUID(int=number + 1))
    second = look_at_table(sqlite_instance, a_request(sqlite_instance, plan=HIDDEN))
    assert second.counted.members.keys() == first.keys()
    assert second.trouble in {"", TOO_CLOSE}  # a small count that stays hidden bars what comes after it


# Approvals of something else


@pytest.mark.parametrize("guarded", [True, False])
def test_an_approval_is_of_what_was_looked_at(
    sqlite_instance: Instance, monkeypatch: pytest.MonkeyPatch, *, guarded: bool
) -> None:
    """Somebody who writes to the database asks for smaller groups after the look, and leaves the revision."""
    if not guarded:
        monkeypatch.setattr(deciding, "_unchanged", lambda *_given: None)
    accounts(sqlite_instance, 60)
    release_id = a_request(sqlite_instance, k=11, relation=QUASI)
    look(sqlite_instance, release_id)
    with sqlite_instance.database.session(write=True) as session:
        seen = as_seen(session.get_one(Release, release_id))
        smaller = Choice({"relation": QUASI}, 5).to_json()
        session.connection().exec_driver_sql("UPDATE release SET policy = ?", (smaller,))
    with sqlite_instance.database.session(write=True) as session:
        asked = partial(
            deciding.approve,
            session,
            by=sqlite_instance.actor("maple", session),
            release_id=release_id,
            revision=2,
            compared=key_id(sqlite_instance.founders["rowan"].bundle.public_key),
            seen=seen,
            keys=sqlite_instance.keys,
            now=sqlite_instance.clock(),
        )
        if guarded:
            with pytest.raises(StaleError):
                asked()
        else:
            assert asked().state is ReleaseState.APPROVED
