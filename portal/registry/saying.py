"""How statements, relations and parts are made from plain values; leave and history are the service's."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.errors import InvalidError, NotFoundError
from portal.registry.models import Citation, Participation, Record, Relation, Saying, Source, Statement
from portal.registry.periods import NOTHING, Period
from portal.registry.records import Cite, Claim, Said
from portal.registry.vocabulary import Part, RelationKind, may_relate


@dataclass(frozen=True)
class Bond:
    """What a relation says beside its word: as what, from when, to when, and whether few may read it."""

    post: str = ""
    since: Period = NOTHING
    until: Period = NOTHING
    restricted: bool = False


PLAIN = Bond()


def write_down(row: Saying, said: Said) -> None:
    """Write what is said into a row."""
    row.predicate = said.predicate
    row.value_fa, row.value_en = said.value_fa.strip(), said.value_en.strip()
    row.word, row.low, row.high = said.word, said.low, said.high
    row.when = said.date
    row.restricted = said.restricted or None


def make_statement(session: Session, record: Record, claim: Claim) -> Statement:
    """Make a statement at the end of a record's."""
    last = select(func.max(Statement.position)).where(Statement.record_id == record.id)
    session.flush()
    statement = Statement(id=uuid4(), record_id=record.id, position=1 + (session.scalar(last) or 0))
    set_statement(session, statement, claim)
    session.add(statement)
    session.flush()
    session.expire(record, ["statements"])
    return statement


def set_statement(session: Session, statement: Statement, claim: Claim) -> None:
    """Write a claim into a statement, new or known."""
    for cite in claim.cites:
        find_source(session, cite.source_id)
    write_down(statement, claim)
    statement.basis = claim.basis
    statement.citations[:] = [
        Citation(position=position, source_id=cite.source_id, locator=cite.locator)
        for position, cite in enumerate(claim.cites)
    ]


def cite_too(session: Session, statement: Statement, cite: Cite) -> None:
    """Let a statement rest on one more source."""
    find_source(session, cite.source_id)
    position = 1 + max((one.position for one in statement.citations), default=-1)
    statement.citations.append(Citation(position=position, source_id=cite.source_id, locator=cite.locator))
    session.flush()


def said_by(row: Saying) -> Said:
    """Give what a row says."""
    return Said(
        row.predicate,
        value_fa=row.value_fa,
        value_en=row.value_en,
        word=row.word,
        low=row.low,
        high=row.high,
        date=row.when,
        restricted=bool(row.restricted),
    )


def make_tie(
    session: Session,
    record: Record,
    word: RelationKind | Part,
    other: Record,
    *,
    cite: Cite,
    bond: Bond = PLAIN,
) -> Relation | Participation:
    """Make a relation or a part in an event; the same twice is refused."""
    tie = _between(record.id, word, other.id)
    check_between(word, record, other)
    set_tie(session, tie, word, cite, bond)
    session.add(tie)
    session.flush()
    return tie


def _between(one: UUID, word: RelationKind | Part, other: UUID) -> Relation | Participation:
    if isinstance(word, Part):
        return Participation(id=uuid4(), event_id=one, record_id=other)
    return Relation(id=uuid4(), from_id=one, to_id=other)


def tied(session: Session, one: UUID, word: RelationKind | Part, other: UUID, *, cite: Cite) -> list[Any]:
    """Find what says already, from the same source, that two records are tied so, whenever and as what."""
    return _tied(session, _between(one, word, other), word, cite)


def check_between(word: RelationKind | Part, record: Record, other: Record) -> None:
    """Refuse a relation that cannot be between records of these kinds."""
    if isinstance(word, RelationKind) and not may_relate(word, record.kind, other.kind):
        raise InvalidError("That cannot be said of these two records.")


def set_tie(
    session: Session, tie: Relation | Participation, word: RelationKind | Part, cite: Cite, bond: Bond
) -> None:
    """Write the word, the source and the dates of a tie; the same twice is refused."""
    find_source(session, cite.source_id)
    with session.no_autoflush:
        if any(other.id != tie.id for other in _like(session, tie, word, cite, bond)):
            raise InvalidError("That is already there, from the same source.")
    tie.source_id, tie.locator = cite.source_id, cite.locator
    tie.restricted = bond.restricted or None
    if isinstance(tie, Participation):
        assert isinstance(word, Part)  # noqa: S101 - asked by the caller, for the type checker
        tie.role = word
    else:
        assert isinstance(word, RelationKind)  # noqa: S101 - likewise
        tie.kind, tie.post = word, bond.post.strip()
        tie.since, tie.until = bond.since, bond.until


def _like(
    session: Session, tie: Relation | Participation, word: RelationKind | Part, cite: Cite, bond: Bond
) -> list[Any]:
    """Find what already says the same; a relation of other dates says something else."""
    said = (bond.post.strip(), bond.since, bond.until)
    return [
        one
        for one in _tied(session, tie, word, cite)
        if isinstance(one, Participation) or (one.post or "", one.since, one.until) == said
    ]


def _tied(
    session: Session, tie: Relation | Participation, word: RelationKind | Part, cite: Cite
) -> list[Any]:
    if isinstance(tie, Participation):
        query = select(Participation).filter_by(
            event_id=tie.event_id, record_id=tie.record_id, role=word, source_id=cite.source_id
        )
        return list(session.scalars(query))
    same = select(Relation).filter_by(
        from_id=tie.from_id, to_id=tie.to_id, kind=word, source_id=cite.source_id
    )
    return list(session.scalars(same))


def find_source(session: Session, source_id: UUID) -> Source:
    """Find a publication, or raise `NotFoundError`."""
    source = session.get(Source, source_id)
    if source is None:
        raise NotFoundError
    return source
