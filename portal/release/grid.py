"""Tables of counts over categories that are fixed beforehand, zeros included.

A cell that is missing because nobody is in it would say so; here every cell of the plan is there. What is
done to noisy counts afterwards costs no privacy (Dwork and Roth, 2014, proposition 2.1).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from portal.errors import InvalidError
from portal.release.hierarchies import MISSING

MOST_CELLS = 20_000

Cell = tuple[str, ...]
"""One category of each axis, in the order of the axes."""


@dataclass(frozen=True)
class Axis:
    """A column of the plan and its categories; `MISSING` is always one of them."""

    name: str
    categories: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(set(self.categories)) != len(self.categories) or MISSING not in self.categories:
            raise InvalidError("An axis names each category once, and the unknown is one of them.")


@dataclass(frozen=True)
class Grid:
    """The plan of a table: its axes, which follow from public lists and never from who gave an account."""

    axes: tuple[Axis, ...]

    def __post_init__(self) -> None:
        if not self.axes or len({axis.name for axis in self.axes}) != len(self.axes):
            raise InvalidError("A table has axes, each of another name.")
        size = 1
        for axis in self.axes:
            size *= len(axis.categories)
        if size > MOST_CELLS:
            raise InvalidError(f"A table has {MOST_CELLS} cells at most.")

    @property
    def cells(self) -> list[Cell]:
        """Every cell, in the order of the axes."""
        return list(product(*(axis.categories for axis in self.axes)))

    def cell_of(self, values: Mapping[str, str]) -> Cell:
        """Return where an account falls; a value that is no category is unknown."""
        return tuple(
            value if (value := values.get(axis.name, MISSING)) in axis.categories else MISSING
            for axis in self.axes
        )


def consistent(noisy: Mapping[Cell, int]) -> dict[Cell, int]:
    """Return the non-negative integers nearest to noisy counts that keep their sum (or 0 if it is negative).

    Cutting at zero alone would add people to every sparse table. The Euclidean projection on the simplex
    (Duchi and others, ICML 2008), then largest remainders, ties by the order of the cells. Margins are sums
    of cells, so they agree with them.
    """
    total = max(0, sum(noisy.values()))
    cells = list(noisy)
    if not total:
        return dict.fromkeys(cells, 0)
    falling = sorted(noisy.values(), reverse=True)
    over, many, sofar = 0, 1, 0
    for place, value in enumerate(falling, 1):
        sofar += value
        if value * place > sofar - total:  # still above the water line (sofar - total) / place
            over, many = sofar - total, place
    shares = [max(0, noisy[cell] * many - over) for cell in cells]  # in parts of 1 / many
    found = [share // many for share in shares]
    left = total - sum(found)
    for place in sorted(range(len(cells)), key=lambda one: (-(shares[one] % many), one))[:left]:
        found[place] += 1
    return dict(zip(cells, found, strict=True))
