"""Marks in a text: found by their exact words, kept with their surroundings, drawn without breaking a word.

Offsets are code points of the whole text, as in the W3C Web Annotation model (TextPositionSelector and
TextQuoteSelector); a mark that does not fit its text letter for letter is an orphan, never moved.
"""

import hashlib
import itertools
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, auto
from uuid import UUID

from portal.errors import InvalidError

AROUND = 32
"""Code points of context kept on either side."""
CONTEXT = 60
"""Code points of context shown when a place has to be chosen."""
LONGEST = 2_000
_MOST_PLACES = 200


class MarkKind(StrEnum):
    """What a mark marks."""

    PERSON = auto()
    PLACE = auto()
    DATE = auto()
    CLAIM = auto()
    NOTE = auto()


@dataclass(frozen=True)
class Span:
    """A stretch of a text, from ``start`` up to ``end``."""

    start: int
    end: int


@dataclass(frozen=True)
class Selector:
    """A span with its words and surroundings, as it is sealed."""

    start: int
    end: int
    quote: str = field(repr=False)
    prefix: str = field(repr=False)
    suffix: str = field(repr=False)
    text_sha256: str

    def fits(self, text: str) -> bool:
        """Tell whether the span still says in this text what it said when it was marked."""
        return text[self.start : self.end] == self.quote and digest(text) == self.text_sha256


@dataclass(frozen=True)
class Place:
    """One place where the words stand, with what is around them, to choose from."""

    span: Span
    before: str = field(repr=False)
    words: str = field(repr=False)
    after: str = field(repr=False)


@dataclass(frozen=True)
class Drawn:
    """A text cut into pieces that together are the text: (words, kinds, anchor); and each mark's anchor."""

    pieces: Sequence[tuple[str, list[str], str]] = field(repr=False)
    anchors: Mapping[UUID, str]


def digest(text: str) -> str:
    """Return the hex SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def select(text: str, span: Span) -> Selector:
    """Describe a span of the text; spaces at its ends are left out."""
    if not 0 <= span.start < span.end <= len(text):
        raise InvalidError("These words are not in the text. Copy them exactly as they stand.")
    words = text[span.start : span.end]
    start = span.start + len(words) - len(words.lstrip())
    end = span.end - len(words) + len(words.rstrip())
    if start >= end:
        raise InvalidError("Mark at least one word.")
    if end - start > LONGEST:
        raise InvalidError("This is too long for one mark. Mark the sentence that matters.")
    return Selector(
        start=start,
        end=end,
        quote=text[start:end],
        prefix=text[max(0, start - AROUND) : start],
        suffix=text[end : end + AROUND],
        text_sha256=digest(text),
    )


def find(text: str, words: str) -> list[Span]:
    """Return every place where the words stand, whatever white space parts them."""
    wanted = words.split()
    if not wanted:
        raise InvalidError("Mark at least one word.")
    if len(words) > LONGEST:
        raise InvalidError("This is too long for one mark. Mark the sentence that matters.")
    pattern = re.compile(r"\s+".join(re.escape(word) for word in wanted))
    spans = [
        Span(*found.span()) for found, _ in zip(pattern.finditer(text), range(_MOST_PLACES), strict=False)
    ]
    if not spans:
        raise InvalidError("These words are not in the text. Copy them exactly as they stand.")
    return spans


def locate(text: str, words: str, span: Span | None) -> list[Span]:
    """Return where a mark is meant: the span, when it says the words, else every place that does."""
    if span is not None and 0 <= span.start < span.end <= len(text):
        said = text[span.start : span.end]
        if not words.strip() or said.split() == words.split():
            return [span]
    return find(text, words)


def places(text: str, spans: Iterable[Span]) -> list[Place]:
    """Return the spans with what is around them."""
    return [
        Place(
            span,
            text[max(0, span.start - CONTEXT) : span.start],
            text[span.start : span.end],
            text[span.end : span.end + CONTEXT],
        )
        for span in spans
    ]


def _inside_word(text: str, at: int) -> bool:
    """Tell whether a cut here would part letters that may be joined."""
    return 0 < at < len(text) and _of_word(text[at - 1]) and _of_word(text[at])


def _of_word(character: str) -> bool:
    return unicodedata.category(character)[0] in "LMN" or character in "\u200c\u200d\u0640"


def on_word_boundaries(text: str, span: Span) -> Span:
    """Widen a span until it cuts no word."""
    start, end = span.start, span.end
    while _inside_word(text, start):
        start -= 1
    while _inside_word(text, end):
        end += 1
    return Span(start, end)


def draw(text: str, marks: Mapping[UUID, tuple[Span, MarkKind]]) -> Drawn:
    """Cut the text where marks begin and end; overlapping marks share pieces, nothing is lost or added."""
    wide = {mark: (on_word_boundaries(text, span), kind) for mark, (span, kind) in marks.items()}
    cuts = sorted({0, len(text), *(edge for span, _ in wide.values() for edge in (span.start, span.end))})
    starts: dict[int, str] = {}
    anchors = {}
    for mark, (span, _) in wide.items():
        anchors[mark] = starts.setdefault(span.start, f"mark-{mark}")
    pieces = []
    for start, end in itertools.pairwise(cuts):
        kinds = sorted(
            {kind.value for span, kind in wide.values() if span.start <= start and end <= span.end}
        )
        pieces.append((text[start:end], kinds, starts.get(start, "") if kinds else ""))
    return Drawn(pieces, anchors)
