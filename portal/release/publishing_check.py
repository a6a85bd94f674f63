"""Whether what is public is what was published: each row against its tag, and against the ledger's last word.

A tag shows that the portal wrote a row once. That an older state of it was put back, or that a row is gone,
only the ledger tells; it is read from the day of the first edition on.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.database import Base
from portal.intake import editions
from portal.intake.edition_models import Edition
from portal.ledger.models import LedgerEntry
from portal.ledger.rows import digests
from portal.ledger.tags import holds
from portal.permissions import Permission
from portal.release.publication_models import Publication
from portal.staff.actor import Actor

_TABLE = Edition.__tablename__


class Finding(StrEnum):
    """What is wrong with an edition, if anything."""

    FINE = "fine"
    CHANGED = "changed"
    """Its tag or its bytes do not fit."""
    OTHER = "other"
    """The ledger's last word of it is another."""
    GONE = "gone"
    """It was published, and its row is not there."""


@dataclass(frozen=True)
class Checked:
    """One edition and what was found."""

    number: int
    finding: Finding


def check(session: Session, *, by: Actor, key: bytes) -> list[Checked]:
    """Compare every edition with its tag and with the ledger; newest first."""
    by.require(Permission.RELEASE_SEE)
    rows = {one.number: one for one in editions.rows(session)}
    published = select(Publication.edition, Publication.decided).where(Publication.edition.is_not(None))
    days = {number: day for number, day in session.execute(published) if number is not None and day}
    numbers = sorted({*rows, *days}, reverse=True)
    if not numbers:
        return []
    told = _told(session, min([*days.values(), *(one.day for one in rows.values())]), key)
    now = {str(number[0]): digest.hex() for number, digest in _digests(session, numbers).items()}
    return [Checked(one, _finding(rows.get(one), str(one), key, told, now)) for one in numbers]


def _finding(
    row: Edition | None, name: str, key: bytes, told: Mapping[str, str | None], now: Mapping[str, str]
) -> Finding:
    if row is None:
        return Finding.GONE
    if not editions.holds(key, row):
        return Finding.CHANGED
    return Finding.FINE if told.get(name) == now.get(name) else Finding.OTHER


def _digests(session: Session, numbers: Sequence[int]) -> dict[tuple[int, ...], bytes]:
    table = Base.metadata.tables[_TABLE]
    return digests(session.connection(), table, [(one,) for one in numbers])


def _told(session: Session, since: date, key: bytes) -> dict[str, str | None]:
    """Return the ledger's last word of each edition; entries that the portal did not write say nothing."""
    query = select(LedgerEntry.body, LedgerEntry.tag).where(LedgerEntry.day >= since)
    marker = f'["{_TABLE}",'.encode()
    found: dict[str, str | None] = {}
    for body, tag in session.execute(query.order_by(LedgerEntry.seq).execution_options(yield_per=1000)):
        if marker in body and holds(key, body, tag):
            found |= {name: digest for table, name, digest in json.loads(body)["rows"] if table == _TABLE}
    return found
