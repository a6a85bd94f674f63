"""The words of releases as people see them."""

from collections.abc import Mapping, Sequence
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
    ReleaseState.CANCELLED: _l("taken back by who asked"),
    ReleaseState.DECLINED: _l("declined"),
    ReleaseState.FAILED: _l("failed"),
}

# The shape beside the word (parts/display.html, tag).
SHAPES: Mapping[ReleaseState, str] = {
    ReleaseState.REQUESTED: "wait",
    ReleaseState.APPROVED: "done",
    ReleaseState.CANCELLED: "stop",
    ReleaseState.DECLINED: "stop",
    ReleaseState.FAILED: "stop",
}

COLUMNS: Mapping[str, Any] = {
    RELATION: _l("Who tells it"),
    PRISON: _l("Prison"),
    MONTH: _l("Month of what is told"),
    **{pattern.value: question.short for pattern, question in PATTERNS.items()},
}

FINENESS: Mapping[str, Sequence[Any]] = {
    RELATION: (_l("as it stands"), _l("family, former prisoners, others"), _l("nothing")),
    PRISON: (_l("prison by prison"), _l("towns"), _l("provinces"), _l("regions"), _l("nothing")),
    MONTH: (_l("month by month"), _l("seasons"), _l("years"), _l("nothing")),
}
"""What a column says at each level, from the finest."""

PROMISES: Mapping[str, Mapping[float, Any]] = {
    "k": {
        5: _l("5\nthe least there is"),
        8: _l("8"),
        11: _l("11\nusual"),
        15: _l("15"),
        20: _l("20"),
        30: _l("30"),
    },
    "l": {
        1: _l("One\nnothing is promised"),
        2: _l("Two\nusual"),
        3: _l("Three\nyes, no and not said"),
    },
    "t": {
        1.0: _l("As far as it likes\nnothing is promised"),
        0.5: _l("By 50 of 100"),
        0.3: _l("By 30 of 100\nusual"),
        0.15: _l("By 15 of 100"),
    },
    "delta": {
        1.0: _l("Yes, it may\nnothing is promised"),
        0.5: _l("Hardly\nfor every second at most; usual"),
        0.25: _l("Less still\nfor every fourth at most"),
    },
}
"""The answers to what is promised, in a few words; a second line says what is usual."""

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
    Fault.FORMATS: _l("The formats do not all say the same."),
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
    Fault.ANSWERS: _l("A group tells more of its answers than was promised."),
    Fault.PRESENCE: _l("Somebody from the public list would be seen to be among the accounts."),
}


def wanted(asked: Choice | Plan) -> list[tuple[Any, Any]]:
    """Say what was asked for, beside purpose and recipient."""
    if isinstance(asked, Choice):
        return [
            (_("Families that look alike, at least"), number(asked.k)),
            (_("Different answers in each group, at least"), number(asked.l)),
            (_("How far a group may differ from all"), apart(asked.t)),
            (_("People of the public list who may be seen to be in it"), among(asked.delta)),
            (_("Random numbers for the records"), _("yes") if asked.record_ids else _("no")),
        ]
    rows = [
        (_("In the rows"), SIDES[asked.rows]),
        (_("In the columns"), SIDES[asked.columns]),
        (_("Which families count"), counted_of(asked)),
        (_("How people are protected"), PROTECTIONS[asked.protection]),
    ]
    if asked.hundredths:
        rows.append((_("Share of the budget"), epsilon(asked.hundredths)))
    return rows


def apart(distance: float) -> str:
    """Say a distance of shares: so many of a hundred; 1 promises nothing."""
    if distance >= 1:
        return _("nothing is promised")
    return _("by %(many)s of 100", many=number(round(distance * 100)))


def among(share: float) -> str:
    """Say a share of people on a list; 1 promises nothing."""
    if share >= 1:
        return _("nothing is promised")
    return _("%(many)s of 100 who fit, at most", many=number(round(share * 100)))


def fineness(asked: Choice, name: str) -> str:
    """Say between which levels a column leaves; nothing for a column that has none."""
    words = FINENESS.get(name)
    if words is None:
        return ""
    finest, coarsest = asked.range_of(name)
    return _("from %(finest)s to %(coarsest)s", finest=words[finest], coarsest=words[coarsest])


def counted_of(plan: Plan) -> Any:
    """Name the pattern, or the patterns, of which a table tells."""
    if plan.patterns:
        return _(", ").join(str(COLUMNS[one.value]) for one in plan.patterns)
    return COLUMNS[plan.pattern.value] if plan.pattern else _("all of them")


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
