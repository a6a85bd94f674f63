"""Reading: only what the source lets be read, only with the group's key, and never without a trace."""

from pathlib import Path
from uuid import UUID, uuid4

import pytest
from builders import EVERYTHING, Instance
from cases import PICTURE, TEXT, a_case, a_mark, a_sheet, acts_of, at_desk, send_with_file
from sqlalchemy import select

from portal.casework import reading, writing
from portal.casework.marking import MarkKind
from portal.casework.models import Annotation, CaseNote, CodingSheet
from portal.errors import NotFoundError, RefusedError
from portal.intake import opening, withdrawing
from portal.intake.models import Speaker, Submission
from portal.permissions import Group
from portal.vault.seal import UnsealError


def test_a_case_is_opened_to_who_holds_the_key_and_the_ledger_says_so(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance, relation="sibling")
    with at_desk(sqlite_instance) as (session, by):
        case = reading.read(session, by=by, case_id=case_id)
    assert case.content is not None
    assert case.content.texts[0].text == TEXT
    assert case.content.answers["relation"] == "sibling"
    assert acts_of(sqlite_instance)[-1] == "case.read"


@pytest.mark.parametrize("answer", ["ask", "no", ""])
def test_nothing_but_a_yes_opens_a_case(sqlite_instance: Instance, answer: str) -> None:
    case_id = a_case(sqlite_instance, consent={**EVERYTHING, "read": answer})
    with at_desk(sqlite_instance) as (session, by):
        case = reading.read(session, by=by, case_id=case_id)
        assert case.content is None
        assert case.may_write
        with pytest.raises(RefusedError):
            writing.places(session, by=by, case_id=case_id, field_id=uuid4(), quote="x")
        with pytest.raises(RefusedError):
            reading.document(
                session, by=by, case_id=case_id, document_id=uuid4(), files=sqlite_instance.files
            )


@pytest.mark.parametrize("name", ["rowan", "olive"])
def test_administrators_and_auditors_read_nothing(sqlite_instance: Instance, name: str) -> None:
    case_id = a_case(sqlite_instance)
    with at_desk(sqlite_instance, name) as (session, by), pytest.raises(RefusedError):
        reading.read(session, by=by, case_id=case_id)


def test_who_the_source_is_opens_to_leads_alone_and_only_when_contact_is_allowed(
    sqlite_instance: Instance,
) -> None:
    case_id = a_case(sqlite_instance, called="Ashk", contact="a friend in Oslo")
    with at_desk(sqlite_instance) as (session, by), pytest.raises(RefusedError):
        reading.identity(session, by=by, case_id=case_id)
    with at_desk(sqlite_instance, "maple") as (session, by):
        opened = reading.identity(session, by=by, case_id=case_id)
    assert opened == {"called": "Ashk", "contact": "a friend in Oslo", "helper": ""}
    assert acts_of(sqlite_instance)[-1] == "identity.read"
    shut = a_case(sqlite_instance, consent={**EVERYTHING, "contact": "no"})
    with at_desk(sqlite_instance, "maple") as (session, by), pytest.raises(RefusedError):
        reading.identity(session, by=by, case_id=shut)


def test_a_reading_page_never_carries_who_the_source_is(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance, called="Ashk", contact="a friend in Oslo")
    with at_desk(sqlite_instance, "maple") as (session, by):
        case = reading.read(session, by=by, case_id=case_id)
    assert case.content is not None
    assert not {"called", "contact"} & case.content.answers.keys()


def test_a_document_opens_piece_by_piece_with_its_custody(sqlite_instance: Instance) -> None:
    case_id, document_id = send_with_file(sqlite_instance)
    with at_desk(sqlite_instance) as (session, by):
        opened = reading.document(
            session, by=by, case_id=case_id, document_id=document_id, files=sqlite_instance.files
        )
        with opened.source:
            assert b"".join(opened.reader.read()) == PICTURE
            assert b"".join(opened.reader.read(8, 20)) == PICTURE[8:20]
        case = reading.read(session, by=by, case_id=case_id)
    assert case.content is not None
    assert case.content.papers[0].custody["sha256"] == opened.attached.sha256
    assert "document.read" in acts_of(sqlite_instance)


def test_a_document_of_another_case_is_not_there(sqlite_instance: Instance) -> None:
    _, document_id = send_with_file(sqlite_instance)
    other = a_case(sqlite_instance)
    with at_desk(sqlite_instance) as (session, by), pytest.raises(NotFoundError):
        reading.document(session, by=by, case_id=other, document_id=document_id, files=sqlite_instance.files)


def filled_case(instance: Instance) -> UUID:
    """A case with a row of every sealed kind."""
    case_id = a_case(instance)
    a_mark(instance, case_id)
    a_mark(instance, case_id, "Gohardasht", MarkKind.PLACE)
    with at_desk(instance) as (session, by):
        for text in ("first", "second"):
            writing.add_note(session, by=by, case_id=case_id, text=text, now=instance.clock())
            session.flush()
    a_sheet(instance, case_id)
    return case_id


@pytest.mark.parametrize("kind", [Annotation, CaseNote, CodingSheet])
def test_what_was_sealed_for_one_case_does_not_open_in_another(
    sqlite_instance: Instance, kind: type[Annotation | CaseNote | CodingSheet]
) -> None:
    one, other = filled_case(sqlite_instance), filled_case(sqlite_instance)
    with sqlite_instance.database.session(write=True) as session:
        query = select(kind).order_by(kind.id)
        rows = {
            case_id: session.scalars(query.where(kind.submission_id == case_id)).first()
            for case_id in (one, other)
        }
        assert rows[one] is not None
        assert rows[other] is not None
        rows[one].blob, rows[other].blob = rows[other].blob, rows[one].blob
    for case_id in (one, other):
        with at_desk(sqlite_instance) as (session, by), pytest.raises(UnsealError):
            reading.read(session, by=by, case_id=case_id)


@pytest.mark.parametrize("kind", [Annotation, CaseNote])
def test_what_was_sealed_for_one_row_does_not_open_in_another(
    sqlite_instance: Instance, kind: type[Annotation | CaseNote]
) -> None:
    case_id = filled_case(sqlite_instance)
    with sqlite_instance.database.session(write=True) as session:
        first, second = session.scalars(select(kind).where(kind.submission_id == case_id)).all()
        first.blob, second.blob = second.blob, first.blob
    with at_desk(sqlite_instance) as (session, by), pytest.raises(UnsealError):
        reading.read(session, by=by, case_id=case_id)


def test_a_mark_moved_to_another_text_or_version_does_not_open(sqlite_instance: Instance) -> None:
    case_id = filled_case(sqlite_instance)
    with sqlite_instance.database.session(write=True) as session:
        row = session.scalars(select(Annotation)).first()
        assert row is not None
        row.version += 1
    with at_desk(sqlite_instance) as (session, by), pytest.raises(UnsealError):
        reading.read(session, by=by, case_id=case_id)


def test_withdrawing_closes_everything_that_was_written_about_it(sqlite_instance: Instance) -> None:
    case_id = filled_case(sqlite_instance)
    with sqlite_instance.database.session(write=True) as session:
        withdrawing.withdraw(session, submission_id=case_id, day=sqlite_instance.clock().date())
    with at_desk(sqlite_instance) as (session, by):
        with pytest.raises(NotFoundError):
            reading.read(session, by=by, case_id=case_id)
        submission = session.get_one(Submission, case_id)
        assert opening.part_keys(session, submission, by.seed_of(Group.INTAKE)) == {}


def test_no_word_of_a_case_lies_in_clear_on_the_disk(sqlite_instance: Instance, tmp_path: Path) -> None:
    case_id = filled_case(sqlite_instance)
    canary = "کاناری-Zaboltar"
    with at_desk(sqlite_instance) as (session, by):
        writing.add_note(session, by=by, case_id=case_id, text=canary, now=sqlite_instance.clock())
    with at_desk(sqlite_instance) as (session, by):
        writing.message(session, by=by, case_id=case_id, text=canary, now=sqlite_instance.clock())
    with at_desk(sqlite_instance) as (session, by):
        case = reading.read(session, by=by, case_id=case_id)
    assert case.messages[-1].speaker is Speaker.STAFF
    hidden = [canary, "Omid Rastegar", "Gohardasht", "1367-05", "not said"]
    for path in tmp_path.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        for word in hidden:
            assert word.encode() not in content, (path.name, word)
