"""The patterns as staff may see them: exact counts, for whoever could open every sheet that is counted."""

from portal.casework.coding import Pattern
from portal.database import PortalSession, pause
from portal.errors import KeylessError
from portal.intake.models import Use
from portal.intake.numbers import ALL, Numbers, in_order
from portal.ledger.service import note
from portal.permissions import Group, Permission
from portal.release.gathering import gather
from portal.release.hierarchies import MISSING
from portal.release.pattern_tables import Several, count_each
from portal.release.place_names import place_names
from portal.release.plans import Plan, Protection, Side
from portal.release.preparing import Seeds, families_of, opened
from portal.release.tabulating import table_of
from portal.staff.actor import Actor


def seen(session: PortalSession, *, by: Actor, side: Side = Side.PRISON) -> Numbers:
    """Count the patterns now, by the places of ``side`` and months.

    Only sheets are counted whose sources allow counting and that this person may open: what they cannot open
    is not in any figure. Places that no counted account names are left out. The unit of work must hold
    nothing unsaved: it is put aside while the work is done.
    """
    by.require(Permission.RELEASE_APPROVE)
    if not by.seeds.get(Group.RELEASE):
        raise KeylessError
    seeds = Seeds(by.seeds_of(Group.RELEASE), by.case_seeds())
    gathered = gather(session, by=by, release_seed=seeds.release, case_seeds=seeds.cases, use=Use.STATISTICS)
    pause(session)
    tree, sheets = opened(gathered, seeds)
    plan = Plan(side, Side.MONTH, None, Protection.THRESHOLD, patterns=tuple(Pattern))
    counted = count_each(plan, sheets, families_of(gathered, sheets, seeds), tree, below=_first)
    found = _numbers(plan, counted)
    names = place_names(session, by=by, side=side.value, places=found.places)
    note(session, "patterns.look", by=by.name)
    return Numbers(found.side, found.patterns, found.places, found.times, found.counts, names)


def _first(many: int) -> int:
    """Take always the same account of a family, so that looking twice shows the same."""
    del many
    return 0


def _numbers(plan: Plan, counted: Several) -> Numbers:
    rows, columns = (axis.categories for axis in counted.grid.axes)
    counts: dict[tuple[str, str, str], int | None] = {}
    for pattern, each in counted.tables.items():
        table = table_of(each.grid, each.counts)
        for i, row in enumerate((*rows, ALL)):
            for j, column in enumerate((*columns, ALL)):
                counts[pattern.value, row, column] = table.counts[i][j]
    patterns = tuple(one.value for one in plan.patterns)
    told = [one for one in rows if any(counts[pattern, one, ALL] for pattern in patterns) or one == MISSING]
    places, times = in_order(told, columns)
    return Numbers(plan.rows.value, patterns, places, times, counts)
