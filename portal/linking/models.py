"""The table of links: which record a case speaks of is sealed; in clear is only that there is a link."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, SealedColumn
from portal.intake.models import words


class LinkState(StrEnum):
    """Whether a link still holds; one that was taken back is kept, and says so."""

    CURRENT = "current"
    SUPERSEDED = "superseded"


class Link(Base):
    """A reviewer's claim that a case concerns a record of the registry.

    Who made it and when are sealed too: beside the registry's history they would say which record it is.
    """

    __tablename__ = "link"
    __indexed__: ClassVar[bool] = True

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    submission_id: Mapped[UUID] = mapped_column(ForeignKey("submission.id", ondelete="RESTRICT"), index=True)
    state: Mapped[LinkState] = mapped_column(words(LinkState), default=LinkState.CURRENT)
    blob: Mapped[bytes] = mapped_column(SealedColumn)
