"""What a class must hold besides enough families: several sensitive values, none too common, not too present.

Proportions count each value once for each family that gave it, so that a family which sends four accounts
weighs as one. l-diversity: Machanavajjhala and others, TKDD 2007 (distinct, entropy); t-closeness: Li and
others, ICDE 2007 (equal distance, or ordered distance for numbers); delta-presence: Nergiz and others, SIGMOD
2007.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from portal.release.encoded import Bools, Floats, Ints, Items
from portal.release.partition import OUT, Partition


@dataclass(frozen=True)
class Rules:
    """The promises of a release; whatever stands at its default asks for nothing."""

    k: int
    l: int = 1  # noqa: E741 - so the literature calls it
    """Distinct sensitive values in a class."""
    entropy_l: float = 1.0
    """Least exponential of the entropy of the sensitive values in a class."""
    top_share: float = 1.0
    """Greatest share of one sensitive value in a class."""
    t: float = 1.0
    """Greatest distance between the sensitive values of a class and those of the whole table."""
    delta: float = 1.0
    """Greatest share of the people in the register who fit a class and stand in it."""


@dataclass(frozen=True, eq=False)
class Sensitive:
    """One sensitive column: the value of each row, how many values there are, whether these are in order."""

    name: str
    values: Ints
    count: int
    ordered: bool = False


@dataclass(frozen=True, eq=False)
class Register:
    """The people who could be in the table: their values by the trees of the table, one line a person."""

    items: Items
    """`rows` counts the people of each."""

    def people(self, heads: Ints, levels: Ints) -> int:
        """Count those who fit labels given by a value and a level for each column."""
        fits = np.ones(len(self.items.rows), dtype=bool)
        for j, tree in enumerate(self.items.trees):
            label = tree.paths[heads[j], levels[j]]
            fits &= (tree.paths[self.items.values[:, j]] == label).any(axis=1)
        return int(self.items.rows[fits].sum())


@dataclass(frozen=True, eq=False)
class Diversity:
    """The rules over one table."""

    rules: Rules
    items: Items
    unit: Ints
    """The family of each row."""
    columns: tuple[Sensitive, ...] = ()
    register: Register | None = None
    overall: tuple[Floats, ...] = field(default=())

    @property
    def asked(self) -> bool:
        """Whether anything is asked for beyond `k`."""
        rules = self.rules
        values = rules.l > 1 or rules.entropy_l > 1 or rules.top_share < 1 or rules.t < 1
        return (bool(self.columns) and values) or self.register is not None

    def histograms(self, of: Ints, classes: int) -> list[Ints]:
        """Count the values of each class, each value once for each family: (classes, values), by column."""
        kept = of != OUT
        found = []
        for column in self.columns:
            cells = of[kept] * column.count + column.values[kept]
            if not self.items.plain:
                span = int(self.unit.max(initial=0)) + 1
                cells = np.unique(cells * span + self.unit[kept]) // span
            found.append(np.bincount(cells, minlength=classes * column.count).reshape(classes, column.count))
        return found

    def sound(self, histograms: list[Ints]) -> Bools:
        """Whether the sensitive values of each class keep the promises."""
        good = np.ones(len(histograms[0]) if histograms else 0, dtype=bool)
        for column, counts, overall in zip(self.columns, histograms, self._overall, strict=True):
            shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
            good &= (counts > 0).sum(axis=1) >= self.rules.l
            if self.rules.entropy_l > 1:
                good &= entropy(shares) >= math.log(self.rules.entropy_l) - 1e-9
            good &= shares.max(axis=1, initial=0) <= self.rules.top_share + 1e-9
            if self.rules.t < 1:
                good &= distance(shares, overall, ordered=column.ordered) <= self.rules.t + 1e-9
        return good

    @property
    def _overall(self) -> tuple[Floats, ...]:
        return self.overall or tuple(np.zeros(column.count) for column in self.columns)

    def present(self, units: int, heads: Ints, levels: Ints) -> bool:
        """Whether a class holds no more of the register's people than it may."""
        if self.register is None:
            return True
        return units <= self.rules.delta * self.register.people(heads, levels) + 1e-9

    def all_present(self, units: Ints, heads: Ints, levels: Ints) -> Bools:
        """Tell for each class whether it is `present` within what is allowed."""
        each = [
            self.present(int(n), head, level) for n, head, level in zip(units, heads, levels, strict=True)
        ]
        return np.array(each, dtype=np.bool_)

    def over_rows(self, of: Ints) -> "Diversity":
        """Compare with the values of those rows alone that are released."""
        everybody = np.where(of == OUT, OUT, 0)
        overall = tuple((h / max(1, h.sum()))[0] for h in self.histograms(everybody, 1))
        return Diversity(self.rules, self.items, self.unit, self.columns, self.register, overall)

    def faulty(self, partition: Partition) -> Bools:
        """Tell for each class whether it breaks a promise other than `k`."""
        count = len(partition.heads)
        good = np.ones(count, dtype=bool)
        if self.columns:
            good &= self.sound(self.histograms(partition.of[self.items.place], count))
        if self.register is not None:
            good &= self.all_present(partition.units, partition.heads, partition.levels)
        return ~good


def entropy(shares: Floats) -> Floats:
    """Shannon's entropy of each line, in nats."""
    logs = np.log(shares, where=shares > 0, out=np.zeros_like(shares))
    return np.asarray(-(shares * logs).sum(axis=1))


def distance(shares: Floats, overall: Floats, *, ordered: bool) -> Floats:
    """Earth mover's distance of each line from the whole, between 0 and 1."""
    apart = shares - overall
    if ordered and shares.shape[1] > 1:
        return np.asarray(np.abs(np.cumsum(apart, axis=1)).sum(axis=1) / (shares.shape[1] - 1))
    return np.asarray(np.abs(apart).sum(axis=1) / 2)
