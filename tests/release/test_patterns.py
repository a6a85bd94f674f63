"""The patterns as leads see them: exact, and only of what they could open themselves."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from builders import NOON, Instance
from coded import a_link, a_sheet, accounts, an_account, prison_ids

from portal.casework.coding import Pattern, Said
from portal.errors import KeylessError, RefusedError
from portal.intake.models import Submission
from portal.intake.numbers import ALL, Numbers
from portal.permissions import Group
from portal.registry.judgement_models import Judgement, Sameness
from portal.registry.models import Record
from portal.release import patterns
from portal.release.plans import Side
from portal.staff.actor import Actor

TOLD = {**dict.fromkeys(Pattern, Said.NOT_SAID), Pattern.COMMISSION: Said.YES}


def seen(
    instance: Instance,
    by: str = "maple",
    side: Side = Side.PRISON,
    change: Callable[[Actor], Actor] | None = None,
) -> Numbers:
    with instance.database.session(write=True) as session:
        actor = instance.actor(by, session)
        return patterns.seen(session, by=change(actor) if change else actor, side=side)


def told(instance: Instance, place: str, month: str = "1367-05", **answers: Any) -> UUID:
    with instance.database.session(write=True) as session:
        prisons = prison_ids(session)
        sheet = a_sheet(0, {**prisons, "evin": prisons[place]}, month=month, patterns=TOLD)
        return an_account(instance, session, sheet, **answers).submission_id


def test_counts_are_exact_and_by_prison_and_month(sqlite_instance: Instance) -> None:
    for _ in range(3):
        told(sqlite_instance, "evin")
    told(sqlite_instance, "gohardasht", "1366")
    found = seen(sqlite_instance)
    assert found.at("commission") == 4
    assert found.at("commission", "Evin Prison" if "Evin Prison" in found.places else "Evin", "1367-05") == 3
    assert found.at("commission", ALL, "1366") == 1
    assert found.at("reprisals") == 0
    assert found.within == {}
    region = seen(sqlite_instance, side=Side.REGION)
    assert region.at("commission", "north region") == 4


def test_only_whose_sources_allow_counting_are_counted(sqlite_instance: Instance) -> None:
    told(sqlite_instance, "evin", research="no")
    told(sqlite_instance, "evin", statistics="no")
    told(sqlite_instance, "evin", statistics="ask")
    told(sqlite_instance, "evin", read="no")
    assert seen(sqlite_instance).at("commission") == 1


def test_a_family_counts_once(sqlite_instance: Instance) -> None:
    person = uuid4()
    with sqlite_instance.database.session(write=True) as session:
        prisons = prison_ids(session)
        for month in ("1367-05", "1367-06", "1366"):
            made = an_account(sqlite_instance, session, a_sheet(0, prisons, month=month, patterns=TOLD))
            a_link(session, made, person)
    found = seen(sqlite_instance)
    assert found.at("commission") == 1
    assert found == seen(sqlite_instance)  # looking twice shows the same


def test_prisons_that_were_joined_are_one(sqlite_instance: Instance) -> None:
    told(sqlite_instance, "evin")
    told(sqlite_instance, "gohardasht")
    with sqlite_instance.database.session(write=True) as session:
        ids = prison_ids(session)
        session.add(
            Judgement(
                kept_id=ids["evin"],
                other_id=ids["gohardasht"],
                sameness=Sameness.SAME,
                holds=True,
                kept_version=1,
                other_version=1,
                reason="one place",
                author_id=uuid4(),
                author="maple",
                day=NOON.date(),
            )
        )
    found = seen(sqlite_instance)
    [place] = [one for one in found.places if found.at("commission", one)]
    assert "Evin" in place
    assert found.at("commission", place) == 2


def test_what_somebody_cannot_open_is_in_no_figure(sqlite_instance: Instance) -> None:
    """Nor can it be told from a place or month that only it would bring into the table."""
    told(sqlite_instance, "evin")
    hidden = told(sqlite_instance, "vakilabad", "1360")
    alone = seen(sqlite_instance)
    assert alone.at("commission") == 2
    with sqlite_instance.database.session(write=True) as session:
        session.get_one(Submission, hidden).group = Group.LEGAL
    without = seen(sqlite_instance, change=lambda one: _without(one, Group.LEGAL))
    assert without.at("commission") == 1
    assert len(without.places) == len(alone.places) - 1
    assert without.at("commission", ALL, "1360") == 0


def _without(actor: Actor, group: Group) -> Actor:
    return replace(actor, seeds={one: seeds for one, seeds in actor.seeds.items() if one is not group})


@pytest.mark.parametrize("who", ["cedar", "rowan", "olive"])
def test_others_than_leads_see_no_figure(sqlite_instance: Instance, who: str) -> None:
    accounts(sqlite_instance, 2)
    with pytest.raises(RefusedError):
        seen(sqlite_instance, who)


def test_a_lead_without_the_key_of_the_sheets_sees_none(sqlite_instance: Instance) -> None:
    accounts(sqlite_instance, 2)
    with pytest.raises(KeylessError):
        seen(sqlite_instance, change=lambda one: _without(one, Group.RELEASE))


def test_a_restricted_prison_is_not_named(sqlite_instance: Instance) -> None:
    told(sqlite_instance, "vakilabad")
    with sqlite_instance.database.session(write=True) as session:
        session.get_one(Record, prison_ids(session)["vakilabad"]).restricted = True
    found = seen(sqlite_instance)
    assert found.places == ("unknown",)
    assert found.at("commission", "unknown") == 1
