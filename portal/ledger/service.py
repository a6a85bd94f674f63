"""What people and programs can do with the ledger: watch a database, note acts, sign heads, read, prove.

Every change of a loaded object is recorded by itself. `session.execute(insert/update/delete)` on a recorded
table raises; `insert_rows` adds many rows at once. `session.connection().execute`, plain SQL and the `bulk_`
methods go past the ledger and are left to tables whose class says ``__recorded__ = False``. One entry shows
which rows changed together, so a transaction must not touch two things whose connection is secret (a case and
a registered person).
"""

import json
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, insert, select
from sqlalchemy.orm import Session

from portal.database import Base, Database, KeysBase, PortalSession
from portal.errors import NotFoundError, UnavailableError
from portal.ledger.checkpoint import Proof, Signer, prove, verify
from portal.ledger.models import LedgerCheckpoint, LedgerEntry
from portal.ledger.notes import CheckpointError
from portal.ledger.recorder import Recorder, act, acts_place, lock, pending
from portal.ledger.rows import key_text, recorded_tables
from portal.ledger.tags import holds
from portal.ledger.tree import RightEdge, leaf_hash
from portal.vault.seal import Sealed
from portal.vault.wrap import Seeds, unwrap


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did, as an auditor reads it."""

    act: str
    by: str
    subject: UUID | None
    detail: Mapping[str, str]


def _today() -> date:
    return datetime.now(UTC).date()


def attach(
    database: Database,
    auditors: bytes | Callable[[], bytes],
    *,
    key: bytes | None,
    today: Callable[[], date] = _today,
) -> None:
    """Record every transaction of `database` from now on; call it once, after all models are imported.

    `auditors` is the public key that acts are sealed to, or what gives it; `key` that of the entries' tags
    (`tags.read_key`), None for a database of before tags. Raises ValueError when a recorded table could
    change without its objects being loaded (a foreign key that cascades).
    """
    Recorder(auditors if callable(auditors) else lambda: auditors, key, today).listen(database)


def note(
    session: Session,
    act_name: str,
    *,
    by: str,
    subject: UUID | None = None,
    detail: Mapping[str, str] | None = None,
) -> None:
    """Say what is being done in this transaction; only auditors can read it."""
    if not session.in_transaction():
        session.begin()  # so that a rollback takes the act with it
    pending(session).acts.append(act(act_name, by, subject, detail))


def insert_rows(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows by the thousand, without objects; each is recorded as the objects would be, by itself.

    Every row brings its primary key. What is not recorded of the table is refused nowhere else either.
    """
    if not rows:
        return
    session.flush()
    _insert(session.connection(), table, rows)
    work = pending(session)
    work.stores = True
    if table in recorded_tables(Base).values():
        keys = [column.name for column in table.primary_key.columns]
        for row in rows:
            work.touch(table, tuple(row[name] for name in keys), born=True)


def _insert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns; on SQLite their values are made ready column by column."""
    dialect = connection.dialect
    if dialect.name != "sqlite":
        connection.execute(insert(table), rows)
        return
    statement = insert(table).compile(dialect=dialect, column_keys=list(rows[0]))
    ready = []
    for name in statement.positiontup or ():
        make = table.columns[name].type.dialect_impl(dialect).bind_processor(dialect)
        values = [row[name] for row in rows]
        if make is not None and isinstance(values[0], UUID):
            values = [*map(make, values)]
        elif make is not None:  # words of vocabularies and days: the same ones again and again
            made = {value: make(value) for value in set(values)}
            values = [made[value] for value in values]
        ready.append(values)
    connection.exec_driver_sql(str(statement), [*zip(*ready, strict=True)])


def record_again(session: PortalSession, tables: Iterable[str], *, by: str, reason: str) -> None:
    """Record all rows of these tables afresh, after a migration that changed their columns."""
    wanted = set(tables)
    for part, base in ((session, Base), (session.keys, KeysBase)):
        for name, table in recorded_tables(base).items():
            if name in wanted:
                _touch_all(part, table)
    note(session, "ledger.record-again", by=by, detail={"reason": reason, "tables": " ".join(sorted(wanted))})


def recover(session: PortalSession) -> int:
    """End what a crash between the two databases left: delete wraps the ledger calls erased or never knew.

    Run it at the start, before anybody else writes. Returns how many rows were deleted.
    """
    lock(session.connection())
    tables = recorded_tables(KeysBase)
    alive: dict[tuple[str, str], bool] = {}
    for body in session.scalars(select(LedgerEntry.body).order_by(LedgerEntry.seq)).yield_per(1000):
        for table, key, digest in json.loads(body)["rows"]:
            if table in tables:
                alive[table, key] = digest is not None
    removed = 0
    for mapper in KeysBase.registry.mappers:
        names = [table.name for table in mapper.tables if table.name in tables]
        for one in session.keys.scalars(select(mapper.class_)) if names else ():
            key = key_text(mapper.primary_key_from_instance(one))
            if not any(alive.get((name, key), False) for name in names):
                session.keys.delete(one)
                removed += 1
    if removed:
        note(session, "ledger.recover", by="portal", detail={"rows": str(removed)})
    return removed


def checkpoint(session: Session, *, signer: Signer, key: bytes, day: date) -> LedgerCheckpoint:
    """Sign the head over all entries, and keep the note; with nothing new, return the one there is.

    Only the entries since the last checkpoint are read. Raises `UnavailableError` instead of signing when
    they, or that checkpoint, do not agree with themselves, or a tag was not made with ``key``.
    """
    lock(session.connection())
    last = latest_checkpoint(session)
    edge = _signed_edge(last, signer) if last else RightEdge()
    leaves = _leaves_behind(session, edge.size, key)
    if last and not leaves:
        return last
    edge = edge.extended(leaves)
    # The day is the finest time kept: the signature's time is its beginning.
    midnight = int(datetime.combine(day, time(), UTC).timestamp())
    text = signer.sign(edge.size, edge.root(), time=midnight)
    made = LedgerCheckpoint(size=edge.size, day=day, note=text, edge=edge.to_bytes())
    session.add(made)
    return made


def latest_checkpoint(session: Session) -> LedgerCheckpoint | None:
    """Return the newest signed head, to be shown, sent to witnesses or printed."""
    return session.scalar(select(LedgerCheckpoint).order_by(LedgerCheckpoint.size.desc()).limit(1))


def entries(session: Session, *, after: int = -1, limit: int = 100) -> Sequence[LedgerEntry]:
    """Return entries in order, those behind number `after`."""
    query = select(LedgerEntry).where(LedgerEntry.seq > after).order_by(LedgerEntry.seq).limit(limit)
    return session.scalars(query).all()


def newest(session: Session, *, before: int | None = None, limit: int = 100) -> Sequence[LedgerEntry]:
    """Return entries newest first, those ahead of number `before`; None begins at the end."""
    query = select(LedgerEntry).order_by(LedgerEntry.seq.desc()).limit(limit)
    return session.scalars(query if before is None else query.where(LedgerEntry.seq < before)).all()


def size(session: Session) -> int:
    """Return how many entries there are."""
    last = session.scalar(select(LedgerEntry.seq).order_by(LedgerEntry.seq.desc()).limit(1))
    return 0 if last is None else last + 1


def row_count(entry: LedgerEntry) -> int:
    """Return how many rows the entry's transaction touched."""
    return len(json.loads(entry.body)["rows"])


def read_acts(entry: LedgerEntry, auditors_seed: Seeds) -> list[Act]:
    """Open the acts of an entry with the auditors' key; UnsealError when they are not for this place."""
    sealed = json.loads(entry.body)["acts"]
    if sealed is None:
        return []
    acts: list[dict[str, Any]] = json.loads(
        unwrap(auditors_seed, Sealed(b64decode(sealed, validate=True)), acts_place(entry.seq))
    )
    return [
        Act(one["act"], one["by"], None if one["subject"] is None else UUID(one["subject"]), one["detail"])
        for one in acts
    ]


def proof(session: Session, seq: int) -> Proof:
    """Prove entry `seq` under the newest checkpoint; `NotFoundError` while none covers it."""
    last = latest_checkpoint(session)
    if last is None or not 0 <= seq < last.size:
        raise NotFoundError("No checkpoint covers this entry yet.")
    leaves = session.scalars(
        select(LedgerEntry.leaf_hash).where(LedgerEntry.seq < last.size).order_by(LedgerEntry.seq)
    )
    return prove(leaves, seq, last.note)


def body_of(session: Session, seq: int) -> bytes:
    """Return an entry's exact bytes, which its proof is about; `NotFoundError` without one."""
    found = session.get(LedgerEntry, seq)
    if found is None:
        raise NotFoundError("There is no such entry.")
    return found.body


def _signed_edge(last: LedgerCheckpoint, signer: Signer) -> RightEdge:
    """Return the kept edge if it is what this log signed: nothing inconsistent may ever be signed."""
    try:
        signed = verify(last.note, signer.public).checkpoint
        edge = RightEdge.from_bytes(last.size, last.edge)
    except (CheckpointError, ValueError):
        raise UnavailableError("The last checkpoint is damaged; run `portal verify`.") from None
    if signed.size != edge.size or signed.root != edge.root():
        raise UnavailableError("The last checkpoint is damaged; run `portal verify`.")
    return edge


def _leaves_behind(session: Session, size: int, key: bytes) -> list[bytes]:
    """Return the leaves behind the first ``size``, all of them whole and written by this portal."""
    new = select(LedgerEntry).where(LedgerEntry.seq >= size).order_by(LedgerEntry.seq)
    leaves: list[bytes] = []
    with closing(session.scalars(new.execution_options(yield_per=1000))) as found:
        for entry in found:
            if entry.seq != size + len(leaves) or entry.leaf_hash != leaf_hash(entry.body):
                raise UnavailableError(f"Entry {entry.seq} of the ledger is damaged; run `portal verify`.")
            if not holds(key, entry.body, entry.tag):
                raise UnavailableError(
                    f"Entry {entry.seq} of the ledger was not written by this portal; run `portal verify`."
                )
            leaves.append(entry.leaf_hash)
    return leaves


def _touch_all(session: Session, table: Table) -> None:
    connection: Connection = session.connection()
    for key in connection.execute(select(*table.primary_key.columns)):
        pending(session).touch(table, tuple(key))
