"""Pages of releases: the list, asking, one release, taking a request back, the file; and the figures."""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.config import Face
from portal.database import PortalSession, pause
from portal.errors import InvalidError, NotFoundError
from portal.intake import receivers, wordings
from portal.ledger.tags import read_key
from portal.permissions import Group, Permission
from portal.release import labels, rewrapping, service
from portal.release.budget import balance
from portal.release.columns import Choice
from portal.release.figures import figures as counted
from portal.release.forms import (
    ApprovalForm,
    Asking,
    DecisionForm,
    MoveForm,
    RequestForm,
    RevisionForm,
    TableForm,
)
from portal.release.laplace import FINEST
from portal.release.models import Release, ReleaseState
from portal.release.plans import Plan
from portal.release.service import Seen
from portal.release.weighing import table_figures
from portal.staff.actor import Actor
from portal.staff.current import actor
from portal.staff.labels import GROUPS
from portal.web.edge import db, now, parts, recipients, settings
from portal.web.guard import Pages
from portal.web.locale import gettext as _
from portal.web.locale import language, number
from portal.web.locale import lazy_gettext as _l
from portal.web.notices import done

_Form = TypeVar("_Form", bound=Asking)

pages = Pages("release", __name__, face=Face.DESK)

_AT_A_TIME = 20.0
"""Seconds of work behind one click; then the page shows how far it went."""
ONE = "/releases/<uuid:release_id>"


def see(release_id: UUID) -> ResponseReturnValue:
    """Lead to one release."""
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
    form = to_fill(RequestForm())
    if form.validate_on_submit() and (made := asked_for(form, form.choice)):
        return see(made.id)
    page = render_template("release/new.html", form=form)
    return page, HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK


@pages.page("/releases/new-table", access=Permission.RELEASE_REQUEST, methods=("GET", "POST"), fresh=True)
def new_table() -> ResponseReturnValue:
    """Ask for a table of counts."""
    form = to_fill(TableForm())
    if form.validate_on_submit() and (made := asked_for(form, form.plan)):
        return see(made.id)
    page = render_template("release/new_table.html", form=form, budget=budget_rows())
    return page, HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK


def to_fill(form: _Form) -> _Form:
    """Offer the bodies on the list."""
    form.offer(receivers.present(db()))
    return form


def asked_for(form: Asking, asked: Callable[[], service.Asked]) -> Release | None:
    """Ask for what was filled in; nothing, with the sentence in the form, when it is refused."""
    try:
        return service.request(
            db(),
            by=actor(),
            purpose=str(form.purpose.data),
            recipient=form.called,
            asked=asked(),
            now=now(),
            receiver=form.body,
        )
    except InvalidError as problem:
        form.form_errors.append(_(str(problem)))
        return None


def budget_rows() -> list[tuple[Any, Any]]:
    """Say what noisy tables have told so far, and what they may tell yet."""
    found = balance(db())
    return [
        (_("Tables so far"), number(found.tables)),
        (_("Spent of the budget"), labels.epsilon(int(found.spent * FINEST))),
        (_("Left for ever"), labels.epsilon(int(found.left * FINEST))),
    ]


def revision_of(form: ApprovalForm | DecisionForm | RevisionForm) -> int:
    """Return which state of the request was seen; without it nothing can be decided."""
    if not isinstance(form.revision.data, int):
        raise NotFoundError
    return form.revision.data


def _may_decide(by: Actor, seen: Seen) -> bool:
    return seen.open and by.may(Permission.RELEASE_APPROVE)


def one(release_id: UUID, form: DecisionForm | None = None) -> tuple[str, int]:
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
        may_cancel=seen.open and seen.release.requested_by == by.id,
        may_recall=seen.release.state is ReleaseState.APPROVED and by.may(Permission.RELEASE_APPROVE),
        may_tell=by.id in {seen.release.requested_by, seen.release.decided_by},
        may_request=by.may(Permission.RELEASE_REQUEST),
        plain=RevisionForm(formdata=None, revision=seen.release.revision),
        has_key=Group.RELEASE in by.seeds,
        labels=labels,
        body=wordings.called(seen.receiver, language()) if seen.receiver else _("none of the list"),
        facts=_inside_rows(seen) if seen.inside else [],
    )
    return page, HTTPStatus.BAD_REQUEST if form and form.errors else HTTPStatus.OK


@pages.page(ONE, access=Permission.RELEASE_SEE, writes=True)
def show(release_id: UUID) -> ResponseReturnValue:
    """Show one release: what was asked for, what was decided."""
    return one(release_id)


def _inside_rows(seen: Seen) -> list[tuple[Any, Any]]:
    """Give the exact figures of a finished release, for leads."""
    if seen.inside is None:
        return []
    figures = seen.inside.figures
    if isinstance(seen.asked, Plan):
        return [*table_figures(figures), (_("Taken back since by their sources"), number(len(seen.gone)))]
    rows = [
        (_("Accounts that might be used"), figures["accounts"]),
        (_("Records released"), figures["records"]),
        (_("Left out, because they stood alone"), figures["suppressed"]),
        (_("Held back, because of earlier releases"), figures["withheld"]),
        (_("Groups"), figures["classes"]),
        (_("Families in the smallest group"), figures["k"]),
        (_("Taken back since by their sources"), len(seen.gone)),
    ]
    return [(label, number(count)) for label, count in rows]


@pages.page(f"{ONE}/again", access=Permission.RELEASE_REQUEST, fresh=True)
def again(release_id: UUID) -> ResponseReturnValue:
    """Ask anew with what was asked for before, to change what did not do."""
    seen = service.show(db(), by=actor(), release_id=release_id, now=now())
    told = {"purpose": seen.release.purpose, "recipient": seen.release.recipient}
    told["receiver"] = seen.receiver.id.hex if seen.receiver and seen.receiver.ended is None else ""
    if isinstance(seen.asked, Plan):
        if seen.asked.patterns:
            return redirect(url_for(".index"), HTTPStatus.SEE_OTHER)
        table = to_fill(TableForm(formdata=None, data={**told, **TableForm.of(seen.asked)}))
        return render_template("release/new_table.html", form=table, budget=budget_rows())
    form = to_fill(RequestForm(formdata=None, data={**told, **RequestForm.of(seen.asked)}))
    return render_template("release/new.html", form=form)


@pages.page(f"{ONE}/cancel", access=Permission.RELEASE_REQUEST, methods=("GET", "POST"))
def cancel(release_id: UUID) -> ResponseReturnValue:
    """Take one's own request back."""
    form = RevisionForm()
    if form.validate_on_submit():
        service.cancel(db(), by=actor(), release_id=release_id, revision=revision_of(form), now=now())
        done(_("Your request is taken back. You can ask again with what you had chosen."))
    return see(release_id)


@pages.page(f"{ONE}/release.zip", access=Permission.RELEASE_SEE, writes=True, fresh=".show")
def download(release_id: UUID) -> ResponseReturnValue:
    """Hand the finished file to one of the two who made it, encrypted if it is for a body of the list."""
    handed = service.download(db(), by=actor(), release_id=release_id, key=read_key(settings()))
    plain = handed.name.endswith(".zip")
    answer = Response(handed.data, mimetype="application/zip" if plain else "application/octet-stream")
    answer.headers["Content-Disposition"] = f'attachment; filename="{handed.name}"'
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
