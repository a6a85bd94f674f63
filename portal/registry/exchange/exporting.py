"""The public part of the registry as values by field: what no restriction covers, with its sources.

What is written here is what `drafts` reads, so that an export comes home as it left. Who wrote what, why and
when, what reviewers concluded or suspect, and exact positions stay inside.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.registry.exchange import fields as named
from portal.registry.facts import facts_of
from portal.registry.looking import place_of
from portal.registry.models import Participation, Place, Record, Relation, Source, Statement
from portal.registry.periods import Period
from portal.registry.records import Facts
from portal.registry.vocabulary import Kind, RelationKind

_AT_ONCE = 200
SOURCES = "sources"
"""All publications that a record rests on; a row that is read has one."""
Values = dict[str, list[str]]
_INSIDE = frozenset({RelationKind.PERHAPS_SAME, RelationKind.NOT_SAME})
_FIELDS: Mapping[str, str] = {
    "father_name": "father",
    "mother_name": "mother",
    "latitude_tenths": named.LATITUDE,
    "longitude_tenths": named.LONGITUDE,
}
_KINDS: Mapping[Kind, str] = {
    Kind.PLACE: named.PLACE_KIND,
    Kind.BODY: "body_kind",
    Kind.EVENT: "event_kind",
}
_ORDER = (Kind.PLACE, Kind.BODY, Kind.GRAVE, Kind.EVENT, Kind.PERSON)


@dataclass(frozen=True)
class Exported:
    """A record, or what ties two, that leaves."""

    id: UUID
    values: Values
    addresses: Sequence[str] = ()


def records(session: Session) -> Iterator[Exported]:
    """Give every record that is for everybody, places before what lies in them."""
    open_places = set(session.scalars(_open().with_only_columns(Record.id).where(Record.kind == Kind.PLACE)))
    for kind in _ORDER:
        ids = _downward(session, open_places) if kind is Kind.PLACE else _of(session, kind)
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            found = {one.id: one for one in session.scalars(_open().where(Record.id.in_(some)))}
            for record_id in some:
                if record_id in found:
                    yield _record(found[record_id], open_places)
            session.expunge_all()


def ties(session: Session) -> Iterator[Exported]:
    """Give relations and parts in events between records that are for everybody."""
    ends = _open().with_only_columns(Record.id)
    relations = select(Relation).where(
        Relation.restricted.is_not(other=True),
        Relation.kind.not_in(_INSIDE),
        Relation.from_id.in_(ends),
        Relation.to_id.in_(ends),
    )
    for row in session.scalars(relations.order_by(Relation.id).execution_options(yield_per=_AT_ONCE)):
        dates = {"since": _date(row.since), "until": _date(row.until)}
        yield _tie(row.id, row.kind.value, row.from_id, row.to_id, row, post=row.post or "", **dates)
    parts = select(Participation).where(
        Participation.restricted.is_not(other=True),
        Participation.event_id.in_(ends),
        Participation.record_id.in_(ends),
    )
    for part in session.scalars(parts.order_by(Participation.id).execution_options(yield_per=_AT_ONCE)):
        yield _tie(part.id, part.role.value, part.event_id, part.record_id, part)


def _open() -> Select[Any]:
    return select(Record).where(Record.restricted.is_(other=False))


def _of(session: Session, kind: Kind) -> list[UUID]:
    query = _open().with_only_columns(Record.id).where(Record.kind == kind)
    return list(session.scalars(query.order_by(Record.sort_key, Record.id)))


def _downward(session: Session, places: set[UUID]) -> list[UUID]:
    """Give the places, each behind the one it lies in."""
    rows = session.execute(select(Place.record_id, Place.parent_id))
    parents = {place: parent for place, parent in rows}  # noqa: C416 - rows are no tuples to the type checker
    found: dict[UUID, None] = {}
    for place in sorted(places):
        upward, climbed = place, list[UUID]()
        while upward in places and upward not in found and upward not in climbed:
            climbed.append(upward)
            above = parents.get(upward)
            if above is None:
                break
            upward = above
        found |= dict.fromkeys(reversed(climbed))
    return list(found)


def _record(record: Record, open_places: set[UUID]) -> Exported:
    values: Values = {named.KIND: [record.kind.value], named.CODE: [str(record.id)]}
    for name in record.names:
        values.setdefault(named.name_field(name.kind), []).append(name.text)
    values |= plain(record.kind, facts_of(record))
    where = place_of(record)
    if where in open_places:
        values[named.PLACE] = [str(where)]
    statements: Sequence[Statement] = record.statements
    for one in statements:
        field = named.said_field(one.predicate)
        texts = [_line(text) for text in (one.value_fa, one.value_en) if text.strip()]
        if field in named.fields_of(record.kind):
            values.setdefault(field, []).extend(texts)
    sources = _sources(record, statements)
    if sources:
        values[named.SOURCE] = [sources[0].title]
        values[SOURCES] = list(dict.fromkeys(one.title for one in sources))
    locators = [name.locator for name in record.names[:1] if name.locator]
    if locators:
        values[named.LOCATOR] = locators
    return Exported(record.id, values, tuple(one.address for one in sources if one.address))


def _line(text: str) -> str:
    """Write a text in one line: a cell's lines are its values."""
    return " ".join(text.split())


def plain(kind: Kind, facts: Facts) -> Values:
    """Write short facts; what says nothing is left out."""
    values = Values()
    for one in fields(facts):
        value = getattr(facts, one.name)
        text = ""
        if isinstance(value, Period):
            text = _date(value)
        elif one.name in {"latitude_tenths", "longitude_tenths"}:
            text = "" if value is None else f"{value / 10:.1f}"
        elif not isinstance(value, UUID) and value is not None:
            text = _line(str(value))
        if text:
            field = _KINDS.get(kind, "") if one.name == "kind" else _FIELDS.get(one.name, one.name)
            values[field] = [text]
    return values


def _date(period: Period) -> str:
    return _line(period.words) or period.edtf


def _sources(record: Record, statements: Sequence[Statement]) -> list[Source]:
    found: dict[UUID, Source] = {}
    for name in record.names:
        if name.source is not None:
            found[name.source.id] = name.source
    for fact in record.fact_citations:
        found.setdefault(fact.source.id, fact.source)
    for cite in (cite for one in statements for cite in one.citations):
        found.setdefault(cite.source.id, cite.source)
    return list(found.values())


def _tie(
    tie_id: UUID, word: str, start: UUID, end: UUID, row: Relation | Participation, **more: str
) -> Exported:
    values = {
        named.CODE: [str(tie_id)],
        named.WORD: [word],
        named.START: [str(start)],
        named.END: [str(end)],
        named.POST: [more.get("post", "")],
        "since": [more.get("since", "")],
        "until": [more.get("until", "")],
        named.SOURCE: [row.source.title],
        named.LOCATOR: [_line(row.locator)],
    }
    kept = {name: several for name, several in values.items() if several[0]}
    return Exported(tie_id, kept, tuple(filter(None, [row.source.address])))
