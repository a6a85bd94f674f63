"""The rules of a release as data: what each column is, how it is coarsened, how large a class must be."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from portal.errors import InvalidError
from portal.release.hierarchies import Hierarchy

FLOOR = 5
"""No policy can ask for fewer families in a class."""
DEFAULT_K = 11
DEFAULT_SUPPRESSION = 0.05
MOST_SUPPRESSION = 0.1
RECORD = "record"
"""Name of the column of random record ids, if a policy asks for them."""

Levels = tuple[int, ...]
"""One level for each quasi-identifier, in the order of the policy."""


class ColumnRole(StrEnum):
    """What a column is to somebody who looks for a person."""

    QUASI = "quasi-identifier"
    SENSITIVE = "sensitive"
    PLAIN = "plain"
    DROP = "drop"


@dataclass(frozen=True)
class Column:
    """What may be done with one column; raises `InvalidError` when it does not fit its role.

    A quasi-identifier names its hierarchy and may forbid labels coarser than the level `coarsest`, or finer
    than `finest`. Sensitive and plain columns list every value they may hold: free text has no way out.
    """

    role: ColumnRole
    hierarchy: Hierarchy | None = None
    coarsest: int | None = None
    values: frozenset[str] = frozenset()
    finest: int = 0
    hxl: str = ""
    """Its tag in the Humanitarian Exchange Language, if it has one."""

    def __post_init__(self) -> None:
        if (self.role is ColumnRole.QUASI) != (self.hierarchy is not None):
            raise InvalidError("a hierarchy belongs to a quasi-identifier, and each has one")
        if (self.role in {ColumnRole.SENSITIVE, ColumnRole.PLAIN}) != bool(self.values):
            raise InvalidError("sensitive and plain columns list the values they may hold, others do not")
        if self.coarsest is not None and (
            self.hierarchy is None or not 0 <= self.coarsest <= self.hierarchy.height
        ):
            raise InvalidError("the coarsest level is one of the hierarchy")
        if self.finest and (self.hierarchy is None or not 0 < self.finest <= self.most):
            raise InvalidError("the finest level is one of the hierarchy, and no coarser than the coarsest")

    @property
    def most(self) -> int:
        """The coarsest level that is allowed; 0 where nothing is generalised."""
        if self.hierarchy is None:
            return 0
        return self.hierarchy.height if self.coarsest is None else self.coarsest

    @property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """For every value the labels that it may leave by, from finest to coarsest."""
        paths = self.hierarchy.paths if self.hierarchy else {}
        return {value: path[self.finest : self.most + 1] for value, path in paths.items()}


@dataclass(frozen=True)
class Policy:
    """The rules of a release; columns that it does not name stop the release. Raises `InvalidError`."""

    version: str
    columns: Mapping[str, Column]
    k: int = DEFAULT_K
    suppression: float = DEFAULT_SUPPRESSION
    """Share of records that may be left out before the release is refused."""
    record_ids: bool = False
    """Random ids, drawn anew for each release; none by default."""
    l: int = 1  # noqa: E741 - so the literature calls it
    """Distinct sensitive values in each class."""
    t: float = 1.0
    """Greatest distance between the sensitive values of a class and those of all."""
    delta: float = 1.0
    """Greatest share of the people of the public register who fit what is shown and are behind it."""

    def __post_init__(self) -> None:
        if self.k < FLOOR:
            raise InvalidError(f"a class holds at least {FLOOR} families")
        if not 0 <= self.suppression <= MOST_SUPPRESSION:
            raise InvalidError("the share that may be left out is between 0 and 10 in a hundred")
        if self.l < 1 or not 0 < self.t <= 1 or not 0 < self.delta <= 1:
            raise InvalidError(
                "a class has one sensitive value at least; a distance and a share lie between 0 and 1"
            )
        if RECORD in self.columns:
            raise InvalidError(f"the column name {RECORD} is taken by the ids of a release")
        if all(column.role is ColumnRole.DROP for column in self.columns.values()):
            raise InvalidError("a release has at least one column")

    @property
    def released(self) -> tuple[str, ...]:
        """Names of the columns that leave, in order, without the record id."""
        return tuple(name for name, column in self.columns.items() if column.role is not ColumnRole.DROP)

    @property
    def quasi(self) -> Mapping[str, Hierarchy]:
        """The quasi-identifiers, in order, with their hierarchies."""
        return {
            name: column.hierarchy for name, column in self.columns.items() if column.hierarchy is not None
        }

    @property
    def ceiling(self) -> Levels:
        """The coarsest level allowed for each quasi-identifier."""
        return tuple(column.most for column in self.columns.values() if column.hierarchy is not None)
