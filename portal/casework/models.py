"""Tables of casework: who holds a case, in clear; what was marked, coded and noted, sealed.

Everything sealed here opens with the key of the submission's first content part, so withdrawing the
submission closes it; rows stay, because the ledger has seen them. Changes of classes that are ``__indexed__``
make the group's search index read the case again (`portal.store.segments`).
"""

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, SealedColumn, UtcDay
from portal.intake.models import words

_SUBMISSION = "submission.id"
_NAME = String(60)


class SheetState(StrEnum):
    """Where a coding sheet stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    RETURNED = "returned"


class Claim(Base):
    """Who holds a case; the primary key lets only one in."""

    __tablename__ = "claim"

    submission_id: Mapped[UUID] = mapped_column(
        ForeignKey(_SUBMISSION, ondelete="RESTRICT"), primary_key=True
    )
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id", ondelete="RESTRICT"), index=True)
    name: Mapped[str] = mapped_column(_NAME)
    day: Mapped[date] = mapped_column(UtcDay)


class Annotation(Base):
    """A marked span of one field; the field's id is bound by the seal, and may outlive the field."""

    __tablename__ = "annotation"
    __indexed__: ClassVar[bool] = True

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    submission_id: Mapped[UUID] = mapped_column(ForeignKey(_SUBMISSION, ondelete="RESTRICT"), index=True)
    field_id: Mapped[UUID] = mapped_column(index=True)
    version: Mapped[int] = mapped_column(default=1)
    blob: Mapped[bytes] = mapped_column(SealedColumn)
    by: Mapped[str] = mapped_column(_NAME)
    day: Mapped[date] = mapped_column(UtcDay)


class CodingSheet(Base):
    """The coded facts of a case; on approval a copy under a fresh key goes to the release group."""

    __tablename__ = "coding_sheet"
    __indexed__: ClassVar[bool] = True

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    submission_id: Mapped[UUID] = mapped_column(ForeignKey(_SUBMISSION, ondelete="RESTRICT"), unique=True)
    state: Mapped[SheetState] = mapped_column(words(SheetState), default=SheetState.DRAFT)
    revision: Mapped[int] = mapped_column(default=1)
    version: Mapped[int] = mapped_column(default=1)
    written_by: Mapped[str] = mapped_column(_NAME)
    approved_by: Mapped[str | None] = mapped_column(_NAME)
    day: Mapped[date] = mapped_column(UtcDay)
    blob: Mapped[bytes] = mapped_column(SealedColumn)
    release_blob: Mapped[bytes | None] = mapped_column(SealedColumn)

    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012 - SQLAlchemy's own form


class CaseNote(Base):
    """What a member of staff noted about a case, for colleagues."""

    __tablename__ = "case_note"
    __indexed__: ClassVar[bool] = True

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    submission_id: Mapped[UUID] = mapped_column(ForeignKey(_SUBMISSION, ondelete="RESTRICT"), index=True)
    by: Mapped[str] = mapped_column(_NAME)
    day: Mapped[date] = mapped_column(UtcDay)
    blob: Mapped[bytes] = mapped_column(SealedColumn)


class CaseTitle(Base):
    """A case in a few words of whoever works on it."""

    __tablename__ = "case_title"
    __indexed__: ClassVar[bool] = True

    submission_id: Mapped[UUID] = mapped_column(
        ForeignKey(_SUBMISSION, ondelete="RESTRICT"), primary_key=True
    )
    version: Mapped[int] = mapped_column(default=1)
    blob: Mapped[bytes] = mapped_column(SealedColumn)
    by: Mapped[str] = mapped_column(_NAME)
    day: Mapped[date] = mapped_column(UtcDay)
