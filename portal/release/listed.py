"""The people whom everybody finds in the registry's lists of the dead: where and when, as a release says it.

Whoever reads a release holds such lists. What is restricted is left out, and people who were found to be one
count once. Where sources name several prisons, or no month, it is not known: an unknown is nobody's company.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import NamedTuple
from uuid import UUID

from persiantools.jdatetime import JalaliDate
from sqlalchemy import select

from portal.database import PortalSession
from portal.registry.models import Event, Participation, Person, Place, Record, Relation, Statement
from portal.registry.vocabulary import EventKind, Part, PersonRole, PlaceKind, Predicate, RelationKind
from portal.registry.wholes import all_edges, first_of_each
from portal.release.hierarchies import MISSING, month_value

_KILLED = (EventKind.EXECUTION, EventKind.KILLING)
_DEPTH = 6

Days = tuple[date | None, date | None]


class Listed(NamedTuple):
    """A person of the lists: prison (its id) and Solar Hijri month, as `columns.values_of` says them."""

    prison: str
    month: str


def listed(session: PortalSession) -> tuple[Listed, ...]:
    """Read all victims that the registry shows to everybody, in no order that tells anything."""
    query = select(Person.record_id).join(Record, Record.id == Person.record_id)
    victims = session.scalars(
        query.where(Person.role == PersonRole.VICTIM, Record.restricted.is_not(True))
    ).all()
    one = first_of_each(all_edges(session))
    killed, held, days = _killed(session), _held(session), _days(session)
    prisons = _prisons(session)
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for victim in victims:
        found[one.get(victim, victim)].append(victim)
    return tuple(
        sorted(
            Listed(
                _only(prisons, [place for each in same for place in killed.get(each, {})])
                or _only(prisons, [place for each in same for place in held.get(each, ())])
                or MISSING,
                _month([day for each in same for day in (*killed.get(each, {}).values(), *days[each])]),
            )
            for same in found.values()
        )
    )


def _killed(session: PortalSession) -> Mapping[UUID, Mapping[UUID | None, Days]]:
    """Where and when each was killed, by the events that the registry has of it."""
    query = (
        select(Participation.record_id, Event.place_id, Event.earliest, Event.latest)
        .join(Event, Event.record_id == Participation.event_id)
        .join(Record, Record.id == Event.record_id)
        .where(
            Participation.role == Part.VICTIM,
            Participation.restricted.is_not(True),
            Event.kind.in_(_KILLED),
            Record.restricted.is_not(True),
        )
    )
    found: dict[UUID, dict[UUID | None, Days]] = defaultdict(dict)
    for person, place, earliest, latest in session.execute(query):
        found[person][place] = (earliest, latest)
    return found


def _held(session: PortalSession) -> Mapping[UUID, list[UUID]]:
    query = select(Relation.from_id, Relation.to_id).where(
        Relation.kind == RelationKind.HELD_AT, Relation.restricted.is_not(True)
    )
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for person, place in session.execute(query):
        found[person].append(place)
    return found


def _days(session: PortalSession) -> defaultdict[UUID, list[Days]]:
    query = select(Statement.record_id, Statement.earliest, Statement.latest).where(
        Statement.predicate == Predicate.FATE, Statement.restricted.is_not(True)
    )
    found: defaultdict[UUID, list[Days]] = defaultdict(list)
    for person, earliest, latest in session.execute(query):
        found[person].append((earliest, latest))
    return found


def _prisons(session: PortalSession) -> Mapping[UUID, UUID]:
    """Lead every place to the prison that it is or is part of, if that is shown to everybody."""
    query = select(Place.record_id, Place.kind, Place.parent_id).join(Record, Record.id == Place.record_id)
    rows = session.execute(query.where(Record.restricted.is_not(True))).all()
    places = {place: (kind, above) for place, kind, above in rows}
    found = {}
    for place in places:
        at: UUID | None = place
        for _ in range(_DEPTH):
            if at is None or at not in places:
                break
            if places[at][0] is PlaceKind.PRISON:
                found[place] = at
                break
            at = places[at][1]
    return found


def _only(prisons: Mapping[UUID, UUID], places: Iterable[UUID | None]) -> str:
    """Name the one prison that all say, or nothing."""
    found = {prisons[place] for place in places if place is not None and place in prisons}
    return str(found.pop()) if len(found) == 1 else ""


def _month(days: Collection[Days]) -> str:
    """Say the month that all days lie in, or the year, or that it is not known."""
    solar = [
        JalaliDate(day)  # type: ignore[no-untyped-call]  # persiantools ships no types
        for day in (day for span in days if None not in span for day in span)
    ]
    years, months = {one.year for one in solar}, {(one.year, one.month) for one in solar}
    if len(years) != 1:
        return MISSING
    return month_value(years.pop(), months.pop()[1] if len(months) == 1 else None)
