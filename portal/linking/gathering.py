"""What the registry says of several records, gathered in a few statements, as evidence weighs it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from portal.linking.evidence import Companion, Facts, Sort, Stretch
from portal.registry import service as registry
from portal.registry.models import Participation, Person, Record, Relation, Statement
from portal.registry.vocabulary import EventKind, Kind, Part, Predicate, RelationKind, Sex
from portal.registry.wholes import wholes
from portal.staff.actor import Actor

_BEFALL = (
    Predicate.ARREST,
    Predicate.SENTENCE,
    Predicate.HELD,
    Predicate.LAST_SEEN,
    Predicate.FATE,
    Predicate.BURIAL,
    Predicate.DISTURBANCE,
)
"""What statements say that befell somebody or something on a day."""
_KIN = (
    RelationKind.PARENT_OF,
    RelationKind.SIBLING_OF,
    RelationKind.SPOUSE_OF,
    RelationKind.RELATIVE_OF,
    RelationKind.CELLMATE_OF,
)
_STAYED = (RelationKind.HELD_AT, RelationKind.WORKED_AT, RelationKind.BURIED_AT)


@dataclass(frozen=True)
class _Ties:
    """Ties of records by record: to persons, to places, to events."""

    kin: Mapping[UUID, Sequence[UUID]]
    places: Mapping[UUID, Sequence[UUID]]
    events: Mapping[UUID, Sequence[tuple[UUID, Part]]]


def facts_of(
    session: Session, records: Sequence[Record], *, by: Actor, linked: Iterable[UUID]
) -> dict[UUID, Facts]:
    """Give the facts of records; ``linked`` are those that the case is linked to already.

    What is restricted says nothing to those who may not see it: neither by its name nor by its ties.
    """
    ours, companions = [one.id for one in records], [*dict.fromkeys(linked)]
    parts = wholes(session, [*ours, *companions], by=by)
    every = [part for one in parts.values() for part in one.parts]
    stands_for = {part: one.shown for one in parts.values() for part in one.parts}
    ties = _ties(session, every, by, stands_for)
    others = {
        *companions,
        *(one for found in (ties.kin, ties.places) for several in found.values() for one in several),
        *(event for several in ties.events.values() for event, _ in several),
        *(upward for one in records if (upward := registry.place_of(one)) is not None),
    }
    known = registry.several(session, [*others], by=by)
    where = {one.event.place_id for one in known.values() if one.event and one.event.place_id} - known.keys()
    known |= registry.several(session, [*where], by=by)
    days = _days(session, every, by, stands_for)
    return {
        one.id: _facts(
            one, ties, known, days.get(one.id, ()), [other for other in companions if other in known]
        )
        for one in records
    }


def _ties(session: Session, ids: Sequence[UUID], by: Actor, stands_for: Mapping[UUID, UUID]) -> _Ties:
    """Read the ties of records; those of what is one with another are the other's."""
    kin: dict[UUID, list[UUID]] = {}
    places: dict[UUID, list[UUID]] = {}
    events: dict[UUID, list[tuple[UUID, Part]]] = {}
    outward = and_(Relation.from_id.in_(ids), Relation.kind.in_((*_KIN, *_STAYED)))
    inward = and_(Relation.to_id.in_(ids), Relation.kind.in_(_KIN))
    query = select(Relation.from_id, Relation.to_id, Relation.kind).where(
        or_(outward, inward), registry.readable(Relation, by)
    )
    rows = session.execute(query.order_by(Relation.id))
    for one, other, kind in rows:
        here, there = stands_for.get(one, one), stands_for.get(other, other)
        if kind in _KIN:
            kin.setdefault(here, []).append(there)
            kin.setdefault(there, []).append(here)
        elif kind in _STAYED:
            places.setdefault(here, []).append(other)
    taken = select(Participation.record_id, Participation.event_id, Participation.role)
    for one, event, role in session.execute(
        taken.where(Participation.record_id.in_(ids), registry.readable(Participation, by))
    ):
        events.setdefault(stands_for.get(one, one), []).append((event, role))
    return _Ties(kin, places, events)


def _days(
    session: Session, ids: Sequence[UUID], by: Actor, stands_for: Mapping[UUID, UUID]
) -> dict[UUID, list[Stretch]]:
    query = select(
        Statement.record_id, Statement.predicate, Statement.earliest, Statement.latest, Statement.words
    ).where(
        Statement.record_id.in_(ids),
        Statement.predicate.in_(_BEFALL),
        Statement.earliest.is_not(None),
        registry.readable(Statement, by),
    )
    found: dict[UUID, list[Stretch]] = {}
    for record_id, predicate, earliest, latest, words in session.execute(query):
        if earliest and latest:
            stretch = Stretch(earliest, latest, words, death=predicate is Predicate.FATE)
            found.setdefault(stands_for.get(record_id, record_id), []).append(stretch)
    return found


def _facts(
    record: Record,
    ties: _Ties,
    known: Mapping[UUID, Record],
    days: Sequence[Stretch],
    companions: Sequence[UUID],
) -> Facts:
    events = [(known[one], role) for one, role in ties.events.get(record.id, ()) if one in known]
    near = [*ties.places.get(record.id, ()), registry.place_of(record)]
    near += [one.event.place_id for one, _ in events if one.event]
    places = [known[one] for one in dict.fromkeys(near) if one and one in known and one != record.id]
    kin = [known[one] for one in dict.fromkeys(ties.kin.get(record.id, ())) if one in known]
    person = record.person
    return Facts(
        sex=person.sex if person else Sex.UNKNOWN,
        father=person.father_name if person else "",
        birth=_birth(person),
        home=person.origin if person else "",
        places=[_names(one) for one in places],
        dated=[*days, *(_of_event(one, role) for one, role in events if one.event and one.event.earliest)],
        kin=[_names(one) for one in kin if one.kind is Kind.PERSON],
        companions=[
            Companion(_names(known[other])[0], bond)
            for other in companions
            if other != record.id and (bond := _bond(record.id, other, ties, known)) is not None
        ],
    )


def _bond(one: UUID, other: UUID, ties: _Ties, known: Mapping[UUID, Record]) -> Sort | None:
    """Say what ties a record to one that the case is linked to, the closest."""
    if other in ties.kin.get(one, ()):
        return Sort.COMPANION
    mine, theirs = (
        {event for event, _ in ties.events.get(which, ()) if event in known} for which in (one, other)
    )
    if mine & theirs:
        return Sort.SAME_EVENT
    held = set(ties.places.get(one, ()))
    return (
        Sort.SAME_PRISON if other in held or held & set(ties.places.get(other, ())) & known.keys() else None
    )


def _names(record: Record) -> list[str]:
    return [one.text for one in record.names]


def _birth(person: Person | None) -> Stretch | None:
    if person is None or person.birth_earliest is None or person.birth_latest is None:
        return None
    words = person.birth_words or str(person.birth_earliest.year)
    return Stretch(person.birth_earliest, person.birth_latest, words)


def _of_event(record: Record, role: Part) -> Stretch:
    event = record.event
    assert event is not None  # noqa: S101 - asked by the caller, for the type checker
    assert event.earliest is not None  # noqa: S101 - likewise
    death = event.kind in {EventKind.KILLING, EventKind.EXECUTION} and role is Part.VICTIM
    return Stretch(event.earliest, event.latest or event.earliest, event.words, death=death)
