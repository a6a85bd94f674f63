"""A table as whole numbers: distinct combinations of true values, how many rows and families share each."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from portal.release.hierarchies import Hierarchy

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Tree:
    """A hierarchy over the values that occur: (values, levels) → number of a label, and the loss of it.

    Losses lie between 0 and 1 and never fall from one level to the next; infinite above the coarsest level
    that is allowed.
    """

    name: str
    labels: tuple[str, ...]
    paths: Ints
    losses: Floats

    @cached_property
    def allowed(self) -> int:
        """How many levels may be used."""
        return int(np.isfinite(self.losses[0]).sum()) if len(self.losses) else self.losses.shape[1]

    def meet(self, value: int) -> Ints:
        """Return for each value the lowest level at which it shares a label with this one."""
        found = self._meets.get(value)
        if found is None:
            found = np.argmax(self.paths == self.paths[value], axis=1).astype(np.int64)
            self._meets[value] = found
        return found

    @cached_property
    def _meets(self) -> dict[int, Ints]:
        return {}


@dataclass(frozen=True, eq=False)
class Items:
    """Distinct combinations of true values, sorted; an item is one of them.

    `values` has the shape (items, columns); `rows` counts the rows of each item and `place` gives the item of
    each row. `pair_item` and `pair_unit` list each family of each item once, by item.
    """

    trees: tuple[Tree, ...]
    values: Ints
    rows: Ints
    place: Ints
    pair_item: Ints
    pair_unit: Ints

    @cached_property
    def total(self) -> int:
        """All rows."""
        return int(self.rows.sum())

    @cached_property
    def plain(self) -> bool:
        """Whether every row is a family of its own, so that rows can be counted instead."""
        return len(self.pair_unit) == self.total and len(np.unique(self.pair_unit)) == self.total

    @cached_property
    def starts(self) -> Ints:
        """Where the families of each item begin; one more at the end."""
        return np.searchsorted(self.pair_item, np.arange(len(self.rows) + 1)).astype(np.int64)

    @cached_property
    def most_units(self) -> Ints:
        """How many families each item has."""
        return np.diff(self.starts)

    def units(self, items: Ints, groups: Ints, count: int) -> Ints:
        """Count the distinct families of each of `count` groups into which these items fall."""
        if self.plain:
            return np.bincount(groups, weights=self.rows[items], minlength=count).astype(np.int64)
        lengths = self.most_units[items]
        ends = np.cumsum(lengths)
        steps = np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - lengths, lengths)
        units = self.pair_unit[np.repeat(self.starts[items], lengths) + steps]
        span = int(self.pair_unit.max(initial=0)) + 1
        keys = np.unique(np.repeat(groups, lengths) * span + units)
        return np.bincount(keys // span, minlength=count).astype(np.int64)


def tree_of(
    name: str, hierarchy: Hierarchy, values: Sequence[str], coarsest: int | None = None, finest: int = 0
) -> Tree:
    """Return a hierarchy over some of its values, in this order; below `finest` its label stands instead."""
    told = [(path[finest],) * finest + path[finest:] for path in map(hierarchy.paths.__getitem__, values)]
    labels = sorted({label for path in told for label in path})
    number = {label: place for place, label in enumerate(labels)}
    paths = np.array([[number[label] for label in path] for path in told], dtype=np.int64)
    paths = paths.reshape(len(values), hierarchy.height + 1)
    losses = np.array([hierarchy.loss(label) for label in labels])[paths]
    if coarsest is not None:
        losses[:, coarsest + 1 :] = np.inf
    return Tree(name, tuple(labels), paths, losses)


def distinct(trees: tuple[Tree, ...], columns: list[Ints], units: Ints) -> Items:
    """Gather equal rows; `columns` holds the values of all rows by column, `units` the family of each."""
    keys = np.zeros(len(units), dtype=np.int64)
    for tree, column in zip(trees, columns, strict=True):
        span = max(1, len(tree.paths))
        if len(keys) and int(keys.max()) > (2**62) // span:
            keys = np.unique(keys, return_inverse=True)[1].astype(np.int64)
        keys = keys * span + column
    _, first, place, rows = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
    values = np.stack([column[first] for column in columns], axis=1) if columns else np.zeros((len(first), 0))
    span = int(units.max(initial=0)) + 1
    pairs = np.unique(place.astype(np.int64) * span + units)
    return Items(
        trees,
        values.astype(np.int64),
        rows.astype(np.int64),
        place.astype(np.int64),
        pairs // span,
        pairs % span,
    )
