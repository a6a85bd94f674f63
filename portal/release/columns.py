"""What a release may hold: the columns of a coding sheet, the roles each may have, and a request for some."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self, TypeVar

from portal.casework.coding import Pattern, Said, Sheet
from portal.errors import InvalidError
from portal.intake.journey import Relation
from portal.release.anonymise import Value
from portal.release.hierarchies import MISSING, RELATIONS, TOP, Hierarchy, month, month_value, relation
from portal.release.policy import DEFAULT_K, FLOOR, Column, ColumnRole, Policy
from portal.release.tables import Json, canonical

VERSION = 2
MOST_K = 100
K_STEPS = (5, 8, 11, 15, 20, 30)
L_STEPS = (1, 2, 3)
T_STEPS = (1.0, 0.5, 0.3, 0.15)
DELTA_STEPS = (1.0, 0.5, 0.25)
"""What may be chosen, from loose to strict; the first of l, t and delta promise nothing."""
MOST_COLUMNS = 6
"""Records of many columns are unlike all others whatever is done to them; tables serve better then."""

RELATION, PRISON, MONTH = "relation", "prison", "month"
NAMES: tuple[str, ...] = (RELATION, PRISON, MONTH, *(pattern.value for pattern in Pattern))

_GENERALISED = (ColumnRole.DROP, ColumnRole.QUASI)
ROLES: Mapping[str, tuple[ColumnRole, ...]] = {
    **dict.fromkeys((RELATION, PRISON, MONTH), _GENERALISED),
    **dict.fromkeys((pattern.value for pattern in Pattern), (*_GENERALISED, ColumnRole.SENSITIVE)),
}
"""Which roles a column may be given; the first stands when nothing is said."""

HXL: Mapping[str, str] = {
    RELATION: "#respondee+relation",
    PRISON: "#loc+prison",
    MONTH: "#date+occurred",
    **{pattern.value: "#indicator+" + pattern.value.replace("-", "_") for pattern in Pattern},
}
"""The tag of each column in the Humanitarian Exchange Language (hxlstandard.org, 1.1)."""

LEVELS: Mapping[str, int] = {RELATION: 2, PRISON: 4, MONTH: 3}
"""The level at which a column says nothing any more; 0 is the true value."""
Range = tuple[int, int]
"""The finest and the coarsest level at which a column may leave."""

_Number = TypeVar("_Number", int, float)
_OUTSIDE = "outside the family"
_KIN: Mapping[str, str] = {one.value: RELATIONS.get(one.value, _OUTSIDE) for one in Relation}
_ANSWERS = tuple(said.value for said in Said)


@dataclass(frozen=True)
class Choice:
    """What somebody asks for: roles by column, how fine they may be, and what is promised.

    ``k`` families look alike, give ``l`` answers to each column that leaves as it stands, whose shares are no
    further than ``t`` from all; of the people of the register who fit, at most ``delta`` are behind it.
    Raises `InvalidError`.
    """

    roles: Mapping[str, ColumnRole]
    k: int = DEFAULT_K
    record_ids: bool = False
    l: int = L_STEPS[0]  # noqa: E741 - so the literature calls it
    t: float = T_STEPS[0]
    delta: float = DELTA_STEPS[0]
    levels: Mapping[str, Range] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what no release may be."""
        if not FLOOR <= self.k <= MOST_K:
            raise InvalidError("A class holds between 5 and 100 families.")
        if self.l not in L_STEPS or self.t not in T_STEPS or self.delta not in DELTA_STEPS:
            raise InvalidError("Choose one of the answers to each question.")
        if any(not 0 <= low <= high <= LEVELS.get(name, -1) for name, (low, high) in self.levels.items()):
            raise InvalidError("What a column may become at most is no finer than what it leaves as at best.")
        if any(low == LEVELS[name] for name, (low, _high) in self.levels.items()):
            raise InvalidError("A column that says nothing stays here.")
        if any(role not in ROLES.get(name, ()) for name, role in self.roles.items()):
            raise InvalidError("A column cannot leave in this way.")
        if ColumnRole.QUASI not in self.roles.values():
            raise InvalidError("Choose at least one column to be generalised.")
        if len(self.released) > MOST_COLUMNS:
            raise InvalidError("Choose six columns at most; with more, no record can be protected.")

    @property
    def released(self) -> tuple[str, ...]:
        """The columns that leave, in the order of the sheet."""
        return tuple(name for name in NAMES if self.roles.get(name, ColumnRole.DROP) is not ColumnRole.DROP)

    def to_json(self) -> str:
        """Return the canonical text that is kept."""
        kept: dict[str, Json] = {
            "columns": {name: self.roles[name].value for name in self.released},
            "delta": self.delta,
            "k": self.k,
            "l": self.l,
            "levels": {name: list(self.range_of(name)) for name in LEVELS if name in self.released},
            "record_ids": self.record_ids,
            "t": self.t,
            "v": VERSION,
        }
        return canonical(kept).decode()

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote; the first version promised nothing but `k`."""
        kept = json.loads(text)
        roles = {name: ColumnRole(role) for name, role in kept["columns"].items()}
        levels = {name: (low, high) for name, (low, high) in kept.get("levels", {}).items()}
        promised = {name: kept[name] for name in ("l", "t", "delta") if name in kept}
        return cls(roles, kept["k"], kept["record_ids"], **promised, levels=levels)

    def range_of(self, name: str) -> Range:
        """Return the finest and the coarsest level of a column; unless said, from its values to nothing."""
        return self.levels.get(name, (0, LEVELS.get(name, 1)))

    def stepped(self, by: int) -> Self:
        """Return the same columns one step stricter (1) or looser (-1) in every promise."""
        return replace(
            self,
            k=_step(K_STEPS, self.k, by),
            l=_step(L_STEPS, self.l, by),
            t=_step(T_STEPS[::-1], self.t, -by),
            delta=_step(DELTA_STEPS[::-1], self.delta, -by),
        )

    def policy(self, prisons: Hierarchy) -> Policy:
        """Return the rules to anonymise by; ``prisons`` is made of the register as it stands."""
        trees = {RELATION: teller(), PRISON: prisons, MONTH: month()}
        columns = {}
        for name in self.released:
            if self.roles[name] is ColumnRole.QUASI:
                finest, coarsest = self.range_of(name)
                tree = trees.get(name) or _answers(name)
                columns[name] = Column(ColumnRole.QUASI, tree, coarsest, finest=finest, hxl=HXL[name])
            else:
                columns[name] = Column(self.roles[name], values=frozenset(_ANSWERS), hxl=HXL[name])
        return Policy(
            str(VERSION),
            columns,
            k=self.k,
            record_ids=self.record_ids,
            l=self.l,
            t=self.t,
            delta=self.delta,
        )


def _step(steps: Sequence[_Number], value: _Number, by: int) -> _Number:
    """Return the next of growing steps above (1) or below (-1); the value itself where there is none."""
    further = [one for one in steps if (one - value) * by > 0]
    return min(further, key=lambda one: abs(one - value), default=value)


def teller() -> Hierarchy:
    """Return who tells it, in one's own relation to the story, then in groups."""
    return relation(_KIN)


def _answers(name: str) -> Hierarchy:
    paths = {value: (value, TOP) for value in (*_ANSWERS, MISSING)}
    return Hierarchy(name, 1, paths)


def values_of(sheet: Sheet, columns: Iterable[str], prisons: Hierarchy) -> dict[str, Value]:
    """Return what a sheet says in these columns; a prison that the register does not show is not known."""
    place = str(sheet.prison.record_id) if sheet.prison else MISSING
    year, _dash, number = sheet.month.partition("-")
    said: dict[str, Value] = {
        RELATION: sheet.relation.value if sheet.relation else MISSING,
        PRISON: place if place in prisons.paths else MISSING,
        MONTH: month_value(int(year) if year else None, int(number) if number else None),
        **{pattern.value: said.value for pattern, said in sheet.patterns.items()},
    }
    return {name: said[name] for name in columns}
