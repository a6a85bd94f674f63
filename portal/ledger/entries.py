"""Reading the entries of a ledger that may be damaged, one after the other, in little memory."""

import hashlib
import json
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection

from portal.database import Base
from portal.ledger.models import LedgerEntry
from portal.ledger.reading import DATABASE_ERRORS, stored_rows
from portal.ledger.report import Finding, Report
from portal.ledger.rows import canonical
from portal.ledger.tags import holds
from portal.ledger.tree import RightEdge, leaf_hash

_ENTRIES = Base.metadata.tables[LedgerEntry.__tablename__]
_AT_ONCE = 1024


@dataclass(slots=True)
class Ledger:
    """What the entries say.

    ``edges`` has, for each size that was asked for, the tree's edge over the leaf hashes as stored and as
    computed from the bodies; where the two differ, the entry has been named. ``latest`` has the newest digest
    of every row by table and key; None means deleted.
    """

    size: int = 0
    edges: dict[int, tuple[RightEdge, RightEdge]] = field(default_factory=dict)
    latest: dict[str, dict[str, bytes | None]] = field(default_factory=dict)
    first: str = ""
    """The earliest day (ISO 8601) that an entry bears."""
    day: str = ""
    """The latest one."""


@dataclass(slots=True)
class _Growing:
    """Both trees while they grow; they are hashed once as long as they agree."""

    stored: RightEdge = field(default_factory=RightEdge)
    computed: RightEdge = field(default_factory=RightEdge)
    leaves: list[tuple[bytes, bytes]] = field(default_factory=list)

    def flush(self) -> tuple[RightEdge, RightEdge]:
        agree = self.stored == self.computed and all(one == other for one, other in self.leaves)
        self.stored = self.stored.extended(one for one, _ in self.leaves)
        self.computed = self.stored if agree else self.computed.extended(other for _, other in self.leaves)
        self.leaves.clear()
        return self.stored, self.computed


@dataclass(slots=True)
class _Tags:
    """Checking tags, where their key is there; entries that lie together are named together."""

    key: bytes | None
    checked: int = 0
    false: list[tuple[Finding, int, int]] = field(default_factory=list)

    def check(self, seq: int, body: bytes, stored: Any) -> None:
        if self.key is None:
            return
        self.checked += 1
        tag = stored if isinstance(stored, bytes) else None
        if not holds(self.key, body, tag):
            finding = Finding.ENTRY_UNTAGGED if stored is None else Finding.ENTRY_TAG
            first = seq
            if self.false and self.false[-1][0] is finding and self.false[-1][2] == seq:
                first = self.false.pop()[1]
            self.false.append((finding, first, seq + 1))

    def tell(self, size: int, report: Report) -> None:
        for finding, first, until in self.false:
            report.find(finding, _span(first, until))
        report.counts["tags" if self.key else "tags not checked"] = self.checked if self.key else size


def read_entries(
    view: Connection, sizes: Iterable[int], report: Report, *, rows: bool = True, tags: bytes | None = None
) -> Ledger:
    """Read all entries and name what is wrong with them; ``rows`` False leaves ``latest`` empty.

    ``tags`` is the key of their tags; without it the report counts how many tags were not checked.
    """
    ledger, due, growing, wanted, marks = Ledger(), 0, _Growing(), frozenset(sizes), _Tags(tags)
    try:
        if 0 in wanted:
            ledger.edges[0] = growing.flush()
        for row in stored_rows(view, _ENTRIES):
            seq = row.values["seq"]
            if seq != due:
                report.find(Finding.ENTRY_MISSING, _span(due, seq))
            due = seq + 1
            leaves = _read_entry(ledger, row.values, row.odd, report, rows=rows)
            if leaves[0] == leaves[1]:  # else it has been named
                marks.check(seq, as_bytes(row.values["body"]), row.values["tag"])
            growing.leaves.append(leaves)
            ledger.size += 1
            if ledger.size in wanted:
                ledger.edges[ledger.size] = growing.flush()
            elif len(growing.leaves) >= _AT_ONCE:
                growing.flush()
    except DATABASE_ERRORS as error:
        report.find(Finding.DATABASE, "ledger_entry", why=said(error))
    report.counts["entries"] = ledger.size
    marks.tell(ledger.size, report)
    return ledger


def _read_entry(
    ledger: Ledger, values: Any, odd: tuple[str, ...], report: Report, *, rows: bool
) -> tuple[bytes, bytes]:
    name, raw, stored = str(values["seq"]), as_bytes(values["body"]), as_bytes(values["leaf_hash"])
    computed = leaf_hash(raw)
    for column in odd:
        report.find(Finding.ENTRY_ODD, name, column=column)
    if computed != stored:
        report.find(Finding.ENTRY_CHANGED, name)
    body = _body(raw)
    if body is None:
        report.find(Finding.ENTRY_FORM, name)
        return stored, computed
    if body["seq"] != values["seq"]:
        report.find(Finding.ENTRY_MOVED, name, seq=body["seq"])
    if not isinstance(values["day"], date) or body["day"] != values["day"].isoformat():
        report.find(Finding.ENTRY_DAY, name)
    if computed == stored:  # else it has been named, and its day says nothing of the others
        if str(body["day"]) < ledger.day:
            report.find(Finding.ENTRY_BACK, name)
        ledger.first = min(ledger.first or str(body["day"]), str(body["day"]))
        ledger.day = max(ledger.day, str(body["day"]))
    for table, key, digest in body["rows"] if rows else ():
        ledger.latest.setdefault(table, {})[key] = None if digest is None else bytes.fromhex(digest)
    return stored, computed


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


def as_bytes(value: Any) -> bytes:
    """Return bytes, or none for what is stored as something else."""
    return value if isinstance(value, bytes) else b""


def said(error: Exception) -> str:
    """Return the first line of what a library said; statements and parameters stay out of reports."""
    return str(getattr(error, "orig", None) or error).split("\n", 1)[0] or type(error).__name__


def _span(first: int, until: int) -> str:
    return str(first) if until == first + 1 else f"{first}-{until - 1}"
