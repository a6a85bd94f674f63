"""What files of a release are made of: a table that no spreadsheet runs, canonical JSON, a padded archive."""

import csv
import io
import json
import math
import zipfile
from collections.abc import Mapping, Sequence
from decimal import Decimal

from portal.cells import unguarded, written
from portal.errors import InvalidError
from portal.vault.seal import padded_size

TABLE = "table.csv"
MANIFEST = "manifest.json"
PADDING = "padding"
"""Name of the zeros in an archive that keep its size from telling how much is in it."""
ROUNDING = 10
"""Counts leave rounded to the nearest ten."""

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]

_EXACT = 2**53  # beyond it two integers share one double (RFC 8785, section 3.2.2.3)
_LEAST_PLAIN = 1e-6
_FIRST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def write_csv(header: Sequence[str], rows: Sequence[Sequence[str | int]]) -> bytes:
    """Write RFC 4180 in UTF-8 with CRLF; text always in quotes, numbers bare. The same cells, the same bytes.

    Raises `InvalidError` for a row of another length than the header and for text that is no Unicode.
    """
    if not header or any(len(row) != len(header) for row in rows):
        raise InvalidError("every row has the cells that the header names")
    known = _Cells()
    lines = [",".join(map(known.__getitem__, map(str, row))) for row in (header, *rows)]
    return _utf8("".join(line + "\r\n" for line in lines))


def read_csv(data: bytes) -> list[list[str]]:
    """Read header and rows back, all as text, without the guard. `InvalidError` if it is no such table."""
    try:
        reader = csv.reader(io.StringIO(data.decode(), newline=""), strict=True)
        return [[unguarded(cell) for cell in row] for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidError("this is no table of a release") from error


def canonical(value: Json) -> bytes:
    """JSON in the one form of RFC 8785; `InvalidError` for numbers that it cannot hold."""
    return _utf8(_json(value))


def archive(files: Mapping[str, bytes]) -> bytes:
    """Pack the files by name, uncompressed, at the first time a ZIP knows: same files, same bytes.

    A last file of zeros pads it (Padmé, see `seal.padded_size`).
    """
    size = len(_packed({**files, PADDING: b""}))
    return _packed({**files, PADDING: bytes(padded_size(size) - size)})


def unpacked(archive: bytes) -> dict[str, bytes]:
    """Return the files of an archive by name, without its padding."""
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        return {name: packed.read(name) for name in packed.namelist() if name != PADDING}


def _packed(files: Mapping[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as packed:
        for name in sorted(files):
            packed.writestr(entry(name), files[name])
    return sink.getvalue()


def entry(name: str) -> zipfile.ZipInfo:
    """Name a file in a ZIP without saying when, by whom, or where it was made."""
    found = zipfile.ZipInfo(name, _FIRST_ZIP_TIME)
    found.create_system = 3
    found.external_attr = 0o600 << 16
    return found


def rounded(count: int) -> int:
    """To the nearest ten, halves up."""
    return (count + ROUNDING // 2) // ROUNDING * ROUNDING


class _Cells(dict[str, str]):
    """Cells as they are written; a table says few things many times."""

    def __missing__(self, text: str) -> str:
        self[text] = cell = written(text)
        return cell


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise InvalidError("a cell or name holds something that is no text") from error


def _json(value: Json) -> str:
    if value is None or isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, Mapping):
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{_json(name)}:{_json(value[name])}" for name in names) + "}"
    return "[" + ",".join(map(_json, value)) + "]"


def _number(value: float) -> str:
    """Write a number as ECMAScript does (RFC 8785, section 3.2.2.3)."""
    if isinstance(value, int) or value.is_integer():
        if abs(value) >= _EXACT:
            raise InvalidError("a number is too large for JSON")
        return str(int(value))
    if not math.isfinite(value):
        raise InvalidError("a number has no form in JSON")
    text = repr(value)  # the shortest digits that name it
    if abs(value) >= _LEAST_PLAIN:
        return format(Decimal(text), "f")
    digits, _e, exponent = text.partition("e")
    return f"{digits}e{int(exponent)}"
