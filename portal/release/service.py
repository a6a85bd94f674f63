"""Releases: an administrator asks, a lead reviewer who holds the key prepares and decides, both may fetch."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError

from portal.config import PublicKeys
from portal.database import PortalSession, pause
from portal.errors import InvalidError, NotFoundError, RefusedError, StaleError
from portal.intake import receivers
from portal.intake.models import Receiver, Use
from portal.ledger.recorder import lock
from portal.ledger.service import note
from portal.permissions import Group, Permission, Role
from portal.release.budget import charge
from portal.release.columns import Choice
from portal.release.gathering import Standing, gather, standing
from portal.release.laplace import Below
from portal.release.models import Release, ReleaseFile, ReleaseKey, ReleaseState
from portal.release.plans import Plan, Protection, is_plan
from portal.release.preparing import Prepared, Seeds, prepare
from portal.release.preparing_tables import PreparedTable, finished, prepare_table
from portal.release.sealing import Inside, open_archive, open_inside, seal_archive, seal_inside, wrap_key
from portal.release.tables import rounded
from portal.release.telling import tell_sources
from portal.release.withdrawals import taken_back
from portal.staff import service as staff
from portal.staff.actor import Actor
from portal.staff.models import Staff
from portal.vault.wrap import key_id, public_key

DAYS = 30
"""A request that nobody decided within so many days has run out."""
LONGEST = 2_000

_CHANGED = "This request was changed or decided meanwhile. Look at it again."
_RUN_OUT = "This request is older than 30 days. It has to be made anew."
_MOVED = "Permissions or sheets changed while this was being prepared. Prepare it again."
_UNSEEN = "Look at what would leave before you approve it."
_OTHER_KEY = "This is not the key that you compared. Tell the others before you go on."
_OTHER_KIND = (
    "Tables of these accounts have left with another protection. One kind is kept for ever: "
    "whoever had both could set them against each other."
)
_ASKER_GONE = "The person who asked has no access any more. The request has to be made anew."


Asked = Choice | Plan
"""What somebody asks for: records of some columns, or a table of counts."""


@dataclass(frozen=True)
class Seen:
    """A release as one person may see it; ``inside`` and ``gone`` are for leads."""

    release: Release
    asked: Asked
    open: bool
    """Whether it can still be decided."""
    fetchable: bool
    inside: Inside | None
    receiver: Receiver | None
    gone: Sequence[date]
    """The days on which accounts of it were taken back since: whoever received it is to be told."""


# Asking


def request(
    session: PortalSession,
    *,
    by: Actor,
    purpose: str,
    recipient: str,
    asked: Asked,
    now: datetime,
    receiver: UUID | None = None,
) -> Release:
    """Ask for a release; for a body on the list of receivers, only of what may be handed to it."""
    by.require(Permission.RELEASE_REQUEST)
    if isinstance(asked, Plan):
        _one_kind(session, asked)
    if receiver is not None:
        receivers.find(session, receiver)
    texts = purpose.strip(), recipient.strip()
    if not all(texts):
        raise InvalidError("Say what the data is for and who will receive it.")
    if any(len(text) > LONGEST for text in texts):
        raise InvalidError("Purpose and recipient have 2000 letters each at most.")
    row = Release(
        id=uuid4(),
        requested_by=by.id,
        requested_name=by.name,
        requested=now.date(),
        purpose=texts[0],
        recipient=texts[1],
        receiver_id=receiver,
        policy=asked.to_json(),
    )
    session.add(row)
    note(session, "release.request", by=by.name, subject=row.id)
    return row


# Looking


def releases(session: PortalSession, *, by: Actor) -> Sequence[Release]:
    """List all releases, those that wait first, then the newest."""
    by.require(Permission.RELEASE_SEE)
    waiting_first = Release.state != ReleaseState.REQUESTED
    return session.scalars(
        select(Release).order_by(waiting_first, Release.requested.desc(), Release.id)
    ).all()


def show(session: PortalSession, *, by: Actor, release_id: UUID, now: datetime) -> Seen:
    """Return one release; the exact figures of a finished one are opened for those who hold the key."""
    by.require(Permission.RELEASE_SEE)
    row = _find(session, release_id)
    inside = _inside(session, row, by)
    if inside:
        note(session, "release.inside", by=by.name, subject=release_id)
    return Seen(
        release=row,
        asked=asked_of(row),
        open=row.state is ReleaseState.REQUESTED and not _run_out(row, now),
        fetchable=session.get(ReleaseKey, (release_id, by.id)) is not None,
        inside=inside,
        receiver=session.get(Receiver, row.receiver_id) if row.receiver_id else None,
        gone=taken_back(session, inside.members) if inside else [],
    )


def asked_of(row: Release) -> Asked:
    """Return what was asked for."""
    return Plan.from_json(row.policy) if is_plan(row.policy) else Choice.from_json(row.policy)


def _use(asked: Asked) -> Use:
    """Return what a source was asked whether it may be done with their account."""
    return Use.STATISTICS if isinstance(asked, Plan) else Use.RESEARCH


def _one_kind(session: PortalSession, plan: Plan) -> None:
    """Refuse a second way to protect tables: exact counts beside noisy ones void what noise promises."""
    left = session.scalars(select(Release.policy).where(Release.state == ReleaseState.APPROVED))
    if any(is_plan(one) and Plan.from_json(one).protection is not plan.protection for one in left):
        raise InvalidError(_OTHER_KIND)


def _inside(session: PortalSession, row: Release, by: Actor) -> Inside | None:
    kept = session.get(ReleaseFile, row.id)
    if kept is None or Group.RELEASE not in by.seeds or not by.may(Permission.RELEASE_APPROVE):
        return None
    return open_inside(row.id, by.seeds_of(Group.RELEASE), kept.inside_key, kept.inside)


# Deciding


def preview(
    session: PortalSession,
    *,
    by: Actor,
    release_id: UUID,
    now: datetime,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> tuple[Release, Prepared | PreparedTable]:
    """Prepare a release to look at its risk and loss; nothing is kept but that it was looked at.

    The unit of work must hold nothing unsaved: it is put aside while the work is done.
    """
    row = _to_decide(session, by=by, release_id=release_id, now=now)
    revision = row.revision
    _standing, prepared = _prepared(session, row, by=by, random=random)
    row = _to_decide(session, by=by, release_id=release_id, now=now, revision=revision)
    row.previews += 1
    note(session, "release.preview", by=by.name, subject=release_id, detail={"number": str(row.previews)})
    _flush(session)
    return row, prepared


def askers_key(session: PortalSession, *, by: Actor, release_id: UUID) -> bytes:
    """Return the public key that the finished file would be sealed to, for a lead to compare."""
    by.require(Permission.RELEASE_APPROVE)
    return _asker(session, _find(session, release_id)).public_key


def approve(
    session: PortalSession,
    *,
    by: Actor,
    release_id: UUID,
    revision: int,
    compared: str,
    keys: PublicKeys,
    now: datetime,
    random: Callable[[int], bytes] = secrets.token_bytes,
    below: Below = secrets.randbelow,
) -> Release:
    """Compute everything as of now, have it checked, seal it; it happens once or not at all.

    Nobody vouches for the asker's key in the database: ``compared`` names the one (`key_id`) that the two
    people read to each other, and another one gets nothing. A result that no longer protects leaves the
    release failed, without a file. ``StaleError`` when the request, the key, a permission or a sheet changed
    meanwhile. As with `preview`, nothing unsaved may be held.
    """
    row = _to_decide(session, by=by, release_id=release_id, now=now, revision=revision)
    if not row.previews:
        raise StaleError(_UNSEEN)
    _compared(session, row, compared)
    before, prepared = _prepared(session, row, by=by, random=random)
    row = _to_decide(session, by=by, release_id=release_id, now=now, revision=revision)
    if isinstance(prepared, PreparedTable) and not prepared.trouble:
        prepared = _paid(session, row, prepared, below=below)
    if prepared.trouble:
        return _close(session, row, ReleaseState.FAILED, by=by, reason=prepared.trouble, now=now)
    inside = prepared.inside
    row.records = rounded(int(inside.figures["records"]))
    row.suppressed = rounded(int(inside.figures["suppressed"]))
    asker = _compared(session, row, compared)
    _close(session, row, ReleaseState.APPROVED, by=by, reason="", now=now)
    readers = {asker.id: asker.public_key, by.id: public_key(by.seed)}
    _seal(session, row, prepared, readers=readers, keys=keys)
    tell_sources(session, before)
    _hold_still(session, before, by=by, use=_use(asked_of(row)), receiver=row.receiver_id)
    return row


def _paid(session: PortalSession, row: Release, prepared: PreparedTable, *, below: Below) -> PreparedTable:
    """Pay for a noisy table before its noise is drawn, in the transaction that seals it, and finish it."""
    try:
        _one_kind(session, prepared.plan)
        if prepared.plan.protection is Protection.NOISE:
            charge(session, release_id=row.id, hundredths=prepared.plan.hundredths)
    except InvalidError as problem:
        return replace(prepared, trouble=str(problem))
    return finished(prepared, release_id=row.id, below=below)


def decline(
    session: PortalSession, *, by: Actor, release_id: UUID, revision: int, reason: str, now: datetime
) -> Release:
    """Refuse a request, with the reason."""
    row = _to_decide(session, by=by, release_id=release_id, now=now, revision=revision)
    if not reason.strip():
        raise InvalidError("Say why, so that the request can be made better.")
    if len(reason.strip()) > LONGEST:
        raise InvalidError("The reason has 2000 letters at most.")
    return _close(session, row, ReleaseState.DECLINED, by=by, reason=reason.strip(), now=now)


def download(session: PortalSession, *, by: Actor, release_id: UUID) -> bytes:
    """Open the finished archive with the person's own key; the two who made it can, and nobody else."""
    by.require(Permission.RELEASE_SEE)
    row = _find(session, release_id)
    kept, mine = session.get(ReleaseFile, release_id), session.get(ReleaseKey, (release_id, by.id))
    if row.state is not ReleaseState.APPROVED or kept is None:
        raise NotFoundError
    if mine is None:
        raise RefusedError
    archive = open_archive(release_id, by.id, by.seed, mine.blob, kept.blob)
    note(session, "release.download", by=by.name, subject=release_id)
    return archive


def _find(session: PortalSession, release_id: UUID, *, locked: bool = False) -> Release:
    found = session.get(Release, release_id, populate_existing=True, with_for_update=locked or None)
    if found is None:
        raise NotFoundError
    return found


def _run_out(row: Release, now: datetime) -> bool:
    return now.date() - row.requested > timedelta(days=DAYS)


def _to_decide(
    session: PortalSession, *, by: Actor, release_id: UUID, now: datetime, revision: int | None = None
) -> Release:
    """Find a request that this person may decide now, and lock it: another person's, open, as it was seen."""
    by.require(Permission.RELEASE_APPROVE)
    by.seed_of(Group.RELEASE)
    # Asked again after the long computation: access may have ended meanwhile.
    lead = staff.present(session, staff_id=by.id, hold=True)
    if lead is None or lead.role is not by.role:
        raise RefusedError
    row = _find(session, release_id, locked=True)
    if row.requested_by == by.id:
        raise RefusedError
    if row.state is not ReleaseState.REQUESTED or revision not in {None, row.revision}:
        raise StaleError(_CHANGED)
    if _run_out(row, now):
        raise StaleError(_RUN_OUT)
    if row.receiver_id is not None:
        receivers.find(session, row.receiver_id)  # nothing is made for a body that has ended meanwhile
    asker = _asker(session, row)
    if asker.role is by.role or asker.role is not Role.ADMINISTRATOR:
        raise RefusedError
    return row


def _asker(session: PortalSession, row: Release) -> Staff:
    """Return who asked; their key must still be good to wrap to."""
    found = session.get(Staff, row.requested_by, populate_existing=True)
    if found is None or not found.active:
        raise StaleError(_ASKER_GONE)
    return found


def _compared(session: PortalSession, row: Release, compared: str) -> Staff:
    """Return who asked, if their key is the one that was compared with them."""
    asker = _asker(session, row)
    if key_id(asker.public_key) != compared:
        raise StaleError(_OTHER_KEY)
    return asker


def _prepared(
    session: PortalSession, row: Release, *, by: Actor, random: Callable[[int], bytes]
) -> tuple[Standing, Prepared | PreparedTable]:
    """Gather, put the transaction aside, and prepare."""
    seeds = Seeds(by.seeds_of(Group.RELEASE), by.case_seeds())
    asked, release_id = asked_of(row), row.id
    gathered = gather(
        session,
        by=by,
        release_seed=seeds.release,
        case_seeds=seeds.cases,
        use=_use(asked),
        receiver=row.receiver_id,
    )
    pause(session)
    if isinstance(asked, Plan):
        return gathered.standing, prepare_table(gathered, plan=asked, seeds=seeds, below=secrets.randbelow)
    return gathered.standing, prepare(
        gathered, choice=asked, seeds=seeds, release_id=release_id, random=random
    )


_ACTS: Mapping[ReleaseState, str] = {
    ReleaseState.APPROVED: "release.approve",
    ReleaseState.DECLINED: "release.decline",
    ReleaseState.FAILED: "release.fail",
}


def _close(
    session: PortalSession, row: Release, state: ReleaseState, *, by: Actor, reason: str, now: datetime
) -> Release:
    row.state, row.reason = state, reason
    row.decided_by, row.decided_name, row.decided = by.id, by.name, now.date()
    note(session, _ACTS[state], by=by.name, subject=row.id)
    _flush(session)
    return row


def _flush(session: PortalSession) -> None:
    try:
        session.flush()
    except StaleDataError:
        raise StaleError(_CHANGED) from None


def _seal(
    session: PortalSession,
    row: Release,
    prepared: Prepared | PreparedTable,
    *,
    readers: Mapping[UUID, bytes],
    keys: PublicKeys,
) -> None:
    """Keep the archive for the two people (id: public key), and the inside record for leads."""
    key, blob = seal_archive(row.id, prepared.archive)
    inside, inside_key = seal_inside(row.id, prepared.inside, keys.groups[Group.RELEASE.value])
    session.add(ReleaseFile(release_id=row.id, blob=blob, inside=inside, inside_key=inside_key))
    for staff_id, public in readers.items():
        wrapped = wrap_key(row.id, staff_id, public, key)
        session.add(ReleaseKey(release_id=row.id, staff_id=staff_id, blob=wrapped))
    session.flush()


def _hold_still(
    session: PortalSession, before: Standing, *, by: Actor, use: Use, receiver: UUID | None
) -> None:
    """Compare with the database once more, now that nobody else can commit before this transaction does.

    Every commit passes through the ledger's lock, so holding it is holding still. It is taken last, because
    whoever waits for a row must not hold it.
    """
    lock(session.connection())
    if receiver is not None:
        receivers.find(session, receiver)
    now = standing(session, by=by, use=use, receiver=receiver)
    own = now.earlier - before.earlier
    if replace(now, earlier=before.earlier) != before or len(own) != 1:
        raise StaleError(_MOVED)
