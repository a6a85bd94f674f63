"""The best recoding that several ways find: whole-table levels at several prices, and top-down."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from portal.release.diversity import Diversity
from portal.release.encoded import Floats, Ints, Items
from portal.release.finished import TARGETS, candidates
from portal.release.lattice import descend
from portal.release.lift import lifted
from portal.release.partition import OUT, Partition, tightened
from portal.release.topdown import specialise

MOST_WORK = 250_000_000
"""Items looked at in the descent; above it the rest is cut from the top."""
ENOUGH_WORK = 10_000_000
"""After so much no other way is tried: with so many records the descent leaves little to win."""
NEARLY = 1.02
"""Of losses as close as this the recoding with fewer right guesses is taken."""


class Reason(StrEnum):
    """Why nothing is released."""

    TOO_FEW = "fewer families than a class must hold"
    TOO_MANY_ALONE = "too many records would have to be left out"
    TOO_ALIKE = "the sensitive values, or the register, allow no class that keeps every promise"
    TOO_PRESENT = "people of the register would be known to be in it"
    NO_LIST = "there is no register of people among whom somebody could hide"
    TOO_CLOSE = "beside earlier releases no class is large enough"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Names no class and no record: the message itself must tell nothing. `drop` are columns to leave out."""

    reason: Reason
    drop: tuple[str, ...] = ()


def _fewer_cells(loss: Floats) -> Floats:
    """Make it dearer to touch a cell at all."""
    return np.asarray(loss + 0.1 * (loss > 0))


def _flatter(loss: Floats) -> Floats:
    """Make it dear to coarsen one column much."""
    return np.asarray(loss**2 + 0.05 * (loss > 0))


PRICES = (_flatter, _fewer_cells)


def recode(rules: Diversity, *, bearable: int) -> Partition | Refusal:
    """Find the recoding of least loss that keeps every promise and leaves out `bearable` rows at most."""
    items = rules.items
    if (
        int(items.units(np.arange(len(items.rows)), np.zeros(len(items.rows), dtype=np.int64), 1)[0])
        < rules.rules.k
    ):
        return Refusal(Reason.TOO_FEW)
    drop = _to_drop(items, rules.rules.k, bearable)
    if drop:
        return Refusal(Reason.TOO_MANY_ALONE, drop)
    found = _ways(items, rules.rules.k, bearable)
    if not rules.asked:
        return _best([each for each in found if each.suppressed <= bearable])
    for each in sorted(found, key=lambda one: one.loss):
        better = lifted(each, rules)
        if len(better.heads) and better.suppressed <= bearable:
            return better
    return Refusal(Reason.TOO_ALIKE)


def preview(items: Items, k: int) -> Partition:
    """Show roughly what would come of it, in a moment: top-down alone."""
    return tightened(items, specialise(items, k))


def guesses(partition: Partition) -> float:
    """Compare recodings by the expected right guesses at people spread evenly over all rows."""
    items = partition.items
    rows = np.linspace(0, items.total - 1, min(TARGETS, items.total)).astype(np.int64)
    target = np.repeat(np.arange(len(items.rows)), items.rows)[rows]
    target = target[partition.of[target] != OUT]
    values = items.values[target]
    found = candidates(items.trees, values, partition.heads, partition.levels, partition.units)
    return float((1 / np.maximum(1, found)).sum())


def _ways(items: Items, k: int, bearable: int) -> list[Partition]:
    found = []
    for price in PRICES:
        descent = descend(items, k, price=price, most_work=MOST_WORK)
        found.append(_settled(items, descent.of, k, bearable))
        if descent.work > ENOUGH_WORK:
            return found
    return [*found, _settled(items, specialise(items, k), k, bearable)]


def _best(found: list[Partition]) -> Partition:
    least = min(each.loss for each in found)
    near = [each for each in found if each.loss <= least * NEARLY]
    return near[0] if len(near) == 1 else min(near, key=lambda each: (guesses(each), each.loss))


def _settled(items: Items, of: Ints, k: int, bearable: int) -> Partition:
    """Find places for those left over: classes of their own, else the class that loses least, else none."""
    left = np.flatnonzero(of == OUT)
    if len(left) and len(left) < len(of):
        some = subset(items, left)
        own = specialise(some, k)
        of = of.copy()
        of[left[own != OUT]] = own[own != OUT] + int(of.max()) + 1
    partition = tightened(items, of)
    left = np.flatnonzero(of == OUT)
    if not len(left) or not len(partition.heads):
        return partition
    return _joined(partition, left, bearable)


def _joined(partition: Partition, left: Ints, bearable: int) -> Partition:
    """Join the last few with the class that loses least, unless leaving them out loses less and is borne."""
    items = partition.items
    for one in map(int, left[np.argsort(-items.rows[left], kind="stable")]):
        of = partition.of
        kept = of != OUT
        rows = np.bincount(of[kept], weights=items.rows[kept], minlength=len(partition.heads))
        together = np.zeros(len(rows))
        for j, tree in enumerate(items.trees):
            value = int(items.values[one, j])
            level = np.maximum(tree.meet(value)[partition.heads[:, j]], partition.levels[:, j])
            together += tree.losses[value][level]
        together /= max(1, len(items.trees))
        cost = together * (rows + items.rows[one]) - partition.class_losses * rows
        other = int(np.argmin(cost))
        out = partition.suppressed <= bearable and cost[other] >= items.rows[one]
        if not out and np.isfinite(cost[other]):
            of = of.copy()
            of[one] = other
            partition = tightened(items, of)
    return partition


def subset(items: Items, those: Ints) -> Items:
    """Return some items as a table of their own; it has no rows to look up."""
    lengths = items.most_units[those]
    ends = np.cumsum(lengths)
    steps = np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - lengths, lengths)
    return Items(
        items.trees,
        items.values[those],
        items.rows[those],
        np.zeros(0, dtype=np.int64),
        np.repeat(np.arange(len(those)), lengths),
        items.pair_unit[np.repeat(items.starts[those], lengths) + steps],
    )


def _to_drop(items: Items, k: int, bearable: int) -> tuple[str, ...]:
    """Name the columns without which few enough stand alone at the coarsest labels that are allowed."""
    levels = [tree.allowed - 1 for tree in items.trees]
    dropped: list[int] = []
    while _alone(items, levels, k) > bearable:
        trials = {
            j: _alone(items, [*levels[:j], tree.paths.shape[1] - 1, *levels[j + 1 :]], k)
            for j, tree in enumerate(items.trees)
            if levels[j] < tree.paths.shape[1] - 1
        }
        best = min(trials, key=lambda j: (trials[j], j))
        levels[best] = items.trees[best].paths.shape[1] - 1
        dropped.append(best)
    return tuple(items.trees[j].name for j in dropped)


def _alone(items: Items, levels: list[int], k: int) -> int:
    """Count the rows in groups of too few at these levels."""
    keys = np.zeros(len(items.rows), dtype=np.int64)
    for j, tree in enumerate(items.trees):
        keys = keys * len(tree.labels) + tree.paths[items.values[:, j], levels[j]]
        keys = np.unique(keys, return_inverse=True)[1].astype(np.int64)
    units = items.units(np.arange(len(keys)), keys, int(keys.max(initial=-1)) + 1)
    return int(items.rows[units[keys] < k].sum())
