"""The record of a release that stays with whoever made it: which row stood in which class, by digests.

The next release of the same table is compared with it. It tells who is in the table to anybody who can guess
rows, so it is never given out.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from portal.errors import InvalidError
from portal.release.encoded import Ints
from portal.release.table_files import Table

FORMAT = "testimony-portal-inside/1"
SUFFIX = ".inside.json"

Digests = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Inside:
    """What stood where. `rows` has two numbers for each row, `units` one; `of` is the class, -1 for none."""

    manifest: str
    """SHA-256 of the manifest, in hex."""
    columns: tuple[str, ...]
    """All columns of the table, those that stay as well."""
    schemes: Mapping[str, str]
    """The quasi-identifiers, in order, with the digests of their hierarchies."""
    labels: Sequence[tuple[str, ...]] = field(repr=False)
    of: Ints = field(repr=False)
    rows: Digests = field(repr=False)
    units: Digests | None = field(repr=False)

    def to_json(self) -> bytes:
        """Return JSON in one form."""
        kept = {
            "columns": list(self.columns),
            "format": FORMAT,
            "labels": [list(each) for each in self.labels],
            "manifest": self.manifest,
            "of": _text(self.of.astype("<i8")),
            "rows": _text(self.rows.astype("<u8")),
            "schemes": [[name, digest] for name, digest in self.schemes.items()],
            "units": None if self.units is None else _text(self.units.astype("<u8")),
        }
        return json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    @classmethod
    def of_folder(cls, folder: Path) -> Self:
        """Read the record that belongs to a finished folder. Raises `InvalidError` if it is not there."""
        path = beside(folder)
        try:
            kept: dict[str, Any] = json.loads(path.read_bytes())
            manifest = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
            if kept["format"] != FORMAT or kept["manifest"] != manifest:
                raise InvalidError(f"{path.name} does not belong to {folder.name}.")
            units = kept["units"]
            return cls(
                manifest,
                tuple(kept["columns"]),
                dict(kept["schemes"]),
                [tuple(each) for each in kept["labels"]],
                np.frombuffer(base64.b64decode(kept["of"]), dtype="<i8").astype(np.int64),
                np.frombuffer(base64.b64decode(kept["rows"]), dtype="<u8").reshape(-1, 2),
                None if units is None else np.frombuffer(base64.b64decode(units), dtype="<u8"),
            )
        except OSError:
            raise InvalidError(
                f"{path.name} is missing: without it nobody can tell who stood in {folder.name}. "
                "It is written beside the folder of every release."
            ) from None
        except (ValueError, LookupError, TypeError):
            raise InvalidError(f"{path.name} cannot be read.") from None


def beside(folder: Path) -> Path:
    """Return where the record of a folder lies."""
    return folder.with_name(folder.name + SUFFIX)


def row_digests(table: Table) -> Digests:
    """Digest each row over all its columns, two numbers a row; equal rows have equal digests."""
    found = np.zeros((table.rows, 2), dtype=np.uint64)
    for name, column in table.columns.items():
        found += np.array([_digest(name, value) for value in column.values], dtype=np.uint64)[column.numbers]
    return found


def unit_digests(table: Table, name: str) -> Digests:
    """Digest the family of each row."""
    column = table.columns[name]
    each = np.array([_digest("unit", value)[0] for value in column.values], dtype=np.uint64)
    return np.asarray(each[column.numbers])


def _digest(*parts: str) -> tuple[int, int]:
    whole = hashlib.sha256(json.dumps(parts).encode()).digest()
    return int.from_bytes(whole[:8]), int.from_bytes(whole[8:16])


def _text(values: npt.NDArray[Any]) -> str:
    return base64.b64encode(values.tobytes()).decode()
