"""From sealed sheets to a finished table of counts: count a family once, protect, write, read back.

Nothing here touches the database, so that no transaction waits for the work.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from uuid import UUID

from portal.release.differencing import Member, Membership
from portal.release.formats import available, written_as
from portal.release.grid import Cell, Grid, consistent
from portal.release.laplace import FINEST, Below, discrete_laplace, epsilon_of, farthest
from portal.release.packaging import described_files
from portal.release.plans import HXL, Plan, Protection
from portal.release.suppression import THRESHOLD, Marginal, suppressed
from portal.release.tables import MANIFEST, Json, canonical

FORMAT = "testimony-portal-counts/1"
SHARE = Fraction(95, 100)
"""Of the cells, as many lie within the width that is told."""
FAMILIES = "families"
HIDDEN = "hidden"
ALL = "all"


@dataclass(frozen=True)
class Counted:
    """Exact counts, for leads only: one account of each family, and in which cell it stands."""

    grid: Grid
    counts: Mapping[Cell, int] = field(repr=False)
    members: Membership = field(repr=False)

    def without(self, away: frozenset[UUID]) -> "Counted":
        """Leave accounts out as if they had never been asked for."""
        counts, cells = dict(self.counts), self.grid.cells
        for one in away & self.members.keys():
            counts[cells[self.members[one].number]] -= 1
        return Counted(self.grid, counts, {one: at for one, at in self.members.items() if one not in away})


def count(grid: Grid, accounts: Sequence[tuple[UUID, str, Mapping[str, str]]], *, below: Below) -> Counted:
    """Count (account, family, categories) with one account of each family, drawn by ``below``."""
    families: dict[str, list[tuple[UUID, Cell]]] = {}
    for account, family, values in accounts:
        families.setdefault(family, []).append((account, grid.cell_of(values)))
    number = {cell: place for place, cell in enumerate(grid.cells)}
    counts, members = dict.fromkeys(grid.cells, 0), {}
    for family in sorted(families):
        told = families[family]
        account, cell = told[below(len(told))]
        counts[cell] += 1
        members[account] = Member(number[cell], family)
    return Counted(grid, counts, members)


def noisy(counted: Counted, plan: Plan, *, below: Below) -> dict[Cell, int]:
    """Return counts with noise, then made whole: never negative, and adding up. Charge the budget before."""
    epsilon = epsilon_of(plan.hundredths)
    return consistent(
        {cell: one + discrete_laplace(epsilon, below=below) for cell, one in counted.counts.items()}
    )


def table_of(grid: Grid, counts: Mapping[Cell, int]) -> Marginal:
    """Lay cells out by rows and columns, with their sums."""
    rows, columns = (axis.categories for axis in grid.axes)
    return Marginal.of([[counts[row, column] for column in columns] for row in rows])


def files_of(plan: Plan, grid: Grid, counts: Mapping[Cell, int], *, release: str) -> dict[str, bytes]:
    """Write the table, a line a cell with the sums last, and what it is; the same counts, the same bytes."""
    table = table_of(grid, counts)
    hidden = suppressed(table) if plan.protection is Protection.THRESHOLD else frozenset()
    rows, columns = ((*axis.categories, ALL) for axis in grid.axes)
    lines: list[tuple[str | int, ...]] = [
        (row, column, HIDDEN if (i, j) in hidden else table.counts[i][j])
        for i, row in enumerate(rows)
        for j, column in enumerate(columns)
    ]
    tags = {**{side.value: HXL[side] for side in (plan.rows, plan.columns)}, FAMILIES: "#affected+hh"}
    header = [*(axis.name for axis in grid.axes), FAMILIES]
    files = written_as(available(), header, lines, tags=tags)
    told = {**_described(plan, grid, release), "files": described_files(files), "hxl": tags}
    return {**files, MANIFEST: canonical(told)}


def _described(plan: Plan, grid: Grid, release: str) -> dict[str, Json]:
    protection: dict[str, Json] = {"kind": plan.protection.value, "unit": "family"}
    if plan.protection is Protection.NOISE:
        protection |= {
            "epsilon_hundredths": plan.hundredths,
            "mechanism": "discrete Laplace, exact",
            "within": {"families": farthest(Fraction(plan.hundredths, FINEST), share=SHARE), "percent": 95},
        }
    else:
        protection |= {"threshold": THRESHOLD, "mechanism": "cell suppression, bounds by maximum flow"}
    return {
        "axes": {axis.name: list(axis.categories) for axis in grid.axes},
        "format": FORMAT,
        "ledger": {"key": release, "table": "release_manifest"},
        "pattern": plan.pattern.value if plan.pattern else None,
        "protection": protection,
        "release": release,
    }
