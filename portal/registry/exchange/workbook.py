"""Rows of the first sheet of an XLSX workbook (ECMA-376), streamed: values alone, no formula, link or macro.

What is unpacked is bounded, whatever the workbook says of itself, and a document type is refused, so that
nothing in it can grow or point elsewhere.
"""

import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import IO
from xml.parsers import expat

from portal.errors import InvalidError
from portal.registry.exchange.cells import LONGEST_CELL, BrokenRowError, Reason
from portal.registry.exchange.given import Given
from portal.registry.exchange.separated import MOST_COLUMNS, Cells

MOST_UNPACKED = 1 << 30
MOST_SHARED = 1 << 27
"""Bytes of a sheet, and of the texts that its cells share, that are unpacked at most."""
_PIECE = 1 << 16
_LONGEST_REFERENCE = 16
_MOST_ROWS = 1 << 20
_EPOCH = date(1899, 12, 30)
_DATES = frozenset({*range(14, 18), 22})
"""Numbers of the built-in formats that show a day (ECMA-376 part 1, 18.8.30)."""

_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    LookupError,
    EOFError,
    OSError,
)


def read(file: Given) -> Iterator[tuple[int, Cells]]:
    """Give each row with its number, or with what is wrong with it; `InvalidError` for no such workbook."""
    try:
        with file.open() as source, zipfile.ZipFile(source) as book:
            held = set(book.namelist())
            sheets = sorted((one for one in held if one.startswith("xl/worksheets/sheet")), key=_order)
            shared = _Shared()
            if "xl/sharedStrings.xml" in held:
                _feed(book, "xl/sharedStrings.xml", shared, MOST_SHARED)
            styles = _Styles()
            if "xl/styles.xml" in held:
                _feed(book, "xl/styles.xml", styles, MOST_SHARED)
            yield from _rows(book, sheets[0], _Sheet(shared.strings, styles.days))
    except _DAMAGED as problem:
        raise InvalidError("This is no workbook that can be read row by row.") from problem


def _order(name: str) -> tuple[int, str]:
    return len(name), name


def _refuse(*_told: object) -> None:
    raise InvalidError("A workbook with a document type is not read.")


class _Part(ABC):
    """Collects what one part of a workbook says."""

    def parser(self) -> expat.XMLParserType:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse
        parser.StartElementHandler = lambda name, told: self.begins(name.rpartition(" ")[2], told)
        parser.EndElementHandler = lambda name: self.ends(name.rpartition(" ")[2])
        parser.CharacterDataHandler = self.says
        return parser

    @abstractmethod
    def begins(self, tag: str, told: Mapping[str, str]) -> None:
        """Take note of a tag."""

    @abstractmethod
    def ends(self, tag: str) -> None:
        """Take note that a tag ends."""

    @abstractmethod
    def says(self, text: str) -> None:
        """Take words between tags."""


class _Texts(_Part):
    """Takes the words between tags, none longer than a cell may be."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._size = 0
        self._takes = self._skips = False

    def says(self, text: str) -> None:
        if self._takes and not self._skips and self._size <= LONGEST_CELL:
            self._text.append(text)
            self._size += len(text)

    def _taken(self) -> str:
        text = "".join(self._text)
        self._text, self._size = [], 0
        return text


class _Shared(_Texts):
    """The texts that cells share (part 1, 18.4)."""

    def __init__(self) -> None:
        super().__init__()
        self.strings: list[str] = []

    def begins(self, tag: str, told: Mapping[str, str]) -> None:
        del told
        self._takes, self._skips = self._takes or tag == "t", self._skips or tag == "rPh"

    def ends(self, tag: str) -> None:
        if tag == "t":
            self._takes = False
        elif tag == "rPh":  # how a word is pronounced, beside it
            self._skips = False
        elif tag == "si":
            self.strings.append(self._taken())


class _Styles(_Part):
    """Which cell formats show a day."""

    def __init__(self) -> None:
        self.days: list[bool] = []
        self._own: dict[str, bool] = {}
        self._cells = False

    def begins(self, tag: str, told: Mapping[str, str]) -> None:
        if tag == "numFmt":
            code = told.get("formatCode", "").lower()
            self._own[told.get("numFmtId", "")] = "yy" in code
        elif tag == "cellXfs":
            self._cells = True
        elif tag == "xf" and self._cells:
            number = told.get("numFmtId", "0")
            self.days.append(self._own.get(number, number.isdecimal() and int(number) in _DATES))

    def ends(self, tag: str) -> None:
        self._cells = self._cells and tag != "cellXfs"

    def says(self, text: str) -> None:
        del text


class _Sheet(_Texts):
    """The cells of a sheet (part 1, 18.3): what they last showed, never what they would reckon."""

    def __init__(self, shared: Sequence[str], days: Sequence[bool]) -> None:
        super().__init__()
        self.rows: list[tuple[int, Cells]] = []
        self._shared, self._days = shared, days
        self._number = self._column = 0
        self._kind, self._day = "n", False
        self._cells: dict[int, str] = {}
        self._wrong = False

    def begins(self, tag: str, told: Mapping[str, str]) -> None:
        if tag == "row":
            self._number, last = int(told.get("r", self._number + 1)), self._number
            if not last < self._number <= _MOST_ROWS:  # what is in is known by the last number
                raise ValueError(self._number)
            self._column, self._cells, self._wrong = 0, {}, False
        elif tag == "c":
            self._column = _column(told["r"]) if "r" in told else self._column + 1
            self._kind = told.get("t", "n")
            style = int(told.get("s", "0"))
            self._day = style < len(self._days) and self._days[style]
            self._taken()
        elif tag in {"v", "t"}:
            self._takes = True
        elif tag == "rPh":
            self._skips = True

    def ends(self, tag: str) -> None:
        if tag in {"v", "t"}:
            self._takes = False
        elif tag == "rPh":
            self._skips = False
        elif tag == "c":
            self._keep(self._taken())
        elif tag == "row" and (self._cells or self._wrong):
            told = [self._cells.get(place, "") for place in range(1, max(self._cells, default=0) + 1)]
            self.rows.append((self._number, BrokenRowError(Reason.LONG) if self._wrong else told))

    def _keep(self, text: str) -> None:
        if text and self._kind == "s":
            text = self._shared[_place(text)]
        elif self._kind == "n":
            text = _day(text) if self._day else text.removesuffix(".0")
        if len(text) > LONGEST_CELL or self._column > MOST_COLUMNS:
            self._wrong = True
        elif self._kind != "e" and text.strip():  # an error that a formula gave says nothing
            self._cells[self._column] = text.strip()


def _place(text: str) -> int:
    """Read the place of a shared text."""
    if not text.isascii() or not text.isdigit():
        raise ValueError(text[:_LONGEST_REFERENCE])
    return int(text)


def _day(text: str) -> str:
    """Write the day that a serial number counts to."""
    try:
        return (_EPOCH + timedelta(days=int(float(text)))).isoformat()
    except (ValueError, OverflowError):
        return text


def _column(reference: str) -> int:
    """Return a column's number from a cell's reference: AB7 -> 28."""
    if len(reference) > _LONGEST_REFERENCE:
        raise ValueError(reference[:_LONGEST_REFERENCE])
    number = 0
    for letter in reference.rstrip("0123456789"):
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _pieces(source: IO[bytes], most: int) -> Iterator[bytes]:
    size = 0
    while piece := source.read(_PIECE):
        size += len(piece)
        if size > most:
            raise InvalidError("This workbook is too big when it is unpacked.")
        yield piece


def _feed(book: zipfile.ZipFile, name: str, part: _Part, most: int) -> None:
    for _ in _fed(book, name, part, most):
        pass


def _fed(book: zipfile.ZipFile, name: str, part: _Part, most: int) -> Iterator[None]:
    parse: Callable[..., int] = part.parser().Parse
    with book.open(name) as source:
        for piece in _pieces(source, most):
            parse(piece, False)
            yield
        parse(b"", True)
        yield


def _rows(book: zipfile.ZipFile, name: str, sheet: _Sheet) -> Iterator[tuple[int, Cells]]:
    for _ in _fed(book, name, sheet, MOST_UNPACKED):
        yield from sheet.rows
        sheet.rows.clear()
