"""Which of many sets of words are nearly the same: found without comparing every two.

The sets come as numbers. Words that most sets have are left out of the search (Broder's MinHash, 1997, in
bands), and what it finds is then compared exactly. Nothing here knows what the words are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint32]
Owners = npt.NDArray[np.int32]

_BANDS, _ROWS = 14, 3
_COMMON = 0.2
"""Words that more than this share of the sets have tell none apart."""
_FEW = 50
"""Among fewer sets no word is common."""
_CROWD = 40
"""Of more sets in one bucket each is compared with the first alone: they are all nearly one."""
_FEWEST = 12
"""Words below which two sets are alike by chance."""
_SEED = 1367


@dataclass(frozen=True)
class Resemblance:
    """Two sets, by their numbers, and the share of their words that both have, 0 to 1."""

    one: int
    other: int
    share: float


def resembling(hashes: Hashes, owners: Owners, *, count: int, least: float) -> list[Resemblance]:
    """Return the pairs that share ``least`` of their words and more, the most alike first.

    ``hashes`` are words, each beside the set (0 up to ``count``) that has it.
    """
    order = np.lexsort((hashes, owners))
    hashes, owners = hashes[order], owners[order]
    starts = np.searchsorted(owners, np.arange(count + 1))
    found = []
    for one, other in sorted(_candidates(*_telling(hashes, owners, count))):
        ours, theirs = (hashes[starts[each] : starts[each + 1]] for each in (one, other))
        if min(len(ours), len(theirs)) < _FEWEST:
            continue
        both = len(np.intersect1d(ours, theirs, assume_unique=True))
        share = both / (len(ours) + len(theirs) - both)
        if share >= least:
            found.append(Resemblance(one, other, share))
    return sorted(found, key=lambda each: (-each.share, each.one, each.other))


def shared(hashes: Hashes, owners: Owners) -> set[tuple[int, int]]:
    """Return the pairs of sets that have any number in common; of a crowd, each with the first."""
    order = np.lexsort((owners, hashes))
    return {pair for several in _groups(hashes[order], owners[order]) for pair in _pairs(several)}


def _telling(hashes: Hashes, owners: Owners, count: int) -> tuple[Hashes, Owners]:
    """Leave out the words that most sets have."""
    if count < _FEW:
        return hashes, owners
    _, places, counts = np.unique(hashes, return_inverse=True, return_counts=True)
    rare = counts[places] <= _COMMON * count
    return hashes[rare], owners[rare]


def _candidates(hashes: Hashes, owners: Owners) -> set[tuple[int, int]]:
    """Return the pairs whose smallest words, under many orders, agree in some band."""
    if not len(hashes):
        return set()
    there, starts = np.unique(owners, return_index=True)
    chance = np.random.default_rng(_SEED)
    found: set[tuple[int, int]] = set()
    for _ in range(_BANDS):
        band = np.zeros(len(there), dtype=np.uint64)
        for _row in range(_ROWS):
            odd, more = (int(one) for one in chance.integers(1, 2**32, 2, dtype=np.uint64))
            mixed = hashes * np.uint32(odd | 1) + np.uint32(more)
            mixed = (mixed ^ (mixed >> np.uint32(15))) * np.uint32(0x2C1B3C6D)
            band = band * np.uint64(0x9E3779B97F4A7C15) + np.minimum.reduceat(mixed, starts)
        order = np.argsort(band, kind="stable")
        found.update(pair for several in _groups(band[order], there[order]) for pair in _pairs(several))
    return found


def _groups(keys: npt.NDArray[np.unsignedinteger], owners: Owners) -> Iterator[Sequence[int]]:
    """Give the owners of each key that several have; keys are in order."""
    bounds = [0, *(np.flatnonzero(np.diff(keys)) + 1).tolist(), len(keys)]
    for start, end in pairwise(bounds):
        if end - start > 1:
            yield sorted(set(owners[start:end].tolist()))


def _pairs(several: Sequence[int]) -> Iterator[tuple[int, int]]:
    if len(several) <= _CROWD:
        yield from combinations(several, 2)
    else:
        yield from ((several[0], other) for other in several[1:])
