"""Legal holds: two leads decide, the source is told, a wish to withdraw waits and is carried out."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from builders import NOON, Instance, Sent, a_submission
from cases import a_sheet, acts_of, at_desk, at_once
from sqlalchemy import select

from portal import upkeep
from portal.casework import access, holds, removals, service
from portal.casework import sheets as casework_sheets
from portal.config import Face
from portal.errors import InvalidError, NotFoundError, PortalError, RefusedError, StaleError
from portal.intake import consent, opening, withdrawing
from portal.intake import holds as told
from portal.intake import service as intake
from portal.intake.models import (
    Answer,
    Authority,
    HoldState,
    LegalHold,
    Removal,
    Status,
    Submission,
    Tombstone,
    WithdrawalWish,
)
from portal.permissions import Group
from portal.release.gathering import standing
from portal.staff import service as staff
from portal.staff.models import Staff
from portal.store.wraps import Wrap

TODAY = NOON.date()
UNTIL = TODAY + timedelta(days=90)
REASON = "A court in the city has asked that nothing be erased."


def sent(instance: Instance) -> Sent:
    with instance.database.session(write=True) as session:
        return a_submission(instance, session, reread="yes")


def asked(instance: Instance, case_id: UUID, by: str = "maple", until: date = UNTIL) -> UUID:
    with at_desk(instance, by) as (session, actor):
        row = holds.ask(session, by=actor, case_id=case_id, reason=REASON, until=until, now=NOON)
        session.flush()
        return row.id


def approve(instance: Instance, hold_id: UUID, by: str = "willow") -> None:
    with at_desk(instance, by) as (session, actor):
        holds.approve(session, by=actor, hold_id=hold_id, now=NOON)


def held(instance: Instance, case_id: UUID, until: date = UNTIL) -> UUID:
    hold_id = asked(instance, case_id, until=until)
    approve(instance, hold_id)
    return hold_id


def end(instance: Instance, hold_id: UUID, by: str = "maple") -> list[str]:
    with at_desk(instance, by) as (session, actor):
        return holds.end(session, by=actor, hold_id=hold_id, now=NOON)


def take_back(instance: Instance, case_id: UUID, day: date = TODAY) -> list[str]:
    with instance.database.session(write=True) as session:
        return withdrawing.withdraw(session, submission_id=case_id, day=day)


def status_of(instance: Instance, case_id: UUID) -> Status:
    with instance.database.session(write=False) as session:
        return session.get_one(Submission, case_id).status


def state_of(instance: Instance, hold_id: UUID) -> HoldState:
    with instance.database.session(write=False) as session:
        return session.get_one(LegalHold, hold_id).state


# Two people


def test_one_lead_asks_and_another_approves(instance: Instance) -> None:
    one = sent(instance)
    hold_id = asked(instance, one.submission.id)
    assert take_back_is_open(instance, one.submission.id)
    approve(instance, hold_id)
    assert not take_back_is_open(instance, one.submission.id)
    assert [act for act in acts_of(instance) if act.startswith("hold.")] == ["hold.ask", "hold.approve"]


def take_back_is_open(instance: Instance, case_id: UUID) -> bool:
    with instance.database.session(write=False) as session:
        return withdrawing.held_until(session, case_id, today=TODAY) is None


def test_nobody_approves_what_they_asked_for(instance: Instance) -> None:
    hold_id = asked(instance, sent(instance).submission.id)
    with pytest.raises(RefusedError):
        approve(instance, hold_id, by="maple")
    assert state_of(instance, hold_id) is HoldState.ASKED


@pytest.mark.parametrize("name", ["cedar", "rowan", "olive"])
def test_only_leads_ask_approve_decline_end_and_see(sqlite_instance: Instance, name: str) -> None:
    case_id = sent(sqlite_instance).submission.id
    hold_id = asked(sqlite_instance, case_id)
    with at_desk(sqlite_instance, name) as (session, by):
        for act in (
            lambda: holds.ask(session, by=by, case_id=case_id, reason=REASON, until=UNTIL, now=NOON),
            lambda: holds.approve(session, by=by, hold_id=hold_id, now=NOON),
            lambda: holds.decline(session, by=by, hold_id=hold_id, now=NOON),
            lambda: holds.end(session, by=by, hold_id=hold_id, now=NOON),
            lambda: holds.show(session, by=by, hold_id=hold_id, today=TODAY),
            lambda: holds.listing(session, by=by, today=TODAY),
            lambda: removals.ask(
                session, by=by, case_id=case_id, authority=Authority.COURT, reason="order", now=NOON
            ),
            lambda: removals.listing(session, by=by),
        ):
            with pytest.raises(RefusedError):
                act()


def test_what_somebody_asked_for_whose_access_has_ended_is_not_approved(sqlite_instance: Instance) -> None:
    hold_id = asked(sqlite_instance, sent(sqlite_instance).submission.id)
    with at_desk(sqlite_instance, "rowan") as (session, by):
        maple = session.scalars(select(Staff).where(Staff.name == "maple")).one()
        staff.end(session, by=by, staff_id=maple.id)
    with pytest.raises(StaleError):
        approve(sqlite_instance, hold_id)


def test_a_lead_without_the_key_neither_asks_nor_approves(sqlite_instance: Instance) -> None:
    case_id = sent(sqlite_instance).submission.id
    hold_id = asked(sqlite_instance, case_id)
    with at_desk(sqlite_instance, "willow") as (session, by):
        blind = type(by)(by.id, by.name, by.role, by.seed, {Group.RELEASE: by.seeds[Group.RELEASE]})
        with pytest.raises(RefusedError):
            holds.approve(session, by=blind, hold_id=hold_id, now=NOON)
        with pytest.raises(RefusedError):
            holds.show(session, by=blind, hold_id=hold_id, today=TODAY)


@pytest.mark.parametrize("days", [-1, 0, 732])
def test_a_hold_is_for_a_time_to_come_of_two_years_at_most(sqlite_instance: Instance, days: int) -> None:
    case_id = sent(sqlite_instance).submission.id
    with pytest.raises(InvalidError):
        asked(sqlite_instance, case_id, until=TODAY + timedelta(days=days))


def test_a_hold_has_a_reason_and_only_one_waits(sqlite_instance: Instance) -> None:
    case_id = sent(sqlite_instance).submission.id
    for reason in (" ", "x" * 2_001):
        with at_desk(sqlite_instance, "maple") as (session, by), pytest.raises(InvalidError):
            holds.ask(session, by=by, case_id=case_id, reason=reason, until=UNTIL, now=NOON)
    hold_id = asked(sqlite_instance, case_id)
    with pytest.raises(StaleError):
        asked(sqlite_instance, case_id, by="willow")
    with at_desk(sqlite_instance, "maple") as (session, by):
        holds.decline(session, by=by, hold_id=hold_id, now=NOON)
    with pytest.raises(StaleError):
        approve(sqlite_instance, hold_id)
    asked(sqlite_instance, case_id, by="willow")


def test_a_request_that_was_left_until_its_day_had_passed_is_not_approved(sqlite_instance: Instance) -> None:
    hold_id = asked(sqlite_instance, sent(sqlite_instance).submission.id)
    with at_desk(sqlite_instance, "willow") as (session, by), pytest.raises(StaleError):
        holds.approve(session, by=by, hold_id=hold_id, now=NOON + timedelta(days=91))


# What the source is told


def test_the_source_reads_who_decided_why_and_until_when(instance: Instance) -> None:
    one = sent(instance)
    asked_only = asked(instance, one.submission.id)
    with instance.database.session(write=False) as session:
        assert told.told(session, submission_id=one.submission.id, seed=one.seed, today=TODAY) == ()
    approve(instance, asked_only)
    with instance.database.session(write=False) as session:
        (mine,) = told.told(session, submission_id=one.submission.id, seed=one.seed, today=TODAY)
        assert (mine.reason, mine.until, mine.decided) == (REASON, UNTIL, TODAY)
        later = UNTIL + timedelta(days=1)
        assert told.told(session, submission_id=one.submission.id, seed=one.seed, today=later) == ()


def test_the_reason_lies_sealed(sqlite_instance: Instance) -> None:
    hold_id = held(sqlite_instance, sent(sqlite_instance).submission.id)
    with sqlite_instance.database.session(write=False) as session:
        assert REASON.encode() not in session.get_one(LegalHold, hold_id).blob
    for path in sqlite_instance.settings.instance.rglob("*"):
        assert not path.is_file() or REASON.encode() not in path.read_bytes()


# Taking back under a hold


def test_a_wish_under_a_hold_is_kept_and_everything_is_closed_at_once(instance: Instance) -> None:
    one = sent(instance)
    case_id = one.submission.id
    held(instance, case_id)
    assert take_back(instance, case_id) == []
    assert take_back(instance, case_id) == []  # asked twice
    with instance.database.session(write=False) as session:
        submission = opening.load(session, case_id)
        assert submission.status is Status.LOCKED
        assert session.get_one(WithdrawalWish, case_id).authority is Authority.SOURCE
        assert session.keys.scalars(select(Wrap).where(Wrap.submission_id == case_id)).all()
        assert set(consent.current(submission.consents, on=session.today).values()) == {Answer.NO}
        assert not any(consent.permits(submission.consents, use, on=session.today) for use in consent.MATRIX)
        assert session.get(Tombstone, case_id) is None
    for name in ("cedar", "maple"):
        with at_desk(instance, name) as (session, by):
            with pytest.raises(NotFoundError):
                access.find(session, by=by, case_id=case_id)
            assert case_id not in {row.id for row in service.queue(session, by=by).rows}
    with instance.database.session(write=True) as session:
        for act in (
            lambda: intake.reply(session, submission_id=case_id, seed=one.seed, text="x", day=TODAY),
            lambda: intake.decide(
                session, submission_id=case_id, answers={"read": "yes"}, language="en", day=TODAY
            ),
        ):
            with pytest.raises(RefusedError):
                act()
    assert acts_of(instance).count("submission.lock") == 1


def test_what_waits_to_be_erased_is_in_no_release_and_no_figure(sqlite_instance: Instance) -> None:
    one = sent(sqlite_instance)
    case_id = one.submission.id
    with at_desk(sqlite_instance) as (session, by):
        service.claim(session, by=by, case_id=case_id, now=NOON)
    a_sheet(sqlite_instance, case_id)
    with at_desk(sqlite_instance, "willow") as (session, by):
        casework_sheets.approve(
            session, by=by, case_id=case_id, revision=1, keys=sqlite_instance.keys, now=NOON
        )
        session.flush()
        assert {one.submission_id for one in standing(session, by=by).accounts} == {case_id}
    held(sqlite_instance, case_id)
    take_back(sqlite_instance, case_id)
    with at_desk(sqlite_instance, "willow", write=False) as (session, by):
        assert standing(session, by=by).accounts == frozenset()
        assert sum(service.figures(session, by=by).values()) == 0


def test_ending_a_hold_carries_the_wish_out(instance: Instance) -> None:
    one = sent(instance)
    hold_id = held(instance, one.submission.id)
    take_back(instance, one.submission.id)
    end(instance, hold_id)
    erased(instance, one.submission.id)
    assert acts_of(instance)[-2:] == ["hold.end", "submission.withdraw"]


def erased(instance: Instance, case_id: UUID) -> None:
    """Nothing opens it any more, and only the tombstone speaks of it."""
    with instance.database.session(write=False) as session:
        assert session.get_one(Submission, case_id).status is Status.WITHDRAWN
        assert session.keys.scalars(select(Wrap).where(Wrap.submission_id == case_id)).all() == []
        assert session.scalars(select(LegalHold).where(LegalHold.submission_id == case_id)).all() == []
        assert session.get(WithdrawalWish, case_id) is None
        assert session.get_one(Tombstone, case_id)


def test_a_hold_without_a_wish_ends_and_nothing_is_erased(instance: Instance) -> None:
    one = sent(instance)
    hold_id = held(instance, one.submission.id)
    assert end(instance, hold_id, by="willow") == []
    assert status_of(instance, one.submission.id) is Status.RECEIVED
    with pytest.raises(StaleError):
        end(instance, hold_id)
    take_back(instance, one.submission.id)
    erased(instance, one.submission.id)


def test_a_hold_runs_out_by_itself_and_the_sweep_carries_the_wish_out(instance: Instance) -> None:
    one, other = sent(instance), sent(instance)
    hold_id = held(instance, one.submission.id)
    other_hold = held(instance, other.submission.id)
    take_back(instance, one.submission.id)
    last = NOON + timedelta(days=90)
    swept = upkeep.sweep(instance.database, instance.settings, older_than=0, now=last)
    assert (swept.withdrawn, status_of(instance, one.submission.id)) == (0, Status.LOCKED)
    assert state_of(instance, hold_id) is HoldState.APPROVED
    after = last + timedelta(days=1)
    assert (
        upkeep.sweep(instance.database, instance.settings, older_than=0, now=after).withdrawn,
        upkeep.sweep(instance.database, instance.settings, older_than=0, now=after).withdrawn,
    ) == (1, 0)
    erased(instance, one.submission.id)
    assert (state_of(instance, other_hold), status_of(instance, other.submission.id)) == (
        HoldState.ENDED,
        Status.RECEIVED,
    )
    assert acts_of(instance).count("hold.expire") == 2


def test_the_source_who_comes_back_after_the_hold_sees_it_carried_out(instance: Instance) -> None:
    one = sent(instance)
    held(instance, one.submission.id)
    take_back(instance, one.submission.id)
    for day in (TODAY, UNTIL):
        with instance.database.session(write=True) as session:
            withdrawing.carry_out(session, submission_id=one.submission.id, today=day)
        assert status_of(instance, one.submission.id) is Status.LOCKED
    with instance.database.session(write=True) as session:
        withdrawing.carry_out(session, submission_id=one.submission.id, today=UNTIL + timedelta(days=1))
    erased(instance, one.submission.id)


def test_the_longest_of_two_holds_keeps_it(sqlite_instance: Instance) -> None:
    one = sent(sqlite_instance)
    first = held(sqlite_instance, one.submission.id)
    second = held(sqlite_instance, one.submission.id, until=UNTIL + timedelta(days=30))
    take_back(sqlite_instance, one.submission.id)
    end(sqlite_instance, second)
    assert status_of(sqlite_instance, one.submission.id) is Status.LOCKED
    end(sqlite_instance, first)
    erased(sqlite_instance, one.submission.id)


# On a written request


def removal(instance: Instance, case_id: UUID, authority: Authority = Authority.LETTER) -> UUID:
    with at_desk(instance, "maple") as (session, by):
        row = removals.ask(
            session, by=by, case_id=case_id, authority=authority, reason="letter of 3 May", now=NOON
        )
        session.flush()
        return row.id


def carry_out(instance: Instance, removal_id: UUID, by: str = "willow") -> list[str]:
    with at_desk(instance, by) as (session, actor):
        return removals.approve(session, by=actor, removal_id=removal_id, now=NOON)


@pytest.mark.parametrize("authority", [Authority.LETTER, Authority.COURT])
def test_two_leads_erase_on_a_written_request(instance: Instance, authority: Authority) -> None:
    one = sent(instance)
    removal_id = removal(instance, one.submission.id, authority)
    with pytest.raises(RefusedError):
        carry_out(instance, removal_id, by="maple")
    with at_desk(instance, "willow") as (session, by):
        assert removals.show(session, by=by, removal_id=removal_id).reason == "letter of 3 May"
    carry_out(instance, removal_id)
    erased(instance, one.submission.id)
    with instance.database.session(write=False) as session:
        assert session.get_one(Tombstone, one.submission.id).authority == authority.value
        assert session.get(Removal, removal_id) is None
    with pytest.raises(NotFoundError):
        carry_out(instance, removal_id)
    assert acts_of(instance)[-3:] == ["removal.ask", "removal.approve", "submission.withdraw"]


def test_a_written_request_can_be_declined_and_is_asked_for_once(sqlite_instance: Instance) -> None:
    one = sent(sqlite_instance)
    removal_id = removal(sqlite_instance, one.submission.id)
    with pytest.raises(StaleError):
        removal(sqlite_instance, one.submission.id)
    with at_desk(sqlite_instance, "willow") as (session, by):
        removals.decline(session, by=by, removal_id=removal_id)
    assert status_of(sqlite_instance, one.submission.id) is Status.RECEIVED
    for authority, reason in ((Authority.SOURCE, "word"), (Authority.COURT, " ")):
        with at_desk(sqlite_instance, "maple") as (session, by), pytest.raises(InvalidError):
            removals.ask(
                session, by=by, case_id=one.submission.id, authority=authority, reason=reason, now=NOON
            )


def test_a_written_request_under_a_hold_waits_and_keeps_its_authority(sqlite_instance: Instance) -> None:
    one = sent(sqlite_instance)
    hold_id = held(sqlite_instance, one.submission.id)
    assert carry_out(sqlite_instance, removal(sqlite_instance, one.submission.id, Authority.COURT)) == []
    assert status_of(sqlite_instance, one.submission.id) is Status.LOCKED
    with pytest.raises(StaleError):
        removal(sqlite_instance, one.submission.id)
    end(sqlite_instance, hold_id)
    with sqlite_instance.database.session(write=False) as session:
        assert session.get_one(Tombstone, one.submission.id).authority == "court"


# At once


def test_taking_back_and_approving_a_hold_at_once_end_in_one_of_two_ways(instance: Instance) -> None:
    """Either it was erased and no hold stands, or the hold stood first and the wish is kept."""
    seen = set()
    for _round in range(6):
        one = sent(instance)
        hold_id = asked(instance, one.submission.id)

        def act(number: int, case_id: UUID = one.submission.id, hold_id: UUID = hold_id) -> None:
            if number % 2:
                approve(instance, hold_id)
            else:
                take_back(instance, case_id)

        problems = at_once(8, act)
        assert all(one is None or isinstance(one, PortalError) for one in problems), problems
        status = status_of(instance, one.submission.id)
        seen.add(status)
        if status is Status.WITHDRAWN:
            erased(instance, one.submission.id)
        else:
            assert status is Status.LOCKED
            assert state_of(instance, hold_id) is HoldState.APPROVED
    assert seen <= {Status.WITHDRAWN, Status.LOCKED}


def test_ending_a_hold_and_taking_back_at_once_always_erases(instance: Instance) -> None:
    for _round in range(4):
        one = sent(instance)
        hold_id = held(instance, one.submission.id)

        def act(number: int, case_id: UUID = one.submission.id, hold_id: UUID = hold_id) -> None:
            if number % 2:
                end(instance, hold_id, by=("maple", "willow")[number // 2 % 2])
            else:
                take_back(instance, case_id)

        problems = at_once(8, act)
        assert all(one is None or isinstance(one, PortalError) for one in problems), problems
        erased(instance, one.submission.id)


def test_the_list_says_what_waits_for_the_second_lead_and_not_for_the_first(
    sqlite_instance: Instance,
) -> None:
    case_id = sent(sqlite_instance).submission.id
    asked(sqlite_instance, case_id)
    removal(sqlite_instance, case_id, Authority.LETTER)
    said = {}
    for name in ("maple", "willow"):
        desk = sqlite_instance.app(Face.DESK).test_client()
        sqlite_instance.sign_in(desk, name)
        said[name] = desk.get("/en/cases/holds").get_data(as_text=True).count("waits for you")
    assert said == {"maple": 0, "willow": 2}
