"""Moving a case to another circle: its keys are sealed to that circle, and erased under the one before.

It is one transaction. New wraps are on the disk before anything says that the case has moved, and the old
ones go last (`PortalSession.erase_last`): cut off anywhere, the case opens in the one circle or in the other.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from portal.casework import workflow
from portal.casework.access import Opened, claim_of, find, keys_of, let_go
from portal.casework.sealing import CaseKey
from portal.casework.writing import write_note
from portal.config import PublicKeys
from portal.database import PortalSession
from portal.errors import InvalidError, RefusedError, StaleError
from portal.intake.models import Compartment, Submission
from portal.intake.sealing import PartKey
from portal.ledger.service import note
from portal.permissions import CIRCLES, Group, Permission
from portal.staff.actor import Actor
from portal.staff.models import Membership
from portal.store import segments
from portal.store.wraps import Wrap
from portal.vault.wrap import key_id, public_key, wrap


def ways(by: Actor, submission: Submission, keys: PublicKeys) -> list[Group]:
    """Return the circles that this actor could move a case to."""
    if not by.may(Permission.CASE_MOVE):
        return []
    return [one for one in CIRCLES if one is not submission.group and _holds(by, one, keys)]


def move(
    session: PortalSession,
    *,
    by: Actor,
    case_id: UUID,
    origin: Group,
    to: Group,
    reason: str,
    keys: PublicKeys,
    now: datetime,
) -> None:
    """Move a case from the circle where it was looked at to another; the mover holds the keys of both.

    Whoever holds the case and not the key of the new circle lets it go. Afterwards nobody finds the case by
    the old circle's key. The reason is kept as a note, which goes with the case.
    """
    by.require(Permission.CASE_MOVE)
    if not reason.strip():
        raise InvalidError("Say in a sentence why the case moves.")
    submission = find(session, by=by, case_id=case_id, lock=True)
    if submission.group is not origin:
        raise StaleError("Somebody moved this case meanwhile. Look at it again.")
    if to not in ways(by, submission, keys):
        raise RefusedError
    opened = open_all(session, submission, by=by)
    session.erase_last()
    rewrap(session, opened.parts, to=to, keys=keys)
    write_note(session, opened, author=by.name, text=reason, day=now.date())
    _let_go(session, submission, to=to, keys=keys)
    submission.group = to
    session.flush()
    segments.forget(session, case_id)
    detail = {"from": origin.value, "to": to.value}
    note(session, "case.circle", by=by.name, subject=case_id, detail=detail)


def _holds(by: Actor, group: Group, keys: PublicKeys) -> bool:
    """Tell whether the actor holds the very key that the signed directory names for the group now."""
    seed = by.seeds.get(group, {}).get(keys.epochs.get(group.value, 1))
    return seed is not None and public_key(seed) == keys.groups.get(group.value)


def open_all(session: PortalSession, submission: Submission, *, by: Actor) -> Opened:
    """Open the keys of everything that the circle may open; nothing of it may stay behind, or be lost."""
    parts = keys_of(session, submission, by=by)
    wanted = [one for one in submission.parts if one.compartment is not Compartment.IDENTITY]
    content = [one for one in wanted if one.compartment is Compartment.CONTENT]
    if not content or any(one.id not in parts for one in wanted):
        raise RefusedError
    return Opened(submission, parts, CaseKey(submission.id, parts[content[0].id]))


def rewrap(session: PortalSession, parts: Mapping[UUID, PartKey], *, to: Group, keys: PublicKeys) -> None:
    """Wrap the keys of parts to one circle, and erase what was wrapped to the others."""
    target, epoch = keys.groups[to.value], keys.epochs.get(to.value, 1)
    left = {
        key_id(public)
        for one in CIRCLES
        for public in (keys.groups.get(one.value, b""), *keys.former.get(one.value, {}).values())
    } - {key_id(target)}
    rows = session.keys.scalars(select(Wrap).where(Wrap.part_id.in_(list(parts)))).all()
    there = {one.part_id: one for one in rows if one.key_id == key_id(target)}
    for part in parts.values():
        blob = wrap(target, part.key, part.place)
        row = there.get(part.part_id)
        if row is not None:
            row.blob = blob
            continue
        session.keys.add(
            Wrap(
                submission_id=part.submission_id,
                part_id=part.part_id,
                key_id=key_id(target),
                epoch=epoch,
                blob=blob,
            )
        )
    for row in rows:
        if row.key_id in left:
            session.keys.delete(row)


def _let_go(session: PortalSession, submission: Submission, *, to: Group, keys: PublicKeys) -> None:
    """Take the case from a holder who cannot open it any more."""
    claim = claim_of(session, submission)
    if claim is None:
        return
    query = select(Membership.id).where(
        Membership.staff_id == claim.staff_id,
        Membership.group == to,
        Membership.epoch == keys.epochs.get(to.value, 1),
    )
    if session.scalar(query) is None:
        if submission.status in workflow.WORKED_ON:
            submission.status = workflow.handed_back(submission.status)
        let_go(session, submission)
