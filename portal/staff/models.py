"""Tables of staff, their places in groups, and invitations."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import Enum, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.database import Base, SealedColumn, UtcDay, UtcTime
from portal.permissions import Group, Role


def _words(kind: type[Role] | type[Group]) -> Enum:
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


class Membership(Base):
    """A group's key, wrapped to one person by another who holds it."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("staff_id", "group"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id", ondelete="RESTRICT"), index=True)
    group: Mapped[Group] = mapped_column(_words(Group))
    blob: Mapped[bytes] = mapped_column(SealedColumn)
    granted_by: Mapped[str] = mapped_column(String(60))
    granted: Mapped[date] = mapped_column(UtcDay)

    staff: Mapped[Staff] = relationship(back_populates="memberships")


class Invitation(Base):
    """A way in for one person, once, before it expires; only a hash of the code is kept."""

    __tablename__ = "invitation"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    role: Mapped[Role] = mapped_column(_words(Role))
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    invited_by: Mapped[str] = mapped_column(String(60))
    expires: Mapped[datetime] = mapped_column(UtcTime)
