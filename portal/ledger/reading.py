"""Reading a database that may be damaged: two snapshots of one moment, and rows exactly as stored."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Dialect, Engine, Table, select, text, type_coerce
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.types import NULLTYPE

from portal.database import Database
from portal.ledger.recorder import lock

# SQLite's driver raises its own errors where no statement is under way, and chokes on damaged names.
DATABASE_ERRORS = (SQLAlchemyError, sqlite3.Error, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class Stored:
    """A row's values by column, and the columns that are not stored as the portal stores them."""

    values: Mapping[str, Any]
    odd: tuple[str, ...] = ()


@contextmanager
def snapshots(
    database: Database, failed: Callable[[str, Exception], None]
) -> Iterator[dict[str, Connection]]:
    """Open "main" and "keys" as they are at one moment; writers wait only while the two views are taken.

    A database that cannot be opened is told to `failed` and left out.
    """
    found: dict[str, Connection] = {}
    with ExitStack() as stack:
        with ExitStack() as gate:
            # A copy on a medium that cannot be written has no writers to wait for.
            with suppress(*DATABASE_ERRORS):
                writer = gate.enter_context(database.main.connect())
                writer.begin()
                lock(writer)
            for name, engine in (("main", database.main), ("keys", database.keys)):
                try:
                    found[name] = _view(engine, stack)
                except DATABASE_ERRORS as error:
                    failed(name, error)
        yield found


def _view(engine: Engine, stack: ExitStack) -> Connection:
    connection = stack.enter_context(engine.connect())
    if engine.dialect.name == "sqlite":
        connection.execution_options(portal_writes=False)
        driver: Any = connection.connection.driver_connection
        # Damaged text must come back as it is, not as an error.
        driver.text_factory = _text
        stack.callback(setattr, driver, "text_factory", str)
        connection.execute(text("SELECT count(*) FROM sqlite_master"))
    else:
        connection.execution_options(isolation_level="REPEATABLE READ")
        connection.execute(text("SELECT 1"))
    return connection


def stored_rows(connection: Connection, table: Table) -> Iterator[Stored]:
    """Give every row in the order of its key; raises one of `DATABASE_ERRORS` where reading stops."""
    columns = list(table.columns)
    readers = [_reader(column, connection.dialect) for column in columns]
    raw = select(*(type_coerce(column, NULLTYPE).label(column.name) for column in columns))
    query = raw.order_by(*table.primary_key.columns).execution_options(yield_per=1000)
    with connection.begin_nested(), closing(connection.execute(query)) as rows:
        for row in rows:
            yield _interpreted(columns, readers, row)


def integrity(connection: Connection) -> list[str]:
    """Return what SQLite itself finds wrong; it sees the structure only, not the values."""
    if connection.dialect.name != "sqlite":
        return []
    found = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check"))]
    return [] if found == ["ok"] else found


_Reader = Callable[[Any], tuple[Any, bool]]


def _interpreted(columns: list[Column[Any]], readers: list[_Reader], row: Any) -> Stored:
    values: dict[str, Any] = {}
    odd: list[str] = []
    for column, reader, raw in zip(columns, readers, row, strict=True):
        values[column.name], fits = reader(raw)
        if not fits:
            odd.append(column.name)
    return Stored(values, tuple(odd))


def _reader(column: Column[Any], dialect: Dialect) -> _Reader:
    """Return what turns a stored value into its Python value, and says whether that is its one spelling.

    SQLite takes 2 for true, UUIDs in capitals and dates with any separator; whoever wrote those was not
    the portal, although the value reads the same. PostgreSQL has one spelling for each value.
    """
    kind = column.type.dialect_impl(dialect)
    out = kind.result_processor(dialect, None)
    back = kind.bind_processor(dialect) if dialect.name == "sqlite" else None

    def read(raw: Any) -> tuple[Any, bool]:
        if raw is None:
            return None, True
        try:
            value = out(raw) if out else raw
            return value, back is None or _same(back(value), raw)
        except Exception:  # noqa: BLE001 - whatever a type says to damaged bytes
            return raw, False

    return read


def _same(again: Any, raw: Any) -> bool:
    if isinstance(again, memoryview):
        again = bytes(again)
    return bool(again == raw) and isinstance(raw, int if isinstance(again, bool) else type(again))


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
