"""The page that lays accounts of one record beside each other, and the mark that two are not independent."""

from http import HTTPStatus
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.casework.labels import month_words
from portal.casework.pages import short
from portal.errors import InvalidError, StaleError
from portal.linking import dependence, labels
from portal.linking import together as comparing
from portal.linking.forms import DependenceForm
from portal.linking.routes import pages, uuid
from portal.permissions import Permission
from portal.registry.records import shown
from portal.staff.current import actor
from portal.web.edge import db, now
from portal.web.guard import Token
from portal.web.locale import gettext as _
from portal.web.locale import language, number

_ABOUT = "/about/<uuid:record_id>"


@pages.page(
    f"{_ABOUT}/together",
    access=Permission.CASE_READ,
    methods=("GET", "POST"),
    writes=True,
    token=Token.FORM,
)
def together(record_id: UUID) -> ResponseReturnValue:
    """Show what accounts say of a record, and let somebody say that two are not independent."""
    found = comparing.together(db(), by=actor(), record_id=record_id)
    form = DependenceForm()
    form.offer([(str(one), short(one)) for one in found.cases])
    if form.validate_on_submit():
        try:
            one, other = uuid(form.one.data), uuid(form.other.data)
            dependence.mark(db(), by=actor(), one=one, other=other, reason=form.reason.data or "", now=now())
        except InvalidError as problem:
            form.other.errors = (_(str(problem)),)
        except StaleError as problem:
            flash(_(str(problem)))
            return _back(record_id)
        else:
            flash(_("The two count once now."))
            return _back(record_id)
    name, also = shown(found.record.names, language())
    page = render_template(
        "linking/together.html",
        found=found,
        form=form,
        name=name,
        also=also,
        labels=labels,
        standing=found.standing,
        month_words=lambda month: month_words(month, number),
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK


@pages.page(f"{_ABOUT}/together/<uuid:dependence_id>/remove", access=Permission.CASE_LINK, methods=("POST",))
def apart(record_id: UUID, dependence_id: UUID) -> ResponseReturnValue:
    """Take back that two accounts are not independent."""
    try:
        dependence.take_back(db(), by=actor(), dependence_id=dependence_id)
        flash(_("Taken back."))
    except StaleError as problem:
        flash(_(str(problem)))
    return _back(record_id)


def _back(record_id: UUID) -> ResponseReturnValue:
    return redirect(url_for(".together", record_id=record_id), HTTPStatus.SEE_OTHER)
