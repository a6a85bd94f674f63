"""What staff do with what sources say: statements, relations, parts in events, and the sources themselves."""

from collections.abc import Callable
from datetime import datetime
from typing import NotRequired, TypedDict, Unpack
from uuid import UUID, uuid4

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.errors import InvalidError, NotFoundError, StaleError
from portal.ledger.service import note as write_down
from portal.permissions import Permission
from portal.registry import saying
from portal.registry.changing import changed, may_restrict, take
from portal.registry.looking import find, readable
from portal.registry.models import Participation, Record, Relation, Source, Statement
from portal.registry.records import Cite, Claim
from portal.registry.saying import PLAIN, Bond
from portal.registry.vocabulary import Kind, Part, RelationKind, SourceKind
from portal.staff.actor import Actor

Word = RelationKind | Part
Tie = Relation | Participation


def state(
    session: Session, record_id: UUID, *, by: Actor, version: int, claim: Claim, note: str, now: datetime
) -> Statement:
    """Add a statement with its sources; a restricted one only by those who may read it afterwards."""
    may_restrict(by, restricted=claim.restricted)
    record = take(session, record_id, by=by, version=version)
    statement = saying.make_statement(session, record, claim)
    changed(session, record, by=by, note=note, now=now, act="registry.state")
    return statement


def restate(
    session: Session,
    record_id: UUID,
    statement_id: UUID,
    *,
    by: Actor,
    version: int,
    claim: Claim,
    note: str,
    now: datetime,
) -> Statement:
    """Correct a statement in its place; its history keeps what it said before."""
    record = take(session, record_id, by=by, version=version)
    statement = find_statement(session, record, statement_id, by=by)
    may_restrict(by, restricted=claim.restricted or bool(statement.restricted))
    saying.set_statement(session, statement, claim)
    session.flush()
    session.expire(record, ["statements"])
    changed(session, record, by=by, note=note, now=now, act="registry.restate")
    return statement


def retract(
    session: Session,
    record_id: UUID,
    statement_id: UUID,
    *,
    by: Actor,
    version: int,
    note: str,
    now: datetime,
) -> Record:
    """Take a statement off a record; its history keeps it."""
    record = take(session, record_id, by=by, version=version)
    session.delete(find_statement(session, record, statement_id, by=by))
    session.flush()
    session.expire(record, ["statements"])
    return changed(session, record, by=by, note=note, now=now, act="registry.retract")


def find_statement(session: Session, record: Record, statement_id: UUID, *, by: Actor) -> Statement:
    """Find a statement of a record that this person may read."""
    query = select(Statement).where(Statement.id == statement_id, Statement.record_id == record.id)
    found = session.scalar(query.where(readable(Statement, by)))
    if found is None:
        raise NotFoundError
    return found


def relate(
    session: Session,
    record_id: UUID,
    *,
    by: Actor,
    version: int,
    word: Word,
    other_id: UUID,
    cite: Cite,
    note: str,
    now: datetime,
    bond: Bond = PLAIN,
) -> Tie:
    """Say what a record is to another, or, with a `Part`, what the other was in this event."""
    may_restrict(by, restricted=bond.restricted)
    record = take(session, record_id, by=by, version=version)
    other = find(session, other_id, by=by)
    if other.id == record.id:
        raise InvalidError("A record has no relation to itself.")
    if isinstance(word, Part) and record.kind is not Kind.EVENT:
        raise InvalidError("Events have parts, other records have relations.")
    tie = saying.make_tie(session, record, word, other, cite=cite, bond=bond)
    changed(session, record, by=by, note=note, now=now, act="registry.relate")
    return tie


def retie(
    session: Session,
    record_id: UUID,
    tie_id: UUID,
    *,
    by: Actor,
    version: int,
    word: Word,
    cite: Cite,
    note: str,
    now: datetime,
    bond: Bond = PLAIN,
) -> Tie:
    """Correct what a record is to another, from either side; whom it ties together stays."""
    may_restrict(by, restricted=bond.restricted)
    return _with_tie(
        session,
        record_id,
        tie_id,
        by=by,
        version=version,
        act="registry.retie",
        note=note,
        now=now,
        do=lambda tie: _rewrite(session, tie, word, cite, bond),
    )


def _rewrite(session: Session, tie: Tie, word: Word, cite: Cite, bond: Bond) -> None:
    if isinstance(word, Part) is not isinstance(tie, Participation):
        raise InvalidError("Events have parts, other records have relations.")
    one, other = (session.get_one(Record, end) for end in ends_of(tie))
    saying.check_between(word, one, other)
    saying.set_tie(session, tie, word, cite, bond)


def untie(
    session: Session,
    record_id: UUID,
    tie_id: UUID,
    *,
    by: Actor,
    version: int,
    note: str,
    now: datetime,
) -> Tie:
    """Take a relation or a part off; the history keeps it."""
    return _with_tie(
        session,
        record_id,
        tie_id,
        by=by,
        version=version,
        act="registry.untie",
        note=note,
        now=now,
        do=session.delete,
    )


def _with_tie(
    session: Session,
    record_id: UUID,
    tie_id: UUID,
    *,
    by: Actor,
    version: int,
    act: str,
    note: str,
    now: datetime,
    do: Callable[[Tie], None],
) -> Tie:
    """Change a tie as seen from one record; the version is counted where its history is kept."""
    looked_at = find(session, record_id, by=by)
    tie = find_tie(session, looked_at, tie_id, by=by)
    keeper = ends_of(tie)[0]
    if keeper == record_id:
        record = take(session, record_id, by=by, version=version)
    else:
        if looked_at.version != version:
            raise StaleError
        record = take(session, keeper, by=by, version=find(session, keeper, by=by).version)
    do(tie)
    session.flush()
    changed(session, record, by=by, note=note, now=now, act=act)
    return tie


def find_tie(session: Session, record: Record, tie_id: UUID, *, by: Actor) -> Tie:
    """Find a relation or part of a record, both of whose ends this person may know of."""
    relation = select(Relation).where(
        Relation.id == tie_id, or_(Relation.from_id == record.id, Relation.to_id == record.id)
    )
    part = select(Participation).where(
        Participation.id == tie_id,
        or_(Participation.event_id == record.id, Participation.record_id == record.id),
    )
    tie = session.scalar(relation.where(readable(Relation, by))) or session.scalar(
        part.where(readable(Participation, by))
    )
    if tie is None:
        raise NotFoundError
    for end in ends_of(tie):
        find(session, end, by=by)
    return tie


def ends_of(tie: Tie) -> tuple[UUID, UUID]:
    """Give the two records that are tied together: the first is the one whose history keeps the tie."""
    return (tie.from_id, tie.to_id) if isinstance(tie, Relation) else (tie.event_id, tie.record_id)


class Described(TypedDict):
    """How a publication is named."""

    kind: SourceKind
    title: str
    author: NotRequired[str]
    year: NotRequired[int | None]
    address: NotRequired[str]


def add_source(session: Session, *, by: Actor, **described: Unpack[Described]) -> Source:
    """Add a publication."""
    by.require(Permission.REGISTRY_EDIT)
    source = Source(id=uuid4())
    _describe(source, described)
    session.add(source)
    session.flush()
    write_down(session, "registry.source", by=by.name, subject=source.id)
    return source


def edit_source(session: Session, source_id: UUID, *, by: Actor, **described: Unpack[Described]) -> Source:
    """Correct how a publication is named; all that rests on it shows the correction."""
    by.require(Permission.REGISTRY_EDIT)
    source = saying.find_source(session, source_id)
    _describe(source, described)
    session.flush()
    write_down(session, "registry.edit-source", by=by.name, subject=source.id)
    return source


def _describe(source: Source, described: Described) -> None:
    title = described["title"].strip()
    if not title:
        raise InvalidError("A source needs its title.")
    source.kind, source.title = described["kind"], title
    source.author, source.address = described.get("author", "").strip(), described.get("address", "").strip()
    source.year = described.get("year")
