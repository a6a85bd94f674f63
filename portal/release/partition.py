"""A recoding: which items stand in which class, and by which labels."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from portal.release.encoded import Floats, Ints, Items

OUT = -1
"""The class of what is suppressed."""


@dataclass(frozen=True, eq=False)
class Partition:
    """Classes of items. The labels of a class are those above the values `heads` at the `levels`, by column.

    `of` gives the class of each item, or `OUT`; `heads` and `levels` have the shape (classes, columns).
    """

    items: Items
    of: Ints
    heads: Ints
    levels: Ints

    @cached_property
    def loss(self) -> float:
        """Mean loss over all cells, 1 for each cell of a suppressed row."""
        kept = self.of != OUT
        each = self.class_losses[self.of[kept]]
        rows = self.items.rows
        return float((each * rows[kept]).sum() + rows[~kept].sum()) / max(1, self.items.total)

    @cached_property
    def class_losses(self) -> Floats:
        """Mean loss over the columns, by class."""
        return np.asarray(self.column_losses.sum(axis=1) / max(1, len(self.items.trees)))

    @cached_property
    def column_losses(self) -> Floats:
        """Loss by class and column."""
        trees = self.items.trees
        each = [tree.losses[self.heads[:, j], self.levels[:, j]] for j, tree in enumerate(trees)]
        return np.stack(each, axis=1) if each else np.zeros((len(self.heads), 0))

    @cached_property
    def suppressed(self) -> int:
        """Rows that stand in no class."""
        return int(self.items.rows[self.of == OUT].sum())

    def labels(self) -> list[tuple[str, ...]]:
        """Return the labels of each class, by column."""
        return [
            tuple(
                tree.labels[tree.paths[head, level]]
                for tree, head, level in zip(self.items.trees, heads, levels, strict=True)
            )
            for heads, levels in zip(self.heads.tolist(), self.levels.tolist(), strict=True)
        ]

    @cached_property
    def units(self) -> Ints:
        """Families by class."""
        kept = np.flatnonzero(self.of != OUT)
        return self.items.units(kept, self.of[kept], len(self.heads))


def tightened(items: Items, of: Ints) -> Partition:
    """Give each class the lowest labels that hold all of it; classes of equal labels become one."""
    kept = np.flatnonzero(of != OUT)
    order = kept[np.argsort(of[kept], kind="stable")]
    names, first = np.unique(of[order], return_index=True)
    number = np.searchsorted(names, of[order])
    heads = items.values[order[first]]
    levels = np.zeros_like(heads)
    keys = np.zeros(len(names), dtype=np.int64)
    for j, tree in enumerate(items.trees):
        paths = tree.paths
        values, of_class = items.values[order, j], heads[:, j]
        open_classes = np.ones(len(names), dtype=bool)
        for level in range(paths.shape[1]):
            unlike = paths[values, level] != paths[of_class[number], level]
            apart = np.zeros(len(names), dtype=bool)
            apart[number[unlike]] = True
            levels[open_classes & ~apart, j] = level
            open_classes &= apart
            if not open_classes.any():
                break
        labels = paths[of_class, levels[:, j]]
        keys = np.unique(keys * (int(paths.max(initial=0)) + 1) + labels, return_inverse=True)[1].astype(
            np.int64
        )
    _, first_class, merged = np.unique(keys, return_index=True, return_inverse=True)
    new = np.full(len(of), OUT, dtype=np.int64)
    new[order] = merged[number]
    return Partition(items, new, heads[first_class], levels[first_class])
