"""The distinct words of all known names, found by how they sound."""

import heapq
from array import array
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Levenshtein

from portal.registry.phonetics import LONGEST, costs, form, key, numbers, shortened, swapped

Floats = npt.NDArray[np.float32]
Signs = npt.NDArray[np.uint8]

_NEAR = 0.5
"""Words less alike than this are different words."""
_MOST_ALIKE = 400
_SILENT_ENDINGS = frozenset({"wh", "yh", "Ah"})
"""Endings whose ه may be a vowel or a consonant: the words are found either way."""
_CACHED = 4096
_SWAPPED = np.float32(0.5)
"""What two neighbouring signs in each other's place cost."""
_PART, _BASE = 0.55, 0.35
"""A cost is set against this part of the heavier word's own weight, and this much more."""


class Lexicon:
    """Distinct words in the order they came, each with its phonetic form, found by key.

    What it was asked is remembered, for speed, unless told otherwise: words of a sealed account must not stay
    with the words of the registry.
    """

    def __init__(self, *, remember: bool = True) -> None:
        self.words: list[str] = []
        self._remember = remember
        self._forms: list[str] = []
        self._places: dict[str, int] = {}
        self._late: dict[int, list[int]] = {}
        self._cache: OrderedDict[str, dict[int, float]] = OrderedDict()
        self._table = _table([])
        self._key_numbers = np.zeros(0, dtype=np.int64)
        self._key_words = np.zeros(0, dtype=np.int32)

    def __len__(self) -> int:
        return len(self.words)

    def place(self, word: str) -> int:
        """Return a word's place, new or old; a new one is found at once."""
        found = self._places.get(word)
        if found is None:
            found = self._places[word] = len(self.words)
            self.words.append(word)
            self._forms.append(form(word))
            for number in _keys(self._forms[found]):
                self._late.setdefault(number, []).append(found)
            self._cache.clear()
        return found

    def pack(self) -> None:
        """Put the keys of all words in order, which takes less room than a table of objects."""
        keys, places = array("q"), array("i")
        for place, signs in enumerate(self._forms):
            found = _keys(signs)
            keys.extend(found)
            places.extend([place] * len(found))
        numbered, placed = np.array(keys, dtype=np.int64), np.array(places, dtype=np.int32)
        order = np.argsort(numbered, kind="stable")
        self._key_numbers, self._key_words = numbered[order], placed[order]
        self._table, self._late = _table(self._forms), {}
        self._cache.clear()

    def alike(self, word: str) -> dict[int, float]:
        """Return the words that a word may stand for, and how alike they are (over 0.5, at most 1)."""
        found = self._cache.get(word)
        if found is None:
            found = self._find(word)
            if self._remember:
                self._cache[word] = found
            if len(self._cache) > _CACHED:
                self._cache.popitem(last=False)
        return found

    def _find(self, word: str) -> dict[int, float]:
        signs = form(word)
        places = self._with_key(signs)
        found = {self._places[word]: 1.0} if word in self._places else {}
        if not signs or not len(places):
            return found
        values = _similarities(numbers(signs), self._signs_of(places))
        for place, sounds in zip(places.tolist(), values.tolist(), strict=True):
            other = self.words[place]
            if other == word or sounds <= _NEAR:
                continue
            value = sounds
            if _persian(word) and _persian(other):  # letters then tell more than sounds: حسن is not حسین
                value *= 0.6 + 0.4 * Levenshtein.normalized_similarity(word, other)
            if value > _NEAR:
                found[place] = value
        return dict(heapq.nlargest(_MOST_ALIKE, found.items(), key=lambda one: (one[1], -one[0])))

    def _with_key(self, signs: str) -> npt.NDArray[np.int64]:
        """Return the words whose consonants are the same but for one left out or two swapped."""
        near: set[int] = set()
        for number in {*_keys(signs), *swapped(key(signs))}:
            start, end = np.searchsorted(self._key_numbers, (number, number + 1))
            near.update(self._key_words[start:end].tolist())
            near.update(self._late.get(number, ()))
        return np.array(sorted(near), dtype=np.int64)

    def _signs_of(self, places: npt.NDArray[np.int64]) -> Signs:
        packed = len(self._table)
        late = _table([self._forms[place] for place in places.tolist() if place >= packed])
        return np.concatenate((self._table[places[places < packed]], late))


def _persian(word: str) -> bool:
    return "\u0600" <= word[0] <= "\u06ff"


def _keys(signs: str) -> list[int]:
    number = key(signs)
    found = dict.fromkeys((number, *shortened(number)))
    if signs[-2:] in _SILENT_ENDINGS:  # کاوه is Kaveh, and کوه is Kuh
        found[key(signs[:-1])] = None
    return [*found]


def _table(forms: Sequence[str]) -> Signs:
    """Return the signs of forms, a row each, as places in the tables of `costs`; 0 is no sign."""
    table = np.zeros((len(forms), LONGEST), dtype=np.uint8)
    for row, signs in enumerate(forms):
        found = numbers(signs)
        table[row, : len(found)] = found
    return table


def _similarities(asked: Sequence[int], known: Signs) -> Floats:
    """Align one form with many at once: weighted edit distance with swapped neighbours, as similarity."""
    pairs, alone = costs()
    lengths = (known > 0).sum(axis=1)
    columns = known[:, : int(lengths.max(initial=0))].T.copy()
    added = alone[columns]
    row = np.concatenate((np.zeros((1, len(known)), np.float32), np.cumsum(added, axis=0, dtype=np.float32)))
    before = row
    for place, sign in enumerate(asked):
        new = np.empty_like(row)
        new[0] = row[0] + alone[sign]
        best = np.minimum(row[:-1] + pairs[sign][columns], row[1:] + alone[sign])
        if place:
            swapped_here = (columns[1:] == asked[place - 1]) & (columns[:-1] == sign)
            best[1:] = np.where(swapped_here, np.minimum(best[1:], before[:-2] + _SWAPPED), best[1:])
        for column, cost in enumerate(added):
            np.minimum(best[column], new[column] + cost, out=new[column + 1])
        before, row = row, new
    distance = row[lengths, np.arange(len(known))]
    weight = np.maximum(added.sum(axis=0), alone[list(asked)].sum())
    return np.asarray(np.clip(1 - distance / (_PART * weight + _BASE), 0, 1), dtype=np.float32)
