"""Neighbouring words of a story that stand together in known names, however they are joined or spelt."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from portal.linking.cutting import Gap, Word
from portal.linking.everyday import ENDINGS, NO_NAMES
from portal.linking.lexicon import Heard, Rows
from portal.linking.matching import NameIndex, Suggestion
from portal.linking.words import ARTICLES, BEGINNINGS, ENDINGS_OF_NAMES, Asked, unglued
from portal.registry.names import is_title

_MOST_WORDS = 5
_MOST_COMPARED = 8
"""Names of one window that are looked at closely, the shortest first."""
_ALIKE = 0.8
_WRITTEN_ON = 0.97
"""What a word counts from which a preposition or an ending was cut."""
_SHORTEST_CUT = 5


class Unit(NamedTuple):
    """One word of a name as it may stand here: words ``first`` up to ``stop`` of the story."""

    first: int
    stop: int
    asked: str
    share: float = 1.0


class Window(NamedTuple):
    """Neighbouring units, and the rows of an index's names that have a word for each."""

    units: tuple[Unit, ...]
    rows: Rows

    @property
    def first(self) -> int:
        """The first word of the story that belongs to it."""
        return self.units[0].first

    @property
    def stop(self) -> int:
        """The word after the last."""
        return self.units[-1].stop


class Units(NamedTuple):
    """All ways to read a story's words as words of names, in order, and those that are also to be heard."""

    all: Sequence[Unit]
    asked: frozenset[str]
    heard: Heard


def units_of(words: Sequence[Word]) -> Units:
    """Read each word alone, without what is written onto it, and joined with its neighbours."""
    heard: dict[str, None] = {}
    ways: list[Unit] = []
    for place, word in enumerate(words):
        if not word.folded:
            continue
        ways.append(Unit(place, place + 1, word.folded))
        if word.folded not in NO_NAMES:
            ways += _alone(place, word, heard)
            ways += _joined(words, place, heard)
        elif place + 1 < len(words) and words[place + 1].gap is Gap.BOUND:
            ways += _joined(words, place, heard)
    return Units(ways, frozenset(unit.asked for unit in ways), Heard(heard))


def _alone(place: int, word: Word, heard: dict[str, None]) -> Iterator[Unit]:
    folded = word.folded
    if (word.persian or word.capital) and not is_title(folded):
        heard[folded] = None
    bare = unglued(folded)
    if bare != folded:
        yield Unit(place, place + 1, bare)
        heard[bare] = None
    if word.persian and len(folded) >= _SHORTEST_CUT:
        yield from (Unit(place, place + 1, rest, _WRITTEN_ON) for rest in _cut(folded))


def _cut(folded: str) -> Iterator[str]:
    """Give a Persian word without what may be written onto it: the ی of ezafe, ها, و."""
    if folded.endswith(("ای", "وی")):
        yield folded[:-1]
    if folded.endswith("ها"):
        yield folded[:-2]
    if folded.startswith("و"):
        yield folded[1:]


def _joined(words: Sequence[Word], place: int, heard: dict[str, None]) -> Iterator[Unit]:
    """Join a word with the next, and over an article with the one after: Gohar Dasht, عبد ال حسین."""
    one = words[place]
    if place + 1 >= len(words) or not _follows(one, words[place + 1]):
        return
    two = words[place + 1]
    if two.gap is not Gap.BOUND and not NO_NAMES.isdisjoint((one.folded, two.folded)):
        return
    both = one.folded + two.folded
    yield Unit(place, place + 2, both)
    bound = two.gap is Gap.BOUND and two.folded not in ENDINGS
    parts = two.folded in ENDINGS_OF_NAMES or one.folded in BEGINNINGS or two.folded in ARTICLES
    if bound or parts or (one.capital and two.capital):
        heard[both] = None
    if place + 2 < len(words) and two.folded in ARTICLES and _follows(two, words[place + 2]):
        yield Unit(place, place + 3, both + words[place + 2].folded)
        heard[both + words[place + 2].folded] = None


def _follows(one: Word, two: Word) -> bool:
    return two.gap <= Gap.SPACE and bool(two.folded) and one.persian == two.persian


class Windows:
    """One index as a story's words find it; for one story, and forgotten with it."""

    def __init__(
        self,
        index: NameIndex,
        words: Sequence[Word],
        units: Units,
        *,
        over: Gap = Gap.SPACE,
        besides: frozenset[str] = frozenset(),
    ) -> None:
        self._index, self._words, self._over = index, words, over
        lexicon = index.lexicon
        self.near: dict[str, dict[int, float]] = {}
        for asked in units.asked:
            place = lexicon.known(asked)
            if place is not None and asked not in besides:
                self.near[asked] = {place: 1.0}
        found = lexicon.heard(units.heard, _ALIKE)
        for asked, near in zip(units.heard.words, found, strict=True):
            if near and asked not in besides:
                self.near[asked] = near | self.near.get(asked, {})
        self._at: dict[int, list[Unit]] = {}
        for unit in units.all:
            if unit.asked in self.near:
                self._at.setdefault(unit.first, []).append(unit)
        self._mask = np.zeros(index.size, dtype=np.bool_)
        self._rows: dict[str, Rows] = {}
        self._weights: dict[str, float] = {}
        self._both: dict[tuple[str, str], Rows] = {}
        self._compared: dict[tuple[tuple[str, float], ...], list[tuple[int, Suggestion]]] = {}

    @property
    def places(self) -> Iterable[int]:
        """The words of the story, in order, that this index has."""
        return self._at

    def at(self, place: int) -> Sequence[Unit]:
        """Return the readings of a word that this index has."""
        return self._at.get(place, ())

    def rows(self, asked: str) -> Rows:
        """Return the rows of the names that have a word, in one of its spellings."""
        if asked not in self._rows:
            found = [self._index.rows(place) for place in self.near[asked]]
            self._rows[asked] = np.concatenate(found) if len(found) > 1 else found[0]
        return self._rows[asked]

    def beginning(self, place: int) -> Iterator[Window]:
        """Give the longest windows of two units and more that begin at a word."""
        for unit in self.at(place):
            yield from self._longer(Window((unit,), self.rows(unit.asked)))

    def _longer(self, window: Window) -> Iterator[Window]:
        place, grown = window.stop, False
        if (
            place < len(self._words)
            and self._words[place].gap <= self._over
            and len(window.units) < _MOST_WORDS
        ):
            for unit in self.at(place):
                rows = self._in_both(window, unit.asked)
                if len(rows):
                    grown = True
                    yield from self._longer(Window((*window.units, unit), rows))
        if not grown and len(window.units) > 1:
            yield window

    def _in_both(self, window: Window, asked: str) -> Rows:
        """Return the rows of a window that have one more word; two words of a story meet but once."""
        pair = (window.units[-1].asked, asked) if len(window.units) == 1 else None
        if pair and pair in self._both:
            return self._both[pair]
        others = self.rows(asked)
        self._mask[others] = True
        both = window.rows[self._mask[window.rows]]
        self._mask[others] = False
        if pair:
            self._both[pair] = both
        return both

    def weight(self, asked: str) -> float:
        """Weigh a word by how few names have it."""
        if asked not in self._weights:
            self._weights[asked] = self._index.weight(self.near[asked])
        return self._weights[asked]

    def compared(self, window: Window) -> list[tuple[int, Suggestion]]:
        """Return the rows that a window may mean and how far it explains each, the shortest names only."""
        asked = tuple((one.asked, one.share) for one in window.units)
        if asked not in self._compared:
            self._compared[asked] = self._compare(window)
        return self._compared[asked]

    def _compare(self, window: Window) -> list[tuple[int, Suggestion]]:
        rows = self._index.shortest(np.unique(window.rows), _MOST_COMPARED)
        reading = [Asked(one.asked, at, at) for at, one in enumerate(window.units)]
        weights = {one.asked: self.weight(one.asked) for one in window.units}
        share = min(one.share for one in window.units)
        found = [(row, self._index.compare(row, reading, self.near, weights)) for row in rows]
        return [(row, Suggestion(one.id, round(one.score * share, 4), one.reasons)) for row, one in found]
