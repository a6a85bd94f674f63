"""Tables of the registry: public reference data, kept in clear, so nothing private belongs here."""

from datetime import date
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID, uuid4

from sqlalchemy import Enum, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.database import Base, UtcDay
from portal.dates.calendars import Calendar
from portal.registry.vocabulary import (
    Condition,
    EventKind,
    Existence,
    Kind,
    Living,
    NameKind,
    Part,
    PersonRole,
    PlaceKind,
    Predicate,
    RelationKind,
    Sex,
    SourceKind,
)


def _token(words: type[StrEnum]) -> Enum:
    """Store the value of the word, in a plain text column."""
    return Enum(
        words, native_enum=False, length=16, values_callable=lambda kind: [word.value for word in kind]
    )


# Prefix search is a range of keys, which only byte order answers; PostgreSQL must be told.
_KEY = String(300).with_variant(String(300, collation="C"), "postgresql")
_RECORD = "registry_record.id"


def _facts_in(table: str) -> Any:
    """Keep a kind's facts with the record, read in the same statement."""
    return relationship(cascade="all, delete-orphan", foreign_keys=f"{table}.record_id", lazy="joined")


class Record(Base):
    """One thing the registry knows of; its kind says which table holds its facts."""

    __tablename__ = "registry_record"
    __table_args__ = (
        Index("ix_registry_record_kind_sort_key_id", "kind", "sort_key", "id"),
        Index("ix_registry_record_sort_key_id", "sort_key", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kind: Mapped[Kind] = mapped_column(_token(Kind))
    code: Mapped[str | None] = mapped_column(String(64), unique=True)
    restricted: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    sort_key: Mapped[str] = mapped_column(_KEY, default="")
    created: Mapped[date] = mapped_column(UtcDay)
    created_by: Mapped[str] = mapped_column(String(100))

    names: Mapped[list["Name"]] = relationship(
        order_by="Name.position", cascade="all, delete-orphan", lazy="selectin", back_populates="record"
    )
    person: Mapped["Person | None"] = _facts_in("Person")
    place: Mapped["Place | None"] = _facts_in("Place")
    grave: Mapped["Grave | None"] = _facts_in("Grave")
    body: Mapped["Body | None"] = _facts_in("Body")
    event: Mapped["Event | None"] = _facts_in("Event")
    statements: Mapped[list["Statement"]] = relationship(
        order_by="Statement.position", cascade="all, delete-orphan", back_populates="record"
    )
    named: Mapped["Named | None"] = relationship(cascade="all, delete-orphan")


class Name(Base):
    """One name or spelling, letter for letter, with the keys by which it is found."""

    __tablename__ = "registry_name"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    record_id: Mapped[UUID] = mapped_column(ForeignKey(_RECORD), index=True)
    position: Mapped[int]
    text: Mapped[str] = mapped_column(String(300))
    script: Mapped[str] = mapped_column(String(4))
    kind: Mapped[NameKind] = mapped_column(_token(NameKind))
    titles: Mapped[str] = mapped_column(String(300), default="")
    folded: Mapped[str] = mapped_column(_KEY, index=True)
    joined: Mapped[str] = mapped_column(_KEY, index=True)

    record: Mapped[Record] = relationship(back_populates="names")
    keys: Mapped[list["NameKey"]] = relationship(cascade="all, delete-orphan")


class NameKey(Base):
    """One key of a name (`names.forms`); it follows from the name, so the ledger does not keep it."""

    __tablename__ = "registry_name_key"
    __recorded__: ClassVar[bool] = False

    name_id: Mapped[UUID] = mapped_column(ForeignKey("registry_name.id"), primary_key=True)
    key: Mapped[str] = mapped_column(_KEY, primary_key=True, index=True)
    whole: Mapped[bool]


class Named(Base):
    """When a record's names, or who may see them, last changed: a number that grows with every such change.

    What keeps names in memory asks for what is above the number it has read; nothing rests on it for long, so
    the ledger does not keep it.
    """

    __tablename__ = "registry_named"
    __recorded__: ClassVar[bool] = False

    record_id: Mapped[UUID] = mapped_column(ForeignKey(_RECORD), primary_key=True)
    number: Mapped[int] = mapped_column(index=True)


class Person(Base):
    """Facts of a person."""

    __tablename__ = "registry_person"

    record_id: Mapped[UUID] = mapped_column(ForeignKey(_RECORD), primary_key=True)
    sex: Mapped[Sex] = mapped_column(_token(Sex))
    role: Mapped[PersonRole] = mapped_column(_token(PersonRole))
    living: Mapped[Living] = mapped_column(_token(Living))
    father_name: Mapped[str] = mapped_column(String(200), default="")
    origin: Mapped[str] = mapped_column(String(200), default="")
    birth_words: Mapped[str] = mapped_column(String(200), default="")
    birth_calendar: Mapped[Calendar | None] = mapped_column(_token(Calendar))
    birth_earliest: Mapped[date | None]
    birth_latest: Mapped[date | None]


class Place(Base):
    """Facts of a place; coordinates in tenths of a degree, coarse on purpose."""

    __tablename__ = "registry_place"

    record_id: Mapped[UUID] = mapped_column(ForeignKey(_RECORD), primary_key=True)
    kind: Mapped[PlaceKind] = mapped_column(_token(PlaceKind))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey(_RECORD), index=True)
    latitude_tenths: Mapped[int | None]
    longitude_tenths: Mapped[int | None]


class Grave(Base):
    """Facts of a grave: that it is there, and what became of it, are two questions."""

    __tablename__ = "registry_grave"

    record_id: Mapped[UUID] = mapped_column(ForeignKey(_RECORD), primary_key=True)
    place_id: Mapped[UUID | None] = mapped_column(ForeignKey(_RECORD), index=True)
    existence: Mapped[Existence] = mapped_column(_token(Existence))
    condition: Mapped[Condition] = mapped_column(_token(Condition))


class Body(Base):
    """Facts of a commission, court or office."""

    __tablename__ = "registry_body"

    record_id: Mapped[UUID] = mapped_column(ForeignKey(_RECORD), primary_key=True)
    place_id: Mapped[UUID | None] = mapped_column(ForeignKey(_RECORD), index=True)


class Event(Base):
    """Facts of an event; the words of its date stand beside the days they may mean."""

    __tablename__ = "registry_event"

    record_id: Mapped[UUID] = mapped_column(ForeignKey(_RECORD), primary_key=True)
    kind: Mapped[EventKind] = mapped_column(_token(EventKind))
    place_id: Mapped[UUID | None] = mapped_column(ForeignKey(_RECORD), index=True)
    words: Mapped[str] = mapped_column(String(200), default="")
    calendar: Mapped[Calendar | None] = mapped_column(_token(Calendar))
    earliest: Mapped[date | None]
    latest: Mapped[date | None]


class Source(Base):
    """A publication that statements rest on."""

    __tablename__ = "registry_source"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    code: Mapped[str | None] = mapped_column(String(64), unique=True)
    kind: Mapped[SourceKind] = mapped_column(_token(SourceKind))
    title: Mapped[str] = mapped_column(String(400))
    author: Mapped[str] = mapped_column(String(300), default="")
    year: Mapped[int | None]
    address: Mapped[str] = mapped_column(String(400), default="")


class Statement(Base):
    """One thing that sources say of a record; rival statements stand side by side and are never merged."""

    __tablename__ = "registry_statement"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    record_id: Mapped[UUID] = mapped_column(ForeignKey(_RECORD), index=True)
    position: Mapped[int]
    predicate: Mapped[Predicate] = mapped_column(_token(Predicate))
    value_fa: Mapped[str] = mapped_column(Text, default="")
    value_en: Mapped[str] = mapped_column(Text, default="")
    words: Mapped[str] = mapped_column(String(200), default="")
    calendar: Mapped[Calendar | None] = mapped_column(_token(Calendar))
    earliest: Mapped[date | None]
    latest: Mapped[date | None]

    record: Mapped[Record] = relationship(back_populates="statements")
    citations: Mapped[list["Citation"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="Citation.position"
    )


class Citation(Base):
    """Where in a source a statement is found."""

    __tablename__ = "registry_citation"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("registry_statement.id"), index=True)
    position: Mapped[int]
    source_id: Mapped[UUID] = mapped_column(ForeignKey("registry_source.id"), index=True)
    locator: Mapped[str] = mapped_column(String(300), default="")

    source: Mapped[Source] = relationship(lazy="selectin")


class Relation(Base):
    """What one record is to another, and which source says so."""

    __tablename__ = "registry_relation"
    __table_args__ = (UniqueConstraint("from_id", "to_id", "kind", "source_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    from_id: Mapped[UUID] = mapped_column(ForeignKey(_RECORD))
    to_id: Mapped[UUID] = mapped_column(ForeignKey(_RECORD), index=True)
    kind: Mapped[RelationKind] = mapped_column(_token(RelationKind))
    source_id: Mapped[UUID] = mapped_column(ForeignKey("registry_source.id"), index=True)
    locator: Mapped[str] = mapped_column(String(300), default="")

    source: Mapped[Source] = relationship(lazy="selectin")


class Participation(Base):
    """What a record was in an event, and which source says so."""

    __tablename__ = "registry_participation"
    __table_args__ = (UniqueConstraint("event_id", "record_id", "role", "source_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    event_id: Mapped[UUID] = mapped_column(ForeignKey(_RECORD))
    record_id: Mapped[UUID] = mapped_column(ForeignKey(_RECORD), index=True)
    role: Mapped[Part] = mapped_column(_token(Part))
    source_id: Mapped[UUID] = mapped_column(ForeignKey("registry_source.id"), index=True)
    locator: Mapped[str] = mapped_column(String(300), default="")

    source: Mapped[Source] = relationship(lazy="selectin")


class Revision(Base):
    """A record as it stood after a change, who changed it, on which day and why."""

    __tablename__ = "registry_revision"
    __table_args__ = (UniqueConstraint("record_id", "version"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    record_id: Mapped[UUID] = mapped_column(ForeignKey(_RECORD))
    version: Mapped[int]
    snapshot: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(100))
    day: Mapped[date] = mapped_column(UtcDay)
    note: Mapped[str] = mapped_column(String(500))
