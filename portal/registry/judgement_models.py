"""Tables of pairs of records: what reviewers said they are to each other, and what may yet be found."""

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, UtcDay, UtcTime
from portal.registry.columns import RECORD, token


class Sameness(StrEnum):
    """What two records are to each other."""

    SAME = "same"
    APART = "apart"
    UNSURE = "unsure"


class Judgement(Base):
    """One decision on two records: who, when, why, and the versions that were looked at.

    Both records stay whole. That they are one is true for readers as long as the decision `holds`; taking it
    back is written down here too, and nothing is ever deleted.
    """

    __tablename__ = "registry_judgement"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kept_id: Mapped[UUID] = mapped_column(ForeignKey(RECORD), index=True)
    """Under which of the two both are shown, when they are one."""
    other_id: Mapped[UUID] = mapped_column(ForeignKey(RECORD), index=True)
    sameness: Mapped[Sameness] = mapped_column(token(Sameness))
    holds: Mapped[bool]
    """Whether readers see the two as one."""
    kept_version: Mapped[int]
    other_version: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    author_id: Mapped[UUID]
    author: Mapped[str] = mapped_column(String(100))
    day: Mapped[date] = mapped_column(UtcDay)
    seconded_by: Mapped[str | None] = mapped_column(String(100))
    seconded_day: Mapped[date | None] = mapped_column(UtcDay)
    withdrawn_by: Mapped[str | None] = mapped_column(String(100))
    withdrawn_day: Mapped[date | None] = mapped_column(UtcDay)
    withdrawn_reason: Mapped[str | None] = mapped_column(Text)

    @property
    def stands(self) -> bool:
        """Tell whether nobody has taken it back."""
        return self.withdrawn_day is None

    @property
    def waits(self) -> bool:
        """Tell whether somebody else has yet to agree."""
        return self.stands and self.sameness is Sameness.SAME and not self.holds


class Likeness(Base):
    """Two persons who may be one, and how much speaks for it, in tenths of a bit; found anew each time.

    What few may know does not weigh in it. It follows from the records, so the ledger does not keep it.
    """

    __tablename__ = "registry_likeness"
    __recorded__: ClassVar[bool] = False

    one_id: Mapped[UUID] = mapped_column(ForeignKey(RECORD), primary_key=True)
    other_id: Mapped[UUID] = mapped_column(ForeignKey(RECORD), primary_key=True)
    weight: Mapped[int] = mapped_column(index=True)


class LikenessRun(Base):
    """The last search for persons who may be one: up to which change of names, and how far it has come."""

    __tablename__ = "registry_likeness_run"
    __recorded__: ClassVar[bool] = False

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
    persons: Mapped[int]
    percent: Mapped[int]
    """100 when it has ended."""
    touched: Mapped[datetime] = mapped_column(UtcTime)
