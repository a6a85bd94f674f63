"""Tables of submissions: in clear only ids, days, states, padded sizes and consent decisions."""

from datetime import date
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import Enum, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

import portal.staff.models  # noqa: F401 - a hold names who asked for it
from portal.database import Base, SealedColumn, UtcDay
from portal.permissions import Group


class Status(StrEnum):
    """Where a submission stands; the source sees it in plain words."""

    RECEIVED = "received"
    IN_REVIEW = "in-review"
    AWAITING_SOURCE = "awaiting-source"
    SECOND_REVIEW = "second-review"
    COMPLETE = "complete"
    SET_ASIDE = "set-aside"
    LOCKED = "locked"
    """Its source took it back while a legal hold keeps it from being erased: nobody works on it any more."""
    WITHDRAWN = "withdrawn"


GONE = frozenset({Status.LOCKED, Status.WITHDRAWN})
"""What was taken back: it is in no queue, no release and no figure."""


class Compartment(StrEnum):
    """Keys are separate for what was told, for who told it, and for the conversation."""

    CONTENT = "content"
    IDENTITY = "identity"
    THREAD = "thread"


class Use(StrEnum):
    """What a source may allow, one decision each; the last two bear on all the others (consent.py)."""

    CONTACT = "contact"
    READ = "read"
    LINK = "link"
    RESEARCH = "research"
    STATISTICS = "statistics"
    SHARE = "share"
    """Handed to one body of the list of receivers, which stands beside it in the decision."""
    SHARE_UN = "share-un"
    SHARE_PROSECUTORS = "share-prosecutors"
    SHARE_RIGHTS = "share-rights"
    """Kinds of bodies, asked for until version 2 of the questions; nothing acts upon them."""
    COURT = "court"
    """Before a court, without the source's name."""
    COURT_NAMED = "court-named"
    PUBLISH = "publish"
    """Some of the words, without a name."""
    PUBLISH_NAME = "publish-name"
    PUBLISH_PHOTO = "publish-photo"
    PUBLISH_VOICE = "publish-voice"
    AFTER_DEATH = "after-death"
    """Yes: what was allowed stays allowed. No: sealed, for some years or for good. Ask: a trusted person."""
    DIED = "died"
    """Not the source's word: the day on which the desk learned of the source's death."""


class Answer(StrEnum):
    """The three answers; a blank counts as ask first."""

    YES = "yes"
    ASK = "ask"
    NO = "no"


class Authority(StrEnum):
    """By whose wish a submission goes: its source in the folder, its source's letter, or a court."""

    SOURCE = "source"
    LETTER = "letter"
    COURT = "court"


class HoldState(StrEnum):
    """Where a legal hold stands; an approved one is in force until its day has passed."""

    ASKED = "asked"
    APPROVED = "approved"
    DECLINED = "declined"
    ENDED = "ended"


class Speaker(StrEnum):
    """Who wrote a message."""

    SOURCE = "source"
    STAFF = "staff"


def words(kind: type[StrEnum]) -> Enum:
    """Return a portable column type for a word list."""
    return Enum(
        kind, native_enum=False, length=20, values_callable=lambda members: [one.value for one in members]
    )


class Submission(Base):
    """Everything that one receipt reopens."""

    __tablename__ = "submission"
    __table_args__ = (Index("ix_submission_queue", "group", "status", "day", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    day: Mapped[date] = mapped_column(UtcDay)
    status: Mapped[Status] = mapped_column(words(Status), default=Status.RECEIVED)
    revision: Mapped[int] = mapped_column(default=1)
    group: Mapped[Group] = mapped_column(
        words(Group), default=Group.INTAKE, server_default=Group.INTAKE.value
    )
    """The circle that reads it. The wraps decide what opens; this says where to look (casework/moving)."""
    locator: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    source_key: Mapped[bytes] = mapped_column(LargeBinary)

    # Rows that hang on others are deleted by name (withdrawing.py), never as a side effect.
    parts: Mapped[list["Part"]] = relationship(
        back_populates="submission", order_by="Part.number", passive_deletes="all"
    )
    consents: Mapped[list["Consent"]] = relationship(order_by="Consent.number", passive_deletes="all")

    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012 - SQLAlchemy's own form


class Part(Base):
    """What was sent at one time into one compartment; it has a key of its own."""

    __tablename__ = "part"
    __table_args__ = (UniqueConstraint("submission_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    submission_id: Mapped[UUID] = mapped_column(ForeignKey("submission.id", ondelete="RESTRICT"), index=True)
    number: Mapped[int]
    compartment: Mapped[Compartment] = mapped_column(words(Compartment))
    day: Mapped[date] = mapped_column(UtcDay)

    submission: Mapped[Submission] = relationship(back_populates="parts")
    fields: Mapped[list["SealedField"]] = relationship(order_by="SealedField.name", passive_deletes="all")
    documents: Mapped[list["Document"]] = relationship(order_by="Document.number", passive_deletes="all")


class SealedField(Base):
    """One answer in words, never overwritten: a correction is a new version."""

    __tablename__ = "sealed_field"
    __table_args__ = (UniqueConstraint("part_id", "name", "version"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    part_id: Mapped[UUID] = mapped_column(ForeignKey("part.id", ondelete="RESTRICT"), index=True)
    name: Mapped[str] = mapped_column(String(40))
    version: Mapped[int] = mapped_column(default=1)
    blob: Mapped[bytes] = mapped_column(SealedColumn)


class Document(Base):
    """An attached file: its sealed bytes lie in the store, its name and nature in the sealed record."""

    __tablename__ = "document"
    __table_args__ = (UniqueConstraint("part_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    part_id: Mapped[UUID] = mapped_column(ForeignKey("part.id", ondelete="RESTRICT"), index=True)
    number: Mapped[int]
    day: Mapped[date] = mapped_column(UtcDay)
    stored_name: Mapped[str] = mapped_column(String(32), unique=True)
    stored_size: Mapped[int]
    stored_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    record: Mapped[bytes] = mapped_column(SealedColumn)
    custody: Mapped[bytes] = mapped_column(SealedColumn)


class Receiver(Base):
    """A body that accounts may be handed to, in the words that sources are shown; ended, never deleted."""

    __tablename__ = "receiver"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    number: Mapped[int] = mapped_column(unique=True)
    name_fa: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    about_fa: Mapped[str] = mapped_column(String(90))
    about_en: Mapped[str] = mapped_column(String(90))
    added: Mapped[date] = mapped_column(UtcDay)
    added_name: Mapped[str] = mapped_column(String(60))
    ended: Mapped[date | None] = mapped_column(UtcDay)
    ended_name: Mapped[str] = mapped_column(String(60), default="")
    age: Mapped[str | None] = mapped_column(String(62))
    """The key that releases for it are encrypted to, with the day and the name of who entered it."""
    age_day: Mapped[date | None] = mapped_column(UtcDay)
    age_name: Mapped[str | None] = mapped_column(String(60))


class Consent(Base):
    """One decision for one use, kept with the version of the question; a change is a new row.

    The words that were shown are in `wordings`, by version and language. ``until`` is the last day of a yes;
    ``years`` goes with AFTER_DEATH; ``condition`` is whom the source trusts, sealed under the thread's key.
    ``receiver_id`` goes with SHARE: which body (no row of them is ever deleted).
    """

    __tablename__ = "consent"
    __table_args__ = (
        UniqueConstraint("submission_id", "number"),
        Index("ix_consent_decided", "use", "submission_id", "number", "answer", "until"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    submission_id: Mapped[UUID] = mapped_column(ForeignKey("submission.id", ondelete="RESTRICT"), index=True)
    number: Mapped[int]
    use: Mapped[Use] = mapped_column(words(Use))
    answer: Mapped[Answer] = mapped_column(words(Answer))
    day: Mapped[date] = mapped_column(UtcDay)
    wording: Mapped[int]
    language: Mapped[str] = mapped_column(String(8))
    until: Mapped[date | None] = mapped_column(UtcDay)
    years: Mapped[int | None]
    condition: Mapped[bytes | None] = mapped_column(SealedColumn)
    receiver_id: Mapped[UUID | None]


class QuestionState(StrEnum):
    """Where a question to a source stands; only an open one waits for an answer."""

    OPEN = "open"
    LATER = "later"
    ANSWERED = "answered"


class Question(Base):
    """One use that somebody asked the source for; the reason is sealed under the thread's key.

    ``waits`` is true until it is answered and then nothing, so that one use is asked for once at a time;
    handing on is one use here, too: nobody is asked about two bodies at once.
    """

    __tablename__ = "question"
    __table_args__ = (
        UniqueConstraint("submission_id", "number"),
        UniqueConstraint("submission_id", "use", "waits"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    submission_id: Mapped[UUID] = mapped_column(ForeignKey("submission.id", ondelete="RESTRICT"), index=True)
    number: Mapped[int]
    use: Mapped[Use] = mapped_column(words(Use))
    state: Mapped[QuestionState] = mapped_column(words(QuestionState), default=QuestionState.OPEN)
    waits: Mapped[bool | None] = mapped_column(default=True)
    asked_name: Mapped[str] = mapped_column(String(60))
    day: Mapped[date] = mapped_column(UtcDay)
    answered: Mapped[date | None] = mapped_column(UtcDay)
    blob: Mapped[bytes] = mapped_column(SealedColumn)
    receiver_id: Mapped[UUID | None]


class ContactLeave(Base):
    """Leave to write to a source again unasked: one person gives a reason, another agrees; it serves once."""

    __tablename__ = "contact_leave"
    __table_args__ = (UniqueConstraint("submission_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    submission_id: Mapped[UUID] = mapped_column(ForeignKey("submission.id", ondelete="RESTRICT"), index=True)
    number: Mapped[int]
    """Which contact it is for: the second, the third ..."""
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("staff.id", ondelete="RESTRICT"))
    asked_name: Mapped[str] = mapped_column(String(60))
    asked: Mapped[date] = mapped_column(UtcDay)
    agreed_name: Mapped[str] = mapped_column(String(60), default="")
    agreed: Mapped[date | None] = mapped_column(UtcDay)
    blob: Mapped[bytes] = mapped_column(SealedColumn)


class Telling(Base):
    """One line of what a source is told: who opened it, or what came of it; only the receipt opens it.

    ``mark`` is a keyed digest of role, deed and day, so that the same is told once a day.
    """

    __tablename__ = "telling"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    submission_id: Mapped[UUID] = mapped_column(ForeignKey("submission.id", ondelete="RESTRICT"), index=True)
    day: Mapped[date] = mapped_column(UtcDay)
    mark: Mapped[bytes] = mapped_column(LargeBinary)
    blob: Mapped[bytes] = mapped_column(SealedColumn)


class Message(Base):
    """One message between the source and those who read; sealed under the thread's key."""

    __tablename__ = "message"
    __table_args__ = (UniqueConstraint("submission_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    submission_id: Mapped[UUID] = mapped_column(ForeignKey("submission.id", ondelete="RESTRICT"), index=True)
    number: Mapped[int]
    speaker: Mapped[Speaker] = mapped_column(words(Speaker))
    day: Mapped[date] = mapped_column(UtcDay)
    blob: Mapped[bytes] = mapped_column(SealedColumn)


class LegalHold(Base):
    """What keeps a submission from being erased, for a reason and until a day; two leads decide.

    The reason is sealed under the thread's key, so that the source can read it too.
    """

    __tablename__ = "legal_hold"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    submission_id: Mapped[UUID] = mapped_column(ForeignKey("submission.id", ondelete="RESTRICT"), index=True)
    state: Mapped[HoldState] = mapped_column(words(HoldState), default=HoldState.ASKED)
    revision: Mapped[int] = mapped_column(default=1)
    until: Mapped[date] = mapped_column(UtcDay)
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("staff.id", ondelete="RESTRICT"))
    asked_name: Mapped[str] = mapped_column(String(60))
    asked: Mapped[date] = mapped_column(UtcDay)
    decided_name: Mapped[str] = mapped_column(String(60), default="")
    decided: Mapped[date | None] = mapped_column(UtcDay)
    ended_name: Mapped[str] = mapped_column(String(60), default="")
    ended: Mapped[date | None] = mapped_column(UtcDay)
    blob: Mapped[bytes] = mapped_column(SealedColumn)

    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012 - SQLAlchemy's own form


class WithdrawalWish(Base):
    """That a submission was taken back while a hold stood; it is carried out by itself when the hold ends."""

    __tablename__ = "withdrawal_wish"

    submission_id: Mapped[UUID] = mapped_column(
        ForeignKey("submission.id", ondelete="RESTRICT"), primary_key=True
    )
    day: Mapped[date] = mapped_column(UtcDay)
    authority: Mapped[Authority] = mapped_column(words(Authority))


class Removal(Base):
    """One lead's request to erase a submission on a letter or a court's order; another one decides."""

    __tablename__ = "removal"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    submission_id: Mapped[UUID] = mapped_column(ForeignKey("submission.id", ondelete="RESTRICT"), unique=True)
    authority: Mapped[Authority] = mapped_column(words(Authority))
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("staff.id", ondelete="RESTRICT"))
    asked_name: Mapped[str] = mapped_column(String(60))
    asked: Mapped[date] = mapped_column(UtcDay)
    blob: Mapped[bytes] = mapped_column(SealedColumn)


class Tombstone(Base):
    """What is left of a withdrawn submission: that it was there, until when, and by whose wish it went."""

    __tablename__ = "tombstone"

    submission_id: Mapped[UUID] = mapped_column(
        ForeignKey("submission.id", ondelete="RESTRICT"), primary_key=True
    )
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    day: Mapped[date] = mapped_column(UtcDay)
    authority: Mapped[str] = mapped_column(String(20))
