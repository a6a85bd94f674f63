"""Which persons of a registry may be one: found by keys that two spellings share, weighed by what they say.

A weight is a log-likelihood ratio in bits, after Fellegi and Sunter (1969): a name weighs as its words are
rare, what contradicts weighs against, and from all is taken how unlikely it is that two persons picked
blindly are one. It is an order and no probability. Nothing here decides anything.
"""

import math
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import combinations
from uuid import UUID

import numpy as np
import numpy.typing as npt

from portal.linking.evidence import Stretch
from portal.linking.lexicon import Lexicon
from portal.linking.words import ways, words_of
from portal.registry.names import fold
from portal.registry.vocabulary import Sex

Places = npt.NDArray[np.int64]

_CROWD = 8
"""Persons with one key in common among whom every two are compared; of more, those with a finer key."""
_CHUNK = 4_000
_FEW = 1_000
"""Among fewer persons, no name is taken to be more common than it would be among these."""
_DUPLICATES = 0.1
"""Of a person's doubles, how many a registry is expected to hold."""
_SAME_WORD, _SURELY = 0.62, 0.8
_OTHER_WORD, _MORE_WORDS = -6.0, -1.0
_PARENT_MOST, _PARENT_OTHER, _PARENT_SAME = 8.0, -4.0, 0.75
_SEX_OTHER, _HOME, _HOME_OTHER = -6.0, 2.0, -0.5
_DAY, _MONTH, _YEAR, _LOOSE, _OTHER_DATE, _OTHER_BIRTH = 6.0, 4.0, 2.0, 0.5, -3.0, -4.0
_PLACE, _PLACES_MOST, _EVENT, _KIN, _PERHAPS, _RELATED = 1.5, 3.0, 1.0, 4.0, 6.0, -8.0
_A_MONTH, _A_YEAR = 31, 366
_MIX = 0x9E37_79B9_7F4A_7C15
_MASK = 0x7FFF_FFFF_FFFF_FFFF


class Sort(StrEnum):
    """What two persons agree or differ in."""

    NAME = "name"
    FATHER = "father"
    MOTHER = "mother"
    SEX = "sex"
    BIRTH = "birth"
    DEATH = "death"
    HOME = "home"
    PLACE = "place"
    EVENT = "event"
    KIN = "kin"
    PERHAPS = "perhaps"
    RELATED = "related"


@dataclass(frozen=True)
class Sign:
    """One thing that speaks for two persons being one (a weight above 0) or against, in the words of both."""

    sort: Sort
    weight: float
    one: str = ""
    other: str = ""
    records: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """What everybody may know of a person."""

    id: UUID
    names: Sequence[str]
    father: str = ""
    mother: str = ""
    sex: Sex = Sex.UNKNOWN
    birth: Stretch | None = None
    death: Stretch | None = None
    home: str = ""
    places: frozenset[UUID] = frozenset()
    events: frozenset[UUID] = frozenset()
    kin: frozenset[UUID] = frozenset()
    perhaps: frozenset[UUID] = frozenset()
    """Whom a source says that they may be."""
    apart: frozenset[UUID] = frozenset()
    """Whom a source says that they are not."""


@dataclass(frozen=True)
class Pair:
    """Two persons who may be one, by their places among the entries."""

    one: int
    other: int
    weight: float
    signs: tuple[Sign, ...] = field(compare=False)


Row = tuple[int, ...]
"""A name as places of its words in the lexicon."""


class Likenesses:
    """The entries of a registry, ready to be compared.

    ``total`` is of how many they are some, ``bearers`` says how many of all have a word in their names.
    """

    def __init__(
        self, entries: Sequence[Entry], *, total: int = 0, bearers: Callable[[str], int] = lambda _: 0
    ) -> None:
        self._entries, self._bearers = entries, bearers
        self._total = max(len(entries), total)
        self._lexicon = Lexicon(remember=False)
        self._names = [self._rows(one.names) for one in entries]
        self._parents = [(self._row(one.father), self._row(one.mother)) for one in entries]
        self._lexicon.pack()
        every = (self._lexicon.keys_at(place) for place in range(len(self._lexicon)))
        self._keys = [(whole, [*found]) for whole, found in every]
        self._count = Counter(
            key for rows in self._names for key in {self._keys[place][0] for row in rows for place in row}
        )
        self._rare: dict[int, float] = {}
        self._prior = -math.log2(max(self._total, 2) / _DUPLICATES)

    def _row(self, name: str) -> Row:
        return tuple(self._lexicon.place(word) for word in words_of(name)) if name else ()

    def _rows(self, names: Sequence[str]) -> tuple[Row, ...]:
        written = dict.fromkeys(way for name in names for way in ways(name))
        return tuple(dict.fromkeys(row for one in written if (row := self._row(one))))

    def pairs(self, *, least: float = 0.0, tell: Callable[[int], None] = lambda _: None) -> Iterator[Pair]:
        """Give the pairs that weigh ``least`` and more; ``tell`` is told how many in 100 are done."""
        codes = self._candidates()
        for start in range(0, len(codes), _CHUNK):
            tell(100 * start // len(codes))
            ones, others = np.divmod(codes[start : start + _CHUNK], len(self._entries))
            both = [*zip(ones.tolist(), others.tolist(), strict=True)]
            alike = self._alike(both)
            for one, other in both:
                found = self._compare(one, other, alike)
                if found is not None and (found.weight >= least or self._told(one, other)):
                    yield found

    # Who is compared

    def _candidates(self) -> Places:
        """Return pairs that share a key, or that a source thinks one, each as one number, in order."""
        keys, owners = array("q"), array("q")
        for place, entry in enumerate(self._entries):
            for number in self._blocks(place, entry):
                keys.append(number)
                owners.append(place)
        numbers, persons = np.array(keys, dtype=np.int64), np.array(owners, dtype=np.int64)
        order = np.argsort(numbers, kind="stable")
        numbers, persons = numbers[order], persons[order]
        bounds = np.flatnonzero(np.diff(numbers)) + 1
        starts, ends = np.append(0, bounds), np.append(bounds, len(numbers))
        size = len(self._entries)
        found = array("q", self._said_to_be_one())
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            if 1 < end - start <= _CROWD:
                members = sorted(set(persons[start:end].tolist()))
                found.extend(one * size + other for one, other in combinations(members, 2))
        return np.unique(np.array(found, dtype=np.int64))

    def _said_to_be_one(self) -> Iterator[int]:
        places = {entry.id: place for place, entry in enumerate(self._entries) if entry.perhaps}
        for place, entry in enumerate(self._entries):
            for other in (places[one] for one in entry.perhaps if one in places):
                yield min(place, other) * len(self._entries) + max(place, other)

    def _told(self, one: int, other: int) -> bool:
        """Tell whether a source says that they may be one: that is always looked at."""
        first, second = self._entries[one], self._entries[other]
        return first.id in second.perhaps or second.id in first.perhaps

    def _blocks(self, place: int, entry: Entry) -> set[int]:
        """Return the keys under which a person is found: two words of a name, and finer ones for crowds."""
        found: set[int] = set()
        father = [self._keys[one][0] for one in self._parents[place][0][:1]]
        finer = [*father, *([entry.birth.earliest.year] if entry.birth else ())]
        finer += [hash(fold(entry.home)) & _MASK] if entry.home else []
        for row in self._names[place]:
            for one, other in combinations(dict.fromkeys(row), 2):
                (whole, every), (last, several) = self._keys[one], self._keys[other]
                both = _mixed(whole, last)
                found.add(both)
                found.update(_mixed(each, last) for each in every)
                found.update(_mixed(whole, each) for each in several)
                found.update(_mixed(both, each) for each in finer)
            found.update(_mixed(self._keys[one][0], each) ^ 1 for one in row for each in father)
        return found

    # How they compare

    def _alike(self, both: Sequence[tuple[int, int]]) -> Mapping[tuple[int, int], float]:
        """Compare all words that these pairs may have in common, at once."""
        wanted = {
            (first, second)
            for one, other in both
            for ours, theirs in self._rivals(one, other)
            for first in ours
            for second in theirs
            if first != second
        }
        pairs = np.array([*wanted], dtype=np.int64).reshape(-1, 2)
        values = self._lexicon.likeness(pairs[:, 0], pairs[:, 1]) if len(pairs) else ()
        return {pair: float(value) for pair, value in zip(wanted, values, strict=True) if value > _SAME_WORD}

    def _rivals(self, one: int, other: int) -> Iterator[tuple[Row, Row]]:
        yield from ((ours, theirs) for ours in self._names[one] for theirs in self._names[other])
        yield from zip(self._parents[one], self._parents[other], strict=True)

    def _compare(self, one: int, other: int, alike: Mapping[tuple[int, int], float]) -> Pair | None:
        first, second = self._entries[one], self._entries[other]
        if first.id in second.apart or second.id in first.apart:
            return None
        names = [
            (self._named(ours, theirs, alike), place, rival)
            for place, ours in enumerate(self._names[one])
            for rival, theirs in enumerate(self._names[other])
        ]
        name = max(names)[0]
        signs = [Sign(Sort.NAME, name, first.names[0], second.names[0])]
        for sort, ours, theirs, said in zip(
            (Sort.FATHER, Sort.MOTHER),
            self._parents[one],
            self._parents[other],
            ((first.father, second.father), (first.mother, second.mother)),
            strict=True,
        ):
            signs += self._parent(sort, ours, theirs, said, alike)
        signs += _facts(first, second)
        signs += _ties(first, second)
        weight = self._prior + math.fsum(sign.weight for sign in signs)
        return Pair(one, other, weight, tuple(sorted(signs, key=lambda sign: -abs(sign.weight))))

    def _named(self, ours: Row, theirs: Row, alike: Mapping[tuple[int, int], float]) -> float:
        """Weigh two names: what agrees by how rare it is, what does not against it."""
        met, left = 0.0, [*theirs]
        unmet = 0
        for word in ours:
            value, near = max(((_near(word, each, alike), each) for each in left), default=(0.0, -1))
            if value <= _SAME_WORD:
                unmet += 1
                continue
            left.remove(near)
            met += max(self._rarity(word), self._rarity(near)) * (2 * value - 1)
        return met + _OTHER_WORD * min(unmet, len(left)) + _MORE_WORDS * abs(unmet - len(left))

    def _rarity(self, word: int) -> float:
        found = self._rare.get(word)
        if found is None:
            count = max(self._count[self._keys[word][0]], self._bearers(self._lexicon.words[word]), 1)
            found = self._rare[word] = math.log2(max(self._total, _FEW, count) / count)
        return found

    def _parent(
        self,
        sort: Sort,
        ours: Row,
        theirs: Row,
        said: tuple[str, str],
        alike: Mapping[tuple[int, int], float],
    ) -> list[Sign]:
        if not ours or not theirs:
            return []
        value, word = max((_near(each, rival, alike), each) for each in ours for rival in theirs)
        if value >= _PARENT_SAME:
            return [Sign(sort, min(self._rarity(word), _PARENT_MOST), *said)]
        return [Sign(sort, _PARENT_OTHER, *said)] if value <= _SAME_WORD else []


def _near(one: int, other: int, alike: Mapping[tuple[int, int], float]) -> float:
    return 1.0 if one == other else alike.get((one, other), 0.0)


def _mixed(one: int, other: int) -> int:
    """Make one number of two, whichever comes first."""
    low, high = min(one, other), max(one, other)
    return ((low * _MIX) ^ (high * 0xC2B2_AE3D_27D4_EB4F + 1)) & _MASK


def _facts(first: Entry, second: Entry) -> Iterator[Sign]:
    if Sex.UNKNOWN not in {first.sex, second.sex} and first.sex is not second.sex:
        yield Sign(Sort.SEX, _SEX_OTHER, first.sex.value, second.sex.value)
    if first.birth and second.birth:
        yield _dated(Sort.BIRTH, first.birth, second.birth, _OTHER_BIRTH)
    if first.death and second.death:
        yield _dated(Sort.DEATH, first.death, second.death, _OTHER_DATE)
    if first.home and second.home:
        same = fold(first.home) == fold(second.home)
        yield Sign(Sort.HOME, _HOME if same else _HOME_OTHER, first.home, second.home)


def _dated(sort: Sort, one: Stretch, other: Stretch, against: float) -> Sign:
    """Weigh two dates by how few days both together leave open."""
    if max(one.earliest, other.earliest) > min(one.latest, other.latest):
        gap = (max(one.earliest, other.earliest) - min(one.latest, other.latest)).days
        return Sign(sort, against if gap > _A_YEAR else against / 2, one.words, other.words)
    days = (max(one.latest, other.latest) - min(one.earliest, other.earliest)).days + 1
    weight = _DAY if days == 1 else _MONTH if days <= _A_MONTH else _YEAR if days <= _A_YEAR else _LOOSE
    return Sign(sort, weight, one.words, other.words)


def _ties(first: Entry, second: Entry) -> Iterator[Sign]:
    if first.id in second.perhaps or second.id in first.perhaps:
        yield Sign(Sort.PERHAPS, _PERHAPS)
    if first.id in second.kin or second.id in first.kin:
        yield Sign(Sort.RELATED, _RELATED)
    for sort, weight, ones, others in (
        (Sort.PLACE, _PLACE, first.places, second.places),
        (Sort.EVENT, _EVENT, first.events, second.events),
        (Sort.KIN, _KIN, first.kin, second.kin),
    ):
        common = ones & others
        if common:
            most = _PLACES_MOST if sort is not Sort.KIN else 2 * _KIN
            yield Sign(sort, min(weight * len(common), most), records=tuple(sorted(common, key=str)))
