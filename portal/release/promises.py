"""Which classes of a finished table break what was promised of their answers: how many, how far from all.

An answer counts once for each family that gave it, as in `diversity`; the whole is what is released.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from portal.release.anonymise import Combination, Outcome
from portal.release.policy import ColumnRole, Policy

_NEAR = 1e-9


@dataclass(frozen=True)
class Told:
    """What a class tells of one column that leaves as it stands: how many answers, how far from all."""

    answers: int
    distance: float


def told(outcome: Outcome, policy: Policy, units: Sequence[str]) -> dict[str, dict[Combination, Told]]:
    """Measure each column that leaves as it stands by class; `units` names the family of each source."""
    places = [outcome.columns.index(name) for name in policy.quasi]
    found = {}
    for name, column in policy.columns.items():
        if column.role is not ColumnRole.SENSITIVE:
            continue
        at = outcome.columns.index(name)
        said: defaultdict[Combination, set[tuple[str, str]]] = defaultdict(set)
        for row, source in zip(outcome.rows, outcome.sources, strict=True):
            said[tuple(row[place] for place in places)].add((row[at], units[source]))
        whole = _shares({one for some in said.values() for one in some})
        found[name] = {labels: _told(_shares(some), whole) for labels, some in said.items()}
    return found


def broken(outcome: Outcome, policy: Policy, units: Sequence[str]) -> frozenset[Combination]:
    """Name the classes that break a promise about answers."""
    if policy.l == 1 and policy.t == 1:
        return frozenset()
    return frozenset(
        labels
        for by_class in told(outcome, policy, units).values()
        for labels, one in by_class.items()
        if one.answers < policy.l or one.distance > policy.t + _NEAR
    )


def _shares(said: Collection[tuple[str, str]]) -> Mapping[str, float]:
    counts = Counter(answer for answer, _family in said)
    return {answer: count / len(said) for answer, count in counts.items()}


def _told(shares: Mapping[str, float], whole: Mapping[str, float]) -> Told:
    return Told(len(shares), sum(abs(whole[one] - shares.get(one, 0.0)) for one in whole) / 2)
