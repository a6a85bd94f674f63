"""Seeing through a flood: what waits, one of each kind first; and setting aside many that are no testimony.

A kind is what can be told of a case without opening it and says nothing of its source: the day it came, the
padded length of its text, how many files, parts, permissions and messages it has. However many letters of one
kind come, they take one line of each round.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import Integer, Select, func, select

from portal.casework import workflow
from portal.casework.access import claim_of, find, open_case
from portal.casework.models import Claim
from portal.casework.reading import open_texts
from portal.casework.workflow import Mover
from portal.database import PortalSession
from portal.errors import NotFoundError
from portal.intake import consent, opening, openings
from portal.intake.models import (
    Answer,
    Compartment,
    Consent,
    Document,
    Message,
    Part,
    SealedField,
    Status,
    Submission,
    Use,
)
from portal.intake.openings import Deed
from portal.ledger.service import note
from portal.permissions import Permission
from portal.staff.actor import Actor

PAGE = 50
SKIM = 100
FIRST_WORDS = 200
"""Characters of each account that skimming shows."""
_KIND = ("group", "day", "length", "documents", "parts", "allowed", "messages")


@dataclass(frozen=True)
class Seen:
    """A waiting case from outside; ``alike`` are all of its kind, itself included."""

    id: UUID
    day: date
    length: int
    """Bytes of its sealed text, padded."""
    documents: int
    messages: int
    alike: int


@dataclass(frozen=True)
class Skimmed:
    """Cases that begin with the same words; none are shown where the sources have not said yes to reading."""

    ids: Sequence[UUID]
    words: str = field(repr=False)
    readable: bool


def _outside(by: Actor) -> Select[tuple[UUID, date]]:
    """Select what waits for anybody, with what can be seen of it from outside."""
    own = Part.submission_id == Submission.id
    length = (
        select(func.max(func.length(SealedField.blob, type_=Integer)))
        .join(Part, Part.id == SealedField.part_id)
        .where(own, SealedField.name == "narrative")
    )
    sent = (own, Part.compartment != Compartment.THREAD)
    documents = (
        select(func.count()).select_from(Document).join(Part, Part.id == Document.part_id).where(*sent)
    )
    parts = select(func.count()).select_from(Part).where(own)
    said_yes = (Consent.submission_id == Submission.id, Consent.answer == Answer.YES)
    allowed = select(func.count()).select_from(Consent).where(*said_yes)
    messages = select(func.count()).select_from(Message).where(Message.submission_id == Submission.id)
    return (
        select(
            Submission.id,
            Submission.group,
            Submission.day,
            func.coalesce(length.scalar_subquery(), 0).label("length"),
            documents.scalar_subquery().label("documents"),
            parts.scalar_subquery().label("parts"),
            allowed.scalar_subquery().label("allowed"),
            messages.scalar_subquery().label("messages"),
        )
        .where(Submission.status == Status.RECEIVED, Submission.group.in_(by.circles))
        .where(~select(Claim.submission_id).where(Claim.submission_id == Submission.id).exists())
    )


def spread(session: PortalSession, *, by: Actor, start: int = 0, limit: int = PAGE) -> list[Seen]:
    """List what waits in rounds, one of each kind in each, the rarest kinds first; nothing is opened."""
    by.require(Permission.CASE_READ)
    by.case_seeds()
    seen = _outside(by).subquery()
    kind = [seen.c[name] for name in _KIND]
    ranked = select(
        seen.c.id,
        seen.c.day,
        seen.c.length,
        seen.c.documents,
        seen.c.messages,
        func.row_number().over(partition_by=kind, order_by=seen.c.id).label("round"),
        func.count().over(partition_by=kind).label("alike"),
    ).subquery()
    query = select(ranked).order_by(ranked.c.round, ranked.c.alike, ranked.c.day, ranked.c.id)
    rows = session.execute(query.offset(start).limit(limit)).all()
    return [Seen(row.id, row.day, row.length, row.documents, row.messages, row.alike) for row in rows]


def skim(session: PortalSession, *, by: Actor, like: UUID, limit: int = SKIM) -> list[Skimmed]:
    """Open the first words of cases of one kind, those that say the same together.

    Noted, and their sources are told, as of any reading.
    """
    by.require(Permission.CASE_READ)
    by.case_seeds()
    seen = _outside(by).subquery()
    here = session.execute(select(seen).where(seen.c.id == like)).one_or_none()
    if here is None:
        raise NotFoundError
    same = [seen.c[name] == getattr(here, name) for name in _KIND]
    ids = session.scalars(select(seen.c.id).where(*same).order_by(seen.c.id).limit(limit)).all()
    found: dict[tuple[bool, str], list[UUID]] = {}
    for case_id in ids:
        words = _first_words(session, by, case_id)
        found.setdefault((words is not None, words or ""), []).append(case_id)
    ordered = sorted(found.items(), key=lambda one: len(one[1]))
    return [Skimmed(several, words, readable) for (readable, words), several in ordered]


def _first_words(session: PortalSession, by: Actor, case_id: UUID) -> str | None:
    """Open how a case begins; None where its source has not said yes to reading."""
    submission = find(session, by=by, case_id=case_id)
    if not consent.permits(submission.consents, Use.READ, on=session.today):
        return None
    opened = open_case(session, submission, by=by)
    thread = opening.thread_of(opened.parts)
    openings.tell(session, submission, Deed.READ, role=by.role.value, thread=thread)
    note(session, "case.read", by=by.name, subject=case_id)
    texts = open_texts(opened)
    return " ".join(texts[0].text[: 2 * FIRST_WORDS].split())[:FIRST_WORDS] if texts else ""


def set_aside(session: PortalSession, *, by: Actor, case_ids: Collection[UUID]) -> list[UUID]:
    """Set aside what is no testimony; return those that were. Nothing is erased, and all can be undone.

    Passed over are cases that somebody took up meanwhile, and those that nobody may have read.
    """
    moved = []
    for case_id in sorted(set(case_ids))[:SKIM]:
        submission = _waiting(session, by, case_id, Status.RECEIVED)
        if submission and consent.permits(submission.consents, Use.READ, on=session.today):
            _move(session, by, submission, Status.SET_ASIDE)
            moved.append(case_id)
    return moved


def bring_back(session: PortalSession, *, by: Actor, case_ids: Collection[UUID]) -> list[UUID]:
    """Undo `set_aside`: put them back among those that wait; return those that were."""
    moved = []
    for case_id in sorted(set(case_ids))[:SKIM]:
        submission = _waiting(session, by, case_id, Status.SET_ASIDE)
        if submission:
            _move(session, by, submission, Status.RECEIVED)
            moved.append(case_id)
    return moved


def _waiting(session: PortalSession, by: Actor, case_id: UUID, status: Status) -> Submission | None:
    by.require(Permission.CASE_CLAIM)
    submission = find(session, by=by, case_id=case_id, lock=True)
    free = submission.status is status and claim_of(session, submission) is None
    return submission if free else None


def _move(session: PortalSession, by: Actor, submission: Submission, to: Status) -> None:
    workflow.check(submission.status, to, mover=Mover.READER)
    before, submission.status = submission.status, to
    detail = {"from": before.value, "to": to.value}
    note(session, "case.move", by=by.name, subject=submission.id, detail=detail)
