"""Figures that all staff may see: how many submissions there are, rounded, and nothing of what is in them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from portal.casework import service as casework
from portal.database import PortalSession
from portal.intake.models import Status, Submission
from portal.release.tables import rounded
from portal.staff.actor import Actor

MONTHS = 24


@dataclass(frozen=True)
class Figures:
    """Counts rounded to tens: in all, by status, and by month of arrival, the newest first."""

    total: int
    statuses: Mapping[Status, int]
    months: Sequence[tuple[date, int]]
    """First days of Gregorian months. One calendar for all: two would split months at each other's ends."""


def figures(session: PortalSession, *, by: Actor) -> Figures:
    """Count submissions; each figure is rounded by itself, so that none can be had by subtraction."""
    exact = casework.figures(session, by=by)
    waits = Submission.status == Status.LOCKED  # taken back, and not erased yet
    by_day = select(Submission.day, func.count()).where(~waits, casework.counted_for(by))
    months: Counter[date] = Counter()
    for day, count in session.execute(by_day.group_by(Submission.day)):
        months[day.replace(day=1)] += count
    newest = sorted(months, reverse=True)[:MONTHS]
    return Figures(
        total=rounded(sum(exact.values())),
        statuses={status: rounded(count) for status, count in exact.items()},
        months=[(month, rounded(months[month])) for month in newest],
    )
