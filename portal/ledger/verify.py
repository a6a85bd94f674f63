"""Checking a whole instance offline: ledger, rows, wraps and files; public keys do, tags need theirs.

Every check goes on to the end and names what it found; damage becomes a line of the report, never a
traceback. What lies behind the last checkpoint, and a rollback of the whole database to an older state, can
only be seen by comparing with what is kept elsewhere: heads, and witnesses whose co-signature is demanded.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, Protocol

from sqlalchemy import Connection
from sqlalchemy.orm import DeclarativeBase

from portal.database import Base, Database, KeysBase
from portal.errors import PortalError
from portal.ledger.checkpoint import Checkpoint, LogKeys
from portal.ledger.entries import Ledger, read_entries, said
from portal.ledger.heads import Trusted, check_cosignatures, check_heads, check_timestamps, read_heads
from portal.ledger.reading import DATABASE_ERRORS, integrity, snapshots, stored_rows
from portal.ledger.report import Finding, Report
from portal.ledger.rows import key_text, recorded_tables, row_digest

_PIECE = 1024 * 1024


class Files(Protocol):
    """What is asked of a store of sealed files."""

    def open(self, name: str) -> BinaryIO:
        """Open a stored file."""

    def names(self) -> Iterable[str]:
        """Give the names of all stored files."""


@dataclass(frozen=True, slots=True)
class FileClaim:
    """What the database says of a stored file: its name, and SHA-256 (32 bytes) and size as sealed."""

    name: str
    sealed_sha256: bytes
    size: int


def verify(
    database: Database,
    store: Files,
    keys: LogKeys,
    *,
    files: Iterable[FileClaim] = (),
    witnessed: Iterable[str] = (),
    trusted: Trusted | None = None,
) -> Report:
    """Check everything against everything; see `Report`. Reads only.

    `witnessed` are checkpoints that were kept outside the instance. The two databases are seen as of one
    moment, so it may run beside a working portal.
    """
    believed = replace(trusted or Trusted(), witnessed=tuple(witnessed))
    report = Report(counts=dict.fromkeys(("entries", "checkpoints", "rows", "files", "unsigned"), 0))
    with snapshots(
        database, lambda name, error: report.find(Finding.DATABASE, name, why=said(error))
    ) as views:
        for name, view in views.items():
            _check_structure(view, name, report)
        if "main" in views:
            ledger = _check_log(views["main"], keys, believed, report)
            for name, base in (("main", Base), ("keys", KeysBase)):
                if name in views:
                    _check_rows(views[name], base, ledger, report)
                else:
                    _forget(base, ledger)
            _check_rest(ledger, report)
        _check_files(store, files, report)
    return report


def verify_log(
    database: Database, keys: LogKeys, *, trusted: Trusted | None = None, rows: bool = False
) -> Report:
    """Check entries, heads, co-signatures and time-stamps, without files; ``rows`` as well if asked."""
    report = Report(counts=dict.fromkeys(("entries", "checkpoints", "unsigned"), 0))
    with snapshots(
        database, lambda name, error: report.find(Finding.DATABASE, name, why=said(error))
    ) as views:
        if "main" in views:
            ledger = _check_log(views["main"], keys, trusted or Trusted(), report, rows=rows)
            if rows and "keys" in views:
                _check_rows(views["main"], Base, ledger, report)
                _check_rows(views["keys"], KeysBase, ledger, report)
                _check_rest(ledger, report)
    return report


def heads_at(database: Database, origin: str, sizes: Iterable[int]) -> list[Checkpoint]:
    """Return the heads of a copy at these sizes, as far as it has them, computed from its entries."""
    with snapshots(database, _fail) as views:
        ledger = read_entries(views["main"], sizes, Report(), rows=False)
    return [Checkpoint(origin, size, edge.root()) for size, (_, edge) in sorted(ledger.edges.items())]


def _fail(name: str, error: Exception) -> None:
    del name
    raise error


def _check_structure(view: Connection, name: str, report: Report) -> None:
    try:
        for line in integrity(view):
            report.find(Finding.DATABASE, name, why=line)
    except DATABASE_ERRORS as error:
        report.find(Finding.DATABASE, name, why=said(error))


def _check_log(
    view: Connection, keys: LogKeys, trusted: Trusted, report: Report, *, rows: bool = True
) -> Ledger:
    heads = read_heads(view, keys, trusted.witnessed, report)
    ledger = read_entries(view, heads.sizes, report, rows=rows, tags=trusted.tags)
    check_heads(heads, ledger, report)
    check_cosignatures(heads, ledger, trusted, report)
    check_timestamps(heads, trusted, report)
    return ledger


# -- rows ---------------------------------------------------------------------------------------------------


def _check_rows(view: Connection, base: type[DeclarativeBase], ledger: Ledger, report: Report) -> None:
    for name, table in recorded_tables(base).items():
        latest = ledger.latest.pop(name, {})
        columns = [column.name for column in table.primary_key.columns]
        try:
            for row in stored_rows(view, table):
                report.count("rows")
                key = key_text([row.values[column] for column in columns])
                subject = f"{name}/{key}"
                for column in row.odd:
                    report.find(Finding.ROW_ODD, subject, column=column)
                if key in latest:
                    _check_row(subject, latest.pop(key), _digest(name, row.values), report)
                elif base is KeysBase:
                    report.mention(Finding.ROW_LEFT, subject)
                else:
                    report.find(Finding.ROW_UNRECORDED, subject)
        except DATABASE_ERRORS as error:
            report.find(Finding.DATABASE, name, why=said(error))
            continue
        _missing(name, latest, report)


def _check_row(subject: str, recorded: bytes | None, digest: bytes, report: Report) -> None:
    if recorded is None:
        report.find(Finding.ROW_BACK, subject)
    elif recorded != digest:
        report.find(Finding.ROW_CHANGED, subject)


def _digest(table: str, values: Any) -> bytes:
    try:
        return row_digest(table, values)
    except (TypeError, ValueError):
        return b""


def _forget(base: type[DeclarativeBase], ledger: Ledger) -> None:
    """Leave out the tables of a database that could not be opened; that has been told."""
    for name in base.metadata.tables:
        ledger.latest.pop(name, None)


def _check_rest(ledger: Ledger, report: Report) -> None:
    """Tell of rows in tables that the portal does not know."""
    _forget(Base, ledger)
    for name, latest in ledger.latest.items():
        _missing(name, latest, report)


def _missing(table: str, latest: dict[str, bytes | None], report: Report) -> None:
    for key, digest in latest.items():
        if digest is not None:
            report.find(Finding.ROW_MISSING, f"{table}/{key}")


# -- files --------------------------------------------------------------------------------------------------


def _check_files(store: Files, claims: Iterable[FileClaim], report: Report) -> None:
    known: set[str] = set()
    try:
        for claim in claims:
            known.add(claim.name)
            report.count("files")
            _check_file(store, claim, report)
    except (*DATABASE_ERRORS, LookupError) as error:
        report.find(Finding.FILE_LIST, "files", why=said(error))
    try:
        for name in store.names():
            if name not in known:
                report.mention(Finding.FILE_UNKNOWN, name)
    except (PortalError, OSError) as error:
        report.find(Finding.FILE_UNREADABLE, "names", why=said(error))


def _check_file(store: Files, claim: FileClaim, report: Report) -> None:
    digest, size = hashlib.sha256(), 0
    try:
        with store.open(claim.name) as source:
            while piece := source.read(_PIECE):
                digest.update(piece)
                size += len(piece)
    except (PortalError, OSError) as error:
        report.find(Finding.FILE_UNREADABLE, claim.name, why=said(error))
        return
    if size != claim.size:
        report.find(Finding.FILE_SIZE, claim.name, there=size, size=claim.size)
    elif digest.digest() != claim.sealed_sha256:
        report.find(Finding.FILE_CHANGED, claim.name)
