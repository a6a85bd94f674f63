"""Checking a whole instance offline, with nothing but public keys: ledger, rows, wraps and files.

Every check goes on to the end and names what it found; damage becomes a line of the report, never a
traceback. What lies behind the last checkpoint, and a rollback of the whole database to an older state, can
only be seen by comparing with checkpoints kept elsewhere: give them as `witnessed`.
"""

import hashlib
import json
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, BinaryIO, Protocol

from sqlalchemy import Connection
from sqlalchemy.orm import DeclarativeBase

from portal.database import Base, Database, KeysBase
from portal.errors import PortalError
from portal.ledger import checkpoint
from portal.ledger.checkpoint import CheckpointError, LogKeys, SignedCheckpoint
from portal.ledger.models import LedgerCheckpoint, LedgerEntry
from portal.ledger.reading import DATABASE_ERRORS, integrity, snapshots, stored_rows
from portal.ledger.report import Report
from portal.ledger.rows import canonical, key_text, recorded_tables, row_digest
from portal.ledger.tree import RightEdge, leaf_hash

_PIECE = 1024 * 1024
_ENTRIES = Base.metadata.tables[LedgerEntry.__tablename__]
_CHECKPOINTS = Base.metadata.tables[LedgerCheckpoint.__tablename__]


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


@dataclass(slots=True)
class _Ledger:
    """The entries as read: both kinds of leaves, and the newest digest of every row (None: deleted)."""

    stored: list[bytes] = field(default_factory=list)
    computed: list[bytes] = field(default_factory=list)
    latest: dict[str, dict[str, str | None]] = field(default_factory=dict)


def verify(
    database: Database,
    store: Files,
    keys: LogKeys,
    *,
    files: Iterable[FileClaim] = (),
    witnessed: Iterable[str] = (),
) -> Report:
    """Check everything against everything; see `Report`. Reads only.

    `witnessed` are checkpoints that were kept outside the instance. The two databases are seen as of one
    moment, so it may run beside a working portal.
    """
    report = Report(counts=dict.fromkeys(("entries", "checkpoints", "rows", "files", "unsigned"), 0))
    with snapshots(database, lambda name, error: report.add("database", name, _said(error))) as views:
        for name, view in views.items():
            _check_structure(view, name, report)
        if "main" in views:
            ledger = _read_entries(views["main"], report)
            _check_checkpoints(views["main"], ledger, keys, witnessed, report)
            for name, base in (("main", Base), ("keys", KeysBase)):
                if name in views:
                    _check_rows(views[name], base, ledger, report)
                else:
                    _forget(base, ledger)
            _check_rest(ledger, report)
        _check_files(store, files, report)
    return report


def verify_log(database: Database, keys: LogKeys) -> Report:
    """Check the entries and the signed heads alone, without rows and files; quick enough for a page."""
    report = Report(counts=dict.fromkeys(("entries", "checkpoints", "unsigned"), 0))
    with snapshots(database, lambda name, error: report.add("database", name, _said(error))) as views:
        if "main" in views:
            ledger = _read_entries(views["main"], report)
            _check_checkpoints(views["main"], ledger, keys, (), report)
    return report


def _check_structure(view: Connection, name: str, report: Report) -> None:
    try:
        for line in integrity(view):
            report.add("database", name, line)
    except DATABASE_ERRORS as error:
        report.add("database", name, _said(error))


# -- entries ------------------------------------------------------------------------------------------------


def _read_entries(view: Connection, report: Report) -> _Ledger:
    ledger, due = _Ledger(), 0
    try:
        for row in stored_rows(view, _ENTRIES):
            seq = row.values["seq"]
            if seq != due:
                report.add("entry", _span(due, seq), "missing from the ledger")
            due = seq + 1
            _read_entry(ledger, row.values, row.odd, report)
    except DATABASE_ERRORS as error:
        report.add("database", "ledger_entry", _said(error))
    report.counts["entries"] = len(ledger.stored)
    return ledger


def _read_entry(ledger: _Ledger, values: Any, odd: tuple[str, ...], report: Report) -> None:
    name, raw, leaf = str(values["seq"]), _bytes(values["body"]), _bytes(values["leaf_hash"])
    ledger.stored.append(leaf)
    ledger.computed.append(leaf_hash(raw))
    for column in odd:
        report.add("entry", name, f"{column} is not stored as the portal stores it")
    if ledger.computed[-1] != leaf:
        report.add("entry", name, "the leaf hash does not fit the body")
    body = _body(raw)
    if body is None:
        report.add("entry", name, "the body is not a canonical entry")
        return
    if body["seq"] != values["seq"]:
        report.add("entry", name, f"the body is that of entry {body['seq']}")
    if not isinstance(values["day"], date) or body["day"] != values["day"].isoformat():
        report.add("entry", name, "the day differs from the body's")
    for table, key, digest in body["rows"]:
        ledger.latest.setdefault(table, {})[key] = digest


def _body(raw: bytes) -> dict[str, Any] | None:
    """Return the entry's content if it has exactly the form in which the recorder writes it."""
    try:
        body = json.loads(raw.decode("utf-8"))
        if canonical(body) != raw or not _is_body(body):
            return None
        if body["acts"] is not None:
            b64decode(body["acts"], validate=True)
    except (ValueError, TypeError, RecursionError):
        return None
    found: dict[str, Any] = body
    return found


def _is_body(body: Any) -> bool:
    return (
        isinstance(body, dict)
        and body.keys() == {"v", "seq", "day", "rows", "acts"}
        and body["v"] == 1
        and type(body["seq"]) is int
        and all(
            isinstance(table, str)
            and isinstance(key, str)
            and (digest is None or len(bytes.fromhex(digest)) == hashlib.sha256().digest_size)
            for table, key, digest in body["rows"]
        )
    )


# -- checkpoints --------------------------------------------------------------------------------------------


def _check_checkpoints(
    view: Connection, ledger: _Ledger, keys: LogKeys, witnessed: Iterable[str], report: Report
) -> None:
    notes: list[tuple[str, SignedCheckpoint]] = []
    edges: dict[int, tuple[str, bytes]] = {}
    try:
        for row in stored_rows(view, _CHECKPOINTS):
            name = str(row.values["size"])
            for column in row.odd:
                report.add("checkpoint", name, f"{column} is not stored as the portal stores it")
            edges[row.values["size"]] = (name, _bytes(row.values["edge"]))
            signed = _signed(str(row.values["note"]), keys, name, report)
            if signed:
                notes.append((name, signed))
                _check_beside(signed, row.values, name, report)
    except DATABASE_ERRORS as error:
        report.add("database", "ledger_checkpoint", _said(error))
    report.counts["checkpoints"] = len(edges)
    for number, note in enumerate(witnessed, 1):
        name = f"witnessed {number}"
        signed = _signed(note, keys, name, report)
        if signed:
            notes.append((name, signed))
    _check_roots(ledger, notes, edges, report)
    covered = max((signed.checkpoint.size for _, signed in notes), default=0)
    report.counts["unsigned"] = max(0, len(ledger.stored) - covered)


def _signed(note: str, keys: LogKeys, name: str, report: Report) -> SignedCheckpoint | None:
    try:
        return checkpoint.verify(note, keys)
    except CheckpointError as error:
        report.add("checkpoint", name, str(error))
        return None


def _check_beside(signed: SignedCheckpoint, values: Any, name: str, report: Report) -> None:
    if signed.checkpoint.size != values["size"]:
        report.add("checkpoint", name, f"the note is that of size {signed.checkpoint.size}")
    if datetime.fromtimestamp(signed.time, UTC).date() != values["day"]:
        report.add("checkpoint", name, "the day differs from the signed one")


def _check_roots(
    ledger: _Ledger,
    notes: list[tuple[str, SignedCheckpoint]],
    edges: dict[int, tuple[str, bytes]],
    report: Report,
) -> None:
    """Compare signed roots and kept edges with the leaves.

    A root that fits either the stored or the computed leaf hashes is right: where the two differ, the
    entry has been named already.
    """
    sizes = sorted({*edges, *(signed.checkpoint.size for _, signed in notes)})
    stored, computed = dict(_edges_at(ledger.stored, sizes)), dict(_edges_at(ledger.computed, sizes))
    for name, signed in notes:
        size = signed.checkpoint.size
        if size not in stored:
            there = len(ledger.stored)
            report.add("checkpoint", name, f"{size} entries were signed, {there} are there")
        elif signed.checkpoint.root not in {stored[size].root(), computed[size].root()}:
            report.add("checkpoint", name, "the entries are not those that were signed")
    for size, (name, edge) in edges.items():
        if size in stored and edge not in {stored[size].to_bytes(), computed[size].to_bytes()}:
            report.add("checkpoint", name, "the kept edge does not fit the entries")


def _edges_at(leaves: list[bytes], sizes: Iterable[int]) -> Iterator[tuple[int, RightEdge]]:
    edge = RightEdge()
    for size in sizes:
        if 0 <= size <= len(leaves):
            edge = edge.extended(leaves[edge.size : size])
            yield size, edge


# -- rows ---------------------------------------------------------------------------------------------------


def _check_rows(view: Connection, base: type[DeclarativeBase], ledger: _Ledger, report: Report) -> None:
    for name, table in recorded_tables(base).items():
        latest = ledger.latest.pop(name, {})
        columns = [column.name for column in table.primary_key.columns]
        try:
            for row in stored_rows(view, table):
                report.count("rows")
                key = key_text([row.values[column] for column in columns])
                subject = f"{name}/{key}"
                for column in row.odd:
                    report.add("row", subject, f"{column} is not stored as the portal stores it")
                if key in latest:
                    _check_row(subject, latest.pop(key), _digest(name, row.values), report)
                elif base is KeysBase:
                    report.warn("row", subject, "left by an interrupted transaction; nothing refers to it")
                else:
                    report.add("row", subject, "is in no ledger entry")
        except DATABASE_ERRORS as error:
            report.add("database", name, _said(error))
            continue
        _missing(name, latest, report)


def _check_row(subject: str, recorded: str | None, digest: str, report: Report) -> None:
    if recorded is None:
        report.add("row", subject, "is there although the ledger says it was erased")
    elif recorded != digest:
        report.add("row", subject, "was changed without the ledger")


def _digest(table: str, values: Any) -> str:
    try:
        return row_digest(table, values).hex()
    except (TypeError, ValueError):
        return "none"


def _forget(base: type[DeclarativeBase], ledger: _Ledger) -> None:
    """Leave out the tables of a database that could not be opened; that has been told."""
    for name in base.metadata.tables:
        ledger.latest.pop(name, None)


def _check_rest(ledger: _Ledger, report: Report) -> None:
    """Tell of rows in tables that the portal does not know."""
    _forget(Base, ledger)
    for name, latest in ledger.latest.items():
        _missing(name, latest, report)


def _missing(table: str, latest: dict[str, str | None], report: Report) -> None:
    for key, digest in latest.items():
        if digest is not None:
            report.add("row", f"{table}/{key}", "is missing")


# -- files --------------------------------------------------------------------------------------------------


def _check_files(store: Files, claims: Iterable[FileClaim], report: Report) -> None:
    known: set[str] = set()
    try:
        for claim in claims:
            known.add(claim.name)
            report.count("files")
            _check_file(store, claim, report)
    except (*DATABASE_ERRORS, LookupError) as error:
        report.add("database", "files", f"the list of files cannot be read: {_said(error)}")
    try:
        for name in store.names():
            if name not in known:
                report.warn("file", name, "no row refers to it")
    except (PortalError, OSError) as error:
        report.add("file", "names", _said(error))


def _check_file(store: Files, claim: FileClaim, report: Report) -> None:
    digest, size = hashlib.sha256(), 0
    try:
        with store.open(claim.name) as source:
            while piece := source.read(_PIECE):
                digest.update(piece)
                size += len(piece)
    except (PortalError, OSError) as error:
        report.add("file", claim.name, _said(error))
        return
    if size != claim.size:
        report.add("file", claim.name, f"has {size} bytes instead of {claim.size}")
    elif digest.digest() != claim.sealed_sha256:
        report.add("file", claim.name, "was changed")


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else b""


def _span(first: int, until: int) -> str:
    return str(first) if until == first + 1 else f"{first}-{until - 1}"


def _said(error: Exception) -> str:
    """Return the first line of what a library said; statements and parameters stay out of reports."""
    return str(getattr(error, "orig", None) or error).split("\n", 1)[0] or type(error).__name__
