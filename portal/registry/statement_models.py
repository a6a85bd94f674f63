"""Tables of what is said: sources, their statements, relations and parts; conclusions; every version.

Two layers that are never mixed (Human Rights Data Analysis Group: source and judgment). A `Statement` is what
sources say, with where each says it; statements that contradict each other stand side by side. A `Conclusion`
is what reviewers made of them: signed, dated, reasoned, resting on statements; a later one replaces it and
none is ever deleted.
"""

from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, composite, declared_attr, mapped_column, relationship

from portal.database import Base, UtcDay
from portal.dates.calendars import Calendar
from portal.dates.reading import Precision, Qualifier
from portal.registry.columns import RECORD, SOURCE, dated, token
from portal.registry.periods import Period
from portal.registry.vocabulary import Basis, Certainty, Part, Predicate, RelationKind, SourceKind


class Dated:
    """A date in the words of a source, beside the days that they may mean."""

    words: Mapped[str] = mapped_column(String(200), default="")
    calendar: Mapped[Calendar | None] = mapped_column(token(Calendar))
    earliest: Mapped[date | None]
    latest: Mapped[date | None]
    precision: Mapped[Precision | None] = mapped_column(token(Precision))
    qualifier: Mapped[Qualifier | None] = mapped_column(token(Qualifier))

    @declared_attr
    def when(self) -> Mapped[Period]:
        """Give the date as a whole."""
        return composite(Period, "words", "calendar", "earliest", "latest", "precision", "qualifier")


class Saying(Dated):
    """What is said of a record under one predicate: in words, with a coded word, figures or a date beside.

    What is `restricted` (None is no) is for those alone who hold the permission: to anybody else it is not
    shown, found, counted, weighed, exported or told in the history.
    """

    predicate: Mapped[Predicate] = mapped_column(token(Predicate))
    value_fa: Mapped[str] = mapped_column(Text, default="")
    value_en: Mapped[str] = mapped_column(Text, default="")
    word: Mapped[str | None] = mapped_column(String(16))
    low: Mapped[int | None]
    high: Mapped[int | None]
    restricted: Mapped[bool | None]


class Source(Base):
    """A publication that statements rest on."""

    __tablename__ = "registry_source"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    code: Mapped[str | None] = mapped_column(String(64), unique=True)
    kind: Mapped[SourceKind] = mapped_column(token(SourceKind))
    title: Mapped[str] = mapped_column(String(400))
    author: Mapped[str] = mapped_column(String(300), default="")
    year: Mapped[int | None]
    address: Mapped[str] = mapped_column(String(400), default="")


class Statement(Saying, Base):
    """One thing that sources say of a record; rival statements stand side by side and are never merged."""

    __tablename__ = "registry_statement"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    record_id: Mapped[UUID] = mapped_column(ForeignKey(RECORD), index=True)
    position: Mapped[int]
    basis: Mapped[Basis | None] = mapped_column(token(Basis))

    citations: Mapped[list["Citation"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="Citation.position"
    )


class Citation(Base):
    """Where in a source a statement is found."""

    __tablename__ = "registry_citation"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("registry_statement.id"), index=True)
    position: Mapped[int]
    source_id: Mapped[UUID] = mapped_column(ForeignKey(SOURCE), index=True)
    locator: Mapped[str] = mapped_column(String(300), default="")

    source: Mapped[Source] = relationship(lazy="selectin")


class FactCitation(Base):
    """Where in a source one of a record's short facts is found; `field` is named as in `records.FACTS`."""

    __tablename__ = "registry_fact_citation"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    record_id: Mapped[UUID] = mapped_column(ForeignKey(RECORD), index=True)
    field: Mapped[str] = mapped_column(String(16))
    source_id: Mapped[UUID] = mapped_column(ForeignKey(SOURCE), index=True)
    locator: Mapped[str] = mapped_column(String(300), default="")

    source: Mapped[Source] = relationship(lazy="selectin")


class Relation(Base):
    """What one record is to another, from when to when, and which source says so; several may stand."""

    __tablename__ = "registry_relation"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    from_id: Mapped[UUID] = mapped_column(ForeignKey(RECORD), index=True)
    to_id: Mapped[UUID] = mapped_column(ForeignKey(RECORD), index=True)
    kind: Mapped[RelationKind] = mapped_column(token(RelationKind))
    post: Mapped[str | None] = mapped_column(String(200))
    """As what: the role of a member in a body, the post of somebody who worked there."""
    since: Mapped[Period] = dated("since")
    until: Mapped[Period] = dated("until")
    source_id: Mapped[UUID] = mapped_column(ForeignKey(SOURCE), index=True)
    locator: Mapped[str] = mapped_column(String(300), default="")
    restricted: Mapped[bool | None]

    source: Mapped[Source] = relationship(lazy="selectin")


class Participation(Base):
    """What a record was in an event, and which source says so."""

    __tablename__ = "registry_participation"
    __table_args__ = (UniqueConstraint("event_id", "record_id", "role", "source_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    event_id: Mapped[UUID] = mapped_column(ForeignKey(RECORD))
    record_id: Mapped[UUID] = mapped_column(ForeignKey(RECORD), index=True)
    role: Mapped[Part] = mapped_column(token(Part))
    source_id: Mapped[UUID] = mapped_column(ForeignKey(SOURCE), index=True)
    locator: Mapped[str] = mapped_column(String(300), default="")
    restricted: Mapped[bool | None]

    source: Mapped[Source] = relationship(lazy="selectin")


class Conclusion(Saying, Base):
    """What reviewers concluded of a record under one predicate, until a later row replaces it.

    The last row of a record's predicate stands. One that is `open` concludes nothing: it takes back what
    stood. `before` keeps, as JSON, the short fact that the first of a chain decided, to be put back with it.
    """

    __tablename__ = "registry_conclusion"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    record_id: Mapped[UUID] = mapped_column(ForeignKey(RECORD), index=True)
    open: Mapped[bool] = mapped_column(default=False)
    certainty: Mapped[Certainty | None] = mapped_column(token(Certainty))
    reason: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(100))
    day: Mapped[date] = mapped_column(UtcDay)
    # Two people cannot both replace the same one.
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("registry_conclusion.id"), unique=True)
    before: Mapped[str | None] = mapped_column(Text)

    grounds: Mapped[list["Ground"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="Ground.position"
    )


class Ground(Base):
    """A statement that a conclusion rests on, with its text as it then was; it may be taken off later."""

    __tablename__ = "registry_ground"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    conclusion_id: Mapped[UUID] = mapped_column(ForeignKey("registry_conclusion.id"), index=True)
    position: Mapped[int]
    statement_id: Mapped[UUID] = mapped_column(index=True)
    text: Mapped[str] = mapped_column(Text)


class Revision(Base):
    """A record as it stood after a change, who changed it, on which day and why."""

    __tablename__ = "registry_revision"
    __table_args__ = (UniqueConstraint("record_id", "version"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    record_id: Mapped[UUID] = mapped_column(ForeignKey(RECORD))
    version: Mapped[int]
    snapshot: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(100))
    day: Mapped[date] = mapped_column(UtcDay)
    note: Mapped[str] = mapped_column(String(500))
