"""How a segment and the list that vouches for it are sealed: their keys, their places, what the list says."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from portal.store.segments import IndexManifest
from portal.vault.seal import Label, Sealed, context, derive, seal, unseal

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
