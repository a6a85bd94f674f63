"""Which known names a written name may mean: fuzzy on words, exact on persons.

A word finds the words of the vocabulary whose consonants agree but for one, and a weighted alignment of the
two phonetic forms says how near they are. Persons are then found through the words they are called by, and
ranked by how much of the query each explains, rare words counting for more (inverse document frequency).
"""

import heapq
import math
from array import array
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice, pairwise
from typing import Protocol
from uuid import UUID

import numpy as np

from portal.linking.lexicon import Floats, Lexicon, Rows
from portal.linking.words import Asked, readings_of, ways, words_of

_RERANKED = 240
"""Names that are looked at closely."""
_COMMON = 0.9
"""Words this much alike are counted as one when it is asked how many people have it."""
_SOUNDS_ALIKE = 0.85
_UNMATCHED, _INVERTED = 0.04, 0.02
_SLACK = 1000

Alike = Mapping[str, Mapping[int, float]]
"""For each word of the query: places of words in the lexicon, and how alike they are."""


class Kind(StrEnum):
    """How one word of the query stands to the name."""

    SAME = "same"
    SOUNDS_ALIKE = "sounds-alike"
    SIMILAR = "similar"
    MISSING = "missing"
    ADDITIONAL = "additional"


@dataclass(frozen=True)
class Reason:
    """One word of the query beside the word of the name that it agrees with; either may be empty."""

    kind: Kind
    asked: str
    known: str
    similarity: float


@dataclass(frozen=True)
class Suggestion:
    """A record that a name may mean; ``score`` is an order, 1 at most, and no probability."""

    id: Hashable
    score: float
    reasons: tuple[Reason, ...]


class Ids(Protocol):
    """The ids of an index, in the order they came; one that was removed and came again has two places."""

    def __len__(self) -> int:
        """How many there are."""

    def __getitem__(self, place: int, /) -> Hashable:
        """Give the id at a place."""

    def append(self, record_id: Hashable, /) -> None:
        """Add an id at the end."""

    def places(self, record_id: Hashable) -> set[int]:
        """Give every place of an id."""


class AnyIds(list[Hashable]):
    """Ids of any sort."""

    def places(self, record_id: Hashable) -> set[int]:
        """Give every place of an id."""
        return {place for place, one in enumerate(self) if one == record_id}


class Uuids:
    """UUIDs side by side: 16 bytes each, where objects would take a hundred."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def __len__(self) -> int:
        """How many there are."""
        return len(self._bytes) // 16

    def __getitem__(self, place: int, /) -> UUID:
        """Give the id at a place."""
        return UUID(bytes=bytes(self._bytes[16 * place : 16 * place + 16]))

    def append(self, record_id: Hashable, /) -> None:
        """Add an id at the end."""
        if not isinstance(record_id, UUID):
            raise TypeError("a UUID is kept")
        self._bytes += record_id.bytes

    def places(self, record_id: Hashable) -> set[int]:
        """Give every place of an id."""
        found: set[int] = set()
        wanted = record_id.bytes if isinstance(record_id, UUID) else b""
        at = self._bytes.find(wanted) if wanted else -1
        while at >= 0:
            if at % 16 == 0:
                found.add(at // 16)
            at = self._bytes.find(wanted, at + 1)
        return found


class NameIndex:
    """Names of records, ready to be asked; ``records`` are ``(id, names)``, each id once.

    ``titled=False`` for places; with ``remember=False`` no word that was asked stays. At 1,000,000 names it
    takes some 150 MB; asking does not change it but for a cache of words.
    """

    def __init__(
        self,
        records: Iterable[tuple[Hashable, Sequence[str]]],
        *,
        ids: Ids | None = None,
        titled: bool = True,
        remember: bool = True,
    ) -> None:
        self._ids: Ids = AnyIds() if ids is None else ids
        self._titled = titled
        self._gone: set[int] = set()
        self._lexicon = Lexicon(remember=remember)
        self._person = array("i")
        self._starts = array("q", [0])
        self._words = array("i")
        self._late: dict[int, list[int]] = {}
        for record_id, names in records:
            self._append(record_id, names)
        self._pack()

    def __len__(self) -> int:
        return len(self._ids) - len(self._gone)

    # Keeping

    def _append(self, record_id: Hashable, names: Sequence[str]) -> None:
        person = len(self._ids)
        self._ids.append(record_id)
        for written in dict.fromkeys(way for name in names for way in ways(name)):
            places = [self._lexicon.place(word) for word in words_of(written, titled=self._titled)]
            if places:
                self._person.append(person)
                self._words.extend(places)
                self._starts.append(len(self._words))

    def _pack(self) -> None:
        """Turn the words of each name into the names of each word."""
        words = np.array(self._words, dtype=np.int32)
        starts = np.array(self._starts, dtype=np.int64)
        lengths = starts[1:] - starts[:-1]
        rows = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
        self._postings = rows[np.argsort(words, kind="stable")]
        self._counts = np.bincount(words, minlength=len(self._lexicon))
        self._offsets = np.concatenate(([0], np.cumsum(self._counts)))
        self._lengths = lengths.astype(np.uint8)
        self._last_counts = np.bincount(words[starts[1:] - 1], minlength=len(self._lexicon))
        self._packed, self._late = len(self._person), {}
        self._lexicon.pack()

    def add(self, record_id: Hashable, names: Sequence[str]) -> None:
        """Add a record, or further names of one that is there."""
        first = len(self._person)
        self._append(record_id, names)
        for row in range(first, len(self._person)):
            for place in dict.fromkeys(self._known(row)):
                self._late.setdefault(place, []).append(row)
        if len(self._person) > 2 * self._packed + _SLACK:
            self._pack()

    def remove(self, record_id: Hashable) -> None:
        """Forget a record and all its names; raises `KeyError` when there is none."""
        found = self._ids.places(record_id) - self._gone
        if not found:
            raise KeyError(record_id)
        self._gone |= found

    def _known(self, row: int) -> Sequence[int]:
        return self._words[self._starts[row] : self._starts[row + 1]]

    def share(self, word: str) -> float:
        """Return the share of names that have a word, however they spell it; 0 when none does."""
        count = sum(self._count(place) for place, near in self._lexicon.alike(word).items() if near > _COMMON)
        return count / len(self._person) if count else 0.0

    def bearers(self, word: str) -> int:
        """Return how many names have a word, or one with the same consonants."""
        return sum(map(self._count, self._lexicon.sounding(word)))

    # Looking in, for who reads a text

    @property
    def lexicon(self) -> Lexicon:
        """The words of all names."""
        return self._lexicon

    @property
    def size(self) -> int:
        """How many names there are, those that are forgotten included; their rows count from 0."""
        return len(self._person)

    def rows(self, place: int) -> Rows:
        """Return the rows of the names that have a word."""
        packed = np.zeros(0, dtype=np.int32)
        if place < len(self._counts):
            packed = self._postings[self._offsets[place] : self._offsets[place + 1]]
        late = self._late.get(place)
        return np.concatenate((packed, np.array(late, dtype=np.int32))) if late else packed

    def shortest(self, rows: Rows, most: int) -> list[int]:
        """Return the rows of the shortest names among some, of records that are not forgotten."""
        if len(rows) > 2 * most:
            packed = rows[rows < len(self._lengths)]
            late = rows[rows >= len(self._lengths)]
            rows = np.concatenate((packed[np.argsort(self._lengths[packed], kind="stable")], late))
        found = (row for row in rows.tolist() if self._person[row] not in self._gone)
        return [*islice(found, most)]

    def name_at(self, row: int) -> Sequence[int]:
        """Return the places of a name's words."""
        return self._known(row)

    def id_at(self, row: int) -> Hashable | None:
        """Return whose name it is, None when the record was forgotten."""
        person = self._person[row]
        return None if person in self._gone else self._ids[person]

    def ends_names(self, place: int) -> float:
        """Return in which share of its names a word is the last, as family names are, 0 to 1."""
        if place < len(self._counts) and place not in self._late:
            return float(self._last_counts[place] / max(self._counts[place], 1))
        rows = self.rows(place).tolist()
        return sum(self._known(row)[-1] == place for row in rows) / max(len(rows), 1)

    def compare(
        self, row: int, reading: Sequence[Asked], alike: Alike, weights: Mapping[str, float]
    ) -> Suggestion:
        """Return how far a reading of words explains one name; ``weights`` come from `weight`."""
        score = round(max(self._score(row, reading, alike, weights), 0.0), 4)
        return Suggestion(self.id_at(row), score, self._reasons(row, reading, alike))

    # Asking

    def suggest(self, query: str, k: int) -> list[Suggestion]:
        """Return the ``k`` records whose names explain the query best, the best first."""
        readings = [reading for reading in readings_of(query, titled=self._titled) if reading]
        if not readings or k < 1:
            return []
        words = dict.fromkeys(one.word for reading in readings for one in reading)
        alike = {word: self._lexicon.alike(word) for word in words}
        weights = {word: self.weight(found) for word, found in alike.items()}
        best: dict[Hashable, tuple[float, int, Sequence[Asked]]] = {}
        for row in self._near(readings, alike, weights, max(_RERANKED, 4 * k)):
            if self._person[row] in self._gone:
                continue
            record_id = self._ids[self._person[row]]
            for reading in readings:
                score = self._score(row, reading, alike, weights)
                if record_id not in best or score > best[record_id][0]:
                    best[record_id] = score, row, reading
        top = heapq.nlargest(k, best.items(), key=lambda one: (one[1][0], -one[1][1]))
        return [
            Suggestion(record_id, round(max(score, 0.0), 4), self._reasons(row, reading, alike))
            for record_id, (score, row, reading) in top
        ]

    def weight(self, found: Mapping[int, float]) -> float:
        """Weigh a word by how few names have it, however they spell it."""
        count = sum(self._count(place) for place, similarity in found.items() if similarity > _COMMON)
        return math.log(1 + (len(self._person) + 1) / (count + 1)) + 0.5

    def _count(self, place: int) -> int:
        packed = int(self._counts[place]) if place < len(self._counts) else 0
        return packed + len(self._late.get(place, ()))

    def _near(
        self, readings: Sequence[Sequence[Asked]], alike: Alike, weights: Mapping[str, float], most: int
    ) -> list[int]:
        """Return the names worth a closer look: what their words can explain of the query at best."""
        plain = readings[0]
        explained = np.zeros((len(plain), len(self._person)), dtype=np.float32)
        for one in dict.fromkeys(one for reading in readings for one in reading):
            part = self._spread(alike[one.word])
            for place in range(one.first, one.last + 1):
                if one.share < 1:
                    explained[place] += part * np.float32(one.share)
                else:
                    np.maximum(explained[place], part, out=explained[place])
        np.minimum(explained, 1, out=explained)
        total = np.array([weights[one.word] for one in plain], dtype=np.float32) @ explained
        rows = np.flatnonzero(total > 0)
        if len(rows) > most:
            values = total[rows]
            floor = np.partition(values, -most)[-most]
            rows = rows[values >= floor]
            rows = rows[np.argsort(-total[rows], kind="stable")[: 2 * most]]
        return [int(row) for row in rows]

    def _spread(self, found: Mapping[int, float]) -> Floats:
        """Return for every name how alike its nearest word is."""
        part = np.zeros(len(self._person), dtype=np.float32)
        for place, similarity in sorted(found.items(), key=lambda one: one[1]):
            if place < len(self._counts):
                part[self._postings[self._offsets[place] : self._offsets[place + 1]]] = similarity
            if place in self._late:
                part[self._late[place]] = similarity
        return part

    def _score(self, row: int, reading: Sequence[Asked], alike: Alike, weights: Mapping[str, float]) -> float:
        known = self._known(row)
        pairs = _assigned(reading, known, alike)
        whole = sum(weights[one.word] for one in reading)
        explained = sum(weights[reading[asked].word] * similarity for asked, _, similarity in pairs)
        order = [place for _, place, _ in sorted(pairs)]
        inverted = sum(one > other for one, other in pairwise(order))
        return explained / whole - _UNMATCHED * (len(known) - len(pairs)) - _INVERTED * inverted

    def _reasons(self, row: int, reading: Sequence[Asked], alike: Alike) -> tuple[Reason, ...]:
        words = [self._lexicon.words[place] for place in self._known(row)]
        pairs = {asked: (place, value) for asked, place, value in _assigned(reading, self._known(row), alike)}
        made = []
        for asked, one in enumerate(reading):
            if asked in pairs:
                place, value = pairs[asked]
                made.append(
                    Reason(_kind(one.word, words[place], value), one.word, words[place], round(value, 4))
                )
            else:
                made.append(Reason(Kind.MISSING, one.word, "", 0.0))
        met = {place for place, _ in pairs.values()}
        rest = [word for place, word in enumerate(words) if place not in met]
        return (*made, *(Reason(Kind.ADDITIONAL, "", word, 0.0) for word in rest))


def _kind(asked: str, known: str, similarity: float) -> Kind:
    if asked == known:
        return Kind.SAME
    return Kind.SOUNDS_ALIKE if similarity > _SOUNDS_ALIKE else Kind.SIMILAR


def _assigned(reading: Sequence[Asked], known: Sequence[int], alike: Alike) -> list[tuple[int, int, float]]:
    """Pair words of the query with words of the name, the most alike first, each at most once."""
    possible = [
        (similarity, asked, place)
        for asked, one in enumerate(reading)
        for place, word in enumerate(known)
        if (similarity := alike[one.word].get(word, 0.0))
    ]
    possible.sort(key=lambda one: (-one[0], one[1], one[2]))
    pairs: list[tuple[int, int, float]] = []
    for similarity, asked, place in possible:
        if all(asked != one and place != other for one, other, _ in pairs):
            pairs.append((asked, place, similarity))
    return pairs
