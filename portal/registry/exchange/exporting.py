"""The public part of the registry as values by field: what no restriction covers, with its sources.

What is written here is what `drafts` reads, so that an export comes home as it left. Who wrote what, why and
when, what reviewers concluded or suspect, and exact positions stay inside.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import groupby
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.registry.exchange import fields as named
from portal.registry.facts import facts_of
from portal.registry.looking import place_of
from portal.registry.models import Participation, Place, Record, Relation, Source, Statement
from portal.registry.periods import Period
from portal.registry.records import Facts, Said
from portal.registry.saying import said_by
from portal.registry.vocabulary import Basis, Kind, NameKind, RelationKind

_AT_ONCE = 200
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
# Any id will do, as long as it is always the same: the namespace (RFC 9562) of what ties two records.
_TIES = UUID("6d1f5a3e-6a0c-4d0b-9a4b-2f3c8e7d5b10")
ORDER = (Kind.PLACE, Kind.BODY, Kind.GRAVE, Kind.EVENT, Kind.PERSON)
"""Kinds of records, those before in which others lie."""


@dataclass(frozen=True)
class Exported:
    """A record, or what ties two, that leaves; ``sources`` are all publications that it rests on."""

    id: UUID
    values: Values
    sources: Sequence[Source] = ()


def records(session: Session, kinds: Iterable[Kind] = ORDER) -> Iterator[Exported]:
    """Give every record that is for everybody, places before what lies in them, else by their ids."""
    for kind, found, open_places in _by_kind(session, kinds):
        for record in found:
            yield _record(kind, record, open_places)


def statements(session: Session) -> Iterator[Exported]:
    """Give what sources say of records that are for everybody, a row for each source that says it."""
    for _, found, _ in _by_kind(session, ORDER):
        for record in found:
            rows = {_content(one): one for said in record.statements for one in _stated(record.id, said)}
            yield from (rows[key] for key in sorted(rows))


def ties(session: Session) -> Iterator[Exported]:
    """Give relations, then parts in events, between records that are for everybody, by the ids of these.

    The id of each follows from what it says: it is the same in every registry that says it.
    """
    for rows in (_relations(session), _parts(session)):
        for _, between in groupby(rows, key=lambda one: (one.values[named.START], one.values[named.END])):
            told = {_content(one): one for one in between}
            yield from (told[key] for key in sorted(told))


def sources(every: Iterable[Source]) -> Iterator[Values]:
    """Give publications by their titles, each once."""
    told: dict[str, Values] = {}
    for one in sorted(every, key=_of_source):
        year = str(one.year or "")
        texts = map(_line, (one.title, one.author, year, one.kind.value, one.address))
        row = {name: [text] for name, text in zip(named.OTHER_ROWS[named.TITLE], texts, strict=True)}
        told.setdefault(_line(one.title), row)
    yield from told.values()


def _of_source(one: Source) -> tuple[str, str, int, str, str]:
    return _line(one.title), one.author, one.year or 0, one.kind.value, one.address


def _open() -> Select[Any]:
    return select(Record).where(Record.restricted.is_(other=False))


def _by_kind(session: Session, kinds: Iterable[Kind]) -> Iterator[tuple[Kind, Iterator[Record], set[UUID]]]:
    open_places = set(session.scalars(_open().with_only_columns(Record.id).where(Record.kind == Kind.PLACE)))
    for kind in kinds:
        query = _open().with_only_columns(Record.id).where(Record.kind == kind).order_by(Record.id)
        ids = _downward(session, open_places) if kind is Kind.PLACE else [*session.scalars(query)]
        yield kind, _found(session, ids), open_places


def _found(session: Session, ids: Sequence[UUID]) -> Iterator[Record]:
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        found = {one.id: one for one in session.scalars(_open().where(Record.id.in_(some)))}
        yield from (found[one] for one in some if one in found)
        session.expunge_all()


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


def _record(kind: Kind, record: Record, open_places: set[UUID]) -> Exported:
    values: Values = {named.KIND: [kind.value], named.CODE: [str(record.id)]}
    for sort in NameKind:
        texts = [_line(name.text) for name in record.names if name.kind is sort]
        values |= {named.name_field(sort): texts} if texts else {}
    values |= plain(kind, facts_of(record))
    where = place_of(record)
    if where in open_places:
        values[named.PLACE] = [str(where)]
    for one in record.statements:
        field = named.said_field(one.predicate)
        texts = [_line(text) for text in (one.value_fa, one.value_en) if text.strip()]
        if field in named.fields_of(kind):
            values.setdefault(field, []).extend(texts)
    rests = _sources(record)
    values[named.SOURCE] = [_line(rests[0].title) if rests else named.NO_SOURCE]
    locators = [_line(name.locator) for name in record.names[:1] if name.locator]
    if locators:
        values[named.LOCATOR] = locators
    return Exported(record.id, values, rests)


def _stated(record_id: UUID, row: Statement) -> Iterator[Exported]:
    told = {named.OF: str(record_id), **words_of(said_by(row), row.basis)}
    for cite in row.citations:
        cited = {named.SOURCE: _line(cite.source.title), named.LOCATOR: _line(cite.locator)}
        yield Exported(row.id, _kept({**told, **cited}), [cite.source])


def words_of(said: Said, basis: Basis | None) -> Mapping[str, str]:
    """Give what is said as the cells of a row; what says the same gives the same."""
    return {
        named.ABOUT: said.predicate.value,
        named.FA: _lines(said.value_fa),
        named.EN: _lines(said.value_en),
        named.CODED: said.word or "",
        named.LOW: "" if said.low is None else str(said.low),
        named.HIGH: "" if said.high is None else str(said.high),
        "date": day_of(said.date),
        named.BASIS: basis.value if basis else "",
    }


def _kept(told: Mapping[str, str]) -> Values:
    return {name: [text] for name, text in told.items() if text}


def _line(text: str) -> str:
    """Write a text in one line: a cell's lines are its values."""
    return " ".join(text.split())


def _lines(text: str) -> str:
    """Write a text with its lines, each ended alike."""
    return "\n".join(text.splitlines()).strip()


def plain(kind: Kind, facts: Facts) -> Values:
    """Write short facts; what says nothing is left out."""
    values = Values()
    for one in fields(facts):
        value = getattr(facts, one.name)
        text = ""
        if isinstance(value, Period):
            text = day_of(value)
        elif one.name in {"latitude_tenths", "longitude_tenths"}:
            text = "" if value is None else f"{value / 10:.1f}"
        elif not isinstance(value, UUID) and value is not None:
            text = _line(str(value))
        if text:
            field = _KINDS.get(kind, "") if one.name == "kind" else _FIELDS.get(one.name, one.name)
            values[field] = [text]
    return values


def day_of(period: Period) -> str:
    """Give a date in its words, else its days."""
    return _line(period.words) or period.edtf


def _sources(record: Record) -> list[Source]:
    found: dict[UUID, Source] = {}
    for name in record.names:
        if name.source is not None:
            found[name.source.id] = name.source
    for fact in record.fact_citations:
        found.setdefault(fact.source.id, fact.source)
    for cite in (cite for one in record.statements for cite in one.citations):
        found.setdefault(cite.source.id, cite.source)
    return list(found.values())


def _relations(session: Session) -> Iterator[Exported]:
    ends = _open().with_only_columns(Record.id)
    query = select(Relation).where(
        Relation.restricted.is_not(other=True),
        Relation.kind.not_in(_INSIDE),
        Relation.from_id.in_(ends),
        Relation.to_id.in_(ends),
    )
    query = query.order_by(Relation.from_id, Relation.to_id).execution_options(yield_per=_AT_ONCE)
    for row in session.scalars(query):
        more = {named.POST: _line(row.post or ""), "since": day_of(row.since), "until": day_of(row.until)}
        yield _tie(row.kind.value, row.from_id, row.to_id, row, more)


def _parts(session: Session) -> Iterator[Exported]:
    ends = _open().with_only_columns(Record.id)
    query = select(Participation).where(
        Participation.restricted.is_not(other=True),
        Participation.event_id.in_(ends),
        Participation.record_id.in_(ends),
    )
    query = query.order_by(Participation.event_id, Participation.record_id)
    for row in session.scalars(query.execution_options(yield_per=_AT_ONCE)):
        yield _tie(row.role.value, row.event_id, row.record_id, row, {})


def _tie(
    word: str, start: UUID, end: UUID, row: Relation | Participation, more: Mapping[str, str]
) -> Exported:
    values = _kept(
        {
            named.WORD: word,
            named.START: str(start),
            named.END: str(end),
            **more,
            named.SOURCE: _line(row.source.title),
            named.LOCATOR: _line(row.locator),
        }
    )
    told = Exported(_TIES, values, [row.source])
    return replace(told, id=uuid5(_TIES, "\0".join(part for pair in _content(told) for part in pair)))


def _content(one: Exported) -> tuple[tuple[str, str], ...]:
    return tuple((name, text) for name, (text,) in sorted(one.values.items()))
