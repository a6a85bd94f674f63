"""The tables of linking: which record a case speaks of, and who thinks so, is sealed."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, SealedColumn
from portal.intake.models import words

_SUBMISSION = "submission.id"


class LinkState(StrEnum):
    """Whether a link holds. Only a current one does; one that holds no more is kept, and says so."""

    CURRENT = "current"
    WAITING = "waiting"
    """One person has decided; a second looks, without knowing what the first one thinks."""
    DISPUTED = "disputed"
    """The two see it differently; a lead decides."""
    OVERRULED = "overruled"
    SUPERSEDED = "superseded"


UNDECIDED = (LinkState.WAITING, LinkState.DISPUTED)


class Link(Base):
    """A reviewer's claim that a case concerns a record of the registry.

    Who made it and when are sealed too: beside the registry's history they would say which record it is.
    """

    __tablename__ = "link"
    __indexed__: ClassVar[bool] = True

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    submission_id: Mapped[UUID] = mapped_column(ForeignKey(_SUBMISSION, ondelete="RESTRICT"), index=True)
    state: Mapped[LinkState] = mapped_column(words(LinkState), default=LinkState.CURRENT, index=True)
    blob: Mapped[bytes] = mapped_column(SealedColumn)


class LinkDecision(Base):
    """What a second reviewer, and then perhaps a lead, decided on a link; each decides once."""

    __tablename__ = "link_decision"
    __table_args__ = (UniqueConstraint("link_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    submission_id: Mapped[UUID] = mapped_column(ForeignKey(_SUBMISSION, ondelete="RESTRICT"), index=True)
    link_id: Mapped[UUID] = mapped_column(ForeignKey("link.id", ondelete="RESTRICT"))
    number: Mapped[int]
    """2 for the second reviewer, 3 for the lead; the first decision is the link itself."""
    blob: Mapped[bytes] = mapped_column(SealedColumn)


class Dependence(Base):
    """A reviewer's word on two accounts: not independent, of one event, or not the same.

    It hangs on one of the two; which is the other is sealed, and the reason opens only with the keys of both,
    so that no table tells that two sources know each other, and it is gone when either takes theirs back.
    """

    __tablename__ = "dependence"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    submission_id: Mapped[UUID] = mapped_column(ForeignKey(_SUBMISSION, ondelete="RESTRICT"), index=True)
    state: Mapped[LinkState] = mapped_column(words(LinkState), default=LinkState.CURRENT)
    blob: Mapped[bytes] = mapped_column(SealedColumn)
