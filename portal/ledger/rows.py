"""Rows as the ledger sees them: one text for a key, one digest for the values, the same on every database."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from functools import lru_cache
from typing import Any
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Date,
    Dialect,
    String,
    Table,
    Uuid,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import NULLTYPE

from portal.database import UtcDay

_DIGEST_LABEL = b"tp1/row\x00"
_BATCH = 500


def canonical(value: Any) -> bytes:
    """Return the one JSON spelling (RFC 8785) of texts, whole numbers, None, lists and mappings of them.

    Keys are ASCII here, so that sorting by code point is the sorting the RFC asks for.
    """
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


def row_digest(table: str, values: Mapping[str, Any]) -> bytes:
    """Return the SHA-256 of a row: table, then each column's name, type and value, all behind their lengths.

    Columns are taken in the order of their names. Empty (NULL) columns are left out, so that adding an
    optional column by a migration changes no digest. An unknown type raises TypeError.
    """
    return _digest(table, [(_named(name), values[name]) for name in sorted(values)])


def _digest(table: str, columns: Iterable[tuple[bytes, Any]]) -> bytes:
    """Digest the columns of a row, each under its framed name, in the order of the names."""
    pieces = [_DIGEST_LABEL, _named(table)]
    for name, value in columns:
        if value is not None:
            pieces += (name, _written(value))
    return hashlib.sha256(b"".join(pieces)).digest()


def key_text(key: Sequence[Any]) -> str:
    """Return a primary key as text: UUIDs and bytes in hex, words percent-encoded, colons between parts."""
    return ":".join(_key_part(part) for part in key)


def recorded_tables(*bases: type[DeclarativeBase]) -> dict[str, Table]:
    """Return the tables that the ledger records, by name: all but those whose class says otherwise."""
    found: dict[str, Table] = {}
    for base in bases:
        silent = {
            mapper.local_table
            for mapper in base.registry.mappers
            if not getattr(mapper.class_, "__recorded__", True)
        }
        found |= {table.name: table for table in base.metadata.sorted_tables if table not in silent}
    return found


def digests(
    connection: Connection, table: Table, keys: Iterable[tuple[Any, ...]]
) -> dict[tuple[Any, ...], bytes]:
    """Return the digests of the rows with these primary keys, as the database holds them now.

    They are read back on purpose: what the database gives is what a later check will see.
    """
    columns = [
        _as_kept(column, connection.dialect) for column in sorted(table.columns, key=lambda one: one.name)
    ]
    names = [one.framed for one in columns]
    primary = list(table.primary_key.columns)
    places = [names.index(_named(column.name)) for column in primary]
    wanted = {
        tuple(columns[at].spell(part) for at, part in zip(places, key, strict=True)): key for key in keys
    }
    query, every = select(*(one.read for one in columns)), list(wanted.values())
    beginning, found = _DIGEST_LABEL + _named(table.name), dict[tuple[Any, ...], bytes]()
    for start in range(0, len(every), _BATCH):
        batch = every[start : start + _BATCH]
        matches = (
            primary[0].in_([key[0] for key in batch]) if len(primary) == 1 else tuple_(*primary).in_(batch)
        )
        if rows := connection.execute(query.where(matches)).all():
            values = [*zip(*rows, strict=True)]
            spelt = zip(*(values[at] for at in places), strict=True)
            framed = (column.frame(several) for column, several in zip(columns, values, strict=True))
            for key, pieces in zip(spelt, zip(*framed, strict=True), strict=True):
                found[wanted[key]] = hashlib.sha256(beginning + b"".join(pieces)).digest()
    return found


@dataclass(frozen=True, slots=True)
class _Kept:
    """A column as the database keeps it: how it is read, how its values are digested, how a key is spelt."""

    framed: bytes
    read: ColumnElement[Any]
    write: Callable[[Any], bytes]
    spell: Callable[[Any], Any]
    texts: bool

    def frame(self, values: Sequence[Any]) -> list[bytes]:
        """Give the pieces of a digest that some values of the column are; many texts are the same."""
        if not self.texts:
            return [b"" if one is None else self.framed + self.write(one) for one in values]
        made = {one: b"" if one is None else self.framed + self.write(one) for one in set(values)}
        return [made[one] for one in values]


def _as_kept(column: Column[Any], dialect: Dialect) -> _Kept:
    """Take ids, days and texts of SQLite as the texts that they are there; all else as the portal has it.

    The bytes that are digested are the same; making objects of them first takes most of the time.
    """
    name, kind = _named(column.name), column.type
    if dialect.name == "sqlite":
        for kinds, write in _TEXTS:
            if isinstance(kind, kinds):
                spell = kind.dialect_impl(dialect).bind_processor(dialect) or str
                return _Kept(name, type_coerce(column, NULLTYPE), write, spell, texts=True)
    return _Kept(name, column, _written, lambda part: part, texts=False)


def _written(value: Any) -> bytes:
    return _word(value) if isinstance(value, Enum) else _valued(value)


def _text(tag: bytes) -> Callable[[str], bytes]:
    def write(value: str) -> bytes:
        raw = value.encode("utf-8", "surrogateescape")
        return tag + len(raw).to_bytes(8, "big") + raw

    return write


def _uuid(value: str) -> bytes:
    return _UUID_HEAD + bytes.fromhex(value)


_UUID_HEAD = b"u" + (16).to_bytes(8, "big")
_TEXTS: tuple[tuple[type | tuple[type, ...], Callable[[str], bytes]], ...] = (
    (Uuid, _uuid),
    ((Date, UtcDay), _text(b"d")),
    (String, _text(b"s")),  # words of vocabularies too
)


def _framed(raw: bytes) -> bytes:
    return len(raw).to_bytes(8, "big") + raw


@lru_cache(maxsize=2_000)
def _named(name: str) -> bytes:
    """Frame the name of a table or a column; there are few, and they are asked for again and again."""
    return _framed(name.encode())


@lru_cache(maxsize=2_000)
def _word(value: Enum) -> bytes:
    """Give a word of a vocabulary as its plain value; there are few, and most rows have some."""
    return _valued(value.value)


def _valued(value: Any) -> bytes:
    """Write a value: a letter for its type, its length, its bytes."""
    tag, raw = _typed(value)
    return tag + len(raw).to_bytes(8, "big") + raw


def _typed(value: Any) -> tuple[bytes, bytes]:
    """Return a letter for the type and the value's bytes."""
    known = _EXACTLY.get(type(value))
    if known is not None:
        return known[0], known[1](value)
    for kinds, tag, encode in _TYPES:
        if isinstance(value, kinds):
            return tag, encode(value)
    raise TypeError(f"the ledger has no digest for {type(value).__name__}")


def _moment(value: datetime) -> bytes:
    utc = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return utc.isoformat(timespec="microseconds").encode()


# A bool is an int and a datetime a date, so they come first. A text damaged on the disk comes with
# surrogates: it must have a digest, and another one.
_TYPES: tuple[tuple[type | tuple[type, ...], bytes, Callable[[Any], bytes]], ...] = (
    (bool, b"b", lambda value: b"\x01" if value else b"\x00"),
    (int, b"i", lambda value: str(value).encode()),
    (float, b"f", lambda value: value.hex().encode()),
    (str, b"s", lambda value: value.encode("utf-8", "surrogateescape")),
    (bytes, b"y", bytes),
    (UUID, b"u", lambda value: value.bytes),
    (datetime, b"t", _moment),
    (date, b"d", lambda value: value.isoformat().encode()),
    ((dict, list), b"j", canonical),
)


# The same table by a value's very type, which finds most of them at once.
_EXACTLY: dict[type, tuple[bytes, Callable[[Any], bytes]]] = {
    kind: (tag, encode)
    for kinds, tag, encode in _TYPES
    for kind in (kinds if isinstance(kinds, tuple) else (kinds,))
}


def _key_part(part: Any) -> str:
    plain = part.value if isinstance(part, Enum) else part
    if isinstance(plain, UUID):
        return plain.hex
    if isinstance(plain, bytes):
        return plain.hex()
    return quote(plain, safe="", errors="surrogateescape") if isinstance(plain, str) else str(plain)
