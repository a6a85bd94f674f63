"""A table in a CSV file, read as whole numbers: the distinct values of a column, and which stands where."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np

from portal.errors import InvalidError
from portal.release.encoded import Ints
from portal.release.hierarchies import MISSING

MOST_BYTES = 1 << 30
MOST_ROWS = 2_000_000
_AT_ONCE = 2_000


@dataclass(frozen=True)
class Column:
    """One column: its distinct values, missing ones as `unknown`, and the number of the value in each row."""

    values: tuple[str, ...] = field(repr=False)
    numbers: Ints = field(repr=False)

    def texts(self) -> list[str]:
        """Return the value of each row."""
        return [self.values[number] for number in self.numbers.tolist()]


@dataclass(frozen=True)
class Table:
    """All columns by name, in the order of the file."""

    columns: Mapping[str, Column] = field(repr=False)
    rows: int


class _Numbers(dict[str, int]):
    def __missing__(self, value: str) -> int:
        self[value] = number = len(self)
        return number


def read_table(path: Path) -> Table:
    """Read a comma-separated file in UTF-8 with a header; raises `InvalidError`, which repeats no value."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InvalidError(f"{path.name} is too big: {MOST_BYTES >> 20} MiB at most.")
        with path.open(encoding="utf-8-sig", newline="") as source:
            reader = csv.reader(source, strict=True)
            try:
                header = [name.strip() for name in next(reader, [])]
                _check_header(path.name, header)
                return _read(path, header, reader)
            except csv.Error as error:
                raise InvalidError(
                    f"{path.name}, line {reader.line_num}: no table of comma-separated values ({error}). "
                    'Put quotes around a cell with commas, and write a quote inside as "".'
                ) from None
    except UnicodeDecodeError:
        raise InvalidError(f"{_undecodable(path)} is not UTF-8. Save the file as UTF-8.") from None
    except OSError as error:
        raise InvalidError(f"{path.name} cannot be read: {error.strerror}.") from None


def _undecodable(path: Path) -> str:
    with path.open("rb") as source:
        for number, line in enumerate(source, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return f"{path.name}, line {number}:"
    return path.name


def _check_header(name: str, header: list[str]) -> None:
    if len(header) == 1 and (found := [one for one in ";\t|" if one in header[0]]):
        kind = {";": "semicolons", "\t": "tabs", "|": "bars"}[found[0]]
        raise InvalidError(f"{name}, line 1: there are {kind} between cells. Save the file with commas.")
    if not header:
        raise InvalidError(f"{name} has no header: its first line is to name every column.")
    if not all(header):
        place = header.index("") + 1
        raise InvalidError(f"{name}, line 1: column {place} has no name. Name every column there.")
    twice = [one for place, one in enumerate(header) if one in header[:place]]
    if twice:
        raise InvalidError(f"{name}, line 1: the column {twice[0]} stands there twice. Rename or drop one.")


def line_of(path: Path, record: int) -> int:
    """Return the line of a file on which a record begins, the first below the header being number 1."""
    with path.open(encoding="utf-8-sig", newline="") as source:
        reader = csv.reader(source, strict=True)
        next(reader)
        begins, left = reader.line_num + 1, record
        for row in reader:
            left -= bool(row)
            if not left:
                break
            begins = reader.line_num + 1
    return begins


def _read(path: Path, header: list[str], reader: Iterator[list[str]]) -> Table:
    known = [_Numbers() for _ in header]
    parts: list[list[Ints]] = [[] for _ in header]
    rows = 0
    while chunk := list(islice(reader, _AT_ONCE)):
        if [] in chunk:
            chunk = [row for row in chunk if row]
        if any(len(row) != len(header) for row in chunk):
            where = next(place for place, row in enumerate(chunk) if len(row) != len(header))
            raise InvalidError(
                f"{path.name}, line {line_of(path, rows + where + 1)}: there are {len(chunk[where])} cells, "
                f"and {len(header)} columns in the header. Mend the line."
            )
        rows += len(chunk)
        if rows > MOST_ROWS:
            raise InvalidError(f"{path.name} is too big: {MOST_ROWS:,} rows at most.")
        for numbers, part, cells in zip(known, parts, zip(*chunk, strict=True), strict=False):
            part.append(np.fromiter(map(numbers.__getitem__, cells), np.int64, len(cells)))
    if not rows:
        raise InvalidError(f"{path.name} is empty: it has no row below the header.")
    return Table(
        {one: _column(numbers, part) for one, numbers, part in zip(header, known, parts, strict=True)}, rows
    )


def _column(known: _Numbers, parts: list[Ints]) -> Column:
    """Put the values in order; blanks around a value do not matter, and nothing is `unknown`."""
    texts = [text.strip() or MISSING for text in known]
    values = sorted(set(texts))
    number = {value: place for place, value in enumerate(values)}
    moved = np.array([number[text] for text in texts], dtype=np.int64)
    return Column(tuple(values), moved[np.concatenate(parts)])


def read_lines(path: Path, *, delimiter: str) -> list[tuple[int, list[str]]]:
    """Read a small file of separated values without a header: lines and rows. Raises `InvalidError`."""
    reader = None
    try:
        text = path.read_text(encoding="utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        return [(reader.line_num, row) for row in reader if row]
    except UnicodeDecodeError:
        raise InvalidError(f"{_undecodable(path)} is not UTF-8. Save the file as UTF-8.") from None
    except csv.Error as error:
        line = reader.line_num if reader else 1
        raise InvalidError(
            f"{path.name}, line {line}: no labels with {delimiter} between them ({error}). Mend the quotes."
        ) from None
    except (OSError, ValueError):
        raise InvalidError(f"The file {path.name}, which the policy names, cannot be read.") from None
