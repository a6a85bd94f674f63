"""Erasing a submission on its source's letter or a court's order: one lead asks, another carries it out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select

from portal.casework.holds import checked_reason, present, second_person, thread_key
from portal.database import PortalSession
from portal.errors import InvalidError, NotFoundError, StaleError
from portal.intake import opening, withdrawing
from portal.intake.models import Authority, Removal, Status, Submission
from portal.intake.sealing import open_reason, seal_reason
from portal.ledger.service import note
from portal.permissions import Permission
from portal.staff.actor import Actor
from portal.vault.seal import Label

WRITTEN = frozenset({Authority.LETTER, Authority.COURT})
_WAITS = "This was already asked for. Another lead reviewer decides."


@dataclass(frozen=True)
class Asked:
    """A request to erase, as leads see it."""

    row: Removal
    reason: str = field(repr=False)


def ask(
    session: PortalSession, *, by: Actor, case_id: UUID, authority: Authority, reason: str, now: datetime
) -> Removal:
    """Ask that a submission be erased; ``reason`` says on which letter or order, and stays in the ledger."""
    by.require(Permission.CASE_ERASE)
    if authority not in WRITTEN:
        raise InvalidError("Say on whose written word.")
    said = checked_reason(reason)
    submission = present(session, case_id, by=by)
    if submission.status is Status.LOCKED or session.scalar(
        select(Removal.id).where(Removal.submission_id == case_id)
    ):
        raise StaleError(_WAITS)
    row_id = uuid4()
    row = Removal(
        id=row_id,
        submission_id=case_id,
        authority=authority,
        asked_by=by.id,
        asked_name=by.name,
        asked=now.date(),
        blob=seal_reason(thread_key(session, submission, by=by), row_id, Label.REMOVAL, said),
    )
    session.add(row)
    detail = {"authority": authority.value, "reason": said}
    note(session, "removal.ask", by=by.name, subject=case_id, detail=detail)
    return row


def listing(session: PortalSession, *, by: Actor) -> Sequence[Removal]:
    """List what waits for a second person."""
    by.require(Permission.CASE_ERASE)
    query = select(Removal).join(Submission, Submission.id == Removal.submission_id)
    known = query.where(Submission.group.in_(by.circles))
    return session.scalars(known.order_by(Removal.asked, Removal.id)).all()


def show(session: PortalSession, *, by: Actor, removal_id: UUID) -> Asked:
    """Open one request with its reason."""
    by.require(Permission.CASE_ERASE)
    row = session.get(Removal, removal_id)
    if row is None:
        raise NotFoundError
    thread = thread_key(session, opening.load(session, row.submission_id), by=by)
    return Asked(row, open_reason(thread, row.id, Label.REMOVAL, row.blob))


def approve(session: PortalSession, *, by: Actor, removal_id: UUID, now: datetime) -> list[str]:
    """Erase it, as if the source had done so in the folder; a legal hold puts it off.

    Returns the store's names of documents that the caller erases after the commit.
    """
    row = _locked(session, by=by, removal_id=removal_id)
    second_person(session, asked_by=row.asked_by, by=by)
    case_id, authority = row.submission_id, row.authority
    note(session, "removal.approve", by=by.name, subject=case_id, detail={"asked": row.asked_name})
    session.delete(row)
    session.flush()
    return withdrawing.withdraw(
        session, submission_id=case_id, day=now.date(), authority=authority, by=by.name
    )


def decline(session: PortalSession, *, by: Actor, removal_id: UUID) -> None:
    """Say no, or take back what one has asked for."""
    row = _locked(session, by=by, removal_id=removal_id)
    note(session, "removal.decline", by=by.name, subject=row.submission_id)
    session.delete(row)


def _locked(session: PortalSession, *, by: Actor, removal_id: UUID) -> Removal:
    by.require(Permission.CASE_ERASE)
    case_id = session.scalar(select(Removal.submission_id).where(Removal.id == removal_id))
    if case_id is None:
        raise NotFoundError
    present(session, case_id, by=by)
    row = session.get(Removal, removal_id, populate_existing=True)
    if row is None:
        raise NotFoundError
    return row
