"""Where prisons and graves are, coarsely: their own position, or that of the place they lie in."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.permissions import Permission
from portal.registry.looking import several, visible
from portal.registry.models import Grave, Place, Record
from portal.registry.vocabulary import Condition, Kind, PlaceKind
from portal.staff.actor import Actor

MOST = 2000
_DEPTH = 8
_AT_ONCE = 500

GROUPS = {
    "prison": (PlaceKind.PRISON,),
    "cemetery": (PlaceKind.CEMETERY, PlaceKind.PLOT),
}
"""Which places the map shows beside graves, by the name of their mark."""


@dataclass(frozen=True)
class Located:
    """A record on the map, in tenths of a degree; `through` is the place that lends its position."""

    record: Record
    mark: str
    longitude_tenths: int
    latitude_tenths: int
    through: Record | None = None

    @property
    def id(self) -> UUID:
        """The id of the record."""
        return self.record.id


@dataclass(frozen=True)
class Atlas:
    """What has a position, and how many have none, in a list by name."""

    located: Sequence[Located]
    nowhere: int


Point = tuple[int, int]


def atlas(session: Session, *, by: Actor, wanted: Sequence[str], latin: bool) -> Atlas:
    """Locate prisons, cemeteries and graves that this person may know of."""
    by.require(Permission.REGISTRY_READ)
    found = _wanted(session, by, wanted)
    chains = _located(session, [row[0] for row in found], by)
    ids = {one for row in found[:MOST] for one in (row[0], chains.get(row[0], (None, None))[0])}
    records: dict[UUID, Record] = {}
    kept = [one for one in ids if one is not None]
    for start in range(0, len(kept), _AT_ONCE):
        records |= several(session, kept[start : start + _AT_ONCE], by=by)
    located = [
        Located(
            records[one], mark, *chains[one][1], None if chains[one][0] == one else records[chains[one][0]]
        )
        for one, mark in found[:MOST]
        if one in chains and one in records and chains[one][0] in records
    ]
    located.sort(key=lambda one: (_sorted_by(one.record, latin=latin), str(one.record.id)))
    return Atlas(located, sum(1 for one, _ in found if one not in chains))


def point_of(session: Session, record: Record, *, by: Actor) -> Point | None:
    """Give the coarse position of a record, its own or that of a place around it."""
    found = _located(session, [record.id], by).get(record.id)
    return found[1] if found else None


def _sorted_by(record: Record, *, latin: bool) -> str:
    """Order by the name that is shown."""
    first = next((name.folded.lower() for name in record.names if name.script == "Latn"), None)
    return first if latin and first else record.sort_key


def _wanted(session: Session, by: Actor, wanted: Sequence[str]) -> list[tuple[UUID, str]]:
    found: list[tuple[UUID, str]] = []
    for mark, kinds in GROUPS.items():
        if mark in wanted:
            query = visible(by, Kind.PLACE).join(Place, Place.record_id == Record.id)
            rows = session.scalars(query.where(Place.kind.in_(kinds)).with_only_columns(Record.id))
            found += [(one, mark) for one in rows]
    if "grave" in wanted:
        query = visible(by, Kind.GRAVE).join(Grave, Grave.record_id == Record.id)
        for one, condition in session.execute(query.with_only_columns(Record.id, Grave.condition)):
            found.append((one, "grave" if condition is Condition.UNKNOWN else "disturbed"))
    return found


def _located(session: Session, ids: Sequence[UUID], by: Actor) -> dict[UUID, tuple[UUID, Point]]:
    """Give for each the nearest place around it that has a position, itself first, and the position.

    A place that this person may not know of lends nothing.
    """
    above: dict[UUID, UUID | None] = {}
    points: dict[UUID, Point] = {}
    frontier = set(ids)
    for _ in range(_DEPTH):
        if not frontier:
            break
        some = list(frontier)
        for start in range(0, len(some), _AT_ONCE):
            _read(session, some[start : start + _AT_ONCE], by, above, points)
        frontier = {up for one, up in above.items() if up and one not in points} - above.keys()
    return {one: (end, points[end]) for one in ids if (end := _up(one, above, points))}


def _read(
    session: Session,
    ids: Sequence[UUID],
    by: Actor,
    above: dict[UUID, UUID | None],
    points: dict[UUID, Point],
) -> None:
    query = (
        select(Record.id, Place.parent_id, Grave.place_id, Place.longitude_tenths, Place.latitude_tenths)
        .outerjoin(Place, Place.record_id == Record.id)
        .outerjoin(Grave, Grave.record_id == Record.id)
        .where(Record.id.in_(ids), Record.id.in_(visible(by).with_only_columns(Record.id)))
    )
    above |= dict.fromkeys(ids)
    for one, parent, place, east, north in session.execute(query):
        above[one] = parent or place
        if east is not None and north is not None:
            points[one] = (east, north)


def _up(one: UUID, above: dict[UUID, UUID | None], points: dict[UUID, Point]) -> UUID | None:
    here: UUID | None = one
    for _ in range(_DEPTH + 1):
        if here is None or here in points:
            return here
        here = above.get(here)
    return None
