"""Legal holds: one lead asks, another approves, one may end it; the source is told in the folder."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select

from portal.casework.access import keys_of
from portal.database import PortalSession
from portal.errors import InvalidError, NotFoundError, RefusedError, StaleError
from portal.intake import opening, withdrawing
from portal.intake.models import HoldState, LegalHold, Status, Submission, WithdrawalWish
from portal.intake.sealing import PartKey, open_reason, seal_reason
from portal.ledger.service import note
from portal.permissions import Group, Permission
from portal.staff import service as staff
from portal.staff.actor import Actor
from portal.vault.seal import Label

LONGEST = timedelta(days=731)
"""No hold lasts longer than two years; another one can be asked for."""
LETTERS = 2_000

_ONE_WAITS = "A hold was already asked for here. Decide on that one first."
_CHANGED = "This was decided meanwhile. Look at it again."
_RUN_OUT = "The day until which this was asked for has passed. Ask anew."
_ASKER_GONE = "The person who asked has no access any more. Ask anew."


@dataclass(frozen=True)
class Held:
    """A hold as leads see it; ``wished`` is the day on which its source took everything back meanwhile."""

    row: LegalHold
    in_force: bool
    wished: date | None
    reason: str = field(repr=False, default="")
    circle: Group = Group.INTAKE


# Asking


def ask(
    session: PortalSession, *, by: Actor, case_id: UUID, reason: str, until: date, now: datetime
) -> LegalHold:
    """Ask that a submission be kept from erasure until a day; nothing holds before a second lead agrees."""
    by.require(Permission.CASE_HOLD)
    said = checked_reason(reason)
    if not now.date() < until <= now.date() + LONGEST:
        raise InvalidError("Choose a day after today, within the next two years.")
    submission = present(session, case_id, by=by)
    waiting = select(LegalHold.id).where(
        LegalHold.submission_id == case_id, LegalHold.state == HoldState.ASKED
    )
    if session.scalar(waiting) is not None:
        raise StaleError(_ONE_WAITS)
    hold_id = uuid4()
    row = LegalHold(
        id=hold_id,
        submission_id=case_id,
        until=until,
        asked_by=by.id,
        asked_name=by.name,
        asked=now.date(),
        blob=seal_reason(thread_key(session, submission, by=by), hold_id, Label.HOLD, said),
    )
    session.add(row)
    note(session, "hold.ask", by=by.name, subject=case_id, detail={"until": until.isoformat()})
    return row


def checked_reason(reason: str) -> str:
    """Return a reason fit to be kept, or say what is missing."""
    said = reason.strip()
    if not said:
        raise InvalidError("Say why. The reason is kept with the decision.")
    if len(said) > LETTERS:
        raise InvalidError("The reason has 2000 letters at most.")
    return said


def present(session: PortalSession, case_id: UUID, *, by: Actor, lock: bool = True) -> Submission:
    """Find a submission that is not erased yet, and lock it: what is erased cannot be held.

    One in a circle whose key the actor does not hold is not there either.
    """
    by.case_seeds()
    submission = opening.load(session, case_id, lock=lock)
    if submission.status is Status.WITHDRAWN or submission.group not in by.circles:
        raise NotFoundError
    return submission


def thread_key(session: PortalSession, submission: Submission, *, by: Actor) -> PartKey:
    """Open the key that reasons are sealed under; refuse whoever may not know of the case."""
    return opening.thread_of(keys_of(session, submission, by=by))


# Looking


def listing(session: PortalSession, *, by: Actor, today: date) -> Sequence[Held]:
    """List all holds: those that wait for a decision first, then those in force, then the rest."""
    by.require(Permission.CASE_HOLD)
    wishes = {one.submission_id: one.day for one in session.scalars(select(WithdrawalWish))}
    query = select(LegalHold).join(Submission, Submission.id == LegalHold.submission_id)
    known = query.where(Submission.group.in_(by.circles))
    rows = session.scalars(known.order_by(LegalHold.until, LegalHold.id)).all()
    order = list(HoldState)
    found = [Held(row, _in_force(row, today), wishes.get(row.submission_id)) for row in rows]
    return sorted(found, key=lambda one: (order.index(one.row.state), not one.in_force))


def show(session: PortalSession, *, by: Actor, hold_id: UUID, today: date) -> Held:
    """Open one hold with its reason."""
    by.require(Permission.CASE_HOLD)
    by.case_seeds()
    row = session.get(LegalHold, hold_id)
    if row is None:
        raise NotFoundError
    submission = opening.load(session, row.submission_id)
    thread = thread_key(session, submission, by=by)
    wish = session.get(WithdrawalWish, row.submission_id)
    reason = open_reason(thread, row.id, Label.HOLD, row.blob)
    return Held(row, _in_force(row, today), wish.day if wish else None, reason, submission.group)


def knows_of(session: PortalSession, *, by: Actor, case_id: UUID) -> None:
    """Refuse whoever could not open the conversation of this case, and what is erased already."""
    thread_key(session, present(session, case_id, by=by, lock=False), by=by)


def longest(session: PortalSession, *, case_id: UUID, today: date) -> date | None:
    """Return until when a hold keeps the case, if one does."""
    return withdrawing.held_until(session, case_id, today=today)


def _in_force(row: LegalHold, today: date) -> bool:
    return row.state is HoldState.APPROVED and row.until >= today


def waits_for(held: Held, *, by: Actor, today: date) -> bool:
    """Tell whether a hold waits for this lead to decide: another one asked, and its last day is to come."""
    return held.row.state is HoldState.ASKED and held.row.asked_by != by.id and held.row.until >= today


# Deciding


def approve(session: PortalSession, *, by: Actor, hold_id: UUID, now: datetime) -> None:
    """Let a hold begin: another lead than the one who asked, who can read why."""
    submission, row = _locked(session, by=by, hold_id=hold_id)
    if row.state is not HoldState.ASKED:
        raise StaleError(_CHANGED)
    second_person(session, asked_by=row.asked_by, by=by)
    if row.until < now.date():
        raise StaleError(_RUN_OUT)
    thread_key(session, submission, by=by)
    row.state, row.decided_name, row.decided = HoldState.APPROVED, by.name, now.date()
    detail = {"until": row.until.isoformat()}
    note(session, "hold.approve", by=by.name, subject=row.submission_id, detail=detail)


def second_person(session: PortalSession, *, asked_by: UUID, by: Actor) -> None:
    """Refuse the one who asked, and whose asker has lost the right to ask since."""
    if asked_by == by.id:
        raise RefusedError
    asker = staff.present(session, staff_id=asked_by)
    if asker is None or asker.role is not by.role:
        raise StaleError(_ASKER_GONE)


def decline(session: PortalSession, *, by: Actor, hold_id: UUID, now: datetime) -> None:
    """Say no, or take back what one has asked for."""
    _submission, row = _locked(session, by=by, hold_id=hold_id)
    if row.state is not HoldState.ASKED:
        raise StaleError(_CHANGED)
    row.state, row.decided_name, row.decided = HoldState.DECLINED, by.name, now.date()
    note(session, "hold.decline", by=by.name, subject=row.submission_id)


def end(session: PortalSession, *, by: Actor, hold_id: UUID, now: datetime) -> list[str]:
    """End a hold; what its source took back meanwhile is erased now.

    Returns the store's names of documents that the caller erases after the commit.
    """
    _submission, row = _locked(session, by=by, hold_id=hold_id)
    if not _in_force(row, now.date()):
        raise StaleError(_CHANGED)
    row.state, row.ended_name, row.ended = HoldState.ENDED, by.name, now.date()
    note(session, "hold.end", by=by.name, subject=row.submission_id)
    session.flush()
    return withdrawing.carry_out(session, submission_id=row.submission_id, today=now.date())


def _locked(session: PortalSession, *, by: Actor, hold_id: UUID) -> tuple[Submission, LegalHold]:
    """Find a hold, with its submission locked first, as withdrawing does: one of the two comes before."""
    by.require(Permission.CASE_HOLD)
    query = select(LegalHold.submission_id).where(LegalHold.id == hold_id)
    submission_id = session.scalar(query)
    if submission_id is None:
        raise NotFoundError
    submission = present(session, submission_id, by=by)
    row = session.get(LegalHold, hold_id, populate_existing=True)
    if row is None:
        raise NotFoundError
    return submission, row
