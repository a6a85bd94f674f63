"""Finished files of a release: a table that no spreadsheet runs, a canonical manifest, an archive."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence

from portal.cells import PLAIN_NUMBER, unguarded, written
from portal.errors import InvalidError
from portal.release.anonymise import Outcome
from portal.release.policy import Column, Policy

TABLE = "table.csv"
MANIFEST = "manifest.json"
FORMAT = "testimony-portal-release/1"
ROUNDING = 10
"""Counts leave rounded to the nearest ten."""

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]

_EXACT = 2**53  # beyond it two integers share one double (RFC 8785, section 3.2.2.3)
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
    """JSON in the one form of RFC 8785; numbers that it would write with an exponent raise `InvalidError`."""
    return _utf8(_json(value))


def manifest(outcome: Outcome, policy: Policy, files: Mapping[str, bytes], *, release: str) -> bytes:
    """Describe a release for whoever holds it: policy, versions, SHA-256 of each file, rounded counts.

    Exact counts, the smallest class, who approved and when stay inside; `ncp` is over released records alone,
    so that the table cannot be subtracted from anything here.
    """
    described: dict[str, Json] = {
        "format": FORMAT,
        "release": release,
        "columns": list(outcome.columns),
        "policy": {
            "version": policy.version,
            "k": policy.k,
            "unit": "family",
            "most_suppressed_percent": round(policy.suppression * 100, 2),
            "record_ids": policy.record_ids,
            "columns": {name: _described(policy.columns[name]) for name in policy.released},
        },
        "files": {
            name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
            for name, data in files.items()
        },
        "rounded": {"records": rounded(len(outcome.rows)), "suppressed": rounded(outcome.suppressed)},
        "ncp": {name: round(loss, 2) for name, loss in outcome.ncp.items()},
    }
    return canonical(described)


def package(outcome: Outcome, policy: Policy, *, release: str) -> dict[str, bytes]:
    """Name the files of a release: the table and its manifest. `InvalidError` when it was refused."""
    if outcome.refused is not None:
        raise InvalidError("a refused release has no files")
    table = write_csv(outcome.columns, outcome.rows)
    return {TABLE: table, MANIFEST: manifest(outcome, policy, {TABLE: table}, release=release)}


def archive(files: Mapping[str, bytes]) -> bytes:
    """Pack the files by name, uncompressed, at the first time a ZIP knows: same files, same bytes."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as packed:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _FIRST_ZIP_TIME)
            entry.create_system = 3
            entry.external_attr = 0o600 << 16
            packed.writestr(entry, files[name])
    return sink.getvalue()


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


def _described(column: Column) -> dict[str, Json]:
    described: dict[str, Json] = {"role": column.role.value}
    if column.hierarchy is not None:
        described["hierarchy"] = {
            "name": column.hierarchy.name,
            "version": column.hierarchy.version,
            "sha256": column.hierarchy.digest,
        }
    return described


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
    if isinstance(value, int) or value.is_integer():
        if abs(value) >= _EXACT:
            raise InvalidError("a number is too large for JSON")
        return str(int(value))
    text = repr(value)
    if not PLAIN_NUMBER.fullmatch(text):
        raise InvalidError("a number has no plain form in JSON")
    return text
