"""A table of counts, from sealed sheets to finished files; noise is drawn only when it has been paid for.

Nothing here touches the database, so that no transaction waits for the work.
"""

from dataclasses import dataclass, field, replace
from uuid import UUID

from portal.errors import InvalidError
from portal.release.check import Fault, UnsafeReleaseError
from portal.release.check_table import verify_table
from portal.release.differencing import too_close
from portal.release.gathering import Gathered
from portal.release.laplace import Below
from portal.release.places import prison_hierarchy
from portal.release.plans import Plan, Protection
from portal.release.preparing import (
    TOO_CLOSE,
    TOO_FEW,
    UNSAFE,
    Seeds,
    earlier_members,
    families_of,
    open_sheets,
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
        return len(self.counted.grid.cells)

    @property
    def inside(self) -> Inside:
        """The record that stays inside."""
        figures = {
            "accounts": self.accounts,
            "cells": self.cells,
            "families": len(self.counted.members),
            "hidden": self.hidden,
            "records": self.families,
            "suppressed": 0,
        }
        return Inside(self.counted.members, figures, {}, noisy=self.plan.protection is Protection.NOISE)


def prepare_table(gathered: Gathered, *, plan: Plan, seeds: Seeds, below: Below) -> PreparedTable:
    """Count, and see whether what would leave can be left beside what has left before."""
    tree = prison_hierarchy(gathered.standing.prisons)
    sheets = open_sheets(gathered, seeds)
    family = families_of(gathered, sheets, seeds)
    told = [
        (one, family[one], plan.values(sheet, tree)) for one, sheet in sheets.items() if plan.counts(sheet)
    ]
    found = PreparedTable(plan, len(told), count(plan.grid(tree), told, below=below))
    if plan.protection is Protection.NOISE:
        return found
    return _guarded(found, gathered, seeds)


def _guarded(found: PreparedTable, gathered: Gathered, seeds: Seeds) -> PreparedTable:
    """Hide what is small; refuse what the earlier releases would make small."""
    counted = found.counted
    if len(counted.members) < THRESHOLD:
        return replace(found, trouble=TOO_FEW)
    try:
        hidden = suppressed(table_of(counted.grid, counted.counts))
    except InvalidError:
        return replace(found, trouble=TOO_FEW)
    earlier = earlier_members(gathered, seeds)
    if earlier and too_close(counted.members, earlier, THRESHOLD):
        return replace(found, trouble=TOO_CLOSE)
    return replace(found, hidden=len(hidden))


def finished(prepared: PreparedTable, *, release_id: UUID, below: Below) -> PreparedTable:
    """Draw the noise, if there is any and it has been paid for, write the files and have them checked."""
    plan, counted = prepared.plan, prepared.counted
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
