"""What a lead weighs before deciding, as rows for a page: how safe it is, what it costs, and what else."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any, NamedTuple

from portal.release import labels
from portal.release.columns import Choice
from portal.release.laplace import farthest
from portal.release.plans import Plan, Protection
from portal.release.preparing import Prepared
from portal.release.preparing_tables import PreparedTable
from portal.release.tabulating import SHARE
from portal.web.locale import gettext as _
from portal.web.locale import number

Rows = list[tuple[Any, Any]]


class Beside(NamedTuple):
    """One choice of three: what it promises, and what comes of it."""

    name: Any
    promised: Sequence[Any]
    given: Sequence[Any]
    trouble: str


def what_leaves(prepared: Prepared) -> Rows:
    """Say how many go in, leave, and stay."""
    if prepared.figures is None:
        return []
    figures = prepared.figures
    return [
        (_("Accounts that might be used"), number(prepared.accounts)),
        (_("Records released"), number(figures.records)),
        (_("Left out, because they stood alone"), _of(figures.suppressed, prepared.accounts)),
        (_("Held back, because of earlier releases"), _of(prepared.withheld, prepared.accounts)),
    ]


def how_safe(prepared: Prepared) -> Rows:
    """Say what somebody may learn who holds the public list and knows a family well."""
    figures = prepared.figures
    if figures is None:
        return []
    rows: Rows = [
        (_("Families in the smallest group"), number(figures.k)),
        (_("Groups"), number(figures.classes)),
        (_("Families that fit what is known of one, at least"), number(figures.fewest_candidates)),
        (_("Families that fit what is known of one, usually"), number(round(figures.median_candidates))),
        (_("Right guesses of a neighbour who knows all this, of 100"), _guesses(prepared)),
        (_("Best chance to guess one family"), labels.percent(1 / figures.k)),
    ]
    if prepared.presence is not None:
        rows.append(
            (_("Chance to tell that one of the public list is in it"), labels.percent(prepared.presence))
        )
    for name, many in prepared.answers.items():
        said = _("%(many)s different, up to %(far)s of 100 from all")
        far = number(round(100 * prepared.distance[name]))
        rows.append((labels.COLUMNS[name], said % {"many": number(many), "far": far}))
    if prepared.answers:
        rows.append((_("Groups that all gave the same answer"), number(prepared.alike)))
    return rows


def what_it_costs(prepared: Prepared) -> list[tuple[Any, float, str]]:
    """Return bars: what each column has lost of its detail."""
    ncp = prepared.outcome.ncp if prepared.outcome else {}
    return [
        *((labels.COLUMNS[name], loss * 100, labels.percent(loss)) for name, loss in ncp.items()),
        (_("Everything, to compare with"), 100, labels.percent(1)),  # or the longest would look whole
    ]


def counts_off(prepared: Prepared) -> Rows:
    """Say how far counts by each column go wrong."""
    return [(labels.COLUMNS[name], labels.percent(far)) for name, far in prepared.moved.items()]


def beside(those: Sequence[tuple[Choice, Prepared]]) -> list[Beside]:
    """Lay the choice between those a step looser and a step stricter, where there are any."""
    names = (_("One step looser"), _("As asked for"), _("One step stricter"))
    asked = those[1][0] if those else None
    return [
        Beside(name, _promised(choice), _given(prepared), prepared.trouble)
        for place, (name, (choice, prepared)) in enumerate(zip(names, those, strict=False))
        if place == 1 or choice != asked
    ]


def _promised(choice: Choice) -> list[Any]:
    shares = [labels.percent(one) if one < 1 else _("any") for one in (choice.t, choice.delta)]
    return [number(choice.k), number(choice.l), *shares]


def _given(prepared: Prepared) -> list[Any]:
    if prepared.figures is None or prepared.outcome is None:
        return []
    away = prepared.figures.suppressed + prepared.withheld
    lost = fmean(prepared.outcome.ncp.values())
    return [labels.percent(away / max(1, prepared.accounts)), labels.percent(lost), _guesses(prepared)]


def _guesses(prepared: Prepared) -> str:
    """Of a hundred guesses at families in it, how many are right."""
    figures = prepared.figures
    return number(round(100 * figures.right_guesses / max(1, figures.records), 1)) if figures else ""


def _of(count: int, whole: int) -> str:
    return _("%(count)s (%(share)s)", count=number(count), share=labels.percent(count / max(1, whole)))


def of_table(prepared: PreparedTable) -> Rows:
    """Say what a lead weighs of a table; of a noisy one nothing exact, since every look would tell more."""
    plan: Plan = prepared.plan
    if plan.protection is Protection.THRESHOLD:
        return table_figures(prepared.inside.figures)
    return [
        (_("Cells of the table"), number(prepared.cells)),
        (
            _("95 of 100 counts lie this close to the truth"),
            number(farthest(plan.epsilon, share=SHARE)),
        ),
    ]


def table_figures(figures: Mapping[str, int | float]) -> Rows:
    """Say what a table with hidden counts is made of."""
    return [
        (_("Accounts that might be used"), number(figures["accounts"])),
        (_("Families counted, one account of each"), number(figures["families"])),
        (_("Cells of the table"), number(figures["cells"])),
        (_("Counts and sums that stay hidden"), number(figures["hidden"])),
    ]
