"""What a source is told of legal holds: who decided, why, and until when."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import select

from portal.database import PortalSession
from portal.intake.models import HoldState, LegalHold
from portal.intake.opening import load, part_keys, thread_of
from portal.intake.sealing import open_reason
from portal.vault.seal import Label


@dataclass(frozen=True)
class Told:
    """A hold that is in force, as its source may know of it; two lead reviewers decided, who stays unsaid."""

    decided: date
    until: date
    reason: str = field(repr=False)


def told(session: PortalSession, *, submission_id: UUID, seed: bytes, today: date) -> Sequence[Told]:
    """Open the holds that are in force with the receipt's key, the one that lasts longest first."""
    query = select(LegalHold).where(
        LegalHold.submission_id == submission_id,
        LegalHold.state == HoldState.APPROVED,
        LegalHold.until >= today,
    )
    rows = session.scalars(query.order_by(LegalHold.until.desc(), LegalHold.id)).all()
    if not rows:
        return ()
    thread = thread_of(part_keys(session, load(session, submission_id), seed))
    return [
        Told(row.decided or row.asked, row.until, open_reason(thread, row.id, Label.HOLD, row.blob))
        for row in rows
    ]
