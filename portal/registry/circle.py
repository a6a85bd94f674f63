"""What stands around one record, for a graph: a few at a time, and what these are to each other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from portal.registry.around import Tie
from portal.registry.looking import readable, several, visible
from portal.registry.models import Participation, Record, Relation
from portal.registry.vocabulary import Part, RelationKind
from portal.registry.wholes import shown_for, whole
from portal.staff.actor import Actor

STEP = 12
MOST = 48
_AT_ONCE = 500

_FAMILY = (
    *(RelationKind.PARENT_OF, RelationKind.SIBLING_OF, RelationKind.SPOUSE_OF, RelationKind.RELATIVE_OF),
)
_PRISON = (RelationKind.CELLMATE_OF, RelationKind.COMRADE_OF, RelationKind.HELD_AT)
_OFFICE = (
    *(RelationKind.MEMBER_OF, RelationKind.SUPERIOR_OF, RelationKind.WORKED_AT, RelationKind.ACTED_IN),
)
_GROUPS: Sequence[Sequence[RelationKind | Part]] = (
    _FAMILY,
    _PRISON,
    _OFFICE,
    (RelationKind.BURIED_AT,),
    (RelationKind.PART_OF, RelationKind.LED_TO),
    tuple(Part),
)


@dataclass(frozen=True)
class Around:
    """A record beside the one looked at, with all that is said of the two."""

    other: Record
    ties: Sequence[Tie]
    group: int

    @property
    def sources(self) -> int:
        """How many sources speak of it."""
        return len({tie.source.id for tie in self.ties})


@dataclass(frozen=True)
class Cross:
    """What two of those around are to each other."""

    one: Record
    other: Record
    word: RelationKind | Part


@dataclass(frozen=True)
class Circle:
    """Those around, some of all, and the ties among them."""

    near: Sequence[Around]
    among: Sequence[Cross]
    total: int


def circle(
    session: Session,
    record: Record,
    *,
    by: Actor,
    limit: int = STEP,
    without: Sequence[RelationKind | Part] = (),
) -> Circle:
    """Choose at most ``limit`` records around one that this person may know of, some of each sort of tie.

    Records that were found to be one are one here too. Who has no tie but of those ``without`` is left out.
    """
    one = whole(session, record.id, by=by)
    middle = set(one.parts) if one.shown == record.id else {record.id}
    groups: dict[UUID, int] = {}
    for other, word in _words(session, middle, by):
        if other not in middle and word not in without:
            groups[other] = min(groups.get(other, len(_GROUPS)), group_of(word))
    stands = shown_for(session, _known(session, list(groups), by), by=by)
    ranked = _ranked({stands[other]: group for other, group in groups.items() if other in stands})
    chosen = several(session, list(ranked)[:limit], by=by)
    records = {other: chosen[shown] for other, shown in stands.items() if shown in chosen}
    ties: dict[UUID, list[Tie]] = {}
    for tie in _ties(session, middle, records, by):
        ties.setdefault(tie.other.id, []).append(tie)
    near = [Around(chosen[key], ties[key], ranked[key]) for key in chosen if key in ties]
    near.sort(key=lambda one: one.group)
    return Circle(near, _among(session, records, by), len(ranked))


def group_of(word: RelationKind | Part) -> int:
    """Give the number of the sort to which a tie belongs."""
    return next((place for place, words in enumerate(_GROUPS) if word in words), len(_GROUPS))


def _ranked(groups: dict[UUID, int]) -> dict[UUID, int]:
    """Order all who are around: in turn one of each sort."""
    rows: dict[int, list[UUID]] = {}
    for other in sorted(groups, key=str):
        rows.setdefault(groups[other], []).append(other)
    turns = zip_longest(*(rows[group] for group in sorted(rows)))
    return {other: groups[other] for turn in turns for other in turn if other is not None}


def _known(session: Session, ids: Sequence[UUID], by: Actor) -> Iterable[UUID]:
    for start in range(0, len(ids), _AT_ONCE):
        query = visible(by).where(Record.id.in_(ids[start : start + _AT_ONCE]))
        yield from session.scalars(query.with_only_columns(Record.id))


def _words(session: Session, middle: set[UUID], by: Actor) -> Iterable[tuple[UUID, RelationKind | Part]]:
    either = or_(Relation.from_id.in_(middle), Relation.to_id.in_(middle))
    query = select(Relation.from_id, Relation.to_id, Relation.kind).where(either, readable(Relation, by))
    for one, other, word in session.execute(query):
        yield (other if one in middle else one), word
    here = or_(Participation.event_id.in_(middle), Participation.record_id.in_(middle))
    parts = select(Participation.event_id, Participation.record_id, Participation.role)
    for one, other, role in session.execute(parts.where(here, readable(Participation, by))):
        yield (other if one in middle else one), role


def _ties(session: Session, middle: set[UUID], records: dict[UUID, Record], by: Actor) -> Iterable[Tie]:
    """Read what is said of the record and of those that were chosen, and of nobody else."""
    outward = and_(Relation.from_id.in_(middle), Relation.to_id.in_(records))
    inward = and_(Relation.to_id.in_(middle), Relation.from_id.in_(records))
    query = select(Relation).where(or_(outward, inward), readable(Relation, by)).order_by(Relation.id)
    for row in session.scalars(query):
        forward = row.from_id in middle
        other = records[row.to_id if forward else row.from_id]
        yield Tie(
            row.id, row.kind, other, forward, row.source, row.locator, row.post or "", row.since, row.until
        )
    outward = and_(Participation.event_id.in_(middle), Participation.record_id.in_(records))
    inward = and_(Participation.record_id.in_(middle), Participation.event_id.in_(records))
    parts = select(Participation).where(or_(outward, inward), readable(Participation, by))
    for part in session.scalars(parts.order_by(Participation.id)):
        forward = part.event_id in middle
        other = records[part.record_id if forward else part.event_id]
        yield Tie(part.id, part.role, other, forward, part.source, part.locator)


def _among(session: Session, records: dict[UUID, Record], by: Actor) -> list[Cross]:
    """Give what those around are to each other."""
    query = select(Relation.from_id, Relation.to_id, Relation.kind).where(
        Relation.from_id.in_(records), Relation.to_id.in_(records), readable(Relation, by)
    )
    parts = select(Participation.event_id, Participation.record_id, Participation.role).where(
        Participation.event_id.in_(records), Participation.record_id.in_(records), readable(Participation, by)
    )
    said = [row for rows in (query, parts) for row in session.execute(rows)]
    found = {(records[one].id, records[other].id, word) for one, other, word in said}
    return [
        Cross(records[one], records[other], word)
        for one, other, word in sorted(found, key=lambda one: (str(one[0]), str(one[1]), one[2]))
        if one != other
    ]
