"""The second opinion on a release as a receiver holds it, unpacked: files, formats and signature.

Who stood in it, and how many families are behind a record, nobody can tell from its files; that was measured
before it left (`check`, `check_table`).
"""

import csv
import hashlib
import io
import json
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any

from portal.release.check import plain, would_run
from portal.release.reading_back import canonical, format_problems, others
from portal.vault.directory import fingerprint
from portal.vault.sign import VerifyKey

FORMATS = frozenset({"testimony-portal-release/1", "testimony-portal-counts/1"})
_SIGNED = b"tp1/release/manifest\x00"
_STATEMENT = frozenset({"manifest.json", "manifest.sig.json"})
_BESIDE = re.compile(r"HOW-TO-VERIFY\.txt|padding|entry-[0-9]+\.(json|tlog-proof)")


def is_received(files: Mapping[str, bytes]) -> bool:
    """Tell whether these are the files of a release that a portal handed out."""
    try:
        return json.loads(files["manifest.json"])["format"] in FORMATS
    except (ValueError, LookupError, TypeError, RecursionError):
        return False


def received_problems(files: Mapping[str, bytes]) -> Iterator[str]:
    """Name what does not hold."""
    manifest: dict[str, Any] = json.loads(files["manifest.json"])
    tables = {"table.csv", *others(files)}
    for name in sorted(files.keys() - tables - _STATEMENT):
        if not _BESIDE.fullmatch(name) or (name == "padding" and files[name].strip(b"\0")):
            yield f"{name}: belongs to no release"
    if canonical(manifest) != files["manifest.json"]:
        yield "manifest.json: is not canonical"
    if set(manifest["files"]) != tables:
        yield "manifest.json: does not name the files that are there"
    for name, entry in sorted(manifest["files"].items()):
        data = files.get(name, b"")
        if entry != {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}:
            yield f"{name}: is not the file that the manifest names"
    if mark_of(files) is None:
        yield "manifest.sig.json: is missing, or does not hold"
    read = csv.reader(io.StringIO(files["table.csv"].decode(), newline=""), strict=True)
    raw = list(read)
    header, *rows = ([plain(cell) for cell in line] for line in raw)
    if any(would_run(cell) for line in raw for cell in line):
        yield "table.csv: a cell would run in a spreadsheet"
    yield from format_problems(files, header=header, rows=rows, tags=manifest["hxl"])


def parted(files: Mapping[str, bytes]) -> tuple[list[str], list[str]]:
    """Name the files that the signed manifest names, and those beside it that nobody signed."""
    named = sorted(json.loads(files["manifest.json"])["files"])
    return named, sorted(files.keys() - set(named) - _STATEMENT)


def mark_of(files: Mapping[str, bytes]) -> str | None:
    """Return the mark of the key that signed the manifest; None if no signature holds."""
    try:
        told = json.loads(files["manifest.sig.json"])
        key = VerifyKey(*(b64decode(told[one]["public"], validate=True) for one in ("ed25519", "mldsa44")))
        both = b"".join(b64decode(told[one]["signature"], validate=True) for one in ("ed25519", "mldsa44"))
    except (ValueError, LookupError, TypeError):
        return None
    return fingerprint(key) if key.verify(both, _SIGNED + files["manifest.json"]) else None
