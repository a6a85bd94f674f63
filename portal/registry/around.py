"""What stands around a record: relations, parts in events, the places it lies in and what lies in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.registry.looking import place_of, readable, visible
from portal.registry.models import (
    Body,
    Event,
    Grave,
    Participation,
    Place,
    Record,
    Relation,
    Source,
    Statement,
)
from portal.registry.periods import NOTHING, Period
from portal.registry.vocabulary import Kind, Part, PlaceKind, RelationKind
from portal.staff.actor import Actor

_DEPTH = 12


@dataclass(frozen=True)
class Tie:
    """A relation or a part in an event, seen from one record: what, whom, which way, when, who says so."""

    id: UUID
    word: RelationKind | Part
    other: Record
    forward: bool
    source: Source
    locator: str
    post: str = ""
    since: Period = NOTHING
    until: Period = NOTHING
    restricted: bool = False


def statements(session: Session, record: Record, *, by: Actor) -> Sequence[Statement]:
    """Give what sources say of a record, as far as this person may read it."""
    query = select(Statement).where(Statement.record_id == record.id, readable(Statement, by))
    return session.scalars(query.order_by(Statement.position, Statement.id)).all()


def leaning_on(session: Session, record: Record, *, by: Actor) -> Period:
    """Give the date that "that same year" may lean on: the last one said of the record, or its own."""
    dates = [one.when for one in statements(session, record, by=by) if one.when.placed]
    if record.event:
        dates.insert(0, record.event.when)
    if record.person:
        dates.insert(0, record.person.birth)
    return dates[-1] if dates else NOTHING


def _several(session: Session, ids: Sequence[UUID], by: Actor) -> dict[UUID, Record]:
    rows = session.scalars(visible(by).where(Record.id.in_(ids)))
    return {record.id: record for record in rows}


def crowds(record: Record) -> tuple[RelationKind | Part, ...]:
    """Name the ties of which a record may have thousands: `stays` counts them and shows them page by page."""
    if record.place and record.place.kind in {PlaceKind.PRISON, PlaceKind.WARD}:
        return (
            *(RelationKind.HELD_AT, RelationKind.WORKED_AT, RelationKind.BURIED_AT),
            *(Part.ORIGIN, Part.DESTINATION),
        )
    return (RelationKind.BURIED_AT,) if record.place or record.grave else ()


def relations(
    session: Session, record: Record, *, by: Actor, without: Sequence[RelationKind | Part] = ()
) -> list[Tie]:
    """Give what the record is to others and they to it; what is restricted, or leads there, is left out."""
    either = or_(Relation.from_id == record.id, Relation.to_id == record.id)
    query = select(Relation).where(either, readable(Relation, by)).order_by(Relation.kind, Relation.id)
    left_out = [word for word in without if isinstance(word, RelationKind)]
    rows = session.scalars(query.where(Relation.kind.not_in(left_out))).all()
    others = _several(session, [row.to_id if row.from_id == record.id else row.from_id for row in rows], by)
    return [
        Tie(
            row.id,
            row.kind,
            others[other],
            forward,
            row.source,
            row.locator,
            row.post or "",
            row.since,
            row.until,
            bool(row.restricted),
        )
        for row in rows
        for forward in (row.from_id == record.id,)
        for other in (row.to_id if forward else row.from_id,)
        if other in others
    ]


def parts(
    session: Session, record: Record, *, by: Actor, without: Sequence[RelationKind | Part] = ()
) -> list[Tie]:
    """Give who had a part in an event, or in which events, by date, the record had one."""
    event = record.kind is Kind.EVENT
    column = Participation.event_id if event else Participation.record_id
    query = select(Participation).where(column == record.id, readable(Participation, by))
    left_out = [word for word in without if isinstance(word, Part)]
    query = query.where(Participation.role.not_in(left_out))
    rows = session.scalars(query.order_by(Participation.role, Participation.id)).all()
    others = _several(session, [row.record_id if event else row.event_id for row in rows], by)
    ties = [
        Tie(
            row.id,
            row.role,
            others[other],
            event,
            row.source,
            row.locator,
            restricted=bool(row.restricted),
        )
        for row in rows
        for other in (row.record_id if event else row.event_id,)
        if other in others
    ]
    return ties if event else sorted(ties, key=_when)


def _when(tie: Tie) -> date:
    """Order events by their first day, those without one at the end."""
    event = tie.other.event
    return (event and (event.earliest or event.latest)) or date.max


def lineage(session: Session, record: Record, *, by: Actor) -> list[Record]:
    """Give the places around a record, the largest first."""
    found: list[Record] = []
    upward = place_of(record)
    while upward is not None and len(found) < _DEPTH:
        around = session.get_one(Record, upward)
        found.append(around)
        upward = place_of(around)
    shown = _several(session, [around.id for around in found], by)
    return [around for around in reversed(found) if around.id in shown]


def inside(session: Session, record: Record, *, by: Actor) -> Sequence[Record]:
    """Give what lies directly in a place: smaller places, graves, bodies, events."""
    if record.kind is not Kind.PLACE:
        return []
    within = [
        Record.id.in_(select(table.record_id).where(column == record.id))
        for table, column in (
            (Place, Place.parent_id),
            (Grave, Grave.place_id),
            (Body, Body.place_id),
            (Event, Event.place_id),
        )
    ]
    return session.scalars(
        visible(by).where(or_(*within)).order_by(Record.kind, Record.sort_key, Record.id)
    ).all()
