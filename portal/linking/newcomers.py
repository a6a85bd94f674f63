"""Persons who are new or changed, compared with all others without looking the whole registry through.

Those who may be meant are found by their names, as this process keeps them, by a name and a fact that are the
same, and by what a source says; they are weighed as everywhere (`likeness`). What is restricted is weighed
apart, as there.
"""

from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from portal.linking.entries import entries
from portal.linking.known import Known, names
from portal.linking.likeness import Entry, Likenesses
from portal.registry.models import Name, Named, NameKey, Person, Record
from portal.registry.names import wholes
from portal.registry.vocabulary import Kind

MOST = 200
"""Changed persons who are compared at once; more are looked for among all."""
_NEAREST, _NAMESAKES, _CHUNK = 24, 50, 20

Weighed = tuple[UUID, UUID, float]
"""Two persons, and how much speaks for their being one, in bits."""


def since(session: Session, number: int) -> list[UUID] | None:
    """Return the persons whose names or facts have changed since a number; None for more than `MOST`."""
    query = select(Named.record_id).join(Record, Record.id == Named.record_id)
    query = query.where(Named.number > number, Record.kind == Kind.PERSON)
    found = session.scalars(query.order_by(Named.number, Named.record_id).limit(MOST + 1)).all()
    return None if len(found) > MOST else [*found]


def compare(
    session: Session, changed: Sequence[UUID], *, total: int, patient: bool = False
) -> list[Weighed] | None:
    """Return the pairs of a changed person and another who may be one, of ``total`` persons open to all.

    None while this process is still reading names in, unless ``patient``.
    """
    known, made = names(session), dict[frozenset[UUID], Weighed]()
    for start in range(0, len(changed), _CHUNK):
        some = changed[start : start + _CHUNK]
        near = set(some)
        for one in entries(session, some, hidden=True):
            found = known.resembling(session, one.names, _NEAREST)
            if found is None and patient:
                known.wait()
                found = known.resembling(session, one.names, _NEAREST)
            if found is None:
                return None
            near.update(found, _namesakes(session, one), one.perhaps)
        made |= {frozenset(one[:2]): one for one in _compared(session, near, some, known, total)}
    return [*made.values()]


def _compared(
    session: Session, near: set[UUID], changed: Sequence[UUID], known: Known, total: int
) -> Iterator[Weighed]:
    open_to_all, every = entries(session, near), entries(session, near, hidden=True)
    yield from _pairs(open_to_all, changed, known, total)
    if len(every) > len(open_to_all):
        shared = {one.id for one in open_to_all}
        yield from (one for one in _pairs(every, changed, known, total) if not {*one[:2]} <= shared)


def _pairs(several: Sequence[Entry], changed: Iterable[UUID], known: Known, total: int) -> Iterator[Weighed]:
    wanted = frozenset(changed)
    for pair in Likenesses(several, total=total, bearers=known.bearers).pairs():
        one, other = several[pair.one].id, several[pair.other].id
        if not wanted.isdisjoint((one, other)):
            yield one, other, pair.weight


def _namesakes(session: Session, one: Entry) -> Sequence[UUID]:
    """Find persons of the very name who share a father's name or a birth: there may be many of the name."""
    facts: list[ColumnElement[bool]] = []
    if one.father:
        facts.append(Person.father_name == one.father)
    if one.birth:
        facts.append(Person.birth_earliest == one.birth.earliest)
    if not facts:
        return ()
    keys = {key for text in one.names for key in wholes(text)}
    query = (
        select(Name.record_id)
        .join(NameKey, NameKey.name_id == Name.id)
        .join(Person, Person.record_id == Name.record_id)
        .where(NameKey.whole, NameKey.key.in_(keys), or_(*facts))
    )
    return session.scalars(query.distinct().limit(_NAMESAKES)).all()
