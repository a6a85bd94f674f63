"""Keeping the index up: what waits is read in by a session that may read it, in small transactions.

A batch either adds keys or erases some, never both, so a crash anywhere loses nothing: the cases are the
truth, and what is in no segment waits to be read in.
"""

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID, uuid4

from sqlalchemy import func, select

from portal.casework import digest
from portal.casework.allowed import readable
from portal.casework.digest import Gathered
from portal.casework.index import Index, Piece, open_index
from portal.casework.search_format import SIZE, Digest, pack_heads, pack_words, unpack_pieces
from portal.casework.search_sealing import Entry, Line, seal_list, segment_key, segment_place, wrap_place
from portal.database import PortalSession
from portal.errors import RefusedError
from portal.ledger.service import note
from portal.permissions import Group
from portal.staff import service as staff
from portal.staff.actor import Actor
from portal.store import segments
from portal.store.segments import IndexManifest, IndexSegment, IndexStale, SegmentKey
from portal.vault.seal import KEY_SIZE, seal
from portal.vault.wrap import key_id, public_key, wrap

MERGE = 8
"""Small segments that a line may have before they are made one."""
_SMALL = SIZE // 2

Once = Callable[[Callable[[PortalSession], "Batch | int"]], "Batch | int"]


@dataclass(frozen=True)
class Batch:
    """What one transaction did: the cases it read in, and those that did not open."""

    read: frozenset[UUID] = field(default_factory=frozenset)
    passed_over: frozenset[UUID] = field(default_factory=frozenset)


def bring_in(
    session: PortalSession,
    *,
    by: Actor,
    limit: int = SIZE,
    repair: bool = False,
    skip: Collection[UUID] = (),
) -> Batch:
    """Read in some of the cases that wait, those that have changed first.

    ``repair`` removes what is damaged and reads its cases in again as well; without it they stay as they
    are, so that the damage is seen. Cases in ``skip`` are passed over.
    """
    if staff.present(session, staff_id=by.id, hold=True) is None:
        raise RefusedError
    segments.alone(session)
    index = open_index(session, by=by)
    if repair:
        index.look_everywhere()
        _remove_damage(session, index, by)
    else:
        index.keys(index.pieces)
    allowed = readable(session, by=by)
    wanted = _waiting(session, index, allowed, skip)[:limit]
    gathered = [
        one
        for one in digest.gather(session, by=by, case_ids=wanted, lock=True)
        if (one.group.value, one.epoch) not in index.broken
    ]
    made = digest.make(session, gathered)
    for line, digests in _by_line(gathered, made).items():
        _write(session, index, line, digests, allowed)
    for row in session.scalars(select(IndexStale).where(IndexStale.submission_id.in_(list(made)))).all():
        session.delete(row)
    if made:
        note(session, "index.read-in", by=by.name, detail={"cases": str(len(made))})
    return Batch(frozenset(made), frozenset(set(wanted).difference(made)))


def _by_line(gathered: Iterable[Gathered], made: Mapping[UUID, Digest]) -> dict[Line, list[Digest]]:
    lines: dict[Line, list[Digest]] = {}
    for one in gathered:
        if one.opened.submission.id in made:
            line = (one.group.value, one.epoch)
            lines.setdefault(line, []).append(made[one.opened.submission.id])
    return lines


def tidy(session: PortalSession, *, by: Actor) -> int:
    """Erase the keys of segments that are there no more; returns how many."""
    if staff.present(session, staff_id=by.id, hold=True) is None:
        raise RefusedError
    segments.alone(session)
    erased = segments.erase_keys(session, kept=session.scalars(select(IndexSegment.id)).all())
    if erased:
        note(session, "index.tidy", by=by.name, detail={"keys": str(erased)})
    return erased


def rounds(once: Once, *, by: Actor, repair: bool = False) -> Iterator[int]:
    """Read everything in, each batch through ``once`` (opens a unit of work, commits it); yields between."""
    skip: set[UUID] = set()
    while True:
        batch = once(partial(bring_in, by=by, repair=repair, skip=frozenset(skip)))
        assert isinstance(batch, Batch)  # noqa: S101 - for the type checker
        if not batch.read and not batch.passed_over:
            break
        skip |= batch.passed_over
        yield len(batch.read)
    once(partial(tidy, by=by))


def carry_over(session: PortalSession, *, by: Actor, group: Group, epoch: int) -> int:
    """Bring the segments of a group's earlier keys under its present one, all at once; returns how many.

    For the end of a move to a new key, when every case opens with it; whatever does not open here is
    removed, and its cases are read in again.
    """
    segments.alone(session)
    index = open_index(session, by=by)
    target = (group.value, epoch)
    earlier = [one for one in index.pieces if one.line[0] == group.value and one.line[1] < epoch]
    keys = index.keys(earlier)
    public = public_key(by.seed_at(group, epoch))
    entries = index.entries.setdefault(target, {})
    for piece in earlier:
        if piece.id not in keys:
            continue
        row = session.keys.get_one(SegmentKey, piece.id)
        row.key_id, row.epoch = key_id(public), epoch
        row.blob = wrap(public, keys[piece.id], wrap_place(group.value, piece.id))
        session.get_one(IndexSegment, piece.id).epoch = epoch
        entries[piece.id] = index.entries[piece.line][piece.id]
    left = select(IndexSegment.id).where(IndexSegment.group == group.value, IndexSegment.epoch < epoch)
    segments.remove(session, [one for one in session.scalars(left) if one not in keys])
    _keep_list(session, index, target, entries.values())
    lists = select(IndexManifest).where(IndexManifest.group == group.value, IndexManifest.epoch < epoch)
    for manifest in session.scalars(lists).all():
        session.delete(manifest)
    return len(keys)


def _waiting(
    session: PortalSession, index: Index, allowed: Collection[bytes], skip: Collection[UUID]
) -> list[UUID]:
    """Return the cases to be read in: those that have changed, then the longest waiting."""
    covered = index.covered
    stale = [one.bytes for one in session.scalars(select(IndexStale.submission_id))]
    order = [*(one for one in stale if one in allowed), *(one for one in allowed if one not in covered)]
    passed = {one.bytes for one in skip} | index.lost
    return [UUID(bytes=one) for one in dict.fromkeys(order) if one not in passed]


def _remove_damage(session: PortalSession, index: Index, by: Actor) -> None:
    """Take what is damaged out; the list remembers its cases until all of them are read in again."""
    if not index.damaged and not index.broken:
        return
    note(session, "index.repair", by=by.name, detail={"segments": str(len(index.damaged))})
    rows = select(IndexSegment.id, IndexSegment.group, IndexSegment.epoch)
    gone = [
        one.id
        for one in session.execute(rows)
        if one.id in index.damaged or (one.group, one.epoch) in index.broken
    ]
    segments.remove(session, gone)
    session.flush()
    for line in index.broken:
        index.entries[line] = {}
    for line, entries in index.entries.items():
        for segment_id in index.damaged.intersection(entries):
            entries[segment_id] = entries[segment_id].acknowledged()
        _keep_list(session, index, line, entries.values())
    index.acknowledge()


def _write(
    session: PortalSession, index: Index, line: Line, digests: Sequence[Digest], allowed: Collection[bytes]
) -> None:
    """Add what was read in to a line, together with its small segments when there are many of them."""
    fresh = {one.case_id.bytes for one in digests}
    mine = [one for one in index.pieces if one.line == line]
    emptied = [one for one in mine if fresh.issuperset(one.live_cases)]
    small = [one for one in mine if one not in emptied and len(one.live) < _SMALL]
    merged = small if len(small) >= MERGE else []
    kept = [
        one
        for one in _digests_of(index, merged)
        if one.case_id.bytes in allowed and one.case_id.bytes not in fresh
    ]
    merged = [one for one in merged if one in index.pieces]  # what did not open stays, as damage to be seen
    removed = {one.id for one in (*emptied, *merged)}
    entries = {
        segment_id: one
        for segment_id, one in index.entries.get(line, {}).items()
        if segment_id not in removed and _still_needed(index, one, allowed, fresh)
    }
    every = [*digests, *kept]
    for start in range(0, len(every), SIZE):
        made = _add(session, line, index.seeds[line], every[start : start + SIZE])
        entries[made.segment_id] = made
    segments.remove(session, removed)
    _keep_list(session, index, line, entries.values())


def _digests_of(index: Index, pieces: Sequence[Piece]) -> list[Digest]:
    """Take segments apart again; of each only what stands in no newer one."""
    heads = {piece.id: found for piece, found in index.heads(pieces)}
    words = {piece.id: found for piece, found in index.words(pieces)}
    digests = []
    for piece in pieces:
        if piece.id in heads and piece.id in words:
            every = unpack_pieces(heads[piece.id], words[piece.id])
            digests += [every[place] for place in piece.live]
    return digests


def _still_needed(index: Index, entry: Entry, allowed: Collection[bytes], fresh: Collection[bytes]) -> bool:
    """Tell whether a listed segment is there, or still says which cases have to be read in again."""
    if entry.segment_id in index.damaged or any(one.id == entry.segment_id for one in index.pieces):
        return True
    return any(one in allowed and one not in fresh for one in index.outdated(entry))


def _add(session: PortalSession, line: Line, seed: bytes, digests: Sequence[Digest]) -> Entry:
    group, epoch = line
    segment_id, key = uuid4(), secrets.token_bytes(KEY_SIZE)

    def sealed(which: str, raw: bytes) -> bytes:
        return seal(segment_key(key, group, segment_id, which), raw, segment_place(group, segment_id, which))

    public = public_key(seed)
    cases = b"".join(one.case_id.bytes for one in digests)
    last = session.scalar(select(func.max(IndexSegment.number)).where(IndexSegment.group == group))
    number = (last or 0) + 1
    session.keys.add(
        SegmentKey(
            segment_id=segment_id,
            key_id=key_id(public),
            epoch=epoch,
            blob=wrap(public, key, wrap_place(group, segment_id)),
        )
    )
    session.add(
        IndexSegment(
            id=segment_id,
            group=group,
            epoch=epoch,
            number=number,
            cases=cases,
            heads=sealed("heads", pack_heads(digests)),
            words=sealed("words", pack_words(digests)),
        )
    )
    session.flush()
    return Entry(segment_id, segment_key(key, group, segment_id, "mark"), number, cases)


def _keep_list(session: PortalSession, index: Index, line: Line, entries: Iterable[Entry]) -> None:
    """Seal a line's list anew, one generation on."""
    row = index.lists.get(line)
    if row is None:
        row = index.lists[line] = IndexManifest(group=line[0], epoch=line[1], generation=0)
        session.add(row)
    known = {one.segment_id: one for one in entries}
    row.generation += 1
    row.blob = seal_list(known.values(), index.seeds[line], line, row.generation)
    index.entries[line] = known
