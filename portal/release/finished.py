"""A table as it would leave, row by row, and what can be measured on it: risk and worth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from portal.release.diversity import Diversity, distance, entropy
from portal.release.encoded import Floats, Ints, Tree
from portal.release.partition import OUT

TARGETS = 2_000
_Mask = npt.NDArray[np.uint8]
_MOST_VALUES = 1_000


@dataclass(frozen=True, eq=False)
class Finished:
    """True values (rows, columns), the family and the class of each row, and the labels of the classes.

    As in `Partition`, the labels are those above the values `heads` at the `levels`. Row for row, so that of
    two people with the same values one may leave and the other wait.
    """

    trees: tuple[Tree, ...]
    values: Ints = field(repr=False)
    unit: Ints = field(repr=False)
    of: Ints = field(repr=False)
    heads: Ints = field(repr=False)
    levels: Ints = field(repr=False)

    @cached_property
    def kept(self) -> Ints:
        """The rows that leave."""
        return np.flatnonzero(self.of != OUT)

    @cached_property
    def rows(self) -> Ints:
        """Rows by class."""
        return np.bincount(self.of[self.kept], minlength=len(self.heads)).astype(np.int64)

    @cached_property
    def units(self) -> Ints:
        """Families by class."""
        span = int(self.unit.max(initial=0)) + 1
        keys = np.unique(self.of[self.kept] * span + self.unit[self.kept])
        return np.bincount(keys // span, minlength=len(self.heads)).astype(np.int64)

    @cached_property
    def column_losses(self) -> Floats:
        """Loss by class and column."""
        return np.stack(
            [tree.losses[self.heads[:, j], self.levels[:, j]] for j, tree in enumerate(self.trees)], axis=1
        )

    @cached_property
    def ncp(self) -> dict[str, float]:
        """Normalised certainty penalty by column, over the rows that leave."""
        lost = self.rows @ self.column_losses / max(1, len(self.kept))
        return {tree.name: float(each) for tree, each in zip(self.trees, lost, strict=True)}

    def labels(self, column: int) -> list[str]:
        """Return the label of each class in one column."""
        tree = self.trees[column]
        numbers = tree.paths[self.heads[:, column], self.levels[:, column]]
        return [tree.labels[number] for number in numbers.tolist()]

    def without(self, rows: Ints) -> "Finished":
        """Leave more rows out; classes that become empty are gone."""
        of = self.of.copy()
        of[rows] = OUT
        left, number = np.unique(of[of != OUT], return_inverse=True)
        of[of != OUT] = number
        return Finished(self.trees, self.values, self.unit, of, self.heads[left], self.levels[left])


def expected_guesses(finished: Finished, targets: int = TARGETS) -> float:
    """Return the expected right guesses at so many people whose true values are known to the guesser.

    They are spread evenly over the rows that leave. A guess is one among the families of all classes whose
    labels hold the values.
    """
    chosen = finished.kept[
        np.linspace(0, len(finished.kept) - 1, min(targets, len(finished.kept))).astype(int)
    ]
    values = finished.values[chosen]
    if int(finished.units.sum()) == len(np.unique(finished.unit[finished.kept])):
        found = candidates(finished.trees, values, finished.heads, finished.levels, finished.units)
    else:
        found = _families(finished, values)
    return float((1 / np.maximum(1, found)).sum()) * targets / max(1, len(chosen))


def candidates(trees: Sequence[Tree], values: Ints, heads: Ints, levels: Ints, units: Ints) -> Ints:
    """Count for each line of true values the families of all classes whose labels hold them."""
    found = np.zeros(len(values), dtype=np.int64)
    for number, fits in _fitting(trees, values, heads, levels):
        found[fits] += units[number]
    return found


def _families(finished: Finished, values: Ints) -> Ints:
    """Count each family once, though it may stand in several classes."""
    order = finished.kept[np.argsort(finished.of[finished.kept], kind="stable")]
    members = np.split(finished.unit[order], np.cumsum(finished.rows)[:-1])
    found: list[list[Ints]] = [[] for _ in values]
    for number, fits in _fitting(finished.trees, values, finished.heads, finished.levels):
        for target in fits.tolist():
            found[target].append(members[number])
    return np.array([len(np.unique(np.concatenate(each))) for each in found], dtype=np.int64)


def _fitting(trees: Sequence[Tree], values: Ints, heads: Ints, levels: Ints) -> Iterator[tuple[int, Ints]]:
    """Name for each class the lines of true values that its labels hold, if there are any."""
    masks: list[dict[tuple[int, int], _Mask]] = [{} for _ in trees]
    for number, (head, level) in enumerate(zip(heads.tolist(), levels.tolist(), strict=True)):
        fits = np.full((len(values) + 7) // 8, 255, dtype=np.uint8)
        for j, tree in enumerate(trees):
            name = (head[j], level[j])
            mask = masks[j].get(name)
            if mask is None:
                mask = masks[j][name] = np.packbits(
                    (tree.paths[values[:, j]] == tree.paths[name]).any(axis=1)
                )
            fits &= mask
        if fits.any():
            yield number, np.flatnonzero(np.unpackbits(fits, count=len(values))).astype(np.int64)


@dataclass(frozen=True)
class Inference:
    """What the worst class tells about a sensitive column."""

    l: int  # noqa: E741 - so the literature calls it
    entropy_l: float
    top_share: float
    t: float


def inferences(finished: Finished, rules: Diversity) -> dict[str, Inference]:
    """Measure each sensitive column over the classes that leave."""
    found = {}
    rules = rules.over_rows(finished.of)
    count = len(finished.heads)
    for column, counts, overall in zip(
        rules.columns, rules.histograms(finished.of, count), rules.overall, strict=True
    ):
        shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
        found[column.name] = Inference(
            l=int((counts > 0).sum(axis=1).min()),
            entropy_l=float(np.exp(entropy(shares).min())),
            top_share=float(shares.max()),
            t=float(distance(shares, overall, ordered=column.ordered).max()),
        )
    return found


def presence(finished: Finished, rules: Diversity) -> float:
    """Return the greatest share of the register's people who fit a class and stand in it."""
    if rules.register is None:
        return 0.0
    register = rules.register
    return max(
        int(units) / max(1, register.people(head, level))
        for units, head, level in zip(finished.units, finished.heads, finished.levels, strict=True)
    )


@dataclass(frozen=True, eq=False)
class _Spread:
    """One column: the label of each class by number, and each label shared out evenly over its values."""

    label: Ints
    shares: Floats


def _spread(finished: Finished, column: int) -> _Spread:
    tree = finished.trees[column]
    labels = tree.paths[finished.heads[:, column], finished.levels[:, column]]
    kinds, label = np.unique(labels, return_inverse=True)
    under = np.zeros((len(kinds), len(tree.paths)))
    for level in range(tree.paths.shape[1]):
        place = np.minimum(np.searchsorted(kinds, tree.paths[:, level]), len(kinds) - 1)
        found = kinds[place] == tree.paths[:, level]
        under[place[found], np.flatnonzero(found)] = 1
    return _Spread(label.astype(np.int64), under / under.sum(axis=1, keepdims=True))


def drift(finished: Finished, column: int) -> float:
    """Return how far the distribution of a column moved, labels shared out evenly: total variation."""
    spread = _spread(finished, column)
    count = spread.shares.shape[1]
    true = np.bincount(finished.values[:, column], minlength=count) / max(1, len(finished.values))
    labelled = np.bincount(spread.label, weights=finished.rows, minlength=len(spread.shares))
    return float(np.abs(true - labelled @ spread.shares / max(1, len(finished.kept))).sum() / 2)


def association_error(finished: Finished) -> float | None:
    """Return the mean error of the association (Cramér's V) of two columns; None if there is none to tell."""
    sizes = [len(tree.paths) for tree in finished.trees]
    if len(sizes) < 2 or max(sizes) > _MOST_VALUES:  # noqa: PLR2004 - an association is of two
        return None
    errors = []
    spreads = [_spread(finished, j) for j in range(len(sizes))]
    for i, one in enumerate(spreads):
        for j, other in enumerate(spreads[:i]):
            cells = finished.values[:, i] * sizes[j] + finished.values[:, j]
            true = np.bincount(cells, minlength=sizes[i] * sizes[j]).reshape(sizes[i], sizes[j])
            shape = (len(one.shares), len(other.shares))
            labels = one.label * shape[1] + other.label
            seen = np.bincount(labels, weights=finished.rows, minlength=shape[0] * shape[1]).reshape(shape)
            released = one.shares.T @ seen @ other.shares
            errors.append(abs(_cramer(true.astype(np.float64)) - _cramer(released)))
    return float(np.mean(errors))


def _cramer(table: Floats) -> float:
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    whole, least = table.sum(), min(table.shape) - 1
    if least < 1:
        return 0.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / whole
    return float(np.sqrt(((table - expected) ** 2 / expected).sum() / whole / least))
