"""What the ledger of permissions says of many cases at once, as a database can answer it."""

from uuid import UUID

from sqlalchemy import ColumnElement, select

from portal.database import PortalSession
from portal.intake import consent
from portal.intake.models import Answer, Consent, Submission, Use


def last_says_yes(session: PortalSession) -> ColumnElement[bool]:
    """Select the submissions whose last word on being read is a yes that has not ended.

    `sealed_by_death` says which of them may not be read all the same.
    """
    open_still = Consent.until.is_(None) | (Consent.until >= session.today)
    last = (
        select((Consent.answer == Answer.YES) & open_still)
        .where(Consent.submission_id == Submission.id, Consent.use == Use.READ)
        .order_by(Consent.number.desc())
        .limit(1)
    )
    return last.scalar_subquery().is_(True)


def sealed_by_death(session: PortalSession) -> list[UUID]:
    """Return the submissions whose source has died and which may not be read now; they are few."""
    died = select(Consent.submission_id).where(Consent.use == Use.DIED)
    query = select(Consent).where(Consent.submission_id.in_(died), Consent.use.in_(consent.weighs(Use.READ)))
    decisions: dict[UUID, list[Consent]] = {}
    for one in session.scalars(query):
        decisions.setdefault(one.submission_id, []).append(one)
    return [
        case_id
        for case_id, several in decisions.items()
        if not consent.permits(several, Use.READ, on=session.today)
    ]
