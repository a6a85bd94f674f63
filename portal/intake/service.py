"""What a source can do: send, come back, write, add, change permissions; taking back is in withdrawing.py.

Everything is sealed before the first statement, so that the transaction is short.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from portal.config import PublicKeys
from portal.database import PortalSession, pause
from portal.errors import InvalidError, RefusedError, UnavailableError
from portal.intake import questions
from portal.intake.answers import to_seal
from portal.intake.deciding import add_decisions
from portal.intake.documents import document_row
from portal.intake.drafts import Draft, DraftFile
from portal.intake.journey import Step
from portal.intake.models import (
    GONE,
    Answer,
    Compartment,
    Document,
    Message,
    Part,
    SealedField,
    Speaker,
    Status,
    Submission,
)
from portal.intake.opening import documents_of, load, part_keys, thread_of
from portal.intake.sealing import PartKey, seal_field, seal_message
from portal.intake.withdrawing import SOURCE
from portal.ledger.service import note
from portal.permissions import Group
from portal.store import segments, wraps
from portal.store.wraps import Wrap
from portal.vault.receipt import ReceiptKeys
from portal.vault.wrap import key_id, public_key

TEXTS = 100
"""Texts that one folder may hold, the account itself included."""

MESSAGES = 50
"""Messages that a source may write in a day."""


def _recipients(
    keys: PublicKeys, circle: Group, compartment: Compartment, source_key: bytes | None
) -> list[bytes]:
    group = Group.CONTACT if compartment is Compartment.IDENTITY else circle
    known = [keys.groups[group.value], keys.recovery]
    return [*known, source_key] if source_key else known


def _fields(draft: Draft, language: str) -> Iterator[SealedField]:
    """Seal every answer, given or not, so that an empty one looks like any other."""
    content, identity = draft.part(Compartment.CONTENT), draft.part(Compartment.IDENTITY)
    answers = [
        (content, "narrative", draft.narrative),
        (content, "relation", draft.relation),
        (content, "language", language),
        (identity, "called", draft.called),
        (identity, "contact", draft.contact),
        *((content, name, text) for name, text in to_seal(draft, identity=False)),
        *((identity, name, text) for name, text in to_seal(draft, identity=True)),
    ]
    for part, name, text in answers:
        yield SealedField(part_id=part.part_id, name=name, version=1, blob=seal_field(part, name, 1, text))


def submit(
    session: PortalSession, *, draft: Draft, keys: PublicKeys, receipt: ReceiptKeys, language: str, day: date
) -> Submission:
    """Send a draft: once, however often it is asked.

    The caller has derived the receipt's keys beforehand, and commits; files are already in the store.
    """
    if not draft.narrative.strip() and not draft.files:
        raise InvalidError(
            "There is nothing to send yet. Write something first, even one sentence, or add a file."
        )
    source_key = public_key(receipt.seed)
    fields = list(_fields(draft, language))
    content = draft.part(Compartment.CONTENT)
    documents = [document_row(content, file, number, day) for number, file in enumerate(draft.files, 1)]
    existing = session.get(Submission, draft.submission_id)
    if existing is not None:
        return existing
    submission = Submission(id=draft.submission_id, day=day, locator=receipt.locator, source_key=source_key)
    session.add(submission)
    try:
        session.flush()
    except IntegrityError:
        pause(session)
        return session.get_one(Submission, draft.submission_id)
    _add_parts(session, draft, keys, source_key, day)
    session.add_all([*fields, *documents])
    add_decisions(
        session,
        submission.id,
        [],
        draft.consent,
        language=language,
        day=day,
        thread=draft.part(Compartment.THREAD),
        shown=draft.asked.get(Step.PERMISSIONS, {}),
    )
    note(session, "submission.receive", by=SOURCE, subject=submission.id)
    return submission


def _add_parts(session: PortalSession, draft: Draft, keys: PublicKeys, source_key: bytes, day: date) -> None:
    """Add what a submission begins with: a part for each compartment, its key wrapped to who may open it."""
    for number, kind in enumerate(Compartment, 1):
        reopens = draft.reread == Answer.YES or kind is Compartment.THREAD
        recipients = _recipients(keys, Group.INTAKE, kind, source_key if reopens else None)
        _add_part(session, draft.part(kind), number, recipients=recipients, keys=keys, day=day)
    session.flush()


def _add_part(
    session: PortalSession,
    part: PartKey,
    number: int,
    *,
    recipients: Sequence[bytes],
    keys: PublicKeys,
    day: date,
) -> None:
    """Add a part's row, and its key wrapped to each recipient."""
    session.add(
        Part(
            id=part.part_id,
            submission_id=part.submission_id,
            number=number,
            compartment=part.compartment,
            day=day,
        )
    )
    wraps.add(
        session,
        submission_id=part.submission_id,
        part_id=part.part_id,
        key=part.key,
        recipients=recipients,
        place=part.place,
        epoch_of=keys.epoch_of,
    )


def find_by_receipt(session: PortalSession, *, receipt: ReceiptKeys) -> UUID | None:
    """Return the submission that the receipt reopens, withdrawn ones included."""
    found: UUID | None = session.scalar(select(Submission.id).where(Submission.locator == receipt.locator))
    return found


def _live(session: PortalSession, submission_id: UUID) -> Submission:
    submission = load(session, submission_id, lock=True)
    if submission.status in GONE:
        raise RefusedError
    return submission


def add_message(
    session: PortalSession, *, thread: PartKey, speaker: Speaker, text: str, day: date
) -> Message:
    """Append a message to the conversation."""
    if not text.strip():
        raise InvalidError("The message is empty. Write something first.")
    count = len(
        session.scalars(select(Message.id).where(Message.submission_id == thread.submission_id)).all()
    )
    message_id, number = uuid4(), count + 1
    message = Message(
        id=message_id,
        submission_id=thread.submission_id,
        number=number,
        speaker=speaker,
        day=day,
        blob=seal_message(thread, message_id, number, speaker, text),
    )
    session.add(message)
    return message


def add_sent_file(
    session: PortalSession, *, thread: PartKey, message: Message, file: DraftFile, limit: int
) -> None:
    """Put a file beside a message of staff; sealed as part of the thread, it opens with the nine words."""
    count = select(func.count()).select_from(Document).where(Document.part_id == thread.part_id)
    number = 1 + (session.scalar(count) or 0)
    if number > limit:
        raise InvalidError(
            "This conversation carries as many files as it can. Send the message without the file."
        )
    session.add(document_row(thread, file, number, message.day, message=message.id.hex))


def reply(
    session: PortalSession, *, submission_id: UUID, seed: bytes, text: str, day: date, limit: int = MESSAGES
) -> None:
    """Write to the people who read."""
    submission = _live(session, submission_id)
    thread = thread_of(part_keys(session, submission, seed))
    written = (Message.submission_id == submission_id, Message.speaker == Speaker.SOURCE, Message.day == day)
    if len(session.scalars(select(Message.id).where(*written).limit(limit)).all()) >= limit:
        raise InvalidError(
            "These are as many messages as one folder takes in a day. "
            "What you wrote is still here; please send it tomorrow."
        )
    add_message(session, thread=thread, speaker=Speaker.SOURCE, text=text, day=day)
    if submission.status is Status.AWAITING_SOURCE:
        submission.status = Status.IN_REVIEW
    elif submission.status is Status.SET_ASIDE:
        submission.status = Status.RECEIVED  # who writes again is a person, and waits to be read
    note(session, "message.receive", by=SOURCE, subject=submission_id)


def add_files(
    session: PortalSession,
    *,
    submission_id: UUID,
    seed: bytes,
    part: PartKey,
    files: Sequence[DraftFile],
    keys: PublicKeys,
    day: date,
    limit: int,
) -> None:
    """Add files that were just sealed; they get a part and a key of their own, for the circle that reads."""
    rows = [document_row(part, file, number, day) for number, file in enumerate(files, 1)]
    submission = _live(session, submission_id)
    if len(documents_of(submission)) + len(rows) > limit:
        raise InvalidError("Your folder holds as many files as it can. Write to us if there is more to send.")
    _add_content(session, submission, part, seed=seed, keys=keys, day=day)
    session.add_all(rows)
    segments.touch(session, submission_id)
    note(session, "document.receive", by=SOURCE, subject=submission_id)


def add_text(
    session: PortalSession,
    *,
    submission_id: UUID,
    seed: bytes,
    text: str,
    keys: PublicKeys,
    day: date,
    limit: int = TEXTS,
) -> None:
    """Put more words beside the account, or what corrects it; what was sent before is never touched."""
    if not text.strip():
        raise InvalidError("There is nothing to keep yet. Write something first, even one sentence.")
    part = PartKey.new(submission_id, Compartment.CONTENT)
    field = SealedField(part_id=part.part_id, name="narrative", blob=seal_field(part, "narrative", 1, text))
    submission = _live(session, submission_id)
    if sum(bool(one.fields) for one in submission.parts) >= limit:
        raise InvalidError("Your folder holds as many texts as it can. Write us a message if there is more.")
    _add_content(session, submission, part, seed=seed, keys=keys, day=day)
    session.add(field)
    if submission.status is Status.AWAITING_SOURCE:
        submission.status = Status.IN_REVIEW
    segments.touch(session, submission_id)
    note(session, "text.receive", by=SOURCE, subject=submission_id)


def _add_content(
    session: PortalSession, submission: Submission, part: PartKey, *, seed: bytes, keys: PublicKeys, day: date
) -> None:
    """Add a part for the circle that reads, and for the source who chose to read what they sent."""
    opened = part_keys(session, submission, seed).values()
    rereads = any(one.compartment is Compartment.CONTENT for one in opened)
    number = max(one.number for one in submission.parts) + 1
    circle = _circle_of(session, submission, keys)
    recipients = _recipients(keys, circle, part.compartment, public_key(seed) if rereads else None)
    _add_part(session, part, number, recipients=recipients, keys=keys, day=day)
    session.flush()


def _circle_of(session: PortalSession, submission: Submission, keys: PublicKeys) -> Group:
    """Return the circle that the submission stands in, if what is wrapped says the same.

    Who writes to the one database must not have what comes later sealed to another circle.
    """
    group = submission.group
    lines = [keys.groups.get(group.value, b""), *keys.former.get(group.value, {}).values()]
    [thread] = [one.id for one in submission.parts if one.compartment is Compartment.THREAD]
    query = select(Wrap.id).where(Wrap.part_id == thread, Wrap.key_id.in_([key_id(one) for one in lines]))
    if session.keys.scalar(query.limit(1)) is None:
        raise UnavailableError("This cannot be taken now. Please come back later.")
    return group


def decide(
    session: PortalSession,
    *,
    submission_id: UUID,
    answers: Mapping[str, str],
    language: str,
    day: date,
    seed: bytes | None = None,
) -> int:
    """Change permissions; return how many changed. They hold from this moment."""
    submission = _live(session, submission_id)
    thread = thread_of(part_keys(session, submission, seed)) if seed else None
    changed = add_decisions(
        session, submission_id, submission.consents, answers, language=language, day=day, thread=thread
    )
    if changed:
        questions.settle(session, submission_id, day=day)
        note(session, "consent.change", by=SOURCE, subject=submission_id)
    return changed
