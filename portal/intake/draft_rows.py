"""Drafts kept under their private code: made once, saved by every page, opened by the code, erased for good.

The row is locked by whoever writes, so of two browsers neither writes over what it has not read.
"""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import select

from portal.database import PortalSession
from portal.errors import StaleError
from portal.intake.draft_models import DraftKey, KeptDraft
from portal.intake.drafts import Draft
from portal.intake.models import Compartment
from portal.vault.receipt import ReceiptKeys
from portal.vault.seal import KEY_SIZE, Label, Sealed, context, seal, unseal
from portal.vault.wrap import public_key, unwrap, wrap


class GoneError(StaleError):
    """The draft is no longer kept: it was sent or erased, in another window or because its time was over."""


@dataclass(frozen=True)
class Kept:
    """What opens a kept draft; the visit keeps it, the private code gives it again."""

    draft_id: UUID
    key: bytes = field(repr=False)


@dataclass(frozen=True)
class Belongings:
    """What lies in the store for one draft: sealed files, and the folder of pieces still arriving."""

    files: tuple[str, ...]
    arriving: str


def keep_first(
    session: PortalSession,
    *,
    draft: Draft,
    receipt: ReceiptKeys,
    until: date,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> Kept:
    """Make the row of a draft: the only place where one is ever made. Asked again, it gives the same one.

    The caller has derived the code's keys beforehand, and commits. ``draft`` keeps them from now on, so that
    no later page has to.
    """
    known = find(session, receipt=receipt, today=date.min)
    if known is not None:  # pressed twice
        return known
    draft.locator, draft.seed = receipt.locator, receipt.seed
    kept = Kept(uuid4(), random(KEY_SIZE))
    row = KeptDraft(id=kept.draft_id, locator=receipt.locator, revision=1)
    _write(row, kept, draft, until)
    session.add(row)
    wrapped = wrap(public_key(receipt.seed), kept.key, _wrap_place(kept.draft_id))
    session.keys.add(DraftKey(draft_id=kept.draft_id, blob=wrapped))
    return kept


def read(session: PortalSession, kept: Kept, *, lock: bool) -> tuple[Draft, date]:
    """Open a draft, and say until when it is kept; ``lock`` lets no other writer in until the commit.

    Raises `GoneError` when there is none any more, `UnsealError` when the row is not the one that was sealed.
    """
    row = _row(session, kept.draft_id, lock=lock)
    if row is None:
        raise GoneError
    return Draft.from_json(unseal(kept.key, Sealed(row.blob), _place(row))), row.until


def save(session: PortalSession, kept: Kept, draft: Draft, *, until: date) -> None:
    """Seal a draft anew in its row, as its next revision; raises `GoneError` when it is no longer kept."""
    row = _row(session, kept.draft_id, lock=True)
    if row is None:
        raise GoneError
    row.revision += 1
    _write(row, kept, draft, until)


def find(session: PortalSession, *, receipt: ReceiptKeys, today: date) -> Kept | None:
    """Return what a private code opens; None when no draft is kept under it, or its time is over."""
    row = session.scalar(select(KeptDraft).where(KeptDraft.locator == receipt.locator))
    if row is None or row.until < today:
        return None
    wrapped = session.keys.scalar(select(DraftKey.blob).where(DraftKey.draft_id == row.id))
    if wrapped is None:
        return None
    return Kept(row.id, unwrap(receipt.seed, wrapped, _wrap_place(row.id)))


def erase(session: PortalSession, draft_id: UUID) -> Belongings | None:
    """Erase a draft with its key, so that nothing opens it again; None when it is erased already.

    What lies in the store for it the caller erases after the commit.
    """
    row = _row(session, draft_id, lock=True)
    for key in session.keys.scalars(select(DraftKey).where(DraftKey.draft_id == draft_id)):
        session.keys.delete(key)
    if row is None:
        return None
    session.delete(row)
    return _belongings(row)


def let_go(session: PortalSession, draft_id: UUID) -> None:
    """Take out the row of a draft whose account is sent in this transaction.

    Its key goes in the next one (`erase`): new wraps are brought to the disk before the rows that need them,
    and a draft must not lose its key while it might still be needed.
    """
    row = _row(session, draft_id, lock=True)
    if row is None:
        raise GoneError
    session.delete(row)


def expire(session: PortalSession, *, today: date) -> list[Belongings]:
    """Erase every draft whose time is over, and keys that a crash left without their draft."""
    over = session.scalars(select(KeptDraft.id).where(KeptDraft.until < today)).all()
    erased = [one for draft_id in over if (one := erase(session, draft_id)) is not None]
    session.flush()
    alive = set(session.scalars(select(KeptDraft.id)))
    for key in session.keys.scalars(select(DraftKey)):
        if key.draft_id not in alive:
            session.keys.delete(key)
    return erased


def living(session: PortalSession) -> Iterator[Belongings]:
    """Give what belongs to every draft that is kept."""
    for files, arriving in session.execute(select(KeptDraft.files, KeptDraft.arriving)):
        yield Belongings(tuple(files.split()), arriving)


def belongings(draft: Draft) -> Belongings:
    """Return what lies in the store for a draft, kept or not."""
    return Belongings(
        tuple(one.stored_name for one in draft.files), draft.part(Compartment.CONTENT).arrival_owner
    )


def _belongings(row: KeptDraft) -> Belongings:
    return Belongings(tuple(row.files.split()), row.arriving)


def _row(session: PortalSession, draft_id: UUID, *, lock: bool) -> KeptDraft | None:
    query = select(KeptDraft).where(KeptDraft.id == draft_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found: KeptDraft | None = session.scalar(query)
    return found


def _write(row: KeptDraft, kept: Kept, draft: Draft, until: date) -> None:
    mine = belongings(draft)
    row.until, row.arriving, row.files = until, mine.arriving, " ".join(mine.files)
    row.blob = seal(kept.key, draft.to_json(), _place(row))


def _place(row: KeptDraft) -> bytes:
    return context(Label.DRAFT, row.id, row.revision)


def _wrap_place(draft_id: UUID) -> bytes:
    return context(Label.WRAP_DRAFT, draft_id)
