"""From sealed sheets to finished files: open, anonymise, compare with earlier releases, check apart.

Nothing here touches the database, so that no transaction waits for the work.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from portal.casework.coding import Said, Sheet
from portal.casework.sealing import open_for_release, release_wrap_place
from portal.registry.wholes import first_of_each
from portal.release.anonymise import Class, Combination, Outcome, Reason, Refusal, Row, anonymise
from portal.release.check import Fault, Figures, UnsafeReleaseError, verify
from portal.release.columns import Choice, values_of
from portal.release.differencing import Member, Membership, held_back
from portal.release.families import families, persons_of
from portal.release.gathering import Gathered
from portal.release.places import prison_hierarchy
from portal.release.policy import ColumnRole, Policy
from portal.release.sealing import Inside, open_inside
from portal.release.tables import archive, package
from portal.vault import wrap as wrapping
from portal.vault.seal import Sealed

TOO_FEW = "Too few accounts may leave. Wait until more are coded and allowed for research."
TOO_MANY_ALONE = "Too many accounts would stand alone. Fewer columns would help."
TOO_CLOSE = (
    "Beside an earlier release no group would be large enough. "
    "Ask for the same columns as before, or wait until more accounts have come."
)
UNSAFE = "The independent check found a fault. Nothing leaves."


@dataclass(frozen=True)
class Seeds:
    """The keys of the groups whose sealed values a release is made of."""

    release: wrapping.Seeds = field(repr=False)
    cases: wrapping.Seeds = field(repr=False)
    """Those of all circles whose cases the preparing lead may know of."""


@dataclass(frozen=True)
class Prepared:
    """What came of it, for leads only: exact figures; ``trouble`` says why nothing may leave, or is empty."""

    accounts: int
    trouble: str = ""
    drop: tuple[str, ...] = ()
    """Columns without which it would work."""
    faults: frozenset[Fault] = frozenset()
    outcome: Outcome | None = field(default=None, repr=False)
    figures: Figures | None = None
    withheld: int = 0
    """Accounts held back because of earlier releases."""
    alike: int = 0
    """How often all of a class gave the same answer, yes or no, to a column that leaves as it stands."""
    members: Membership = field(default_factory=dict, repr=False)
    archive: bytes = field(default=b"", repr=False)

    @property
    def inside(self) -> Inside:
        """The record that stays inside."""
        if self.outcome is None or self.figures is None:
            raise ValueError("A release that was refused has no record.")
        counts = {
            "accounts": self.accounts,
            "alike": self.alike,
            "classes": self.figures.classes,
            "k": self.figures.k,
            "records": self.figures.records,
            "right_guesses": self.figures.right_guesses,
            "suppressed": self.figures.suppressed,
            "withheld": self.withheld,
        }
        return Inside(self.members, counts, self.outcome.ncp)


def prepare(
    gathered: Gathered, *, choice: Choice, seeds: Seeds, release_id: UUID, random: Callable[[int], bytes]
) -> Prepared:
    """Make the files of a release and have them checked; a refusal or a fault is a result, not an error."""
    tree = prison_hierarchy(gathered.standing.prisons)
    policy = choice.policy(tree)
    sheets = open_sheets(gathered, seeds)
    ids = list(sheets)
    family = families_of(gathered, sheets, seeds)
    rows = [Row(values_of(sheets[one], choice.released, tree), unit=family[one]) for one in ids]
    outcome = anonymise(rows, policy, random=random)
    if outcome.refused is not None:
        return _refused(outcome.refused, len(rows))
    members = _members(outcome, policy, ids, family)
    earlier = earlier_members(gathered, seeds)
    away = held_back(members, earlier, policy.k, random=random) if earlier else frozenset()
    out = frozenset(place for place, one in enumerate(ids) if one in away)
    kept, truth = _without(outcome, policy, rows, out)
    if not kept.rows or kept.suppressed > policy.suppression * len(truth):
        return Prepared(len(rows), trouble=TOO_CLOSE)
    found = Prepared(
        accounts=len(rows),
        outcome=kept,
        withheld=len(rows) - len(truth),
        alike=_alike(kept, policy),
        members={one: member for one, member in members.items() if one not in away},
    )
    return _checked(found, kept, policy, truth, forbidden=list(map(str, ids)), release_id=release_id)


def earlier_members(gathered: Gathered, seeds: Seeds) -> list[Membership]:
    """Open who stood where in the earlier releases, but for those of which only noise left."""
    opened = (open_inside(one.release_id, seeds.release, one.wrapped, one.blob) for one in gathered.earlier)
    return [one.members for one in opened if not one.noisy]


def families_of(gathered: Gathered, sheets: Mapping[UUID, Sheet], seeds: Seeds) -> dict[UUID, str]:
    """Name the family of each account."""
    same = first_of_each(gathered.standing.same)
    persons = {
        one.submission_id: {same.get(person, person) for person in persons_of(one, case_seeds=seeds.cases)}
        for one in gathered.links
    }
    return families(sheets, persons)


def open_sheets(gathered: Gathered, seeds: Seeds) -> dict[UUID, Sheet]:
    """Open the sheets, ordered by their random ids: the order in which they came is no input."""
    found = {}
    for account, blob, wrapped in sorted(gathered.sheets, key=lambda one: str(one.account.submission_id)):
        place = release_wrap_place(account.submission_id, account.sheet_id)
        key = wrapping.unwrap(seeds.release, Sealed(wrapped), place)
        opened = open_for_release(key, account.submission_id, account.sheet_id, blob)
        found[account.submission_id] = Sheet.from_json(opened)
    return found


def _refused(refusal: Refusal, accounts: int) -> Prepared:
    trouble = TOO_FEW if refusal.reason is Reason.TOO_FEW else TOO_MANY_ALONE
    return Prepared(accounts, trouble=trouble, drop=refusal.drop)


def _labels(outcome: Outcome, policy: Policy) -> list[Combination]:
    """Give the labels of each released row."""
    places = [outcome.columns.index(name) for name in policy.quasi]
    return [tuple(row[place] for place in places) for row in outcome.rows]


def _members(
    outcome: Outcome, policy: Policy, ids: Sequence[UUID], family: Mapping[UUID, str]
) -> dict[UUID, Member]:
    number = {each.labels: place for place, each in enumerate(outcome.classes)}
    return {
        ids[source]: Member(number[labels], family[ids[source]])
        for source, labels in zip(outcome.sources, _labels(outcome, policy), strict=True)
    }


def _without(
    outcome: Outcome, policy: Policy, rows: Sequence[Row], out: frozenset[int]
) -> tuple[Outcome, list[Row]]:
    """Leave rows out as if their accounts had never been asked for: (outcome, remaining rows)."""
    labels = _labels(outcome, policy)
    truth = [place for place in range(len(rows)) if place not in out]
    moved = {place: number for number, place in enumerate(truth)}
    kept = [place for place, source in enumerate(outcome.sources) if source not in out]
    units: dict[Combination, list[str | None]] = {}
    for place in kept:
        units.setdefault(labels[place], []).append(rows[outcome.sources[place]].unit)
    ncp = {
        name: math.fsum(tree.loss(labels[place][index]) for place in kept) / max(1, len(kept))
        for index, (name, tree) in enumerate(policy.quasi.items())
    }
    left = replace(
        outcome,
        rows=tuple(outcome.rows[place] for place in kept),
        sources=tuple(moved[outcome.sources[place]] for place in kept),
        classes=tuple(Class(each, len(some), len(set(some))) for each, some in sorted(units.items())),
        ncp=ncp,
    )
    return left, [rows[place] for place in truth]


def _alike(outcome: Outcome, policy: Policy) -> int:
    found: dict[tuple[Combination, str], set[str]] = {}
    open_columns = [n for n, column in policy.columns.items() if column.role is ColumnRole.SENSITIVE]
    for row, labels in zip(outcome.rows, _labels(outcome, policy), strict=True):
        for name in open_columns:
            found.setdefault((labels, name), set()).add(row[outcome.columns.index(name)])
    return sum(said in ({Said.YES}, {Said.NO}) for said in found.values())


def _checked(
    found: Prepared,
    outcome: Outcome,
    policy: Policy,
    truth: Sequence[Row],
    *,
    forbidden: Sequence[str],
    release_id: UUID,
) -> Prepared:
    """Have the finished files read back by code that did not make them; any fault means nothing leaves."""
    files = package(outcome, policy, release=release_id.hex)
    trees = {name: tree.paths for name, tree in policy.quasi.items()}
    try:
        figures = verify(
            files, truth=truth, sources=outcome.sources, trees=trees, k=policy.k, forbidden=forbidden
        )
    except UnsafeReleaseError as error:
        return Prepared(found.accounts, trouble=UNSAFE, faults=error.faults)
    return replace(found, figures=figures, archive=archive(files))
