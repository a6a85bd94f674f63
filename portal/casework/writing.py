"""What the holder of a case writes: marks in a text, messages to the source, notes for colleagues."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select

from portal.casework import asking, marking, workflow
from portal.casework.access import Opened, claim_of, find, find_held, keys_of, open_case
from portal.casework.marking import MarkKind, Place, Span
from portal.casework.models import Annotation, CaseNote
from portal.casework.reading import Judged, Mark, open_mark, text_of
from portal.casework.workflow import Mover
from portal.database import PortalSession
from portal.errors import InvalidError, NotFoundError, RefusedError
from portal.intake import consent, opening
from portal.intake import service as intake
from portal.intake.drafts import DraftFile
from portal.intake.models import Speaker, Status, Submission
from portal.intake.sealing import PartKey
from portal.ledger.service import note as write_down
from portal.permissions import Permission
from portal.staff.actor import Actor
from portal.vault.seal import Label


class UnwantedError(RefusedError):
    """The source does not wish to be written to now."""


def _seal_mark(opened: Opened, row: Annotation, value: Mapping[str, Any]) -> None:
    row.blob = opened.key.seal(Label.ANNOTATION, row.id, value, version=row.version, bound=(row.field_id,))


def places(
    session: PortalSession, *, by: Actor, case_id: UUID, field_id: UUID, quote: str, span: Span | None = None
) -> list[Place]:
    """Say where a mark with these words would stand; more than one has to be chosen from; then noted."""
    by.require(Permission.CASE_MARK)
    opened = open_case(session, find(session, by=by, case_id=case_id), by=by)
    text = text_of(opened, field_id).text
    found = marking.places(text, marking.locate(text, quote, span))
    if len(found) > 1:
        write_down(session, "mark.read", by=by.name, subject=case_id)
    return found


def mark(
    session: PortalSession,
    *,
    by: Actor,
    case_id: UUID,
    field_id: UUID,
    kind: MarkKind,
    span: Span,
    comment: str = "",
    now: datetime,
) -> UUID:
    """Mark a span of one text; what is kept is the text's own words."""
    opened = open_case(
        session,
        find_held(session, by=by, case_id=case_id, permission=Permission.CASE_MARK, working=True),
        by=by,
    )
    selector = marking.select(text_of(opened, field_id).text, span)
    row = Annotation(
        id=uuid4(), submission_id=case_id, field_id=field_id, version=1, by=by.name, day=now.date()
    )
    _seal_mark(opened, row, {**asdict(selector), "kind": kind.value, "comment": comment.strip(), "links": []})
    session.add(row)
    write_down(session, "mark.add", by=by.name, subject=case_id)
    return row.id


def find_mark(session: PortalSession, opened: Opened, mark_id: UUID) -> tuple[Annotation, Mark]:
    """Find and open a mark of this case."""
    row = session.get(Annotation, mark_id, populate_existing=True)
    if row is None or row.submission_id != opened.submission.id:
        raise NotFoundError
    return row, open_mark(opened, row, text_of(opened, row.field_id).text)


def unmark(session: PortalSession, *, by: Actor, case_id: UUID, mark_id: UUID) -> None:
    """Take a mark off, unless a link rests on it."""
    opened = open_case(
        session,
        find_held(session, by=by, case_id=case_id, permission=Permission.CASE_MARK, working=True),
        by=by,
    )
    row, kept = find_mark(session, opened, mark_id)
    if kept.links:
        raise InvalidError("A link rests on these words. Take the link back first.")
    session.delete(row)
    write_down(session, "mark.remove", by=by.name, subject=case_id)


def rest(session: PortalSession, opened: Opened, *, mark_id: UUID, link_id: UUID) -> Mark:
    """Let a link rest on a mark; for the linking of this case, under its lock."""
    return _support(session, opened, mark_id, add=link_id)


def lift(session: PortalSession, opened: Opened, *, mark_id: UUID, link_id: UUID) -> Mark:
    """Take a link off the mark it rested on."""
    return _support(session, opened, mark_id, drop=link_id)


def judge(session: PortalSession, opened: Opened, *, mark_id: UUID, judged: Sequence[Judged]) -> None:
    """Keep with a mark what was thought of records that it may mean; under the lock of its case."""
    row, kept = find_mark(session, opened, mark_id)
    _reseal(opened, row, kept, links=kept.links, judged=judged)


def _support(
    session: PortalSession,
    opened: Opened,
    mark_id: UUID,
    *,
    add: UUID | None = None,
    drop: UUID | None = None,
) -> Mark:
    row, kept = find_mark(session, opened, mark_id)
    links = [one for one in kept.links if one != drop] + ([add] if add else [])
    _reseal(opened, row, kept, links=links, judged=kept.judged)
    return kept


def _reseal(
    opened: Opened, row: Annotation, kept: Mark, *, links: Sequence[UUID], judged: Sequence[Judged]
) -> None:
    value = {
        **asdict(kept.at),
        "kind": kept.kind.value,
        "comment": kept.comment,
        "links": [str(one) for one in links],
        "judged": [
            {
                "record_id": str(one.record_id),
                "verdict": one.verdict,
                "by": one.by,
                "day": one.day.isoformat(),
            }
            for one in judged
        ],
    }
    row.version += 1
    _seal_mark(opened, row, value)


def to_source(session: PortalSession, *, by: Actor, case_id: UUID) -> tuple[Submission, PartKey]:
    """Find a case whose source may be written to now, by its holder, and the key of the conversation.

    Raises `NotFoundError`, `RefusedError` (`UnwantedError` where it is the source's word) or `StaleError`.
    """
    submission = find_held(session, by=by, case_id=case_id, permission=Permission.CASE_CONTACT)
    thread = opening.thread_of(keys_of(session, submission, by=by))
    speakers = [one.speaker for one in opening.open_messages(session, thread)]
    if not workflow.may_write(consent.current(submission.consents, on=session.today), speakers):
        raise UnwantedError
    if not speakers or speakers[-1] is not Speaker.SOURCE:
        asking.check(session, case_id)
    return submission, thread


def message(
    session: PortalSession,
    *,
    by: Actor,
    case_id: UUID,
    text: str,
    wait: bool = False,
    file: DraftFile | None = None,
    limit: int = 1,
    now: datetime,
) -> None:
    """Write to the source, if that is allowed; ``wait`` lets the case wait for the answer.

    A ``file`` lies in the store already, sealed as part of the thread; where this raises, its bytes are the
    caller's to erase. One conversation carries ``limit`` files of staff.
    """
    submission, thread = to_source(session, by=by, case_id=case_id)
    if wait and submission.status is not Status.AWAITING_SOURCE:
        workflow.check(submission.status, Status.AWAITING_SOURCE, mover=Mover.HOLDER)
    row = intake.add_message(session, thread=thread, speaker=Speaker.STAFF, text=text, day=now.date())
    if file is not None:
        intake.add_sent_file(session, thread=thread, message=row, file=file, limit=limit)
        detail = {"document": str(file.document_id)}
        write_down(session, "message.send-file", by=by.name, subject=case_id, detail=detail)
    if wait:
        submission.status = Status.AWAITING_SOURCE
    write_down(session, "message.send", by=by.name, subject=case_id)


def add_note(session: PortalSession, *, by: Actor, case_id: UUID, text: str, now: datetime) -> None:
    """Leave a note for colleagues: by the holder, or by a lead."""
    by.require(Permission.CASE_READ)
    submission = find(session, by=by, case_id=case_id, lock=True)
    held = claim_of(session, submission)
    if not by.may(Permission.CASE_APPROVE) and (held is None or held.staff_id != by.id):
        raise RefusedError
    write_note(session, open_case(session, submission, by=by), author=by.name, text=text, day=now.date())
    write_down(session, "note.add", by=by.name, subject=case_id)


def write_note(session: PortalSession, opened: Opened, *, author: str, text: str, day: date) -> None:
    """Add a note to a case that is open and locked."""
    if not text.strip():
        raise InvalidError("The note is empty. Write something first.")
    number = 1 + _count_notes(session, opened.submission)
    row = CaseNote(id=uuid4(), submission_id=opened.submission.id, by=author, day=day)
    row.blob = opened.key.seal(Label.NOTE, row.id, {"number": number, "text": text.strip()})
    session.add(row)


def _count_notes(session: PortalSession, submission: Submission) -> int:
    query = select(func.count()).select_from(CaseNote).where(CaseNote.submission_id == submission.id)
    return session.scalar(query) or 0
