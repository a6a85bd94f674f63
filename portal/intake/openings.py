"""What a source is told of their account: who opened it, in which role, why, and what came of it.

The ledger of acts is for auditors. This is for the source alone: each line is sealed to the receipt's own key
as it happens, in the transaction of the deed, so that neither staff nor a stolen database can read back who
looked at what. No name goes in, only the role; and days, never times.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256
from uuid import UUID, uuid4

from sqlalchemy import select

from portal.database import PortalSession
from portal.intake.models import Submission, Telling
from portal.intake.sealing import PartKey
from portal.vault.seal import Label, context, derive
from portal.vault.wrap import opener, wrap


class Deed(StrEnum):
    """What was done; the first ones are openings, the others are what came of it."""

    READ = "read"
    REVIEW = "review"
    DOCUMENT = "document"
    IDENTITY = "identity"
    KEPT = "kept"
    """Opened only because a legal hold keeps it."""
    LINKED = "linked"
    UNLINKED = "unlinked"
    APPROVED = "approved"
    RELEASED = "released"
    DIED = "died"


OPENINGS = frozenset({Deed.READ, Deed.REVIEW, Deed.DOCUMENT, Deed.IDENTITY, Deed.KEPT})


@dataclass(frozen=True)
class Told:
    """One line, opened: on which day, who by role (empty where no one person did it), and what."""

    day: date
    role: str
    deed: Deed


def tell(
    session: PortalSession, submission: Submission, deed: Deed, *, role: str, thread: PartKey | None = None
) -> None:
    """Tell the source of a deed; with the ``thread`` at hand, the same by the same role once a day.

    Nothing is told of what was taken back: nobody is left who could open it.
    """
    if not submission.source_key:
        return
    day, line_id = session.today, uuid4()
    mark = _mark(thread, deed, role, day) if thread else line_id.bytes
    same = select(Telling.id).where(Telling.submission_id == submission.id, Telling.mark == mark)
    if thread is not None and session.scalar(same.limit(1)) is not None:
        return
    value = json.dumps({"deed": deed.value, "role": role}, sort_keys=True).encode()
    place = context(Label.TELLING, submission.id, line_id)
    row = Telling(id=line_id, submission_id=submission.id, day=day, mark=mark)
    row.blob = wrap(submission.source_key, value, place)
    session.add(row)


def _mark(thread: PartKey, deed: Deed, role: str, day: date) -> bytes:
    """Return a name of the deed that only who reads the thread could make."""
    parts = (thread.submission_id, deed.value, role, day.isoformat())
    return sha256(derive(thread.key, context(Label.KEY_TELLING, *parts))).digest()[:16]


def told(session: PortalSession, *, submission_id: UUID, seed: bytes) -> Sequence[Told]:
    """Open every line with the receipt's key, the newest day first."""
    query = select(Telling).where(Telling.submission_id == submission_id)
    rows = session.scalars(query.order_by(Telling.day.desc(), Telling.id)).all()
    opened = opener(seed)
    found = []
    for row in rows:
        value = json.loads(opened(row.blob, context(Label.TELLING, submission_id, row.id)))
        found.append(Told(row.day, value["role"], Deed(value["deed"])))
    return found
