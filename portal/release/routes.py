"""Pages of releases: the list, asking, one release, its preview and decision, the file; and the figures."""

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.config import Face
from portal.database import PortalSession, pause
from portal.errors import InvalidError, NotFoundError
from portal.intake import receivers, wordings
from portal.permissions import Group, Permission
from portal.release import labels, rewrapping, service
from portal.release.budget import balance
from portal.release.columns import Choice
from portal.release.figures import figures as counted
from portal.release.forms import ApprovalForm, DecisionForm, MoveForm, RequestForm, TableForm
from portal.release.laplace import FINEST, epsilon_of, farthest
from portal.release.models import Release
from portal.release.plans import Plan, Protection
from portal.release.preparing import Prepared
from portal.release.preparing_tables import PreparedTable
from portal.release.service import Seen
from portal.release.tabulating import SHARE
from portal.staff.actor import Actor
from portal.staff.current import actor
from portal.staff.labels import GROUPS
from portal.staff.pages import fingerprint
from portal.web.edge import db, now, parts, recipients
from portal.web.guard import Pages
from portal.web.locale import gettext as _
from portal.web.locale import language, number
from portal.web.locale import lazy_gettext as _l

pages = Pages("release", __name__, face=Face.DESK)

_AT_A_TIME = 20.0
"""Seconds of work behind one click; then the page shows how far it went."""
_ONE = "/releases/<uuid:release_id>"


def _see(release_id: UUID) -> ResponseReturnValue:
    return redirect(url_for(".show", release_id=release_id), HTTPStatus.SEE_OTHER)


@pages.page("/releases/", access=Permission.RELEASE_SEE, menu=_l("Releases"))
def index() -> ResponseReturnValue:
    """List releases, those that wait for a decision first."""
    by = actor()
    return render_template(
        "release/index.html",
        releases=service.releases(db(), by=by),
        may_request=by.may(Permission.RELEASE_REQUEST),
        labels=labels,
    )


@pages.page("/releases/new", access=Permission.RELEASE_REQUEST, methods=("GET", "POST"), fresh=True)
def new() -> ResponseReturnValue:
    """Ask for a release."""
    form = RequestForm()
    form.offer(receivers.present(db()))
    if form.validate_on_submit() and (made := _asked_for(form, form.choice)):
        return _see(made.id)
    page = render_template("release/new.html", form=form)
    return page, HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK


@pages.page("/releases/new-table", access=Permission.RELEASE_REQUEST, methods=("GET", "POST"), fresh=True)
def new_table() -> ResponseReturnValue:
    """Ask for a table of counts."""
    form = TableForm()
    form.offer(receivers.present(db()))
    if form.validate_on_submit() and (made := _asked_for(form, form.plan)):
        return _see(made.id)
    page = render_template("release/new_table.html", form=form, budget=_budget())
    return page, HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK


def _asked_for(form: RequestForm | TableForm, asked: Callable[[], service.Asked]) -> Release | None:
    try:
        return service.request(
            db(),
            by=actor(),
            purpose=str(form.purpose.data),
            recipient=str(form.recipient.data),
            asked=asked(),
            now=now(),
            receiver=UUID(hex=form.receiver.data) if form.receiver.data else None,
        )
    except InvalidError as problem:
        form.form_errors.append(_(str(problem)))
        return None


def _budget() -> list[tuple[Any, Any]]:
    """Say what noisy tables have told so far, and what they may tell yet."""
    found = balance(db())
    return [
        (_("Tables so far"), number(found.tables)),
        (_("Spent of the budget"), labels.epsilon(int(found.spent * FINEST))),
        (_("Left for ever"), labels.epsilon(int(found.left * FINEST))),
    ]


def _revision(form: ApprovalForm | DecisionForm) -> int:
    if not isinstance(form.revision.data, int):
        raise NotFoundError
    return form.revision.data


def _may_decide(by: Actor, seen: Seen) -> bool:
    return seen.open and by.may(Permission.RELEASE_APPROVE)


def _one(release_id: UUID, form: DecisionForm | None = None) -> tuple[str, int]:
    """Show one release, with the reason as it was sent when it needs another look."""
    by = actor()
    seen = service.show(db(), by=by, release_id=release_id, now=now())
    page = render_template(
        "release/show.html",
        seen=seen,
        release=seen.release,
        columns=seen.asked.roles if isinstance(seen.asked, Choice) else {},
        form=form or DecisionForm(formdata=None, revision=seen.release.revision),
        may_decide=_may_decide(by, seen),
        has_key=Group.RELEASE in by.seeds,
        labels=labels,
        body=wordings.called(seen.receiver, language()) if seen.receiver else _("none of the list"),
        facts=_inside_rows(seen) if seen.inside else [],
    )
    return page, HTTPStatus.BAD_REQUEST if form and form.errors else HTTPStatus.OK


@pages.page(_ONE, access=Permission.RELEASE_SEE, writes=True)
def show(release_id: UUID) -> ResponseReturnValue:
    """Show one release: what was asked for, what was decided."""
    return _one(release_id)


def _inside_rows(seen: Seen) -> list[tuple[Any, Any]]:
    """Give the exact figures of a finished release, for leads."""
    if seen.inside is None:
        return []
    figures = seen.inside.figures
    if isinstance(seen.asked, Plan):
        return [*_table_rows(figures), (_("Taken back since by their sources"), len(seen.gone))]
    return [
        (_("Accounts that might be used"), figures["accounts"]),
        (_("Records released"), figures["records"]),
        (_("Left out, because they stood alone"), figures["suppressed"]),
        (_("Held back, because of earlier releases"), figures["withheld"]),
        (_("Classes"), figures["classes"]),
        (_("Families in the smallest class"), figures["k"]),
        (_("Taken back since by their sources"), len(seen.gone)),
    ]


def _table_rows(figures: Mapping[str, int | float]) -> list[tuple[Any, Any]]:
    return [
        (_("Accounts that might be used"), figures["accounts"]),
        (_("Families counted, one account of each"), figures["families"]),
        (_("Cells of the table"), figures["cells"]),
        (_("Counts and sums that stay hidden"), figures["hidden"]),
    ]


def _risk(prepared: Prepared) -> list[tuple[Any, Any]]:
    """Give what a lead weighs: how safe, how much is lost."""
    if prepared.figures is None:
        return []
    figures = prepared.figures
    return [
        (_("Accounts that might be used"), figures.records + figures.suppressed + prepared.withheld),
        (_("Records released"), figures.records),
        (_("Left out, because they stood alone"), figures.suppressed),
        (_("Held back, because of earlier releases"), prepared.withheld),
        (_("Classes"), figures.classes),
        (_("Families in the smallest class"), figures.k),
        (_("Families that fit the same true values, at least"), figures.fewest_candidates),
        (_("Best chance to guess a family"), labels.percent(1 / figures.k)),
        (_("Classes that all gave the same answer"), prepared.alike),
    ]


@pages.page(f"{_ONE}/preview", access=Permission.RELEASE_APPROVE, methods=("GET", "POST"), fresh=".show")
def preview(release_id: UUID) -> ResponseReturnValue:
    """Prepare the release and show risk and loss; that it was looked at is counted."""
    if request.method != "POST":  # a link to this page, such as the other language's
        return _see(release_id)
    row, prepared = service.preview(db(), by=actor(), release_id=release_id, now=now())
    mark = fingerprint(service.askers_key(db(), by=actor(), release_id=release_id))
    return render_template(
        "release/preview.html",
        release=row,
        prepared=prepared,
        **(_about_table(prepared) if isinstance(prepared, PreparedTable) else _about_records(prepared)),
        form=DecisionForm(formdata=None, revision=row.revision),
        approval=ApprovalForm(formdata=None, revision=row.revision, mark=mark),
        mark=mark,
        labels=labels,
    )


def _about_records(prepared: Prepared) -> dict[str, Any]:
    ncp = prepared.outcome.ncp if prepared.outcome else {}
    bars = [
        *((labels.COLUMNS[name], loss * 100, labels.percent(loss)) for name, loss in ncp.items()),
        (_("Everything, to compare with"), 100, labels.percent(1)),  # or the longest would look whole
    ]
    return {"kind": "records", "facts": _risk(prepared), "bars": bars}


def _about_table(prepared: PreparedTable) -> dict[str, Any]:
    """Say what a lead weighs of a table; of a noisy one nothing exact, since every look would tell more."""
    plan = prepared.plan
    if plan.protection is Protection.THRESHOLD:
        return {"kind": "threshold", "facts": _table_rows(prepared.inside.figures)}
    within = farthest(epsilon_of(plan.hundredths), share=SHARE)
    facts = [
        (_("Cells of the table"), prepared.cells),
        (_("95 of 100 counts lie this close to the truth"), within),
    ]
    return {"kind": "noise", "facts": facts, "budget": _budget(), "price": labels.epsilon(plan.hundredths)}


@pages.page(f"{_ONE}/approve", access=Permission.RELEASE_APPROVE, methods=("POST",), fresh=".show")
def approve(release_id: UUID) -> ResponseReturnValue:
    """Compute everything once more, check it, seal it."""
    form = ApprovalForm()
    revision = _revision(form)
    if not form.validate():
        raise InvalidError("Compare the mark of the key with the person who asked first.")
    service.approve(
        db(),
        by=actor(),
        release_id=release_id,
        revision=revision,
        compared=str(form.mark.data).replace(" ", ""),
        keys=recipients(),
        now=now(),
    )
    return _see(release_id)


@pages.page(f"{_ONE}/decline", access=Permission.RELEASE_APPROVE, methods=("GET", "POST"))
def decline(release_id: UUID) -> ResponseReturnValue:
    """Refuse a request, with the reason."""
    form = DecisionForm()
    if not form.validate_on_submit():
        return _one(release_id, form) if request.method == "POST" else _see(release_id)
    try:
        service.decline(
            db(),
            by=actor(),
            release_id=release_id,
            revision=_revision(form),
            reason=str(form.reason.data),
            now=now(),
        )
    except InvalidError as problem:
        form.reason.errors = [_(str(problem))]
        return _one(release_id, form)
    return _see(release_id)


@pages.page(f"{_ONE}/release.zip", access=Permission.RELEASE_SEE, writes=True, fresh=".show")
def download(release_id: UUID) -> ResponseReturnValue:
    """Hand the finished file to one of the two who made it."""
    data = service.download(db(), by=actor(), release_id=release_id)
    answer = Response(data, mimetype="application/zip")
    answer.headers["Content-Disposition"] = 'attachment; filename="release.zip"'
    return answer


@pages.page("/figures", access=Permission.FIGURES_SEE, menu=_l("Figures"))
def figures() -> ResponseReturnValue:
    """Show how many submissions there are, rounded."""
    found = counted(db(), by=actor(), solar=language() == "fa")
    return render_template(
        "release/figures.html",
        total=found.total,
        statuses=[(labels.STATUSES[status], count) for status, count in found.statuses.items()],
        months=[(labels.month_name(first), count) for first, count in found.months],
    )


@pages.page("/releases/rewrap/<string:group>", access=Permission.GROUP_GRANT, methods=("GET", "POST"))
def rewrap(group: str) -> ResponseReturnValue:
    """Show what a group's earlier keys still open; on request, move it over for a while, and show again."""
    if group not in {one.value for one in rewrapping.MOVED}:
        raise NotFoundError
    by, keys, which = actor(), recipients(), Group(group)
    left = rewrapping.left(db(), by=by, group=which, keys=keys)
    newcomers = rewrapping.newcomers(db(), by=by, group=which, keys=keys) if left.wraps else []
    form = MoveForm()
    if request.method == "POST" and newcomers and not form.also.data:
        form.also.errors = [_("Say that this is meant, or have their key taken away first.")]
    elif request.method == "POST":
        pause(db())  # each batch is a transaction of its own
        until = time.monotonic() + _AT_A_TIME
        for _moved in rewrapping.rounds(which, _once, by=by, keys=keys):
            if time.monotonic() > until:
                break
        return redirect(url_for(".rewrap", group=group), 303)
    page = render_template(
        "release/rewrap.html",
        group=GROUPS[which],
        left=left,
        stand=rewrapping.stand(db(), group=which, keys=keys),
        newcomers=newcomers,
        form=form,
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK


def _once(act: Callable[[PortalSession], object]) -> object:
    with parts().database.session(write=True) as session:
        return act(session)
