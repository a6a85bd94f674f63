"""Which records are one to a reader: those that decisions which hold join, as far as both ends are theirs.

A decision between records of which one is restricted joins nothing for those who may not know of that one:
to them the other stands as it stood before, so that no merging tells of what is hidden. Records that are
joined are shown under the one that no decision gave up; of several, under the one that was there first.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from portal.permissions import Permission
from portal.registry.judgement_models import Judgement
from portal.registry.models import Record
from portal.staff.actor import Actor

_AT_ONCE = 500
_HOLDING = select(Judgement.kept_id, Judgement.other_id).where(Judgement.holds)

Edge = tuple[UUID, UUID]
"""Two records that are one: the one that is kept, the one that is given up."""


@dataclass(frozen=True)
class Whole:
    """Records that are one, the one under which they are shown first."""

    parts: tuple[UUID, ...]

    @property
    def shown(self) -> UUID:
        """The record that stands for all."""
        return self.parts[0]


def wholes(session: Session, ids: Iterable[UUID], *, by: Actor) -> dict[UUID, Whole]:
    """Return for each record the whole that it is part of, to this reader; most are their own."""
    asked = [*dict.fromkeys(ids)]
    edges = _edges_from(session, asked, by)
    made = {one: Whole((one,)) for one in asked}
    joined = _joined(edges)
    if joined:
        first = _first_of(session, {one for several in joined for one in several})
        given_up = {other for _, other in edges}
        for several in joined:
            ordered = sorted(several, key=lambda one: (one in given_up, first[one]))
            made |= dict.fromkeys(several & made.keys(), Whole(tuple(ordered)))
    return made


def whole(session: Session, record_id: UUID, *, by: Actor) -> Whole:
    """Return the whole that a record is part of, to this reader."""
    return wholes(session, [record_id], by=by)[record_id]


def shown_for(session: Session, ids: Iterable[UUID], *, by: Actor) -> dict[UUID, UUID]:
    """Return for each record the one under which it is shown."""
    return {one: found.shown for one, found in wholes(session, ids, by=by).items()}


def are_one(session: Session, one: UUID, other: UUID, *, by: Actor) -> bool:
    """Tell whether two records are one to this reader."""
    return one == other or other in whole(session, one, by=by).parts


def all_edges(session: Session) -> frozenset[Edge]:
    """Return every decision that holds, whoever may see it: for counting families, never for showing."""
    return frozenset((one, two) for one, two in session.execute(_HOLDING))


def first_of_each(edges: Iterable[Edge]) -> dict[UUID, UUID]:
    """Return for each record that is joined with others the one of them with the least id."""
    return {one: min(several) for several in _joined(edges) for one in several}


def _edges_from(session: Session, ids: Collection[UUID], by: Actor) -> set[Edge]:
    """Walk along the decisions that hold, from records to all that they are joined with."""
    edges: set[Edge] = set()
    seen: set[UUID] = set()
    frontier = set(ids)
    while frontier:
        seen |= frontier
        edges |= _edges_at(session, [*frontier], by)
        frontier = {one for edge in edges for one in edge} - seen
    return edges


def _edges_at(session: Session, ids: list[UUID], by: Actor) -> set[Edge]:
    query = _HOLDING
    if not by.may(Permission.REGISTRY_RESTRICTED):
        kept, other = aliased(Record), aliased(Record)
        query = query.join(kept, kept.id == Judgement.kept_id).join(other, other.id == Judgement.other_id)
        query = query.where(kept.restricted.is_(other=False), other.restricted.is_(other=False))
    found: set[Edge] = set()
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        either = or_(Judgement.kept_id.in_(some), Judgement.other_id.in_(some))
        found |= {(one, two) for one, two in session.execute(query.where(either))}
    return found


def _joined(edges: Iterable[Edge]) -> list[set[UUID]]:
    """Join what edges connect."""
    of: dict[UUID, set[UUID]] = {}
    for one, other in edges:
        both = of.get(one, {one}) | of.get(other, {other})
        of |= dict.fromkeys(both, both)
    return [*{id(several): several for several in of.values()}.values()]


def _first_of(session: Session, ids: set[UUID]) -> dict[UUID, tuple[str, str]]:
    """Order records by the day they came."""
    query = select(Record.id, Record.created).where(Record.id.in_(ids))
    return {one: (created.isoformat(), str(one)) for one, created in session.execute(query)}
