"""A date as a source gives it: its words, the calendar they are meant in, and the days that they may mean."""

from dataclasses import dataclass, replace
from datetime import date

from portal.dates.calendars import Calendar
from portal.dates.reading import ApproximateDate, Precision, Qualifier, parse
from portal.errors import InvalidError


@dataclass(frozen=True)
class Period:
    """A date as written, and the first and last Gregorian day it may mean.

    With days, a missing end is open: "before Mordad 67" has no earliest day. Without, only the words are
    known, or nothing at all.
    """

    words: str = ""
    calendar: Calendar | None = None
    earliest: date | None = None
    latest: date | None = None
    precision: Precision | None = None
    qualifier: Qualifier | None = None

    def __post_init__(self) -> None:
        """Refuse an interval that ends before it begins; what was never written has no words."""
        object.__setattr__(self, "words", self.words or "")
        if self.earliest and self.latest and self.earliest > self.latest:
            raise InvalidError("The first day of a date comes after its last day.")

    @property
    def bare(self) -> "Period":
        """The same days without the words."""
        return replace(self, words="")

    def __bool__(self) -> bool:
        """Tell whether anything is known."""
        return bool(self.words or self.placed)

    @property
    def placed(self) -> bool:
        """Tell whether any day is known."""
        return self.earliest is not None or self.latest is not None

    @property
    def edtf(self) -> str:
        """Give the days in the Extended Date/Time Format, level 1 (ISO 8601-2); "" when none is known."""
        return "" if self.calendar is None else self._as_read().edtf

    def _as_read(self) -> ApproximateDate:
        return ApproximateDate(
            self.words,
            self.calendar or Calendar.GREGORIAN,
            self.precision or Precision.RANGE,
            self.earliest,
            self.latest,
            self.qualifier or Qualifier.NONE,
        )


NOTHING = Period()


def of(read: ApproximateDate) -> Period:
    """Keep what was read from words."""
    return Period(read.words, read.calendar, read.earliest, read.latest, read.precision, read.qualifier)


def said(words: str) -> Period:
    """Read a date in words; what leans on another date, or names no day, is kept as words alone."""
    read = parse(words)
    if read is None or read.proposal or not read.placed:
        return Period(words.strip())
    return of(read)


def proposed(words: str, near: Period) -> Period | None:
    """Offer the days that words leaning on another date may mean ("that same year"); None when none.

    A proposal is only ever shown to somebody, who takes it or not.
    """
    read = parse(words, near=near._as_read() if near.placed else None)  # noqa: SLF001 - its own class
    return of(read) if read is not None and read.proposal and read.placed else None


def between(words: str, calendar: Calendar, earliest: date | None, latest: date | None) -> Period:
    """Keep days that a person gave, beside the words; the precision is what the days say."""
    if earliest is None and latest is None:
        return Period(words)
    precision = Precision.DAY if earliest == latest else Precision.RANGE
    return Period(words, calendar, earliest, latest, precision, Qualifier.NONE)
