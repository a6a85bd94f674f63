"""Read dates as people say them: the words stay, and beside them stand the days that they may mean.

``parse`` reads a field, ``find`` reads a story. What is not said is never made up: a month without a year is
a proposal, which only a date named before (``near``) can place, and a day that no calendar has is refused.
Gregorian seasons run from equinox to solstice in English, over whole months in Swedish.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum, auto
from itertools import islice
from typing import NamedTuple

from portal.dates.calendars import Calendar
from portal.dates.finding import mentions
from portal.dates.grammar import Bound, Joined, Reader, Spoken
from portal.dates.lexing import Is, lex
from portal.dates.meaning import Meant, meaning, same
from portal.dates.spans import Precision, Stretch
from portal.dates.years import Doubt

__all__ = [
    "ApproximateDate",
    "Bound",
    "Calendar",
    "Doubt",
    "Found",
    "Precision",
    "Qualifier",
    "find",
    "parse",
]

_DECADE_END = 3
_ABOUT = "~≈"


class Qualifier(StrEnum):
    """How sure the source was: about then, perhaps then, or both (EDTF ~ ? %)."""

    NONE = auto()
    APPROXIMATE = auto()
    UNCERTAIN = auto()
    BOTH = auto()


_MARKS = {Qualifier.NONE: "", Qualifier.APPROXIMATE: "~", Qualifier.UNCERTAIN: "?", Qualifier.BOTH: "%"}
_QUALIFIERS = {
    (False, False): Qualifier.NONE,
    (True, False): Qualifier.APPROXIMATE,
    (False, True): Qualifier.UNCERTAIN,
    (True, True): Qualifier.BOTH,
}


@dataclass(frozen=True, slots=True)
class ApproximateDate:
    """A date as said, and the Gregorian days that it may mean.

    ``earliest`` and ``latest`` are inclusive. One is None when the words leave that end open ("before
    Mordad 67"); both are None for a proposal that nothing could place yet ("in Azar" alone). With ``bound``
    since or until, the days are those in which it began or ended. ``doubts`` are the reader's, ``qualifier``
    is the source's.
    """

    words: str
    calendar: Calendar
    precision: Precision
    earliest: date | None
    latest: date | None
    qualifier: Qualifier = Qualifier.NONE
    bound: Bound = Bound.NONE
    proposal: bool = False
    doubts: frozenset[Doubt] = frozenset()

    @property
    def placed(self) -> bool:
        """Say whether any day is known; False for a proposal with nothing to lean on."""
        return self.earliest is not None or self.latest is not None

    @property
    def interval(self) -> str:
        """Give the days as an ISO 8601 interval, ".." for an open end, "" when not placed."""
        if not self.placed:
            return ""
        first = self.earliest.isoformat() if self.earliest else ".."
        last = self.latest.isoformat() if self.latest else ".."
        return f"{first}/{last}"

    @property
    def edtf(self) -> str:
        """Give the date in the Extended Date/Time Format, level 1 (ISO 8601-2); "" when not placed.

        Months and years of other calendars, and seasons, have no EDTF form and become intervals of days.
        """
        if not self.placed:
            return ""
        mark = _MARKS[self.qualifier]
        if self.earliest is None or self.latest is None:
            days = (self.earliest, self.latest)
            return "/".join(f"{day.isoformat()}{mark}" if day else ".." for day in days)
        if self.bound is Bound.SINCE:
            return f"{self.earliest.isoformat()}{mark}/.."
        if self.bound is Bound.UNTIL:
            return f"../{self.latest.isoformat()}{mark}"
        return self._closed(self.earliest, self.latest, mark)

    def _closed(self, first: date, last: date, mark: str) -> str:
        if first == last:
            return f"{first.isoformat()}{mark}"
        if self.calendar is Calendar.GREGORIAN:
            lengths = {Precision.YEAR: 4, Precision.MONTH: 7}
            whole = first.isoformat()[: lengths.get(self.precision, 0)]
            if whole and last.isoformat().startswith(whole):
                return f"{whole}{mark}"
            if self.precision is Precision.DECADE and not mark:
                return f"{first.isoformat()[:_DECADE_END]}X"
        return f"{first.isoformat()}{mark}/{last.isoformat()}{mark}"

    def __str__(self) -> str:
        return self.words


class Found(NamedTuple):
    """A date in a story: the place of its words in the text as given, and what they mean."""

    start: int
    end: int
    date: ApproximateDate


def parse(text: str, *, near: ApproximateDate | None = None) -> ApproximateDate | None:
    """Read the one date that a text names; None when there is none, no such day, or more than one.

    ``near`` is the date that "that same year", a month without a year or "two days later" lean on; what
    leans on it is marked as a proposal. Never raises, whatever the text.
    """
    reader, leaning = _reader(text), _stretch(near)
    begin = _first_word(reader)
    read = reader.said(begin)
    if read is not None and _ends(reader, *read):
        meant = meaning(read[0], leaning)
        return None if meant is None else _date(text.strip(), read[0], meant)
    found = list(islice(mentions(reader, text, leaning), 3))
    meants = [mention.meant for mention in found if mention.meant is not None]
    if not meants or len(meants) < len(found):
        return None
    if len(meants) == 1:
        return _date(text.strip(), found[0].spoken, meants[0])
    gap = range(found[0].stop, found[1].start)
    if len(meants) > 2 or not any(reader.has(at, Is.EQUALS) or reader.mark(at, "(=") for at in gap):  # noqa: PLR2004
        return None
    twice = same(*meants)
    return None if twice is None else _date(text.strip(), found[0].spoken, twice)


def find(text: str, *, near: ApproximateDate | None = None) -> list[Found]:
    """Find the dates in a story, in order, each with the place of its words in the text as given.

    A date that leans on another ("آذر همان سال") leans on the last full one before it, at first on ``near``.
    """
    reader, found = _reader(text), []
    for start, stop, spoken, meant in mentions(reader, text, _stretch(near)):
        if meant is not None:
            first, last = reader.symbols[start].start, reader.symbols[stop - 1].end
            found.append(Found(first, last, _date(text[first:last], spoken, meant)))
    return found


def _reader(text: str) -> Reader:
    return Reader(lex(text), persian=text.count("ا") + text.count("ر") > text.count("e") + text.count("a"))


def _first_word(reader: Reader) -> int:
    at = 0
    while reader.has(at, Is.MARK) and reader.symbols[at].text not in _ABOUT:
        at += 1
    return at


def _ends(reader: Reader, spoken: Spoken, at: int) -> bool:
    """Say whether nothing but marks and small words follow; a question mark makes the date uncertain."""
    for symbol in reader.symbols[at:]:
        if Is.MARK in symbol.means and symbol.text != "-":
            spoken.uncertain = spoken.uncertain or symbol.text == "?"
        elif Is.FILLER not in symbol.means and Is.DAYPART not in symbol.means:
            return False
    return True


def _stretch(near: ApproximateDate | None) -> Stretch | None:
    if near is None or not near.placed:
        return None
    ends = [day.toordinal() for day in (near.earliest, near.latest) if day is not None]
    return Stretch(near.calendar, near.precision, (ends[0], ends[-1]))


def _date(words: str, spoken: Spoken, meant: Meant) -> ApproximateDate:
    uncertain = spoken.uncertain or spoken.joined is Joined.OR
    qualifier = _QUALIFIERS[spoken.approximate, uncertain]
    return ApproximateDate(
        words,
        meant.calendar,
        meant.precision,
        None if meant.earliest is None else date.fromordinal(meant.earliest),
        None if meant.latest is None else date.fromordinal(meant.latest),
        qualifier,
        spoken.bound,
        meant.proposal,
        meant.doubts,
    )
