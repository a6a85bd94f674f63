"""Figures that all staff may see: how many submissions there are, rounded, and nothing of what is in them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from persiantools.jdatetime import JalaliDate
from sqlalchemy import func, select

from portal.casework import service as casework
from portal.database import PortalSession
from portal.intake.models import Status, Submission
from portal.release.tables import rounded
from portal.staff.actor import Actor

MONTHS = 24


def first_of_month(day: date, *, solar: bool) -> date:
    """Return the first day of the month in which a day lies, of the Solar Hijri calendar or the Gregorian."""
    if not solar:
        return day.replace(day=1)
    of_month: int = JalaliDate(day).day  # type: ignore[no-untyped-call]  # persiantools ships no types
    return day - timedelta(days=of_month - 1)


@dataclass(frozen=True)
class Figures:
    """Counts rounded to tens: in all, by status, and by month of arrival, the newest first."""

    total: int
    statuses: Mapping[Status, int]
    months: Sequence[tuple[date, int]]
    """First days of the months in which something came."""


def figures(session: PortalSession, *, by: Actor, solar: bool = False) -> Figures:
    """Count submissions, by Solar Hijri months or else Gregorian ones.

    Each figure is rounded by itself, so that none can be had by subtraction. Who sets the months of one
    calendar against those of the other gets differences of rounded figures, which tell no more than these.
    """
    exact = casework.figures(session, by=by)
    waits = Submission.status == Status.LOCKED  # taken back, and not erased yet
    by_day = select(Submission.day, func.count()).where(~waits, casework.counted_for(by))
    months: Counter[date] = Counter()
    for day, count in session.execute(by_day.group_by(Submission.day)):
        months[first_of_month(day, solar=solar)] += count
    newest = sorted(months, reverse=True)[:MONTHS]
    return Figures(
        total=rounded(sum(exact.values())),
        statuses={status: rounded(count) for status, count in exact.items()},
        months=[(month, rounded(months[month])) for month in newest],
    )
