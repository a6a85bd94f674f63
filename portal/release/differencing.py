"""Releases beside each other: whoever holds several of them must not be able to single out a small group.

All recipients are taken to work together. Two releases of slightly different accounts, each safe by itself,
can isolate whoever joined, left or moved between them (Xiao and Tao, "m-Invariance", SIGMOD 2007). So those
who joined wait for company, and those who left are given some: others of their group stay out with them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from uuid import UUID

Account = TypeVar("Account")
Rank = Callable[[Account], bytes]
"""In which order accounts keep others company: drawn unseen, and the same at each look."""


@dataclass(frozen=True)
class Member:
    """Where an account stood in a release: the number of its class, and the key of its family."""

    number: int
    family: str = field(repr=False)


Membership = Mapping[UUID, Member]
"""The accounts of one release, by id."""
_Path = tuple[int | None, ...]
"""Where an account stood in each earlier release, None where it was absent; empty for newcomers."""


@dataclass
class _Group(Generic[Account]):
    """Accounts that all earlier releases together cannot tell apart: shown by new class, and not shown."""

    shown: dict[int, set[Account]] = field(default_factory=lambda: defaultdict(set))
    hidden: set[Account] = field(default_factory=set)


def held_back(
    candidate: Mapping[Account, Member],
    earlier: Sequence[Mapping[Account, Member]],
    k: int,
    *,
    rank: Rank[Account],
) -> frozenset[Account]:
    """Return the accounts that must stay out of the candidate beside the earlier releases.

    Afterwards every group that all releases together tell apart holds at least `k` families, the candidate's
    classes too, unless the earlier releases alone had made it smaller. Who keeps others company goes by
    `rank`.
    """
    families = families_over((*earlier, candidate))
    out: set[Account] = set()
    for path, group in _groups(candidate, earlier).items():
        before = set(group.hidden)
        for number in [each for each, some in group.shown.items() if _count(some, families) < k]:
            group.hidden |= group.shown.pop(number)
        if path and group.hidden:
            _give_company(group, families, k, rank)
        out |= group.hidden - before
    return frozenset(out)


def too_close(
    candidate: Mapping[Account, Member], earlier: Sequence[Mapping[Account, Member]], k: int
) -> bool:
    """Tell whether the candidate beside the earlier releases leaves a group of 1 to k - 1 families.

    Groups are those of `held_back`; nobody is taken out, because a count from which some are missing is not
    true. Cells whose count is hidden are groups as well: the sums beside them leave.
    """
    families = families_over((*earlier, candidate))
    for path, group in _groups(candidate, earlier).items():
        parts = [*group.shown.values(), *([group.hidden] if path else [])]
        if any(0 < _count(part, families) < k for part in parts):
            return True
    return False


def families_over(releases: Iterable[Mapping[Account, Member]]) -> dict[Account, str]:
    """Name the family of each account, as all releases together know it.

    Two accounts that any release took for one family are one: who left keeps the family that stays, though it
    goes by another name by now, and a family that was two at an earlier time counts once everywhere. Two who
    were found to be of one family only after one had withdrawn stay two: nothing is kept of who withdrew.
    """
    above: dict[str, str] = {}

    def first(name: str) -> str:
        while (higher := above.setdefault(name, name)) != name:
            above[name] = name = above[higher]
        return name

    named: dict[Account, str] = {}
    for release in releases:
        for one, member in release.items():
            kept, lost = sorted((first(named.setdefault(one, member.family)), first(member.family)))
            above[lost] = kept
    return {one: first(name) for one, name in named.items()}


def _groups(
    candidate: Mapping[Account, Member], earlier: Sequence[Mapping[Account, Member]]
) -> dict[_Path, _Group[Account]]:
    found: dict[_Path, _Group[Account]] = defaultdict(_Group)
    for one in {account for release in (*earlier, candidate) for account in release}:
        stood = [release.get(one) for release in earlier]
        path = tuple(member.number if member else None for member in stood) if any(stood) else ()
        member = candidate.get(one)
        if member is None:
            found[path].hidden.add(one)
        else:
            found[path].shown[member.number].add(one)
    return found


def _give_company(
    group: _Group[Account], families: Mapping[Account, str], k: int, rank: Rank[Account]
) -> None:
    """Hide more of the group, from its largest part, until those hidden are enough or none is shown."""
    while group.shown and _count(group.hidden, families) < k:
        number = max(group.shown, key=lambda each: (_count(group.shown[each], families), -each))
        part = group.shown[number]
        for one in sorted(part, key=lambda each: (rank(each), str(each))):
            if _count(group.hidden, families) >= k:
                break
            part.remove(one)
            group.hidden.add(one)
        if _count(part, families) < k:
            group.hidden |= group.shown.pop(number)


def _count(accounts: set[Account], families: Mapping[Account, str]) -> int:
    return len({families[one] for one in accounts})
