"""The groups' keys over time: proposed by a member, made current by the root's signature, retired.

A new key reaches those who hold the one before. Who that is stands in the database, which is not believed:
each membership, and each proposed key, carries a tag that only a holder of the group's key could make.
"""

import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from portal.config import PublicKeys
from portal.database import PortalSession
from portal.errors import NotFoundError, RefusedError, StaleError
from portal.ledger.service import note
from portal.permissions import MAY_HOLD, Group, Permission
from portal.staff.actor import Actor
from portal.staff.credentials import group_place
from portal.staff.models import EpochState, GroupEpoch, Membership, Staff
from portal.vault.directory import Kind, Statement
from portal.vault.seal import Label, context, derive
from portal.vault.wrap import new_seed, public_key, wrap


class StrangeKeyError(RefusedError):
    """A proposed key that nobody made who holds the present one."""


def member_tag(seed: bytes, *, staff_id: UUID, group: Group, epoch: int, public: bytes) -> bytes:
    """Return the mark (32 bytes) by which a holder of ``seed`` vouches for a member and their public key."""
    return derive(seed, context(Label.GRANT, staff_id, group.value, epoch, public))


def key_tag(seed: bytes, *, group: Group, epoch: int, public: bytes) -> bytes:
    """Return the mark by which a holder of an epoch's seed vouches for the public key of a later one."""
    return derive(seed, context(Label.GRANT, group.value, epoch, public))


def recovery_place(group: Group, epoch: int) -> bytes:
    """Return the context under which a later seed of a group is wrapped to the recovery key."""
    return context(Label.WRAP_RECOVERY, group.value, epoch)


def add_membership(person: Staff, *, group: Group, epoch: int, seed: bytes, by: str, day: date) -> None:
    """Wrap the key of one epoch to a person, and vouch for them."""
    if group not in MAY_HOLD[person.role]:
        raise RefusedError
    public = person.public_key
    person.memberships.append(
        Membership(
            group=group,
            epoch=epoch,
            blob=wrap(public, seed, group_place(person.id, group, epoch)),
            tag=member_tag(seed, staff_id=person.id, group=group, epoch=epoch, public=public),
            granted_by=by,
            granted=day,
        )
    )


def vouched(one: Membership, person: Staff, seed: bytes) -> bool:
    """Tell whether a holder of the group's key put this person, with this public key, among its holders."""
    tag = member_tag(seed, staff_id=person.id, group=one.group, epoch=one.epoch, public=person.public_key)
    return one.tag is not None and hmac.compare_digest(one.tag, tag)


def current(session: PortalSession) -> dict[Group, int]:
    """Return each group's current epoch."""
    rows = session.scalars(select(GroupEpoch).where(GroupEpoch.state == EpochState.CURRENT))
    return dict.fromkeys(Group, 1) | {one.group: one.epoch for one in rows}


def known(session: PortalSession, group: Group) -> set[int]:
    """Return the epochs of a group's key that may still open something."""
    states = (EpochState.FORMER, EpochState.CURRENT)
    query = select(GroupEpoch.epoch).where(GroupEpoch.group == group, GroupEpoch.state.in_(states))
    return set(session.scalars(query))


def follow(session: PortalSession, keys: PublicKeys, *, day: date) -> None:
    """Bring the table in line with the signed directory; done at founding and at each installation."""
    for group in Group:
        if group.value not in keys.groups:
            continue
        newest = keys.epochs.get(group.value, 1)
        line = {**keys.former.get(group.value, {}), newest: keys.groups[group.value]}
        for epoch, public in sorted(line.items()):
            row = session.get(GroupEpoch, (group, epoch))
            if row is None:
                row = GroupEpoch(group=group, epoch=epoch, day=day, made_by="directory", renew=False)
                session.add(row)
            row.public_key = public
            if epoch == newest:
                row.state = EpochState.CURRENT
            elif row.state is not EpochState.RETIRED:
                row.state, row.renew = EpochState.FORMER, False
    session.flush()


def mark_to_renew(session: PortalSession, groups: Sequence[Group]) -> None:
    """Remember that somebody who held these keys is gone.

    A key that waits for the root's signature was wrapped to them as well: it needs another after it.
    """
    known = GroupEpoch.state.in_((EpochState.CURRENT, EpochState.PROPOSED))
    rows = session.scalars(select(GroupEpoch).where(known, GroupEpoch.group.in_(groups)))
    for row in rows.all():
        row.renew = True


@dataclass(frozen=True)
class Standing:
    """Where one group's key stands, for those who hold it."""

    group: Group
    epoch: int
    renew: bool
    """Somebody who held it is gone, and no newer key is proposed."""
    proposed: bytes
    """The public key that waits for the root's signature; empty where there is none."""
    strange: bool
    """Whether the proposed key was made by nobody who holds the present one."""
    former: tuple[int, ...]
    """Earlier epochs that still open something."""
    day: date
    """Since when the key receives: whoever is given it opens what came from then on."""


def standings(session: PortalSession, *, by: Actor) -> list[Standing]:
    """Return where the keys that the actor holds stand."""
    by.require(Permission.GROUP_GRANT)
    rows = session.scalars(select(GroupEpoch).order_by(GroupEpoch.epoch)).all()
    found = []
    for group in sorted(by.seeds):
        mine = {
            state: [one for one in rows if one.group is group and one.state is state] for state in EpochState
        }
        for row in mine[EpochState.CURRENT]:
            waiting = next(iter(mine[EpochState.PROPOSED]), None)
            proposed = waiting.public_key if waiting else b""
            old = by.seeds[group].get(row.epoch)
            strange = waiting is not None and old is not None and not _made_by_a_holder(waiting, old)
            former = tuple(one.epoch for one in mine[EpochState.FORMER])
            renew = row.renew and not proposed
            found.append(Standing(group, row.epoch, renew, proposed, strange, former, row.day))
    return found


def propose(
    session: PortalSession,
    *,
    by: Actor,
    group: Group,
    keys: PublicKeys,
    now: datetime,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> GroupEpoch:
    """Make a group's next key and wrap it to all who hold the present one; the root has yet to sign it.

    Whoever makes it has it. Of the others, those for whom nobody who holds the key vouched are left out,
    until somebody compares their key and does.
    """
    by.require(Permission.GROUP_GRANT)
    before = keys.epochs.get(group.value, 1)
    old = by.seed_at(group, before)
    if session.get(GroupEpoch, (group, before + 1)) is not None:
        raise StaleError("A new key has been made already. It waits for the root's signature.")
    if session.get(GroupEpoch, (group, before)) is None:
        follow(session, keys, day=now.date())
    seed, epoch = new_seed(random), before + 1
    public = public_key(seed)
    row = GroupEpoch(
        group=group,
        epoch=epoch,
        public_key=public,
        day=now.date(),
        made_by=by.name,
        state=EpochState.PROPOSED,
        renew=False,
        tag=key_tag(old, group=group, epoch=epoch, public=public),
        recovery_blob=wrap(keys.recovery, seed, recovery_place(group, epoch)),
    )
    session.add(row)
    _hand_on(session, by=by, group=group, before=before, seed=seed, day=now.date())
    session.flush()
    note(session, "group.renew", by=by.name, detail={"epoch": str(epoch), "group": group.value})
    return row


def _hand_on(session: PortalSession, *, by: Actor, group: Group, before: int, seed: bytes, day: date) -> None:
    """Wrap a new seed to those who hold the one ``before``, as far as a holder of it vouched for them."""
    old = by.seed_at(group, before)
    for person, one in _holders(session, group, before):
        own = person.id == by.id and person.public_key == public_key(by.seed)
        if own or vouched(one, person, old):
            add_membership(person, group=group, epoch=before + 1, seed=seed, by=by.name, day=day)
        else:
            detail = {"epoch": str(before), "group": group.value}
            note(session, "group.unvouched", by=by.name, subject=person.id, detail=detail)


def _holders(session: PortalSession, group: Group, epoch: int) -> list[tuple[Staff, Membership]]:
    query = select(Staff).options(selectinload(Staff.memberships)).where(Staff.active).order_by(Staff.name)
    return [
        (person, one)
        for person in session.scalars(query.with_for_update(read=True))
        for one in person.memberships
        if one.group is group and one.epoch == epoch and group in MAY_HOLD[person.role]
    ]


def asked_for(session: PortalSession, *, by: Actor, group: Group, keys: PublicKeys) -> Statement:
    """Return the statement that the root is asked to sign.

    Raises `StrangeKeyError` when no holder of the present key vouched for it.
    """
    by.require(Permission.GROUP_GRANT)
    before = keys.epochs.get(group.value, 1)
    old = by.seed_at(group, before)
    row = session.get(GroupEpoch, (group, before + 1))
    if row is None or row.state is not EpochState.PROPOSED:
        raise NotFoundError
    if not _made_by_a_holder(row, old):
        raise StrangeKeyError
    return Statement(Kind.GROUP, group.value, row.epoch, row.public_key, row.day)


def _made_by_a_holder(row: GroupEpoch, old: bytes) -> bool:
    tag = key_tag(old, group=row.group, epoch=row.epoch, public=row.public_key)
    return row.tag is not None and hmac.compare_digest(row.tag, tag)


def granted_epochs(by: Actor, group: Group, newest: int, *, before: bool) -> Mapping[int, bytes]:
    """Return the seeds that a grant hands on: the current one, and on request those of earlier epochs."""
    held = by.ring(group)
    if newest not in held:
        raise RefusedError
    return {epoch: seed for epoch, seed in held.items() if epoch == newest or (before and epoch < newest)}
