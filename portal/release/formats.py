"""The formats in which a table leaves: the same cells in each of them, and nothing besides.

No format keeps a time, a name of a person or a machine, or a value that stands in no cell; the same cells
give the same bytes.
"""

import importlib.util
import io
import json
import re
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Any

from portal.errors import InvalidError
from portal.release.tables import write_csv
from portal.release.workbook_files import write_workbook


class Format(StrEnum):
    """How a table may be written."""

    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"
    HXL = "hxl"
    PARQUET = "parquet"


FILES: Mapping[Format, str] = {
    Format.CSV: "table.csv",
    Format.JSON: "table.json",
    Format.XLSX: "table.xlsx",
    Format.HXL: "table.hxl.csv",
    Format.PARQUET: "table.parquet",
}
TAG = re.compile(r"#[a-z][a-z0-9_]*(\+[a-z][a-z0-9_]*)*")
"""A tag of the Humanitarian Exchange Language with its attributes: `#adm1+name` (hxlstandard.org, 1.1)."""
HOW_TO_PARQUET = "Parquet needs a library that is not there: pip install 'testimony-portal[parquet]'."

Rows = Sequence[Sequence[str | int]]


def available() -> tuple[Format, ...]:
    """Return the formats that this machine can write."""
    return tuple(one for one in Format if one is not Format.PARQUET or has_parquet())


def has_parquet() -> bool:
    """Tell whether the library behind Parquet is installed; it is an extra."""
    return importlib.util.find_spec("pyarrow") is not None


def written_as(
    formats: Collection[Format], header: Sequence[str], rows: Rows, *, tags: Mapping[str, str]
) -> dict[str, bytes]:
    """Write one table in each of these formats, by the name of its file; `tags` are HXL tags by column.

    With tags a workbook has them in its second row. HXL without any tag, text that a format cannot hold, and
    rows of another length than the header are `InvalidError`.
    """
    line = [tags.get(name, "") for name in header]
    if Format.HXL in formats and not any(line):
        raise InvalidError('No column has an HXL tag: give at least one its "hxl", such as "#adm1+name".')
    found: dict[str, bytes] = {}
    for one in Format:
        if one in formats:
            found[FILES[one]] = _written(one, header, line, rows)
    return found


def _written(one: Format, header: Sequence[str], tags: Sequence[str], rows: Rows) -> bytes:
    if one is Format.JSON:
        return write_json(header, rows)
    if one is Format.XLSX:
        return write_workbook([header, tags] if any(tags) else [header], rows)
    if one is Format.HXL:
        return write_csv(header, [tags, *rows])
    if one is Format.PARQUET:
        return write_parquet(header, rows)
    return write_csv(header, rows)


def write_json(header: Sequence[str], rows: Rows) -> bytes:
    """Write an array with an object for each row, one a line, in the order of the columns."""
    names = [json.dumps(name, ensure_ascii=False) + ":" for name in header]
    known: dict[str | int, str] = {}

    def said(cell: str | int) -> str:
        if cell not in known:
            known[cell] = json.dumps(cell, ensure_ascii=False)
        return known[cell]

    lines = (
        "{" + ",".join(name + said(cell) for name, cell in zip(names, row, strict=True)) + "}" for row in rows
    )
    try:
        return ("[\n" + ",\n".join(lines) + "\n]\n").encode()
    except UnicodeEncodeError as error:
        raise InvalidError("a cell or name holds something that is no text") from error


def write_parquet(header: Sequence[str], rows: Rows) -> bytes:
    """Write a Parquet file of texts, and whole numbers where a column has nothing else.

    It is written without dictionaries, statistics and the schema of another program, since each of them may
    hold values that stand in no row. Without the library: `InvalidError`.
    """
    if not has_parquet():
        raise InvalidError(HOW_TO_PARQUET)
    arrow, parquet = (importlib.import_module(name) for name in ("pyarrow", "pyarrow.parquet"))
    columns = list(zip(*rows, strict=True)) or [()] * len(header)
    arrays = [_array(arrow, column) for column in columns]
    sink = io.BytesIO()
    parquet.write_table(
        arrow.Table.from_arrays(arrays, names=list(header)),
        sink,
        compression="zstd",
        use_dictionary=False,
        write_statistics=False,
        store_schema=False,
        row_group_size=1 << 20,
    )
    return sink.getvalue()


def _array(arrow: Any, column: Sequence[str | int]) -> Any:
    if column and all(isinstance(cell, int) for cell in column):
        return arrow.array(column, type=arrow.int64())
    return arrow.array(list(map(str, column)), type=arrow.string())
