"""The words of releases as people see them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from babel.dates import get_month_names

from portal.casework.labels import PATTERNS
from portal.casework.labels import STATUSES as SHOWN_STATUSES
from portal.intake.models import Status
from portal.release.check import Fault
from portal.release.columns import MONTH, PRISON, RELATION, Choice
from portal.release.models import ReleaseState
from portal.release.plans import Plan, Protection, Side
from portal.release.policy import ColumnRole
from portal.web.locale import day, language, number
from portal.web.locale import gettext as _
from portal.web.locale import lazy_gettext as _l

STATES: Mapping[ReleaseState, Any] = {
    ReleaseState.REQUESTED: _l("waiting for a decision"),
    ReleaseState.APPROVED: _l("approved"),
    ReleaseState.DECLINED: _l("declined"),
    ReleaseState.FAILED: _l("failed"),
}

# The shape beside the word (parts/display.html, tag).
SHAPES: Mapping[ReleaseState, str] = {
    ReleaseState.REQUESTED: "wait",
    ReleaseState.APPROVED: "done",
    ReleaseState.DECLINED: "stop",
    ReleaseState.FAILED: "stop",
}

COLUMNS: Mapping[str, Any] = {
    RELATION: _l("Who tells it"),
    PRISON: _l("Prison"),
    MONTH: _l("Month of what is told"),
    **{pattern.value: question.short for pattern, question in PATTERNS.items()},
}

ROLES: Mapping[ColumnRole, Any] = {
    ColumnRole.DROP: _l("stays here"),
    ColumnRole.QUASI: _l("leaves, made coarser where needed"),
    ColumnRole.SENSITIVE: _l("leaves as it stands"),
}

SIDES: Mapping[Side, Any] = {
    Side.PRISON: _l("prisons"),
    Side.PROVINCE: _l("provinces"),
    Side.REGION: _l("regions of the country"),
    Side.MONTH: _l("months of 1367, other years whole"),
    Side.TELLER: _l("who tells it"),
}

PROTECTIONS: Mapping[Protection, Any] = {
    Protection.NOISE: _l("Noise is added to every count, and paid for from a budget that nothing refills."),
    Protection.THRESHOLD: _l(
        "Counts under ten stay hidden, and others with them, so that nobody can work them out."
    ),
}

STATUSES: Mapping[Status, Any] = {**SHOWN_STATUSES, Status.WITHDRAWN: _l("taken back by its source")}

FAULTS: Mapping[Fault, Any] = {
    Fault.UNREADABLE: _l("A file cannot be read."),
    Fault.FILES: _l("The files are not those that the manifest names."),
    Fault.PROMISE: _l("The manifest does not say what was decided."),
    Fault.COLUMNS: _l("The columns are not those of the manifest."),
    Fault.UNTRUE: _l("A record does not follow from its source."),
    Fault.TWICE: _l("A record would leave twice."),
    Fault.SMALL_CLASS: _l("A class holds too few families."),
    Fault.FEW_CANDIDATES: _l("What is known of a person leads to too few families."),
    Fault.SUPPRESSED: _l("Too many records were left out."),
    Fault.ORDER: _l("The records do not stand in the order of their values."),
    Fault.IDS: _l("The numbers of the records are not random."),
    Fault.FORMULA: _l("A cell would run in a spreadsheet."),
    Fault.FORBIDDEN: _l("Something stands in the files that must not leave."),
    Fault.EXACT_COUNT: _l("A count is not rounded."),
}


def wanted(asked: Choice | Plan) -> list[tuple[Any, Any]]:
    """Say what was asked for, beside purpose and recipient."""
    if isinstance(asked, Choice):
        return [
            (_("Families in each class, at least"), number(asked.k)),
            (_("Random numbers for the records"), _("yes") if asked.record_ids else _("no")),
        ]
    rows = [
        (_("In the rows"), SIDES[asked.rows]),
        (_("In the columns"), SIDES[asked.columns]),
        (_("Which families count"), COLUMNS[asked.pattern.value] if asked.pattern else _("all of them")),
        (_("How people are protected"), PROTECTIONS[asked.protection]),
    ]
    if asked.hundredths:
        rows.append((_("Share of the budget"), epsilon(asked.hundredths)))
    return rows


def epsilon(hundredths: int) -> str:
    """Write an epsilon, given in hundredths, in the reader's digits."""
    return number(hundredths / 100)


def month_name(first: date) -> str:
    """Write a month, given by its first day, with its year; in Persian, of the Solar Hijri calendar."""
    if language() == "fa":
        return day(first).split(" ", 1)[1]
    return f"{get_month_names('wide', locale=language())[first.month]} {number(first.year)}"


def percent(share: float) -> str:
    """Write a share as a whole number of hundredths, in the reader's digits."""
    return f"{number(round(share * 100))}{'٪' if language() == 'fa' else ' %'}"
