"""Which labels each account leaves by: beside earlier releases, and hidden among the people of public lists.

Beside earlier releases whoever was shown keeps its labels, and the others form groups among those who stood
where they stood, so that no group tells two of them apart. Whether a person of a public list would be known
to be in it (`presence`) is answered by the finest level at which the list's columns may leave.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from uuid import UUID

from portal.release.anonymise import Combination, Outcome, Row, built, labelled
from portal.release.columns import MONTH, PRISON
from portal.release.differencing import Member, Membership, families_over, held_back
from portal.release.hierarchies import TOP
from portal.release.listed import Listed
from portal.release.policy import Policy
from portal.release.presence import presence
from portal.release.promises import broken
from portal.release.sealing import Inside
from portal.release.search import Reason, Refusal

LISTED = (PRISON, MONTH)
"""The columns that public lists have, too."""

Given = list[Combination | None]
"""The labels of each row, or None for those that stay out."""


@dataclass(frozen=True)
class Table:
    """What a release is made of: accounts in the order of their ids, what left before, people of lists."""

    ids: Sequence[UUID]
    rows: Sequence[Row] = field(repr=False)
    earlier: Sequence[Inside] = field(default=(), repr=False)
    people: Sequence[Listed] = field(default=(), repr=False)

    @property
    def memberships(self) -> list[Membership]:
        """Who stood in which class of each earlier release."""
        return [one.members for one in self.earlier]


@dataclass(frozen=True)
class Recoded:
    """A recoding of a table: its outcome, the places of the rows it is about, and who stands where."""

    outcome: Outcome
    truth: Sequence[int] = field(repr=False)
    """Without those who wait because of earlier releases."""
    members: Membership = field(repr=False)
    labels: Sequence[Combination] = field(repr=False)
    """The labels of each class, by its number."""
    presence: float = 0.0
    """The chance that somebody of the lists is behind this release or an earlier one, at most."""


def recoded(
    table: Table, policy: Policy, *, random: Callable[[int], bytes], rank: Callable[[UUID], bytes]
) -> Recoded | Refusal:
    """Find the finest labels that keep every promise, beside all that left before."""
    if policy.delta < 1 and not table.people:
        return Refusal(Reason.NO_LIST)
    refused: Refusal | None = None
    for finest in _finest(table, policy):
        found = _at(table, policy, _raised(policy, finest), random=random, rank=rank)
        if isinstance(found, Refusal):
            refused = refused or found
            continue
        if found.presence <= policy.delta:
            return found
    return refused or Refusal(Reason.TOO_PRESENT)


def _at(
    table: Table,
    policy: Policy,
    raised: Policy,
    *,
    random: Callable[[int], bytes],
    rank: Callable[[UUID], bytes],
) -> Recoded | Refusal:
    """Recode by the raised policy those who were not shown before; the others keep what was allowed them."""
    labels = _beside(table, policy, raised) if table.earlier else labelled(table.rows, raised)
    if isinstance(labels, Refusal):
        return labels
    waits = _kept_apart(table, policy, labels, random=random, rank=rank)
    if table.earlier:  # then those without company wait for it, too
        waits |= {place for place, one in enumerate(labels) if one is None}
    truth = [place for place in range(len(labels)) if place not in waits]
    if not any(labels[place] for place in truth):
        return Refusal(Reason.TOO_CLOSE)
    outcome = built([table.rows[one] for one in truth], policy, [labels[one] for one in truth], random=random)
    members = _members(table, labels, {table.ids[place] for place in waits})
    classes = [one.labels for one in outcome.classes]
    return Recoded(outcome, truth, members, classes, _presence(table, policy, labels, members))


def schemes_of(policy: Policy) -> dict[str, str]:
    """Say by what each column was made coarser: labels mean the same where this is the same."""
    columns = {name: policy.columns[name] for name in policy.quasi}
    return {
        name: f"{column.hierarchy.digest} {column.finest}-{column.most}"
        for name, column in columns.items()
        if column.hierarchy
    }


def _beside(table: Table, policy: Policy, raised: Policy) -> Given:
    """Keep the labels of those who were shown by the same columns; recode the others by where they stood."""
    same = [one for one in table.earlier if list(one.schemes.items()) == list(schemes_of(policy).items())]
    found: Given = [None] * len(table.rows)
    groups: defaultdict[tuple[int | None, ...], list[int]] = defaultdict(list)
    for place, (account, row) in enumerate(zip(table.ids, table.rows, strict=True)):
        stood = [one.labels[one.members[account].number] for one in same if account in one.members]
        if stood and _still_true(policy, row, stood[-1]):
            found[place] = stood[-1]
            continue
        where = [one.members.get(account) for one in table.earlier]
        groups[tuple(one.number if one else None for one in where)].append(place)
    for places in groups.values():
        own = labelled([table.rows[one] for one in places], raised, bearable=len(places))
        if not isinstance(own, Refusal):
            for place, labels in zip(places, own, strict=True):
                found[place] = labels
    return found


def _still_true(policy: Policy, row: Row, labels: Combination) -> bool:
    return all(
        label in policy.columns[name].labels.get(str(row.values.get(name)), ())
        for name, label in zip(policy.quasi, labels, strict=True)
    )


def _kept_apart(
    table: Table,
    policy: Policy,
    labels: Given,
    *,
    random: Callable[[int], bytes],
    rank: Callable[[UUID], bytes],
) -> set[int]:
    """Name the places that must wait, until what is left keeps every promise beside what left before."""
    if not table.earlier:
        return set()
    place_of = {one: place for place, one in enumerate(table.ids)}
    out: set[UUID] = set()
    while True:
        candidate = _members(table, labels, out)
        more = set(held_back(candidate, table.memberships, policy.k, rank=rank))
        left = [None if one in out | more else given for one, given in zip(table.ids, labels, strict=True)]
        faulty = broken(built(table.rows, policy, left, random=random), policy, _units(table))
        more |= {one for one, given in zip(table.ids, left, strict=True) if given in faulty}
        if not more:
            return {place_of[one] for one in out}
        out |= more


def _units(table: Table) -> list[str]:
    return [str(row.unit) for row in table.rows]


def _members(table: Table, labels: Given, out: set[UUID]) -> dict[UUID, Member]:
    """Say who stands where; classes are numbered in the order of their labels."""
    shown = [
        (one, given, unit)
        for one, given, unit in zip(table.ids, labels, _units(table), strict=True)
        if given is not None and one not in out
    ]
    number = {given: place for place, given in enumerate(sorted({given for _, given, _ in shown}))}
    return {one: Member(number[given], unit) for one, given, unit in shown}


# People of public lists


def _listed(policy: Policy) -> list[str]:
    return [name for name in LISTED if name in policy.quasi]


def _presence(table: Table, policy: Policy, labels: Given, members: Membership) -> float:
    """Measure over this release and all earlier ones that tell by which labels they left.

    A label that the trees of today do not know may hold anybody: then nothing can be promised.
    """
    if not table.people:
        return 0.0
    names, family = _listed(policy), families_over([*table.memberships, members])
    quasi = list(policy.quasi)
    shown = [
        (tuple(given[quasi.index(name)] for name in names), family[one])
        for one, given in zip(table.ids, labels, strict=True)
        if given is not None and one in members
    ]
    for release in table.earlier:
        columns = list(release.schemes)
        for one, member in release.members.items():
            told = dict(zip(columns, release.labels[member.number], strict=True)) if columns else {}
            shown.append((tuple(told.get(name, TOP) for name in names), family[one]))
    known = [policy.quasi[name].spans for name in names]
    if any(label not in spans for labels, _ in shown for label, spans in zip(labels, known, strict=True)):
        return 1.0
    return presence(shown, _people(table, names), [policy.quasi[name].paths for name in names])


def _people(table: Table, names: Sequence[str]) -> list[Combination]:
    return [tuple(getattr(one, name) for name in names) for one in table.people]


def _finest(table: Table, policy: Policy) -> Iterator[Mapping[str, int]]:
    """Give levels of the lists' columns, from what loses least, at which true values would hide people."""
    names = _listed(policy)
    if policy.delta == 1 or not table.people or not names:
        yield {}
        return
    ranges = [range(policy.columns[name].finest, policy.columns[name].most + 1) for name in names]
    trees = [policy.quasi[name] for name in names]
    true = [([str(row.values.get(name)) for name in names], str(row.unit)) for row in table.rows]
    people = _people(table, names)

    def at(levels: tuple[int, ...]) -> list[tuple[Combination, str]]:
        found = []
        for values, unit in true:
            paths = [tree.paths[value] for tree, value in zip(trees, values, strict=True)]
            found.append((tuple(path[level] for path, level in zip(paths, levels, strict=True)), unit))
        return found

    def lost(levels: tuple[int, ...]) -> float:
        return sum(
            tree.loss(label) for labels, _ in at(levels) for tree, label in zip(trees, labels, strict=True)
        )

    ordered, tried = sorted(product(*ranges), key=lost), 0
    for place, levels in enumerate(ordered):
        last = place == len(ordered) - 1
        if presence(at(levels), people, [tree.paths for tree in trees]) <= policy.delta:
            if tried.bit_count() <= 1 or last:  # the first, the second, the third, the fifth, and so on
                yield dict(zip(names, levels, strict=True))
            tried += 1


def _raised(policy: Policy, finest: Mapping[str, int]) -> Policy:
    columns = {
        name: replace(column, finest=finest[name]) if name in finest else column
        for name, column in policy.columns.items()
    }
    return replace(policy, columns=columns)
