"""Tables of what was imported: saved mappings, runs, and which row became which record."""

from datetime import date
from enum import StrEnum, auto
from typing import ClassVar
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, UtcDay
from portal.registry.columns import RECORD, SOURCE, token
from portal.registry.vocabulary import Kind

_RUN = "registry_import.id"


class Alike(StrEnum):
    """What is done with a new row that may be a person who is there already."""

    ADD = auto()
    SKIP = auto()


class Changed(StrEnum):
    """What is done with a row that says something else than it did when it came in."""

    LEAVE = auto()
    UPDATE = auto()


class SavedMapping(Base):
    """Which column is what, kept by name for the next file of the same hands."""

    __tablename__ = "registry_mapping"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    kind: Mapped[Kind] = mapped_column(token(Kind))
    encoding: Mapped[str] = mapped_column(String(16), default="")
    columns: Mapped[str] = mapped_column(Text)
    """JSON: the field of each heading."""
    author: Mapped[str] = mapped_column(String(100))
    day: Mapped[date] = mapped_column(UtcDay)


class ImportRun(Base):
    """One file going in: how it is read, what was chosen, how far it is, and how many rows were what."""

    __tablename__ = "registry_import"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    filename: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    kind: Mapped[Kind] = mapped_column(token(Kind))
    encoding: Mapped[str] = mapped_column(String(16))
    columns: Mapped[str] = mapped_column(Text)
    source_id: Mapped[UUID] = mapped_column(ForeignKey(SOURCE), index=True)
    alike: Mapped[Alike] = mapped_column(token(Alike))
    changed: Mapped[Changed] = mapped_column(token(Changed))
    line: Mapped[int] = mapped_column(default=0)
    """The last line that is in; the next step begins behind it."""
    ended: Mapped[bool] = mapped_column(default=False)
    beside: Mapped[bool]
    """Whether records of these kinds were there before: only then can any be perhaps the same."""
    added: Mapped[int] = mapped_column(default=0)
    there: Mapped[int] = mapped_column(default=0)
    differing: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    likely: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    broken: Mapped[int] = mapped_column(default=0)
    author_id: Mapped[UUID]
    author: Mapped[str] = mapped_column(String(100))
    day: Mapped[date] = mapped_column(UtcDay)


class ImportedRow(Base):
    """A row that came in: what makes it the same row next time, what it said, and the record it became.

    Nothing rests on it but that nothing comes in twice, so the ledger does not keep it.
    """

    __tablename__ = "registry_imported"
    __recorded__: ClassVar[bool] = False

    identity: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    record_id: Mapped[UUID | None] = mapped_column(ForeignKey(RECORD), index=True)
    run_id: Mapped[UUID] = mapped_column(ForeignKey(_RUN), index=True)


class BrokenRow(Base):
    """A row that did not come in: its line and reason, and its cells, shortened, for whoever mends it."""

    __tablename__ = "registry_import_broken"
    __recorded__: ClassVar[bool] = False

    run_id: Mapped[UUID] = mapped_column(ForeignKey(_RUN), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(String(16))
    place: Mapped[str] = mapped_column(String(100), default="")
    cells: Mapped[str] = mapped_column(Text)
