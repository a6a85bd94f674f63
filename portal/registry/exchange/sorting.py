"""Rows told apart before anything is written: new, there already, saying something else now, broken."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from sqlalchemy.orm import Session

from portal.registry.exchange.cells import BrokenRowError, Reason, Row
from portal.registry.exchange.drafts import Draft, Entry, Stated, Tie
from portal.registry.exchange.preparing import Prepared
from portal.registry.exchange.publications import Publications
from portal.registry.exchange.standing import Known, Like, as_id, known, likes, visible_of
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
    shut: bool = False
    """Whether it is here, of a record that this person may not know of: told as new, and left as it is."""

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
    concerned = _concerned(session, entries, before, asked)
    codes = {one.entry.code: found for one in entries if (found := as_id(one.entry.code)) is not None}
    open_ids = visible_of(
        session, (*codes.values(), *(id_ for ids in concerned.values() for id_ in ids)), by=asked.by
    )
    for one in entries:
        shut = not concerned.get(one.identity, set()) <= open_ids
        was = None if shut else before.get(one.identity)
        said = seen.get(one.identity) or (was.digest if was else None)
        if said is None and codes.get(one.entry.code) not in open_ids:
            batch.fresh.append(replace(one, shut=shut))
        elif said is None or said == one.digest:
            batch.there.append(one)
        else:
            record_id = was.record_id if was else None
            batch.differing.append(replace(one, record_id=record_id))
        seen[one.identity] = one.digest
    if asked.beside:
        batch.fresh = _compared(session, batch.fresh, asked)
    return batch


def _concerned(
    session: Session, entries: Sequence[Sorted], before: Mapping[bytes, Known], asked: Asked
) -> dict[bytes, set[UUID]]:
    """Give, for each row that came in before, the records that it tells of: its own, or those it ties."""
    found: dict[bytes, set[UUID]] = {}
    ends: dict[bytes, list[str]] = {}
    for one in entries:
        was = before.get(one.identity)
        if was is not None:
            found[one.identity] = {was.record_id} if was.record_id else set()
            ends[one.identity] = _ends(one.entry)
    named = {code: asked.publications.identity(code, b"") for several in ends.values() for code in several}
    rows = known(session, [*named.values()])
    for identity, several in ends.items():
        told = (rows[named[code]].record_id if named[code] in rows else as_id(code) for code in several)
        found[identity] |= {one for one in told if one is not None}
    return found


def _ends(entry: Entry) -> list[str]:
    if isinstance(entry, Tie):
        return [entry.start, entry.end]
    return [entry.of] if isinstance(entry, Stated) else []


def _made(one: Prepared) -> Entry:
    if one.entry is None:
        raise one.problem or BrokenRowError(Reason.FORM)
    return one.entry


def _compared(session: Session, fresh: Sequence[Sorted], asked: Asked) -> list[Sorted]:
    drafts = [one.entry for one in fresh if isinstance(one.entry, Draft)]
    found = likes(session, drafts, by=asked.by, run_id=asked.run_id, near=asked.near)
    return [
        replace(one, likes=tuple(found[one.entry.line])) if one.entry.line in found else one for one in fresh
    ]
