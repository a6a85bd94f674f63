"""The recorder: watches every unit of work and adds one ledger entry to each transaction that did something.

The order at commit is what a crash may interrupt anywhere. New wraps are on the disk before the rows that
need them; wraps are erased only after the ledger says so. What is left half done, `service.recover` ends.
"""

from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Connection, Table, event, func, insert, inspect, select, text
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction, UOWTransaction

from portal.database import ERASE_LAST, Base, Database, KeysBase, PortalSession, empty_log
from portal.ledger.models import LedgerEntry
from portal.ledger.rows import canonical, digests, key_text, recorded_tables
from portal.ledger.tags import tag_of
from portal.ledger.tree import leaf_hash
from portal.vault.seal import Label, context
from portal.vault.wrap import wrap

# Any number will do, as long as it is always the same: PostgreSQL's name of the ledger's lock.
_LOCK = 0x6C_65_64_67_65_72
_PENDING = "portal.ledger"
_ERASED = "portal.ledger.erased"

Key = tuple[Any, ...]


@dataclass(slots=True)
class Pending:
    """What a transaction did so far: keys by table (true where the row was born in it), and its acts."""

    rows: dict[Table, dict[Key, bool]] = field(default_factory=dict)
    acts: list[Mapping[str, Any]] = field(default_factory=list)
    stores: bool = False
    erases: bool = False

    def touch(self, table: Table, key: Key, *, born: bool = False) -> None:
        """Remember a row; only the first touch can tell that it was not there before."""
        self.rows.setdefault(table, {}).setdefault(key, born)


def pending(session: Session) -> Pending:
    """Return what the session's current transaction did so far."""
    found: Pending = session.info.setdefault(_PENDING, Pending())
    return found


def lock(connection: Connection) -> None:
    """Wait to be the only one who writes to the ledger; SQLite's writer lock is held since the beginning."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def acts_place(seq: int) -> bytes:
    """Return the context that binds sealed acts to their entry."""
    return context(Label.LEDGER_ENTRY, seq)


class Recorder:
    """Listens to the sessions of one database.

    Without the ``key`` of the tags, entries go into a database that has no column for them yet.
    """

    def __init__(self, auditors: Callable[[], bytes], key: bytes | None, today: Callable[[], date]) -> None:
        self.auditors, self.key, self.today = auditors, key, today
        main, keys = recorded_tables(Base), recorded_tables(KeysBase)
        self.tables = frozenset((*main.values(), *keys.values()))
        if main.keys() & keys.keys():
            raise ValueError("A table name stands in both databases.")
        hidden = {"CASCADE", "SET NULL", "SET DEFAULT"}
        for table in self.tables:
            for foreign in table.foreign_keys:
                rules = {(rule or "").upper() for rule in (foreign.ondelete, foreign.onupdate)}
                if rules & hidden:
                    raise ValueError(f"{table.name}: rows would change behind the ledger's back.")

    def listen(self, database: Database) -> None:
        """Watch every session that `database` opens."""
        for writes, makers in database._sessions.items():  # noqa: SLF001 - the ledger is part of the database's commit
            for maker in makers:
                event.listen(maker, "after_flush", self.after_flush)
                event.listen(maker, "do_orm_execute", self.before_statement)
                event.listen(maker, "after_transaction_end", _forget)
            main, keys = makers
            event.listen(main, "after_transaction_end", _forget_erasing)
            event.listen(keys, "before_flush", _put_off)
            event.listen(main, "before_commit", self.before_commit if writes else _refuse)
            event.listen(main, "after_commit", _after_commit)

    def before_statement(self, state: ORMExecuteState) -> None:
        """Refuse statements that change rows without loading them: the ledger would not see which."""
        if state.is_insert or state.is_update or state.is_delete:
            table = getattr(state.statement, "table", None)
            if table in self.tables:
                raise RuntimeError(f"{table} is recorded: load the objects and change them.")

    def after_flush(self, session: Session, flush: UOWTransaction) -> None:
        """Remember the rows of a flush while it is known which they are."""
        del flush
        work = pending(session)
        for one in session.deleted:
            self._touch(work, one)
            work.erases = True
        for one in session.new:
            self._touch(work, one, born=True)
            work.stores = True
        for one in session.dirty:
            if session.is_modified(one, include_collections=False):
                self._touch(work, one)
                work.stores = True

    def _touch(self, work: Pending, one: object, *, born: bool = False) -> None:
        state = inspect(one, raiseerr=True)
        key = tuple(state.mapper.primary_key_from_instance(one))
        for table in state.mapper.tables:
            if table in self.tables:
                work.touch(table, key, born=born)
                if state.identity not in {None, key}:
                    work.touch(table, state.identity)

    def before_commit(self, session: Session) -> None:
        """Bring new wraps to the disk, then write the entry as the last statement of the transaction."""
        if session.in_nested_transaction():
            return
        companion = cast("PortalSession", session).companion
        session.flush()
        companion.flush()
        wraps = pending(companion)
        later = session.info.get(ERASE_LAST, {})
        companion.info[_ERASED] = wraps.erases or bool(later)
        entry = self._entry(session, [*_rows(session), *_rows(companion), *_erased(later)])
        # Erasing wraps waits until the ledger says so; whatever brings wraps goes before it.
        if wraps.stores or not wraps.erases:
            companion.commit()
        if entry:
            session.connection().execute(insert(LedgerEntry), entry)

    def _entry(self, session: Session, rows: list[list[str | None]]) -> dict[str, Any] | None:
        acts = pending(session).acts
        if not rows and not acts:
            return None
        connection = session.connection()
        lock(connection)
        last = connection.scalar(select(func.max(LedgerEntry.seq)))
        seq, day = 0 if last is None else last + 1, self.today()
        sealed = (
            b64encode(wrap(self.auditors(), canonical(acts), acts_place(seq))).decode("ascii")
            if acts
            else None
        )
        rows = sorted(rows, key=lambda row: row[:2])
        body = canonical({"v": 1, "seq": seq, "day": day.isoformat(), "rows": rows, "acts": sealed})
        tag = {} if self.key is None else {"tag": tag_of(self.key, body)}
        return {"seq": seq, "day": day, "body": body, "leaf_hash": leaf_hash(body), **tag}


def act(name: str, by: str, subject: UUID | None, detail: Mapping[str, str] | None) -> Mapping[str, Any]:
    """Return one act as it stands in the sealed list."""
    return {
        "act": name,
        "by": by,
        "subject": None if subject is None else subject.hex,
        "detail": dict(detail or {}),
    }


def _rows(session: Session) -> list[list[str | None]]:
    rows: list[list[str | None]] = []
    for table, keys in pending(session).rows.items():
        found = digests(session.connection(), table, keys)
        for key, born in keys.items():
            digest = found.get(key)
            if digest is not None or not born:
                rows.append([table.name, key_text(key), None if digest is None else digest.hex()])
    return rows


def _erased(rows: Iterable[object]) -> list[list[str | None]]:
    """Say of rows that wait to be erased that they are gone."""
    found: list[list[str | None]] = []
    for one in rows:
        mapper = inspect(one, raiseerr=True).mapper
        key = key_text(mapper.primary_key_from_instance(one))
        found += [[str(table.name), key, None] for table in mapper.tables]
    return found


def _put_off(session: Session, flush: UOWTransaction, instances: object) -> None:
    """Keep what is to be erased last from being erased now."""
    del flush, instances
    later = session.info.get(ERASE_LAST)
    if later is not None:
        for one in list(session.deleted):
            session.add(one)
            later[one] = None


def _erase_last(companion: Session) -> None:
    for one in companion.info.pop(ERASE_LAST, {}):
        key = inspect(one, raiseerr=True).identity
        row = companion.get(type(one), key, populate_existing=True, with_for_update=True)
        if row is not None:  # else a withdrawal was faster
            companion.delete(row)


def _forget_erasing(session: PortalSession, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(ERASE_LAST, None)
        session.companion.info.pop(ERASE_LAST, None)


def _after_commit(session: Session) -> None:
    """Erase wraps now that the ledger says so; the main connection and its lock are still held."""
    if not session.in_nested_transaction():
        companion = cast("PortalSession", session).companion
        companion.commit()
        _erase_last(companion)
        companion.commit()
        if companion.info.pop(_ERASED, False):
            empty_log(companion.get_bind().engine)


def _refuse(session: Session) -> None:
    """Keep nothing of a session opened for reading: it is outside the writer's lock."""
    session.flush()
    work = pending(session)
    if work.stores or work.erases or work.acts:
        raise RuntimeError("A reading session was about to write.")


def _forget(session: Session, transaction: SessionTransaction) -> None:
    """Start anew after a commit or a rollback."""
    if transaction.parent is None:
        session.info.pop(_PENDING, None)
