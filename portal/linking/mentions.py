"""Where a story names persons, places, graves, bodies and dates: suggestions, each with its candidates.

Words are looked up in the same names that suggestions come from: as they are spelt, and by their consonants
in either script. Neighbours that stand in one known name are a mention; a word alone is one only where it
can hardly be another. Nothing of the story is kept.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from heapq import nlargest

from portal.casework.marking import Span, on_word_boundaries
from portal.dates.reading import ApproximateDate, find
from portal.linking.cutting import cut
from portal.linking.matching import NameIndex, Suggestion
from portal.linking.seeing import MOST, Seen, Story, persons, places, repeated
from portal.linking.windows import units_of
from portal.registry.vocabulary import Kind

_DATE = 0.95
"""What a word of a date counts beside a word of a name."""


class About(StrEnum):
    """What a mention names."""

    PERSON = "person"
    PLACE = "place"
    GRAVE = "grave"
    BODY = "body"
    DATE = "date"


@dataclass(frozen=True)
class Mention:
    """Words of a story, ``start`` up to ``end`` in code points of the text as it is, and what they may mean.

    ``name`` are the words without titles (``titles``) and without what is written onto them. A date has no
    candidates but ``date``.
    """

    start: int
    end: int
    kind: About
    candidates: tuple[Suggestion, ...] = field(default=(), repr=False)
    name: str = field(default="", repr=False)
    titles: str = field(default="", repr=False)
    date: ApproximateDate | None = field(default=None, repr=False)


Shelves = Mapping[Kind, Sequence[NameIndex]]
"""The indexes of each kind of record that somebody may ask."""

_ABOUT = {
    Kind.PERSON: About.PERSON,
    Kind.PLACE: About.PLACE,
    Kind.GRAVE: About.GRAVE,
    Kind.BODY: About.BODY,
}
_LOOKS = {Kind.PERSON: persons}


@dataclass(frozen=True)
class _Proposed:
    """A mention, what it is worth where several overlap, and the index and words that it was seen in."""

    mention: Mention
    value: float
    index: NameIndex | None = None
    seen: Seen | None = None


def find_mentions(text: str, index: Shelves, *, near: ApproximateDate | None = None) -> list[Mention]:
    """Return what a text names, in order; mentions do not overlap, and begin and end between words.

    ``near`` is the date that the first date without a year leans on. Never raises, whatever the text.
    """
    words = cut(text)
    story = Story(words, units_of(words))
    proposed = _dates(text, near)
    for kind, about in _ABOUT.items():
        look = _LOOKS.get(kind, places)
        for one in index.get(kind, ()):
            found = (_named(text, story, about, seen) for seen in look(story, one))
            proposed += [_Proposed(mention, seen.value, one, seen) for mention, seen in found]
    chosen = _chosen(_merged(proposed))
    mentions = [one.mention for one in chosen] + _again(text, story, chosen)
    return sorted(mentions, key=lambda one: one.start)


def _dates(text: str, near: ApproximateDate | None) -> list[_Proposed]:
    made = []
    for one in find(text, near=near):
        span = on_word_boundaries(text, Span(one.start, one.end))
        mention = Mention(span.start, span.end, About.DATE, name=one.date.words, date=one.date)
        made.append(_Proposed(mention, _DATE * len(one.date.words.split())))
    return made


def _named(text: str, story: Story, about: About, seen: Seen) -> tuple[Mention, Seen]:
    first, last = story.words[seen.first], story.words[seen.stop - 1]
    begins, ends = seen.units[0].first, seen.units[-1].stop
    span = on_word_boundaries(text, Span(first.start, last.end))
    mention = Mention(
        span.start,
        span.end,
        about,
        candidates=seen.candidates,
        name=text[story.words[begins].start : story.words[ends - 1].end],
        titles=text[first.start : story.words[begins].start].strip(),
    )
    return mention, seen


def _merged(proposed: Iterable[_Proposed]) -> list[_Proposed]:
    """Make one of what several indexes see in the same words; places and graves are asked together."""
    made: dict[tuple[int, int, bool], _Proposed] = {}
    for one in proposed:
        kind = one.mention.kind
        at = (one.mention.start, one.mention.end, kind in {About.PLACE, About.GRAVE})
        other = made.get(at)
        if other is None:
            made[at] = one
            continue
        better, worse = (one, other) if one.value > other.value else (other, one)
        if {better.mention.kind, worse.mention.kind} <= {About.PLACE, About.GRAVE} or (
            better.mention.kind is worse.mention.kind
        ):
            candidates = nlargest(
                MOST, (*better.mention.candidates, *worse.mention.candidates), key=lambda each: each.score
            )
            better = replace(better, mention=replace(better.mention, candidates=tuple(candidates)))
        made[at] = better
    return list(made.values())


def _chosen(proposed: Sequence[_Proposed]) -> list[_Proposed]:
    """Choose mentions that do not overlap and together are worth the most (weighted interval scheduling)."""
    ordered = sorted(proposed, key=lambda one: one.mention.end)
    ends = [one.mention.end for one in ordered]
    worth, before = [0.0], []
    for place, one in enumerate(ordered):
        before.append(bisect_right(ends, one.mention.start, hi=place))
        worth.append(max(worth[place], worth[before[place]] + one.value))
    chosen, place = [], len(ordered)
    while place:
        if worth[place] == worth[place - 1]:
            place -= 1
        else:
            chosen.append(ordered[place - 1])
            place = before[place - 1]
    return chosen


def _again(text: str, story: Story, chosen: Sequence[_Proposed]) -> list[Mention]:
    """Give the places where a part of a name that is told in full stands alone."""
    taken = sorted((one.mention.start, one.mention.end) for one in chosen)
    begins = [start for start, _ in taken]
    found = []
    for index in {id(one.index): one.index for one in chosen if one.mention.kind is About.PERSON}.values():
        seen = [one.seen for one in chosen if one.index is index and one.seen]
        for one in repeated(story, seen, index) if index else ():
            mention, _ = _named(text, story, About.PERSON, one)
            place = bisect_right(begins, mention.start)
            free = place == 0 or taken[place - 1][1] <= mention.start
            if free and (place == len(taken) or mention.end <= begins[place]):
                found.append(mention)
    return found
