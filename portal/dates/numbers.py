"""Look at symbols by place, and read numbers in digits or words."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.dates.lexing import Is, Symbol

_TWO = 2
_LONGEST_NUMBER = 4
_GAP = 3
_PLURAL = ("ها", "های")  # counted nouns are singular in Persian
_TEN, _HUNDRED, _THOUSAND = 10, 100, 1000
_CENTURIES = range(13, 22)


@dataclass(slots=True)
class Counted:
    """A number read: in digits (``width`` of them) or words (0), and the place after it."""

    value: int
    ordinal: bool
    width: int
    stop: int


class Cursor:
    """Looks at symbols by place; ``persian`` is the language that bare digits are read in."""

    def __init__(self, symbols: Sequence[Symbol], *, persian: bool) -> None:
        self.symbols = symbols
        self.persian = persian

    def has(self, at: int, kind: Is) -> bool:
        """Say whether the symbol there may be of a kind."""
        return 0 <= at < len(self.symbols) and kind in self.symbols[at].means

    def mark(self, at: int, marks: str) -> bool:
        """Say whether one of these marks stands there."""
        return self.has(at, Is.MARK) and self.symbols[at].text in marks

    def touching(self, at: int) -> bool:
        """Say whether the symbol there follows the one before it without a gap."""
        return 0 < at < len(self.symbols) and self.symbols[at].glued

    def number(self, at: int) -> Counted | None:
        """Read a number in digits or words: 28th, ۲۸ام, بیست و هشتم, sixty-seven."""
        if not self.has(at, Is.DIGITS):
            return self._worded(at)
        text = self.symbols[at].text
        if len(text) > _LONGEST_NUMBER:
            return None
        ending = at + 2 if self.mark(at + 1, ":") else at + 1
        glued = self.touching(ending) or (self.has(ending, Is.ENDING) and self.symbols[ending].text == "ام")
        if self.has(ending, Is.ENDING) and glued:
            return Counted(int(text), ordinal=True, width=len(text), stop=ending + 1)
        return Counted(int(text), ordinal=False, width=len(text), stop=at + 1)

    def _worded(self, at: int) -> Counted | None:
        total, rank, stop = 0, _THOUSAND * _TEN, at
        while True:
            ordinal = self.has(at, Is.ORDINAL)
            if not ordinal and not self.has(at, Is.CARDINAL):
                break
            value, own = self.symbols[at].means[Is.ORDINAL if ordinal else Is.CARDINAL]
            grown = _grown(total, rank, value, own)
            if grown is None:
                break
            total, rank, at = grown, own, at + 1
            stop = at
            if ordinal:
                return Counted(total, ordinal=True, width=0, stop=stop)
            if self.has(at, Is.AND) or self.mark(at, "-"):
                at += 1
        return Counted(total, ordinal=False, width=0, stop=stop) if total else None

    def counts(self, at: int) -> bool:
        """Say whether the word there shows that the number before it counts things."""
        unit = self.has(at, Is.UNIT) and not self.symbols[at].text.endswith(_PLURAL)
        return unit or self.has(at, Is.COUNTED)

    def month_follows(self, at: int) -> bool:
        """Say whether a month comes next, small words aside: 28th of July, ۵ ماه مرداد."""
        for _ in range(_GAP):
            if self.has(at, Is.MONTH) or (
                self.has(at, Is.RELATIVE) and self.symbols[at].means[Is.RELATIVE][0] == "m"
            ):
                return True
            unit = self.has(at, Is.UNIT) and self.symbols[at].means[Is.UNIT] == "m"
            if not unit and not self.has(at, Is.FILLER) and not (self.mark(at, ".-/") and self.touching(at)):
                return False
            at += 1
        return False


def _grown(total: int, rank: int, value: int, own: int) -> int | None:
    """Add the next word of a number, if it can stand there: sixty + seven, two × thousand, nineteen 88."""
    if own < rank and not (rank == _TEN and value >= _TEN):
        return total + value
    if total in _CENTURIES and own == _TEN and value >= _TEN:
        return total * _HUNDRED + value
    if own == _HUNDRED == value and total in _CENTURIES:
        return total * _HUNDRED
    return total * _THOUSAND if own == _THOUSAND and 1 <= total <= _TWO else None
