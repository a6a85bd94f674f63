"""Rows told apart before anything is written: new, there already, saying something else now, broken."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from sqlalchemy.orm import Session

from portal.registry.exchange.drafts import BrokenRowError, Draft, Entry, Reason, Row, Tie
from portal.registry.exchange.preparing import Prepared
from portal.registry.exchange.publications import Publications
from portal.registry.exchange.standing import Like, known, likes, own_ids
from portal.registry.looking import Near
from portal.staff.actor import Actor


@dataclass(frozen=True)
class Sorted:
    """One row that can go in, with what makes it the same row next time, and whom it may be."""

    entry: Entry
    identity: bytes
    prepared: Prepared
    likes: Sequence[Like] = ()
    record_id: UUID | None = None

    @property
    def digest(self) -> bytes:
        """What it says, in 32 bytes."""
        return self.prepared.digest


@dataclass
class Batch:
    """Some rows of a file, told apart."""

    fresh: list[Sorted] = field(default_factory=list)
    there: list[Sorted] = field(default_factory=list)
    differing: list[Sorted] = field(default_factory=list)
    broken: list[tuple[Row, BrokenRowError]] = field(default_factory=list)


@dataclass(frozen=True)
class Asked:
    """What telling rows apart needs to know."""

    publications: Publications
    by: Actor
    run_id: UUID | None = None
    beside: bool = True
    near: Near | None = None


def sort_out(session: Session, rows: Iterable[Prepared], asked: Asked, seen: dict[bytes, bytes]) -> Batch:
    """Tell rows apart; ``seen`` has what this file said already, by identity, and grows with each row."""
    batch, entries = Batch(), list[Sorted]()
    for read in rows:
        try:
            made = _made(read)
            asked.publications.of(made)
        except BrokenRowError as problem:
            batch.broken.append((read.row, problem))
        else:
            entries.append(Sorted(made, asked.publications.identity(made.code, read.digest), read))
    before = known(session, [one.identity for one in entries if one.identity not in seen])
    home = own_ids(session, (one.entry.code for one in entries if one.entry.code), by=asked.by)
    for one in entries:
        was = before.get(one.identity)
        said = seen.get(one.identity) or (was.digest if was else None)
        if said is None and one.entry.code not in home:
            batch.fresh.append(one)
        elif said is None or said == one.digest:
            batch.there.append(one)
        else:
            record_id = was.record_id if was else None
            batch.differing.append(replace(one, record_id=record_id))
        seen[one.identity] = one.digest
    if asked.beside:
        batch.fresh = _compared(session, batch.fresh, asked)
    return batch


def _made(one: Prepared) -> Entry:
    if one.entry is None:
        raise one.problem or BrokenRowError(Reason.FORM)
    return one.entry


def _compared(session: Session, fresh: Sequence[Sorted], asked: Asked) -> list[Sorted]:
    drafts = [one.entry for one in fresh if isinstance(one.entry, Draft)]
    found = likes(session, drafts, by=asked.by, run_id=asked.run_id, near=asked.near)
    return [
        one
        if isinstance(one.entry, Tie) or one.entry.line not in found
        else replace(one, likes=tuple(found[one.entry.line]))
        for one in fresh
    ]
