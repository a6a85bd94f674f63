"""The cells of a row as values, each read, or refused with the reason: words, dates, figures, degrees."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, auto
from functools import lru_cache
from typing import TypeVar

from portal.errors import InvalidError
from portal.registry import periods
from portal.registry.exchange.words import known_word
from portal.registry.periods import Period

Word = TypeVar("Word", bound=StrEnum)
Values = Mapping[str, Sequence[str]]
"""The values of a row by field."""

LONGEST_CELL = 32_767
"""Letters in a cell: what spreadsheets themselves allow."""
NAME, SHORT, SAID, CODE, TITLE = 300, 200, 20_000, 200, 400
"""Letters of a name, a short fact, a statement, a code and a title."""


class Reason(StrEnum):
    """Why a row does not go in."""

    CELLS = auto()
    LETTERS = auto()
    LONG = auto()
    NAME = auto()
    WORD = auto()
    DEGREES = auto()
    PLACE = auto()
    SOURCE = auto()
    ENDS = auto()
    DECIDED = auto()
    FORM = auto()
    TWICE = auto()


class BrokenRowError(InvalidError):
    """A row that cannot go in: why, and in which field or column if it is one."""

    def __init__(self, reason: Reason, where: str = "") -> None:
        super().__init__(reason.value)
        self.reason, self.where = reason, where

    def __reduce__(self) -> tuple[type["BrokenRowError"], tuple[Reason, str]]:
        """Go whole from one process to another."""
        return type(self), (self.reason, self.where)


@dataclass(frozen=True)
class Row:
    """A row as it was read: its line in the file as people count, its values by field, or what is wrong."""

    line: int
    values: Values = field(default_factory=dict)
    problem: BrokenRowError | None = None
    cells: Sequence[str] = ()


def check(values: Values) -> None:
    """Refuse what is too long, or has letters that are none."""
    for name, several in values.items():
        for text in several:
            if len(text) > LONGEST_CELL:
                raise BrokenRowError(Reason.LONG, name)
            if not _readable(text):
                raise BrokenRowError(Reason.LETTERS, name)


def _readable(text: str) -> bool:
    """Refuse letters that could not be decoded, and signs that steer a terminal."""
    if text.isprintable() and "\ufffd" not in text:
        return True
    return not any(
        letter == "\ufffd"
        or (letter < " " and letter not in "\n\t\r")
        or "\ud800" <= letter <= "\udfff"
        or letter == "\x7f"
        for letter in text
    )


def one(values: Values, name: str, most: int = SHORT) -> str:
    """Give a value in one line."""
    text = " ".join(" ".join(values.get(name, ())).split())
    if len(text) > most:
        raise BrokenRowError(Reason.LONG, name)
    return text


def verbatim(values: Values, name: str, most: int = SAID) -> str:
    """Give a value with its lines."""
    text = "\n".join(values.get(name, ())).strip()
    if len(text) > most:
        raise BrokenRowError(Reason.LONG, name)
    return text


def word(values: Values, name: str, words: type[Word], otherwise: Word) -> Word:
    """Give a word of a vocabulary, in any spelling that is known."""
    text = one(values, name)
    found = known_word(text, words) if text else otherwise
    if found is None:
        raise BrokenRowError(Reason.WORD, name)
    return found


@lru_cache(maxsize=5_000)
def read_date(text: str) -> Period:
    """Read a date in words; lists say the same ones again and again."""
    return periods.said(text)


def date(values: Values, name: str) -> Period:
    """Give a date; `NOTHING` where there is none."""
    text = one(values, name)
    return read_date(text) if text else periods.NOTHING


def figure(values: Values, name: str) -> int | None:
    """Give a whole number, in digits of any script; None where there is none."""
    written = one(values, name)
    if not written:
        return None
    try:
        return int(_latin(written))
    except ValueError:
        raise BrokenRowError(Reason.WORD, name) from None


def tenths(values: Values, name: str, most: int) -> int | None:
    """Give degrees in tenths, ``most`` degrees at most; None where there are none."""
    written = one(values, name)
    if not written:
        return None
    try:
        degrees = float(_latin(written))
    except ValueError:
        raise BrokenRowError(Reason.DEGREES, name) from None
    if not abs(degrees) <= most:
        raise BrokenRowError(Reason.DEGREES, name)
    return round(degrees * 10)


def _latin(text: str) -> str:
    """Write digits of any script as Latin ones."""
    return "".join(
        str(int(sign)) if sign.isdecimal() else sign for sign in text.replace("٫", ".").replace("−", "-")
    )
