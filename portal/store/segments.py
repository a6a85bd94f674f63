"""Where the groups' search indexes lie: sealed segments, the list that vouches for them, what has changed.

The ids of a segment's cases are in clear, so that whoever holds no key can have it erased whole: a withdrawal
takes the segment, its key and the list's hope of it, and the segment's other cases wait to be read in again.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import LargeBinary, String, UniqueConstraint, event, select, text
from sqlalchemy.orm import Mapped, UOWTransaction, mapped_column

from portal.database import Base, KeysBase, PortalSession, SealedColumn

# Any number will do, as long as it is always the same: PostgreSQL's name of the index's lock.
_LOCK = 0x69_6E_64_65_78
_FORGOTTEN = "portal.segments.forgotten"
_ID = 16
_GROUP = String(20)


class IndexSegment(Base):
    """What some cases of a group are about, sealed; it is written once, under a key of its own."""

    __tablename__ = "index_segment"
    __table_args__ = (UniqueConstraint("group", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    group: Mapped[str] = mapped_column(_GROUP)
    epoch: Mapped[int]
    number: Mapped[int]
    """Of two segments that hold a case, the higher number is right."""
    cases: Mapped[bytes] = mapped_column(LargeBinary)
    """The ids of its cases, 16 bytes each."""
    heads: Mapped[bytes] = mapped_column(SealedColumn, deferred=True)
    words: Mapped[bytes] = mapped_column(SealedColumn, deferred=True)


class IndexManifest(Base):
    """Which segments a group's index has, sealed with what only holders of the group's key can make."""

    __tablename__ = "index_manifest"

    group: Mapped[str] = mapped_column(_GROUP, primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    generation: Mapped[int]
    blob: Mapped[bytes] = mapped_column(SealedColumn)


class IndexStale(Base):
    """A case that has changed since it was read in."""

    __tablename__ = "index_stale"

    submission_id: Mapped[UUID] = mapped_column(primary_key=True)


class SegmentKey(KeysBase):
    """A segment's key, wrapped to its group; erasing it erases the segment from every old copy as well."""

    __tablename__ = "segment_key"

    segment_id: Mapped[UUID] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(String(32), index=True)
    epoch: Mapped[int]
    blob: Mapped[bytes] = mapped_column(SealedColumn)


def alone(session: PortalSession) -> None:
    """Wait to be the only one who changes an index; SQLite's writer lock is held since the beginning.

    Whoever holds this lock must not wait for a case's row: a withdrawal holds that one and waits for this.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def split(cases: bytes) -> list[bytes]:
    """Take the ids of a segment's cases apart."""
    return [cases[start : start + _ID] for start in range(0, len(cases), _ID)]


def forget(session: PortalSession, submission_id: UUID) -> None:
    """Erase every segment that knows a case, with its key; needs no key, so a withdrawal can do it.

    The segments' other cases are in no segment then, and wait to be read in again.
    """
    alone(session)
    session.info.setdefault(_FORGOTTEN, set()).add(submission_id)
    rows = session.execute(select(IndexSegment.id, IndexSegment.cases)).all()
    gone = [one.id for one in rows if submission_id.bytes in split(one.cases)]
    remove(session, gone)
    erase_keys(session, kept={one.id for one in rows}.difference(gone))
    stale = session.get(IndexStale, submission_id)
    if stale is not None:
        session.delete(stale)
    session.flush()


def remove(session: PortalSession, segment_ids: Iterable[UUID]) -> None:
    """Delete segments; their keys are erased apart (`erase_keys`), when nothing else can be lost by it."""
    for row in session.scalars(select(IndexSegment).where(IndexSegment.id.in_(list(segment_ids)))).all():
        session.delete(row)


def erase_keys(session: PortalSession, *, kept: Iterable[UUID]) -> int:
    """Erase the keys of all segments but these; returns how many."""
    known = set(kept)
    keys = session.keys.scalars(select(SegmentKey)).all()
    strays = [one for one in keys if one.segment_id not in known]
    for one in strays:
        session.keys.delete(one)
    return len(strays)


def touch(session: PortalSession, submission_id: UUID) -> None:
    """Remember that a case has changed since it was read in."""
    if submission_id in session.info.get(_FORGOTTEN, ()):
        return
    there = next((one for one in session.new if _is(one, submission_id)), None)
    if there is None and session.get(IndexStale, submission_id) is None:
        session.add(IndexStale(submission_id=submission_id))


def _is(one: object, submission_id: UUID) -> bool:
    return isinstance(one, IndexStale) and one.submission_id == submission_id


@event.listens_for(PortalSession, "before_flush")
def _notice(session: PortalSession, flush: UOWTransaction, instances: Sequence[Any] | None) -> None:
    """Touch the case of every changed row whose class is ``__indexed__``: no writer can forget to."""
    del flush, instances
    changed = [one for one in session.dirty if session.is_modified(one, include_collections=False)]
    for one in (*session.new, *changed, *session.deleted):
        if getattr(type(one), "__indexed__", False):
            touch(session, one.submission_id)


@event.listens_for(PortalSession, "after_transaction_end")
def _end(session: PortalSession, transaction: Any) -> None:
    """Forget what was forgotten once the transaction is over."""
    if transaction.parent is None:
        session.info.pop(_FORGOTTEN, None)
