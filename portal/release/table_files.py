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
    if path.stat().st_size > MOST_BYTES:
        raise InvalidError(f"{path.name} is too big: {MOST_BYTES >> 20} MiB at most.")
    try:
        with path.open(encoding="utf-8-sig", newline="") as source:
            reader = csv.reader(source, strict=True)
            header = [name.strip() for name in next(reader, [])]
            _check_header(path.name, header)
            return _read(path.name, header, reader)
    except UnicodeDecodeError:
        raise InvalidError(f"{path.name} is not written in UTF-8.") from None
    except csv.Error as error:
        raise InvalidError(f"{path.name} is no table of comma-separated values: {error}.") from None


def _check_header(name: str, header: list[str]) -> None:
    if not header or not all(header):
        raise InvalidError(f"{name} has no header: its first line names every column.")
    if len(set(header)) < len(header):
        raise InvalidError(f"{name} names a column twice.")


def _read(name: str, header: list[str], reader: Iterator[list[str]]) -> Table:
    known = [_Numbers() for _ in header]
    parts: list[list[Ints]] = [[] for _ in header]
    rows = 0
    while chunk := list(islice(reader, _AT_ONCE)):
        if [] in chunk:
            chunk = [row for row in chunk if row]
        if any(len(row) != len(header) for row in chunk):
            where = next(place for place, row in enumerate(chunk) if len(row) != len(header))
            raise InvalidError(
                f"{name}: record {rows + where + 1} has another number of cells than the header."
            )
        rows += len(chunk)
        if rows > MOST_ROWS:
            raise InvalidError(f"{name} is too big: {MOST_ROWS} rows at most.")
        for numbers, part, cells in zip(known, parts, zip(*chunk, strict=True), strict=False):
            part.append(np.fromiter(map(numbers.__getitem__, cells), np.int64, len(cells)))
    if not rows:
        raise InvalidError(f"{name} is empty: it has no row below the header.")
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


def read_lines(path: Path, *, delimiter: str) -> list[list[str]]:
    """Read a small file of separated values without a header. Raises `InvalidError`."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        return [
            row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True) if row
        ]
    except (UnicodeDecodeError, csv.Error):
        raise InvalidError(
            f"{path.name} cannot be read: it is to be UTF-8, with {delimiter} between cells."
        ) from None
    except OSError:
        raise InvalidError(f"The file {path.name}, which the policy names, cannot be read.") from None
