"""Questions to a source about one use: *ask me first* taken at its word; the answer is a new decision."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import select

from portal.database import PortalSession
from portal.errors import InvalidError, NotFoundError, RefusedError, StaleError
from portal.intake import consent, receivers
from portal.intake.deciding import add_decisions
from portal.intake.models import GONE, Answer, Consent, Question, QuestionState, Submission, Use
from portal.intake.opening import load, part_keys, thread_of
from portal.intake.sealing import PartKey, open_reason, seal_reason
from portal.intake.withdrawing import SOURCE
from portal.ledger.service import note
from portal.vault.seal import Label

LATER = "later"
LONGEST = 2000


@dataclass(frozen=True)
class Asked:
    """A question, opened; ``now`` says whether it still waits for an answer."""

    id: UUID
    use: Use
    receiver_id: UUID | None
    state: QuestionState
    day: date
    answered: date | None
    by: str = field(repr=False)
    reason: str = field(repr=False)

    @property
    def waits(self) -> bool:
        """Tell whether it may still be answered; one put off for later may."""
        return self.state is not QuestionState.ANSWERED


def asked(session: PortalSession, thread: PartKey) -> Sequence[Asked]:
    """Open every question that a source was asked, the oldest first."""
    return [
        Asked(
            id=row.id,
            use=row.use,
            receiver_id=row.receiver_id,
            state=row.state,
            day=row.day,
            answered=row.answered,
            by=row.asked_name,
            reason=open_reason(thread, row.id, Label.QUESTION, row.blob),
        )
        for row in _rows(session, thread.submission_id)
    ]


def waiting(session: PortalSession, *, submission_id: UUID, seed: bytes) -> Sequence[Asked]:
    """Open with the receipt's key the questions that wait for an answer; those put off stand last."""
    thread = thread_of(part_keys(session, load(session, submission_id), seed))
    found = [one for one in asked(session, thread) if one.waits]
    return sorted(found, key=lambda one: one.state is QuestionState.LATER)


def _rows(session: PortalSession, submission_id: UUID) -> Sequence[Question]:
    query = select(Question).where(Question.submission_id == submission_id).order_by(Question.number)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def add(
    session: PortalSession,
    submission: Submission,
    thread: PartKey,
    *,
    use: Use,
    reason: str,
    by: str,
    receiver: UUID | None = None,
) -> Question:
    """Ask for one use of a submission that is locked; once, until it is answered.

    SHARE is asked for one body on the list. `InvalidError` when the source has decided about it, or no reason
    is given; `RefusedError` when they do not wish to be written to at all.
    """
    _check_may_ask(session, submission, use, receiver)
    if not reason.strip():
        raise InvalidError("Say why, in words the source will read.")
    if len(reason) > LONGEST:
        raise InvalidError("The reason has 2000 letters at most.")
    rows = _rows(session, submission.id)
    if any(one.use is use and one.waits for one in rows):
        raise StaleError("The source was asked this already and has not answered yet.")
    row = Question(
        id=uuid4(),
        submission_id=submission.id,
        number=len(rows) + 1,
        use=use,
        state=QuestionState.OPEN,
        waits=True,
        asked_name=by,
        day=session.today,
        receiver_id=receiver,
    )
    row.blob = seal_reason(thread, row.id, Label.QUESTION, reason.strip())
    session.add(row)
    return row


def _check_may_ask(session: PortalSession, submission: Submission, use: Use, receiver: UUID | None) -> None:
    if receiver is not None:
        receivers.find(session, receiver)
    holds = consent.current(submission.consents, on=session.today, receiver=receiver)
    if holds[Use.CONTACT] is Answer.NO:
        raise RefusedError
    if holds.get(use) is not Answer.ASK or (use is Use.SHARE) is (receiver is None):
        raise InvalidError("The source has decided about this already. Their answer holds.")


def answer(
    session: PortalSession,
    *,
    submission_id: UUID,
    seed: bytes,
    question_id: UUID,
    said: str,
    language: str,
    day: date,
) -> None:
    """Answer a question with yes or no, which is a decision, or put it off; it holds from this moment."""
    submission = load(session, submission_id, lock=True)
    if submission.status in GONE:
        raise RefusedError
    row = session.get(Question, question_id, populate_existing=True)
    if row is None or row.submission_id != submission_id:
        raise NotFoundError
    if not row.waits:
        raise StaleError("This question was answered already.")
    if said == LATER:
        row.state = QuestionState.LATER
        return
    if said not in {Answer.YES, Answer.NO}:
        raise InvalidError("Choose yes, no or later.")
    thread = thread_of(part_keys(session, submission, seed))
    given = {consent.name_of(row.use, row.receiver_id): said}
    add_decisions(
        session, submission_id, submission.consents, given, language=language, day=day, thread=thread
    )
    _close(row, day)
    note(session, "consent.change", by=SOURCE, subject=submission_id)


def settle(session: PortalSession, submission_id: UUID, *, day: date) -> None:
    """Close the questions that a change of permissions has answered."""
    waiting = [one for one in _rows(session, submission_id) if one.waits]
    if not waiting:
        return
    session.flush()
    query = select(Consent).where(Consent.submission_id == submission_id)
    made = session.scalars(query).all()
    for row in waiting:
        holds = consent.current(made, on=day, receiver=row.receiver_id)
        if holds[row.use] is not Answer.ASK:
            _close(row, day)


def _close(row: Question, day: date) -> None:
    row.state, row.waits, row.answered = QuestionState.ANSWERED, None, day
