"""What everybody may know of the registry's persons, read in a few statements for comparing them."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.linking.evidence import Stretch
from portal.linking.likeness import Entry
from portal.registry.models import Event, Name, Participation, Person, Record, Relation, Statement
from portal.registry.vocabulary import EventKind, Kind, Part, Predicate, RelationKind

_BETWEEN = {
    RelationKind.PARENT_OF: "kin",
    RelationKind.SIBLING_OF: "kin",
    RelationKind.SPOUSE_OF: "kin",
    RelationKind.RELATIVE_OF: "kin",
    RelationKind.PERHAPS_SAME: "perhaps",
    RelationKind.NOT_SAME: "apart",
}
_STAYED = (RelationKind.HELD_AT, RelationKind.WORKED_AT, RelationKind.BURIED_AT)

Ids = Collection[UUID] | None


@dataclass
class _Ties:
    """Whom, where and in what a person is said to have been."""

    places: set[UUID] = field(default_factory=set)
    events: set[UUID] = field(default_factory=set)
    kin: set[UUID] = field(default_factory=set)
    perhaps: set[UUID] = field(default_factory=set)
    apart: set[UUID] = field(default_factory=set)


def entries(session: Session, ids: Ids = None, *, hidden: bool = False) -> list[Entry]:
    """Read persons: those that everybody may know of, with ``hidden`` the others too; or some of them.

    What is restricted about a person, and ties to restricted records, are left out for everybody.
    """
    names: dict[UUID, list[str]] = defaultdict(list)
    query = select(Name.record_id, Name.text).join(Record).where(Record.kind == Kind.PERSON)
    for record_id, text in session.execute(_some(query, Name.record_id, ids, hidden).order_by(Name.position)):
        names[record_id].append(text)
    ties, deaths = _ties(session, ids), dict(_deaths(session, ids))
    rows = session.execute(_some(_persons(), Person.record_id, ids, hidden))
    made = []
    for row in rows:
        tied = ties.get(row.record_id, _NO_TIES)
        born = row.birth_earliest and row.birth_latest
        made.append(
            Entry(
                row.record_id,
                names[row.record_id],
                father=row.father_name,
                mother=row.mother_name or "",
                sex=row.sex,
                birth=_stretch(row.birth_earliest, row.birth_latest, row.birth_words) if born else None,
                death=deaths.get(row.record_id),
                home=row.origin,
                places=frozenset(tied.places),
                events=frozenset(tied.events),
                kin=frozenset(tied.kin),
                perhaps=frozenset(tied.perhaps),
                apart=frozenset(tied.apart),
            )
        )
    return made


_NO_TIES = _Ties()


def _persons() -> Any:
    return select(
        Person.record_id,
        Person.father_name,
        Person.mother_name,
        Person.sex,
        Person.origin,
        Person.birth_earliest,
        Person.birth_latest,
        Person.birth_words,
    ).join(Record, Record.id == Person.record_id)


def _some(query: Any, column: InstrumentedAttribute[UUID], ids: Ids, hidden: bool) -> Any:  # noqa: FBT001
    if not hidden:
        query = query.where(Record.restricted.is_(other=False))
    return query if ids is None else query.where(column.in_(ids))


def _stretch(earliest: Any, latest: Any, words: str) -> Stretch:
    return Stretch(earliest, latest, words or str(earliest.year))


def _of(column: InstrumentedAttribute[UUID], ids: Ids) -> list[ColumnElement[bool]]:
    return [] if ids is None else [column.in_(ids)]


def _ties(session: Session, ids: Ids) -> dict[UUID, _Ties]:
    """Read relations and parts that are for everybody, of persons to records that are."""
    shut = set(session.scalars(select(Record.id).where(Record.restricted)))
    found: dict[UUID, _Ties] = defaultdict(_Ties)
    query = select(Relation.from_id, Relation.to_id, Relation.kind).where(
        Relation.restricted.is_not(other=True)
    )
    if ids is not None:
        query = query.where(or_(Relation.from_id.in_(ids), Relation.to_id.in_(ids)))
    for one, other, kind in session.execute(query):
        if kind in _STAYED and other not in shut:
            found[one].places.add(other)
        if kind in _BETWEEN and not {one, other} & shut:
            getattr(found[one], _BETWEEN[kind]).add(other)
            getattr(found[other], _BETWEEN[kind]).add(one)
    taken = select(Participation.record_id, Participation.event_id).where(
        Participation.restricted.is_not(other=True), *_of(Participation.record_id, ids)
    )
    for one, event in session.execute(taken):
        if event not in shut:
            found[one].events.add(event)
    return found


def _deaths(session: Session, ids: Ids) -> Iterator[tuple[UUID, Stretch]]:
    """Give the days on which persons are said to have died; of several sayings one of the closest."""
    said = select(Statement.record_id, Statement.earliest, Statement.latest, Statement.words).where(
        Statement.predicate == Predicate.FATE,
        Statement.earliest.is_not(None),
        Statement.latest.is_not(None),
        Statement.restricted.is_not(other=True),
        *_of(Statement.record_id, ids),
    )
    killed = (
        select(Participation.record_id, Event.earliest, Event.latest, Event.words)
        .join(Event, Event.record_id == Participation.event_id)
        .join(Record, Record.id == Participation.event_id)
        .where(
            Event.kind == EventKind.KILLING,
            Participation.role == Part.VICTIM,
            Event.earliest.is_not(None),
            Event.latest.is_not(None),
            Record.restricted.is_(other=False),
            Participation.restricted.is_not(other=True),
            *_of(Participation.record_id, ids),
        )
    )
    rows = [*session.execute(said), *session.execute(killed)]
    for one, earliest, latest, words in sorted(rows, key=lambda row: (row[1] - row[2], str(row[0]))):
        yield one, _stretch(earliest, latest, words)
