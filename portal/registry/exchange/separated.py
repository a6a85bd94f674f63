"""Rows of a file of separated values (RFC 4180 and what people make of it), one at a time, each by its line.

A quoted cell may run over many lines. What cannot be read breaks its own row and no other.
"""

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from io import TextIOWrapper
from typing import TextIO

from portal.errors import InvalidError
from portal.registry.exchange.cells import LONGEST_CELL, BrokenRowError, Reason
from portal.registry.exchange.given import Given

MOST_COLUMNS = 200
ENCODINGS = ("utf-8", "utf-16", "cp1256")
_LONGEST_ROW = 4 * 1024 * 1024
_SEPARATORS = ",;\t|"
Cells = Sequence[str] | BrokenRowError
_Line = tuple[int, str | None]


def encoding_of(file: Given, named: str = "") -> str:
    """Give the encoding of a file: what its first bytes say, else the one that was named, else UTF-8."""
    if named and named not in ENCODINGS:
        raise InvalidError("That encoding is not known here.")
    first = file.begins(4)
    if first.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    return "utf-8-sig" if first.startswith(b"\xef\xbb\xbf") or not named else named


def read(file: Given, encoding: str) -> Iterator[tuple[int, Cells]]:
    """Give each row with the line it begins on, or with what is wrong with it; empty rows are passed over."""
    errors = "surrogateescape" if encoding != "utf-16" else "replace"
    with TextIOWrapper(file.open(), encoding=encoding, errors=errors, newline=None) as source:
        lines = _Lines(source)
        first = next(lines, (1, ""))
        lines.give_back([first])
        separator = max(_SEPARATORS, key=(first[1] or "").count)
        for line, text in _records(lines, separator):
            cells = _cells(text, separator)
            if isinstance(cells, BrokenRowError) or any(cells):
                yield line, cells


class _Lines:
    """The lines of a text, counted, without their ends; None for one that is longer than any row may be."""

    def __init__(self, source: TextIO) -> None:
        self._source, self._number = source, 0
        self._back: deque[_Line] = deque()
        self.looked_through = 0
        """Up to this line no quoted cell that was begun before it ends."""

    def __iter__(self) -> Iterator[_Line]:
        return self

    def __next__(self) -> _Line:
        if self._back:
            return self._back.popleft()
        line = self._source.readline(_LONGEST_ROW)
        if not line:
            raise StopIteration
        self._number += 1
        if line.endswith("\n") or len(line) < _LONGEST_ROW:
            return self._number, line.removesuffix("\n")
        while line and not line.endswith("\n"):
            line = self._source.readline(_LONGEST_ROW)
        return self._number, None

    def give_back(self, lines: Sequence[_Line]) -> None:
        """Let lines be read once more."""
        self._back.extendleft(reversed(lines))


def _records(lines: _Lines, separator: str) -> Iterator[_Line]:
    """Join the lines of a quoted cell."""
    for begun, text in lines:
        if text is not None and '"' in text and _open(text, separator, inside=False):
            # No quote ended up to there; looking again from each line would take as long as all of them.
            yield begun, None if begun <= lines.looked_through else _whole(lines, (begun, text), separator)
        else:
            yield begun, text


def _whole(lines: _Lines, first: _Line, separator: str) -> str | None:
    """Read on until a quoted cell ends; where it never does, its first line is lost and no other."""
    held, size = [first], 0
    for line in lines:
        held.append(line)
        size += len(line[1] or "") + 1
        if line[1] is None or size > _LONGEST_ROW:
            break
        if '"' in line[1] and not _open(line[1], separator, inside=True):
            return "\n".join(text or "" for _, text in held)
    lines.looked_through = held[-1][0]
    lines.give_back(held[1:])
    return None


def _open(text: str, separator: str, *, inside: bool) -> bool:
    """Tell whether a line ends inside a quoted cell, begun inside one or not."""
    at = 0
    while True:
        quote = text.find('"', at)
        if quote < 0:
            return inside
        if inside:
            doubled = text.startswith('"', quote + 1)
            inside, at = doubled, quote + 1 + doubled
        else:
            inside, at = quote == 0 or text[quote - 1] == separator, quote + 1


def _cells(text: str | None, separator: str) -> Cells:
    if text is None:
        return BrokenRowError(Reason.LONG)
    if '"' in text:
        try:
            cells = next(csv.reader([text], delimiter=separator), [])
        except csv.Error:
            return BrokenRowError(Reason.LONG)
    else:
        cells = text.split(separator)
    if len(cells) > MOST_COLUMNS or any(len(cell) > LONGEST_CELL for cell in cells):
        return BrokenRowError(Reason.LONG)
    return [cell.strip() for cell in cells]
