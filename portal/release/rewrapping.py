"""Moving what is sealed to a group's earlier keys over to its current one, in small transactions.

It stands here because only this package knows everything that is wrapped to groups. No sealed value and no
file is touched. A batch either adds wraps or erases some, never both: whatever a crash interrupts, each key
is still wrapped to an epoch that somebody holds, and asking again goes on from there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.orm import aliased, load_only

from portal.casework import search_building
from portal.casework.models import CodingSheet
from portal.casework.sealing import release_wrap_place
from portal.config import PublicKeys
from portal.database import PortalSession
from portal.errors import RefusedError, StaleError
from portal.intake.models import Part, Status, Submission
from portal.intake.sealing import wrap_place
from portal.ledger.service import note
from portal.permissions import CIRCLES, Group, Permission
from portal.registry.images import wrap_place as image_place
from portal.registry.models import Image, Position
from portal.registry.positions import wrap_place as position_place
from portal.release.models import ReleaseFile
from portal.release.sealing import rewrap_inside
from portal.staff import epochs as staff_epochs
from portal.staff import service as staff
from portal.staff.actor import Actor
from portal.staff.models import EpochState, GroupEpoch, Membership, Staff
from portal.store.wraps import Wrap
from portal.vault.seal import UnsealError
from portal.vault.wrap import key_id, opener, wrap

BATCH = 1_000
MOVED: frozenset[Group] = frozenset(Group) - {Group.AUDITORS}
"""Auditors keep every epoch: entries of the ledger cannot be sealed anew."""

Opener = Callable[[bytes, bytes], bytes]
_Wrapped = Row[UUID, UUID, UUID, str, bytes]
Once = Callable[[Callable[[PortalSession], object]], object]


@dataclass(frozen=True)
class Left:
    """What a group's earlier keys still open."""

    wraps: int
    """Wrapped keys that are there under an earlier epoch."""
    alone: int
    """Those of them that are not there under the current one yet."""


@dataclass(frozen=True)
class _Line:
    """One group's keys, as the signed directory has them."""

    group: Group
    epoch: int
    public: bytes
    former: Mapping[str, int]

    @classmethod
    def of(cls, group: Group, keys: PublicKeys) -> "_Line":
        former = {key_id(public): epoch for epoch, public in keys.former.get(group.value, {}).items()}
        return cls(group, keys.epochs.get(group.value, 1), keys.groups[group.value], former)


def left(session: PortalSession, *, by: Actor, group: Group, keys: PublicKeys) -> Left:
    """Count what is still wrapped to the group's earlier keys."""
    by.require(Permission.GROUP_GRANT)
    by.ring(group)
    line = _Line.of(group, keys)
    if not line.former or group not in MOVED:
        return Left(0, 0)
    total = session.keys.scalar(select(func.count(Wrap.id)).where(Wrap.key_id.in_(line.former)))
    newer = aliased(Wrap)
    there = select(newer.id).where(newer.part_id == Wrap.part_id, newer.key_id == key_id(line.public))
    query = select(func.count(Wrap.id)).where(Wrap.key_id.in_(line.former), ~there.exists())
    return Left(total or 0, session.keys.scalar(query) or 0)


def stand(session: PortalSession, *, group: Group, keys: PublicKeys) -> bool:
    """Return whether there are earlier keys of the group that were not given up yet."""
    earlier = _Line.of(group, keys).former.values()
    query = select(GroupEpoch.epoch).where(GroupEpoch.group == group, GroupEpoch.epoch.in_(earlier))
    return session.scalar(query.where(GroupEpoch.state != EpochState.RETIRED).limit(1)) is not None


def newcomers(session: PortalSession, *, by: Actor, group: Group, keys: PublicKeys) -> list[str]:
    """Return who was given the current key without the earlier ones: moving over opens those to them too."""
    by.require(Permission.GROUP_GRANT)
    line = _Line.of(group, keys)
    rows = session.execute(
        select(Staff.name, Membership.epoch)
        .join(Membership, Membership.staff_id == Staff.id)
        .where(Staff.active, Membership.group == group)
    ).all()
    held: dict[str, set[int]] = {}
    for name, epoch in rows:
        held.setdefault(name, set()).add(epoch)
    earlier = {epoch for epoch in staff_epochs.known(session, group) if epoch != line.epoch}
    return sorted(name for name, epochs in held.items() if line.epoch in epochs and earlier - epochs)


def add_batch(
    session: PortalSession, *, by: Actor, group: Group, keys: PublicKeys, after: UUID | None = None
) -> UUID | None:
    """Wrap the next keys to the group's current epoch as well; returns where to go on, None at the end.

    A key that does not open is passed over: it stays where it is, and keeps its epoch from being retired.
    """
    line = _checked(session, by=by, group=group, keys=keys)
    name, newer = key_id(line.public), aliased(Wrap)
    there = select(newer.id).where(newer.part_id == Wrap.part_id, newer.key_id == name)
    # Columns, not objects: nothing of what is read here changes, and there is much of it.
    query = select(Wrap.id, Wrap.submission_id, Wrap.part_id, Wrap.key_id, Wrap.blob)
    query = query.where(Wrap.key_id.in_(line.former), ~there.exists())
    if after is not None:
        query = query.where(Wrap.id > after)
    rows = session.keys.execute(query.order_by(Wrap.id).limit(BATCH)).all()
    places = _places(session, rows)
    ring = by.ring(group)
    openers = {one: opener(ring[epoch]) for one, epoch in line.former.items() if epoch in ring}
    added: dict[UUID, Wrap] = {}
    for row in rows:
        part_id = row.part_id
        # One that was cut off may have left a part under two earlier keys.
        key = None if part_id in added else _opened(row, openers, places)
        if key is not None:
            blob = wrap(line.public, key, places[part_id])
            added[part_id] = Wrap(
                submission_id=row.submission_id, part_id=part_id, key_id=name, epoch=line.epoch, blob=blob
            )
    session.keys.add_all(added.values())
    if added:
        _note(session, "group.rewrap", by, line, len(added))
    return rows[-1].id if len(rows) == BATCH else None


def erase_batch(session: PortalSession, *, by: Actor, group: Group, keys: PublicKeys) -> int:
    """Erase earlier wraps of keys that are there under the current epoch; returns how many."""
    line = _checked(session, by=by, group=group, keys=keys)
    newer = aliased(Wrap)
    there = select(newer.id).where(newer.part_id == Wrap.part_id, newer.key_id == key_id(line.public))
    query = select(Wrap).where(Wrap.key_id.in_(line.former), there.exists()).order_by(Wrap.id).limit(BATCH)
    rows = session.keys.scalars(query.options(load_only(Wrap.id))).all()
    for row in rows:
        session.keys.delete(row)
    if rows:
        _note(session, "group.unwrap", by, line, len(rows))
    return len(rows)


def finish(session: PortalSession, *, by: Actor, group: Group, keys: PublicKeys) -> bool:
    """Retire the earlier epochs once they open nothing, and erase their seeds; False while they still do."""
    line = _checked(session, by=by, group=group, keys=keys)
    if left(session, by=by, group=group, keys=keys).wraps:
        return False
    earlier = [epoch for epoch in line.former.values() if epoch < line.epoch]
    kept = [session.get(GroupEpoch, (group, epoch)) for epoch in earlier]
    retired = [one for one in kept if one is not None and one.state is not EpochState.RETIRED]
    if retired and group in CIRCLES:
        search_building.carry_over(session, by=by, group=group, epoch=line.epoch)
    if group is Group.RELEASE:
        for row in session.scalars(select(ReleaseFile)):
            row.inside_key = rewrap_inside(
                row.release_id, by.seeds_of(group), by.seed_at(group, line.epoch), row.inside_key
            )
    query = select(Membership).where(Membership.group == group, Membership.epoch.in_(earlier))
    for one in session.scalars(query).all():
        session.delete(one)
    for epoch in retired:
        epoch.state = EpochState.RETIRED
    if retired:
        _note(session, "group.retire", by, line, len(retired))
    return True


def rounds(group: Group, once: Once, *, by: Actor, keys: PublicKeys) -> Iterator[int]:
    """Do everything, each batch through ``once`` (opens a unit of work, commits it); yields between."""
    after: UUID | None = None
    while isinstance(found := once(partial(add_batch, by=by, group=group, keys=keys, after=after)), UUID):
        after = found
        yield BATCH
    while once(partial(erase_batch, by=by, group=group, keys=keys)):
        yield BATCH
    once(partial(finish, by=by, group=group, keys=keys))


def _checked(session: PortalSession, *, by: Actor, group: Group, keys: PublicKeys) -> _Line:
    """Refuse whoever does not hold the current key, or whose access has ended meanwhile."""
    by.require(Permission.GROUP_GRANT)
    line = _Line.of(group, keys)
    if group not in MOVED or staff.present(session, staff_id=by.id, hold=True) is None:
        raise RefusedError
    by.seed_at(group, line.epoch)
    row = session.get(GroupEpoch, (group, line.epoch))
    if row is not None and row.state is EpochState.PROPOSED:
        raise StaleError("The new key is not in use yet. Try again in a moment.")
    return line


def _places(session: PortalSession, rows: Sequence[_Wrapped]) -> dict[UUID, bytes]:
    """Return where each key belongs; of submissions that are held still and not withdrawn."""
    of = {row.part_id: row.submission_id for row in rows}  # one that is named wrongly does not open
    alive = Submission.status != Status.WITHDRAWN
    parts = (
        select(Part.id, Part.compartment)
        .join(Submission, Submission.id == Part.submission_id)
        .where(Part.id.in_(of), alive)
        .order_by(Submission.id)
        .with_for_update(of=Submission)
    )
    places = {one.id: wrap_place(of[one.id], one.id, one.compartment) for one in session.execute(parts)}
    if len(places) == len(of):
        return places
    sheets = (
        select(CodingSheet.id)
        .join(Submission, Submission.id == CodingSheet.submission_id)
        .where(CodingSheet.id.in_(of.keys() - places.keys()), alive)
        .order_by(Submission.id)
        .with_for_update(of=Submission)
    )
    places |= {one: release_wrap_place(of[one], one) for one in session.scalars(sheets)}
    positions = select(Position.id, Position.record_id).where(Position.id.in_(of.keys() - places.keys()))
    places |= {one: position_place(record, one) for one, record in session.execute(positions)}
    images = select(Image.id, Image.record_id).where(Image.id.in_(of.keys() - places.keys()))
    return places | {one: image_place(record, one) for one, record in session.execute(images)}


def _opened(row: _Wrapped, openers: Mapping[str, Opener], places: Mapping[UUID, bytes]) -> bytes | None:
    if row.part_id not in places or row.key_id not in openers:
        return None
    try:
        return openers[row.key_id](row.blob, places[row.part_id])
    except UnsealError:
        return None


def _note(session: PortalSession, act: str, by: Actor, line: _Line, number: int) -> None:
    detail = {"epoch": str(line.epoch), "group": line.group.value, "number": str(number)}
    note(session, act, by=by.name, detail=detail)
