"""What each day left in the ledger: how many entries, and who vouched for its head."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.ledger.models import LedgerCheckpoint, LedgerCosignature, LedgerEntry, LedgerTimestamp


@dataclass(frozen=True, slots=True)
class Day:
    """One day: its entries, and whether a head was signed, time-stamped, co-signed by so many witnesses."""

    day: date
    entries: int = 0
    signed: bool = False
    stamped: bool = False
    witnesses: int = 0


def days(session: Session, *, first: date, last: date) -> list[Day]:
    """Return every day from the first to the last, the quiet ones as well."""
    found = select(LedgerEntry.day, func.count().label("number")).where(LedgerEntry.day.between(first, last))
    entries: dict[date, int] = {
        row.day: row.number for row in session.execute(found.group_by(LedgerEntry.day))
    }
    signed = set(
        session.scalars(select(LedgerCheckpoint.day).where(LedgerCheckpoint.day.between(first, last)))
    )
    stamps = select(LedgerTimestamp.day).where(
        LedgerTimestamp.day.between(first, last), LedgerTimestamp.response.is_not(None)
    )
    cosigned = select(LedgerCosignature.day, LedgerCosignature.witness).where(
        LedgerCosignature.day.between(first, last)
    )
    stamped = set(session.scalars(stamps))
    witnesses = Counter(day for day, _ in {(day, name) for day, name in session.execute(cosigned)})
    every = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [Day(one, entries.get(one, 0), one in signed, one in stamped, witnesses[one]) for one in every]
