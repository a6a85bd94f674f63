"""The queue, holding and moving: one holder at a time, nothing opened, few statements."""

from uuid import uuid4

import pytest
from builders import Instance
from cases import a_case, at_desk, at_once
from sqlalchemy import event

from portal.casework import service
from portal.casework.models import Claim
from portal.errors import KeylessError, NotFoundError, RefusedError, StaleError
from portal.intake import withdrawing
from portal.intake.models import Answer, Status, Submission
from portal.permissions import Group


def status_of(instance: Instance, case_id: object) -> Status:
    with instance.database.session(write=False) as session:
        return session.get_one(Submission, case_id).status


def test_fifty_who_claim_at_once_leave_one_holder(instance: Instance) -> None:
    case_id = a_case(instance, holder="")
    names = ("cedar", "birch", "maple", "willow")

    def claim(number: int) -> None:
        with at_desk(instance, names[number % 4]) as (session, by):
            service.claim(session, by=by, case_id=case_id, now=instance.clock())

    met = at_once(50, claim)
    with instance.database.session(write=False) as session:
        holder = session.get_one(Claim, case_id).name
    losers = [problem for number, problem in enumerate(met) if names[number % 4] != holder]
    assert all(isinstance(problem, StaleError) for problem in losers)
    assert all(problem is None for number, problem in enumerate(met) if names[number % 4] == holder)
    assert status_of(instance, case_id) is Status.IN_REVIEW


def test_a_lead_takes_over_and_a_reviewer_cannot(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance)
    with at_desk(sqlite_instance, "birch") as (session, by), pytest.raises(RefusedError):
        service.claim(session, by=by, case_id=case_id, now=sqlite_instance.clock(), take_over=True)
    with at_desk(sqlite_instance, "maple") as (session, by), pytest.raises(StaleError):
        service.claim(session, by=by, case_id=case_id, now=sqlite_instance.clock())
    with at_desk(sqlite_instance, "maple") as (session, by):
        service.claim(session, by=by, case_id=case_id, now=sqlite_instance.clock(), take_over=True)
    with at_desk(sqlite_instance) as (session, by), pytest.raises(RefusedError):
        service.release(session, by=by, case_id=case_id)


def test_what_is_handed_back_waits_for_anybody(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance)
    with at_desk(sqlite_instance) as (session, by):
        service.release(session, by=by, case_id=case_id)
    assert status_of(sqlite_instance, case_id) is Status.RECEIVED
    with at_desk(sqlite_instance, "birch") as (session, by):
        service.claim(session, by=by, case_id=case_id, now=sqlite_instance.clock())


@pytest.mark.parametrize("name", ["birch", "maple"])
def test_only_the_holder_moves_a_case(sqlite_instance: Instance, name: str) -> None:
    case_id = a_case(sqlite_instance)
    with at_desk(sqlite_instance, name) as (session, by), pytest.raises(RefusedError):
        service.move(session, by=by, case_id=case_id, to=Status.SET_ASIDE)


def test_what_was_set_aside_has_no_holder_and_can_be_taken_up(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance)
    with at_desk(sqlite_instance) as (session, by):
        service.move(session, by=by, case_id=case_id, to=Status.SET_ASIDE)
    with at_desk(sqlite_instance, "birch") as (session, by):
        service.claim(session, by=by, case_id=case_id, now=sqlite_instance.clock())
    assert status_of(sqlite_instance, case_id) is Status.IN_REVIEW


@pytest.mark.parametrize("to", [Status.COMPLETE, Status.SECOND_REVIEW, Status.WITHDRAWN, Status.RECEIVED])
def test_moves_that_need_more_than_a_word_are_not_made_by_name(sqlite_instance: Instance, to: Status) -> None:
    case_id = a_case(sqlite_instance)
    with at_desk(sqlite_instance) as (session, by), pytest.raises(StaleError):
        service.move(session, by=by, case_id=case_id, to=to)


@pytest.mark.parametrize("name", ["rowan", "olive"])
def test_who_holds_no_key_sees_no_queue(sqlite_instance: Instance, name: str) -> None:
    with at_desk(sqlite_instance, name) as (session, by), pytest.raises(RefusedError):
        service.queue(session, by=by)


def test_unknown_and_withdrawn_cases_are_the_same_to_everybody(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance)
    with sqlite_instance.database.session(write=True) as session:
        withdrawing.withdraw(session, submission_id=case_id, day=sqlite_instance.clock().date())
    for unknown in (case_id, uuid4()):
        with at_desk(sqlite_instance) as (session, by), pytest.raises(NotFoundError):
            service.claim(session, by=by, case_id=unknown, now=sqlite_instance.clock())
        with at_desk(sqlite_instance) as (session, by), pytest.raises(NotFoundError):
            service.move(session, by=by, case_id=unknown, to=Status.SET_ASIDE)
    with at_desk(sqlite_instance) as (session, by):
        assert service.queue(session, by=by).rows == []


def test_every_case_is_listed_once_in_the_order_they_came(sqlite_instance: Instance) -> None:
    cases = []
    for _ in range(7):
        cases.append(a_case(sqlite_instance, holder=""))
        sqlite_instance.clock.advance(days=1)
    with at_desk(sqlite_instance) as (session, by):
        listed, after = [], None
        while True:
            page = service.queue(session, by=by, after=after, limit=3)
            listed += [row.id for row in page.rows]
            after = page.after
            if after is None:
                break
    assert listed == cases


def test_the_queue_takes_six_statements_at_most_and_opens_nothing(sqlite_instance: Instance) -> None:
    first = a_case(sqlite_instance)
    sqlite_instance.clock.advance(days=1)
    for _ in range(5):
        a_case(sqlite_instance, holder="", consent={"read": "no"})
    seen: list[str] = []
    with at_desk(sqlite_instance, write=False) as (session, by):
        event.listen(
            sqlite_instance.database.main,
            "before_cursor_execute",
            lambda conn, cursor, statement, *rest: seen.append(statement),  # noqa: ARG005
        )
        page = service.queue(session, by=by, after=first, limit=3)
    assert len(seen) <= 6
    assert not any("sealed_field" in statement or "blob" in statement for statement in seen)
    assert {row.read for row in page.rows} == {Answer.NO}


def test_the_queue_leaves_out_what_is_complete_when_told_to(sqlite_instance: Instance) -> None:
    done, open_one = a_case(sqlite_instance), a_case(sqlite_instance)
    with at_desk(sqlite_instance) as (session, by):
        session.get_one(Submission, done).status = Status.COMPLETE
    with at_desk(sqlite_instance) as (session, by):
        assert [row.id for row in service.queue(session, by=by, finished=False).rows] == [open_one]
        asked = service.queue(session, by=by, finished=False, status=Status.COMPLETE)
        assert [row.id for row in asked.rows] == [done]
        assert {row.id for row in service.queue(session, by=by).rows} == {done, open_one}


def test_filters_show_only_what_they_say(sqlite_instance: Instance) -> None:
    mine, other = a_case(sqlite_instance), a_case(sqlite_instance, holder="birch")
    free = a_case(sqlite_instance, holder="")
    with at_desk(sqlite_instance) as (session, by):
        assert [row.id for row in service.queue(session, by=by, mine=True).rows] == [mine]
        assert [row.id for row in service.queue(session, by=by, status=Status.RECEIVED).rows] == [free]
        rows = service.queue(session, by=by, status=Status.IN_REVIEW).rows
        assert {row.id: (row.holder, row.mine) for row in rows} == {
            mine: ("cedar", True),
            other: ("birch", False),
        }


def test_figures_are_counts_and_nothing_else(sqlite_instance: Instance) -> None:
    a_case(sqlite_instance)
    a_case(sqlite_instance, holder="")
    with at_desk(sqlite_instance, "rowan") as (session, by):
        counts = service.figures(session, by=by)
    assert counts[Status.IN_REVIEW] == counts[Status.RECEIVED] == 1
    assert sum(counts.values()) == 2


def test_a_reviewer_whose_key_was_taken_reads_nothing(sqlite_instance: Instance) -> None:
    with at_desk(sqlite_instance) as (session, by):
        without = type(by)(by.id, by.name, by.role, by.seed, {Group.CONTACT: b""})
        with pytest.raises(KeylessError):
            service.queue(session, by=without)
