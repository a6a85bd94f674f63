"""How rows of the registry are made from plain values; leave and history are the service's business."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import event, func, inspect, select, text
from sqlalchemy.orm import Session, UOWTransaction, selectinload

from portal.database import PortalSession
from portal.errors import InvalidError, NotFoundError
from portal.registry import names
from portal.registry.models import (
    Body,
    Citation,
    Event,
    Grave,
    Name,
    Named,
    NameKey,
    Participation,
    Person,
    Place,
    Record,
    Relation,
    Source,
    Statement,
)
from portal.registry.records import (
    KIND_OF,
    BodyFacts,
    Cite,
    Claim,
    EventFacts,
    Facts,
    GraveFacts,
    PersonFacts,
    PlaceFacts,
    Spelling,
)
from portal.registry.vocabulary import Kind, Part, RelationKind

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
) -> Record:
    """Make a record of the kind that its facts tell."""
    record = Record(
        id=uuid4(),
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


def make_statement(session: Session, record: Record, claim: Claim) -> Statement:
    """Make a statement at the end of a record's."""
    for cite in claim.cites:
        find_source(session, cite.source_id)
    statement = Statement(
        id=uuid4(),
        position=1 + max((known.position for known in record.statements), default=0),
        predicate=claim.predicate,
        value_fa=claim.value_fa.strip(),
        value_en=claim.value_en.strip(),
        words=claim.date.words,
        calendar=claim.date.calendar,
        earliest=claim.date.earliest,
        latest=claim.date.latest,
        citations=[
            Citation(position=position, source_id=cite.source_id, locator=cite.locator)
            for position, cite in enumerate(claim.cites)
        ],
    )
    record.statements.append(statement)
    return statement


def make_tie(
    session: Session, record: Record, word: RelationKind | Part, other: Record, cite: Cite
) -> Relation | Participation:
    """Make a relation or a part in an event; the same twice is refused."""
    find_source(session, cite.source_id)
    tie: Relation | Participation
    if isinstance(word, Part):
        tie = Participation(
            event_id=record.id, record_id=other.id, role=word, source_id=cite.source_id, locator=cite.locator
        )
        known = select(Participation.id).filter_by(
            event_id=record.id, record_id=other.id, role=word, source_id=cite.source_id
        )
    else:
        tie = Relation(
            from_id=record.id, to_id=other.id, kind=word, source_id=cite.source_id, locator=cite.locator
        )
        known = select(Relation.id).filter_by(
            from_id=record.id, to_id=other.id, kind=word, source_id=cite.source_id
        )
    if session.scalar(known) is not None:
        raise InvalidError("That is already there, from the same source.")
    session.add(tie)
    return tie


def find_source(session: Session, source_id: UUID) -> Source:
    """Find a publication, or raise `NotFoundError`."""
    source = session.get(Source, source_id)
    if source is None:
        raise NotFoundError
    return source


def set_names(record: Record, spellings: Sequence[Spelling]) -> None:
    """Give the record its names, in order, with their keys; letters stay as they were written."""
    titled = record.kind is Kind.PERSON
    written = [spelling for spelling in spellings if names.fold(spelling.text)]
    if not written:
        raise InvalidError("A record needs a name.")
    record.names[:] = [_name(spelling, position, titled=titled) for position, spelling in enumerate(written)]
    record.sort_key = names.sorting(written[0].text)[:_LONGEST]


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
    """Give a number to every record whose names or restriction change: no writer can forget to."""
    del flush, instances
    changed: dict[Record, None] = {}
    for one in (*session.new, *session.dirty, *session.deleted):
        if isinstance(one, Name) and (one not in session.dirty or session.is_modified(one)):
            record = one.record if one in session.new else session.get(Record, one.record_id)
            changed |= {record: None} if record is not None else {}
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


def set_facts(record: Record, facts: Facts) -> None:
    """Write the facts into the table of their kind."""
    match facts:
        case PersonFacts():
            row = record.person = record.person or Person()
            row.sex, row.role, row.living = facts.sex, facts.role, facts.living
            row.father_name, row.origin = facts.father_name.strip(), facts.origin.strip()
            row.birth_words, row.birth_calendar = facts.birth.words, facts.birth.calendar
            row.birth_earliest, row.birth_latest = facts.birth.earliest, facts.birth.latest
        case PlaceFacts():
            place = record.place = record.place or Place()
            place.kind, place.parent_id = facts.kind, facts.parent_id
            place.latitude_tenths, place.longitude_tenths = facts.latitude_tenths, facts.longitude_tenths
        case GraveFacts():
            grave = record.grave = record.grave or Grave()
            grave.place_id, grave.existence, grave.condition = (
                facts.place_id,
                facts.existence,
                facts.condition,
            )
        case BodyFacts():
            record.body = record.body or Body()
            record.body.place_id = facts.place_id
        case EventFacts():
            event = record.event = record.event or Event()
            event.kind, event.place_id = facts.kind, facts.place_id
            event.words, event.calendar = facts.date.words, facts.date.calendar
            event.earliest, event.latest = facts.date.earliest, facts.date.latest
