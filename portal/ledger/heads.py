"""Checking signed heads, and what witnesses and authorities said of them, against the entries as they are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from portal.database import Base
from portal.ledger import checkpoint, cosignature
from portal.ledger.checkpoint import Checkpoint, LogKeys, SignedCheckpoint
from portal.ledger.cosignature import Witness
from portal.ledger.entries import Ledger, as_bytes, said
from portal.ledger.models import LedgerCheckpoint, LedgerCosignature, LedgerTimestamp
from portal.ledger.notes import CheckpointError, parse_signatures
from portal.ledger.reading import DATABASE_ERRORS, stored_rows
from portal.ledger.report import Finding, Report
from portal.ledger.tree import RightEdge
from portal.vault import timestamp
from portal.vault.timestamp import Authorities, TimestampError

_HEADS, _COSIGNATURES, _TIMESTAMPS = (
    Base.metadata.tables[one.__tablename__] for one in (LedgerCheckpoint, LedgerCosignature, LedgerTimestamp)
)

_WITHOUT, _LATE = timedelta(days=3), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Trusted:
    """Who is believed besides the log itself.

    ``witnessed`` are heads, ``demanded`` witnesses that were given from outside; ``witnesses`` and
    ``authorities`` are those that the instance pins. ``tags`` is the key of the entries' tags, None where a
    copy lacks it.
    """

    witnessed: tuple[str, ...] = ()
    demanded: Mapping[str, Witness] = field(default_factory=dict)
    witnesses: Mapping[str, Witness] = field(default_factory=dict)
    authorities: Authorities = field(default_factory=Authorities)
    tags: bytes | None = field(default=None, repr=False)


@dataclass(slots=True)
class Heads:
    """Everything that was said of heads, as read; only signatures of the log were checked."""

    keys: LogKeys
    notes: list[tuple[str, SignedCheckpoint]] = field(default_factory=list)
    edges: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    stored: dict[int, str] = field(default_factory=dict)
    days: dict[int, Any] = field(default_factory=dict)
    cosignatures: list[Mapping[str, Any]] = field(default_factory=list)
    timestamps: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def sizes(self) -> set[int]:
        """The sizes at which roots are needed."""
        signed = {signed.checkpoint.size for _, signed in self.notes}
        return {*self.edges, *signed, *(one["size"] for one in self.cosignatures if type(one["size"]) is int)}


def read_heads(view: Connection, keys: LogKeys, witnessed: Iterable[str], report: Report) -> Heads:
    """Read heads and check the log's own signatures."""
    heads = Heads(keys)
    try:
        for row in stored_rows(view, _HEADS):
            name = str(row.values["size"])
            for column in row.odd:
                report.find(Finding.HEAD_ODD, name, column=column)
            heads.edges[row.values["size"]] = (name, as_bytes(row.values["edge"]))
            heads.stored[row.values["size"]] = str(row.values["note"])
            heads.days[row.values["size"]] = row.values["day"]
            signed = _signed(str(row.values["note"]), keys, name, report)
            if signed:
                heads.notes.append((name, signed))
                _check_beside(signed, row.values, name, report)
    except DATABASE_ERRORS as error:
        report.find(Finding.DATABASE, "ledger_checkpoint", why=said(error))
    report.counts["checkpoints"] = len(heads.edges)
    for number, note in enumerate(witnessed, 1):
        name = f"witnessed {number}"
        signed = _signed(note, keys, name, report)
        if signed:
            heads.notes.append((name, signed))
    for table, found in ((_COSIGNATURES, heads.cosignatures), (_TIMESTAMPS, heads.timestamps)):
        try:
            found += [row.values for row in stored_rows(view, table)]
        except DATABASE_ERRORS as error:
            report.find(Finding.DATABASE, table.name, why=said(error))
    return heads


def _signed(note: str, keys: LogKeys, name: str, report: Report) -> SignedCheckpoint | None:
    try:
        return checkpoint.verify(note, keys)
    except CheckpointError as error:
        report.find(Finding.HEAD_FALSE, name, why=str(error))
        return None


def _check_beside(signed: SignedCheckpoint, values: Any, name: str, report: Report) -> None:
    if signed.checkpoint.size != values["size"]:
        report.find(Finding.HEAD_OTHER, name, size=signed.checkpoint.size)
    if datetime.fromtimestamp(signed.time, UTC).date() != values["day"]:
        report.find(Finding.HEAD_DAY, name)


def check_heads(heads: Heads, ledger: Ledger, report: Report) -> None:
    """Compare signed roots and kept edges with the leaves.

    A root that fits either the stored or the computed leaf hashes is right: where the two differ, the
    entry has been named already.
    """
    for name, signed in heads.notes:
        size = signed.checkpoint.size
        if size not in ledger.edges:
            report.find(Finding.HEAD_SHORT, name, size=size, there=ledger.size)
        elif signed.checkpoint.root not in _roots(ledger, size):
            report.find(Finding.HEAD_REWRITTEN, name)
    for size, (name, edge) in heads.edges.items():
        if size in ledger.edges and edge not in {one.to_bytes() for one in ledger.edges[size]}:
            report.find(Finding.HEAD_EDGE, name)
    covered = max((signed.checkpoint.size for _, signed in heads.notes), default=0)
    report.counts["unsigned"] = max(0, ledger.size - covered)
    _check_lateness(heads, ledger, report)


def _check_lateness(heads: Heads, ledger: Ledger, report: Report) -> None:
    """Tell of an instance without heads, or with none for a week, by the days that its entries bear.

    The first head is signed when an instance is founded, and one is due each day. No clock is asked: a copy
    may be checked years later, and a young or a quiet instance gives no alarm.
    """
    last = _day(ledger.day)
    if not heads.edges:
        first = _day(ledger.first)
        if first and last and last - first > _WITHOUT:
            report.find(Finding.HEAD_ABSENT, "none", first=first, last=last)
        return
    signed = [(day, str(size)) for size, day in heads.days.items() if isinstance(day, date)]
    day, size = max(signed, default=(None, ""))
    if day and last and last - day > _LATE and report.counts["unsigned"]:
        report.mention(Finding.HEAD_LATE, size, day=day, last=last)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _roots(ledger: Ledger, size: int) -> set[bytes]:
    edges: tuple[RightEdge, ...] = ledger.edges.get(size, ())
    return {one.root() for one in edges}


# -- witnesses ----------------------------------------------------------------------------------------------


def check_cosignatures(heads: Heads, ledger: Ledger, trusted: Trusted, report: Report) -> None:
    """Check co-signatures over the roots of the entries as they are, whatever head is kept beside them."""
    known = {**trusted.witnesses, **trusted.demanded}
    good: dict[str, int] = {}
    for row in heads.cosignatures:
        name, size = str(row["witness"]), row["size"]
        report.count("co-signatures")
        if name not in known:
            report.mention(Finding.WITNESS_UNKNOWN, name)
        elif _holds(row, heads, ledger, known[name], report):
            good[name] = max(size, good.get(name, 0))
    for name in trusted.demanded:
        if name not in good:
            report.find(Finding.WITNESS_ABSENT, name)
    if good:
        report.counts["witnessed"] = max(good.values())


def _holds(row: Mapping[str, Any], heads: Heads, ledger: Ledger, witness: Witness, report: Report) -> bool:
    name, size = f"{row['witness']}, {row['size']} entries", row["size"]
    if size not in heads.stored:
        report.find(Finding.HEAD_GONE, str(size))
    if size not in ledger.edges:
        report.find(Finding.HEAD_SHORT, name, size=size, there=ledger.size)
        return False
    failed = ""
    for root in _roots(ledger, size):
        failed = _failed(Checkpoint(heads.keys.origin, size, root), str(row["lines"]), witness)
        if not failed:
            return True
    kept = heads.stored.get(size)
    try:
        seen = checkpoint.verify(kept, heads.keys).checkpoint if kept else None
    except CheckpointError:
        seen = None
    if seen and not _failed(seen, str(row["lines"]), witness):
        report.find(Finding.WITNESS_REWRITTEN, name)
    else:
        report.find(Finding.WITNESS_FALSE, name, why=failed)
    return False


def _failed(head: Checkpoint, lines: str, witness: Witness) -> str:
    try:
        cosignature.check_all(head, parse_signatures(lines), witness)
    except CheckpointError as problem:
        return str(problem)
    return ""


# -- time-stamps --------------------------------------------------------------------------------------------


def check_timestamps(heads: Heads, trusted: Trusted, report: Report) -> None:
    """Check every attached time-stamp against its request, its head, and the pinned certificates."""
    for row in heads.timestamps:
        name = f"of {row['day']}, {row['size']} entries"
        report.count("time-stamps")
        if row["response"] is None:
            report.mention(Finding.TIME_WAITING, name)
        elif row["size"] not in heads.stored:
            report.find(Finding.HEAD_GONE, str(row["size"]))
        elif not timestamp.available():
            report.mention(Finding.TIME_UNCHECKED, name, why="pip install 'testimony-portal[timestamps]'")
        elif not trusted.authorities:
            report.mention(Finding.TIME_UNCHECKED, name, why="no authority is pinned; give its certificate")
        else:
            _check_timestamp(row, heads, trusted.authorities, name, report)


def _check_timestamp(
    row: Mapping[str, Any], heads: Heads, authorities: Authorities, name: str, report: Report
) -> None:
    nonce = str(row["nonce"])
    signed = next((one.time for _, one in heads.notes if one.checkpoint.size == row["size"]), 0)
    try:
        timestamp.check(
            as_bytes(row["response"]),
            heads.stored[row["size"]].encode("utf-8", "surrogateescape"),
            nonce=int(nonce) if nonce.isdecimal() else -1,
            since=datetime.fromtimestamp(signed, UTC),
            authorities=authorities,
        )
    except TimestampError as problem:
        report.find(Finding.TIME_FALSE, name, why=problem.wrong.value)
