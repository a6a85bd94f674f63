"""The coding sheet: two people, one decision, and a copy that only the release group and recovery open."""

from uuid import UUID

import pytest
from builders import Instance
from cases import a_case, a_sheet, at_desk, at_once
from sqlalchemy import select

from portal.casework import reading, service, sheets
from portal.casework.coding import Sheet
from portal.casework.models import Claim, CodingSheet, SheetState
from portal.casework.sealing import open_for_release, release_wrap_place
from portal.errors import InvalidError, NotFoundError, RefusedError, StaleError
from portal.intake import opening, withdrawing
from portal.intake.models import Status, Submission
from portal.permissions import Group
from portal.store import wraps
from portal.vault.seal import UnsealError


def row_of(instance: Instance, case_id: UUID) -> CodingSheet:
    with instance.database.session(write=False) as session:
        return session.scalars(select(CodingSheet).where(CodingSheet.submission_id == case_id)).one()


def approve(instance: Instance, case_id: UUID, name: str = "maple", revision: int = 1) -> None:
    with at_desk(instance, name) as (session, by):
        sheets.approve(
            session, by=by, case_id=case_id, revision=revision, keys=instance.keys, now=instance.clock()
        )


def released(instance: Instance, case_id: UUID) -> Sheet | None:
    with at_desk(instance, "willow", write=False) as (session, by):
        row = session.scalars(select(CodingSheet).where(CodingSheet.submission_id == case_id)).one()
        return sheets.open_released(session, row, seed=by.seed_of(Group.RELEASE))


def status_of(instance: Instance, case_id: UUID) -> Status:
    with instance.database.session(write=False) as session:
        return session.get_one(Submission, case_id).status


def test_an_approved_sheet_opens_for_releases_and_the_case_is_complete(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance)
    a_sheet(sqlite_instance, case_id, Sheet(month="1367-05"))
    assert released(sqlite_instance, case_id) is None
    approve(sqlite_instance, case_id)
    assert released(sqlite_instance, case_id) == Sheet(month="1367-05")
    row = row_of(sqlite_instance, case_id)
    assert (row.state, row.written_by, row.approved_by) == (SheetState.APPROVED, "cedar", "maple")
    assert status_of(sqlite_instance, case_id) is Status.COMPLETE
    with sqlite_instance.database.session(write=False) as session:
        assert session.get(Claim, case_id) is None


def test_the_release_copy_tells_nothing_about_the_rest_of_the_case(sqlite_instance: Instance) -> None:
    """The release group holds a key of its own; it is not the case's."""
    case_id = a_case(sqlite_instance)
    a_sheet(sqlite_instance, case_id)
    approve(sqlite_instance, case_id)
    row = row_of(sqlite_instance, case_id)
    with at_desk(sqlite_instance, "maple", write=False) as (session, by):
        place = release_wrap_place(case_id, row.id)
        key = wraps.open_key(session, part_id=row.id, seed=by.seed_of(Group.RELEASE), place=place)
        assert wraps.open_key(session, part_id=row.id, seed=by.seed_of(Group.INTAKE), place=place) is None
        submission = session.get_one(Submission, case_id)
        assert opening.part_keys(session, submission, by.seed_of(Group.RELEASE)) == {}
    assert key is not None
    assert row.release_blob is not None
    with pytest.raises(UnsealError):
        open_for_release(key, case_id, row.id, row.blob)


def test_a_release_copy_moved_to_another_case_does_not_open(sqlite_instance: Instance) -> None:
    one, other = a_case(sqlite_instance), a_case(sqlite_instance)
    for case_id in (one, other):
        a_sheet(sqlite_instance, case_id)
        approve(sqlite_instance, case_id)
    with sqlite_instance.database.session(write=True) as session:
        first, second = session.scalars(select(CodingSheet)).all()
        first.release_blob, second.release_blob = second.release_blob, first.release_blob
    for case_id in (one, other):
        with pytest.raises(UnsealError):
            released(sqlite_instance, case_id)


def test_withdrawing_erases_the_release_copys_key_as_well(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance)
    a_sheet(sqlite_instance, case_id)
    approve(sqlite_instance, case_id)
    with sqlite_instance.database.session(write=True) as session:
        withdrawing.withdraw(session, submission_id=case_id, day=sqlite_instance.clock().date())
    with sqlite_instance.database.session(write=False) as session:
        assert session.scalars(select(CodingSheet)).all() == []
        assert session.keys.scalars(select(wraps.Wrap).where(wraps.Wrap.submission_id == case_id)).all() == []


@pytest.mark.parametrize("name", ["cedar", "birch", "rowan", "olive"])
def test_only_leads_decide(sqlite_instance: Instance, name: str) -> None:
    case_id = a_case(sqlite_instance)
    a_sheet(sqlite_instance, case_id)
    with pytest.raises(RefusedError):
        approve(sqlite_instance, case_id, name)


def test_a_lead_who_wrote_on_a_sheet_never_approves_it(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance, holder="maple")
    with at_desk(sqlite_instance, "maple") as (session, by):
        sheets.save(session, by=by, case_id=case_id, sheet=Sheet(), revision=0, now=sqlite_instance.clock())
    with at_desk(sqlite_instance, "willow") as (session, by):
        service.claim(session, by=by, case_id=case_id, now=sqlite_instance.clock(), take_over=True)
        sheets.save(
            session,
            by=by,
            case_id=case_id,
            sheet=Sheet(),
            revision=1,
            submit=True,
            now=sqlite_instance.clock(),
        )
    for name in ("maple", "willow"):
        with pytest.raises(RefusedError):
            approve(sqlite_instance, case_id, name, revision=2)


def test_fifty_who_approve_at_once_approve_once(instance: Instance) -> None:
    case_id = a_case(instance)
    a_sheet(instance, case_id)
    met = at_once(50, lambda number: approve(instance, case_id, ("maple", "willow")[number % 2]))
    assert sum(problem is None for problem in met) == 1
    assert all(problem is None or isinstance(problem, StaleError) for problem in met)
    assert released(instance, case_id) is not None


def test_a_decision_on_a_sheet_that_was_changed_since_is_refused(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance)
    a_sheet(sqlite_instance, case_id, submit=False)
    with pytest.raises(StaleError):
        a_sheet(sqlite_instance, case_id)
    with pytest.raises(StaleError):
        approve(sqlite_instance, case_id)


def test_a_returned_sheet_carries_the_reason_and_can_be_sent_again(sqlite_instance: Instance) -> None:
    case_id, when = a_case(sqlite_instance), sqlite_instance.clock()
    a_sheet(sqlite_instance, case_id)
    with at_desk(sqlite_instance, "maple") as (session, by), pytest.raises(InvalidError):
        sheets.send_back(session, by=by, case_id=case_id, revision=1, reason=" ", now=when)
    with at_desk(sqlite_instance, "maple") as (session, by):
        sheets.send_back(session, by=by, case_id=case_id, revision=1, reason="Which month?", now=when)
    with at_desk(sqlite_instance) as (session, by):
        case = reading.read(session, by=by, case_id=case_id)
        assert case.content is not None
        assert case.content.notes[-1].text == "Which month?"
        assert case.held
        sheets.save(
            session, by=by, case_id=case_id, sheet=Sheet(month="1367"), revision=2, submit=True, now=when
        )
    approve(sqlite_instance, case_id, revision=3)
    assert released(sqlite_instance, case_id) == Sheet(month="1367")


def test_opening_a_finished_case_again_takes_its_sheet_out_of_releases(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance)
    a_sheet(sqlite_instance, case_id)
    approve(sqlite_instance, case_id)
    with at_desk(sqlite_instance) as (session, by), pytest.raises(RefusedError):
        service.move(session, by=by, case_id=case_id, to=Status.IN_REVIEW)
    with at_desk(sqlite_instance, "maple") as (session, by):
        service.move(session, by=by, case_id=case_id, to=Status.IN_REVIEW)
    assert released(sqlite_instance, case_id) is None
    assert row_of(sqlite_instance, case_id).release_blob is None
    with at_desk(sqlite_instance) as (session, by):
        service.claim(session, by=by, case_id=case_id, now=sqlite_instance.clock())
        sheets.save(
            session,
            by=by,
            case_id=case_id,
            sheet=Sheet(),
            revision=3,
            submit=True,
            now=sqlite_instance.clock(),
        )
    approve(sqlite_instance, case_id, revision=4)
    assert released(sqlite_instance, case_id) == Sheet()


@pytest.mark.parametrize("name", ["birch", "maple"])
def test_only_the_holder_writes_the_sheet(sqlite_instance: Instance, name: str) -> None:
    case_id = a_case(sqlite_instance)
    with at_desk(sqlite_instance, name) as (session, by), pytest.raises(RefusedError):
        sheets.save(session, by=by, case_id=case_id, sheet=Sheet(), revision=0, now=sqlite_instance.clock())


def test_there_is_nothing_to_approve_before_a_sheet_was_written(sqlite_instance: Instance) -> None:
    with pytest.raises(NotFoundError):
        approve(sqlite_instance, a_case(sqlite_instance))
