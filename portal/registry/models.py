"""Tables of the registry: what it has records of. All is in clear, so nothing private belongs here.

A `Record` is a person, place, grave, body or event. It has names, and one row of short facts by which it is
listed and matched. All else stands in `portal.registry.statement_models`, which is imported from here too:
what sources say of it (`Statement`), what it is to others (`Relation`, `Participation`), what reviewers
concluded (`Conclusion`), and every version of it (`Revision`).
"""

from datetime import date
from typing import Any, ClassVar
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, composite, mapped_column, relationship

from portal.database import Base, SealedColumn, UtcDay
from portal.dates.calendars import Calendar
from portal.dates.reading import Precision, Qualifier
from portal.registry.columns import KEY, RECORD, SOURCE, dated, token
from portal.registry.exchange.models import BrokenRow, ImportedRow, ImportRun, SavedMapping
from portal.registry.image_models import Image, ImageFile
from portal.registry.judgement_models import Judgement, Likeness, LikenessRun, Sameness
from portal.registry.periods import Period
from portal.registry.statement_models import (
    Citation,
    Conclusion,
    Dated,
    FactCitation,
    Ground,
    Participation,
    Relation,
    Revision,
    Saying,
    Source,
    Statement,
)
from portal.registry.vocabulary import (
    BodyKind,
    Condition,
    EventKind,
    Existence,
    Kind,
    Living,
    NameKind,
    PersonRole,
    PlaceKind,
    Sex,
)

__all__ = [
    "Body",
    "BrokenRow",
    "Citation",
    "Conclusion",
    "Event",
    "FactCitation",
    "Grave",
    "Ground",
    "Image",
    "ImageFile",
    "ImportRun",
    "ImportedRow",
    "Judgement",
    "Likeness",
    "LikenessRun",
    "Name",
    "NameKey",
    "Named",
    "Participation",
    "Person",
    "Place",
    "Position",
    "Record",
    "Relation",
    "Revision",
    "Sameness",
    "SavedMapping",
    "Saying",
    "Source",
    "Statement",
]


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
    kind: Mapped[Kind] = mapped_column(token(Kind))
    code: Mapped[str | None] = mapped_column(String(64), unique=True)
    restricted: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    sort_key: Mapped[str] = mapped_column(KEY, default="")
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
    fact_citations: Mapped[list[FactCitation]] = relationship(cascade="all, delete-orphan")
    # Those that are for everybody; `around.statements` adds the restricted ones for those who may see them.
    statements: Mapped[list[Statement]] = relationship(
        order_by="Statement.position",
        primaryjoin="and_(Record.id == Statement.record_id, Statement.restricted.is_not(True))",
    )
    named: Mapped["Named | None"] = relationship(cascade="all, delete-orphan")


class Name(Base):
    """One name or spelling, letter for letter: who spells it so, from when to when, and how it is found.

    Names are for everybody who reads the registry. One that few may know is a restricted statement instead.
    """

    __tablename__ = "registry_name"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    record_id: Mapped[UUID] = mapped_column(ForeignKey(RECORD), index=True)
    position: Mapped[int]
    text: Mapped[str] = mapped_column(String(300))
    script: Mapped[str] = mapped_column(String(4))
    kind: Mapped[NameKind] = mapped_column(token(NameKind))
    source_id: Mapped[UUID | None] = mapped_column(ForeignKey(SOURCE), index=True)
    locator: Mapped[str | None] = mapped_column(String(300))
    since: Mapped[Period] = dated("since")
    until: Mapped[Period] = dated("until")
    titles: Mapped[str] = mapped_column(String(300), default="")
    folded: Mapped[str] = mapped_column(KEY)
    joined: Mapped[str] = mapped_column(KEY)

    record: Mapped[Record] = relationship(back_populates="names")
    source: Mapped[Source | None] = relationship()
    keys: Mapped[list["NameKey"]] = relationship(cascade="all, delete-orphan")


class NameKey(Base):
    """One key of a name (`names.forms`); it follows from the name, so the ledger does not keep it."""

    __tablename__ = "registry_name_key"
    __recorded__: ClassVar[bool] = False

    name_id: Mapped[UUID] = mapped_column(ForeignKey("registry_name.id"), primary_key=True)
    key: Mapped[str] = mapped_column(KEY, primary_key=True, index=True)
    whole: Mapped[bool]


class Named(Base):
    """When a record's names, or who may see them, last changed: a number that grows with every such change.

    What keeps names in memory asks for what is above the number it has read; nothing rests on it for long, so
    the ledger does not keep it.
    """

    __tablename__ = "registry_named"
    __recorded__: ClassVar[bool] = False

    record_id: Mapped[UUID] = mapped_column(ForeignKey(RECORD), primary_key=True)
    number: Mapped[int] = mapped_column(index=True)


class Person(Base):
    """Facts of a person.

    What only sources can say (religion, affiliation, occupation, and whatever few may know) is a statement.
    """

    __tablename__ = "registry_person"

    record_id: Mapped[UUID] = mapped_column(ForeignKey(RECORD), primary_key=True)
    sex: Mapped[Sex] = mapped_column(token(Sex))
    role: Mapped[PersonRole] = mapped_column(token(PersonRole))
    living: Mapped[Living] = mapped_column(token(Living))
    father_name: Mapped[str] = mapped_column(String(200), default="")
    mother_name: Mapped[str | None] = mapped_column(String(200))
    birthplace: Mapped[str | None] = mapped_column(String(200))
    origin: Mapped[str] = mapped_column(String(200), default="")
    birth_words: Mapped[str] = mapped_column(String(200), default="")
    birth_calendar: Mapped[Calendar | None] = mapped_column(token(Calendar))
    birth_earliest: Mapped[date | None]
    birth_latest: Mapped[date | None]
    birth_precision: Mapped[Precision | None] = mapped_column(token(Precision))
    birth_qualifier: Mapped[Qualifier | None] = mapped_column(token(Qualifier))
    birth: Mapped[Period] = composite(
        "birth_words",
        "birth_calendar",
        "birth_earliest",
        "birth_latest",
        "birth_precision",
        "birth_qualifier",
    )


class Place(Base):
    """Facts of a place in the tree of places; coordinates in tenths of a degree, coarse on purpose."""

    __tablename__ = "registry_place"

    record_id: Mapped[UUID] = mapped_column(ForeignKey(RECORD), primary_key=True)
    kind: Mapped[PlaceKind] = mapped_column(token(PlaceKind))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey(RECORD), index=True)
    latitude_tenths: Mapped[int | None]
    longitude_tenths: Mapped[int | None]
    since: Mapped[Period] = dated("since")
    until: Mapped[Period] = dated("until")


class Grave(Base):
    """Facts of a grave: that it is there, and what became of it, are two questions.

    How many lie there is said in rival statements (`Predicate.CAPACITY`), each with its source; what was done
    to it, step by step, too (`Predicate.DISTURBANCE`).
    """

    __tablename__ = "registry_grave"

    record_id: Mapped[UUID] = mapped_column(ForeignKey(RECORD), primary_key=True)
    place_id: Mapped[UUID | None] = mapped_column(ForeignKey(RECORD), index=True)
    existence: Mapped[Existence] = mapped_column(token(Existence))
    condition: Mapped[Condition] = mapped_column(token(Condition))


class Position(Base):
    """Where exactly a grave or a place is, sealed to the case circle; everybody sees tenths of a degree."""

    __tablename__ = "registry_position"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    record_id: Mapped[UUID] = mapped_column(ForeignKey(RECORD), unique=True)
    blob: Mapped[bytes] = mapped_column(SealedColumn)
    author: Mapped[str] = mapped_column(String(100))
    day: Mapped[date] = mapped_column(UtcDay)


class Body(Base):
    """Facts of a commission, court or office; its members are relations with a post and two dates."""

    __tablename__ = "registry_body"

    record_id: Mapped[UUID] = mapped_column(ForeignKey(RECORD), primary_key=True)
    kind: Mapped[BodyKind | None] = mapped_column(token(BodyKind))
    place_id: Mapped[UUID | None] = mapped_column(ForeignKey(RECORD), index=True)
    since: Mapped[Period] = dated("since")
    until: Mapped[Period] = dated("until")


class Event(Dated, Base):
    """Facts of an event; the words of its date stand beside the days they may mean."""

    __tablename__ = "registry_event"

    record_id: Mapped[UUID] = mapped_column(ForeignKey(RECORD), primary_key=True)
    kind: Mapped[EventKind] = mapped_column(token(EventKind))
    place_id: Mapped[UUID | None] = mapped_column(ForeignKey(RECORD), index=True)
