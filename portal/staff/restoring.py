"""Handing the groups' keys on with the recovery key, when nobody who holds them is left."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import select

from portal.config import PublicKeys
from portal.database import PortalSession
from portal.errors import InvalidError, StaleError, UnavailableError
from portal.ledger.service import note
from portal.permissions import MAY_HOLD, Group, Role
from portal.staff import epochs, service
from portal.staff.founding import RECOVERY_GROUPS, Founder, recovery_place
from portal.staff.models import GroupEpoch, Staff
from portal.staff.names import fold
from portal.vault.passphrase import Cost
from portal.vault.seal import Sealed, UnsealError
from portal.vault.wrap import SEED_SIZE, public_key, unwrap

BY = "recovery"


@dataclass(frozen=True)
class Recipient:
    """A member of staff as they were when their key's mark was compared."""

    id: UUID
    name: str
    role: Role
    public: bytes


def open_groups(instance: Path, keys: PublicKeys, recovery_seed: bytes) -> dict[Group, bytes]:
    """Open the groups' seeds that founding wrapped to the recovery key, and check them against the settings.

    Raises InvalidError for another key than this portal's, UnavailableError when the file is not as it was.
    """
    if public_key(recovery_seed) != keys.recovery:
        raise InvalidError("This is not the recovery key of this portal.")
    path = instance / RECOVERY_GROUPS
    try:
        packed = unwrap(recovery_seed, Sealed(path.read_bytes()), recovery_place())
    except (FileNotFoundError, UnsealError):
        raise UnavailableError(f"{path} is missing or damaged: put the kept copy back.") from None
    pieces = [packed[start : start + SEED_SIZE] for start in range(0, len(packed), SEED_SIZE)]
    seeds = dict(zip(Group, pieces, strict=False))
    fits = len(packed) % SEED_SIZE == 0  # fewer than now, where a portal was founded with fewer groups
    if not fits or any(
        not keys.is_group_key(group.value, 1, public_key(seed)) for group, seed in seeds.items()
    ):
        raise UnavailableError(f"{path} is of another portal: put the kept copy back.")
    return seeds


def open_later(
    session: PortalSession, keys: PublicKeys, recovery_seed: bytes
) -> dict[Group, dict[int, bytes]]:
    """Open the seeds that were wrapped to the recovery key when they were made, after the founding.

    Only those are taken whose public half stands in the signed directory.
    """
    found: dict[Group, dict[int, bytes]] = {}
    for row in session.scalars(select(GroupEpoch).where(GroupEpoch.recovery_blob.is_not(None))):
        if row.recovery_blob is None:
            continue
        try:
            place = epochs.recovery_place(row.group, row.epoch)
            seed = unwrap(recovery_seed, Sealed(row.recovery_blob), place)
        except UnsealError:
            continue
        if keys.is_group_key(row.group.value, row.epoch, public_key(seed)):
            found.setdefault(row.group, {})[row.epoch] = seed
    return found


def unopened(
    keys: PublicKeys, seeds: Mapping[Group, bytes], later: Mapping[Group, Mapping[int, bytes]]
) -> list[tuple[str, int]]:
    """Return the signed keys, by group and epoch, that the recovery key does not open: to be told."""
    lines = {name: {keys.epochs.get(name, 1), *keys.former.get(name, {})} for name in keys.groups}
    opened = {group.value: {*later.get(group, {})} | ({1} if group in seeds else set()) for group in Group}
    return sorted((name, epoch) for name, line in lines.items() for epoch in line - opened.get(name, set()))


def find(session: PortalSession, name: str) -> Recipient | None:
    """Return who goes by this pseudonym, however it was typed."""
    wanted = fold(name)
    found = (one for one in session.scalars(select(Staff)) if fold(one.name) == wanted)
    return next((_recipient(one) for one in found), None)


def enrol(session: PortalSession, newcomer: Founder, *, cost: Cost, now: datetime) -> Recipient:
    """Add a person whose keys were just made; for the day when nobody is left who could invite them."""
    person = service.enrol(
        session,
        name=newcomer.name,
        role=newcomer.role,
        bundle=newcomer.bundle,
        passphrase=newcomer.passphrase,
        cost=cost,
        now=now,
    )
    session.flush()
    return _recipient(person)


def hand_on(
    session: PortalSession,
    *,
    to: Recipient,
    seeds: Mapping[Group, bytes],
    later: Mapping[Group, Mapping[int, bytes]] = MappingProxyType({}),
    now: datetime,
) -> list[Group]:
    """Wrap to a person every key that their role may hold and they lack; noted as a use of the recovery key.

    StaleError when their access has ended, or their key is another by now than the one compared aloud.
    """
    person = session.get(Staff, to.id, populate_existing=True, with_for_update=True)
    if person is None or not person.active or person.public_key != to.public:
        raise StaleError("This person's access has ended, or their key was exchanged.")
    lines = {
        group: {**({1: seeds[group]} if group in seeds else {}), **later.get(group, {})} for group in Group
    }
    current = epochs.current(session)
    held = {one.group for one in person.memberships if one.epoch == current[one.group]}
    lacking = sorted(group for group in MAY_HOLD[person.role] - held if lines[group])
    for group in lacking:
        have = {one.epoch for one in person.memberships if one.group is group}
        line = lines[group]
        for epoch in sorted(line.keys() - have):
            seed = line[epoch]
            service.hold(session, person=person, group=group, seed=seed, by=BY, now=now, epoch=epoch)
    detail = {"groups": " ".join(lacking)}
    note(session, "recovery.use", by=BY, subject=person.id, detail=detail)
    return lacking


def _recipient(person: Staff) -> Recipient:
    return Recipient(person.id, person.name, person.role, person.public_key)
