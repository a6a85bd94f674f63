"""The history of a record: what it said after each change, kept as text that needs no table to be read."""

import json
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.dates.calendars import Calendar
from portal.errors import NotFoundError
from portal.registry.models import (
    Citation,
    Event,
    Participation,
    Person,
    Record,
    Relation,
    Revision,
    Source,
    Statement,
)
from portal.registry.records import shown

_FIRST = "fa"
_ERA = {Calendar.SOLAR: "SH", Calendar.LUNAR: "AH", Calendar.GREGORIAN: "CE", None: ""}


def snapshot(session: Session, record: Record) -> dict[str, Any]:
    """Give a record as plain texts by field, and lists of (word of the vocabulary, text)."""
    return {
        "kind": record.kind.value,
        "restricted": "yes" if record.restricted else "",
        "name": [[name.kind.value, name.text] for name in record.names],
        **_facts(session, record),
        "statement": [_statement(statement) for statement in record.statements],
        "relation": _relations(session, record),
        "participation": _participations(session, record),
    }


def keep(session: Session, record: Record, *, author: str, note: str, now: datetime) -> Revision:
    """Add the record as it stands now to its history."""
    session.flush()
    revision = Revision(
        record_id=record.id,
        version=record.version,
        snapshot=json.dumps(snapshot(session, record), ensure_ascii=False),
        author=author,
        day=now.date(),
        note=note,
    )
    session.add(revision)
    return revision


def revision(session: Session, record_id: UUID, version: int) -> Revision:
    """Find one version of a record, or raise `NotFoundError`."""
    found = session.scalar(
        select(Revision).where(Revision.record_id == record_id, Revision.version == version)
    )
    if found is None:
        raise NotFoundError
    return found


def read(kept: Revision) -> dict[str, Any]:
    """Read what `keep` wrote."""
    content = json.loads(kept.snapshot)
    assert isinstance(content, dict)  # noqa: S101 - written by keep, for the type checker
    return content


def _name_of(session: Session, record_id: UUID | None) -> str:
    """Name another record; of a restricted one only its id, for the history is read by more people."""
    record = session.get(Record, record_id) if record_id else None
    if record is None:
        return ""
    return str(record.id) if record.restricted else shown(record.names, _FIRST)[0]


def _days(earliest: date | None, latest: date | None) -> str:
    if earliest is None or latest is None:
        return ""
    return earliest.isoformat() if earliest == latest else f"{earliest.isoformat()}/{latest.isoformat()}"


def _dated(dated: Event | Statement) -> str:
    return " ".join(filter(None, (dated.words, _ERA[dated.calendar], _days(dated.earliest, dated.latest))))


def _born(person: Person) -> str:
    days = _days(person.birth_earliest, person.birth_latest)
    return " ".join(filter(None, (person.birth_words, _ERA[person.birth_calendar], days)))


def _facts(session: Session, record: Record) -> dict[str, str]:
    if person := record.person:
        return {
            "sex": person.sex.value,
            "role": person.role.value,
            "living": person.living.value,
            "father_name": person.father_name,
            "origin": person.origin,
            "birth": _born(person),
        }
    if place := record.place:
        point = (place.latitude_tenths, place.longitude_tenths)
        return {
            "place_kind": place.kind.value,
            "parent": _name_of(session, place.parent_id),
            "point": "" if None in point else ", ".join(f"{(tenths or 0) / 10:.1f}" for tenths in point),
        }
    if grave := record.grave:
        where = _name_of(session, grave.place_id)
        return {"place": where, "existence": grave.existence.value, "condition": grave.condition.value}
    if event := record.event:
        return {
            "event_kind": event.kind.value,
            "place": _name_of(session, event.place_id),
            "date": _dated(event),
        }
    return {"place": _name_of(session, record.body.place_id if record.body else None)}


def _cited(source: Source, locator: str) -> str:
    year = str(source.year) if source.year else ""
    return ", ".join(filter(None, (source.author, source.title, year, locator)))


def _statement(statement: Statement) -> list[str]:
    cites: list[Citation] = statement.citations
    sources = (_cited(cite.source, cite.locator) for cite in cites)
    lines = filter(None, (statement.value_fa, statement.value_en, _dated(statement), *sources))
    return [statement.predicate.value, "\n".join(lines)]


def _relations(session: Session, record: Record) -> list[list[str]]:
    rows = session.scalars(select(Relation).where(Relation.from_id == record.id))
    return sorted(
        [row.kind.value, f"{_name_of(session, row.to_id)}\n{_cited(row.source, row.locator)}"] for row in rows
    )


def _participations(session: Session, record: Record) -> list[list[str]]:
    rows = session.scalars(select(Participation).where(Participation.event_id == record.id))
    return sorted(
        [row.role.value, f"{_name_of(session, row.record_id)}\n{_cited(row.source, row.locator)}"]
        for row in rows
    )
