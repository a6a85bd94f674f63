"""Whole-table levels, finest first: what finds enough company at a level stays there, the rest goes on.

A greedy descent through the lattice of levels, local in effect as each group keeps its own level. The number
of steps is bounded, and each is first sieved by counting hashes, so that only groups that may be large enough
are looked at closely.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from portal.release.encoded import Bools, Floats, Ints, Items
from portal.release.partition import OUT

MOST_NODES = 20_000
_BLOCKS = 3
_SEED = 0x9E3779B97F4A7C15

Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Descent:
    """The class of each item, `OUT` for those that found no company, and how many items were looked at."""

    of: Ints
    work: int


def descend(items: Items, k: int, *, price: Callable[[Floats], Floats], most_work: int) -> Descent:
    """Form classes of `k` families, the cheapest levels first; `price` says what a loss is taken for."""
    of, classes, work = np.full(len(items.rows), OUT, dtype=np.int64), 0, 0
    hashing = _Hashing(items)
    weights = (items.rows if items.plain else items.most_units).astype(np.float64)
    for node in _nodes(items, price):
        if not len(hashing.left) or work > most_work:
            break
        work += len(hashing.left)
        keys = hashing.at(node)
        some = _sieved(keys, weights[hashing.left], k)
        names, groups = np.unique(keys[some], return_inverse=True)
        large = items.units(hashing.left[some], groups.astype(np.int64), len(names)) >= k
        if not large.any():
            continue
        found = some[large[groups]]
        of[hashing.left[found]] = (classes - 1 + np.cumsum(large))[groups[large[groups]]]
        classes += int(large.sum())
        rest = np.ones(len(keys), dtype=bool)
        rest[found] = False
        hashing.keep(rest)
    return Descent(of, work)


def _sieved(keys: Hashes, weights: Floats, k: int) -> Ints:
    """Return the places of keys that may belong to a group of `k`."""
    bits = max(8, len(keys).bit_length() + 1)
    buckets = (keys >> np.uint64(64 - bits)).view(np.int64)
    return np.flatnonzero(np.bincount(buckets, weights=weights)[buckets] >= k).astype(np.int64)


def _nodes(items: Items, price: Callable[[Floats], Floats]) -> Ints:
    """List combinations of levels by what they cost, the cheapest first: (nodes, columns)."""
    total, chosen = np.zeros(1), np.zeros((1, 0), dtype=np.int64)
    for j, tree in enumerate(items.trees):
        useful = _useful(tree.paths[:, : tree.allowed])
        rows = np.bincount(items.values[:, j], weights=items.rows, minlength=len(tree.paths))
        cost = rows @ price(tree.losses[:, useful])
        sums = (total[:, None] + cost[None, :]).ravel()
        both = np.concatenate(
            [np.repeat(chosen, len(useful), axis=0), np.tile(useful, len(chosen))[:, None]], axis=1
        )
        least = np.argsort(sums, kind="stable")[:MOST_NODES]
        total, chosen = sums[least], both[least]
    return chosen


def _useful(paths: Ints) -> Ints:
    """Leave out levels that change no label."""
    changed = (paths[:, 1:] != paths[:, :-1]).any(axis=0)
    return np.concatenate([np.zeros(1, dtype=np.int64), np.flatnonzero(changed) + 1])


class _Hashing:
    """Hashes of what remains, at any node: sums of a random number for each label."""

    def __init__(self, items: Items) -> None:
        chance = np.random.PCG64(_SEED)
        self.values = items.values
        self.tables = [
            chance.random_raw(len(tree.labels)).astype(np.uint64)[tree.paths] for tree in items.trees
        ]
        columns = np.array_split(np.arange(len(items.trees)), _BLOCKS)
        self.blocks = [list(map(int, block)) for block in columns if len(block)]
        self.known: dict[tuple[int, ...], Hashes] = {}
        self.left = np.arange(len(items.rows), dtype=np.int64)

    def at(self, node: Ints) -> Hashes:
        """Hash the labels of all that remains."""
        found = np.zeros(len(self.left), dtype=np.uint64)
        for block in self.blocks:
            found += self._part(block, node)
        return found

    def _part(self, block: list[int], node: Ints) -> Hashes:
        name = (block[0], *(int(node[j]) for j in block))
        part = self.known.get(name)
        if part is None:
            part = np.zeros(len(self.left), dtype=np.uint64)
            for j in block:
                part += self.tables[j][:, node[j]][self.values[self.left, j]]
            self.known[name] = part
        return part

    def keep(self, those: Bools) -> None:
        """Go on with those alone."""
        self.left = self.left[those]
        self.known = {name: part[those] for name, part in self.known.items()}
