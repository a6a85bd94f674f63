"""Looking into the registry: browse, search, read; of what somebody may not know, not even a count."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, and_, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from portal.errors import NotFoundError
from portal.permissions import Permission
from portal.registry import history, names
from portal.registry.models import (
    Conclusion,
    Image,
    Name,
    NameKey,
    Participation,
    Record,
    Relation,
    Revision,
    Source,
    Statement,
)
from portal.registry.records import Difference, differences, without
from portal.registry.vocabulary import Kind
from portal.registry.wholes import shown_for
from portal.staff.actor import Actor

_LONGEST = 300
_LAST = "\U0010ffff"
_SUBSTRING_FROM = 3


@dataclass(frozen=True)
class Shelf:
    """One page of records in the order of their names; `after` begins the next page, None at the end."""

    records: Sequence[Record]
    after: UUID | None


class Near(Protocol):
    """Whoever knows names by how they sound: the records with a name like a typed one, best first."""

    def __call__(
        self, session: Session, *, by: Actor, text: str, kind: Kind | None, limit: int
    ) -> Sequence[UUID]:
        """Give at most ``limit`` ids."""


# Of names that hold what was typed, the shorter is nearer: a man before an event that is named for him.
_NEAREST = (func.length(Record.sort_key), Record.sort_key, Record.id)


def _open_to(by: Actor) -> ColumnElement[bool]:
    return (
        literal(value=True) if by.may(Permission.REGISTRY_RESTRICTED) else Record.restricted.is_(other=False)
    )


def readable(
    table: type[Statement] | type[Relation] | type[Participation] | type[Conclusion] | type[Image], by: Actor
) -> ColumnElement[bool]:
    """Select the rows that this person may read: all, or those that are not restricted."""
    if by.may(Permission.REGISTRY_RESTRICTED):
        return literal(value=True)
    return table.restricted.is_not(other=True)


def visible(by: Actor, kind: Kind | None = None) -> Select[Record]:
    """Select the records that this person may know of."""
    query = select(Record).where(_open_to(by))
    return query if kind is None else query.where(Record.kind == kind)


def browse(
    session: Session,
    *,
    by: Actor,
    kind: Kind | None = None,
    after: UUID | None = None,
    latin: bool = False,
    limit: int = 50,
) -> Shelf:
    """List records by name, or by the one in Latin script; `after` is the last record of the page before.

    Those that are one with another are listed under that one alone, so that a page may be shorter.
    """
    by.require(Permission.REGISTRY_READ)
    order = _latin() if latin else Record.sort_key
    query = visible(by, kind).order_by(order, Record.id).limit(limit + 1)
    if after is not None:
        last = find(session, after, by=by)
        key = session.scalar(select(order).where(Record.id == last.id))
        query = query.where(tuple_(order, Record.id) > tuple_(literal(key), literal(last.id, Uuid())))
    records = session.scalars(query).all()
    shown = shown_for(session, [one.id for one in records[:limit]], by=by)
    alone = [one for one in records[:limit] if shown[one.id] == one.id]
    return Shelf(alone, records[limit - 1].id if len(records) > limit else None)


def _latin() -> ColumnElement[str]:
    """Give what a list in Latin script is sorted by: the name that it shows; without one, as in the other."""
    first = select(func.lower(Name.folded)).where(Name.record_id == Record.id, Name.script == "Latn")
    return func.coalesce(first.order_by(Name.position).limit(1).scalar_subquery(), Record.sort_key)


def search(
    session: Session,
    *,
    by: Actor,
    text: str,
    kind: Kind | None = None,
    limit: int = 50,
    near: Near | None = None,
) -> Sequence[Record]:
    """Find records by any spelling in either script: the whole name first, then beginnings, words, parts.

    What ``near`` knows of names that are spelt otherwise comes last.
    """
    by.require(Permission.REGISTRY_READ)
    found: dict[UUID, Record] = {}
    for condition in _conditions(text):
        hits = select(Name.record_id).join(NameKey, NameKey.name_id == Name.id).where(condition)
        query = visible(by, kind).where(Record.id.in_(hits)).order_by(*_NEAREST).limit(limit)
        found |= {record.id: record for record in session.scalars(query) if record.id not in found}
        if len(found) >= limit:
            break
    if near is not None and text.strip() and len(found) < limit:
        others = [one for one in near(session, by=by, text=text, kind=kind, limit=limit) if one not in found]
        found |= several(session, others, by=by, kind=kind)
    return as_shown(session, list(found.values()), by=by)[:limit]


def as_shown(session: Session, records: Sequence[Record], *, by: Actor) -> list[Record]:
    """Put in the place of each record the one under which it is shown, each once."""
    shown = shown_for(session, [one.id for one in records], by=by)
    known = {one.id: one for one in records}
    missing = [one for one in dict.fromkeys(shown.values()) if one not in known]
    known |= several(session, missing, by=by)
    return [known[one] for one in dict.fromkeys(shown.values()) if one in known]


def several(
    session: Session, ids: Sequence[UUID], *, by: Actor, kind: Kind | None = None
) -> dict[UUID, Record]:
    """Find records in the order of their ids, leaving out those that this person may not know of."""
    by.require(Permission.REGISTRY_READ)
    found = (
        {one.id: one for one in session.scalars(visible(by, kind).where(Record.id.in_(ids)))} if ids else {}
    )
    return {one: found[one] for one in ids if one in found}


def _conditions(text: str) -> list[ColumnElement[bool]]:
    """Give the ways in which a typed text may meet a key, best first."""
    rest = names.split_titles(text).rest
    whole = names.loose(rest)[:_LONGEST]
    if not whole:
        return []
    words = [loose for word in names.fold(rest).split() if (loose := names.loose(word))]
    ways = [and_(NameKey.whole, or_(NameKey.key == whole, NameKey.key == names.loose(text))), _begins(whole)]
    if len(words) > 1:
        ways.append(and_(*(Name.id.in_(select(NameKey.name_id).where(_begins(word))) for word in words)))
    if len(whole) >= _SUBSTRING_FROM:
        pieces = [NameKey.key.contains(word, autoescape=True) for word in words]
        ways.append(and_(NameKey.whole, or_(NameKey.key.contains(whole, autoescape=True), and_(*pieces))))
    return ways


def _begins(key: str) -> ColumnElement[bool]:
    """Compare with a range of keys, which an index answers, where LIKE would read them all."""
    return and_(NameKey.key >= key, NameKey.key < key + _LAST)


def find(session: Session, record_id: UUID, *, by: Actor) -> Record:
    """Find one record; a restricted one is not there for those who may not see it."""
    by.require(Permission.REGISTRY_READ)
    record = session.scalar(visible(by).where(Record.id == record_id))
    if record is None:
        raise NotFoundError
    return record


def places(session: Session, *, by: Actor) -> Sequence[Record]:
    """List the places in which something may lie, by name."""
    by.require(Permission.REGISTRY_READ)
    return session.scalars(visible(by, Kind.PLACE).order_by(Record.sort_key, Record.id)).all()


def sources(session: Session, *, by: Actor) -> Sequence[Source]:
    """List the publications that statements may rest on."""
    by.require(Permission.REGISTRY_READ)
    return session.scalars(select(Source).order_by(Source.title, Source.id)).all()


def revisions(session: Session, record_id: UUID, *, by: Actor) -> Sequence[Revision]:
    """Give the history of a record, newest first, without versions of which this person may read nothing."""
    find(session, record_id, by=by)
    return history.versions(session, record_id, by=by)


def difference(
    session: Session, record_id: UUID, *, by: Actor, version: int
) -> tuple[Revision, list[Difference]]:
    """Say what a version changed; the first version changed nothing and added everything."""
    find(session, record_id, by=by)
    kept = history.revision(session, record_id, version)
    if kept not in history.versions(session, record_id, by=by):
        raise NotFoundError
    hidden = history.hidden_from(session, record_id, by=by)
    before = history.read(history.revision(session, record_id, version - 1)) if version > 1 else {}
    return kept, differences(without(before, hidden), without(history.read(kept), hidden))


def place_of(record: Record) -> UUID | None:
    """Give the place that a record's facts name: a place's parent, or where a grave, body or event is."""
    if record.place:
        return record.place.parent_id
    located = record.grave or record.body or record.event
    return located.place_id if located else None
