"""Wrapped keys, in a database of their own: deleting them is what makes erasure true."""

from collections.abc import Callable, Iterable
from uuid import UUID, uuid4

from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import KeysBase, PortalSession, SealedColumn
from portal.vault.seal import Sealed, UnsealError
from portal.vault.wrap import Seeds, as_seeds, key_id, public_key, unwrap, wrap


class Wrap(KeysBase):
    """One key of a submission, wrapped to one recipient; ``part_id`` names what the key opens."""

    __tablename__ = "wrap"
    __table_args__ = (UniqueConstraint("part_id", "key_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    submission_id: Mapped[UUID] = mapped_column(index=True)
    part_id: Mapped[UUID]
    key_id: Mapped[str] = mapped_column(String(32), index=True)
    epoch: Mapped[int] = mapped_column(default=1)
    blob: Mapped[bytes] = mapped_column(SealedColumn)


def add(
    session: PortalSession,
    *,
    submission_id: UUID,
    part_id: UUID,
    key: bytes,
    recipients: Iterable[bytes],
    place: bytes,
    epoch_of: Callable[[bytes], int] = lambda _: 1,
) -> None:
    """Wrap a 32-byte key to each recipient's public key, bound to ``place``.

    A part gets its wraps once. Those that are there already were left by a transaction that was cut off
    before its rows came: they make way, or no retry could ever succeed.
    """
    left = session.keys.scalars(select(Wrap).where(Wrap.part_id == part_id)).all()
    for row in left:
        session.keys.delete(row)
    if left:
        session.keys.flush()
    for public in recipients:
        blob = wrap(public, key, place)
        session.keys.add(
            Wrap(
                submission_id=submission_id,
                part_id=part_id,
                key_id=key_id(public),
                epoch=epoch_of(public),
                blob=blob,
            )
        )


def key_ids(seeds: Seeds) -> dict[str, bytes]:
    """Return seeds by the names of their public keys."""
    return {key_id(public_key(seed)): seed for seed in as_seeds(seeds)}


def open_key(session: PortalSession, *, part_id: UUID, seed: Seeds, place: bytes) -> bytes | None:
    """Return the part's key, or None when nothing was wrapped to the holder of ``seed`` here."""
    mine = key_ids(seed)
    query = select(Wrap.key_id, Wrap.blob).where(Wrap.part_id == part_id, Wrap.key_id.in_(mine))
    for name, blob in session.keys.execute(query):
        try:
            return unwrap(mine[name], Sealed(blob), place)
        except UnsealError:
            continue
    return None


def erase(session: PortalSession, submission_id: UUID) -> int:
    """Delete every wrap of a submission, whichever feature added it; nothing of it opens any more."""
    rows = session.keys.scalars(select(Wrap).where(Wrap.submission_id == submission_id)).all()
    for row in rows:
        session.keys.delete(row)
    return len(rows)
