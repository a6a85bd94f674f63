"""From the coarsest labels downwards: each class goes a level finer in the column that wins most by it.

All classes are refined in one sweep, so a preview of a large table takes a moment. Parts too few to stand
alone keep their label together.
"""

from dataclasses import dataclass

import numpy as np

from portal.release.encoded import Bools, Floats, Ints, Items
from portal.release.partition import OUT

_DENSE = 4_000_000


@dataclass(frozen=True, eq=False)
class _Trial:
    """One column made finer in every class: the part of each item, which parts stand, what a class wins."""

    part: Ints
    stands: Bools
    won: Floats


def specialise(items: Items, k: int) -> Ints:
    """Return the class of each item; `OUT` where even the coarsest labels that are allowed leave too few."""
    of, levels = _coarsest(items, k)
    active = np.unique(of[of != OUT])
    while len(active):
        chosen = np.zeros(len(levels), dtype=bool)
        chosen[active] = True
        those = np.flatnonzero((of != OUT) & chosen[of])
        number = np.searchsorted(active, of[those])
        trials = [_try(items, j, those, number, levels=levels[active], k=k) for j in range(len(items.trees))]
        won = np.stack([trial.won for trial in trials]) if trials else np.zeros((0, len(active)))
        best = won.argmax(axis=0) if len(won) else np.zeros(len(active), dtype=np.int64)
        made: list[Ints] = []
        count = len(levels)
        for j, trial in enumerate(trials):
            moving = (won[j] > 0) & (best == j)
            some = moving[number] & trial.stands[trial.part]
            names, first, fresh = np.unique(trial.part[some], return_index=True, return_inverse=True)
            if not len(names):
                continue
            below = levels[active[number[some][first]]].copy()
            below[:, j] -= 1
            made.append(below)
            of[those[some]] = count + fresh
            count += len(names)
        before = len(levels)
        levels = np.concatenate([levels, *made])
        split = active[(won > 0).any(axis=0)] if len(won) else active[:0]
        active = np.concatenate([np.intersect1d(split, of), np.arange(before, len(levels))])
    return of


def _coarsest(items: Items, k: int) -> tuple[Ints, Ints]:
    """Group by the coarsest labels allowed; groups of too few stand nowhere."""
    top = np.array([tree.allowed - 1 for tree in items.trees], dtype=np.int64)
    keys = np.zeros(len(items.rows), dtype=np.int64)
    for j, tree in enumerate(items.trees):
        keys = keys * len(tree.labels) + tree.paths[items.values[:, j], top[j]]
        keys = np.unique(keys, return_inverse=True)[1].astype(np.int64)
    count = int(keys.max(initial=-1)) + 1
    large = items.units(np.arange(len(keys)), keys, count) >= k
    number = np.where(large, np.cumsum(large) - 1, OUT)
    return number[keys], np.tile(top, (int(large.sum()), 1))


def _try(items: Items, j: int, those: Ints, number: Ints, *, levels: Ints, k: int) -> _Trial:
    """Go a level finer in column `j` in all classes at once (`number`: the class of each of these items)."""
    tree, classes = items.trees[j], len(levels)
    level = levels[number, j]
    values = items.values[those, j]
    finer = np.maximum(level - 1, 0)
    names, part = _numbered(number * len(tree.labels) + tree.paths[values, finer], classes * len(tree.labels))
    units = items.units(those, part, len(names))
    stands = units >= k
    alone = ~stands[part]
    left = items.units(those[alone], number[alone], classes)
    gain: Floats = (tree.losses[values, level] - tree.losses[values, finer]) * items.rows[those]
    kept: Floats = np.where(alone, 0.0, gain)
    won: Floats = np.asarray(np.bincount(number, weights=kept, minlength=classes), dtype=np.float64)
    won[(left > 0) & (left < k)] = 0.0
    return _Trial(part, stands, won)


def _numbered(keys: Ints, span: int) -> tuple[Ints, Ints]:
    """Give numbers to the keys that occur: (keys, number of each)."""
    if span > _DENSE:
        names, part = np.unique(keys, return_inverse=True)
        return names, part.astype(np.int64)
    seen = np.zeros(span, dtype=bool)
    seen[keys] = True
    return np.flatnonzero(seen), (np.cumsum(seen) - 1)[keys]
