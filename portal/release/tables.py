"""Finished files of a release: a table that no spreadsheet runs, a canonical manifest, an archive.

The guard, and how to take it off again (`unguarded`): a text cell gets one apostrophe before its first
character if that is a formula sign, a quote, an apostrophe, a blank or an invisible character; and one after
each separator inside it (`,` `;` `|` tab, line end) that only blanks, quotes and apostrophes part from a
formula sign, since a program that splits at another separator than ours would begin a cell there. Numbers are
left as they are.
"""

import csv
import hashlib
import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Mapping, Sequence

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
_PLAIN_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_SEPARATORS = frozenset(",;|\t\r\n")
_FORMULA = frozenset("=+-@|\u2212")
_QUOTES = frozenset("\"'")
_FIRST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def guarded(text: str) -> str:
    """Return the cell so that no spreadsheet takes it, or a part of it, for a formula."""
    if _PLAIN_NUMBER.fullmatch(text):
        return text
    runs = _runs(text)
    opened = [
        "'" + letter if place and text[place - 1] in _SEPARATORS and runs[place] else letter
        for place, letter in enumerate(text)
    ]
    return ("'" if text and _unsafe_first(text[0]) else "") + "".join(opened)


def unguarded(cell: str) -> str:
    """Take the guard off: the exact inverse of `guarded`."""
    first = cell[:1] == "'" and len(cell) > 1 and _unsafe_first(cell[1])
    text = cell[1:] if first else cell
    runs = _runs(text)
    return "".join(
        letter
        for place, letter in enumerate(text)
        if not (letter == "'" and place and text[place - 1] in _SEPARATORS and runs[place + 1])
    )


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


def _unsafe_first(letter: str) -> bool:
    """Tell formula signs in any width, quotes, and all that is blank or not seen."""
    return _is_formula(letter) or letter in _QUOTES or _is_blank(letter)


def _is_formula(letter: str) -> bool:
    """Compatibility forms such as ＝ count as what they stand for: spreadsheets of East Asia run them."""
    return unicodedata.normalize("NFKC", letter)[:1] in _FORMULA or letter in _FORMULA


def _is_blank(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "CZ"


def _runs(text: str) -> list[bool]:
    """Tell for each place, and the end, whether a cell begun there would be a formula; blanks count not."""
    runs = [False] * (len(text) + 1)
    for place in range(len(text) - 1, -1, -1):
        letter = text[place]
        passed = letter in _QUOTES or _is_blank(letter)
        runs[place] = _is_formula(letter) or (passed and runs[place + 1])
    return runs


class _Cells(dict[str, str]):
    """Cells as they are written; a table says few things many times."""

    def __missing__(self, text: str) -> str:
        self[text] = written = _cell(text)
        return written


def _cell(text: str) -> str:
    if _PLAIN_NUMBER.fullmatch(text):
        return text
    return '"' + guarded(text).replace('"', '""') + '"'


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
    if not _PLAIN_NUMBER.fullmatch(text):
        raise InvalidError("a number has no plain form in JSON")
    return text
