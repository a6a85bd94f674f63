"""Finding a case and asking for leave: every act at the desk begins here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from portal.casework import workflow
from portal.casework.models import Claim
from portal.casework.sealing import CaseKey
from portal.database import PortalSession
from portal.errors import NotFoundError, RefusedError, StaleError
from portal.intake import consent, opening
from portal.intake.models import (
    GONE,
    Compartment,
    HoldState,
    LegalHold,
    Part,
    Status,
    Submission,
    Use,
)
from portal.intake.sealing import PartKey
from portal.permissions import Group, Permission
from portal.staff.actor import Actor


@dataclass(frozen=True)
class Opened:
    """A case whose source lets it be read, with the keys that open it."""

    submission: Submission
    parts: Mapping[UUID, PartKey] = field(repr=False)
    key: CaseKey = field(repr=False)


def find(session: PortalSession, *, by: Actor, case_id: UUID, lock: bool = False) -> Submission:
    """Find a case that may be known of; ``lock`` lets one writer in.

    Unknown, taken back, and in a circle whose key the actor does not hold are the same.
    """
    by.require(Permission.CASE_READ)
    by.case_seeds()
    query = (
        select(Submission)
        .where(Submission.id == case_id, Submission.status.not_in(GONE), Submission.group.in_(by.circles))
        .options(
            selectinload(Submission.consents),
            selectinload(Submission.parts).selectinload(Part.fields),
            selectinload(Submission.parts).selectinload(Part.documents),
        )
    )
    if lock:
        query = query.with_for_update(of=Submission)
    found = session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NotFoundError
    return found


def find_to_read(
    session: PortalSession, *, by: Actor, case_id: UUID, today: date
) -> tuple[Submission, LegalHold | None]:
    """Find a case to read it, with the hold that alone keeps it, if its source took it back.

    That one is open to the legal circle, once it has the key (`kept.hand_over`), while the hold lasts.
    """
    by.require(Permission.CASE_READ)
    query = (
        select(LegalHold)
        .join(Submission, Submission.id == LegalHold.submission_id)
        .where(
            Submission.id == case_id,
            Submission.status == Status.LOCKED,
            Submission.group == Group.LEGAL,
            LegalHold.state == HoldState.APPROVED,
            LegalHold.until >= today,
        )
        .order_by(LegalHold.until.desc(), LegalHold.id)
        .limit(1)
    )
    hold = session.scalar(query) if Group.LEGAL in by.circles else None
    if hold is None:
        return find(session, by=by, case_id=case_id), None
    return opening.load(session, case_id), hold


def claim_of(session: PortalSession, submission: Submission) -> Claim | None:
    """Return who holds a case."""
    return session.get(Claim, submission.id, populate_existing=True)


def find_held(
    session: PortalSession, *, by: Actor, case_id: UUID, permission: Permission, working: bool = False
) -> Submission:
    """Find a case for an act of its holder, and lock it; refuse everybody else.

    ``working`` is for acts that change what a second reviewer will see.
    """
    by.require(permission)
    submission = find(session, by=by, case_id=case_id, lock=True)
    claim = claim_of(session, submission)
    if claim is None or claim.staff_id != by.id:
        raise RefusedError
    if working and submission.status not in workflow.WORKED_ON:
        raise StaleError("The case no longer stands where this could be done.")
    return submission


def keys_of(session: PortalSession, submission: Submission, *, by: Actor) -> dict[UUID, PartKey]:
    """Open what was wrapped to the case's circle: what was told, and the conversation."""
    if submission.group not in by.circles:
        raise NotFoundError
    return opening.part_keys(session, submission, by.seeds_of(submission.group))


def open_case(
    session: PortalSession, submission: Submission, *, by: Actor, hold: LegalHold | None = None
) -> Opened:
    """Open a case whose source said yes to reading; nothing else opens it but the hold of `find_to_read`."""
    if hold is None and not consent.permits(submission.consents, Use.READ, on=session.today):
        raise RefusedError
    parts = keys_of(session, submission, by=by)
    for part in submission.parts:
        if part.compartment is Compartment.CONTENT and part.id in parts:
            return Opened(submission, parts, CaseKey(submission.id, parts[part.id]))
    raise RefusedError


def let_go(session: PortalSession, submission: Submission) -> None:
    """Leave a case without a holder."""
    held = claim_of(session, submission)
    if held is not None:
        session.delete(held)
