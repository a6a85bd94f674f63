"""What a withdrawal means for releases: open requests are looked at again, finished ones say what is gone."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import select

from portal.casework.models import CodingSheet, SheetState
from portal.database import PortalSession
from portal.intake.models import GONE, Submission, Tombstone, WithdrawalWish
from portal.ledger.service import note
from portal.release.models import Release, ReleaseState


def look_again(session: PortalSession, submission_id: UUID) -> None:
    """Send open requests back that somebody has looked at while the account could have been in them.

    They are prepared without it, and cannot be approved before that has been seen.
    """
    coded = select(CodingSheet.id).where(
        CodingSheet.submission_id == submission_id, CodingSheet.state == SheetState.APPROVED
    )
    if session.scalar(coded) is None:
        return
    query = select(Release).where(Release.state == ReleaseState.REQUESTED, Release.previews > 0)
    for row in session.scalars(query.with_for_update().execution_options(populate_existing=True)).all():
        row.previews = 0
        note(session, "release.send-back", by="portal", subject=row.id)


def taken_back(session: PortalSession, members: Collection[UUID]) -> list[date]:
    """Return the days on which accounts of a finished release were taken back: those to be told of it."""
    left = dict(iter(session.execute(select(Tombstone.submission_id, Tombstone.day))))
    left |= dict(iter(session.execute(select(WithdrawalWish.submission_id, WithdrawalWish.day))))
    gone = session.scalars(select(Submission.id).where(Submission.status.in_(GONE)))
    return sorted(left[one] for one in gone if one in left and one in members)
