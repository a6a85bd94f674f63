"""The page on which a lead moves a case to another circle."""

from http import HTTPStatus
from uuid import UUID

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.casework import moving
from portal.casework.access import find
from portal.casework.forms import CircleForm
from portal.casework.pages import CASE, pages
from portal.permissions import Group, Permission
from portal.staff.current import actor
from portal.staff.labels import GROUPS
from portal.web.edge import db, now, recipients
from portal.web.guard import Token
from portal.web.locale import gettext as _
from portal.web.notices import done


@pages.page(
    f"{CASE}/circle", access=Permission.CASE_MOVE, methods=("GET", "POST"), token=Token.FORM, fresh=True
)
def circle(case_id: UUID) -> ResponseReturnValue:
    """Say what moving means, ask why, and move."""
    by, keys = actor(), recipients()
    submission = find(db(), by=by, case_id=case_id)
    form = CircleForm(origin=submission.group.value)
    offered = moving.ways(by, submission, keys)
    form.to.choices = [(group.value, GROUPS[group]) for group in offered]
    if form.validate_on_submit():
        origin, to = Group(form.origin.data or ""), Group(form.to.data)
        reason = form.reason.data or ""
        moving.move(db(), by=by, case_id=case_id, origin=origin, to=to, reason=reason, keys=keys, now=now())
        done(_("The case has moved. Whoever holds only the key it was under finds it no more."))
        return redirect(url_for(".index"), HTTPStatus.SEE_OTHER)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    page = render_template(
        "casework/circle.html", form=form, case_id=case_id, now_in=GROUPS[submission.group]
    )
    return page, status
