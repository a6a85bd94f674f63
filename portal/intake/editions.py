"""Editions of the numbers: which one is shown, and whether the portal wrote it.

A row of a public table is what somebody with the database alone would change. So each has a tag, under a key
that stands in no database (`portal.ledger.tags`): a row whose tag or digest does not fit is not shown.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.intake.edition_models import Edition, Ending
from portal.intake.numbers import Document, NumbersError, read
from portal.vault.seal import Label, context, derive


@dataclass(frozen=True)
class Past:
    """An edition that was shown once: what is left of it."""

    number: int
    day: date
    ended: date
    ending: Ending
    table_sha256: str


@dataclass(frozen=True)
class Shown:
    """What the public page shows: the newest edition with its numbers, or why there is none."""

    edition: Edition | None = None
    document: Document | None = field(default=None, repr=False)
    broken: bool = False
    """Something differs from what was published: nothing is shown."""
    past: Sequence[Past] = ()


def tag_of(key: bytes, row: Edition) -> bytes:
    """Return the tag of a row: HMAC-SHA-256 over all that it says; ``key`` is that of the ledger's tags."""
    said = context(
        Label.EDITION,
        str(row.number),
        row.day.isoformat(),
        row.sha256,
        row.table_sha256,
        row.ended.isoformat() if row.ended else "",
        row.ending.value if row.ending else "",
    )
    return hmac.digest(derive(key, context(Label.EDITION)), said, "sha256")


def holds(key: bytes, row: Edition) -> bool:
    """Tell whether the portal wrote this row as it stands: its tag, and its bytes while it is shown."""
    if not hmac.compare_digest(tag_of(key, row), row.tag) or (row.ended is None) != (row.ending is None):
        return False
    if row.document is None or row.ended is not None:
        return row.document is None and row.ended is not None
    return hmac.compare_digest(hashlib.sha256(row.document).hexdigest(), row.sha256)


def rows(session: Session, *, locked: bool = False) -> Sequence[Edition]:
    """Return all editions, the newest first."""
    query = select(Edition).order_by(Edition.number.desc()).execution_options(populate_existing=True)
    return session.scalars(query.with_for_update() if locked else query).all()


def shown(session: Session, *, key: bytes) -> Shown:
    """Return what the public may see; nothing is shown while any row differs from what the portal wrote."""
    found = rows(session)
    numbered = [one.number for one in found] == list(range(len(found), 0, -1))
    if not numbered or not all(holds(key, one) for one in found):
        return Shown(broken=True)
    if any(one.ended is None for one in found[1:]):
        return Shown(broken=True)
    past = [
        Past(one.number, one.day, one.ended, one.ending, one.table_sha256)
        for one in found
        if one.ended and one.ending
    ]
    if not found or found[0].document is None:
        return Shown(past=past)
    try:
        document = read(found[0].document)
    except NumbersError:
        return Shown(broken=True)
    if hashlib.sha256(document.table).hexdigest() != found[0].table_sha256:
        return Shown(broken=True)
    return Shown(found[0], document, past=past)
