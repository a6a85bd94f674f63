"""A segment of the index: what 250 cases are about, in two pieces that open without being unpacked.

*Heads* is canonical JSON: per case its id, title, language, coded month, and the records it is linked to.
*Words* is binary, little-endian: the sorted vocabulary, for each word the cases that have it (one byte each,
their places in the heads), and a table from the CRC-32 of each sound to the words that have it.
"""

import json
import struct
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import UUID
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from portal.casework.search_words import Closeness, Wanted, sounds

SIZE = 250
"""Cases of a full segment; a place must fit a byte."""

_VERSION = 1
_HEAD = struct.Struct("<4sHIIII")
_MAGIC = b"tpi1"
_UNTOLD = 255
_MOST_SHORT = 0x10000
_FEW = 8
"""Sounds that are looked up one by one faster than together."""

Crcs: TypeAlias = NDArray[np.uint32]


class FormatError(ValueError):
    """What was unsealed is no segment: a bug, or another version's work."""


@dataclass(frozen=True)
class Spoken:
    """A record that a case is linked to, or coded with, and how."""

    record_id: UUID
    relation: str


@dataclass(frozen=True)
class Digest:
    """What the index holds of one case."""

    case_id: UUID
    words: frozenset[str] = field(repr=False)
    title: str = field(default="", repr=False)
    language: str = ""
    month: str = field(default="", repr=False)
    spoken: tuple[Spoken, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Head:
    """A digest without its words."""

    case_id: UUID
    title: str = field(repr=False)
    language: str
    month: str = field(repr=False)
    spoken: tuple[Spoken, ...] = field(repr=False)


# Heads


def pack_heads(digests: Sequence[Digest]) -> bytes:
    """Write the heads of a segment."""
    cases = [
        [one.case_id.hex, one.title, one.language, one.month]
        + [[spoken.record_id.hex, spoken.relation] for spoken in one.spoken]
        for one in digests
    ]
    return json.dumps({"cases": cases, "v": _VERSION}, ensure_ascii=False, separators=(",", ":")).encode()


class Heads:
    """The heads of a segment, taken apart where they are asked for."""

    def __init__(self, raw: bytes) -> None:
        try:
            data = json.loads(raw)
            version, self._cases = data["v"], data["cases"]
            self._ids = bytes.fromhex("".join(one[0] for one in self._cases))
        except (LookupError, TypeError, ValueError):
            raise FormatError from None
        if version != _VERSION:
            raise FormatError

    @property
    def ids(self) -> bytes:
        """The ids of the cases, 16 bytes each."""
        return self._ids

    def title(self, place: int) -> str:
        """Return the title that staff gave a case."""
        return str(self._cases[place][1])

    def speaking_of(self, record_id: UUID) -> dict[int, set[str]]:
        """Return the places of the cases that are linked to a record, and how they are."""
        wanted, found = record_id.hex, dict[int, set[str]]()
        for place, case in enumerate(self._cases):
            for named, relation in case[4:]:
                if named == wanted:
                    found.setdefault(place, set()).add(relation)
        return found

    def all(self) -> list[Head]:
        """Return every head."""
        return [
            Head(
                UUID(case_id),
                title,
                language,
                month,
                tuple(Spoken(UUID(record_id), relation) for record_id, relation in spoken),
            )
            for case_id, title, language, month, *spoken in self._cases
        ]


def names_record(raw: bytes, record_id: UUID) -> bool:
    """Tell without reading them whether the heads name a record."""
    return record_id.hex.encode() in raw


# Words


def pack_words(digests: Sequence[Digest]) -> bytes:
    """Write the words of a segment; the digests are in the order of its heads."""
    if len(digests) > SIZE:
        raise ValueError("A segment holds 250 cases at most.")
    postings: dict[str, bytearray] = {}
    for place, one in enumerate(digests):
        for word in one.words:
            postings.setdefault(word, bytearray()).append(place)
    vocabulary = sorted(word.encode() for word in postings)
    cases = [bytes(postings[word.decode()]) for word in vocabulary]
    heard = sorted(
        (crc32(sound.encode()), place)
        for place, word in enumerate(vocabulary)
        for sound in sounds(word.decode())
    )
    pieces = (
        b"".join(one.case_id.bytes for one in digests),
        _numbers(_ends(vocabulary)),
        b"".join(vocabulary),
        _numbers(_ends(cases)),
        b"".join(cases),
        _numbers([crc for crc, _ in heard]),
        _numbers([place for _, place in heard], _place_type(len(vocabulary))),
    )
    head = _HEAD.pack(_MAGIC, len(digests), len(vocabulary), len(pieces[2]), len(pieces[4]), len(heard))
    return head + b"".join(pieces)


def _ends(pieces: Iterable[bytes]) -> Iterator[int]:
    end = 0
    yield end
    for piece in pieces:
        end += len(piece)
        yield end


def _place_type(words: int) -> str:
    """Choose the size of a word's place: two bytes nearly always suffice."""
    return "H" if words <= _MOST_SHORT else "I"


def _numbers(values: Iterable[int], kind: str = "I") -> bytes:
    found = array(kind, values)
    if sys.byteorder == "big":
        found.byteswap()
    return found.tobytes()


class Words:
    """The words of a segment, looked up where they lie."""

    def __init__(self, raw: bytes) -> None:
        try:
            magic, cases, words, letters, postings, heard = _HEAD.unpack_from(raw)
        except struct.error:
            raise FormatError from None
        kind = _place_type(words)
        wide = heard * array(kind).itemsize
        sizes = (cases * 16, words * 4 + 4, letters, words * 4 + 4, postings, heard * 4, wide)
        if magic != _MAGIC or len(raw) != _HEAD.size + sum(sizes):
            raise FormatError
        pieces, start = [], _HEAD.size
        for size in sizes:
            pieces.append(raw[start : start + size])
            start += size
        self._ids, self._letters, self._postings = pieces[0], pieces[2], pieces[4]
        self._word_ends, self._case_ends = _array(pieces[1]), _array(pieces[3])
        self._crcs, self._places = _array(pieces[5]), _array(pieces[6], kind)

    @property
    def ids(self) -> bytes:
        """The ids of the cases, 16 bytes each, in the order of the heads."""
        return self._ids

    def __len__(self) -> int:
        """Count the distinct words."""
        return len(self._word_ends) - 1

    def word(self, place: int) -> str:
        """Return one word of the vocabulary."""
        return self._letters[self._word_ends[place] : self._word_ends[place + 1]].decode()

    def cases_at(self, place: int) -> bytes:
        """Return the cases that have the word, as places in the heads, one byte each."""
        return self._postings[self._case_ends[place] : self._case_ends[place + 1]]

    def postings(self) -> tuple[list[bytes], NDArray[np.int64], NDArray[np.uint8]]:
        """Return all words, how many cases have each, and those cases' places one after the other."""
        ends, letters = self._word_ends, self._letters
        words = [letters[ends[place] : ends[place + 1]] for place in range(len(self))]
        ends_of_cases = np.array(self._case_ends, dtype=np.int64)
        counts = ends_of_cases[1:] - ends_of_cases[:-1]
        return words, counts, np.frombuffer(self._postings, np.uint8)

    def _from(self, word: bytes) -> int:
        """Return where a word stands in the vocabulary, or would."""
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._letters[self._word_ends[middle] : self._word_ends[middle + 1]] < word:
                low = middle + 1
            else:
                high = middle
        return low

    def _heard(self, crcs: Crcs) -> Iterator[int]:
        """Give the places of the words that sound like one of these; of many, few are there at all."""
        every, places = self._crcs, self._places
        if len(crcs) > _FEW and every:
            there = np.frombuffer(every, np.uint32)
            crcs = crcs[there[np.searchsorted(there, crcs).clip(max=len(there) - 1)] == crcs]
        for crc in crcs.tolist():
            at = bisect_left(every, crc)
            while at < len(every) and every[at] == crc:
                yield places[at]
                at += 1

    def _candidates(self, one: Wanted, crcs: Crcs) -> set[int]:
        found = set(self._heard(crcs))
        if one.begins:
            raw = one.word.encode()
            place = self._from(raw)
            while place < len(self) and self.word(place).startswith(one.word):
                found.add(place)
                place += 1
        return found

    def search(self, one: Wanted, crcs: Crcs) -> "Told":
        """Say how close each case comes to a word.

        ``crcs`` are those of the word's sounds and near sounds (`crcs_of`), computed once for all segments.
        """
        close = bytearray([_UNTOLD]) * (len(self._ids) // 16)
        by: list[tuple[str, bytes]] = []
        for place in self._candidates(one, crcs):
            word = self.word(place)
            how = one.closeness(word)
            if how is not None:
                cases = self.cases_at(place)
                by.append((word, cases))
                for case in cases:
                    if how < close[case]:  # noqa: PLR1730 - twice as fast as min
                        close[case] = how
        return Told(close, by)

    def by_case(self) -> list[set[str]]:
        """Return the words of each case."""
        found: list[set[str]] = [set() for _ in range(len(self._ids) // 16)]
        for place in range(len(self)):
            word = self.word(place)
            for case in self.cases_at(place):
                found[case].add(word)
        return found


def crcs_of(one: Wanted) -> Crcs:
    """Return what a word's sounds, and those one letter away, are found under."""
    return np.array([crc32(sound.encode()) for sound in (*one.sounds, *one.near_sounds)], np.uint32)


def _array(raw: bytes, kind: str = "I") -> "array[int]":
    found = array(kind)
    found.frombytes(raw)
    if sys.byteorder == "big":
        found.byteswap()
    return found


def unpack_pieces(heads: Heads, words: Words) -> list[Digest]:
    """Return the digests that a segment was packed from."""
    if heads.ids != words.ids:
        raise FormatError
    return [
        Digest(one.case_id, frozenset(told), one.title, one.language, one.month, one.spoken)
        for one, told in zip(heads.all(), words.by_case(), strict=True)
    ]


@dataclass(frozen=True)
class Told:
    """What a segment answers to one word: how close each case comes (255: not at all), and by which words."""

    close: bytearray
    by: Sequence[tuple[str, bytes]] = field(repr=False)

    def words_in(self, place: int) -> set[str]:
        """Return the written words by which a case answers."""
        return {word for word, cases in self.by if place in cases}


def answers(told: Sequence[Told], *, partly: bool = False) -> Mapping[int, int]:
    """Return the cases that answer every word, or with ``partly`` any of them, and at what cost.

    The cost is the sum of how close they come; a word that is missing costs more than any that is there.
    """
    if not partly and not all(one.by for one in told):
        return {}
    costs = _COSTS[np.array([np.frombuffer(one.close, np.uint8) for one in told])]
    sums = costs.sum(axis=0)
    found = np.flatnonzero(sums < _MISSING * len(told) if partly else costs.max(axis=0) < _MISSING)
    return dict(zip(found.tolist(), sums[found].tolist(), strict=True))


_MISSING = 9
_COSTS = np.array([one if one in set(Closeness) else _MISSING for one in range(_UNTOLD + 1)])
