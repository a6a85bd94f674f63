"""The second opinion on a finished table of counts: reads the files back and counts again, its own way.

It shares no code with what made them and fails closed, as `check` does for tables of records.
"""

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from portal.release.check import Fault, UnsafeReleaseError, plain
from portal.release.reading_back import BINARY, format_problems, others

_ALL, _HIDDEN = "all", "hidden"
_SMALL = range(1, 10)

_Cell = tuple[str, str]


def verify_table(
    files: Mapping[str, bytes],
    *,
    categories: tuple[Sequence[str], Sequence[str]],
    families: Sequence[_Cell] | None,
    forbidden: Sequence[str] = (),
) -> None:
    """Check a table, or raise `UnsafeReleaseError`.

    ``families`` has the cell of each family whose counts leave as they are; None when only noise leaves.
    ``forbidden`` words may stand nowhere in the bytes.
    """
    try:
        faults = _faults(files, categories, families, forbidden)
    except Exception as error:  # whatever it is, it is no table
        raise UnsafeReleaseError({Fault.UNREADABLE}) from error
    if faults:
        raise UnsafeReleaseError(faults)


def _faults(
    files: Mapping[str, bytes],
    categories: tuple[Sequence[str], Sequence[str]],
    families: Sequence[_Cell] | None,
    forbidden: Sequence[str],
) -> set[Fault]:
    found, lines = file_faults(files, forbidden)
    return found | cell_faults([(row, column, told) for row, column, told in lines], categories, families)


def file_faults(files: Mapping[str, bytes], forbidden: Sequence[str]) -> tuple[set[Fault], list[list[str]]]:
    """Check what is there, and that all formats say the same; returns the faults and the table's lines."""
    found = set()
    told: dict[str, Any] = json.loads(files["manifest.json"])
    named = {name: one["sha256"] for name, one in told["files"].items()}
    due = {n: hashlib.sha256(data).hexdigest() for n, data in files.items() if n != "manifest.json"}
    if named != due or set(due) != {"table.csv", *others(due)}:
        found.add(Fault.FILES)
    texts = [data.decode() for name, data in files.items() if name not in BINARY]
    if any(word in text for text in texts for word in forbidden):
        found.add(Fault.FORBIDDEN)
    read = csv.reader(io.StringIO(files["table.csv"].decode(), newline=""), strict=True)
    header, *lines = ([plain(cell) for cell in line] for line in read)
    if any(format_problems(files, header=header, rows=lines, tags=told["hxl"])):
        found.add(Fault.FORMATS)
    return found, lines


def cell_faults(
    lines: Sequence[tuple[str, str, str]],
    categories: tuple[Sequence[str], Sequence[str]],
    families: Sequence[_Cell] | None,
) -> set[Fault]:
    """Check the cells and sums of one table, given as (row, column, count)."""
    found = set()
    cells = {(row, column): told for row, column, told in lines}
    rows, columns = ([*names, _ALL] for names in categories)
    if len(cells) != len(lines) or set(cells) != {(row, column) for row in rows for column in columns}:
        found.add(Fault.COLUMNS)
    elif families is None:
        found |= _noise_faults(cells, rows, columns)
    else:
        found |= _count_faults(cells, families, rows, columns)
    return found


def _noise_faults(cells: Mapping[_Cell, str], rows: Sequence[str], columns: Sequence[str]) -> set[Fault]:
    """Whole numbers that add up; that they are noisy cannot be seen in them."""
    if not all(told.isdecimal() for told in cells.values()):
        return {Fault.UNTRUE}
    for row in rows:
        if int(cells[row, _ALL]) != sum(int(cells[row, column]) for column in columns if column != _ALL):
            return {Fault.UNTRUE}
    for column in columns:
        if int(cells[_ALL, column]) != sum(int(cells[row, column]) for row in rows if row != _ALL):
            return {Fault.UNTRUE}
    return set()


def _count_faults(
    cells: Mapping[_Cell, str], families: Sequence[_Cell], rows: Sequence[str], columns: Sequence[str]
) -> set[Fault]:
    counts: Counter[_Cell] = Counter()
    for row, column in families:
        counts.update([(row, column), (row, _ALL), (_ALL, column), (_ALL, _ALL)])
    found = set()
    if any(told not in {_HIDDEN, str(counts[cell])} for cell, told in cells.items()):
        found.add(Fault.UNTRUE)
    hidden = {cell for cell, told in cells.items() if told == _HIDDEN}
    if any(counts[cell] in _SMALL for cell in cells.keys() - hidden):
        found.add(Fault.SMALL_CLASS)
    if any(counts[cell] in _SMALL for cell in _worked_out(hidden, rows, columns)):
        found.add(Fault.FEW_CANDIDATES)
    return found


def _worked_out(hidden: set[_Cell], rows: Sequence[str], columns: Sequence[str]) -> set[_Cell]:
    """Return what follows by subtraction: what alone is hidden in its line, over and over."""
    left, found = set(hidden), set()
    lines = [
        *({(row, column) for column in columns} for row in rows),
        *({(row, column) for row in rows} for column in columns),
    ]
    while alone := {cell for line in lines if len(one := line & left) == 1 for cell in one}:
        found |= alone
        left -= alone
    return found
