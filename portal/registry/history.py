"""The history of a record: what it said after each change, kept as text that needs no table to be read.

What is restricted today is left out of every version for those who may not read it, whatever it was then.
"""

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.dates.calendars import Calendar
from portal.errors import NotFoundError
from portal.permissions import Permission
from portal.registry.models import (
    Conclusion,
    FactCitation,
    Image,
    Name,
    Participation,
    Position,
    Record,
    Relation,
    Revision,
    Saying,
    Source,
    Statement,
)
from portal.registry.periods import Period
from portal.registry.records import Line, shown, without
from portal.staff.actor import Actor

Hidden = Callable[[str, Line], bool]
"""Whether a line of a field of a snapshot is left out."""

_FIRST = "fa"
_ERA = {Calendar.SOLAR: "SH", Calendar.LUNAR: "AH", Calendar.GREGORIAN: "CE", None: ""}


def snapshot(session: Session, record: Record) -> dict[str, Any]:
    """Give a record as plain texts by field, and lists of lines."""
    position = session.scalar(select(Position.day).where(Position.record_id == record.id))
    return {
        "kind": record.kind.value,
        "restricted": "yes" if record.restricted else "",
        "name": [_name(session, name).kept() for name in record.names],
        **_facts(session, record),
        "position": position.isoformat() if position else "",
        "cited": sorted((_rested(one).kept() for one in record.fact_citations), key=str),
        "statement": [_statement(one).kept() for one in _statements(session, record)],
        "relation": _relations(session, record),
        "participation": _participations(session, record),
        "conclusion": _conclusions(session, record),
        "image": [_image(one).kept() for one in _images(session, record)],
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
    """Read what `keep` wrote, all of it."""
    content = json.loads(kept.snapshot)
    assert isinstance(content, dict)  # noqa: S101 - written by keep, for the type checker
    return content


def hidden_from(session: Session, record_id: UUID, *, by: Actor) -> Hidden:
    """Say what of a record's history somebody may not read, as things stand today."""
    if by.may(Permission.REGISTRY_RESTRICTED):
        return lambda _name, _line: False
    marks: dict[tuple[str, ...], bool] = {}
    others: set[UUID] = set()
    for kept in _all(session, record_id):
        for name, value in read(kept).items():
            lines = value if isinstance(value, list) else [value] if isinstance(value, dict) else []
            for line in map(Line.read, lines):
                marks[line.key(name)] = line.restricted
                if line.other:
                    others.add(UUID(line.other))
    query = select(Record.id).where(Record.id.in_(others), Record.restricted)
    secret = {str(one) for one in session.scalars(query)} if others else set()
    return lambda name, line: marks.get(line.key(name), line.restricted) or line.other in secret


def versions(session: Session, record_id: UUID, *, by: Actor) -> list[Revision]:
    """Give the versions, newest first, without those in which nothing changed that this person may read."""
    hidden = hidden_from(session, record_id, by=by)
    found: list[Revision] = []
    before: dict[str, Any] = {}
    seen: dict[str, Any] = {}
    for kept in _all(session, record_id):
        now = read(kept)
        visible = without(now, hidden)
        if not found or visible != seen or now == before:
            found.append(kept)
        before, seen = now, visible
    return found[::-1]


def _all(session: Session, record_id: UUID) -> Sequence[Revision]:
    query = select(Revision).where(Revision.record_id == record_id)
    return session.scalars(query.order_by(Revision.version)).all()


def _name_of(session: Session, record_id: UUID | None) -> str:
    """Name another record; of a restricted one only its id, for the history is read by more people."""
    record = session.get(Record, record_id) if record_id else None
    if record is None:
        return ""
    return str(record.id) if record.restricted else shown(record.names, _FIRST)[0]


def _where(session: Session, record_id: UUID | None) -> dict[str, Any]:
    other = str(record_id) if record_id else ""
    return Line("", _name_of(session, record_id), other=other).kept()


def _days(earliest: date | None, latest: date | None) -> str:
    if earliest is None and latest is None:
        return ""
    first, last = (day.isoformat() if day else ".." for day in (earliest, latest))
    return first if first == last else f"{first}/{last}"


def dated(period: Period) -> str:
    """Write a date in one line: its words, their calendar, the days."""
    days = _days(period.earliest, period.latest)
    return " ".join(filter(None, (period.words, _ERA[period.calendar], days)))


def _lasted(since: Period, until: Period) -> str:
    return " – ".join((dated(since), dated(until))) if since or until else ""


def _facts(session: Session, record: Record) -> dict[str, Any]:
    if person := record.person:
        return {
            "sex": person.sex.value,
            "role": person.role.value,
            "living": person.living.value,
            "father_name": person.father_name,
            "mother_name": person.mother_name or "",
            "birth": dated(person.birth),
            "birthplace": person.birthplace or "",
            "origin": person.origin,
        }
    if place := record.place:
        point = (place.latitude_tenths, place.longitude_tenths)
        return {
            "place_kind": place.kind.value,
            "parent": _where(session, place.parent_id),
            "point": "" if None in point else ", ".join(f"{(tenths or 0) / 10:.1f}" for tenths in point),
            "existed": _lasted(place.since, place.until),
        }
    if grave := record.grave:
        where = _where(session, grave.place_id)
        return {"place": where, "existence": grave.existence.value, "condition": grave.condition.value}
    if event := record.event:
        return {
            "event_kind": event.kind.value,
            "place": _where(session, event.place_id),
            "date": dated(event.when),
        }
    body = record.body
    assert body is not None  # noqa: S101 - a record has facts of its kind, for the type checker
    return {
        "body_kind": body.kind.value if body.kind else "",
        "place": _where(session, body.place_id),
        "existed": _lasted(body.since, body.until),
    }


def cited(source: Source, locator: str) -> str:
    """Write a citation in one line."""
    year = str(source.year) if source.year else ""
    return ", ".join(filter(None, (source.author, source.title, year, locator)))


def _name(session: Session, name: Name) -> Line:
    source = session.get(Source, name.source_id) if name.source_id else None
    spelt = cited(source, name.locator or "") if source else ""
    return Line(name.kind.value, "\n".join(filter(None, (name.text, _lasted(name.since, name.until), spelt))))


def _rested(fact: FactCitation) -> Line:
    return Line(fact.field, cited(fact.source, fact.locator))


def _said(row: Saying) -> list[str]:
    coded = f"{row.predicate.value}:{row.word}" if row.word else ""
    figures = "" if row.low is None else f"{row.low}–{row.high}" if row.low != row.high else str(row.low)
    return list(filter(None, (row.value_fa, row.value_en, coded, figures, dated(row.when))))


def _statements(session: Session, record: Record) -> Sequence[Statement]:
    query = select(Statement).where(Statement.record_id == record.id)
    return session.scalars(query.order_by(Statement.position, Statement.id)).all()


def text_of(statement: Statement) -> str:
    """Write a statement as lines: its words, its date, its sources."""
    sources = (cited(cite.source, cite.locator) for cite in statement.citations)
    return "\n".join((*_said(statement), *sources))


def _statement(statement: Statement) -> Line:
    return Line(
        statement.predicate.value,
        text_of(statement),
        id=str(statement.id),
        restricted=bool(statement.restricted),
    )


def _images(session: Session, record: Record) -> Sequence[Image]:
    query = select(Image).where(Image.record_id == record.id, Image.off_day.is_(None))
    return session.scalars(query.order_by(Image.id)).all()


def _image(row: Image) -> Line:
    """Give what is said of an image; the picture itself is no part of the history."""
    told = (row.caption, row.told, row.maker, row.original_at, dated(row.when))
    text = "\n".join(filter(None, (*told, cited(row.source, row.locator))))
    return Line(row.kind.value, text, id=str(row.id), restricted=bool(row.restricted))


def _tie(session: Session, row: Relation | Participation, word: str, other: UUID) -> dict[str, Any]:
    more = (row.post or "", _lasted(row.since, row.until)) if isinstance(row, Relation) else ()
    text = "\n".join(filter(None, (_name_of(session, other), *more, cited(row.source, row.locator))))
    return Line(word, text, id=str(row.id), other=str(other), restricted=bool(row.restricted)).kept()


def _relations(session: Session, record: Record) -> list[dict[str, Any]]:
    rows = session.scalars(select(Relation).where(Relation.from_id == record.id).order_by(Relation.id))
    return [_tie(session, row, row.kind.value, row.to_id) for row in rows]


def _participations(session: Session, record: Record) -> list[dict[str, Any]]:
    rows = session.scalars(
        select(Participation).where(Participation.event_id == record.id).order_by(Participation.id)
    )
    return [_tie(session, row, row.role.value, row.record_id) for row in rows]


def _conclusions(session: Session, record: Record) -> list[dict[str, Any]]:
    """Give the conclusions that stand; what each replaced stands in the version before."""
    rows = session.scalars(select(Conclusion).where(Conclusion.record_id == record.id)).all()
    replaced = {row.replaces_id for row in rows}
    lines = [
        Line(
            row.predicate.value,
            "\n".join((*_said(row), row.reason)),
            id=str(row.id),
            restricted=bool(row.restricted),
        )
        for row in sorted(rows, key=lambda row: (row.predicate.value, str(row.id)))
        if row.id not in replaced and not row.open
    ]
    return [line.kept() for line in lines]
