"""Opening what was sent, with whatever key is at hand: a group's, the receipt's, the recovery key's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from portal.database import PortalSession
from portal.errors import NotFoundError, RefusedError
from portal.intake import consent as consents
from portal.intake import deciding
from portal.intake.models import (
    Answer,
    Compartment,
    Consent,
    Document,
    Message,
    Part,
    Speaker,
    Status,
    Submission,
    Use,
)
from portal.intake.sealing import PartKey, open_field, open_message, open_record, wrap_place
from portal.store import wraps
from portal.store.files import FileStore
from portal.vault.seal import Label
from portal.vault.stream import SealedReader
from portal.vault.wrap import Seeds

NARRATIVE = "narrative"


@dataclass(frozen=True)
class Opened:
    """A submission as its receipt opens it."""

    submission: Submission
    messages: list["Written"]
    decisions: Mapping[Use, Answer]
    decided: Mapping[deciding.Aim, Consent]
    trusted: str = field(repr=False)
    fields: Mapping[str, str] = field(repr=False)
    files: Sequence["Attached"] = field(repr=False)
    texts: Sequence["Said"] = field(repr=False)
    rereadable: bool
    file_count: int


@dataclass(frozen=True)
class Written:
    """An opened message."""

    speaker: Speaker
    day: date
    text: str = field(repr=False)
    files: Sequence["Attached"] = field(repr=False, default=())


@dataclass(frozen=True)
class Said:
    """A text in the source's own words: the account, then what was added to it."""

    day: date
    text: str = field(repr=False)


@dataclass(frozen=True)
class Attached:
    """An opened document record; ``part`` opens its bytes."""

    document: Document
    part: PartKey = field(repr=False)
    name: str = field(repr=False)
    content_type: str = field(repr=False)
    caption: str = field(repr=False)
    length: int
    sha256: str
    kind: str = field(default="", repr=False)
    maker: str = field(default="", repr=False)
    original: str = field(default="", repr=False)
    message: str = field(default="", repr=False)
    """Which message staff sent it with, as 32 hexadecimal digits; empty for what a source sent."""


@dataclass(frozen=True)
class OpenedDocument:
    """A document whose bytes open piece by piece, in memory; whoever asked closes ``source``."""

    attached: "Attached"
    reader: SealedReader
    source: BinaryIO


def load(session: PortalSession, submission_id: UUID, *, lock: bool = False) -> Submission:
    """Load a submission with its parts, fields, documents and decisions; ``lock`` lets one writer in."""
    query = (
        select(Submission)
        .where(Submission.id == submission_id)
        .options(
            selectinload(Submission.consents),
            selectinload(Submission.parts).selectinload(Part.fields),
            selectinload(Submission.parts).selectinload(Part.documents),
        )
    )
    if lock:
        query = query.with_for_update(of=Submission).execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None:
        raise NotFoundError
    return found


def part_keys(session: PortalSession, submission: Submission, seed: Seeds) -> dict[UUID, PartKey]:
    """Open the keys of those parts that were wrapped to the holder of ``seed``."""
    opened = {}
    for part in submission.parts:
        place = wrap_place(submission.id, part.id, part.compartment)
        key = wraps.open_key(session, part_id=part.id, seed=seed, place=place)
        if key is not None:
            opened[part.id] = PartKey(submission.id, part.id, part.compartment, key)
    return opened


def thread_of(keys: Mapping[UUID, PartKey]) -> PartKey:
    """Return the key of the conversation."""
    for part in keys.values():
        if part.compartment is Compartment.THREAD:
            return part
    raise RefusedError


def open_thread(session: PortalSession, *, submission_id: UUID, seed: Seeds) -> PartKey:
    """Open the key of the conversation alone, without reading what was sent."""
    query = select(Part).where(Part.submission_id == submission_id, Part.compartment == Compartment.THREAD)
    part = session.scalar(query)
    if part is None:
        raise NotFoundError
    place = wrap_place(submission_id, part.id, part.compartment)
    key = wraps.open_key(session, part_id=part.id, seed=seed, place=place)
    if key is None:
        raise RefusedError
    return PartKey(submission_id, part.id, part.compartment, key)


def open_messages(session: PortalSession, thread: PartKey) -> list[Written]:
    """Open the conversation, oldest first, each message with the files that came with it."""
    query = select(Message).where(Message.submission_id == thread.submission_id).order_by(Message.number)
    files = open_sent(session, thread)
    return [
        Written(
            one.speaker,
            one.day,
            open_message(thread, one.id, one.number, one.speaker, one.blob),
            [file for file in files if file.message == one.id.hex],
        )
        for one in session.scalars(query)
    ]


def open_sent(session: PortalSession, thread: PartKey) -> list[Attached]:
    """Open the records of the files that staff sent to a source; they lie in the thread, with its key."""
    query = select(Document).where(Document.part_id == thread.part_id).order_by(Document.number)
    return [_attached(one, thread) for one in session.scalars(query)]


def _attached(document: Document, part: PartKey) -> Attached:
    record = open_record(part, document.id, Label.FILE_RECORD, document.record)
    return Attached(document=document, part=part, **record)


def open_fields(submission: Submission, keys: Mapping[UUID, PartKey]) -> dict[str, str]:
    """Open the latest version of every field that the keys open."""
    opened: dict[str, tuple[int, str]] = {}
    for part in submission.parts:
        for one in part.fields if part.id in keys else ():
            if one.version >= opened.get(one.name, (0, ""))[0]:
                text = open_field(keys[part.id], one.name, one.version, one.blob)
                opened[one.name] = (one.version, text)
    return {name: text for name, (_, text) in opened.items()}


def open_said(submission: Submission, keys: Mapping[UUID, PartKey]) -> list[Said]:
    """Open the account and what was added to it, in the order it came."""
    found = []
    for part in submission.parts:
        mine = [one for one in part.fields if one.name == NARRATIVE and part.id in keys]
        if mine:
            last = max(mine, key=lambda one: one.version)
            found.append(Said(part.day, open_field(keys[part.id], last.name, last.version, last.blob)))
    return found


def open_documents(submission: Submission, keys: Mapping[UUID, PartKey]) -> list[Attached]:
    """Open the records of every document of the source that the keys open."""
    return [_attached(one, keys[part.id]) for part, one in documents_of(submission) if part.id in keys]


def documents_of(submission: Submission) -> list[tuple[Part, Document]]:
    """Return what the source sent; what staff sent lies in the thread."""
    parts = [one for one in submission.parts if one.compartment is not Compartment.THREAD]
    return [(part, one) for part in parts for one in part.documents]


def open_folder(session: PortalSession, *, submission_id: UUID, seed: bytes) -> Opened:
    """Open everything that a receipt may show; the narrative only if the source chose so when sending."""
    submission = load(session, submission_id)
    if submission.status is Status.WITHDRAWN:
        return Opened(submission, [], {}, {}, "", {}, [], [], rereadable=False, file_count=0)
    keys = part_keys(session, submission, seed)
    files, decided = open_documents(submission, keys), deciding.latest(submission.consents)
    wish = decided.get((Use.AFTER_DEATH, None))
    return Opened(
        submission=submission,
        messages=open_messages(session, thread_of(keys)),
        decisions=consents.current(submission.consents, on=session.today),
        decided=decided,
        trusted=deciding.trusted_of(wish, thread_of(keys)) if wish else "",
        fields=open_fields(submission, keys),
        files=files,
        texts=open_said(submission, keys),
        rereadable=any(one.compartment is Compartment.CONTENT for one in keys.values()),
        file_count=len(documents_of(submission)),
    )


def open_document(store: FileStore, attached: Attached) -> OpenedDocument:
    """Open a document's bytes for reading."""
    document, part = attached.document, attached.part
    source = store.open(document.stored_name)
    try:
        key, place = part.file_key(document.id), part.file_place(document.id)
        return OpenedDocument(attached, SealedReader(key, place, source, attached.length), source)
    except BaseException:
        source.close()
        raise
