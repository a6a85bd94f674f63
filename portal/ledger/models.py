"""Tables of the ledger: entries, signed heads, and what others say of a head: time-stamps, co-signatures."""

from datetime import date
from typing import ClassVar
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, UtcDay

# On SQLite only INTEGER is the row id itself; a BIGINT would cost a second index.
_Sequence = BigInteger().with_variant(Integer, "sqlite")


class LedgerEntry(Base):
    """One transaction: `seq` counts from 0, `body` is canonical JSON, `leaf_hash` its RFC 6962 leaf.

    `tag` shows that the portal wrote it (`portal.ledger.tags`); None before tags came.
    """

    __tablename__ = "ledger_entry"
    __table_args__ = (Index("ix_ledger_entry_day", "day"),)
    __recorded__: ClassVar[bool] = False

    seq: Mapped[int] = mapped_column(_Sequence, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(UtcDay)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary)
    tag: Mapped[bytes | None] = mapped_column(LargeBinary)


class LedgerCheckpoint(Base):
    """The signed head over the first `size` entries; `edge` lets the next one be computed from there."""

    __tablename__ = "ledger_checkpoint"
    __recorded__: ClassVar[bool] = False

    size: Mapped[int] = mapped_column(_Sequence, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(UtcDay)
    note: Mapped[str] = mapped_column(Text)
    edge: Mapped[bytes] = mapped_column(LargeBinary)


class LedgerTimestamp(Base):
    """An RFC 3161 time-stamp over the note of the head of `size` entries, asked for on `day`.

    Both sides are kept as DER; `response` is None until the authority's answer was attached, `nonce` is the
    request's, in decimal.
    """

    __tablename__ = "ledger_timestamp"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    size: Mapped[int] = mapped_column(BigInteger)
    day: Mapped[date] = mapped_column(UtcDay)
    request: Mapped[bytes] = mapped_column(LargeBinary)
    nonce: Mapped[str] = mapped_column(String(80))
    response: Mapped[bytes | None] = mapped_column(LargeBinary)


class LedgerCosignature(Base):
    """What a witness signed of the head of `size` entries: lines as in C2SP tlog-cosignature."""

    __tablename__ = "ledger_cosignature"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    size: Mapped[int] = mapped_column(BigInteger)
    day: Mapped[date] = mapped_column(UtcDay)
    witness: Mapped[str] = mapped_column(Text)
    lines: Mapped[str] = mapped_column(Text)
