"""Two databases, one unit of work: the main one, and the store of wrapped keys that erasure empties.

SQLite runs in WAL mode with every commit on disk before it is answered; one writer at a time holds a file
lock, because SQLite's own waiting is unfair under load. PostgreSQL is used by URL alone.
"""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import (
    URL,
    Connection,
    Date,
    DateTime,
    Dialect,
    Engine,
    LargeBinary,
    MetaData,
    TypeDecorator,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from portal.errors import UnavailableError

SUITES = frozenset({0x01})

ERASE_LAST = "portal.erase_last"
"""Where a unit of work remembers which rows of the keys database it erases at its very end."""

# Milliseconds that SQLite waits for others.
_PATIENCE = 10_000
_PATIENCE_FOR_READERS = 1_000
_LOCAL = frozenset({"", "localhost", "127.0.0.1", "::1"})

_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Tables of the main database; the ledger records every row unless told otherwise."""

    metadata = MetaData(naming_convention=_NAMING)
    __recorded__: ClassVar[bool] = True


class KeysBase(DeclarativeBase):
    """Tables of the keys database: wrapped keys only."""

    metadata = MetaData(naming_convention=_NAMING)
    __recorded__: ClassVar[bool] = True


class SealedColumn(TypeDecorator[bytes]):
    """Bytes that went through the vault; anything without a suite byte is refused before it is stored."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Let only sealed bytes through."""
        del dialect
        if value is not None and (not value or value[0] not in SUITES):
            raise ValueError("an unsealed value was about to be stored")
        return value


class UtcDay(TypeDecorator[date]):
    """A day in UTC: the finest time that the intake side keeps."""

    impl = Date
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> date | None:
        """Refuse a moment where a day is meant."""
        del dialect
        if isinstance(value, datetime):
            raise TypeError("a day is kept, not a moment")
        return value


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC, kept without zone and given back with one; for what staff do."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC."""
        del dialect
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        del dialect
        return None if value is None else value.replace(tzinfo=UTC)


class _WriterLock:
    """One exclusive file lock per connection; readers never take it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def acquire(self) -> int:
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return descriptor

    @staticmethod
    def release(descriptor: int) -> None:
        os.close(descriptor)


def _prepare_sqlite(engine: Engine, lock: _WriterLock | None) -> None:
    """Make a SQLite engine durable, self-erasing and, with a lock, fair among writers."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, record: Any) -> None:
        del record
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
            "temp_store=MEMORY",
            f"busy_timeout={_PATIENCE}",
            "trusted_schema=OFF",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get("portal_writes", True):
            if lock and "portal_lock" not in connection.info:
                connection.info["portal_lock"] = lock.acquire()
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql("BEGIN")

    @event.listens_for(engine, "checkin")
    def _checkin(connection: Any, record: Any) -> None:
        if connection is not None and connection.in_transaction:
            connection.rollback()  # a commit that was cut off; the next visitor must not find it open
        descriptor = record.info.pop("portal_lock", None)
        if descriptor is not None:
            _WriterLock.release(descriptor)


def _is_local(url: URL) -> bool:
    """Tell whether a PostgreSQL URL stays on this machine, wherever in it the host is named (libpq)."""
    named: list[str] = [url.host or ""]
    for key in ("host", "hostaddr"):
        value = url.query.get(key, ())
        named += value.split(",") if isinstance(value, str) else value
    return all(host in _LOCAL or host.startswith("/") for host in named)


def _engine(url: str, *, locked: bool) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database:
            raise UnavailableError("A SQLite database needs a file.")
        engine = create_engine(
            parsed,
            pool_size=32,
            max_overflow=96,
            hide_parameters=True,
            connect_args={"check_same_thread": False},
        )
        path = Path(parsed.database)
        _prepare_sqlite(engine, _WriterLock(path.with_name(path.name + ".lock")) if locked else None)
        return engine
    if not _is_local(parsed) and parsed.query.get("sslmode") != "verify-full":
        raise UnavailableError("A database on another machine needs sslmode=verify-full in its URL.")
    return create_engine(parsed, pool_size=16, max_overflow=32, pool_pre_ping=True, hide_parameters=True)


class PortalSession(Session):
    """A session on the main database that carries its companion on the keys database.

    The main transaction always begins first, so that its writer lock guards both databases and two
    processes can never wait for each other crosswise.
    """

    companion: Session
    clock: Callable[[], datetime]

    @property
    def today(self) -> date:
        """The day (UTC) on which this unit of work is done, read once: what is asked as of now is of it."""
        kept = self.info.setdefault("portal.today", None) or self.clock().date()
        self.info["portal.today"] = kept
        assert isinstance(kept, date)  # noqa: S101 - for the type checker
        return kept

    def erase_last(self) -> None:
        """Put the erasing of wraps off until all else of this unit of work is on the disk.

        For one that brings wraps as well: cut off anywhere, it has lost none that is still needed.
        """
        later: dict[object, None] = {}
        self.info[ERASE_LAST] = self.companion.info[ERASE_LAST] = later

    @property
    def keys(self) -> Session:
        """The session on the keys database."""
        self.connection()
        return self.companion


class Database:
    """Both engines of an instance; `session` opens one unit of work over them."""

    def __init__(self, url: str, keys_url: str) -> None:
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.main = _engine(url, locked=True)
        self.keys = _engine(keys_url, locked=False)
        self._sessions = {
            writes: (
                sessionmaker(
                    self._bind(self.main, writes=writes), class_=PortalSession, expire_on_commit=False
                ),
                sessionmaker(self._bind(self.keys, writes=writes), expire_on_commit=False),
            )
            for writes in (True, False)
        }

    @staticmethod
    def _bind(engine: Engine, *, writes: bool) -> Engine:
        return engine.execution_options(portal_writes=writes)

    def open(self, *, write: bool) -> PortalSession:
        """Open a unit of work, begun by its first statement; the caller commits and closes it."""
        main, keys = self._sessions[write]
        session = main()
        session.companion = keys()
        session.clock = self.clock
        return session

    @contextmanager
    def session(self, *, write: bool) -> Iterator[PortalSession]:
        """Open a unit of work that commits at the end, or rolls back when an exception leaves the block."""
        session = self.open(write=write)
        try:
            yield session
            if write:
                session.commit()
        finally:
            close(session)

    def dispose(self) -> None:
        """Close every connection."""
        self.main.dispose()
        self.keys.dispose()


def close(session: PortalSession) -> None:
    """Give both connections back; what was not committed is undone."""
    try:
        session.close()
    finally:
        session.companion.close()


def empty_log(engine: Engine) -> bool:
    """Bring SQLite's log into its database and empty it: until then erased rows stay in old pages.

    False when a reader still looked into the log, or the disk refused; the next call tries again. PostgreSQL
    keeps dead rows until it vacuums them, which is its own business.
    """
    if engine.dialect.name != "sqlite":
        return True
    with closing(engine.raw_connection()) as raw:
        driver: Any = raw.driver_connection
        driver.execute(f"PRAGMA busy_timeout={_PATIENCE_FOR_READERS}")
        try:
            busy, _pages, _moved = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error:
            return False
        finally:
            driver.execute(f"PRAGMA busy_timeout={_PATIENCE}")
    return not busy


def make_room(session: PortalSession) -> None:
    """Let SQLite keep 64 MiB of its pages in memory, and as many in its log, on this connection.

    Else they are 2 and 4: a transaction that touches more pages writes some of them out, and reads them in,
    many times, and each commit moves all of its pages from the log into the database.
    """
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA cache_size=-65536")
        connection.exec_driver_sql("PRAGMA wal_autocheckpoint=16384")


def pause(session: PortalSession) -> None:
    """End the current transaction, so that slow work does not hold the writer's lock.

    The day may change meanwhile: what is asked afterwards is asked as of the day that it is then.
    """
    session.rollback()
    session.companion.rollback()
    session.info.pop("portal.today", None)
