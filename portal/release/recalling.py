"""Recalling a finished release: an account in it was taken back, and whoever received it is to be told.

What has left cannot be called back; a recall says so to everybody who may see releases, gives the words for
the receiver, and stands in a list that can be handed on.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from portal.database import PortalSession
from portal.errors import RefusedError, StaleError
from portal.ledger.service import note
from portal.permissions import Permission
from portal.release.models import Release, ReleaseState
from portal.release.service import CHANGED, find, flush
from portal.release.tables import Json, canonical
from portal.staff.actor import Actor

FORMAT = "testimony-portal-recalled/1"


def recall(session: PortalSession, *, by: Actor, release_id: UUID, revision: int, now: datetime) -> Release:
    """Say that a release is not to be used any more; leads decide it, who alone know what was taken back."""
    by.require(Permission.RELEASE_APPROVE)
    row = find(session, release_id, locked=True)
    if row.state is not ReleaseState.APPROVED or row.recalled is not None or row.revision != revision:
        raise StaleError(CHANGED)
    row.recalled, row.recalled_name = now.date(), by.name
    note(session, "release.recall", by=by.name, subject=row.id)
    flush(session)
    return row


def tell(session: PortalSession, *, by: Actor, release_id: UUID, revision: int, now: datetime) -> Release:
    """Write down that whoever received a recalled release was told: by one of the two who made it."""
    by.require(Permission.RELEASE_SEE)
    row = find(session, release_id, locked=True)
    if by.id not in {row.requested_by, row.decided_by}:
        raise RefusedError
    if row.recalled is None or row.told is not None or row.revision != revision:
        raise StaleError(CHANGED)
    row.told, row.told_name = now.date(), by.name
    note(session, "release.tell", by=by.name, subject=row.id)
    flush(session)
    return row


def recalled(session: PortalSession, *, by: Actor) -> Sequence[Release]:
    """List what was recalled, those of whom nobody was told first, then the newest."""
    by.require(Permission.RELEASE_SEE)
    query = select(Release).where(Release.recalled.is_not(None))
    return session.scalars(
        query.order_by(Release.told.is_not(None), Release.recalled.desc(), Release.id)
    ).all()


def as_list(those: Sequence[Release]) -> bytes:
    """Write the list that goes to receivers: which releases, as their manifests name them, and since when."""
    rows: list[Json] = [
        {"recalled": one.recalled.isoformat(), "release": one.id.hex}
        for one in sorted(those, key=lambda one: one.id)
        if one.recalled is not None
    ]
    return canonical({"format": FORMAT, "releases": rows})
