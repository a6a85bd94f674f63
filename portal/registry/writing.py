"""How records and their names are made from plain values; leave and history are the service's business."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import event, func, inspect, select, text
from sqlalchemy.orm import Session, UOWTransaction, selectinload

from portal.database import PortalSession
from portal.errors import InvalidError
from portal.registry import names
from portal.registry.facts import set_facts
from portal.registry.models import Name, Named, NameKey, Person, Record
from portal.registry.records import KIND_OF, Cite, Facts, Spelling
from portal.registry.vocabulary import Kind

_LONGEST = 300

# Any number will do, as long as it is always the same: PostgreSQL's name of the lock of changed names.
_LOCK = 0x6E_61_6D_65_64
_NUMBER = "portal.named"


def make(
    session: Session,
    *,
    author: str,
    spellings: Sequence[Spelling],
    facts: Facts,
    now: datetime,
    restricted: bool = False,
    code: str | None = None,
    record_id: UUID | None = None,
) -> Record:
    """Make a record of the kind that its facts tell."""
    record = Record(
        id=record_id or uuid4(),
        kind=KIND_OF[type(facts)],
        code=code,
        restricted=restricted,
        version=1,
        created=now.date(),
        created_by=author,
    )
    set_names(record, spellings)
    set_facts(record, facts)
    session.add(record)
    return record


def set_names(record: Record, spellings: Sequence[Spelling]) -> None:
    """Give the record its names, in order, with their keys; letters stay as they were written."""
    titled = record.kind is Kind.PERSON
    written = [spelling for spelling in spellings if names.fold(spelling.text)]
    if not written:
        raise InvalidError("A record needs a name.")
    record.names[:] = [_name(spelling, position, titled=titled) for position, spelling in enumerate(written)]
    record.sort_key = names.sorting(written[0].text)[:_LONGEST]


def spellings_of(record: Record) -> list[Spelling]:
    """Give the names of a record as they were written."""
    return [
        Spelling(
            name.text,
            name.kind,
            Cite(name.source_id, name.locator or "") if name.source_id else None,
            name.since,
            name.until,
        )
        for name in record.names
    ]


def renamed(session: Session, record: Record) -> None:
    """Say that a record's names, or who may see them, have changed, for all who keep names in memory.

    One number serves a whole transaction. The lock is held until its end, so that whoever sees a number has
    seen all smaller ones.
    """
    number = _number(session)
    if record.named is None:
        record.named = Named(number=number)
    else:
        record.named.number = number


@event.listens_for(PortalSession, "before_flush")
def _notice(session: PortalSession, flush: UOWTransaction, instances: Sequence[Any] | None) -> None:
    """Give a number to every record whose names, facts of a person or restriction change: nobody can forget.

    By names it is suggested, and by these facts too it is compared with others.
    """
    del flush, instances
    changed: dict[Record, None] = {}
    for one in (*session.new, *session.dirty, *session.deleted):
        if isinstance(one, Name) and (one not in session.dirty or session.is_modified(one)):
            record = one.record if one in session.new else session.get(Record, one.record_id)
            changed |= {record: None} if record is not None else {}
        elif isinstance(one, Person) and one in session.dirty and session.is_modified(one):
            changed |= {record: None} if (record := session.get(Record, one.record_id)) is not None else {}
        elif isinstance(one, Record) and inspect(one).attrs.restricted.history.has_changes():
            changed[one] = None
    for record in changed:
        if record not in session.deleted:
            renamed(session, record)


def _number(session: Session) -> int:
    connection = session.connection()
    kept: tuple[object, int] | None = session.info.get(_NUMBER)
    if kept is not None and kept[0] is session.get_transaction():
        return kept[1]
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    number = 1 + last_named(session)
    session.info[_NUMBER] = session.get_transaction(), number
    return number


def next_number(session: Session) -> int:
    """Return the number of this transaction's changes of names, for rows that are written by the thousand."""
    return _number(session)


def last_named(session: Session) -> int:
    """Return the number of the last change of names."""
    with session.no_autoflush:
        return session.scalar(select(func.max(Named.number))) or 0


def is_naming(session: Session) -> bool:
    """Tell whether this very transaction has changed names, which may yet be undone."""
    kept: tuple[object, int] | None = session.info.get(_NUMBER)
    return kept is not None and kept[0] is session.get_transaction()


def _name(spelling: Spelling, position: int, *, titled: bool) -> Name:
    text = spelling.text.strip()
    if len(text) > _LONGEST:
        raise InvalidError("A name is at most 300 letters long.")
    return Name(
        position=position,
        text=text,
        script=names.script_of(text),
        kind=spelling.kind,
        source_id=spelling.cite.source_id if spelling.cite else None,
        locator=spelling.cite.locator if spelling.cite else None,
        since=spelling.since,
        until=spelling.until,
        titles=" ".join(names.split_titles(text).titles) if titled else "",
        folded=names.fold(text)[:_LONGEST],
        joined=names.joined(text)[:_LONGEST],
        keys=[NameKey(key=key, whole=whole) for key, whole in sorted(keys_of(text, titled=titled).items())],
    )


def keys_of(text: str, *, titled: bool) -> dict[str, bool]:
    """Return the keys under which a name is found, and whether each stands for the whole of it."""
    wholes = {key[:_LONGEST] for key in names.wholes(text, titled=titled)}
    return {key[:_LONGEST]: key[:_LONGEST] in wholes for key in names.forms(text, titled=titled)}


def astray(session: Session) -> list[UUID]:
    """Return the records that are not found by the names they have, or by others as well.

    Keys follow from names, so the ledger does not keep them; that they still do is seen by making them anew.
    """
    query = select(Name, Record.kind).join(Record).options(selectinload(Name.keys))
    wrong = {
        one.record_id: None
        for one, kind in session.execute(query)
        if {key.key: key.whole for key in one.keys} != keys_of(one.text, titled=kind is Kind.PERSON)
    }
    return list(wrong)
