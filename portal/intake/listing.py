"""Many names at once: one a line, pasted, or from a spreadsheet; every line becomes a card, nothing is lost.

Whole columns are understood by their headings, in English and Persian. What is in no known column goes, with
its heading, into the free words of the card. Spreadsheets are read without formulas, links or macros.
"""

import csv
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO, StringIO
from itertools import zip_longest
from xml.parsers import expat

from portal.errors import InvalidError
from portal.intake.journey import LINE, TEXT

LARGEST_SHEET = 1024 * 1024
_MOST_INSIDE = 16 * 1024 * 1024
_MOST_COLUMNS = 60
_MOST_ROWS = 20_000
LINE_OF, NOTE_OF = "row.line", "row.note"
"""Where a card keeps the number of its line, and what was unusual about it."""

_HEADINGS: Mapping[str, frozenset[str]] = {
    "name": frozenset({"name", "full name", "first name", "نام", "اسم", "نام و نام خانوادگی", "نام کامل"}),
    "family": frozenset({"family name", "surname", "last name", "نام خانوادگی", "فامیل", "فامیلی", "شهرت"}),
    "other_names": frozenset(
        {"other names", "other name", "nickname", "alias", "نام مستعار", "لقب", "نام‌های دیگر", "نام دیگر"}
    ),
    "father": frozenset({"father", "father's name", "father name", "fathers name", "نام پدر", "پدر"}),
    "born": frozenset(
        {"born", "birth year", "year of birth", "date of birth", "age", "سال تولد", "تاریخ تولد", "سن"}
    ),
    "city": frozenset({"city", "town", "from", "birthplace", "شهر", "اهل", "زادگاه", "محل تولد"}),
    "tie": frozenset({"relation", "relation to me", "نسبت", "نسبت با من"}),
    "prison": frozenset({"prison", "last prison", "زندان", "آخرین زندان", "نام زندان"}),
}


class Unusual(StrEnum):
    """What was unusual about a line, whose words are kept all the same."""

    NO_NAME = "no-name"
    LONG = "long"


@dataclass(frozen=True)
class Line:
    """One line that was read: its number as the sender counts, and the cards that it became."""

    number: int
    cards: tuple[Mapping[str, str], ...]


def _plain(heading: str) -> str:
    folded = heading.replace("ي", "ی").replace("ك", "ک").replace("_", " ").strip(" :*").lower()
    return " ".join(folded.split())


def _columns(row: Sequence[str]) -> list[str]:
    """Return the field of each column, "" for an unknown one; nothing when the row is no heading."""
    known = {heading: field for field, headings in _HEADINGS.items() for heading in headings}
    found = [known.get(_plain(cell), "") for cell in row]
    return found if "name" in found or "family" in found else []


def _card(row: Sequence[str], columns: Sequence[str], headings: Sequence[str]) -> dict[str, str]:
    """Put a row's cells into a card; what has no field, or no room there, goes into its free words."""
    card: dict[str, str] = {}
    more: list[str] = []
    for cell, field, heading in zip_longest(row, columns, headings, fillvalue=""):
        if not cell:
            continue
        name = "name" if field == "family" else field
        joined = " ".join(filter(None, (card.get(name), cell)))
        if name and len(joined) <= LINE:
            card[name] = joined
        else:
            more.append(f"{heading}: {cell}" if heading else cell)
    if more:
        card["more"] = "\n".join(more)
    return card


def _cards(number: int, card: dict[str, str]) -> Iterator[dict[str, str]]:
    """Yield a line's card, and more of them when its words have no room on one."""
    more = card.pop("more", "")
    note = Unusual.LONG if len(more) > TEXT else "" if card.get("name") else Unusual.NO_NAME
    marks = {LINE_OF: str(number), **({NOTE_OF: str(note)} if note else {})}
    yield {**card, **({"more": more[:TEXT]} if more else {}), **marks}
    for start in range(TEXT, len(more), TEXT):
        yield {"more": more[start : start + TEXT], **marks}


def lines_of(rows: Sequence[Sequence[str]]) -> list[Line]:
    """Make cards of rows; the first one may be headings. Empty lines are counted, and are no cards."""
    clean = [[cell.strip() for cell in row] for row in rows]
    columns = _columns(clean[0]) if clean else []
    headings = clean[0] if columns else []
    found = []
    for number, row in enumerate(clean, 1):
        if any(row) and not (headings and number == 1):
            card = _card(row, columns or ["name"], headings)
            found.append(Line(number, tuple(_cards(number, card))))
    return found


def pasted(text: str) -> list[Line]:
    """Read names that were typed or pasted, one a line; tabs part columns, as spreadsheets paste them."""
    return lines_of([line.split("\t") for line in text.split("\n")])


def sheet(data: bytes) -> list[Line]:
    """Read a table, CSV or XLSX; raises InvalidError when it cannot be read line by line."""
    if data.startswith(b"PK"):
        return lines_of(_workbook(data))
    return lines_of(_separated(data))


def _text(data: bytes) -> str:
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    # What spreadsheets write in Persian, the newest first.
    encodings = ["utf-16"] if marked else ["utf-8-sig", "cp1256"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise InvalidError("We could not read this file line by line.")


def _separated(data: bytes) -> list[list[str]]:
    text = _text(data).replace("\r\n", "\n").replace("\r", "\n")
    first = text.partition("\n")[0]
    delimiter = max("\t;,", key=first.count)
    try:
        rows = list(csv.reader(StringIO(text), delimiter=delimiter))
    except csv.Error:
        rows = [line.split(delimiter) for line in text.split("\n")]
    if len(rows) > _MOST_ROWS:
        raise InvalidError("We could not read this file line by line.")
    return rows


class _Table:
    """Collects the cells of one sheet (ECMA-376 part 1, 18.3), or the strings that cells share (18.4)."""

    def __init__(self, shared: Sequence[str] = ()) -> None:
        self.shared, self.rows, self.strings = shared, dict[int, dict[int, str]](), list[str]()
        self._row, self._column, self._kind, self._text, self._takes = 0, 0, "", "", False
        self._skips = False

    def read(self, data: bytes) -> "_Table":
        """Read one part; a document type is refused, so that nothing in it can grow or point elsewhere."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._characters
        parser.Parse(data, True)
        return self

    @staticmethod
    def _refuse(*_told: object) -> None:
        raise InvalidError("We could not read this file line by line.")

    def _start(self, name: str, told: Mapping[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "row":
            self._row, self._column = int(told.get("r", self._row + 1)), 0
            if not 0 < self._row <= _MOST_ROWS:
                self._refuse()
        elif tag == "c":
            self._column = _number_of(told["r"]) if "r" in told else self._column + 1
            self._kind, self._text = told.get("t", "n"), ""
        elif tag == "si":
            self._text = ""
        elif tag in {"v", "t"}:
            self._takes = not self._skips
        elif tag == "rPh":  # how a word is pronounced, beside it
            self._skips = True

    def _characters(self, text: str) -> None:
        if self._takes:
            self._text += text

    def _end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        if tag in {"v", "t"}:
            self._takes = False
        elif tag == "rPh":
            self._skips = False
        elif tag == "si":
            self.strings.append(self._text)
        elif tag == "c" and self._text and self._column <= _MOST_COLUMNS:
            text = self.shared[int(self._text)] if self._kind == "s" else self._text
            self.rows.setdefault(self._row, {})[self._column] = text.removesuffix(".0")


def _number_of(reference: str) -> int:
    """Return a column's number from a cell's reference: AB7 -> 28."""
    number = 0
    for letter in reference.rstrip("0123456789"):
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _part(book: zipfile.ZipFile, name: str) -> bytes:
    with book.open(name) as part:
        data = part.read(_MOST_INSIDE + 1)
    if len(data) > _MOST_INSIDE:
        raise InvalidError("We could not read this file line by line.")
    return data


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
"""What reading a damaged or hostile workbook may raise."""


def _workbook(data: bytes) -> list[list[str]]:
    """Return the rows of the first sheet of an XLSX workbook, as the sheet numbers them."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as book:
            names = book.namelist()
            sheets = sorted(one for one in names if one.startswith("xl/worksheets/sheet"))
            shared = "xl/sharedStrings.xml"
            strings = _Table().read(_part(book, shared)).strings if shared in names else []
            rows = _Table(strings).read(_part(book, sheets[0])).rows
    except _DAMAGED as problem:
        raise InvalidError("We could not read this file line by line.") from problem
    return [
        [rows[number].get(column, "") for column in range(1, max(rows[number]) + 1)] if number in rows else []
        for number in range(1, max(rows, default=0) + 1)
    ]
