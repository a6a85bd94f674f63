"""Tables of releases: who asked and who decided, in clear; what left and what it was made of, sealed."""

from datetime import date
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, SealedColumn, UtcDay
from portal.intake.edition_models import Edition  # noqa: F401 - what is public is made of releases
from portal.intake.models import words
from portal.release.publication_models import Publication  # noqa: F401 - a table that refers to this one

_RELEASE = "release.id"
_STAFF = "staff.id"
_NAME = String(60)


class ReleaseState(StrEnum):
    """Where a release stands; all but the first are final."""

    REQUESTED = "requested"
    CANCELLED = "cancelled"
    APPROVED = "approved"
    DECLINED = "declined"
    FAILED = "failed"


class Release(Base):
    """One request for anonymised data and its one decision; counts are rounded to tens."""

    __tablename__ = "release"
    __table_args__ = (Index("ix_release_state_requested", "state", "requested"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    state: Mapped[ReleaseState] = mapped_column(words(ReleaseState), default=ReleaseState.REQUESTED)
    revision: Mapped[int] = mapped_column(default=1)
    requested_by: Mapped[UUID] = mapped_column(ForeignKey(_STAFF, ondelete="RESTRICT"))
    requested_name: Mapped[str] = mapped_column(_NAME)
    requested: Mapped[date] = mapped_column(UtcDay)
    purpose: Mapped[str] = mapped_column(Text)
    recipient: Mapped[str] = mapped_column(Text)
    receiver_id: Mapped[UUID | None]
    """The body of the list of receivers that gets it, if it is one of them."""
    policy: Mapped[str] = mapped_column(Text)
    previews: Mapped[int] = mapped_column(default=0)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey(_STAFF, ondelete="RESTRICT"))
    decided_name: Mapped[str] = mapped_column(_NAME, default="")
    decided: Mapped[date | None] = mapped_column(UtcDay)
    reason: Mapped[str] = mapped_column(Text, default="")
    records: Mapped[int | None]
    suppressed: Mapped[int | None]
    recalled: Mapped[date | None] = mapped_column(UtcDay)
    """The day from which it is not to be used any more: something in it was taken back."""
    recalled_name: Mapped[str | None] = mapped_column(_NAME)
    told: Mapped[date | None] = mapped_column(UtcDay)
    """The day on which whoever received it was told so."""
    told_name: Mapped[str | None] = mapped_column(_NAME)

    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012 - SQLAlchemy's own form


class BudgetCharge(Base):
    """What a noisy table tells of the accounts, in hundredths of epsilon; never changed, never taken away."""

    __tablename__ = "release_charge"

    release_id: Mapped[UUID] = mapped_column(ForeignKey(_RELEASE, ondelete="RESTRICT"), primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    """1 for the first, and so on without a gap: of two charges at once, one finds its number taken."""
    hundredths: Mapped[int]
    day: Mapped[date] = mapped_column(UtcDay)


class ReleaseFile(Base):
    """The sealed archive of an approved release, and the inside record that only leads can open."""

    __tablename__ = "release_file"

    release_id: Mapped[UUID] = mapped_column(ForeignKey(_RELEASE, ondelete="RESTRICT"), primary_key=True)
    blob: Mapped[bytes] = mapped_column(SealedColumn)
    inside: Mapped[bytes] = mapped_column(SealedColumn)
    inside_key: Mapped[bytes] = mapped_column(SealedColumn)


class ReleaseManifest(Base):
    """SHA-256 of the manifest of a release that was handed out.

    Both columns stand in the manifest's own words, so whoever holds it can work out this row's digest and
    find it in the ledger.
    """

    __tablename__ = "release_manifest"

    release_id: Mapped[UUID] = mapped_column(ForeignKey(_RELEASE, ondelete="RESTRICT"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)


class ReleaseKey(Base):
    """The archive's key, wrapped to one person: who asked, or who approved."""

    __tablename__ = "release_key"

    release_id: Mapped[UUID] = mapped_column(ForeignKey(_RELEASE, ondelete="RESTRICT"), primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey(_STAFF, ondelete="RESTRICT"), primary_key=True)
    blob: Mapped[bytes] = mapped_column(SealedColumn)
