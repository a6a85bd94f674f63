"""What others say of a signed head: a witness's co-signature, an authority's time-stamp; asked for, attached.

Nothing here opens a connection: requests leave and answers come as files. Whatever is attached was checked
before, and is recorded like every other row, so that taking it away is noticed.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import NotFoundError, StaleError
from portal.ledger import cosignature
from portal.ledger.checkpoint import parse
from portal.ledger.cosignature import Witness
from portal.ledger.models import LedgerCheckpoint, LedgerCosignature, LedgerEntry, LedgerTimestamp
from portal.ledger.notes import DASH, CheckpointError, Signature, parse_signatures, split
from portal.ledger.service import latest_checkpoint, note
from portal.ledger.tree import RightEdge, consistency_proof, verify_consistency
from portal.ledger.witness import Request
from portal.vault import timestamp
from portal.vault.timestamp import Asked, Authorities, Stamp

_NO_HEAD = "No head has been signed yet: run `portal ledger checkpoint` first."


def _head(session: Session) -> LedgerCheckpoint:
    last = latest_checkpoint(session)
    if last is None:
        raise NotFoundError(_NO_HEAD)
    return last


# -- witnesses ----------------------------------------------------------------------------------------------


def ask_witness(session: Session, *, witness: str = "", old: int | None = None) -> Request:
    """Return what to ask of a witness: the newest head, proved to have grown out of the last it signed.

    ``old`` is that head's size where the portal does not know it; 0 for a witness that never signed.
    """
    last = _head(session)
    size = signed_by(session, witness) if old is None else old
    if not 0 <= size <= last.size:
        raise NotFoundError(f"The newest head has {last.size} entries; there is no proof from {size}.")
    query = select(LedgerEntry.leaf_hash).where(LedgerEntry.seq < last.size).order_by(LedgerEntry.seq)
    leaves = session.scalars(query).all()
    request = Request(size, tuple(consistency_proof(leaves, size)), last.note)
    older = RightEdge().extended(leaves[:size]).root()
    if len(leaves) != last.size or not verify_consistency(
        size, last.size, older, parse(last.note).checkpoint.root, request.proof
    ):
        raise CheckpointError("The ledger does not fit its newest head; run `portal verify`.")
    return request


def signed_by(session: Session, witness: str) -> int:
    """Return the size of the largest head that a witness co-signed; 0 without one."""
    query = select(LedgerCosignature.size).where(LedgerCosignature.witness == witness)
    return session.scalar(query.order_by(LedgerCosignature.size.desc()).limit(1)) or 0


def attach_cosignature(
    session: Session, *, answer: str, witnesses: Mapping[str, Witness], day: date
) -> list[LedgerCosignature]:
    """Keep a witness's answer: signature lines, or a whole note with them. Returns one row for each witness.

    Lines of witnesses that are not known here are left out, as tlog-witness asks.
    """
    signatures = parse_signatures(answer) if answer.startswith(DASH) else split(answer)[1]
    made = []
    for name, keys in witnesses.items():
        mine = [one for one in signatures if one.name == name]
        if mine:
            made.append(_attach(session, mine, name, keys, day))
    if not made:
        raise CheckpointError("None of the signatures is by a witness that is known here.")
    return made


def _attach(
    session: Session, mine: Sequence[Signature], name: str, keys: Witness, day: date
) -> LedgerCosignature:
    ids = {key.id for key in keys}
    lines = "".join(one.line() for one in mine if one.key_id in ids)
    for head in session.scalars(select(LedgerCheckpoint).order_by(LedgerCheckpoint.size.desc())):
        try:
            cosignature.check_all(parse(head.note).checkpoint, mine, keys)
        except CheckpointError:
            continue
        known = session.scalars(select(LedgerCosignature).where(LedgerCosignature.size == head.size))
        if any(one.lines == lines for one in known):
            raise StaleError("This co-signature is attached already.")
        made = LedgerCosignature(size=head.size, day=day, witness=name, lines=lines)
        session.add(made)
        note(session, "ledger.witness", by="portal", detail={"size": str(head.size), "witness": name})
        return made
    raise CheckpointError(f"The signatures of {name} hold for no head of this log.")


# -- time-stamps --------------------------------------------------------------------------------------------


def ask_timestamp(
    session: Session, *, day: date, ask: Callable[[bytes], Asked] = timestamp.ask
) -> LedgerTimestamp:
    """Make a request over the newest head's note; kept, so that the answer can be told from others.

    Asked again on the same day for the same head, it returns the request that waits.
    """
    last = _head(session)
    query = select(LedgerTimestamp).where(
        LedgerTimestamp.size == last.size, LedgerTimestamp.day == day, LedgerTimestamp.response.is_(None)
    )
    waiting = session.scalars(query).first()
    if waiting is not None:
        return waiting
    asked = ask(last.note.encode())
    made = LedgerTimestamp(size=last.size, day=day, request=asked.der, nonce=str(asked.nonce))
    session.add(made)
    note(session, "ledger.ask-time", by="portal", detail={"size": str(last.size)})
    return made


def attach_timestamp(session: Session, *, response: bytes, authorities: Authorities) -> tuple[int, Stamp]:
    """Keep an authority's response to a waiting request, once it holds; returns the head's size and the time.

    Raises `TimestampError` naming what is wrong.
    """
    answered = timestamp.nonce_of(response)
    rows = session.scalars(select(LedgerTimestamp).order_by(LedgerTimestamp.day.desc())).all()
    if not rows:
        raise NotFoundError("No time-stamp was asked for: run `portal ledger timestamp request` first.")
    row = next((one for one in rows if one.nonce == str(answered)), None) or rows[0]
    if row.response is not None:
        raise StaleError("This request was answered already.")
    head = session.get(LedgerCheckpoint, row.size)
    if head is None:
        raise NotFoundError("The head that it was asked for is gone; run `portal verify`.")
    since = datetime.combine(head.day, time(), UTC)
    stamp = timestamp.check(
        response, head.note.encode(), nonce=int(row.nonce), since=since, authorities=authorities
    )
    row.response = response
    note(
        session,
        "ledger.timestamp",
        by="portal",
        detail={"size": str(row.size), "time": stamp.time.isoformat()},
    )
    return row.size, stamp
