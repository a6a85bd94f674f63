"""What an account says around marked words: a father, kinship, an age, dates, and what names it has."""

import re
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import NamedTuple

from portal.dates.reading import find
from portal.linking import kin
from portal.linking.kin import Told
from portal.linking.lexicon import Lexicon
from portal.linking.words import words_of
from portal.registry.names import fold

_AROUND = 6_000
"""Code points on either side of the marked words that are read for names and dates."""
_CLOSE = 60
"""Code points after the marked words within which a father is named."""
_WORD = re.compile(r"[^\W_]+(?:[\u200c'’\-](?!s\b)[^\W_]+)*")
_END = re.compile(r"[.!?؟؛\n]+(?=\s|$)|\n+")
_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")
_SAME_WORD = 0.85

_NAME = r"([^\W\d_]+(?:[\u200c'’\-][^\W\d_]+)*(?: [^\W\d_]+)?)"
_LATIN_NAME = r"([A-Z][^\W\d_]*(?:['’\-][^\W\d_]+)*(?: [A-Z][^\W\d_]*)?)"
_FATHER_AFTER = re.compile(
    r"(?:\b(?:son|daughter|child) of (?:the late |Mr\.? |Haj )?"
    rf"|\bfather(?:'s name)?(?: was| is)?(?: called| named)?,? ){_LATIN_NAME}"
    r"|\b(?:فرزند|پسر|دختر|نام پدر(?:ش)?(?: بود| هست)?:?|پدرش|ولد|ابن) (?:مرحوم |حاج )?" + _NAME
)
_FATHER_BEFORE = re.compile(rf"{_LATIN_NAME}['’]s (?:son|daughter|child),? $")
_AGE = re.compile(
    r"\b(?:aged?|at the age of) (\d{1,2})\b|\b(\d{1,2})[- ]years?[- ]old\b"
    r"|(?<!\d)(\d{1,2}) ?\u200c?سال(?:ه|ش|گی| داشت| سن)"
)
_OLDEST, _YOUNGEST = 95, 9
_TITLE = re.compile(r"\b(?:Mr|Mrs|Ms)\.\s*$")
"""A stop that ends no sentence."""

_GENERIC = frozenset(
    {
        *("prison", "jail", "ward", "cemetery", "graveyard", "detention", "camp", "city", "grave", "graves"),
        *("mass", "the", "of", "زندان", "بند", "گورستان", "قبرستان", "شهر", "گور", "گورهای", "دسته", "جمعی"),
        *("بازداشتگاه", "آرامستان"),
    }
)
"""What sort of place it is, which accounts leave out."""


class Dated(NamedTuple):
    """A date that an account names; ``beside`` when in the sentence of the marked words."""

    earliest: date
    latest: date
    words: str
    beside: bool


@dataclass(frozen=True)
class Account:
    """A text and the place of the marked words in it; without a place only the whole is looked at."""

    text: str = field(repr=False)
    start: int = -1
    end: int = -1

    @cached_property
    def _window(self) -> tuple[int, int]:
        if self.start < 0:
            return 0, min(len(self.text), 2 * _AROUND)
        return max(0, self.start - _AROUND), min(len(self.text), self.end + _AROUND)

    @cached_property
    def _sentence(self) -> tuple[int, int]:
        """Where the sentence of the marked words begins and ends."""
        if self.start < 0:
            return 0, 0
        ends = [found.end() for found in _END.finditer(self.text, self._window[0], self._window[1])]
        begins = max((end for end in ends if end <= self.start), default=self._window[0])
        stops = min((end for end in ends if end >= self.end), default=self._window[1])
        return begins, stops

    @cached_property
    def father(self) -> str:
        """The name that is said to be the father's, right beside the marked words; "" when none is."""
        if self.start < 0:
            return ""
        stop = min(self._sentence[1], self.end + _CLOSE)
        after = _FATHER_AFTER.search(self.text, self.end, stop)
        if after:
            return after[1] or after[2]
        before = _FATHER_BEFORE.search(self.text[self._sentence[0] : self.start])
        return before[1] if before else ""

    @cached_property
    def told(self) -> Told | None:
        """The word of kinship or address right before the marked words, if it tells of a sex."""
        if self.start < 0:
            return None
        begins = self._sentence[0]
        title = _TITLE.search(self.text[:begins]) if not self.text[begins : self.start].strip() else None
        return kin.told(_WORD.findall(self.text[title.start() if title else begins : self.start]))

    @cached_property
    def age(self) -> tuple[int, str] | None:
        """The age that the sentence names, in years, and its words; None when it names several or none."""
        found = _AGE.findall(self.text[slice(*self._sentence)].translate(_DIGITS))
        ages = {int("".join(one)) for one in found}
        age = ages.pop() if len(ages) == 1 else 0
        return (age, str(age)) if _YOUNGEST <= age <= _OLDEST else None

    @cached_property
    def dates(self) -> tuple[Dated, ...]:
        """The dates that the account names and that have both ends."""
        first, last = self._window
        begins, stops = self._sentence
        return tuple(
            Dated(
                one.date.earliest,
                one.date.latest,
                one.date.words,
                begins <= first + one.start and first + one.end <= stops,
            )
            for one in find(self.text[first:last])
            if one.date.earliest and one.date.latest and not one.date.proposal
        )

    @cached_property
    def _spans(self) -> list[tuple[int, int]]:
        return [found.span() for found in _WORD.finditer(self.text, *self._window)]

    @cached_property
    def _words(self) -> tuple[Lexicon, dict[int, list[int]]]:
        """The distinct words of the text, and the places where each stands."""
        standing: dict[str, list[int]] = {}
        for at, (start, end) in enumerate(self._spans):
            if start >= self.end or end <= self.start:  # the marked words do not speak for themselves
                standing.setdefault(self.text[start:end], []).append(at)
        lexicon, places = Lexicon(), dict[int, list[int]]()
        for written, stands in standing.items():
            word = fold(written).replace(" ", "")
            if word:
                places.setdefault(lexicon.place(word), []).extend(stands)
        lexicon.pack()
        return lexicon, places

    def mention(self, name: str) -> str:
        """Return the words with which the account names somebody or something, "" when it does not.

        Whole words only, in any spelling and either script; what sort of place it is may be left out.
        """
        words = words_of(name, titled=False)
        words = [word for word in words if word not in _GENERIC] or words
        if not words:
            return ""
        together = self._standing(["".join(words)]) if len(words) > 1 else ""
        return self._standing(words) or together

    def _standing(self, words: list[str]) -> str:
        lexicon, places = self._words
        stands = [
            {at for place, near in lexicon.alike(word).items() if near >= _SAME_WORD for at in places[place]}
            for word in words
        ]
        for at in sorted(stands[0]):
            if all(at + step in stand for step, stand in enumerate(stands)):
                return self.text[self._spans[at][0] : self._spans[at + len(words) - 1][1]]
        return ""
