"""What a table of counts is to hold: two sides whose categories are public, and how it is protected."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Self

from portal.casework.coding import Pattern, Said, Sheet
from portal.errors import InvalidError
from portal.release.columns import MONTH, PRISON, RELATION, teller, values_of
from portal.release.grid import Axis, Grid
from portal.release.hierarchies import MISSING, TOP, Hierarchy, month
from portal.release.laplace import FINEST, epsilon_of
from portal.release.tables import Json, canonical

VERSION = 1
YEAR_OF_THE_KILLINGS = "1367"
"""Shown by months; the others by years."""


class Side(StrEnum):
    """What the rows or the columns of a table are."""

    PRISON = "prison"
    PROVINCE = "province"
    REGION = "region"
    MONTH = "month"
    TELLER = "teller"


HXL: Mapping[Side, str] = {
    Side.PRISON: "#loc+prison",
    Side.PROVINCE: "#adm1+name",
    Side.REGION: "#region+name",
    Side.MONTH: "#date+occurred",
    Side.TELLER: "#respondee+relation",
}
"""The tag of each side in the Humanitarian Exchange Language (hxlstandard.org, 1.1)."""

_COLUMN: Mapping[Side, str] = {
    Side.PRISON: PRISON,
    Side.PROVINCE: PRISON,
    Side.REGION: PRISON,
    Side.MONTH: MONTH,
    Side.TELLER: RELATION,
}
PLACES = (Side.PRISON, Side.PROVINCE, Side.REGION)
_SEASON = ", month unknown"
_LEVEL = {Side.PRISON: 0, Side.PROVINCE: 2, Side.REGION: 3, Side.TELLER: 1}


class Protection(StrEnum):
    """How the counts are protected; one dataset knows one kind for its whole life."""

    NOISE = "noise"
    THRESHOLD = "threshold"


@dataclass(frozen=True)
class Plan:
    """A table that somebody asks for: families by two sides, of all or of those who tell of one pattern.

    Or, with ``patterns``, of each of these a table of places and months, all in one: a family counts once in
    each. ``hundredths`` is what a noisy table costs (epsilon times 100), 0 for a threshold. Raises
    `InvalidError`.
    """

    rows: Side
    columns: Side
    pattern: Pattern | None
    protection: Protection
    hundredths: int = 0
    patterns: tuple[Pattern, ...] = ()

    def __post_init__(self) -> None:
        if self.patterns and (
            self.pattern is not None or self.columns is not Side.MONTH or self.rows not in PLACES
        ):
            raise InvalidError("Patterns are counted by places and months.")
        if list(self.patterns) != [one for one in Pattern if one in self.patterns]:
            raise InvalidError("Each pattern is counted once.")
        if _COLUMN[self.rows] == _COLUMN[self.columns]:
            raise InvalidError("Rows and columns of a table must ask different things.")
        if self.protection is Protection.NOISE:
            epsilon_of(self.hundredths)
        elif self.hundredths:
            raise InvalidError("A table without noise costs nothing of the budget.")

    @property
    def epsilon(self) -> Fraction:
        """What each count is noised with: a family that tells of all patterns changes as many counts."""
        return Fraction(self.hundredths, FINEST * max(1, len(self.patterns)))

    def to_json(self) -> str:
        """Return the canonical text that is kept."""
        kept: dict[str, Json] = {
            "columns": self.columns.value,
            "hundredths": self.hundredths,
            "pattern": self.pattern.value if self.pattern else "",
            "protection": self.protection.value,
            "rows": self.rows.value,
            "table": VERSION,
        }
        if self.patterns:
            kept["patterns"] = [one.value for one in self.patterns]
        return canonical(kept).decode()

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        kept = json.loads(text)
        return cls(
            Side(kept["rows"]),
            Side(kept["columns"]),
            Pattern(kept["pattern"]) if kept["pattern"] else None,
            Protection(kept["protection"]),
            kept["hundredths"],
            tuple(Pattern(one) for one in kept.get("patterns", ())),
        )

    def grid(self, prisons: Hierarchy) -> Grid:
        """Return all cells; ``prisons`` is made of the register as it stands, never of who spoke."""
        sides = (self.rows, self.columns)
        found = [(side.value, categories(side, prisons)) for side in sides]
        if self.patterns:  # a sheet says a month or a year, never a season
            found = [(name, tuple(one for one in some if not one.endswith(_SEASON))) for name, some in found]
        return Grid(tuple(Axis(name, some) for name, some in found))

    def counts(self, sheet: Sheet) -> bool:
        """Tell whether an account is counted at all."""
        if self.patterns:
            return any(sheet.patterns[one] is Said.YES for one in self.patterns)
        return self.pattern is None or sheet.patterns[self.pattern] is Said.YES

    def values(self, sheet: Sheet, prisons: Hierarchy) -> dict[str, str]:
        """Return the category of an account on both sides."""
        return {side.value: _category(side, sheet, prisons) for side in (self.rows, self.columns)}


def is_plan(text: str) -> bool:
    """Tell a kept plan from a kept choice of columns."""
    return "table" in json.loads(text)


def _tree(side: Side, prisons: Hierarchy) -> Hierarchy:
    return {PRISON: prisons, MONTH: month(), RELATION: teller()}[_COLUMN[side]]


def _label(side: Side, path: tuple[str, ...]) -> str:
    if side is not Side.MONTH:
        return path[_LEVEL[side]]
    return path[0] if path[2] == YEAR_OF_THE_KILLINGS else path[2]


def categories(side: Side, prisons: Hierarchy) -> tuple[str, ...]:
    """Return what stands on a side of a table, the unknown last."""
    labels = {_label(side, path) for path in _tree(side, prisons).paths.values()} - {TOP, MISSING}
    return (*sorted(labels), MISSING)


def _category(side: Side, sheet: Sheet, prisons: Hierarchy) -> str:
    value = values_of(sheet, [_COLUMN[side]], prisons)[_COLUMN[side]]
    return _label(side, _tree(side, prisons).paths[value if isinstance(value, str) else MISSING])
