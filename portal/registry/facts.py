"""The short facts of a record: written into the table of their kind, read back, and cited field by field."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields, replace
from datetime import date
from typing import Any

from portal.dates.calendars import Calendar
from portal.dates.reading import Precision, Qualifier
from portal.errors import InvalidError
from portal.registry.models import Body, Event, FactCitation, Grave, Person, Place, Record
from portal.registry.periods import Period
from portal.registry.records import (
    BodyFacts,
    Cite,
    EventFacts,
    Facts,
    GraveFacts,
    PersonFacts,
    PlaceFacts,
)


def set_facts(record: Record, facts: Facts) -> None:
    """Write the facts into the table of their kind."""
    match facts:
        case PersonFacts():
            row = record.person = record.person or Person()
            row.sex, row.role, row.living = facts.sex, facts.role, facts.living
            row.father_name, row.mother_name = facts.father_name.strip(), facts.mother_name.strip()
            row.birthplace, row.origin = facts.birthplace.strip(), facts.origin.strip()
            row.birth = facts.birth
        case PlaceFacts():
            place = record.place = record.place or Place()
            place.kind, place.parent_id = facts.kind, facts.parent_id
            place.latitude_tenths, place.longitude_tenths = facts.latitude_tenths, facts.longitude_tenths
            place.since, place.until = facts.since, facts.until
        case GraveFacts():
            grave = record.grave = record.grave or Grave()
            grave.place_id = facts.place_id
            grave.existence, grave.condition = facts.existence, facts.condition
        case BodyFacts():
            body = record.body = record.body or Body()
            body.place_id, body.kind = facts.place_id, facts.kind
            body.since, body.until = facts.since, facts.until
        case EventFacts():
            event = record.event = record.event or Event()
            event.kind, event.place_id, event.when = facts.kind, facts.place_id, facts.date


def facts_of(record: Record) -> Facts:
    """Read the facts of a record."""
    if person := record.person:
        return PersonFacts(
            sex=person.sex,
            role=person.role,
            living=person.living,
            father_name=person.father_name,
            origin=person.origin,
            birth=person.birth,
            mother_name=person.mother_name or "",
            birthplace=person.birthplace or "",
        )
    if place := record.place:
        return PlaceFacts(
            place.kind,
            place.parent_id,
            place.latitude_tenths,
            place.longitude_tenths,
            place.since,
            place.until,
        )
    if grave := record.grave:
        return GraveFacts(grave.place_id, grave.existence, grave.condition)
    if event := record.event:
        return EventFacts(event.kind, event.place_id, event.when)
    body = record.body
    assert body is not None  # noqa: S101 - a record has facts of its kind, for the type checker
    return BodyFacts(body.place_id, body.kind, body.since, body.until)


def changed(before: Facts, after: Facts) -> list[str]:
    """Name the fields in which facts differ."""
    return [one.name for one in fields(after) if getattr(before, one.name, None) != getattr(after, one.name)]


def told(facts: Facts) -> list[str]:
    """Name the fields that say something: what a new record's source is cited for."""
    return changed(type(facts)(), facts)


def cite_facts(record: Record, names: Iterable[str], cites: Sequence[Cite]) -> None:
    """Let the named facts rest on these sources: what they rested on before said something else."""
    of = set(names)
    record.fact_citations[:] = [
        *(one for one in record.fact_citations if one.field not in of),
        *(
            FactCitation(field=name, source_id=cite.source_id, locator=cite.locator)
            for name in sorted(of)
            for cite in cites
        ),
    ]


def decide(record: Record, field: str, value: Any) -> str:
    """Write one fact, and give what it was before as JSON for `undecide`."""
    facts = facts_of(record)
    before = getattr(facts, field)
    set_facts(record, _with(facts, field, value))
    return json.dumps(_plain(before), ensure_ascii=False)


def undecide(record: Record, field: str, before: str) -> None:
    """Put back what a fact was before it was decided."""
    kept, facts = json.loads(before), facts_of(record)
    now = getattr(facts, field)
    value = _period(kept) if isinstance(now, Period) else type(now)(kept)
    set_facts(record, _with(facts, field, value))


def _with(facts: Facts, field: str, value: Any) -> Facts:
    changes: dict[str, Any] = {field: value}
    return replace(facts, **changes)


def _plain(value: Any) -> Any:
    if not isinstance(value, Period):
        return str(value)
    return {
        name: one.isoformat() if isinstance(one, date) else one
        for name, one in asdict(value).items()
        if one is not None
    }


def _period(kept: dict[str, str]) -> Period:
    try:
        return Period(
            kept["words"],
            Calendar(kept["calendar"]) if "calendar" in kept else None,
            date.fromisoformat(kept["earliest"]) if "earliest" in kept else None,
            date.fromisoformat(kept["latest"]) if "latest" in kept else None,
            Precision(kept["precision"]) if "precision" in kept else None,
            Qualifier(kept["qualifier"]) if "qualifier" in kept else None,
        )
    except (KeyError, ValueError):
        raise InvalidError("What was kept of the date cannot be read.") from None
