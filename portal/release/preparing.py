"""From sealed sheets to finished files: open, anonymise, compare with earlier releases, check apart.

Nothing here touches the database, so that no transaction waits for the work.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from portal.casework.coding import Said, Sheet
from portal.casework.sealing import open_for_release, release_wrap_place
from portal.registry.wholes import first_of_each
from portal.release.anonymise import Combination, Outcome, Reason, Refusal, Row
from portal.release.check import Fault, Figures, UnsafeReleaseError, verify
from portal.release.check_promises import verify_promises
from portal.release.columns import Choice, values_of
from portal.release.differencing import Membership
from portal.release.families import families, persons_of
from portal.release.gathering import Gathered
from portal.release.hierarchies import Hierarchy
from portal.release.listed import Listed
from portal.release.packaging import package
from portal.release.places import joined, named_after
from portal.release.policy import ColumnRole, Policy
from portal.release.promises import told
from portal.release.recoding import Recoded, Table, recoded, schemes_of
from portal.release.sealing import Inside, open_inside
from portal.release.tables import archive
from portal.release.worth import moved
from portal.vault import wrap as wrapping
from portal.vault.seal import Label, Sealed, context, derive

TOO_FEW = "Too few accounts may leave. Wait until more are coded and allowed for research."
TOO_MANY_ALONE = "Too many accounts would stand alone. Fewer columns would help."
TOO_CLOSE = (
    "Beside an earlier release no group would be large enough. "
    "Ask for the same columns as before, or wait until more accounts have come."
)
TOO_PRESENT = (
    "Whoever holds the list of the dead could tell that somebody of it is behind an account. "
    "Let prison and month be coarser, wait until the list has more names, or ask for less protection here."
)
NO_LIST = (
    "The registry names nobody among whom a family could hide. "
    "Enter or import the public list there first, or ask for no protection here."
)
TOO_ALIKE = (
    "Groups in which the answers differ enough cannot be made. "
    "Ask for fewer columns that leave as they stand, or let them be made coarser."
)
UNSAFE = "The independent check found a fault. Nothing leaves."

_REFUSED: Mapping[Reason, str] = {
    Reason.TOO_FEW: TOO_FEW,
    Reason.TOO_MANY_ALONE: TOO_MANY_ALONE,
    Reason.TOO_ALIKE: TOO_ALIKE,
    Reason.TOO_PRESENT: TOO_PRESENT,
    Reason.NO_LIST: NO_LIST,
    Reason.TOO_CLOSE: TOO_CLOSE,
}


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
    labels: Sequence[Combination] = field(default=(), repr=False)
    schemes: Mapping[str, str] = field(default_factory=dict)
    presence: float | None = None
    """The chance that somebody of public lists is known to be in it, at most; None where nobody asked."""
    answers: Mapping[str, int] = field(default_factory=dict)
    """Different answers in the class that has fewest, by column that leaves as it stands."""
    distance: Mapping[str, float] = field(default_factory=dict)
    """How far the shares of answers are from those of all, in the class that is furthest."""
    moved: Mapping[str, float] = field(default_factory=dict)
    """How far counts by a column go wrong (`worth.moved`)."""

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
        return Inside(self.members, counts, self.outcome.ncp, schemes=dict(self.schemes), labels=self.labels)


def prepare(
    gathered: Gathered, *, choice: Choice, seeds: Seeds, release_id: UUID, random: Callable[[int], bytes]
) -> Prepared:
    """Make the files of a release and have them checked; a refusal or a fault is a result, not an error."""
    return _made(ground(gathered, seeds), choice, seeds=seeds, release_id=release_id, random=random)


def weigh(
    gathered: Gathered, *, choice: Choice, seeds: Seeds, release_id: UUID, random: Callable[[int], bytes]
) -> tuple[Prepared, Sequence[tuple[Choice, Prepared]]]:
    """Prepare a release, and beside it what would come of a step looser and a step stricter."""
    base = ground(gathered, seeds)
    made = [
        (one, _made(base, one, seeds=seeds, release_id=release_id, random=random))
        for one in (choice.stepped(-1), choice, choice.stepped(1))
    ]
    return made[1][1], made


@dataclass(frozen=True)
class Ground:
    """What every recoding of the same accounts starts from, opened once."""

    tree: Hierarchy
    sheets: Mapping[UUID, Sheet] = field(repr=False)
    family: Mapping[UUID, str] = field(repr=False)
    earlier: Sequence[Inside] = field(repr=False)
    people: Sequence[Listed] = field(repr=False)

    def table(self, choice: Choice) -> Table:
        """Lay out the columns that were asked for."""
        rows = [
            Row(values_of(sheet, choice.released, self.tree), unit=self.family[one])
            for one, sheet in self.sheets.items()
        ]
        return Table(list(self.sheets), rows, self.earlier, self.people if choice.delta < 1 else ())


def ground(gathered: Gathered, seeds: Seeds) -> Ground:
    """Open the sheets, the links and the records of earlier releases."""
    tree, sheets = opened(gathered, seeds)
    standing = gathered.standing
    same = {str(one): str(other) for one, other in joined(standing.prisons, standing.same).items()}
    people = [one._replace(prison=same.get(one.prison, one.prison)) for one in standing.people]
    family = families_of(gathered, sheets, seeds)
    return Ground(tree, sheets, family, earlier_records(gathered, seeds), people)


def drawn(seeds: Seeds) -> Callable[[UUID], bytes]:
    """Return the order in which accounts are drawn: chance to everybody outside, at each look the same."""
    newest = seeds.release if isinstance(seeds.release, bytes) else seeds.release[0]
    secret = derive(newest, context(Label.RELEASE, "draw"))
    return lambda account: derive(secret, context(Label.RELEASE, account), 16)


def _made(
    base: Ground, choice: Choice, *, seeds: Seeds, release_id: UUID, random: Callable[[int], bytes]
) -> Prepared:
    table = base.table(choice)
    policy = choice.policy(base.tree)
    found = recoded(table, policy, random=random, rank=drawn(seeds))
    if isinstance(found, Refusal):
        return Prepared(len(table.rows), trouble=_REFUSED[found.reason], drop=found.drop)
    truth = [table.rows[one] for one in found.truth]
    if found.outcome.suppressed > policy.suppression * len(truth):
        return Prepared(len(table.rows), trouble=TOO_MANY_ALONE)
    return _checked(table, policy, found, truth, release_id=release_id)


def earlier_members(gathered: Gathered, seeds: Seeds) -> list[Membership]:
    """Open who stood where in the earlier releases, but for those of which only noise left."""
    return [one.members for one in earlier_records(gathered, seeds)]


def earlier_records(gathered: Gathered, seeds: Seeds) -> list[Inside]:
    """Open the records of the earlier releases, in the order of their random ids; noise is left out."""
    ordered = sorted(gathered.earlier, key=lambda one: one.release_id)
    found = (open_inside(one.release_id, seeds.release, one.wrapped, one.blob) for one in ordered)
    return [one for one in found if not one.noisy]


def families_of(gathered: Gathered, sheets: Mapping[UUID, Sheet], seeds: Seeds) -> dict[UUID, str]:
    """Name the family of each account."""
    same = first_of_each(gathered.standing.same)
    persons = {
        one.submission_id: {same.get(person, person) for person in persons_of(one, case_seeds=seeds.cases)}
        for one in gathered.links
    }
    return families(sheets, persons)


def opened(gathered: Gathered, seeds: Seeds) -> tuple[Hierarchy, dict[UUID, Sheet]]:
    """Open the sheets, each with the prison under which it is counted, and name the prisons."""
    prisons = gathered.standing.prisons
    same = joined(prisons, gathered.standing.same)
    return named_after(prisons, same), {
        one: _counted_at(sheet, same) for one, sheet in open_sheets(gathered, seeds).items()
    }


def _counted_at(sheet: Sheet, same: Mapping[UUID, UUID]) -> Sheet:
    place = sheet.prison
    if place is None or place.record_id not in same:
        return sheet
    return replace(sheet, prison=replace(place, record_id=same[place.record_id]))


def open_sheets(gathered: Gathered, seeds: Seeds) -> dict[UUID, Sheet]:
    """Open the sheets, ordered by their random ids: the order in which they came is no input."""
    found = {}
    for account, blob, wrapped in sorted(gathered.sheets, key=lambda one: str(one.account.submission_id)):
        place = release_wrap_place(account.submission_id, account.sheet_id)
        key = wrapping.unwrap(seeds.release, Sealed(wrapped), place)
        opened = open_for_release(key, account.submission_id, account.sheet_id, blob)
        found[account.submission_id] = Sheet.from_json(opened)
    return found


def _checked(
    table: Table, policy: Policy, found: Recoded, truth: Sequence[Row], *, release_id: UUID
) -> Prepared:
    """Have the finished files read back by code that did not make them; any fault means nothing leaves."""
    outcome = found.outcome
    files = package(outcome, policy, release=release_id.hex)
    trees = {name: policy.columns[name].labels for name in policy.quasi}
    ids = list(map(str, table.ids))
    promised = {"l": policy.l, "t": policy.t, "delta": policy.delta}
    people = [one._asdict() for one in table.people]
    sources = outcome.sources
    try:
        figures = verify(files, truth=truth, sources=sources, trees=trees, k=policy.k, forbidden=ids)
        verify_promises(files, truth=truth, sources=sources, trees=trees, promised=promised, people=people)
    except UnsafeReleaseError as error:
        return Prepared(len(table.rows), trouble=UNSAFE, faults=error.faults)
    answers = told(outcome, policy, [str(row.unit) for row in truth])
    return Prepared(
        accounts=len(table.rows),
        outcome=outcome,
        figures=figures,
        withheld=len(table.rows) - len(truth),
        alike=_alike(outcome, policy),
        members=found.members,
        archive=archive(files),
        labels=found.labels,
        schemes=schemes_of(policy),
        presence=found.presence if table.people else None,
        answers={name: min(one.answers for one in some.values()) for name, some in answers.items()},
        distance={name: max(one.distance for one in some.values()) for name, some in answers.items()},
        moved=moved(outcome, policy, truth),
    )


def _alike(outcome: Outcome, policy: Policy) -> int:
    """Count how often all of a class gave the same answer, yes or no."""
    places = [outcome.columns.index(name) for name in policy.quasi]
    found: dict[tuple[tuple[str, ...], str], set[str]] = {}
    open_columns = [n for n, column in policy.columns.items() if column.role is ColumnRole.SENSITIVE]
    for row in outcome.rows:
        labels = tuple(row[place] for place in places)
        for name in open_columns:
            found.setdefault((labels, name), set()).add(row[outcome.columns.index(name)])
    return sum(said in ({Said.YES}, {Said.NO}) for said in found.values())
