"""What the second opinions read of the formats beside CSV: the same cells, in files that hold nothing else.

It shares no code with what writes them. Whatever it does not expect in a file is a problem, and each problem
names the file, never a cell.
"""

import csv
import hashlib
import importlib
import importlib.util
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from xml.parsers import expat

Row = Sequence[str]

BINARY = frozenset({"table.xlsx", "table.parquet"})
_SHEET = "xl/worksheets/sheet1.xml"
_PARTS: Mapping[str, str] = {
    "[Content_Types].xml": "b34a1c9f5b5c0f54f1274272a429578b417e119fdc48bfcd96f25f93f301458f",
    "_rels/.rels": "9f96bb683e71c45171c7ae310bf6c37fb5a834bb9738497ac7084c42ac9c2d9a",
    "xl/workbook.xml": "6672f2b57cb752aad1ebdd31586df81b854d9e7816a7ed802aa56c372131d6f4",
    "xl/_rels/workbook.xml.rels": "1b2fc82d18a622c89e94093d1d5a256857ac9641b8ee51a8290ea82796b1060f",
    "xl/styles.xml": "7a5e6e4be6a1b68ecc497377ddb46553b85940971fe8c4963e047f64778418cd",
}
"""The parts of a workbook besides its sheet, each with the one SHA-256 that it may have."""
_MIDNIGHT_1980 = b"\x00\x00\x21\x00"
_LOCAL, _CENTRAL, _END = 30, 46, 22
"""Bytes of the three headers of a ZIP without names (APPNOTE 4.3)."""
_OTHER = "says other things than table.csv"
_AT_ONCE = 1 << 16
_CODED = re.compile(r"_x([0-9A-Fa-f]{4})_")


class _OddError(Exception):
    """A file holds something that it should not, or lacks something."""


def others(names: Iterable[str]) -> set[str]:
    """Return those names that are of a further format."""
    return _READERS.keys() & set(names)


def format_problems(
    files: Mapping[str, bytes], *, header: Row, rows: Sequence[Row], tags: Mapping[str, str]
) -> Iterator[str]:
    """Compare every other format with the cells of the CSV file, from which the guard has been taken off."""
    line = [tags.get(name, "") for name in header]
    for name in sorted(others(files)):
        try:
            _READERS[name](files, header, line, rows)
        except _OddError as odd:
            yield f"{name}: {odd}"
        except Exception:  # noqa: BLE001 - whatever it is, it is no table
            yield f"{name}: cannot be read"


def canonical(value: object) -> bytes:
    """Return JSON as RFC 8785 wants it, to compare with what was written."""
    return _in_order(value).encode()


def _in_order(value: object) -> str:
    if isinstance(value, dict):
        pairs = sorted(value.items(), key=lambda pair: pair[0].encode("utf-16-be"))
        return "{" + ",".join(f"{_in_order(name)}:{_in_order(one)}" for name, one in pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_in_order, value)) + "]"
    if isinstance(value, float):
        if value.is_integer():
            return str(int(value))
        least = 1e-6  # below it the exponent is written (ECMA-262, Number::toString)
        text = repr(value)
        return f"{Decimal(text):f}" if abs(value) >= least else text.replace("e-0", "e-")
    return json.dumps(value, ensure_ascii=False)


def _said(value: object) -> str:
    """Return a cell as CSV says it."""
    if isinstance(value, str):
        return value
    if type(value) is int:
        return str(value)
    raise _OddError("a cell is neither text nor a whole number")


def _lines(data: bytes, newline: str) -> Iterator[str]:
    """Read line by line: a whole table as text would take four bytes a letter."""
    return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline=newline)


def _json(files: Mapping[str, bytes], header: Row, _line: Row, rows: Sequence[Row]) -> None:
    lines = _lines(files["table.json"], "\n")
    names, last = list(header), len(rows) - 1
    if next(lines) != "[\n" or (not rows and next(lines) != "\n"):
        raise _OddError("is not one record a line")
    for place, row in enumerate(rows):
        text = next(lines).removesuffix("\n")
        if place < last:
            text = text[:-1] if text.endswith(",") else ""
        record = json.loads(text, object_pairs_hook=list)
        if [name for name, _ in record] != names or [_said(value) for _, value in record] != list(row):
            raise _OddError(_OTHER)
        if json.dumps(dict(record), ensure_ascii=False, separators=(",", ":")) != text:
            raise _OddError("is not written in the one form")
    if next(lines) != "]\n" or next(lines, None) is not None:
        raise _OddError("is not one record a line")


def _hxl(files: Mapping[str, bytes], _header: Row, line: Row, _rows: Sequence[Row]) -> None:
    tagged, table = files["table.hxl.csv"], files["table.csv"]
    told = csv.reader(_lines(tagged, ""), strict=True)
    next(told)
    if not any(line) or next(told) != list(line):
        raise _OddError("its second line does not hold the tags that the manifest names")
    written = ",".join(f'"{tag}"' for tag in line).encode() + b"\r\n"
    if tagged.replace(written, b"", 1) != table:
        raise _OddError(_OTHER)


def _workbook(files: Mapping[str, bytes], header: Row, line: Row, rows: Sequence[Row]) -> None:
    data = files["table.xlsx"]
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        _check_zip(book, data)
        for name, digest in _PARTS.items():
            if hashlib.sha256(book.read(name)).hexdigest() != digest:
                raise _OddError("holds more than a sheet")
        due = iter([header, line, *rows] if any(line) else [header, *rows])
        sheet = _Sheet(due)
        with book.open(_SHEET) as source:
            sheet.parser.ParseFile(source)
    if next(due, None) is not None:
        raise _OddError("has fewer rows than table.csv")


def _check_zip(book: zipfile.ZipFile, data: bytes) -> None:
    """Let it hold its parts alone, one behind the other, without times, comments or gaps."""
    place, names = 0, [*_PARTS, _SHEET]
    if [one.filename for one in book.infolist()] != names or book.comment:
        raise _OddError("has other parts than a workbook of one table")
    for one in book.infolist():
        plain = (one.create_system, one.external_attr, one.internal_attr, one.flag_bits, one.compress_type)
        local = data[place : place + _LOCAL]
        if one.extra or one.comment or plain != (3, 0o600 << 16, 0, 0, zipfile.ZIP_DEFLATED):
            raise _OddError("a part says more than its name")
        if one.header_offset != place or local[10:14] != _MIDNIGHT_1980 or local[28:30] != bytes(2):
            raise _OddError("a part bears a time, or there is something between parts")
        if one.date_time != (1980, 1, 1, 0, 0, 0):
            raise _OddError("a part bears a time, or there is something between parts")
        place += _LOCAL + len(one.filename) + one.compress_size
    if len(data) != place + sum(_CENTRAL + len(name) for name in names) + _END:
        raise _OddError("there is something between parts")


class _Sheet:
    """Reads the cells of a sheet one row after the other, and refuses all that is no cell."""

    _INSIDE: Mapping[str, str] = {
        "worksheet": "",
        "sheetData": "worksheet",
        "row": "sheetData",
        "c": "row",
        "is": "c",
        "t": "is",
        "v": "c",
    }
    _TOLD: Mapping[str, Sequence[Mapping[str, str]]] = {
        "c": ({}, {"s": "1", "t": "inlineStr"}),
        "t": ({"xml:space": "preserve"},),
        "worksheet": ({"xmlns": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"},),
    }

    def __init__(self, due: Iterator[Row]) -> None:
        self.due = due
        self.open: list[str] = [""]
        self.cells: list[str] = []
        self.text: list[str] = []
        self.number = False
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.begins
        self.parser.EndElementHandler = self.ends
        self.parser.CharacterDataHandler = self.says
        self.parser.CommentHandler = self.parser.ProcessingInstructionHandler = self.odd
        self.parser.StartDoctypeDeclHandler = self.parser.StartCdataSectionHandler = self.odd

    @staticmethod
    def odd(*_told: object) -> None:
        """Refuse it."""
        raise _OddError("its sheet holds more than cells")

    def begins(self, tag: str, told: Mapping[str, str]) -> None:
        """Take note of a tag: each stands in one other alone, and says nothing of itself."""
        if self._INSIDE.get(tag) != self.open[-1] or dict(told) not in self._TOLD.get(tag, ({},)):
            self.odd()
        if tag == "c":
            self.text, self.number = [], not told
        elif tag == "v" and not self.number:
            self.odd()
        self.open.append(tag)

    def says(self, text: str) -> None:
        """Take the words of a cell."""
        if self.open[-1] not in {"t", "v"}:
            self.odd()
        self.text.append(text)

    def ends(self, tag: str) -> None:
        """Compare a row that has ended."""
        self.open.pop()
        if tag == "c":
            said = "".join(self.text)
            if self.number and str(int(said)) != said:
                self.odd()
            self.cells.append(_CODED.sub(lambda found: chr(int(found[1], 16)), said))
        elif tag == "row":
            due = next(self.due, None)
            if due is None or self.cells != list(due):
                raise _OddError(_OTHER)
            self.cells = []


def _parquet(files: Mapping[str, bytes], header: Row, _line: Row, rows: Sequence[Row]) -> None:
    if importlib.util.find_spec("pyarrow") is None:
        raise _OddError("cannot be checked without a library: pip install 'testimony-portal[parquet]'")
    file: Any = importlib.import_module("pyarrow.parquet").ParquetFile(io.BytesIO(files["table.parquet"]))
    told = file.metadata
    if told.metadata or file.schema_arrow.metadata or not told.created_by.startswith("parquet-cpp-arrow "):
        raise _OddError("says more than its cells")
    for group in range(told.num_row_groups):
        for place in range(told.num_columns):
            chunk = told.row_group(group).column(place)
            if chunk.is_stats_set or chunk.has_dictionary_page:
                raise _OddError("keeps values beside its cells")
    if file.schema_arrow.names != list(header) or told.num_rows != len(rows):
        raise _OddError(_OTHER)
    due = iter(rows)
    for some in file.iter_batches(_AT_ONCE):
        columns = [map(_said, column.to_pylist()) for column in some.columns]
        if any(got != tuple(row) for got, row in zip(zip(*columns, strict=True), due, strict=False)):
            raise _OddError(_OTHER)


_READERS: Mapping[str, Callable[[Mapping[str, bytes], Row, Row, Sequence[Row]], None]] = {
    "table.json": _json,
    "table.hxl.csv": _hxl,
    "table.xlsx": _workbook,
    "table.parquet": _parquet,
}
