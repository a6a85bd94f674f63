"""Releases beside each other: whoever holds several of them must not be able to single out a small group.

All recipients are taken to work together. Two releases of slightly different accounts, each safe by itself,
can isolate whoever joined, left or moved between them; so what a new release says of such a group is held
back, whole classes at a time (research on sequential releases: Xiao and Tao, "m-Invariance", SIGMOD 2007).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True)
class Member:
    """Where an account stood in a release: the number of its class, and the key of its family."""

    number: int
    family: str = field(repr=False)


Membership = Mapping[UUID, Member]
"""The accounts of one release, by id."""
_Path = tuple[int | None, ...]


def held_back(candidate: Membership, earlier: Sequence[Membership], k: int) -> frozenset[int]:
    """Return the classes of the candidate that must not leave beside the earlier releases.

    Afterwards every group that all releases together tell apart, and that the candidate adds or changes,
    holds at least `k` families, unless the earlier releases alone had made it smaller.
    """
    paths = _paths(earlier)
    withheld: set[int] = set()
    while True:
        doomed = _doomed(candidate, paths, withheld, k)
        if not doomed:
            return frozenset(withheld)
        withheld |= doomed


def _paths(earlier: Sequence[Membership]) -> dict[UUID, tuple[_Path, str]]:
    """For every account released before: its class in each release (None where absent), and its family."""
    found: dict[UUID, tuple[_Path, str]] = {}
    for one in {account for release in earlier for account in release}:
        where = [release.get(one) for release in earlier]
        family = next(member.family for member in reversed(where) if member is not None)
        found[one] = tuple(member.number if member else None for member in where), family
    return found


def _doomed(
    candidate: Membership, paths: Mapping[UUID, tuple[_Path, str]], withheld: Iterable[int], k: int
) -> set[int]:
    """Classes to hold back next: those of a small joint group, or the smallest beside a small remainder."""
    away = set(withheld)
    nowhere: tuple[_Path, str] = ((), "")
    cells: defaultdict[tuple[_Path, int | None], set[str]] = defaultdict(set)
    for account in {*candidate, *paths}:
        path, family = paths.get(account, nowhere)
        member = candidate.get(account)
        shown = member is not None and member.number not in away
        number = member.number if member is not None and shown else None
        if path or shown:
            cells[path, number].add(member.family if member is not None else family)
    doomed = {number for (_, number), families in cells.items() if number is not None and len(families) < k}
    if doomed:
        return doomed
    for (path, number), families in sorted(cells.items(), key=lambda cell: repr(cell[0])):
        if number is None and len(families) < k:
            beside = [
                (len(cells[cell]), cell[1]) for cell in cells if cell[0] == path and cell[1] is not None
            ]
            if beside:
                return {min(beside)[1]}
    return set()
