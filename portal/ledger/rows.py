"""Rows as the ledger sees them: one text for a key, one digest for the values, the same on every database."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from functools import lru_cache
from typing import Any
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import Connection, Table, select, tuple_
from sqlalchemy.orm import DeclarativeBase

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
            tag, raw = _typed(value)
            pieces += (name, tag, len(raw).to_bytes(8, "big"), raw)
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
    found: dict[tuple[Any, ...], bytes] = {}
    columns = list(table.primary_key.columns)
    names = [column.name for column in table.columns]
    places = [names.index(column.name) for column in columns]
    order = sorted(range(len(names)), key=names.__getitem__)
    framed = [_named(names[place]) for place in order]
    wanted = list(keys)
    for start in range(0, len(wanted), _BATCH):
        batch = wanted[start : start + _BATCH]
        matches = (
            columns[0].in_([key[0] for key in batch]) if len(columns) == 1 else tuple_(*columns).in_(batch)
        )
        for row in connection.execute(select(table).where(matches)):
            key = tuple(row[place] for place in places)
            found[key] = _digest(table.name, zip(framed, (row[place] for place in order), strict=True))
    return found


def _framed(raw: bytes) -> bytes:
    return len(raw).to_bytes(8, "big") + raw


@lru_cache(maxsize=2_000)
def _named(name: str) -> bytes:
    """Frame the name of a table or a column; there are few, and they are asked for again and again."""
    return _framed(name.encode())


def _typed(value: Any) -> tuple[bytes, bytes]:
    """Return a letter for the type and the value's bytes."""
    known = _EXACTLY.get(type(value))
    if known is not None:
        return known[0], known[1](value)
    plain = value.value if isinstance(value, Enum) else value
    for kinds, tag, encode in _TYPES:
        if isinstance(plain, kinds):
            return tag, encode(plain)
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
