"""Patterns by place and month: a table of counts for each pattern, all of one release.

The tables of two patterns have no sum in common: nothing is said of how many tell of both. So what a reader
can infer of one table is the same with the others beside it, and each is protected by itself. Noise is shared
out: a family that tells of all patterns changes one count in each.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from portal.casework.coding import Pattern, Said, Sheet
from portal.errors import InvalidError
from portal.release.differencing import Member, Membership
from portal.release.formats import available, written_as
from portal.release.grid import Cell, Grid, consistent
from portal.release.hierarchies import Hierarchy
from portal.release.laplace import Below, discrete_laplace, farthest
from portal.release.packaging import described_files
from portal.release.plans import HXL, Plan, Protection
from portal.release.suppression import THRESHOLD, Place, suppressed
from portal.release.tables import MANIFEST, Json, canonical
from portal.release.tabulating import ALL, FAMILIES, FORMAT, HIDDEN, SHARE, Counted, count, table_of

_MARKS = len(Pattern)
_BY_TABLE = Mapping[Pattern, Mapping[Cell, int]]


@dataclass(frozen=True)
class Several(Counted):
    """Exact counts of each pattern; ``members`` stand by their cell and the patterns they are counted for."""

    tables: Mapping[Pattern, Counted] = field(default_factory=dict, repr=False)


def count_each(
    plan: Plan, sheets: Mapping[UUID, Sheet], family: Mapping[UUID, str], tree: Hierarchy, *, below: Below
) -> Several:
    """Count for each pattern one account of each family that tells of it."""
    grid = plan.grid(tree)
    values = {one: plan.values(sheet, tree) for one, sheet in sheets.items()}
    tables = {
        pattern: count(
            grid,
            [
                (one, family[one], values[one])
                for one, sheet in sheets.items()
                if sheet.patterns[pattern] is Said.YES
            ],
            below=below,
        )
        for pattern in plan.patterns
    }
    return Several(grid, {}, _members(tables), tables)


def _members(tables: Mapping[Pattern, Counted]) -> Membership:
    """Say in one number where an account stands: its cell, then a mark for each pattern it is counted for."""
    found: dict[UUID, Member] = {}
    for pattern, table in tables.items():
        mark = 1 << list(Pattern).index(pattern)
        for one, member in table.members.items():
            before = found.get(one, Member(member.number << _MARKS, member.family))
            found[one] = Member(before.number | mark, member.family)
    return found


def stood(members: Membership, grid: Grid) -> dict[Pattern, list[tuple[str, str]]]:
    """Read from an inside record in which cells the families of each pattern stand."""
    cells = [(cell[0], cell[1]) for cell in grid.cells]
    return {
        pattern: [cells[one.number >> _MARKS] for one in members.values() if one.number >> place & 1]
        for place, pattern in enumerate(Pattern)
    }


def hidden_in(counted: Counted) -> dict[Pattern, frozenset[Place]]:
    """Say what stays hidden in each table; all of it where the rest could not be protected."""
    found = {}
    for pattern, one in counted.tables.items() if isinstance(counted, Several) else ():
        table = table_of(one.grid, one.counts)
        try:
            found[pattern] = suppressed(table)
        except InvalidError:
            found[pattern] = frozenset(table.places)
    return found


def noisy_each(counted: Several, plan: Plan, *, below: Below) -> _BY_TABLE:
    """Return counts with noise, made whole; charge the budget before."""
    return {
        pattern: consistent(
            {cell: n + discrete_laplace(plan.epsilon, below=below) for cell, n in table.counts.items()}
        )
        for pattern, table in counted.tables.items()
    }


def files_of_each(plan: Plan, counted: Several, counts: _BY_TABLE, *, release: str) -> dict[str, bytes]:
    """Write the tables as one, a line a cell with the sums last, and what it is; same counts, same bytes."""
    grid = counted.grid
    hidden = hidden_in(counted) if plan.protection is Protection.THRESHOLD else {}
    rows, columns = ((*axis.categories, ALL) for axis in grid.axes)
    lines: list[tuple[str | int, ...]] = []
    for pattern in plan.patterns:
        table, away = table_of(grid, counts[pattern]), hidden.get(pattern, frozenset())
        lines += [
            (pattern.value, row, column, HIDDEN if (i, j) in away else table.counts[i][j])
            for i, row in enumerate(rows)
            for j, column in enumerate(columns)
        ]
    tags = {"pattern": "#event+type", **{one.value: HXL[one] for one in (plan.rows, plan.columns)}}
    tags[FAMILIES] = "#affected+hh"
    header = ["pattern", *(axis.name for axis in grid.axes), FAMILIES]
    files = written_as(available(), header, lines, tags=tags)
    told = {**_described(plan, grid, release), "files": described_files(files), "hxl": tags}
    return {**files, MANIFEST: canonical(told)}


def within(plan: Plan, grid: Grid) -> dict[str, int]:
    """Say how close 95 of 100 counts lie to the truth: single ones, and about how close sums of many do."""
    q = math.exp(-plan.epsilon)
    spread = 1.96 * math.sqrt(2 * q) / (1 - q)
    places, times = (len(axis.categories) for axis in grid.axes)
    sums = {"all": places * times, "place": times, "time": places}
    about = {name: math.ceil(spread * math.sqrt(many)) for name, many in sums.items()}
    return {"cell": farthest(plan.epsilon, share=SHARE), **about}


def _described(plan: Plan, grid: Grid, release: str) -> dict[str, Json]:
    protection: dict[str, Json] = {"kind": plan.protection.value, "unit": "family, once for each pattern"}
    if plan.protection is Protection.NOISE:
        protection |= {
            "epsilon_hundredths": plan.hundredths,
            "mechanism": "discrete Laplace, exact, shared out among the patterns",
            "within": {**within(plan, grid), "percent": 95},
        }
    else:
        protection |= {"threshold": THRESHOLD, "mechanism": "cell suppression, bounds by maximum flow"}
    axes: Sequence[tuple[str, Sequence[str]]] = [
        ("pattern", [one.value for one in plan.patterns]),
        *((axis.name, list(axis.categories)) for axis in grid.axes),
    ]
    return {
        "axes": dict(axes),
        "format": FORMAT,
        "ledger": {"key": release, "table": "release_manifest"},
        "patterns": True,
        "protection": protection,
        "release": release,
    }
