"""The groups' sealed index, opened for one request by whoever holds the groups' keys, and trusted in nothing.

A list that only a holder of a group's key can make (`IndexManifest`) names each segment, the cases it must
have, and a mark that follows from its key. Whatever is missing, was put in or does not open is *damage*: its
cases are not searched until somebody has them read in again.
"""

import hmac
import struct
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute

from portal.casework.allowed import last_says_yes, sealed_by_death
from portal.casework.digest import Held, held_keys
from portal.casework.search_format import FormatError, Head, Words, names_record, read_heads
from portal.database import PortalSession
from portal.intake.models import GONE, Submission
from portal.permissions import CIRCLES, Permission
from portal.staff.actor import Actor
from portal.staff.models import EpochState, GroupEpoch
from portal.store.segments import IndexManifest, IndexSegment, IndexStale, SegmentKey, forget, split
from portal.store.wraps import Wrap
from portal.vault.seal import Label, Sealed, UnsealError, context, derive, seal, unseal
from portal.vault.wrap import opener

__all__ = ["Index", "Line", "Standing", "forget", "open_index", "readable", "titles"]

_ENTRY = struct.Struct("<16s32sIH")
_ACKNOWLEDGED = bytes(32)
_ID = 16

Line = tuple[str, int]
"""A group and an epoch of its key: each has an index of its own, for those who hold that key."""


@dataclass(frozen=True)
class Entry:
    """What the list says of a segment."""

    segment_id: UUID
    mark: bytes
    number: int
    cases: bytes

    @property
    def known_gone(self) -> bool:
        """Tell whether somebody has seen that it is damaged, and had it removed."""
        return self.mark == _ACKNOWLEDGED

    def acknowledged(self) -> "Entry":
        """Return the entry as it stays until all of its cases are read in again."""
        return replace(self, mark=_ACKNOWLEDGED)


@dataclass(frozen=True)
class Piece:
    """A segment as its row tells it, and which of its cases stand in no newer one (their places)."""

    id: UUID
    line: Line
    number: int
    cases: bytes = field(repr=False)
    live: Sequence[int] = field(repr=False)

    @cached_property
    def ids(self) -> list[bytes]:
        """The ids of its cases, by their places."""
        return split(self.cases)

    @cached_property
    def live_cases(self) -> list[bytes]:
        """The ids of those whose newest digest it holds."""
        return [self.ids[place] for place in self.live]


@dataclass(frozen=True)
class Standing:
    """How much of what the actor may read the index answers for."""

    total: int
    """Cases that may be read now."""
    waiting: int
    """Those of them that are not searched."""
    lost: int
    """Those of the waiting that are lost with something damaged."""
    changed: int
    """Those that are searched as they were before somebody changed them."""
    damaged: int
    """Segments that are missing, were put in, or do not open."""

    @property
    def searched(self) -> int:
        """The cases that are searched."""
        return self.total - self.waiting


# Keys and places


def segment_key(key: bytes, group: str, segment_id: UUID, piece: str) -> bytes:
    """Derive what seals the ``heads`` or the ``words`` of a segment, or its ``mark``."""
    return derive(key, context(Label.KEY_INDEX, group, segment_id, piece))


def segment_place(group: str, segment_id: UUID, piece: str) -> bytes:
    """Return the context of a segment's ``heads`` or ``words``."""
    return context(Label.SEGMENT, group, segment_id, piece)


def wrap_place(group: str, segment_id: UUID) -> bytes:
    """Return the context under which a segment's key is wrapped to its group."""
    return context(Label.WRAP_SEGMENT, group, segment_id)


def _list_key(seed: bytes, line: Line) -> bytes:
    return derive(seed, context(Label.KEY_INDEX, *line))


def seal_list(entries: Iterable[Entry], seed: bytes, line: Line, generation: int) -> Sealed:
    """Seal the list of a line's segments with what follows from the group's seed."""
    raw = b"".join(
        _ENTRY.pack(one.segment_id.bytes, one.mark, one.number, len(one.cases) // _ID) + one.cases
        for one in entries
    )
    return seal(_list_key(seed, line), raw, context(Label.INDEX_MANIFEST, *line, generation))


def open_list(row: IndexManifest, seed: bytes) -> list[Entry]:
    """Open what `seal_list` sealed; raises `UnsealError`."""
    line = (row.group, row.epoch)
    place = context(Label.INDEX_MANIFEST, *line, row.generation)
    raw, start, entries = unseal(_list_key(seed, line), Sealed(row.blob), place), 0, []
    while start < len(raw):
        segment_id, mark, number, count = _ENTRY.unpack_from(raw, start)
        start += _ENTRY.size
        entries.append(Entry(UUID(bytes=segment_id), mark, number, raw[start : start + count * _ID]))
        start += count * _ID
    return entries


# What may be read


def _hex(column: InstrumentedAttribute[UUID]) -> ColumnElement[str]:
    """Select an id as 32 hexadecimal digits on either database; making many `UUID` outlasts a search."""
    return func.replace(cast(column, String), "-", "")


def readable(session: PortalSession, *, by: Actor) -> dict[bytes, None]:
    """Return the cases (16 bytes each) that the actor may read now, the longest waiting first."""
    by.require(Permission.CASE_READ)
    groups = [group for group in CIRCLES if by.seeds.get(group)]
    query = select(_hex(Submission.id).label("id")).where(
        Submission.status.not_in(GONE), Submission.group.in_(groups), last_says_yes(session)
    )
    every = query.order_by(Submission.day, Submission.id).subquery()
    # One row of ten thousand ids is read many times faster than ten thousand rows.
    joined = session.scalar(select(func.aggregate_strings(every.c.id, "")))
    found = dict.fromkeys(split(bytes.fromhex(joined or "")))
    for sealed in sealed_by_death(session):
        found.pop(sealed.bytes, None)
    return found if _holds_all(session, by) else _openable(session, by, found)


def _holds_all(session: PortalSession, by: Actor) -> bool:
    """Tell whether the actor holds every key of their circles that may still open something."""
    query = select(GroupEpoch.group, GroupEpoch.epoch).where(
        GroupEpoch.group.in_([group for group in CIRCLES if by.seeds.get(group)]),
        GroupEpoch.state.in_((EpochState.FORMER, EpochState.CURRENT)),
    )
    return all(epoch in by.seeds[group] for group, epoch in session.execute(query))


def _openable(session: PortalSession, by: Actor, cases: Iterable[bytes]) -> dict[bytes, None]:
    """Keep the cases of which something is wrapped to a key that the actor holds."""
    query = select(_hex(Wrap.submission_id)).where(Wrap.key_id.in_(held_keys(by))).distinct()
    mine = {bytes.fromhex(one) for one in session.keys.scalars(query)}
    return {one: None for one in cases if one in mine}


# Opening


class Index:
    """The index of all lines whose keys the actor holds, for the life of one request.

    With ``only`` it is looked at no further than those cases need: damage elsewhere is not looked for.
    """

    def __init__(self, session: PortalSession, by: Actor, only: Collection[bytes] | None = None) -> None:
        self._session = session
        self._held = held_keys(by)
        self.seeds: Mapping[Line, bytes] = {
            (one.group.value, one.epoch): one.seed for one in self._held.values()
        }
        self.lists: dict[Line, IndexManifest] = {}
        self.entries: dict[Line, dict[UUID, Entry]] = {}
        self.damaged: set[UUID] = set()
        self.broken: set[Line] = set()
        self.lost: set[bytes] = set()
        """Cases of which something damaged had the newest digest."""
        self.again: set[bytes] = set()
        """Cases whose newest digest was erased with another case; they wait to be read in again."""
        self._newest: dict[bytes, int] = {}
        self._covered: set[bytes] | None = None
        self._read_lists()
        self.pieces = self._read_pieces(only)
        if only is None:
            self._look_for_missing()

    def _read_lists(self) -> None:
        groups = {group for group, _ in self.seeds}
        for row in self._session.scalars(select(IndexManifest).where(IndexManifest.group.in_(groups))):
            line = (row.group, row.epoch)
            if line not in self.seeds:
                continue
            self.lists[line] = row
            try:
                self.entries[line] = {one.segment_id: one for one in open_list(row, self.seeds[line])}
            except (UnsealError, struct.error):
                self.broken.add(line)

    def _read_pieces(self, only: Collection[bytes] | None) -> list[Piece]:
        """Read what segments there are, the newest first; those that the list does not know are damage."""
        query = select(
            IndexSegment.id, IndexSegment.group, IndexSegment.epoch, IndexSegment.number, IndexSegment.cases
        ).where(IndexSegment.group.in_({group for group, _ in self.seeds}))
        pieces = []
        for row in self._session.execute(query.order_by(IndexSegment.number.desc())):
            line = (row.group, row.epoch)
            entry = self.entries.get(line, {}).get(row.id)
            if line not in self.seeds or (only is not None and not any(one in row.cases for one in only)):
                continue
            if entry is None or (entry.number, entry.cases) != (row.number, row.cases):
                self.damaged.add(row.id)
                if line not in self.entries:
                    self.broken.add(line)
                continue
            ids = split(row.cases)
            live: Sequence[int] = range(len(ids))
            if not self._newest.keys().isdisjoint(ids):
                live = tuple(place for place, one in enumerate(ids) if one not in self._newest)
            self._newest.update(dict.fromkeys((ids[place] for place in live), row.number))
            pieces.append(Piece(row.id, line, row.number, row.cases, live))
        return pieces

    def _look_for_missing(self) -> None:
        """Find what the list has and the table has not; what went with one of its cases is no damage."""
        there = {one.id for one in self.pieces}
        for line, entries in self.entries.items():
            for one in entries.values():
                if one.segment_id in there:
                    continue
                if one.segment_id in self.damaged or not (one.known_gone or self._went(line, one.cases)):
                    self.damaged.add(one.segment_id)
                    self.lost.update(self.outdated(one))
                else:
                    self.again.update(self.outdated(one))

    def outdated(self, entry: Entry) -> list[bytes]:
        """Return the cases of a listed segment of which no newer one is there."""
        return [one for one in split(entry.cases) if self._newest.get(one, -1) < entry.number]

    def _went(self, line: Line, cases: bytes) -> bool:
        """Tell whether a case was taken back or moved away: then its segments were rightly erased."""
        ids = [UUID(bytes=one) for one in split(cases)]
        query = select(func.count(Submission.id)).where(
            Submission.id.in_(ids), Submission.status.not_in(GONE), Submission.group == line[0]
        )
        return self._session.scalar(query) != len(ids)

    def keys(self, pieces: Iterable[Piece]) -> dict[UUID, bytes]:
        """Open the keys of these segments; one that does not open, or is not the one listed, is damage."""
        wanted = {one.id: one for one in pieces}
        query = select(SegmentKey.segment_id, SegmentKey.key_id, SegmentKey.blob).where(
            SegmentKey.segment_id.in_(list(wanted)), SegmentKey.key_id.in_(self._held)
        )
        openers: dict[str, Callable[[bytes, bytes], bytes]] = {}
        found: dict[UUID, bytes] = {}
        for segment_id, name, blob in self._session.keys.execute(query):
            if name not in openers:
                openers[name] = opener(self._held[name].seed)
            key = self._key(wanted[segment_id], self._held[name], openers[name], blob)
            if key is not None:
                found[segment_id] = key
        for one in wanted.values():
            if one.id not in found:
                self._drop(one)
        return found

    def _key(
        self, piece: Piece, held: Held, opens: Callable[[bytes, bytes], bytes], blob: bytes
    ) -> bytes | None:
        group = piece.line[0]
        if held.group.value != group:
            return None
        try:
            key = opens(blob, wrap_place(group, piece.id))
        except UnsealError:
            return None
        mark = segment_key(key, group, piece.id, "mark")
        return key if hmac.compare_digest(mark, self.entries[piece.line][piece.id].mark) else None

    def _drop(self, piece: Piece) -> None:
        self.pieces.remove(piece)
        self.damaged.add(piece.id)
        self.lost.update(piece.live_cases)
        self._covered = None

    def _opened(self, pieces: Iterable[Piece], which: str) -> Iterator[tuple[Piece, bytes]]:
        """Unseal the ``heads`` or the ``words`` of these segments, one after the other."""
        wanted = list(pieces)
        keys = self.keys(wanted)
        column = IndexSegment.heads if which == "heads" else IndexSegment.words
        query = select(IndexSegment.id, column).where(IndexSegment.id.in_(list(keys)))
        blobs = dict(self._session.execute(query).all())
        for one in wanted:
            if one.id in keys:
                group = one.line[0]
                key = segment_key(keys[one.id], group, one.id, which)
                try:
                    yield one, unseal(key, Sealed(blobs[one.id]), segment_place(group, one.id, which))
                except UnsealError:
                    self._drop(one)

    def words(self, pieces: Iterable[Piece] | None = None) -> Iterator[tuple[Piece, Words]]:
        """Open the words of all segments, or of these."""
        for one, raw in self._opened(self.pieces if pieces is None else pieces, "words"):
            try:
                found = Words(raw)
            except FormatError:
                self._drop(one)
                continue
            if b"".join(found.ids) == one.cases:
                yield one, found
            else:
                self._drop(one)

    def heads(
        self, pieces: Iterable[Piece] | None = None, record_id: UUID | None = None
    ) -> Iterator[tuple[Piece, list[Head]]]:
        """Open the heads of all segments, or of these; or only of those that name a record."""
        for one, raw in self._opened(self.pieces if pieces is None else pieces, "heads"):
            if record_id is not None and not names_record(raw, record_id):
                continue
            try:
                yield one, read_heads(raw)
            except FormatError:
                self._drop(one)

    def look_everywhere(self) -> None:
        """Open every piece once, so that all damage is known."""
        for opened in (self.heads(), self.words()):
            for _ in opened:
                pass

    def acknowledge(self) -> None:
        """Treat what is damaged as rightly gone: its cases wait to be read in again."""
        self.again |= self.lost
        for one in (self.lost, self.damaged, self.broken):
            one.clear()
        self._covered = None

    @property
    def covered(self) -> set[bytes]:
        """The cases whose newest digest stands in a segment which holds."""
        if self._covered is None:
            live = set(chain.from_iterable(piece.live_cases for piece in self.pieces))
            self._covered = live - self.lost - self.again
        return self._covered

    def standing(self, allowed: Mapping[bytes, None]) -> Standing:
        """Say how much of what may be read is searched; ask after opening, which may find damage."""
        covered = self.covered
        changed = self._session.scalars(select(IndexStale.submission_id)).all()
        return Standing(
            total=len(allowed),
            waiting=len(allowed.keys() - covered),
            lost=len(allowed.keys() & self.lost),
            changed=sum(one.bytes in allowed and one.bytes in covered for one in changed),
            damaged=max(len(self.damaged), len(self.broken)),
        )


def open_index(session: PortalSession, *, by: Actor) -> Index:
    """Read the lists of all indexes whose keys the actor holds; pieces are opened when they are asked for."""
    by.require(Permission.CASE_READ)
    return Index(session, by)


def titles(session: PortalSession, *, by: Actor, case_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the own words of these cases, as far as the index has them; the caller asked for leave."""
    wanted = {one.bytes for one in case_ids}
    found: dict[UUID, str] = {}
    by.require(Permission.CASE_READ)
    index = Index(session, by, only=wanted)
    near = [piece for piece in index.pieces if not wanted.isdisjoint(piece.live_cases)]
    for piece, heads in index.heads(near):
        for place in piece.live:
            if heads[place].title and heads[place].case_id.bytes in wanted:
                found[heads[place].case_id] = heads[place].title
    return found
