"""What the verifier reads: finished and true cells, hierarchies, and how one class is measured."""

import csv
import io
import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from portal.release.check import plain


class Plain(dict[str, str]):
    """Cells as they are written, and what they say; each is kept once."""

    def __missing__(self, cell: str) -> str:
        self[cell] = said = plain(cell)
        return said


class TrueCells(dict[str, str]):
    """True cells as they are written, and what they are taken for."""

    def __missing__(self, cell: str) -> str:
        self[cell] = said = cell.strip() or "unknown"
        return said


@dataclass(frozen=True)
class Truth:
    """What the table was made of: true cells by column, the family of each row, the source of each line."""

    columns: Mapping[str, Sequence[str]] = field(repr=False)
    unit: Sequence[object] | None = field(repr=False)
    sources: Sequence[int] = field(repr=False)
    register: Sequence[Mapping[str, str]] | None = field(repr=False)

    @classmethod
    def of(
        cls, source: Path, roles: Mapping[str, str], sources: Iterable[int], register: Path | None = None
    ) -> Self:
        """Read the table, and the register, once more."""
        columns = columns_of(source.read_bytes())
        units = [columns[name] for name, role in roles.items() if role == "unit"]
        people = None
        if register is not None:
            listed = columns_of(register.read_bytes())
            people = [dict(zip(listed, row, strict=True)) for row in zip(*listed.values(), strict=True)]
        return cls(columns, units[0] if units else None, list(sources), people)


def cells_of(data: bytes, encoding: str) -> Iterator[list[str]]:
    """Read records one by one: a whole table as text would take four bytes a letter."""
    return csv.reader(io.TextIOWrapper(io.BytesIO(data), encoding=encoding, newline=""), strict=True)


def columns_of(data: bytes) -> dict[str, tuple[str, ...]]:
    """Read a table by column, blanks cut off and nothing as `unknown`."""
    reader = cells_of(data, "utf-8-sig")
    header = [name.strip() for name in next(reader)]
    known = TrueCells()
    rows = [tuple(map(known.__getitem__, row)) for row in reader if row]
    return dict(zip(header, zip(*rows, strict=True), strict=True))


class Tree:
    """A hierarchy as the manifest gives it."""

    def __init__(self, name: str, paths: Sequence[Sequence[str]]) -> None:
        self.name = name
        self.paths = {path[0]: tuple(path) for path in paths}
        self.count = len(paths)
        self.leaves: defaultdict[str, set[str]] = defaultdict(set)
        for path in paths:
            for label in path:
                self.leaves[label].add(path[0])

    def loss(self, label: str) -> float:
        """Normalised certainty penalty."""
        return (len(self.leaves[label]) - 1) / max(1, self.count - 1)

    def problems(self) -> Iterator[str]:
        """Whether it is total and monotone."""
        heights = {len(path) for path in self.paths.values()}
        if len(self.paths) != self.count or len(heights) != 1 or "unknown" not in self.paths:
            yield f"manifest.json: the hierarchy of {self.name} is not total"
            return
        height = heights.pop()
        if any(path[-1] != "*" for path in self.paths.values()):
            yield f"manifest.json: the hierarchy of {self.name} does not end in *"
        for level in range(height - 1):
            above: dict[str, str] = {}
            if any(above.setdefault(p[level], p[level + 1]) != p[level + 1] for p in self.paths.values()):
                yield f"manifest.json: the hierarchy of {self.name} is not monotone"


def shares_of(
    counts: Counter[str], overall: Counter[str], steps: Sequence[str] | None
) -> tuple[int, float, float, float]:
    """Measure one class: (l, entropy l, top share, t); `steps` are the values in order, if they have one."""
    whole, everybody = counts.total(), overall.total()
    shares = {value: count / whole for value, count in counts.items()}
    entropy = -math.fsum(share * math.log(share) for share in shares.values())
    if steps is None or len(steps) < 2:  # noqa: PLR2004 - no distance within one value
        inside = math.fsum(abs(share - overall[value] / everybody) for value, share in shares.items())
        outside = 1 - math.fsum(overall[value] / everybody for value in shares)
        t = (inside + outside) / 2
    else:
        moved = itertools.accumulate(shares.get(value, 0.0) - overall[value] / everybody for value in steps)
        t = math.fsum(map(abs, moved)) / (len(steps) - 1)
    return len(counts), math.exp(entropy), max(shares.values()), t
