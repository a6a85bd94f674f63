"""Telling each source that a release was made of what they sent: in which kind of release, and the day."""

from sqlalchemy import select

from portal.database import PortalSession
from portal.intake import openings
from portal.intake.models import Submission
from portal.intake.openings import Deed
from portal.release.gathering import Standing

_BATCH = 500


def tell_sources(session: PortalSession, standing: Standing) -> None:
    """Put a line into the folder of every account in a release, sealed to its receipt alone."""
    ids = sorted(one.submission_id for one in standing.accounts)
    for start in range(0, len(ids), _BATCH):
        some = select(Submission).where(Submission.id.in_(ids[start : start + _BATCH]))
        for submission in session.scalars(some).all():
            openings.tell(session, submission, Deed.RELEASED, role="")
