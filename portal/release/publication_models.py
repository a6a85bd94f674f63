"""Publishing a table of patterns: who asked, who decided, and which edition it became."""

from datetime import date
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, UtcDay
from portal.intake.models import words

_STAFF = "staff.id"
_NAME = String(60)


class PublicationState(StrEnum):
    """Where a publication stands; the last two are final."""

    ASKED = "asked"
    PUBLISHED = "published"
    DECLINED = "declined"


class Publication(Base):
    """One request to show a finished table to everybody, and its one decision."""

    __tablename__ = "publication"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    release_id: Mapped[UUID] = mapped_column(ForeignKey("release.id", ondelete="RESTRICT"))
    state: Mapped[PublicationState] = mapped_column(words(PublicationState), default=PublicationState.ASKED)
    revision: Mapped[int] = mapped_column(default=1)
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of what is to be shown, as the person who asked made it."""
    asked_by: Mapped[UUID] = mapped_column(ForeignKey(_STAFF, ondelete="RESTRICT"))
    asked_name: Mapped[str] = mapped_column(_NAME)
    asked: Mapped[date] = mapped_column(UtcDay)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey(_STAFF, ondelete="RESTRICT"))
    decided_name: Mapped[str] = mapped_column(_NAME, default="")
    decided: Mapped[date | None] = mapped_column(UtcDay)
    edition: Mapped[int | None] = mapped_column(unique=True)
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey(_STAFF, ondelete="RESTRICT"))
    ended_name: Mapped[str] = mapped_column(_NAME, default="")

    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012 - SQLAlchemy's own form
