"""Tables of the ledger: one entry for each transaction that changed something, and signed heads."""

from datetime import date
from typing import ClassVar

from sqlalchemy import BigInteger, Integer, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, UtcDay

# On SQLite only INTEGER is the row id itself; a BIGINT would cost a second index.
_Sequence = BigInteger().with_variant(Integer, "sqlite")


class LedgerEntry(Base):
    """One transaction: `seq` counts from 0, `body` is canonical JSON, `leaf_hash` its RFC 6962 leaf."""

    __tablename__ = "ledger_entry"
    __recorded__: ClassVar[bool] = False

    seq: Mapped[int] = mapped_column(_Sequence, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(UtcDay)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary)


class LedgerCheckpoint(Base):
    """The signed head over the first `size` entries; `edge` lets the next one be computed from there."""

    __tablename__ = "ledger_checkpoint"
    __recorded__: ClassVar[bool] = False

    size: Mapped[int] = mapped_column(_Sequence, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(UtcDay)
    note: Mapped[str] = mapped_column(Text)
    edge: Mapped[bytes] = mapped_column(LargeBinary)
