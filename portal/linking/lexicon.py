"""The distinct words of all known names, found by how they sound."""

import heapq
from array import array
from collections import OrderedDict
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Levenshtein

from portal.registry.phonetics import LONGEST, costs, form, form_of, key, numbers, shortened, swapped

Floats = npt.NDArray[np.float32]
Signs = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int32]

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


class Heard:
    """Folded words as they sound, made ready once to be looked for in several lexicons."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = [*words]
        forms = [form_of(word) for word in self.words]
        self.signs = _table(forms)
        pairs = [(row, number) for row, signs in enumerate(forms) if signs for number in _wholes(signs)]
        self.rows, self.numbers = np.array(pairs, dtype=np.int64).reshape(-1, 2).T


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
        self._whole_numbers = np.zeros(0, dtype=np.int64)
        self._whole_words = np.zeros(0, dtype=np.int32)
        self._late_wholes: dict[int, list[int]] = {}

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
            for number in _wholes(self._forms[found]):
                self._late_wholes.setdefault(number, []).append(found)
            self._cache.clear()
        return found

    def known(self, word: str) -> int | None:
        """Return the place of a folded word that is spelt just so, if there is one."""
        return self._places.get(word)

    def sounding(self, word: str) -> list[int]:
        """Return the places of the words with the very same consonants; nothing of the word is remembered."""
        number = key(form(word))
        start, end = np.searchsorted(self._whole_numbers, (number, number + 1))
        return [*self._whole_words[start:end].tolist(), *self._late_wholes.get(number, ())]

    def pack(self) -> None:
        """Put the keys of all words in order, which takes less room than a table of objects."""
        self._key_numbers, self._key_words = _ordered(map(_keys, self._forms))
        self._whole_numbers, self._whole_words = _ordered(map(_wholes, self._forms))
        self._table, self._late, self._late_wholes = _table(self._forms), {}, {}
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

    def heard(self, asked: "Heard", least: float) -> list[dict[int, float]]:
        """Return for each of many words the words with the very same consonants that are alike enough.

        All are aligned at once, so that a whole text costs little more than one word; nothing of it is
        remembered.
        """
        rows, places = self._with_wholes(asked)
        found: list[dict[int, float]] = [{} for _ in asked.words]
        values = _aligned(asked.signs[rows], self._signs_of(places))
        good = np.flatnonzero(values >= least)
        each = zip(rows[good].tolist(), places[good].tolist(), values[good].tolist(), strict=True)
        for row, place, sounds in each:
            word = asked.words[row]
            value = 1.0 if self.words[place] == word else _by_letters(word, self.words[place], sounds)
            if value >= least:
                found[row][place] = value
        return found

    def keys_at(self, place: int) -> tuple[int, Sequence[int]]:
        """Return the consonants of a known word as a number, and all numbers by which it is found."""
        signs = self._forms[place]
        return key(signs), _keys(signs)

    def likeness(self, ones: npt.NDArray[np.int64], others: npt.NDArray[np.int64]) -> Floats:
        """Return how alike known words are, pair by pair; after `pack`."""
        values = _aligned(self._table[ones], self._table[others])
        for row in np.flatnonzero(values > _NEAR).tolist():
            one, other = self.words[ones[row]], self.words[others[row]]
            values[row] = 1.0 if one == other else _by_letters(one, other, float(values[row]))
        return values

    def _with_wholes(self, asked: "Heard") -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return pairs of an asked word, by its place, and one of these words with the same consonants."""
        starts = np.searchsorted(self._whole_numbers, asked.numbers)
        counts = np.searchsorted(self._whole_numbers, asked.numbers + 1) - starts
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        places = self._whole_words[np.repeat(starts, counts) + within].astype(np.int64)
        rows = np.repeat(asked.rows, counts)
        if not self._late_wholes:
            return rows, places
        pairs = zip(asked.rows.tolist(), asked.numbers.tolist(), strict=True)
        late = [(row, place) for row, number in pairs for place in self._late_wholes.get(number, ())]
        late_rows, late_places = np.array(late, dtype=np.int64).reshape(-1, 2).T
        return np.concatenate((rows, late_rows)), np.concatenate((places, late_places))

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
            value = _by_letters(word, other, sounds)
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
        packed = places < len(self._table)
        if packed.all():
            return self._table[places]
        signs = np.zeros((len(places), LONGEST), dtype=np.uint8)
        signs[packed] = self._table[places[packed]]
        signs[~packed] = _table([self._forms[place] for place in places[~packed].tolist()])
        return signs


def _persian(word: str) -> bool:
    return "\u0600" <= word[0] <= "\u06ff"


def _by_letters(word: str, other: str, sounds: float) -> float:
    """Let letters tell more than sounds between two Persian words: حسن is not حسین."""
    if _persian(word) and _persian(other):
        return sounds * (0.6 + 0.4 * Levenshtein.normalized_similarity(word, other))
    return sounds


def _wholes(signs: str) -> list[int]:
    number = key(signs)
    if signs[-2:] in _SILENT_ENDINGS:  # کاوه is Kaveh, and کوه is Kuh
        return [*dict.fromkeys((number, key(signs[:-1])))]
    return [number]


def _keys(signs: str) -> list[int]:
    number, *silent = _wholes(signs)
    return [*dict.fromkeys((number, *shortened(number), *silent))]


def _ordered(keys: Iterable[Sequence[int]]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Return all keys in order, and for each the place of the word that it is of."""
    numbers_of, places_of = array("q"), array("i")
    for place, found in enumerate(keys):
        numbers_of.extend(found)
        places_of.extend([place] * len(found))
    numbered, placed = np.array(numbers_of, dtype=np.int64), np.array(places_of, dtype=np.int32)
    order = np.argsort(numbered, kind="stable")
    return numbered[order], placed[order]


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


def _aligned(asked: Signs, known: Signs) -> Floats:
    """Align many forms with as many others, row by row, as `_similarities` does one with many."""
    pairs, alone = costs()
    size = pairs.shape[0]
    ours, theirs = asked.T.astype(np.int64) * size, known.T.astype(np.int64)
    lengths, widths = (asked > 0).sum(axis=1), (known > 0).sum(axis=1)
    ours, theirs = ours[: int(lengths.max(initial=0))], theirs[: int(widths.max(initial=0))]
    flat, every = pairs.ravel(), np.arange(len(known))
    added, taken = alone[theirs], alone[ours // size]
    row = np.concatenate((np.zeros((1, len(known)), np.float32), np.cumsum(added, axis=0, dtype=np.float32)))
    before, distance = row, row[widths, every]
    for place, signs in enumerate(ours):
        new = np.empty_like(row)
        new[0] = row[0] + taken[place]
        best = np.minimum(row[:-1] + flat[signs + theirs], row[1:] + taken[place])
        if place:
            swapped_here = (theirs[1:] * size == ours[place - 1]) & (theirs[:-1] * size == signs)
            best[1:] = np.where(swapped_here, np.minimum(best[1:], before[:-2] + _SWAPPED), best[1:])
        for column, cost in enumerate(added):
            np.minimum(best[column], new[column] + cost, out=new[column + 1])
        before, row = row, new
        ended = np.flatnonzero(lengths == place + 1)
        distance[ended] = row[widths[ended], ended]
    weight = np.maximum(added.sum(axis=0), taken.sum(axis=0))
    return np.asarray(np.clip(1 - distance / (_PART * weight + _BASE), 0, 1), dtype=np.float32)
