"""Asking a source for one use, and how often a source may be written to unasked.

A first contact is free where contact is allowed. Each further one that does not answer the source needs a
reason and a colleague who agrees: people are not to be asked again and again (research/08, E5; Murad Code).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import func, select

from portal.casework.access import claim_of, find, keys_of
from portal.database import PortalSession
from portal.errors import InvalidError, NotFoundError, RefusedError, StaleError
from portal.intake import consent, opening, questions, receivers
from portal.intake.deciding import Aim, add_death
from portal.intake.models import (
    Answer,
    ContactLeave,
    Message,
    Question,
    Receiver,
    Speaker,
    Submission,
    Use,
)
from portal.intake.openings import Deed, tell
from portal.intake.sealing import PartKey, open_reason, seal_reason
from portal.ledger.service import note
from portal.permissions import Permission
from portal.staff.actor import Actor
from portal.vault.seal import Label

FREE = 1
"""Contacts that need nobody's leave."""

_NO_LEAVE = "The source was written to before and has not written since. A colleague has to agree first."


@dataclass(frozen=True)
class Leave:
    """A wish to write once more, opened."""

    id: UUID
    number: int
    asked_name: str
    asked: date
    agreed_name: str
    agreed: date | None
    reason: str = field(repr=False)


@dataclass(frozen=True)
class Standing:
    """What a member of staff sees before asking."""

    case_id: UUID
    decisions: Mapping[Use, Answer]
    died: date | None
    asked: Sequence[questions.Asked] = field(repr=False)
    leaves: Sequence[Leave] = field(repr=False)
    contacts: int
    """How often the source was written to without having written first."""
    answers: bool
    """The source wrote last, so that a message is an answer."""
    may_ask: tuple[Aim, ...]
    receivers: Sequence[Receiver]
    held: bool

    @property
    def needs_leave(self) -> bool:
        """Tell whether the next contact needs a colleague's leave that is not there yet."""
        number = self.contacts + 1
        return number > FREE and not any(one.number == number and one.agreed for one in self.leaves)

    @property
    def pending(self) -> Leave | None:
        """Return the wish that waits for a colleague."""
        return next((one for one in self.leaves if one.number > self.contacts and not one.agreed), None)


def standing(session: PortalSession, *, by: Actor, case_id: UUID) -> Standing:
    """Show what may be asked, what was asked, and how often the source was written to."""
    by.require(Permission.CASE_CONTACT)
    submission = find(session, by=by, case_id=case_id)
    thread = opening.thread_of(keys_of(session, submission, by=by))
    holds = consent.current(submission.consents, on=session.today)
    asked = questions.asked(session, thread)
    bodies = receivers.answers(session, submission.consents)
    ways: list[tuple[Aim, Answer]] = [((use, None), answer) for use, answer in holds.items()]
    ways += [((Use.SHARE, one.id), answer) for one, answer in bodies]
    waiting = {one.use for one in asked if one.waits}
    open_uses = tuple(aim for aim, answer in ways if answer is Answer.ASK and aim[0] not in waiting)
    speakers = _speakers(session, case_id)
    died = next((one.day for one in submission.consents if one.use is Use.DIED), None)
    return Standing(
        case_id=case_id,
        decisions=holds,
        died=died,
        asked=asked,
        leaves=[_opened(thread, row) for row in _leaves(session, case_id)],
        contacts=_unasked(speakers) + len(asked),
        answers=bool(speakers) and speakers[-1] is Speaker.SOURCE,
        may_ask=() if holds[Use.CONTACT] is Answer.NO else open_uses,
        receivers=receivers.every(session),
        held=_holds(session, submission, by),
    )


def _holds(session: PortalSession, submission: Submission, by: Actor) -> bool:
    held = claim_of(session, submission)
    return by.may(Permission.CASE_APPROVE) or (held is not None and held.staff_id == by.id)


def _speakers(session: PortalSession, case_id: UUID) -> list[Speaker]:
    query = select(Message.speaker).where(Message.submission_id == case_id).order_by(Message.number)
    return list(session.scalars(query))


def _unasked(speakers: Sequence[Speaker]) -> int:
    """Count the messages of staff that did not answer one of the source."""
    before = [None, *speakers]
    return sum(
        one is Speaker.STAFF and last is not Speaker.SOURCE
        for one, last in zip(speakers, before, strict=False)
    )


def _leaves(session: PortalSession, case_id: UUID) -> Sequence[ContactLeave]:
    query = select(ContactLeave).where(ContactLeave.submission_id == case_id).order_by(ContactLeave.number)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def _opened(thread: PartKey, row: ContactLeave) -> Leave:
    reason = open_reason(thread, row.id, Label.CONTACT_LEAVE, row.blob)
    return Leave(row.id, row.number, row.asked_name, row.asked, row.agreed_name, row.agreed, reason)


def contacts(session: PortalSession, case_id: UUID) -> int:
    """Count how often a source was written to unasked, questions about a use included."""
    asked = select(func.count()).select_from(Question).where(Question.submission_id == case_id)
    return _unasked(_speakers(session, case_id)) + (session.scalar(asked) or 0)


def check(session: PortalSession, case_id: UUID) -> None:
    """Raise `StaleError` when one more unasked contact needs leave that nobody gave; the case is locked."""
    number = contacts(session, case_id) + 1
    if number > FREE and not any(one.number == number and one.agreed for one in _leaves(session, case_id)):
        raise StaleError(_NO_LEAVE)


def ask(
    session: PortalSession,
    *,
    by: Actor,
    case_id: UUID,
    use: Use,
    reason: str,
    now: datetime,
    receiver: UUID | None = None,
) -> UUID:
    """Ask the source for one use, with a reason that they read; by the holder of the case, or a lead."""
    submission, thread = _to_write(session, by=by, case_id=case_id)
    check(session, case_id)
    row = questions.add(session, submission, thread, use=use, reason=reason, by=by.name, receiver=receiver)
    session.flush()
    note(session, "question.ask", by=by.name, subject=case_id, detail={"use": use.value})
    del now
    return row.id


def _to_write(session: PortalSession, *, by: Actor, case_id: UUID) -> tuple[Submission, PartKey]:
    by.require(Permission.CASE_CONTACT)
    submission = find(session, by=by, case_id=case_id, lock=True)
    if not _holds(session, submission, by):
        raise RefusedError
    return submission, opening.thread_of(keys_of(session, submission, by=by))


def ask_leave(session: PortalSession, *, by: Actor, case_id: UUID, reason: str, now: datetime) -> UUID:
    """Ask a colleague's leave to write to a source once more, for a recorded reason."""
    submission, thread = _to_write(session, by=by, case_id=case_id)
    if consent.current(submission.consents, on=session.today)[Use.CONTACT] is Answer.NO:
        raise RefusedError
    if not reason.strip():
        raise InvalidError("Say why the source has to be written to again.")
    number = contacts(session, case_id) + 1
    if number <= FREE:
        raise StaleError("No leave is needed for this.")
    if any(one.number == number for one in _leaves(session, case_id)):
        raise StaleError("A colleague was asked already.")
    row = ContactLeave(
        id=uuid4(), submission_id=case_id, number=number, asked_by=by.id, asked_name=by.name, asked=now.date()
    )
    row.blob = seal_reason(thread, row.id, Label.CONTACT_LEAVE, reason.strip())
    session.add(row)
    session.flush()
    note(session, "contact.ask-leave", by=by.name, subject=case_id)
    return row.id


def agree(session: PortalSession, *, by: Actor, case_id: UUID, leave_id: UUID, now: datetime) -> None:
    """Agree that a source is written to once more; never for oneself."""
    by.require(Permission.CASE_CONTACT)
    find(session, by=by, case_id=case_id, lock=True)
    row = session.get(ContactLeave, leave_id, populate_existing=True)
    if row is None or row.submission_id != case_id:
        raise NotFoundError
    if row.asked_by == by.id:
        raise RefusedError
    if row.agreed is not None or row.number != contacts(session, case_id) + 1:
        raise StaleError("This was decided already.")
    row.agreed_name, row.agreed = by.name, now.date()
    note(session, "contact.agree", by=by.name, subject=case_id)


def record_death(session: PortalSession, *, by: Actor, case_id: UUID) -> None:
    """Write into the ledger of permissions that a source has died; what they wished for then holds now."""
    by.require(Permission.CASE_APPROVE)
    submission = find(session, by=by, case_id=case_id, lock=True)
    if any(one.use is Use.DIED for one in submission.consents):
        raise StaleError("This is written down already.")
    add_death(session, case_id, submission.consents, day=session.today)
    thread = opening.thread_of(keys_of(session, submission, by=by))
    tell(session, submission, Deed.DIED, role=by.role.value, thread=thread)
    session.flush()
    note(session, "source.died", by=by.name, subject=case_id)
