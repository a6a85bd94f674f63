"""What stands around a record: relations, parts in events, the places it lies in and what lies in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.registry.models import (
    Body,
    Event,
    Grave,
    Participation,
    Place,
    Record,
    Relation,
    Source,
)
from portal.registry.service import place_of, visible
from portal.registry.vocabulary import Kind, Part, RelationKind
from portal.staff.actor import Actor

_DEPTH = 12


@dataclass(frozen=True)
class Tie:
    """A relation or a part in an event, seen from one record: what, whom, which way, who says so."""

    id: UUID
    word: RelationKind | Part
    other: Record
    forward: bool
    source: Source
    locator: str


def _several(session: Session, ids: Sequence[UUID], by: Actor) -> dict[UUID, Record]:
    rows = session.scalars(visible(by).where(Record.id.in_(ids)))
    return {record.id: record for record in rows}


def relations(session: Session, record: Record, *, by: Actor) -> list[Tie]:
    """Give what the record is to others and they to it; restricted others are left out."""
    either = or_(Relation.from_id == record.id, Relation.to_id == record.id)
    rows = session.scalars(select(Relation).where(either).order_by(Relation.kind, Relation.id)).all()
    others = _several(session, [row.to_id if row.from_id == record.id else row.from_id for row in rows], by)
    return [
        Tie(row.id, row.kind, others[other], forward, row.source, row.locator)
        for row in rows
        for forward in (row.from_id == record.id,)
        for other in (row.to_id if forward else row.from_id,)
        if other in others
    ]


def parts(session: Session, record: Record, *, by: Actor) -> list[Tie]:
    """Give who had a part in an event, or in which events, by date, the record had one."""
    event = record.kind is Kind.EVENT
    column = Participation.event_id if event else Participation.record_id
    rows = session.scalars(
        select(Participation).where(column == record.id).order_by(Participation.role, Participation.id)
    ).all()
    others = _several(session, [row.record_id if event else row.event_id for row in rows], by)
    ties = [
        Tie(row.id, row.role, others[other], event, row.source, row.locator)
        for row in rows
        for other in (row.record_id if event else row.event_id,)
        if other in others
    ]
    return ties if event else sorted(ties, key=_when)


def _when(tie: Tie) -> date:
    """Order events by their first day, those without one at the end."""
    event = tie.other.event
    return (event.earliest if event else None) or date.max


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
