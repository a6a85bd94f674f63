"""Reading a case: what its source lets be read is opened for one person, and the ledger says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal.casework import workflow
from portal.casework.access import Opened, claim_of, find, find_to_read, keys_of, open_case
from portal.casework.coding import Sheet
from portal.casework.marking import MarkKind, Selector, Span
from portal.casework.models import Annotation, CaseNote, CaseTitle, CodingSheet
from portal.database import PortalSession
from portal.errors import NotFoundError, RefusedError
from portal.intake import consent, opening, openings, receivers
from portal.intake.answers import helper_of
from portal.intake.models import (
    Answer,
    Compartment,
    LegalHold,
    Part,
    Receiver,
    SealedField,
    Status,
    Submission,
    Use,
)
from portal.intake.opening import Attached, OpenedDocument, Written, open_document
from portal.intake.openings import Deed
from portal.intake.sealing import PartKey, open_field, open_record
from portal.ledger.service import note
from portal.permissions import Group, Permission
from portal.staff.actor import Actor
from portal.store.files import FileStore
from portal.vault.seal import Label

NARRATIVE = "narrative"


@dataclass(frozen=True)
class Text:
    """One text of the source: the account, or something added later."""

    field_id: UUID
    day: date
    version: int
    text: str = field(repr=False)


@dataclass(frozen=True)
class Judged:
    """What somebody thought of a record as what marked words mean, short of a link."""

    record_id: UUID
    verdict: str
    by: str
    day: date


@dataclass(frozen=True)
class Mark:
    """An opened mark; ``fits`` says whether its words stand where they stood."""

    id: UUID
    field_id: UUID
    kind: MarkKind
    at: Selector = field(repr=False)
    comment: str = field(repr=False)
    links: tuple[UUID, ...]
    by: str
    day: date
    fits: bool
    judged: tuple[Judged, ...] = field(repr=False, default=())

    @property
    def span(self) -> Span:
        """Where the mark stands."""
        return Span(self.at.start, self.at.end)


@dataclass(frozen=True)
class Noted:
    """An opened note of a colleague."""

    by: str
    day: date
    text: str = field(repr=False)


@dataclass(frozen=True)
class OpenedSheet:
    """An opened coding sheet; ``hands`` are all who wrote on it, none of whom may approve it."""

    row: CodingSheet
    sheet: Sheet = field(repr=False)
    hands: tuple[str, ...]


@dataclass(frozen=True)
class Paper:
    """A document's record and what happened to it."""

    attached: Attached = field(repr=False)
    custody: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Content:
    """What opens when the source said yes."""

    title: str = field(repr=False)
    texts: Sequence[Text] = field(repr=False)
    answers: Mapping[str, str] = field(repr=False)
    papers: Sequence[Paper] = field(repr=False)
    marks: Sequence[Mark] = field(repr=False)
    sheet: OpenedSheet | None = field(repr=False)
    notes: Sequence[Noted] = field(repr=False)


@dataclass(frozen=True)
class Case:
    """A case as its reader sees it; ``content`` is None unless the source lets it be read."""

    id: UUID
    day: date
    status: Status
    holder: str
    held: bool
    decisions: Mapping[Use, Answer]
    handing: Sequence[tuple[Receiver, Answer]]
    """What the source says of each body that accounts may be handed to."""
    may_write: bool
    messages: Sequence[Written] = field(repr=False)
    content: Content | None = field(repr=False)
    moves: Sequence[Status]
    circle: Group
    kept_until: date | None
    """Until when a legal hold keeps it, if its source took it back: it is read for that and nothing else."""


def read(session: PortalSession, *, by: Actor, case_id: UUID, today: date | None = None) -> Case:
    """Open a case to read it; noted. One that only a hold keeps is open to the legal circle on ``today``."""
    submission, hold = _found(session, by=by, case_id=case_id, today=today)
    held = claim_of(session, submission)
    holds = held is not None and held.staff_id == by.id
    decisions = consent.current(submission.consents, on=session.today)
    content, keys = None, keys_of(session, submission, by=by)
    if hold or decisions[Use.READ] is Answer.YES:
        content = _content(session, open_case(session, submission, by=by, hold=hold))
    thread = opening.thread_of(keys)
    messages = opening.open_messages(session, thread)
    if content is not None:
        openings.tell(session, submission, _deed(submission, by, hold), role=by.role.value, thread=thread)
    if hold:
        note(session, "hold.read", by=by.name, subject=case_id, detail={"hold": hold.id.hex})
    else:
        note(session, "case.read", by=by.name, subject=case_id)
    return Case(
        id=submission.id,
        day=submission.day,
        status=submission.status,
        holder=held.name if held else "",
        held=holds,
        decisions=decisions,
        handing=receivers.answers(session, submission.consents),
        may_write=hold is None and workflow.may_write(decisions, [one.speaker for one in messages]),
        messages=messages,
        content=content,
        moves=workflow.plain_moves(submission.status, holds=holds, lead=by.may(Permission.CASE_APPROVE)),
        circle=submission.group,
        kept_until=hold.until if hold else None,
    )


def _deed(submission: Submission, by: Actor, hold: LegalHold | None) -> Deed:
    if hold is not None:
        return Deed.KEPT
    second = submission.status is Status.SECOND_REVIEW and by.may(Permission.CASE_APPROVE)
    return Deed.REVIEW if second else Deed.READ


def _found(
    session: PortalSession, *, by: Actor, case_id: UUID, today: date | None
) -> tuple[Submission, LegalHold | None]:
    if today is None:
        return find(session, by=by, case_id=case_id), None
    return find_to_read(session, by=by, case_id=case_id, today=today)


def _content(session: PortalSession, opened: Opened) -> Content:
    texts = open_texts(opened)
    fields = opening.open_fields(opened.submission, opened.parts)
    files = opening.open_documents(opened.submission, opened.parts)
    return Content(
        title=open_title(opened, session.get(CaseTitle, opened.submission.id)),
        texts=texts,
        answers={name: text for name, text in fields.items() if name != NARRATIVE},
        papers=[Paper(one, _custody(one)) for one in files],
        marks=open_marks(session, opened),
        sheet=open_sheet(session, opened),
        notes=_notes(session, opened),
    )


def _custody(one: Attached) -> dict[str, Any]:
    return open_record(one.part, one.document.id, Label.CUSTODY, one.document.custody)


def _open_text(keys: Mapping[UUID, PartKey], part: Part, one: SealedField) -> Text:
    return Text(one.id, part.day, one.version, open_field(keys[part.id], one.name, one.version, one.blob))


def open_texts(opened: Opened) -> list[Text]:
    """Open the latest version of every text in the source's own words, in the order they came."""
    texts = []
    for part in opened.submission.parts:
        versions = [one for one in part.fields if one.name == NARRATIVE and part.id in opened.parts]
        if versions and part.compartment is Compartment.CONTENT:
            texts.append(_open_text(opened.parts, part, max(versions, key=lambda one: one.version)))
    return texts


def text_of(opened: Opened, field_id: UUID) -> Text:
    """Open one text, of whatever version, that marks may stand in."""
    for part in opened.submission.parts:
        for one in part.fields if part.id in opened.parts else ():
            if one.id == field_id and one.name == NARRATIVE:
                return _open_text(opened.parts, part, one)
    raise NotFoundError


def open_mark(opened: Opened, row: Annotation, text: str | None) -> Mark:
    """Open one mark; ``text`` is the text it was made in, None when that is not at hand."""
    value = opened.key.open(Label.ANNOTATION, row.id, row.blob, version=row.version, bound=(row.field_id,))
    at = Selector(
        start=value["start"],
        end=value["end"],
        quote=value["quote"],
        prefix=value["prefix"],
        suffix=value["suffix"],
        text_sha256=value["text_sha256"],
    )
    return Mark(
        id=row.id,
        field_id=row.field_id,
        kind=MarkKind(value["kind"]),
        at=at,
        comment=value["comment"],
        links=tuple(UUID(one) for one in value["links"]),
        by=row.by,
        day=row.day,
        fits=text is not None and at.fits(text),
        judged=tuple(
            Judged(UUID(one["record_id"]), one["verdict"], one["by"], date.fromisoformat(one["day"]))
            for one in value.get("judged", ())
        ),
    )


def open_marks(session: PortalSession, opened: Opened) -> list[Mark]:
    """Open every mark of a case, in the order of the texts."""
    query = select(Annotation).where(Annotation.submission_id == opened.submission.id)
    rows = session.scalars(query).all()
    texts = {one.field_id: one.text for one in open_texts(opened)}
    for missing in {row.field_id for row in rows} - texts.keys():
        texts[missing] = text_of(opened, missing).text
    order = list(texts)
    marks = [open_mark(opened, row, texts[row.field_id]) for row in rows]
    return sorted(marks, key=lambda one: (order.index(one.field_id), one.at.start, one.at.end, str(one.id)))


def open_sheet(session: PortalSession, opened: Opened) -> OpenedSheet | None:
    """Open the coding sheet, if one was begun."""
    query = select(CodingSheet).where(CodingSheet.submission_id == opened.submission.id)
    row = session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        return None
    value = opened.key.open(Label.CODING_SHEET, row.id, row.blob, version=row.version)
    return OpenedSheet(row, Sheet.from_json(value["sheet"]), tuple(value["hands"]))


def open_title(opened: Opened, row: CaseTitle | None) -> str:
    """Open a case's own words, "" where nobody has found any yet."""
    if row is None:
        return ""
    value = opened.key.open(Label.CASE_TITLE, row.submission_id, row.blob, version=row.version)
    return str(value["text"])


def _notes(session: PortalSession, opened: Opened) -> list[Noted]:
    query = select(CaseNote).where(CaseNote.submission_id == opened.submission.id)
    opened_notes = [
        (opened.key.open(Label.NOTE, row.id, row.blob), row)
        for row in session.scalars(query.order_by(CaseNote.day))
    ]
    opened_notes.sort(key=lambda one: one[0]["number"])
    return [Noted(row.by, row.day, value["text"]) for value, row in opened_notes]


def identity(session: PortalSession, *, by: Actor, case_id: UUID) -> dict[str, str]:
    """Open what a source is called and how to reach them, if they may be written to; noted, on its own."""
    by.require(Permission.CASE_CONTACT)
    seed = by.seeds_of(Group.CONTACT)
    submission = find(session, by=by, case_id=case_id)
    if not consent.permits(submission.consents, Use.CONTACT, on=session.today):
        raise RefusedError
    opened = opening.open_fields(submission, opening.part_keys(session, submission, seed))
    thread = opening.thread_of(keys_of(session, submission, by=by))
    openings.tell(session, submission, Deed.IDENTITY, role=by.role.value, thread=thread)
    note(session, "identity.read", by=by.name, subject=case_id)
    return {
        "called": opened.get("called", ""),
        "contact": opened.get("contact", ""),
        "helper": helper_of(opened),
    }


def document(
    session: PortalSession,
    *,
    by: Actor,
    case_id: UUID,
    document_id: UUID,
    files: FileStore,
    noted: bool = False,
    today: date | None = None,
) -> OpenedDocument:
    """Open one document of a case; noted, unless the very same reading was ``noted`` before.

    What staff sent to the source belongs to the conversation, which its readers see without a yes to reading.
    """
    submission, hold = _found(session, by=by, case_id=case_id, today=today)
    thread = opening.thread_of(keys_of(session, submission, by=by))
    found = _among(opening.open_sent(session, thread), document_id)
    sent = found is not None
    if found is None:
        opened = open_case(session, submission, by=by, hold=hold)
        found = _among(opening.open_documents(opened.submission, opened.parts), document_id)
    if found is None:
        raise NotFoundError
    if not noted:
        if not sent:
            deed = Deed.KEPT if hold else Deed.DOCUMENT
            openings.tell(session, submission, deed, role=by.role.value, thread=thread)
        detail = {"document": str(document_id)} | ({"hold": hold.id.hex} if hold else {})
        note(session, "hold.read" if hold else "document.read", by=by.name, subject=case_id, detail=detail)
    return open_document(files, found)


def _among(files: Sequence[Attached], document_id: UUID) -> Attached | None:
    return next((one for one in files if one.document.id == document_id), None)
