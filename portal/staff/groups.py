"""Who is in which group, and in which role: administrators propose, holders grant what was proposed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from portal.database import PortalSession
from portal.errors import InvalidError, RefusedError, StaleError
from portal.ledger.service import note
from portal.permissions import MAY_HOLD, Group, Permission, Role
from portal.staff import epochs, service
from portal.staff.actor import Actor
from portal.staff.models import Membership, Proposal, Staff
from portal.vault.wrap import key_id

_ALREADY = "This person already holds the key."
_OTHER_KEY = "This is not the key that you compared. Tell the others before you go on."


@dataclass(frozen=True)
class Awaited:
    """A key that a person waits for, and who said that they may have it."""

    group: Group
    before: bool
    """Whether earlier keys may be handed on too."""
    proposed_by: str
    """Empty where the person held the key before this one: then no new word is needed."""


def held(person: Staff, group: Group) -> set[int]:
    """Return the epochs of a group's key that were wrapped to a person."""
    return {one.epoch for one in person.memberships if one.group is group}


def awaited(person: Staff, current: Mapping[Group, int]) -> list[Awaited]:
    """Return the keys that a person waits for: proposed ones, and newer ones than those they hold."""
    if not person.active:
        return []
    found = {one.group: Awaited(one.group, one.before, one.proposed_by) for one in person.proposals}
    for group in {one.group for one in person.memberships} - found.keys():
        if current[group] not in held(person, group):
            found[group] = Awaited(group, before=False, proposed_by="")
    return [found[group] for group in sorted(found) if group in MAY_HOLD[person.role]]


def _everybody(session: PortalSession) -> list[Staff]:
    query = select(Staff).options(selectinload(Staff.memberships), selectinload(Staff.proposals))
    return list(session.scalars(query.where(Staff.active).order_by(Staff.name)))


# What administrators do


def propose(
    session: PortalSession, *, by: Actor, staff_id: UUID, group: Group, before: bool = False, now: datetime
) -> None:
    """Say that a person may be handed a group's key; ``before`` says that earlier ones may follow.

    Proposed again, the newer word holds. It opens nothing: somebody who holds the key decides.
    """
    by.require(Permission.STAFF_MANAGE)
    person = service.member(session, staff_id, lock=True)
    if not person.active or person.id == by.id or group not in MAY_HOLD[person.role]:
        raise RefusedError
    has, newest = held(person, group), epochs.current(session)[group]
    if newest in has and not (before and epochs.known(session, group) - has):
        raise StaleError(_ALREADY)
    row = session.get(Proposal, (staff_id, group), populate_existing=True)
    if row is None:
        row = Proposal(staff_id=staff_id, group=group)
        session.add(row)
    row.before, row.proposed_by, row.day = before, by.name, now.date()
    detail = {"before": "yes" if before else "no", "group": group.value}
    note(session, "group.propose", by=by.name, subject=person.id, detail=detail)


def take_back(session: PortalSession, *, by: Actor, staff_id: UUID, group: Group) -> None:
    """Take a proposal back, while nobody has handed the key on."""
    by.require(Permission.STAFF_MANAGE)
    person = service.member(session, staff_id, lock=True)
    row = session.get(Proposal, (staff_id, group), populate_existing=True)
    if row is None:
        raise StaleError("Nothing is proposed any more: it was taken back, or the key was handed on.")
    session.delete(row)
    note(session, "group.unpropose", by=by.name, subject=person.id, detail={"group": group.value})


def revoke(session: PortalSession, *, by: Actor, staff_id: UUID, group: Group) -> None:
    """Take a person out of one group: its keys are gone from them at once, and it needs a new one."""
    by.require(Permission.STAFF_MANAGE)
    person = service.member(session, staff_id, lock=True)
    mine = [one for one in person.memberships if one.group is group]
    if not mine:
        raise StaleError("This person does not hold the key any more.")
    for one in mine:
        session.delete(one)
    row = session.get(Proposal, (staff_id, group), populate_existing=True)
    if row is not None:
        session.delete(row)
    epochs.mark_to_renew(session, [group])
    note(session, "group.revoke", by=by.name, subject=person.id, detail={"group": group.value})


def change_role(session: PortalSession, *, by: Actor, staff_id: UUID, role: Role) -> None:
    """Give a person another role; keys that it may not hold are gone at once, and need renewing.

    Nobody changes between a role that may hold keys and one that may not: whoever could read testimony
    yesterday would run the place today, under the same name.
    """
    by.require(Permission.STAFF_MANAGE)
    person = service.member(session, staff_id, lock=True)
    before = person.role
    if person.id == by.id:
        raise InvalidError("You cannot change your own role; ask another administrator.")
    if not person.active:
        raise StaleError("This person's access has already ended.")
    if role is before:
        raise StaleError("This person has this role already.")
    if bool(MAY_HOLD[role]) is not bool(MAY_HOLD[before]):
        raise InvalidError(
            "Nobody changes between administrator and a role that holds keys. "
            "Invite the person under a new pseudonym instead."
        )
    lost = [one for one in person.memberships if one.group not in MAY_HOLD[role]]
    epochs.mark_to_renew(session, sorted({one.group for one in lost}))
    for one in [*lost, *(each for each in person.proposals if each.group not in MAY_HOLD[role])]:
        session.delete(one)
    person.role = role
    detail = {"from": before.value, "to": role.value}
    note(session, "staff.role", by=by.name, subject=person.id, detail=detail)


def only_holder_of(session: PortalSession, *, by: Actor, staff_id: UUID) -> list[Group]:
    """Return the groups whose key would be left to the recovery key if this person were gone."""
    by.require(Permission.STAFF_MANAGE)
    holders: dict[Group, set[UUID]] = {}
    for one in session.scalars(select(Membership)):
        holders.setdefault(one.group, set()).add(one.staff_id)
    return sorted(group for group, ids in holders.items() if ids == {staff_id})


# What holders of a key do


def waiting(session: PortalSession, *, by: Actor) -> list[tuple[Staff, Awaited]]:
    """Return who waits for a key that this actor could hand on."""
    by.require(Permission.GROUP_GRANT)
    current = epochs.current(session)
    return [
        (person, one)
        for person in _everybody(session)
        for one in awaited(person, current)
        if current[one.group] in by.seeds.get(one.group, {}) and person.id != by.id
    ]


def grant(
    session: PortalSession,
    *,
    by: Actor,
    staff_id: UUID,
    group: Group,
    now: datetime,
    before: bool = False,
    compared: str | None = None,
) -> None:
    """Hand a group's key on: only somebody who holds it can, and only to whom it was proposed for.

    It opens what is sealed from its epoch on; ``before`` hands on the earlier keys as well, where the
    proposal says so. ``compared`` names the public key (`key_id`) that two people read to each other:
    another one, slipped in since, gets nothing.
    """
    by.require(Permission.GROUP_GRANT)
    newest = epochs.current(session)[group]
    seeds = epochs.granted_epochs(by, group, newest, before=before)
    person = _compared(session, by=by, staff_id=staff_id, compared=compared)
    has = held(person, group)
    if seeds.keys() <= has:
        raise StaleError(_ALREADY)
    row = session.get(Proposal, (staff_id, group), populate_existing=True)
    kept_up = bool(has) and newest not in has
    if row is None and (before or not kept_up):
        raise RefusedError
    if row is not None:
        if before and not row.before:
            raise RefusedError
        session.delete(row)
    for epoch in sorted(seeds.keys() - has):
        service.hold(session, person=person, group=group, seed=seeds[epoch], by=by.name, now=now, epoch=epoch)


def _compared(session: PortalSession, *, by: Actor, staff_id: UUID, compared: str | None) -> Staff:
    person = service.member(session, staff_id, lock=True)
    if not person.active or person.id == by.id:
        raise RefusedError
    if compared not in {None, key_id(person.public_key)}:
        raise StaleError(_OTHER_KEY)
    return person


def unvouched(session: PortalSession, *, by: Actor) -> list[tuple[Staff, Group]]:
    """Return those among the holders of the actor's keys for whose own key no holder ever vouched.

    They were in the group before memberships had marks, or somebody wrote them into the database; a
    renewal leaves them out.
    """
    by.require(Permission.GROUP_GRANT)
    current = epochs.current(session)
    return [
        (person, one.group)
        for person in _everybody(session)
        for one in person.memberships
        if person.id != by.id
        and one.epoch == current[one.group]
        and one.epoch in by.seeds.get(one.group, {})
        and not epochs.vouched(one, person, by.seed_at(one.group, one.epoch))
    ]
