"""The table of links: which record a case speaks of is sealed; in clear is only that there is a link."""

from datetime import date
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, SealedColumn, UtcDay
from portal.intake.models import words


class LinkState(StrEnum):
    """Whether a link still holds; one that was taken back is kept, and says so."""

    CURRENT = "current"
    SUPERSEDED = "superseded"


class Link(Base):
    """A reviewer's claim that a case concerns a record of the registry."""

    __tablename__ = "link"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    submission_id: Mapped[UUID] = mapped_column(ForeignKey("submission.id", ondelete="RESTRICT"), index=True)
    state: Mapped[LinkState] = mapped_column(words(LinkState), default=LinkState.CURRENT)
    by: Mapped[str] = mapped_column(String(60))
    day: Mapped[date] = mapped_column(UtcDay)
    blob: Mapped[bytes] = mapped_column(SealedColumn)
