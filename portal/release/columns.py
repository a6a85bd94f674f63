"""What a release may hold: the columns of a coding sheet, the roles each may have, and a request for some."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from portal.casework.coding import Pattern, Said, Sheet
from portal.errors import InvalidError
from portal.intake.journey import Relation
from portal.release.anonymise import Value
from portal.release.hierarchies import MISSING, RELATIONS, TOP, Hierarchy, month, month_value, relation
from portal.release.policy import DEFAULT_K, FLOOR, Column, ColumnRole, Policy
from portal.release.tables import Json, canonical

VERSION = 1
MOST_K = 100
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

_OUTSIDE = "outside the family"
_KIN: Mapping[str, str] = {one.value: RELATIONS.get(one.value, _OUTSIDE) for one in Relation}
_ANSWERS = tuple(said.value for said in Said)


@dataclass(frozen=True)
class Choice:
    """What somebody asks for: roles by column, and how many families a class holds. Raises `InvalidError`."""

    roles: Mapping[str, ColumnRole]
    k: int = DEFAULT_K
    record_ids: bool = False

    def __post_init__(self) -> None:
        """Refuse what no release may be."""
        if not FLOOR <= self.k <= MOST_K:
            raise InvalidError("A class holds between 5 and 100 families.")
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
        roles: dict[str, Json] = {name: self.roles[name].value for name in self.released}
        kept: dict[str, Json] = {"columns": roles, "k": self.k, "record_ids": self.record_ids, "v": VERSION}
        return canonical(kept).decode()

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        kept = json.loads(text)
        roles = {name: ColumnRole(role) for name, role in kept["columns"].items()}
        return cls(roles, kept["k"], kept["record_ids"])

    def policy(self, prisons: Hierarchy) -> Policy:
        """Return the rules to anonymise by; ``prisons`` is made of the register as it stands."""
        trees = {RELATION: teller(), PRISON: prisons, MONTH: month()}
        columns = {}
        for name in self.released:
            if self.roles[name] is ColumnRole.QUASI:
                columns[name] = Column(ColumnRole.QUASI, trees.get(name) or _answers(name))
            else:
                columns[name] = Column(self.roles[name], values=frozenset(_ANSWERS))
        return Policy(str(VERSION), columns, k=self.k, record_ids=self.record_ids)


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
