"""Whether somebody of a public list would be known to be behind a release (delta-presence).

Whoever looks for a person of the list knows the place and the month, and nothing that only the account
says. In every group of labels that fits, each of the people who fit it too may be the one. What the groups
add up to, for the person whom they give away most, is what is measured (Nergiz and others, SIGMOD 2007).
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence

from portal.release.hierarchies import MISSING, TOP

Labels = tuple[str, ...]
Paths = Mapping[str, Sequence[str]]
"""A value of the list's column → its labels from finest to coarsest."""


def presence(
    shown: Iterable[tuple[Labels, Hashable]], people: Iterable[Labels], trees: Sequence[Paths]
) -> float:
    """Return the greatest chance, 0 to 1, with which a person of the list is behind what is shown.

    `shown` holds the labels of each record in the columns that the list has, and its family; `people` the
    values of each person of the list in these columns.
    """
    families: defaultdict[Labels, set[Hashable]] = defaultdict(set)
    for labels, family in shown:
        families[labels].add(family)
    counted = Counter(people)
    fits: defaultdict[Labels, list[Labels]] = defaultdict(list)
    for labels in families:
        wide = [_widest(label, tree) for label, tree in zip(labels, trees, strict=True)]
        for values in counted:
            if all(_holds(*one) for one in zip(wide, values, trees, strict=True)):
                fits[values].append(labels)
    company: Counter[Labels] = Counter()
    for values, those in fits.items():
        for labels in those:
            company[labels] += counted[values]
    chances = (sum(len(families[labels]) / company[labels] for labels in those) for those in fits.values())
    return min(1.0, max(chances, default=0.0))


def _holds(label: str, value: str, tree: Paths) -> bool:
    return label == TOP or label in tree.get(value, ())


def _widest(label: str, tree: Paths) -> str:
    """Return the label that holds whoever an account with an unknown may be about."""
    if not label.endswith(MISSING):
        return label
    above = tree.get(label, (TOP,))
    return next((one for one in above if not one.endswith(MISSING)), TOP)
