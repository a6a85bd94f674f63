"""Releases: an administrator asks and may take it back; who may see them looks; who made one fetches it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError

from portal.database import PortalSession
from portal.errors import InvalidError, NotFoundError, RefusedError, StaleError
from portal.intake import receivers
from portal.intake.models import Receiver, Use
from portal.ledger.service import note
from portal.permissions import Group, Permission
from portal.release import recipients
from portal.release.columns import Choice
from portal.release.handing import HandedOut, hand_out
from portal.release.models import Release, ReleaseFile, ReleaseKey, ReleaseState
from portal.release.plans import Plan, is_plan
from portal.release.sealing import Inside, open_archive, open_inside
from portal.release.withdrawals import taken_back
from portal.staff.actor import Actor

DAYS = 30
"""A request that nobody decided within so many days has run out."""
LONGEST = 2_000

CHANGED = "This request was changed or decided meanwhile. Look at it again."
_OTHER_KIND = (
    "Tables of these accounts have left with another protection. One kind is kept for ever: "
    "whoever had both could set them against each other."
)

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
        one_kind(session, asked)
    if receiver is not None:
        receivers.find(session, receiver)
    texts = purpose.strip(), recipient.strip()
    if not all(texts):
        raise InvalidError("Say what the data is for and who will receive it.")
    if any(len(text) > LONGEST for text in texts):
        raise InvalidError("Purpose and recipient have 2000 letters each at most.")
    recipients.check(session, texts[1], receiver)
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


def cancel(session: PortalSession, *, by: Actor, release_id: UUID, revision: int, now: datetime) -> Release:
    """Take one's own request back, before anybody has decided it."""
    by.require(Permission.RELEASE_REQUEST)
    row = find(session, release_id, locked=True)
    if row.requested_by != by.id:
        raise RefusedError
    if row.state is not ReleaseState.REQUESTED or row.revision != revision:
        raise StaleError(CHANGED)
    return close(session, row, ReleaseState.CANCELLED, by=by, reason="", now=now)


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
    row = find(session, release_id)
    inside = _inside(session, row, by)
    if inside:
        note(session, "release.inside", by=by.name, subject=release_id)
    return Seen(
        release=row,
        asked=asked_of(row),
        open=row.state is ReleaseState.REQUESTED and not run_out(row, now),
        fetchable=session.get(ReleaseKey, (release_id, by.id)) is not None,
        inside=inside,
        receiver=session.get(Receiver, row.receiver_id) if row.receiver_id else None,
        gone=taken_back(session, inside.members) if inside else [],
    )


def download(session: PortalSession, *, by: Actor, release_id: UUID, key: bytes) -> HandedOut:
    """Open the finished archive with the person's own key; the two who made it can, and nobody else.

    What is for a body of the list leaves encrypted to that body: `StaleError` while it has no key. ``key`` is
    that of the ledger's tags. The row is locked: a recall comes before it leaves, or after.
    """
    by.require(Permission.RELEASE_SEE)
    row = find(session, release_id, locked=True)
    kept, mine = session.get(ReleaseFile, release_id), session.get(ReleaseKey, (release_id, by.id))
    if row.state is not ReleaseState.APPROVED or kept is None:
        raise NotFoundError
    if mine is None:
        raise RefusedError
    if row.recalled is not None:
        raise StaleError("This release was recalled. Ask for a newer one.")
    archive = open_archive(release_id, by.id, by.seed, mine.blob, kept.blob)
    handed = hand_out(session, row, archive, key=key)
    note(session, "release.download", by=by.name, subject=release_id, detail=handed.detail)
    return handed


def asked_of(row: Release) -> Asked:
    """Return what was asked for."""
    return Plan.from_json(row.policy) if is_plan(row.policy) else Choice.from_json(row.policy)


def use_of(asked: Asked) -> Use:
    """Return what a source was asked whether it may be done with their account."""
    return Use.STATISTICS if isinstance(asked, Plan) else Use.RESEARCH


def one_kind(session: PortalSession, plan: Plan) -> None:
    """Refuse a second way to protect tables: exact counts beside noisy ones void what noise promises."""
    left = session.scalars(select(Release.policy).where(Release.state == ReleaseState.APPROVED))
    if any(is_plan(one) and Plan.from_json(one).protection is not plan.protection for one in left):
        raise InvalidError(_OTHER_KIND)


def _inside(session: PortalSession, row: Release, by: Actor) -> Inside | None:
    kept = session.get(ReleaseFile, row.id)
    if kept is None or Group.RELEASE not in by.seeds or not by.may(Permission.RELEASE_APPROVE):
        return None
    return open_inside(row.id, by.seeds_of(Group.RELEASE), kept.inside_key, kept.inside)


def find(session: PortalSession, release_id: UUID, *, locked: bool = False) -> Release:
    """Return a release as it stands now, on request with its row locked; `NotFoundError` if there is none."""
    found = session.get(Release, release_id, populate_existing=True, with_for_update=locked or None)
    if found is None:
        raise NotFoundError
    return found


def run_out(row: Release, now: datetime) -> bool:
    """Tell whether nobody decided in time."""
    return now.date() - row.requested > timedelta(days=DAYS)


_ACTS: Mapping[ReleaseState, str] = {
    ReleaseState.APPROVED: "release.approve",
    ReleaseState.CANCELLED: "release.cancel",
    ReleaseState.DECLINED: "release.decline",
    ReleaseState.FAILED: "release.fail",
}


def close(
    session: PortalSession, row: Release, state: ReleaseState, *, by: Actor, reason: str, now: datetime
) -> Release:
    """Write down what became of a request."""
    row.state, row.reason = state, reason
    row.decided_by, row.decided_name, row.decided = by.id, by.name, now.date()
    note(session, _ACTS[state], by=by.name, subject=row.id)
    flush(session)
    return row


def flush(session: PortalSession) -> None:
    """Write what is held; `StaleError` when somebody else changed it meanwhile."""
    try:
        session.flush()
    except StaleDataError:
        raise StaleError(CHANGED) from None
