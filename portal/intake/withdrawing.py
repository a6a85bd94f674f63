"""Taking everything back: erasure, and what becomes of the wish while a legal hold stands in its way.

Every row that names a submission or a part of one goes, whichever feature keeps it: that is the rule, and a
tombstone is its only exception, so that a new table cannot be forgotten. What is no such row (a search index,
a release that somebody has looked at) is told by the functions that `portal.erasure` installs.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Table, select

from portal.database import Base, PortalSession
from portal.intake.deciding import refuse_all
from portal.intake.models import (
    Authority,
    HoldState,
    LegalHold,
    Part,
    Status,
    Submission,
    Tombstone,
    WithdrawalWish,
)
from portal.intake.opening import load
from portal.ledger.service import note
from portal.store import wraps

SOURCE, PORTAL = "source", "portal"
STAYS: frozenset[type[Base]] = frozenset({Tombstone})
"""Tables whose rows outlive the submission that they name."""

Along = Callable[[PortalSession, UUID], None]
_along: list[Along] = []


def install(along: Sequence[Along]) -> None:
    """Say what else is told of each withdrawal, before any row goes; done once, by `portal.erasure`."""
    _along[:] = along


def held_until(session: PortalSession, submission_id: UUID, *, today: date) -> date | None:
    """Return the last day on which a legal hold keeps the submission; None when none does."""
    query = select(LegalHold.until).where(
        LegalHold.submission_id == submission_id,
        LegalHold.state == HoldState.APPROVED,
        LegalHold.until >= today,
    )
    return max(session.scalars(query), default=None)


def withdraw(
    session: PortalSession,
    *,
    submission_id: UUID,
    day: date,
    authority: Authority = Authority.SOURCE,
    by: str = SOURCE,
) -> list[str]:
    """Erase a submission: every wrap and every row goes, so nothing opens it again; a tombstone stays.

    Under a legal hold the wish is kept instead, and every use refused until then. Returns the store's names
    of its documents, whose bytes the caller erases after the commit. Asked again, it does nothing.
    """
    submission = load(session, submission_id, lock=True)
    if submission.status is Status.WITHDRAWN:
        return []
    if held_until(session, submission_id, today=day) is None:
        return _erase(session, submission, day=day, authority=authority, by=by)
    if submission.status is not Status.LOCKED:
        _lock(session, submission, day=day, authority=authority, by=by)
    return []


def carry_out(session: PortalSession, *, submission_id: UUID, today: date) -> list[str]:
    """Erase what was taken back under a hold, once none stands any more; otherwise do nothing."""
    if session.get(WithdrawalWish, submission_id) is None:
        return []
    submission = load(session, submission_id, lock=True)
    wish = session.get(WithdrawalWish, submission_id, populate_existing=True)
    if wish is None or held_until(session, submission_id, today=today) is not None:
        return []
    return _erase(session, submission, day=today, authority=wish.authority, by=PORTAL)


def due(session: PortalSession, *, today: date) -> list[UUID]:
    """Return the submissions that were taken back and are held no longer."""
    wishes = session.scalars(select(WithdrawalWish.submission_id)).all()
    return [one for one in wishes if held_until(session, one, today=today) is None]


def expire(session: PortalSession, *, today: date) -> int:
    """Write down which holds have run out; they stopped holding with their day. Returns how many."""
    query = select(LegalHold).where(LegalHold.state == HoldState.APPROVED, LegalHold.until < today)
    rows = session.scalars(query.with_for_update()).all()
    for row in rows:
        row.state, row.ended = HoldState.ENDED, today
        note(session, "hold.expire", by=PORTAL, subject=row.submission_id)
    return len(rows)


def hanging() -> Iterator[tuple[type[Any], Table]]:
    """Give every table whose rows go along, those that others refer to last."""
    classes = {mapper.local_table: mapper.class_ for mapper in Base.registry.mappers}
    for table in reversed(Base.metadata.sorted_tables):
        if classes.get(table) not in STAYS and {"submission_id", "part_id"} & set(table.columns.keys()):
            yield classes[table], table


def _lock(
    session: PortalSession, submission: Submission, *, day: date, authority: Authority, by: str
) -> None:
    _tell(session, submission.id)
    session.add(WithdrawalWish(submission_id=submission.id, day=day, authority=authority))
    refuse_all(session, submission.id, submission.consents, day=day)
    submission.status = Status.LOCKED
    note(session, "submission.lock", by=by, subject=submission.id, detail={"authority": authority.value})


def _erase(
    session: PortalSession, submission: Submission, *, day: date, authority: Authority, by: str
) -> list[str]:
    _tell(session, submission.id)
    names = [document.stored_name for part in submission.parts for document in part.documents]
    digest = _digest(submission)
    _remove(session, submission.id)
    wraps.erase(session, submission.id)
    submission.status, submission.source_key = Status.WITHDRAWN, b""
    session.add(Tombstone(submission_id=submission.id, digest=digest, day=day, authority=authority.value))
    note(session, "submission.withdraw", by=by, subject=submission.id, detail={"authority": authority.value})
    return names


def _tell(session: PortalSession, submission_id: UUID) -> None:
    if not _along:
        raise RuntimeError("Import portal.erasure: what goes along with a withdrawal is not known.")
    for each in _along:
        each(session, submission_id)


def _digest(submission: Submission) -> bytes:
    """Return what is left to show that something was here: SHA-256 over the id and all sealed contents."""
    digest = hashlib.sha256(submission.id.bytes)
    for part in submission.parts:
        for one in part.fields:
            digest.update(hashlib.sha256(one.blob).digest())
        for document in part.documents:
            digest.update(document.stored_sha256)
    return digest.digest()


def _remove(session: PortalSession, submission_id: UUID) -> None:
    parts = session.scalars(select(Part.id).where(Part.submission_id == submission_id)).all()
    for kind, table in hanging():
        named = "submission_id" in table.columns
        mine = table.c.submission_id == submission_id if named else table.c.part_id.in_(parts)
        for row in session.scalars(select(kind).where(mine)).all():
            session.delete(row)
        session.flush()
