"""Who was in a prison, and when: thousands are counted by month and shown page by page."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.dates.calendars import Calendar
from portal.registry.drawing.axis import Axis, make_axis
from portal.registry.drawing.figures import Month, Stay, by_month
from portal.registry.lives import Strand, ordered, pieces
from portal.registry.looking import readable, several, visible
from portal.registry.models import Event, Participation, Place, Record, Relation
from portal.registry.vocabulary import EventKind, Kind, Part, RelationKind
from portal.registry.wholes import shown_for, whole
from portal.staff.actor import Actor

PAGE = 40
_DEPTH = 4
_WORDS = (RelationKind.HELD_AT, RelationKind.WORKED_AT)
_ENDS = (Part.ORIGIN, Part.DESTINATION)
_AT_ONCE = 500


Days = tuple[date | None, date | None]


class _Told(NamedTuple):
    """When one source says that somebody was there, without reading more: there may be thousands."""

    id: UUID
    opened: date | None
    began: date | None
    ended: date | None
    closed: date | None

    @property
    def days(self) -> tuple[date | None, ...]:
        """All days that are said."""
        return self[1:]

    @property
    def begins(self) -> date:
        """The day by which people are put in order."""
        return next((day for day in self.days if day is not None), date.max)

    @property
    def stay(self) -> Stay:
        """The days as ordinals, each end as far as it is known."""
        opened, began = self.opened or self.began, self.began or self.opened
        ended, closed = self.ended or self.closed, self.closed or self.ended
        return Stay(*(day.toordinal() if day else None for day in (opened, began, ended, closed)))


@dataclass(frozen=True)
class Move:
    """A transfer into the prison or out of it: where from or to, when, and how many are named in it."""

    event: Record
    inward: bool
    others: tuple[Record, ...]
    people: int


@dataclass(frozen=True)
class House:
    """A prison through time: how many were there in each month, a page of those who were, and who moved."""

    axis: Axis | None
    months: Sequence[Month]
    people: int
    undated: int
    strands: Sequence[Strand]
    page: int
    pages: int
    moves: Sequence[Move]
    ways: Sequence[tuple[Record, bool, int]]
    """With whom transfers are told of, whether they came in, and how many transfers."""

    mirrored: bool
    more_moves: int = 0


def house(
    session: Session,
    record: Record,
    *,
    by: Actor,
    word: RelationKind,
    calendar: Calendar,
    mirrored: bool,
    page: int = 1,
) -> House:
    """Give who was held in a prison and its wards (or who worked there), as far as this person may know."""
    one = whole(session, record.id, by=by)
    where = _within(session, set(one.parts) if one.shown == record.id else {record.id}, by)
    told = _told(session, where, word, by)
    events, ends = _transfers(session, where, by)
    dates = [days for rows in told.values() for one in rows for days in (one[1:3], one[3:5])]
    dates += events.values()
    axis = make_axis(dates, calendar, mirrored=mirrored)
    stays = {one: [row.stay for row in rows if any(row.days)] for one, rows in told.items()}
    turn = sorted(told, key=lambda one: (min(row.begins for row in told[one]), str(one)))
    pages = max(-(-len(turn) // PAGE), 1)
    page = min(max(page, 1), pages)
    shown = turn[(page - 1) * PAGE : page * PAGE]
    moves = _moves(session, events, ends, where, by)
    return House(
        axis,
        by_month([one for one in stays.values() if one], axis) if axis else [],
        len(told),
        sum(1 for one in stays.values() if not one),
        _strands(session, shown, told, axis, by),
        page,
        pages,
        moves[:PAGE],
        _ways(moves),
        mirrored,
        max(len(moves) - PAGE, 0),
    )


def _within(session: Session, ids: set[UUID], by: Actor) -> set[UUID]:
    """Give a prison with the wards inside it that this person may know of."""
    found, frontier = set(ids), set(ids)
    for _ in range(_DEPTH):
        query = visible(by, Kind.PLACE).join(Place, Place.record_id == Record.id)
        inner = query.where(Place.parent_id.in_(frontier)).with_only_columns(Record.id)
        frontier = set(session.scalars(inner)) - found
        if not frontier:
            break
        found |= frontier
    return found


def _told(session: Session, where: set[UUID], word: RelationKind, by: Actor) -> dict[UUID, list[_Told]]:
    """Give for each person what is said of their stays; those who were found to be one are one."""
    columns = Relation.__table__.c
    query = (
        select(
            Relation.from_id,
            Relation.id,
            *(columns[f"{end}_{side}"] for end in ("since", "until") for side in ("earliest", "latest")),
        )
        .where(Relation.to_id.in_(where), Relation.kind == word, readable(Relation, by))
        .where(Relation.from_id.in_(visible(by, Kind.PERSON).with_only_columns(Record.id)))
        .order_by(Relation.id)
    )
    rows = [(person, _Told(*rest)) for person, *rest in session.execute(query)]
    stands = shown_for(session, {person for person, _ in rows}, by=by)
    found: dict[UUID, list[_Told]] = {}
    for person, row in rows:
        found.setdefault(stands[person], []).append(row)
    return found


def _strands(
    session: Session,
    shown: Sequence[UUID],
    told: Mapping[UUID, Sequence[_Told]],
    axis: Axis | None,
    by: Actor,
) -> list[Strand]:
    """Read whom one page shows, with what each source says of them, in parallel lanes."""
    people = several(session, shown, by=by)
    whose = {row.id: one for one in shown if one in people for row in told[one]}
    rows = session.scalars(select(Relation).where(Relation.id.in_(whose)).order_by(Relation.id))
    strands = [
        Strand(
            one.kind,
            one.since,
            one.until,
            other=people[whose[one.id]],
            text=one.post or "",
            sources=(one.source,),
        )
        for one in rows
    ]
    return [replace(one, pieces=pieces(axis, one)) if axis else one for one in ordered(strands)]


Ends = Mapping[UUID, Sequence[tuple[UUID, Part, Kind]]]


def _transfers(session: Session, where: set[UUID], by: Actor) -> tuple[dict[UUID, Days], Ends]:
    """Give the transfers that begin or end here, and everybody who is named in one."""
    here = select(Participation.event_id).where(
        Participation.record_id.in_(where), Participation.role.in_(_ENDS), readable(Participation, by)
    )
    known = visible(by, Kind.EVENT).with_only_columns(Record.id)
    query = select(Event.record_id, Event.earliest, Event.latest).where(
        Event.kind == EventKind.TRANSFER, Event.record_id.in_(here), Event.record_id.in_(known)
    )
    events = {one: (first, last) for one, first, last in session.execute(query)}
    ends: dict[UUID, list[tuple[UUID, Part, Kind]]] = {}
    for some in _batches(list(events)):
        named = (
            select(Participation.event_id, Participation.record_id, Participation.role, Record.kind)
            .join(Record, Record.id == Participation.record_id)
            .where(Participation.event_id.in_(some), readable(Participation, by))
            .where(Record.id.in_(visible(by).with_only_columns(Record.id)))
        )
        for row in session.execute(named):
            ends.setdefault(row.event_id, []).append((row.record_id, row.role, row.kind))
    return events, ends


def _batches(ids: Sequence[UUID]) -> Iterable[Sequence[UUID]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))


def _moves(
    session: Session,
    events: Mapping[UUID, Days],
    ends: Ends,
    where: set[UUID],
    by: Actor,
) -> list[Move]:
    """Tell transfers in and out, by date; one between two wards here is none."""
    turn = sorted(events, key=lambda one: (events[one][0] or events[one][1] or date.max, str(one)))
    found: list[tuple[UUID, bool, tuple[UUID, ...], int]] = []
    for one in turn:
        named = ends.get(one, ())
        come, went = (
            {key for key, role, _ in named if role is part} for part in (Part.DESTINATION, Part.ORIGIN)
        )
        people = len({key for key, role, kind in named if kind is Kind.PERSON and role not in _ENDS})
        if come & where and not went & where:
            found.append((one, True, tuple(went), people))
        elif went & where and not come & where:
            found.append((one, False, tuple(come), people))
    wanted = {key for one, _, others, _ in found for key in (one, *others)}
    records: dict[UUID, Record] = {}
    for some in _batches(list(wanted)):
        records |= several(session, some, by=by)
    return [
        Move(records[one], inward, tuple(records[key] for key in others if key in records), people)
        for one, inward, others, people in found
    ]


def _ways(moves: Sequence[Move]) -> list[tuple[Record, bool, int]]:
    """Sum transfers by the place at their other end, the most first."""
    counts: Counter[tuple[UUID, bool]] = Counter()
    places: dict[UUID, Record] = {}
    for move in moves:
        for other in move.others:
            counts[other.id, move.inward] += 1
            places[other.id] = other
    return [(places[key], inward, count) for (key, inward), count in counts.most_common(12)]
