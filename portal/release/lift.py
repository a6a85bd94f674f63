"""Classes that keep `k` but not the other promises are joined with the class that loses least by it.

The classes are cut by quasi-identifiers alone beforehand, and sensitive values decide only which of them are
joined: cuts that read them would let whoever replays the algorithm learn more (Wong and others, "Minimality
attack", VLDB 2007).
"""

from collections import deque

import numpy as np

from portal.release.diversity import Diversity
from portal.release.encoded import Bools, Floats, Ints
from portal.release.partition import OUT, Partition, tightened

_NEAR = 64


def lifted(partition: Partition, rules: Diversity) -> Partition:
    """Join until every class keeps every promise; what cannot be joined is suppressed."""
    for _ in range(3):
        rules = rules.over_rows(partition.of[rules.items.place])
        faulty = rules.faulty(partition)
        if not faulty.any():
            return partition
        partition = _Joining(partition, rules).run(faulty)
    while (
        len(partition.heads)
        and (faulty := rules.over_rows(partition.of[rules.items.place]).faulty(partition)).any()
    ):
        dropped = faulty[partition.of] & (partition.of != OUT)
        partition = tightened(partition.items, np.where(dropped, OUT, partition.of))
    return partition


class _Joining:
    """Classes while they are being joined; one that went into another is not alive."""

    def __init__(self, partition: Partition, rules: Diversity) -> None:
        self.partition, self.rules = partition, rules
        items, of = partition.items, partition.of
        self.trees = items.trees
        self.heads, self.levels = partition.heads.copy(), partition.levels.copy()
        kept = of != OUT
        count = len(self.heads)
        self.rows = np.bincount(of[kept], weights=items.rows[kept], minlength=count)
        self.units = partition.units.copy()
        self.loss = partition.class_losses.copy()
        self.histograms = rules.histograms(of[items.place], count)
        self.alive = np.ones(count, dtype=bool)
        self.into = np.arange(count)

    def run(self, faulty: Bools) -> Partition:
        """Join the faulty, the largest first; those that find nobody are left out."""
        waiting = deque(sorted(map(int, np.flatnonzero(faulty)), key=lambda one: (-self.rows[one], one)))
        alone = []
        while waiting:
            one = waiting.popleft()
            if not self.alive[one] or self._good(one):
                continue
            together, cost = self._costs(one)
            other = self._partner(one, cost)
            if other is None:
                alone.append(one)
                continue
            self._join(one, other, float(together[other]))
            waiting.append(other)
        into = self.into
        while (into[into] != into).any():
            into = into[into]
        of = np.where(self.partition.of == OUT, OUT, into[self.partition.of])
        return tightened(self.partition.items, np.where(np.isin(of, alone), OUT, of))

    def _good(self, one: int) -> bool:
        good = not self.histograms or bool(self.rules.sound([h[one : one + 1] for h in self.histograms])[0])
        return good and self.rules.present(int(self.units[one]), self.heads[one], self.levels[one])

    def _costs(self, one: int) -> tuple[Floats, Floats]:
        """Loss of the labels that hold this class and each other, and what joining them loses in all."""
        together = np.zeros(len(self.rows))
        for j, tree in enumerate(self.trees):
            head = int(self.heads[one, j])
            level = np.maximum(tree.meet(head)[self.heads[:, j]], self.levels[:, j])
            together += tree.losses[head][np.maximum(level, self.levels[one, j])]
        together /= max(1, len(self.trees))
        cost = (
            together * (self.rows + self.rows[one]) - self.loss * self.rows - self.loss[one] * self.rows[one]
        )
        cost[~self.alive] = np.inf
        cost[one] = np.inf
        return together, cost

    def _partner(self, one: int, cost: Floats) -> int | None:
        """Find the cheapest with whom all promises are kept; else the cheapest of all."""
        near = np.argsort(cost, kind="stable")
        near = near[np.isfinite(cost[near])]
        if not len(near):
            return None
        for some in (near[:_NEAR], near[_NEAR:]):
            good = self.rules.sound([h[some] + h[one] for h in self.histograms])
            for other in map(int, some[good] if self.histograms else some[:_NEAR]):
                levels = self._levels(one, other)
                if self.rules.present(int(self.units[one] + self.units[other]), self.heads[other], levels):
                    return other
        return int(near[0])

    def _levels(self, one: int, other: int) -> Ints:
        meets = [
            tree.meet(int(self.heads[one, j]))[self.heads[other, j]] for j, tree in enumerate(self.trees)
        ]
        both: Ints = np.maximum(self.levels[one], self.levels[other])
        return np.maximum(both, np.array(meets, dtype=np.int64))

    def _join(self, one: int, other: int, loss: float) -> None:
        self.levels[other] = self._levels(one, other)
        self.rows[other] += self.rows[one]
        self.units[other] += self.units[one]
        for counts in self.histograms:
            counts[other] += counts[one]
        self.loss[other] = loss
        self.alive[one] = False
        self.into[one] = other
