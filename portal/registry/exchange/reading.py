"""Files of any known form as rows of values by field; read as a stream, so that none is whole in memory."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto
from itertools import islice
from typing import Any

from portal.cells import unguarded
from portal.errors import InvalidError
from portal.registry.exchange import bayanat, fields, followthemoney, separated, workbook
from portal.registry.exchange.cells import BrokenRowError, Reason, Row
from portal.registry.exchange.fields import every_field
from portal.registry.exchange.given import Given
from portal.registry.exchange.separated import Cells
from portal.registry.vocabulary import Kind

LARGEST_JSON = 1 << 28
_LONGEST_LINE = 4 * 1024 * 1024
_SAMPLE = 200


class Form(StrEnum):
    """How a file is written."""

    SEPARATED = auto()
    WORKBOOK = auto()
    BAYANAT = auto()
    FTM = auto()


@dataclass(frozen=True)
class Mapped:
    """How a table is read: what its rows are, and the field of each heading ("" for none)."""

    kind: Kind = Kind.PERSON
    columns: Mapping[str, str] | None = None
    encoding: str = ""


@dataclass(frozen=True)
class Glance:
    """The first look at a file: its form, and for a table its headings and some cells of each column."""

    form: Form
    headings: tuple[str, ...] = ()
    samples: tuple[tuple[str, ...], ...] = ()
    guessed: tuple[str, ...] = ()


def form_of(file: Given) -> Form:
    """Tell how a file is written by its first bytes."""
    first = file.begins(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    if first.startswith(b"PK"):
        return Form.WORKBOOK
    if first.startswith(b"["):
        return Form.BAYANAT
    if first.startswith(b"{"):
        return Form.FTM if b'"schema"' in first else Form.BAYANAT
    return Form.SEPARATED


def glance(file: Given, mapped: Mapped) -> Glance:
    """Look at the first rows, and guess the columns."""
    form = form_of(file)
    if form in {Form.BAYANAT, Form.FTM}:
        return Glance(form)
    headings, rows = _table(file, form, mapped.encoding)
    told = [cells for _, cells in islice(rows, _SAMPLE) if not isinstance(cells, BrokenRowError)]
    samples = tuple(
        tuple(list(dict.fromkeys(row[place] for row in told if place < len(row) and row[place]))[:3])
        for place in range(len(headings))
    )
    return Glance(form, tuple(headings), samples, tuple(_guessed(headings, mapped.kind)))


def rows(file: Given, mapped: Mapped) -> Iterator[Row]:
    """Give all rows of a file, each with its line, or with what is wrong with it."""
    form = form_of(file)
    if form is Form.FTM:
        yield from followthemoney.rows(_json_lines(file))
    elif form is Form.BAYANAT:
        yield from bayanat.rows(_json(file))
    else:
        headings, cells = _table(file, form, mapped.encoding)
        columns = _columns(headings, mapped)
        own = every_field().issuperset(headings[:-1])
        for line, told in cells:
            yield _row(line, _bare(told) if own else told, columns)


def gone(headings: Sequence[str], mapped: Mapped) -> list[str]:
    """Give the headings to which a mapping gives a meaning and which a table does not have."""
    wanted = (heading for heading, field in (mapped.columns or {}).items() if field)
    return [heading for heading in wanted if heading not in headings]


def _bare(told: Cells) -> Cells:
    """Take off the guard that an export of the registry put before formulas."""
    return told if isinstance(told, BrokenRowError) else [unguarded(cell) for cell in told]


def headings_of(headings: Sequence[str]) -> list[str]:
    """Give every column a heading of its own: one without any, or with another's, gets its number."""
    found: list[str] = []
    for number, heading in enumerate(headings, 1):
        text = " ".join(heading.split())[:100]
        found.append(text if text and text not in found else f"{text} ({number})".strip())
    return found


def _table(file: Given, form: Form, encoding: str) -> tuple[list[str], Iterator[tuple[int, Cells]]]:
    if form is Form.WORKBOOK:
        cells = workbook.read(file)
    else:
        cells = separated.read(file, separated.encoding_of(file, encoding))
    _, first = next(cells, (1, []))
    if isinstance(first, BrokenRowError) or not first:
        raise InvalidError("The first row of a table names its columns; this file has no such row.")
    return headings_of(first), cells


def _guessed(headings: Sequence[str], kind: Kind) -> list[str]:
    known = bayanat.columns(headings)
    return known or fields.guess(headings, kind)


def _columns(headings: Sequence[str], mapped: Mapped) -> list[str]:
    if mapped.columns is None:
        return _guessed(headings, mapped.kind)
    return [mapped.columns.get(heading, "") for heading in headings]


def _row(line: int, told: Cells, columns: Sequence[str]) -> Row:
    if isinstance(told, BrokenRowError):
        return Row(line, problem=told)
    if len(told) > len(columns) and any(told[len(columns) :]):
        return Row(line, problem=BrokenRowError(Reason.CELLS), cells=_asked_for(told, columns))
    values: dict[str, list[str]] = {}
    for field, cell in zip(columns, told, strict=False):
        if field and cell:
            values.setdefault(field, []).append(cell)
    return Row(line, values, cells=_asked_for(told, columns))


def _asked_for(told: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Keep of a row what somebody gave a meaning to; other columns may hold what is nobody's business."""
    return [cell for field, cell in zip(columns, told, strict=False) if field]


def _json_lines(file: Given) -> Iterator[tuple[int, Any]]:
    """Read a JSON object a line; None for a line that is none."""
    with file.open() as source:
        number = 0
        while line := source.readline(_LONGEST_LINE):
            number += 1
            whole = line.endswith(b"\n") or len(line) < _LONGEST_LINE
            while line and not line.endswith(b"\n") and len(line) >= _LONGEST_LINE:
                line = source.readline(_LONGEST_LINE)
            if line.strip() or not whole:
                yield number, _parsed(line) if whole else None


def _json(file: Given) -> Iterator[tuple[int, Any]]:
    """Read one JSON document, or one a line; what is in it is counted from 1."""
    if file.size > LARGEST_JSON:
        raise InvalidError("A JSON file may have 256 megabytes at most; one object a line has no such limit.")
    with file.open() as source:
        whole = _parsed(source.read().removeprefix(b"\xef\xbb\xbf"))
    if whole is None:
        yield from _json_lines(file)
    else:
        yield from enumerate(bayanat.listed(whole), 1)


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
