"""The groups' sealed index, opened for one request by whoever holds the groups' keys, and trusted in nothing.

A list that only a holder of a group's key can make (`IndexManifest`) names each segment, the cases it must
have, and a mark that follows from its key. Whatever is missing, was put in or does not open is *damage*: its
cases are not searched until somebody has them read in again.
"""

import hmac
import struct
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeVar
from uuid import UUID

from sqlalchemy import func, select

from portal.casework.search_format import FormatError, Heads, Words, names_record
from portal.casework.search_sealing import Entry, Line, open_list, segment_key, segment_place, wrap_place
from portal.database import PortalSession
from portal.intake.models import GONE, Submission
from portal.permissions import Permission
from portal.staff.actor import Actor, CircleKey
from portal.store.segments import IndexManifest, IndexSegment, IndexStale, SegmentKey, split
from portal.vault.seal import Sealed, UnsealError, unseal

_Half = TypeVar("_Half", Words, Heads)


@dataclass(frozen=True)
class Piece:
    """A segment as its row tells it, and which of its cases stand in no newer one (their places)."""

    id: UUID
    line: Line
    number: int
    cases: bytes = field(repr=False)
    ids: Sequence[bytes] = field(repr=False)
    """The ids of its cases, by their places."""
    live: Collection[int] = field(repr=False)
    live_cases: Sequence[bytes] = field(repr=False)
    """The ids of those whose newest digest it holds."""


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


class Index:
    """The index of all lines whose keys the actor holds, for the life of one request.

    With ``only`` it is looked at no further than those cases need: damage elsewhere is not looked for.
    """

    def __init__(self, session: PortalSession, by: Actor, only: Collection[bytes] | None = None) -> None:
        self._session = session
        self._held = by.circle_keys
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
        self._keys: dict[UUID, bytes] = {}
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
            ids = newest = split(row.cases)
            live: Collection[int] = range(len(ids))
            if not self._newest.keys().isdisjoint(ids):
                places = {place: one for place, one in enumerate(ids) if one not in self._newest}
                live, newest = places.keys(), list(places.values())
            self._newest.update(dict.fromkeys(newest, row.number))
            pieces.append(Piece(row.id, line, row.number, row.cases, ids, live, newest))
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
        every = list(pieces)
        wanted = {one.id: one for one in every if one.id not in self._keys}
        query = select(SegmentKey.segment_id, SegmentKey.key_id, SegmentKey.blob).where(
            SegmentKey.segment_id.in_(list(wanted)), SegmentKey.key_id.in_(self._held)
        )
        for segment_id, name, blob in self._session.keys.execute(query):
            key = self._key(wanted[segment_id], self._held[name], blob)
            if key is not None:
                self._keys[segment_id] = key
        for one in wanted.values():
            if one.id not in self._keys:
                self._drop(one)
        return {one.id: self._keys[one.id] for one in every if one.id in self._keys}

    def _key(self, piece: Piece, held: CircleKey, blob: bytes) -> bytes | None:
        group = piece.line[0]
        if held.group.value != group:
            return None
        try:
            key = held.opens(blob, wrap_place(group, piece.id))
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
            found = self._read(one, Words, raw)
            if found is not None:
                yield one, found

    def heads(
        self, pieces: Iterable[Piece] | None = None, record_id: UUID | None = None
    ) -> Iterator[tuple[Piece, Heads]]:
        """Open the heads of all segments, or of these; or only of those that name a record."""
        for one, raw in self._opened(self.pieces if pieces is None else pieces, "heads"):
            if record_id is not None and not names_record(raw, record_id):
                continue
            found = self._read(one, Heads, raw)
            if found is not None:
                yield one, found

    def _read(self, piece: Piece, kind: Callable[[bytes], _Half], raw: bytes) -> _Half | None:
        """Read one half of a segment; one that is none, or of other cases, is damage."""
        with suppress(FormatError):
            found = kind(raw)
            if found.ids == piece.cases:
                return found
        self._drop(piece)
        return None

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
            if piece.ids[place] in wanted and (title := heads.title(place)):
                found[UUID(bytes=piece.ids[place])] = title
    return found
