"""Deciding about a release: a lead who holds the key looks at what would leave, then seals it or declines."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from portal.config import PublicKeys
from portal.database import PortalSession, pause
from portal.errors import InvalidError, RefusedError, StaleError
from portal.ledger.recorder import lock
from portal.ledger.service import note
from portal.permissions import Group, Permission, Role
from portal.release import recipients
from portal.release.budget import charge
from portal.release.columns import Choice
from portal.release.gathering import Gathered, Standing, gather, standing
from portal.release.handing import as_seen, completed
from portal.release.laplace import Below
from portal.release.models import Release, ReleaseFile, ReleaseKey, ReleaseState
from portal.release.plans import Plan, Protection
from portal.release.preparing import Prepared, Seeds, prepare, weigh
from portal.release.preparing_tables import PreparedTable, finished, prepare_table
from portal.release.sealing import seal_archive, seal_inside, wrap_key
from portal.release.service import (
    CHANGED,
    LONGEST,
    Asked,
    asked_of,
    close,
    find,
    flush,
    one_kind,
    run_out,
    use_of,
)
from portal.release.tables import rounded
from portal.release.telling import tell_sources
from portal.staff import service as staff
from portal.staff.actor import Actor
from portal.staff.models import Staff
from portal.vault.wrap import key_id, public_key

_RUN_OUT = "This request is older than 30 days. It has to be made anew."
_MOVED = "Permissions or sheets changed while this was being prepared. Prepare it again."
_UNSEEN = "Look at what would leave before you approve it."
_OTHER_KEY = "This is not the key that you compared. Tell the others before you go on."
_ASKER_GONE = "The person who asked has no access any more. The request has to be made anew."


@dataclass(frozen=True)
class Look:
    """What a lead sees before deciding; beside records, what a step looser and a step stricter would give."""

    release: Release
    prepared: Prepared | PreparedTable
    beside: Sequence[tuple[Choice, Prepared]] = field(default=(), repr=False)


def preview(
    session: PortalSession,
    *,
    by: Actor,
    release_id: UUID,
    now: datetime,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> Look:
    """Prepare a release to look at its risk and loss; nothing is kept but that it was looked at.

    The unit of work must hold nothing unsaved: it is put aside while the work is done.
    """
    row = _to_decide(session, by=by, release_id=release_id, now=now)
    revision, asked = row.revision, asked_of(row)
    gathered, seeds = _gathered(session, row, by=by)
    if isinstance(asked, Plan):
        prepared: Prepared | PreparedTable = prepare_table(gathered, plan=asked, seeds=seeds)
        beside: Sequence[tuple[Choice, Prepared]] = ()
    else:
        prepared, beside = weigh(gathered, choice=asked, seeds=seeds, release_id=release_id, random=random)
    row = _to_decide(session, by=by, release_id=release_id, now=now, revision=revision)
    row.previews += 1
    note(session, "release.preview", by=by.name, subject=release_id, detail={"number": str(row.previews)})
    flush(session)
    return Look(row, prepared, beside)


def askers_key(session: PortalSession, *, by: Actor, release_id: UUID) -> bytes:
    """Return the public key that the finished file would be sealed to, for a lead to compare."""
    by.require(Permission.RELEASE_APPROVE)
    return _asker(session, find(session, release_id)).public_key


def approve(
    session: PortalSession,
    *,
    by: Actor,
    release_id: UUID,
    revision: int,
    compared: str,
    seen: str,
    keys: PublicKeys,
    now: datetime,
    random: Callable[[int], bytes] = secrets.token_bytes,
    below: Below = secrets.randbelow,
) -> Release:
    """Compute everything as of now, have it checked, seal it; it happens once or not at all.

    Nobody vouches for the asker's key in the database: ``compared`` names the one (`key_id`) that the two
    people read to each other, and another one gets nothing; ``seen`` names the request that was looked at
    (`as_seen`), and nothing is sealed for one that asks for something else by now. A result that no longer
    protects leaves the release failed, without a file. ``StaleError`` when the request, the key, a permission
    or a sheet changed meanwhile. As with `preview`, nothing unsaved may be held.
    """
    row = _to_decide(session, by=by, release_id=release_id, now=now, revision=revision)
    if not row.previews:
        raise StaleError(_UNSEEN)
    _unchanged(row, seen)
    _compared(session, row, compared)
    gathered, prepared = _prepared(session, row, by=by, random=random)
    row = _to_decide(session, by=by, release_id=release_id, now=now, revision=revision)
    _unchanged(row, seen)
    if isinstance(prepared, PreparedTable) and not prepared.trouble:
        prepared = _paid(session, row, prepared, below=below)
    if prepared.trouble:
        return close(session, row, ReleaseState.FAILED, by=by, reason=prepared.trouble, now=now)
    inside = prepared.inside
    row.records = rounded(int(inside.figures["records"]))
    row.suppressed = rounded(int(inside.figures["suppressed"]))
    asker = _compared(session, row, compared)
    close(session, row, ReleaseState.APPROVED, by=by, reason="", now=now)
    readers = {asker.id: asker.public_key, by.id: public_key(by.seed)}
    _seal(session, row, prepared, readers=readers, keys=keys, signs=by.seed_of(Group.RELEASE))
    tell_sources(session, gathered.standing)
    _hold_still(session, gathered.standing, row, by=by)
    return row


def _unchanged(row: Release, seen: str) -> None:
    if as_seen(row) != seen:
        raise StaleError(CHANGED)


def _paid(session: PortalSession, row: Release, prepared: PreparedTable, *, below: Below) -> PreparedTable:
    """Pay for a noisy table before its noise is drawn, in the transaction that seals it, and finish it."""
    try:
        one_kind(session, prepared.plan)
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
    return close(session, row, ReleaseState.DECLINED, by=by, reason=reason.strip(), now=now)


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
    row = find(session, release_id, locked=True)
    if row.requested_by == by.id:
        raise RefusedError
    if row.state is not ReleaseState.REQUESTED or revision not in {None, row.revision}:
        raise StaleError(CHANGED)
    if run_out(row, now):
        raise StaleError(_RUN_OUT)
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


def _gathered(session: PortalSession, row: Release, *, by: Actor) -> tuple[Gathered, Seeds]:
    """Gather what a release is made of, and put the transaction aside for the work to come."""
    recipients.hold(session, row)
    seeds = Seeds(by.seeds_of(Group.RELEASE), by.case_seeds())
    asked = asked_of(row)
    gathered = gather(
        session,
        by=by,
        release_seed=seeds.release,
        case_seeds=seeds.cases,
        use=use_of(asked),
        receiver=row.receiver_id,
        watched=_watched(asked),
    )
    pause(session)
    return gathered, seeds


def _watched(asked: Asked) -> bool:
    """Tell whether the release is to hide among the people of public lists."""
    return isinstance(asked, Choice) and asked.delta < 1


def _prepared(
    session: PortalSession, row: Release, *, by: Actor, random: Callable[[int], bytes]
) -> tuple[Gathered, Prepared | PreparedTable]:
    asked, release_id = asked_of(row), row.id
    gathered, seeds = _gathered(session, row, by=by)
    if isinstance(asked, Plan):
        return gathered, prepare_table(gathered, plan=asked, seeds=seeds)
    return gathered, prepare(gathered, choice=asked, seeds=seeds, release_id=release_id, random=random)


def _seal(
    session: PortalSession,
    row: Release,
    prepared: Prepared | PreparedTable,
    *,
    readers: Mapping[UUID, bytes],
    keys: PublicKeys,
    signs: bytes,
) -> None:
    """Keep the archive for the two people (id: public key), and the inside record for leads."""
    key, blob = seal_archive(row.id, completed(prepared.archive, seed=signs, asked=as_seen(row)))
    inside, inside_key = seal_inside(row.id, prepared.inside, keys.groups[Group.RELEASE.value])
    session.add(ReleaseFile(release_id=row.id, blob=blob, inside=inside, inside_key=inside_key))
    for staff_id, public in readers.items():
        wrapped = wrap_key(row.id, staff_id, public, key)
        session.add(ReleaseKey(release_id=row.id, staff_id=staff_id, blob=wrapped))
    session.flush()


def _hold_still(session: PortalSession, before: Standing, row: Release, *, by: Actor) -> None:
    """Compare with the database once more, now that nobody else can commit before this transaction does.

    Every commit passes through the ledger's lock, so holding it is holding still. It is taken last, because
    whoever waits for a row must not hold it.
    """
    lock(session.connection())
    asked = asked_of(row)
    now = standing(session, by=by, use=use_of(asked), receiver=row.receiver_id, watched=_watched(asked))
    own = now.earlier - before.earlier
    if replace(now, earlier=before.earlier) != before or len(own) != 1:
        raise StaleError(_MOVED)
    recipients.hold(session, row)
