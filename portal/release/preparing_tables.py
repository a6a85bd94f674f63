"""A table of counts, from sealed sheets to finished files; noise is drawn only when it has been paid for.

Nothing here touches the database, so that no transaction waits for the work.
"""

from dataclasses import dataclass, field, replace
from uuid import UUID

from portal.errors import InvalidError
from portal.release.check import Fault, UnsafeReleaseError
from portal.release.check_patterns import verify_patterns
from portal.release.check_table import verify_table
from portal.release.differencing import too_close
from portal.release.gathering import Gathered
from portal.release.laplace import Below
from portal.release.pattern_tables import Several, count_each, files_of_each, hidden_in, noisy_each, stood
from portal.release.plans import Plan, Protection
from portal.release.preparing import (
    TOO_CLOSE,
    TOO_FEW,
    UNSAFE,
    Seeds,
    drawn,
    earlier_members,
    families_of,
    opened,
)
from portal.release.sealing import Inside
from portal.release.suppression import THRESHOLD, suppressed
from portal.release.tables import archive
from portal.release.tabulating import Counted, count, files_of, noisy, table_of


@dataclass(frozen=True)
class PreparedTable:
    """What came of it, for leads only: exact counts; ``trouble`` says why nothing may leave, or is empty."""

    plan: Plan
    accounts: int
    counted: Counted = field(repr=False)
    hidden: int = 0
    """Cells and sums that stay out."""
    trouble: str = ""
    faults: frozenset[Fault] = frozenset()
    families: int = 0
    """Families as the table says it, with its noise; 0 until it is drawn."""
    archive: bytes = field(default=b"", repr=False)

    @property
    def cells(self) -> int:
        """Cells of the table, without its sums."""
        return len(self.counted.grid.cells) * max(1, len(self.plan.patterns))

    @property
    def inside(self) -> Inside:
        """The record that stays inside."""
        figures = {
            "accounts": self.accounts,
            "cells": self.cells,
            "families": families_in(self.counted),
            "hidden": self.hidden,
            "records": self.families,
            "suppressed": 0,
        }
        return Inside(self.counted.members, figures, {}, noisy=self.plan.protection is Protection.NOISE)


def prepare_table(gathered: Gathered, *, plan: Plan, seeds: Seeds) -> PreparedTable:
    """Count, and see whether what would leave can be left beside what has left before.

    Of a family with several accounts the same one counts at every look, and in every table as long as it may:
    one that was counted before, else the first in the order that was drawn (`drawn`).
    """
    tree, sheets = opened(gathered, seeds)
    family = families_of(gathered, sheets, seeds)
    rank, before = drawn(seeds), set().union(*earlier_members(gathered, seeds))
    sheets = {one: sheets[one] for one in sorted(sheets, key=lambda one: (one not in before, rank(one)))}
    told = [
        (one, family[one], plan.values(sheet, tree)) for one, sheet in sheets.items() if plan.counts(sheet)
    ]
    if plan.patterns:
        counted: Counted = count_each(plan, sheets, family, tree, below=_first)
    else:
        counted = count(plan.grid(tree), told, below=_first)
    found = PreparedTable(plan, len(told), counted)
    if plan.protection is Protection.NOISE:
        return found
    return _guarded(found, gathered, seeds)


def _first(_many: int) -> int:
    return 0


def _guarded(found: PreparedTable, gathered: Gathered, seeds: Seeds) -> PreparedTable:
    """Hide what is small; refuse what the earlier releases would make small."""
    counted = found.counted
    if families_in(counted) < THRESHOLD:
        return replace(found, trouble=TOO_FEW)
    hidden = _hidden(counted)
    if hidden is None:
        return replace(found, trouble=TOO_FEW)
    earlier = earlier_members(gathered, seeds)
    if earlier and too_close(counted.members, earlier, THRESHOLD):
        return replace(found, trouble=TOO_CLOSE)
    return replace(found, hidden=hidden)


def families_in(counted: Counted) -> int:
    """Count the families that are in it."""
    return len({one.family for one in counted.members.values()})


def _hidden(counted: Counted) -> int | None:
    """Count the cells and sums that have to stay hidden; None when nothing could be shown."""
    if isinstance(counted, Several):
        found = hidden_in(counted)
        whole = (len(counted.grid.axes[0].categories) + 1) * (len(counted.grid.axes[1].categories) + 1)
        return None if all(len(one) == whole for one in found.values()) else sum(map(len, found.values()))
    try:
        return len(suppressed(table_of(counted.grid, counted.counts)))
    except InvalidError:
        return None


def finished(prepared: PreparedTable, *, release_id: UUID, below: Below) -> PreparedTable:
    """Draw the noise, if there is any and it has been paid for, write the files and have them checked."""
    plan, counted = prepared.plan, prepared.counted
    if isinstance(counted, Several):
        return _finished_each(prepared, counted, release_id=release_id, below=below)
    noise = plan.protection is Protection.NOISE
    counts = noisy(counted, plan, below=below) if noise else counted.counts
    files = files_of(plan, counted.grid, counts, release=release_id.hex)
    cells = counted.grid.cells
    truth = [(cells[one.number][0], cells[one.number][1]) for one in counted.members.values()]
    rows, columns = (axis.categories for axis in counted.grid.axes)
    try:
        verify_table(
            files,
            categories=(rows, columns),
            families=None if noise else truth,
            forbidden=list(map(str, counted.members)),
        )
    except UnsafeReleaseError as error:
        return replace(prepared, trouble=UNSAFE, faults=error.faults)
    return replace(prepared, families=sum(counts.values()), archive=archive(files))


def _finished_each(
    prepared: PreparedTable, counted: Several, *, release_id: UUID, below: Below
) -> PreparedTable:
    """Finish the tables of several patterns; the most of one pattern stands for how many there are."""
    plan = prepared.plan
    noise = plan.protection is Protection.NOISE
    counts = (
        noisy_each(counted, plan, below=below)
        if noise
        else {pattern: table.counts for pattern, table in counted.tables.items()}
    )
    files = files_of_each(plan, counted, counts, release=release_id.hex)
    truth = stood(counted.members, counted.grid)
    rows, columns = (axis.categories for axis in counted.grid.axes)
    try:
        verify_patterns(
            files,
            categories=([one.value for one in plan.patterns], rows, columns),
            noisy=noise,
            families=None if noise else {one.value: cells for one, cells in truth.items()},
            forbidden=list(map(str, counted.members)),
        )
    except UnsafeReleaseError as error:
        return replace(prepared, trouble=UNSAFE, faults=error.faults)
    most = max(sum(one.values()) for one in counts.values())
    return replace(prepared, families=most, archive=archive(files))
