"""Finding a case and asking for leave: every act at the desk begins here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from portal.casework import workflow
from portal.casework.models import Claim
from portal.casework.sealing import CaseKey
from portal.database import PortalSession
from portal.errors import NotFoundError, RefusedError, StaleError
from portal.intake import consent, opening
from portal.intake.models import GONE, Compartment, Part, Submission, Use
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
    """Find a case that may be known of; unknown and taken back are the same. ``lock`` lets one writer in."""
    by.require(Permission.CASE_READ)
    by.seed_of(Group.INTAKE)
    query = (
        select(Submission)
        .where(Submission.id == case_id, Submission.status.not_in(GONE))
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
    """Open what was wrapped to the intake group: what was told, and the conversation."""
    return opening.part_keys(session, submission, by.seeds_of(Group.INTAKE))


def open_case(session: PortalSession, submission: Submission, *, by: Actor) -> Opened:
    """Open a case whose source said that it may be read; nothing but a yes opens it."""
    if not consent.permits(submission.consents, Use.READ):
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
