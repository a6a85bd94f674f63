"""Judging what neighbouring words of a story mean: a person, a place, or nothing that is known.

Thresholds are measured by tests/benchmarks/mentions.py on invented persons and stories.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import nlargest

from portal.linking.cutting import Gap, Word
from portal.linking.everyday import ALSO_WORDS, ENDINGS, NO_NAMES, OF_GRAVES, OF_PLACES, OF_PRISONS
from portal.linking.matching import Kind, NameIndex, Suggestion
from portal.linking.windows import Unit, Units, Window, Windows
from portal.registry.names import is_title

MOST = 6
"""Candidates that are kept of one mention."""
_PERSON, _LONE = 0.74, 0.9
_PLACE, _PLACE_HEARD = 0.8, 0.88
_FAMILY = 0.3
"""A word that ends this share of its names is a family name."""
_FEW, _FEW_TITLED = 12, 60
"""Names that may have a family name that stands alone, without a title and with one."""
_RARE = 40
_LONGEST_TITLE = 4
_NEARBY = 2
"""Words on either side among which a word says what sort of place it is."""
_SHOUTED = 0.6
"""Of Latin words with a capital, the share from which capitals tell nothing."""
_SHORTEST = 3
_LONGER = 1.05
"""One long mention is worth more than two short ones in its place."""


@dataclass(frozen=True)
class Seen:
    """Words ``first`` up to ``stop`` of a story, and what they may mean, best first; ``value`` weighs it."""

    first: int
    stop: int
    named: int
    value: float
    candidates: tuple[Suggestion, ...]
    units: tuple[Unit, ...]


@dataclass(frozen=True)
class Story:
    """A story's words, and the ways to read them."""

    words: Sequence[Word]
    units: Units

    @cached_property
    def capitals_tell(self) -> bool:
        """Whether the writer used capitals for names, and not for everything."""
        latin = [word for word in self.words if not word.persian and len(word.folded) >= _SHORTEST]
        return sum(word.capital for word in latin) < _SHOUTED * len(latin) or len(latin) < MOST

    def titled(self, first: int) -> int:
        """Return where the titles before a word begin; ``first`` where there are none."""
        while first > 0:
            length = self._title_before(first)
            if not length:
                return first
            first -= length
        return first

    def _title_before(self, first: int) -> int:
        said = ""
        for length in range(1, min(_LONGEST_TITLE, first) + 1):
            after, word = self.words[first - length + 1], self.words[first - length]
            if after.gap is Gap.BREAK or not word.folded:
                return 0
            said = word.folded + said
            if is_title(said):
                return length
        return 0

    def ended(self, stop: int) -> int:
        """Return where words end that reach up to ``stop``, with endings bound to them; 0 inside a word."""
        while stop < len(self.words) and self.words[stop].gap is Gap.BOUND:
            word = self.words[stop]
            if word.folded not in ENDINGS:
                return stop if not word.persian and not word.capital else 0
            stop += 1
        return stop

    def whole(self, first: int) -> bool:
        """Tell whether a word is not the rest of a longer one."""
        return first == 0 or self.words[first].gap is not Gap.BOUND

    def nearby(self, first: int, stop: int) -> frozenset[str]:
        """Return the words beside a place of the story, as far as its sentence goes."""
        found = set()
        for step in range(1, _NEARBY + 1):
            if first - step < 0 or self.words[first - step + 1].gap is Gap.BREAK:
                break
            found.add(self.words[first - step].folded)
        for place in range(stop, min(stop + _NEARBY, len(self.words))):
            if self.words[place].gap is Gap.BREAK:
                break
            found.add(self.words[place].folded)
        return frozenset(found)


# Persons


def persons(story: Story, index: NameIndex) -> Iterator[Seen]:
    """Give where persons of an index seem to be named, in names of two words and more or by a title."""
    if not index.size:
        return
    windows = Windows(index, story.words, story.units, besides=NO_NAMES)
    for first in windows.places:
        if not story.whole(first):
            continue
        found = _longest(story, windows, index, first)
        lone = None if found else _lone(story, windows, index, first)
        if found or lone:
            yield found or lone  # type: ignore[misc]


def _longest(story: Story, windows: Windows, index: NameIndex, first: int) -> Seen | None:
    best: Seen | None = None
    begun = story.titled(first)
    for window in windows.beginning(first):
        stop = story.ended(window.stop)
        if not stop or (best and window.stop - first < best.named):
            continue
        if begun == first and all(unit.asked in ALSO_WORDS for unit in window.units):
            continue
        if not begun < first and not _capitals(story, window):
            continue
        good = _best(
            one for row, one in windows.compared(window) if one.score >= _PERSON and _family(index, row, one)
        )
        if good:
            seen = Seen(begun, stop, window.stop - first, _value(window, good), good, window.units)
            best = max(best or seen, seen, key=lambda one: (one.named, one.value))
    return best


def _capitals(story: Story, window: Window) -> bool:
    """Tell whether Latin words have the capitals of a name, unless the writer used none."""
    words = [story.words[unit.first] for unit in window.units]
    return all(word.persian or word.capital for word in words)


def _family(index: NameIndex, row: int, one: Suggestion) -> bool:
    """Tell whether more of a name agrees than given names, which many have."""
    met = {reason.known for reason in one.reasons if reason.asked and reason.known}
    places = [place for place in index.name_at(row) if index.lexicon.words[place] in met]
    return len(places) > 1 and any(
        place == index.name_at(row)[-1] or index.ends_names(place) >= _FAMILY for place in places
    )


def _best(found: Iterator[Suggestion]) -> tuple[Suggestion, ...]:
    """Keep each record's best name, the best records first."""
    best: dict[object, Suggestion] = {}
    for one in found:
        if one.id not in best or one.score > best[one.id].score:
            best[one.id] = one
    return tuple(nlargest(MOST, best.values(), key=lambda one: one.score))


def _value(window: Window, good: Sequence[Suggestion]) -> float:
    return float((window.stop - window.first) ** _LONGER) * good[0].score


def _lone(story: Story, windows: Windows, index: NameIndex, first: int) -> Seen | None:
    """Judge a family name that stands alone: after a title, or with a capital that no sentence gave it."""
    word, begun = story.words[first], story.titled(first)
    titled = begun < first
    if not titled and (word.persian or not word.capital or word.first or not story.capitals_tell):
        return None
    for unit in windows.at(first):
        if len(unit.asked) < _SHORTEST or (unit.asked in ALSO_WORDS and not titled):
            continue
        stop, rows = story.ended(unit.stop), windows.rows(unit.asked)
        if not stop or len(rows) > (_FEW_TITLED if titled else _FEW):
            continue
        near = windows.near[unit.asked]
        window = Window((unit,), rows)
        good = _best(
            one
            for row, one in windows.compared(window)
            if one.score + 0.04 * (len(index.name_at(row)) - 1) >= _LONE
            and index.name_at(row)[-1] in near
            and index.ends_names(index.name_at(row)[-1]) >= _FAMILY
        )
        if good:
            return Seen(begun, stop, unit.stop - first, _value(window, good) / 2, good, (unit,))
    return None


def repeated(story: Story, seen: Sequence[Seen], index: NameIndex) -> Iterator[Seen]:
    """Give where a rare word of a person's name stands alone in a story that names that person in full."""
    known: dict[str, Seen] = {}
    for one in seen:
        for unit in one.units if len(one.units) > 1 else ():
            place = index.lexicon.known(unit.asked)
            common = place is not None and len(index.rows(place)) > _RARE
            if not common and unit.asked not in ALSO_WORDS and len(unit.asked) >= _SHORTEST:
                known.setdefault(unit.asked, one)
    taken = {place for one in seen for place in range(one.first, one.stop)}
    for unit in story.units.all if known else ():
        first, word = unit.first, story.words[unit.first]
        if unit.asked not in known or not (word.persian or word.capital) or not story.whole(first):
            continue
        stop = story.ended(unit.stop)
        if stop and taken.isdisjoint(range(first, stop)):
            meant = known[unit.asked]
            yield Seen(story.titled(first), stop, unit.stop - first, 0.5, meant.candidates, (unit,))


# Places, graves and bodies


def places(story: Story, index: NameIndex) -> Iterator[Seen]:
    """Give where places or bodies of an index seem to be named, with or without the word for their sort."""
    if not index.size:
        return
    windows = Windows(index, story.words, story.units, over=Gap.COMMA)
    for first in windows.places:
        if not story.whole(first):
            continue
        best: Seen | None = None
        alone = (Window((unit,), windows.rows(unit.asked)) for unit in windows.at(first))
        for window in (*windows.beginning(first), *alone):
            seen = _place(story, windows, window)
            if seen and (best is None or (seen.named, seen.value) > (best.named, best.value)):
                best = seen
        if best:
            yield best


def _place(story: Story, windows: Windows, window: Window) -> Seen | None:
    stop = story.ended(window.stop)
    if not stop or all(unit.asked in OF_PLACES or unit.asked in NO_NAMES for unit in window.units):
        return None
    beside = story.nearby(window.first, stop)
    if len(window.units) == 1 and not _alone(story, window.units[0], windows, beside):
        return None
    good = _best(one for row, one in windows.compared(window) if one.score >= _PLACE and _covers(one, beside))
    if not good:
        return None
    return Seen(window.first, stop, window.stop - window.first, _value(window, good), good, window.units)


def _alone(story: Story, unit: Unit, windows: Windows, beside: frozenset[str]) -> bool:
    """Tell whether one word can be a place's whole name: not an everyday word, and a capital in Latin."""
    word, cued = story.words[unit.first], not OF_PLACES.isdisjoint(beside)
    if unit.asked in NO_NAMES or (unit.asked in ALSO_WORDS and not cued):
        return False
    if len(unit.asked) < _SHORTEST or not (word.persian or word.capital or cued):
        return False
    return max(windows.near[unit.asked].values()) >= _PLACE_HEARD


def _covers(one: Suggestion, beside: frozenset[str]) -> bool:
    """Tell whether all of a place's name is said; the word for its sort may stand beside or be left out."""
    missed = {reason.known for reason in one.reasons if reason.kind is Kind.ADDITIONAL}
    if any(reason.kind is Kind.MISSING for reason in one.reasons) or not missed <= OF_PLACES:
        return False
    met = [reason for reason in one.reasons if reason.asked and reason.asked not in OF_PLACES]
    if not missed or len(met) > 1:
        return bool(met)
    sort = OF_GRAVES if missed & OF_GRAVES else OF_PRISONS
    return bool(met) and not sort.isdisjoint(beside)
