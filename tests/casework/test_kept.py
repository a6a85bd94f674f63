"""What a legal hold alone keeps: the legal circle reads it, says so each time, and nobody else does."""

from datetime import timedelta
from uuid import UUID

import pytest
from builders import NOON, Instance
from cases import acts_of, at_desk, send_with_file
from indexed import read_in
from sqlalchemy import select

import portal.linking.speaking  # noqa: F401 - the index asks it
from portal.casework import access, holds, kept, moving, reading, search, service, writing
from portal.config import Face
from portal.errors import NotFoundError, PortalError, RefusedError
from portal.intake import opening, withdrawing
from portal.intake.models import Status, Submission
from portal.ledger import service as ledger
from portal.ledger.models import LedgerEntry
from portal.permissions import Group
from portal.release import figures, gathering
from portal.staff.models import Membership, Staff
from portal.store.wraps import Wrap
from portal.upkeep import verify_folder
from portal.vault.wrap import key_id

TODAY = NOON.date()
UNTIL = TODAY + timedelta(days=90)


def taken_back(instance: Instance) -> tuple[UUID, UUID, UUID]:
    """A case that its source took back under a hold: (case, document, hold)."""
    case_id, document_id = send_with_file(instance)
    with at_desk(instance, "maple") as (session, by):
        row = holds.ask(session, by=by, case_id=case_id, reason="A court asks.", until=UNTIL, now=NOON)
        session.flush()
        hold_id = row.id
    with at_desk(instance, "willow") as (session, by):
        holds.approve(session, by=by, hold_id=hold_id, now=NOON)
    with instance.database.session(write=True) as session:
        withdrawing.withdraw(session, submission_id=case_id, day=TODAY)
    return case_id, document_id, hold_id


def hand_over(instance: Instance, by: str = "maple") -> int:
    with at_desk(instance, by) as (session, actor):
        return kept.hand_over(session, by=actor, keys=instance.keys, today=TODAY)


def lose(instance: Instance, name: str, group: Group) -> None:
    with instance.database.session(write=True) as session:
        query = select(Membership).join(Staff).where(Staff.name == name, Membership.group == group)
        for one in session.scalars(query).all():
            session.delete(one)


def opens(instance: Instance, case_id: UUID, name: str, group: Group) -> int:
    """How many parts of a case somebody opens with a key, whatever the tables say."""
    with at_desk(instance, name, write=False) as (session, by):
        return len(opening.part_keys(session, opening.load(session, case_id), by.seeds_of(group)))


def test_what_was_taken_back_opens_for_nobody_before_it_is_handed_over(instance: Instance) -> None:
    case_id, document_id, _hold = taken_back(instance)
    for name in ("cedar", "maple", "willow"):
        with at_desk(instance, name) as (session, by):
            for act in (
                lambda: reading.read(session, by=by, case_id=case_id, today=TODAY),
                lambda: reading.document(
                    session,
                    by=by,
                    case_id=case_id,
                    document_id=document_id,
                    files=instance.files,
                    today=TODAY,
                ),
            ):
                with pytest.raises(NotFoundError):
                    act()


def test_the_legal_circle_reads_it_and_the_ledger_says_for_which_hold(instance: Instance) -> None:
    case_id, document_id, hold_id = taken_back(instance)
    assert hand_over(instance) == 1
    assert hand_over(instance) == 0
    assert opens(instance, case_id, "cedar", Group.INTAKE) == 0
    assert opens(instance, case_id, "willow", Group.LEGAL) == 2
    with at_desk(instance, "willow") as (session, by):
        case = reading.read(session, by=by, case_id=case_id, today=TODAY)
        assert case.content is not None
        assert case.content.texts
        assert (case.kept_until, case.may_write, case.moves) == (UNTIL, False, [])
        opened = reading.document(
            session, by=by, case_id=case_id, document_id=document_id, files=instance.files, today=TODAY
        )
        assert b"".join(opened.reader.read(0, 4))
        opened.source.close()
    with at_desk(instance, "olive", write=False) as (session, by):
        seed = by.seed_of(Group.AUDITORS)
        entries = session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq)).all()
        said = [act for entry in entries for act in ledger.read_acts(entry, seed)]
    reasons = [(one.act, one.detail["hold"]) for one in said if "hold" in one.detail]
    assert reasons == [
        ("hold.hand-over", hold_id.hex),
        ("hold.read", hold_id.hex),
        ("hold.read", hold_id.hex),
    ]
    assert "case.read" not in {one.act for one in said}
    with at_desk(instance, "willow", write=False) as (session, by):
        assert holds.show(session, by=by, hold_id=hold_id, today=TODAY).reason == "A court asks."


def test_who_does_not_hold_the_legal_key_reads_and_hands_over_nothing(sqlite_instance: Instance) -> None:
    case_id, _document, hold_id = taken_back(sqlite_instance)
    lose(sqlite_instance, "maple", Group.LEGAL)
    assert hand_over(sqlite_instance) == 0
    for name in ("cedar", "rowan", "olive"):
        with pytest.raises(RefusedError):
            hand_over(sqlite_instance, name)
    assert hand_over(sqlite_instance, "willow") == 1
    for name in ("maple", "cedar"):
        with at_desk(sqlite_instance, name) as (session, by), pytest.raises(NotFoundError):
            reading.read(session, by=by, case_id=case_id, today=TODAY)
    with at_desk(sqlite_instance, "maple", write=False) as (session, by):
        assert holds.listing(session, by=by, today=TODAY) == []
        with pytest.raises(NotFoundError):
            holds.show(session, by=by, hold_id=hold_id, today=TODAY)


def test_it_is_read_and_nothing_is_done_with_it(sqlite_instance: Instance) -> None:
    case_id, _document, _hold = taken_back(sqlite_instance)
    hand_over(sqlite_instance)
    assert read_in(sqlite_instance, "willow") == 0
    with at_desk(sqlite_instance, "willow") as (session, by):
        acts = (
            lambda: access.find(session, by=by, case_id=case_id),
            lambda: service.claim(session, by=by, case_id=case_id, now=NOON, take_over=True),
            lambda: writing.add_note(session, by=by, case_id=case_id, text="x", now=NOON),
            lambda: reading.identity(session, by=by, case_id=case_id),
            lambda: reading.read(session, by=by, case_id=case_id),
            lambda: moving.move(
                session,
                by=by,
                case_id=case_id,
                origin=Group.LEGAL,
                to=Group.INTAKE,
                reason="x",
                keys=sqlite_instance.keys,
                now=NOON,
            ),
        )
        for act in acts:
            with pytest.raises(PortalError):
                act()
        assert service.queue(session, by=by).rows == []
        assert search.search(session, by=by, text="Rastegar").count == 0
        assert gathering.standing(session, by=by).accounts == frozenset()
        assert figures.figures(session, by=by).total == figures.rounded(0)


def test_a_hold_that_has_run_out_opens_nothing(sqlite_instance: Instance) -> None:
    case_id, _document, _hold = taken_back(sqlite_instance)
    hand_over(sqlite_instance)
    with at_desk(sqlite_instance, "willow") as (session, by), pytest.raises(NotFoundError):
        reading.read(session, by=by, case_id=case_id, today=UNTIL + timedelta(days=1))


def test_ending_the_hold_erases_it_from_the_legal_circle_too(instance: Instance) -> None:
    case_id, _document, hold_id = taken_back(instance)
    hand_over(instance)
    with at_desk(instance, "willow") as (session, by):
        names = holds.end(session, by=by, hold_id=hold_id, now=NOON)
    assert len(names) == 1
    with instance.database.session(write=False) as session:
        assert session.get_one(Submission, case_id).status is Status.WITHDRAWN
        assert session.keys.scalars(select(Wrap).where(Wrap.submission_id == case_id)).all() == []


def test_the_copy_for_releases_is_shut(sqlite_instance: Instance) -> None:
    case_id, _document, _hold = taken_back(sqlite_instance)
    release = key_id(sqlite_instance.keys.groups[Group.RELEASE])
    with sqlite_instance.database.session(write=True) as session:
        some = session.keys.scalars(select(Wrap).where(Wrap.submission_id == case_id)).first()
        assert some is not None
        copy = Wrap(submission_id=case_id, part_id=case_id, key_id=release, epoch=1, blob=some.blob)
        session.keys.add(copy)
    hand_over(sqlite_instance)
    with sqlite_instance.database.session(write=False) as session:
        assert session.keys.scalars(select(Wrap).where(Wrap.key_id == release)).all() == []
    assert [str(one) for one in verify_folder(sqlite_instance.settings.instance, {}).problems] == []


def test_a_lead_comes_by_and_reads_on_the_pages(sqlite_instance: Instance) -> None:
    case_id, _document, hold_id = taken_back(sqlite_instance)
    desk = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(desk, "willow")
    assert desk.get(f"/en/cases/{case_id}").status_code == 404
    page = desk.get(f"/en/cases/holds/{hold_id}").text
    assert "all but the legal circle" in page
    assert f'href="/en/cases/{case_id}"' in page
    read = desk.get(f"/en/cases/{case_id}")
    assert read.status_code == 200
    assert "You read it for that alone" in read.text
    for gone in ("Take it up", "Add the note", "Ask for a legal hold", "Move to another circle"):
        assert gone not in read.text
    assert acts_of(sqlite_instance)[-2:] == ["hold.hand-over", "hold.read"]
    other = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(other, "cedar")
    assert other.get(f"/en/cases/{case_id}").status_code == 404
