"""Tables of staff, their places in groups, and invitations."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import Enum, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.database import Base, SealedColumn, UtcDay, UtcTime
from portal.permissions import Group, Role


class EpochState(StrEnum):
    """Where a group's key stands: asked for, used, still needed to open what was sealed to it, or done."""

    PROPOSED = "proposed"
    CURRENT = "current"
    FORMER = "former"
    RETIRED = "retired"


def _words(kind: type[Role | Group | EpochState]) -> Enum:
    return Enum(
        kind, native_enum=False, length=20, values_callable=lambda members: [one.value for one in members]
    )


class Staff(Base):
    """A vetted person, known here by a pseudonym; the sealed bundle holds everything secret."""

    __tablename__ = "staff"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    role: Mapped[Role] = mapped_column(_words(Role))
    active: Mapped[bool] = mapped_column(default=True)
    joined: Mapped[date] = mapped_column(UtcDay)
    invited_by: Mapped[str] = mapped_column(String(60), default="")
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    memory_kib: Mapped[int]
    iterations: Mapped[int]
    lanes: Mapped[int]
    bundle: Mapped[bytes] = mapped_column(SealedColumn)
    totp_counter: Mapped[int] = mapped_column(default=0)

    memberships: Mapped[list["Membership"]] = relationship(
        back_populates="staff", order_by="Membership.group"
    )
    proposals: Mapped[list["Proposal"]] = relationship(
        back_populates="staff", order_by="Proposal.group", passive_deletes="all"
    )


class Membership(Base):
    """A group's key, wrapped to one person by another who holds it."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("staff_id", "group", "epoch"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id", ondelete="RESTRICT"), index=True)
    group: Mapped[Group] = mapped_column(_words(Group))
    epoch: Mapped[int] = mapped_column(default=1)
    tag: Mapped[bytes | None] = mapped_column(LargeBinary)
    blob: Mapped[bytes] = mapped_column(SealedColumn)
    granted_by: Mapped[str] = mapped_column(String(60))
    granted: Mapped[date] = mapped_column(UtcDay)

    staff: Mapped[Staff] = relationship(back_populates="memberships")


class BundleLock(Base):
    """The key of a bundle under the passphrase alone; there is none while a security key is required."""

    __tablename__ = "bundle_lock"

    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id", ondelete="RESTRICT"), primary_key=True)
    blob: Mapped[bytes] = mapped_column(SealedColumn)


class SecurityKey(Base):
    """A person's security key: a record that only they open, and the bundle's key where it opens that."""

    __tablename__ = "security_key"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id", ondelete="RESTRICT"), index=True)
    record: Mapped[bytes] = mapped_column(SealedColumn)
    wrap: Mapped[bytes | None] = mapped_column(SealedColumn)


class GroupEpoch(Base):
    """One key of a group; whether it may receive is said by the signed directory, never here."""

    __tablename__ = "group_epoch"

    group: Mapped[Group] = mapped_column(_words(Group), primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    day: Mapped[date] = mapped_column(UtcDay)
    made_by: Mapped[str] = mapped_column(String(60))
    state: Mapped[EpochState] = mapped_column(_words(EpochState))
    renew: Mapped[bool] = mapped_column(default=False)
    tag: Mapped[bytes | None] = mapped_column(LargeBinary)
    recovery_blob: Mapped[bytes | None] = mapped_column(SealedColumn)


class Proposal(Base):
    """An administrator's word that a person may be handed a group's key; it opens nothing."""

    __tablename__ = "proposal"

    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id", ondelete="RESTRICT"), primary_key=True)
    group: Mapped[Group] = mapped_column(_words(Group), primary_key=True)
    before: Mapped[bool]
    """Whether earlier keys may be handed on too."""
    proposed_by: Mapped[str] = mapped_column(String(60))
    day: Mapped[date] = mapped_column(UtcDay)

    staff: Mapped[Staff] = relationship(back_populates="proposals")


class Invitation(Base):
    """A way in for one person, once, before it expires; only a hash of the code is kept."""

    __tablename__ = "invitation"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    role: Mapped[Role] = mapped_column(_words(Role))
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    invited_by: Mapped[str] = mapped_column(String(60))
    expires: Mapped[datetime] = mapped_column(UtcTime)
    groups: Mapped[str | None] = mapped_column(String(80))
    """The groups proposed for whoever joins, with spaces between; None means the usual ones of the role."""
    before: Mapped[bool | None]
