"""Tables of what is written and not sent yet: in clear only days, padded sizes and names that say nothing."""

from datetime import date
from typing import ClassVar
from uuid import UUID, uuid4

from sqlalchemy import LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, KeysBase, SealedColumn, UtcDay


class KeptDraft(Base):
    """An account in the making, sealed under a key that only its private code gives.

    Not in the ledger: every page that is saved would leave there for good that somebody wrote, and when.
    """

    __tablename__ = "kept_draft"
    __recorded__: ClassVar[bool] = False

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    locator: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    revision: Mapped[int]
    until: Mapped[date] = mapped_column(UtcDay, index=True)
    """The last day on which it is kept."""
    arriving: Mapped[str] = mapped_column(String(32))
    """The folder of pieces that are still arriving; it and the files live as long as the draft."""
    files: Mapped[str] = mapped_column(Text)
    """The names of its sealed files in the store, with a space between them."""
    blob: Mapped[bytes] = mapped_column(SealedColumn)


class DraftKey(KeysBase):
    """A draft's key, wrapped to its private code; erasing it closes every old copy of the draft as well."""

    __tablename__ = "draft_key"
    __recorded__: ClassVar[bool] = False

    draft_id: Mapped[UUID] = mapped_column(primary_key=True)
    blob: Mapped[bytes] = mapped_column(SealedColumn)
