"""Giving tags to entries that are there already: once, when tags came, and when their key was lost."""

from collections.abc import Container
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.orm import Session

from portal.database import Base
from portal.ledger.checkpoint import LogKeys
from portal.ledger.entries import Ledger, read_entries
from portal.ledger.heads import Heads, check_heads, read_heads
from portal.ledger.models import LedgerEntry
from portal.ledger.recorder import lock
from portal.ledger.report import Finding, Report
from portal.ledger.tags import tag_of

_ENTRIES = Base.metadata.tables[LedgerEntry.__tablename__]
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Tagged:
    """How many entries got a tag: those that a head proves, those behind every head; and those left out."""

    signed: int
    unsigned: int
    left: int

    def detail(self) -> dict[str, str]:
        """Return it as the ledger tells it."""
        return {"signed": str(self.signed), "unsigned": str(self.unsigned), "left": str(self.left)}


def tag_entries(session: Session, *, key: bytes, keys: LogKeys, headless: bool = False) -> Tagged:
    """Give every entry a tag of which everything holds; the others lose theirs.

    Entries below a head are proved by it. Those behind the newest are believed as long as they agree with
    themselves, and no head is wrong: nothing else speaks for them. Where all heads are gone none is, unless
    ``headless`` says that somebody decided so.
    """
    connection = session.connection()
    lock(connection)
    report = Report()
    heads = read_heads(connection, keys, (), report)
    ledger = read_entries(connection, heads.sizes, report, rows=False)
    check_heads(heads, ledger, report)
    proved = _proved(heads, ledger)
    passed = {Finding.HEAD_ABSENT} if headless else set()
    wrong = any(one.kind != "entry" and one.finding not in passed for one in report.problems)
    until = proved if wrong else None
    odd = {
        one.object
        for one in report.problems
        if one.kind == "entry" and one.finding is not Finding.ENTRY_BACK  # a clock went back, no more
    }
    signed = unsigned = 0
    for seq in _tag(connection, key, odd, until):
        signed, unsigned = signed + (seq < proved), unsigned + (seq >= proved)
    return Tagged(signed, unsigned, ledger.size - signed - unsigned)


def _proved(heads: Heads, ledger: Ledger) -> int:
    """Return the size of the largest head that fits the entries."""
    fits = (
        one.checkpoint.size
        for _, one in heads.notes
        if any(edge.root() == one.checkpoint.root for edge in ledger.edges.get(one.checkpoint.size, ()))
    )
    return max(fits, default=0)


def _tag(connection: Connection, key: bytes, odd: Container[str], until: int | None) -> list[int]:
    """Write tags to all entries before `until` but the odd ones; returns their numbers."""
    columns = _ENTRIES.c
    change = update(_ENTRIES).where(columns.seq == bindparam("at")).values(tag=bindparam("given"))
    connection.execute(update(_ENTRIES).values(tag=None))
    tagged: list[int] = []
    last = -1
    while rows := connection.execute(
        select(columns.seq, columns.body).where(columns.seq > last).order_by(columns.seq).limit(_AT_ONCE)
    ).all():
        last = rows[-1].seq
        given = [
            {"at": seq, "given": tag_of(key, body)}
            for seq, body in rows
            if str(seq) not in odd and (until is None or seq < until)
        ]
        if given:
            connection.execute(change, given)
            tagged += [int(one["at"]) for one in given]
    return tagged
