"""Disagreements that wait for a third person: how many, whose, and whether anybody is there who could decide.

That a link is disputed stands in clear, who differs is sealed: whoever holds no key can be told a number.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import func, select

from portal.casework.service import counted_for
from portal.database import PortalSession
from portal.intake.models import Submission
from portal.linking.keeping import Kept
from portal.linking.models import Link, LinkState
from portal.linking.reviewing import RESTING, links_that_are
from portal.permissions import Permission, Role
from portal.staff import epochs
from portal.staff.actor import Actor
from portal.staff.models import Membership, Staff


@dataclass(frozen=True)
class Missing:
    """How many disagreements wait for a lead who is neither of the two, and how many leads there are."""

    count: int
    leads: int


@dataclass(frozen=True)
class Own:
    """A disagreement in which one is one of the two; ``nobody`` else is there who could decide it."""

    case_id: UUID
    quote: str = field(repr=False)
    nobody: bool


def waiting_for_a_third(session: PortalSession, *, by: Actor) -> Missing | None:
    """Count for leads and administrators what two see differently; None for others, and where there is none.

    Leads count the circles that they hold; administrators, who hold none, count all.
    """
    if not (by.may(Permission.CASE_APPROVE) or by.may(Permission.STAFF_MANAGE)):
        return None
    disputed = (
        select(func.count())
        .select_from(Link)
        .join(Submission, Submission.id == Link.submission_id)
        .where(Link.state == LinkState.DISPUTED, Submission.status.not_in(RESTING), counted_for(by))
    )
    count = session.scalar(disputed) or 0
    active = select(func.count()).select_from(Staff).where(Staff.active, Staff.role == Role.LEAD)
    return Missing(count, session.scalar(active) or 0) if count else None


def own(session: PortalSession, *, by: Actor) -> list[Own]:
    """List the disagreements in which a lead is one of the two, which another lead decides."""
    by.require(Permission.CASE_APPROVE)
    mine = [one for one in links_that_are(session, LinkState.DISPUTED, by=by) if one.decided_by(by)]
    leads = _leads_of(session, mine)
    return [
        Own(one.row.submission_id, one.quote, nobody=not _others(leads[one.row.submission_id], one))
        for one in mine
    ]


def _leads_of(session: PortalSession, links: Collection[Kept]) -> dict[UUID, set[UUID]]:
    """Return for each case the leads who hold the present key of its circle."""
    ids = [one.row.submission_id for one in links]
    circles = session.execute(select(Submission.id, Submission.group).where(Submission.id.in_(ids))).all()
    current = epochs.current(session)
    found: dict[UUID, set[UUID]] = {}
    for case_id, group in circles:
        query = (
            select(Staff.id)
            .join(Membership, Membership.staff_id == Staff.id)
            .where(
                Staff.active,
                Staff.role == Role.LEAD,
                Membership.group == group,
                Membership.epoch == current.get(group, 1),
            )
        )
        found[case_id] = set(session.scalars(query))
    return found


def _others(leads: Collection[UUID], one: Kept) -> set[UUID]:
    return {each for each in leads if not any(hand.by_id == each for hand in one.hands)}
