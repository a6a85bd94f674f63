"""Pages of accounts that seem to tell the same: the list with reasons, and two side by side."""

from http import HTTPStatus
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import RadioField
from wtforms.validators import InputRequired

from portal.casework.search_routes import page_asked
from portal.errors import InvalidError, NotFoundError, StaleError
from portal.linking import account_pairs, dependence
from portal.linking.account_pairs import Resembling, Why
from portal.linking.corroboration import Bearing
from portal.linking.forms import ReasonedForm
from portal.linking.routes import pages
from portal.permissions import Permission
from portal.registry.records import shown
from portal.staff.current import actor
from portal.web.edge import db, now
from portal.web.forms import SelectChoice
from portal.web.guard import Token
from portal.web.locale import gettext as _
from portal.web.locale import language, number
from portal.web.locale import lazy_gettext as _l

_PAIR = "/duplicates/accounts/<uuid:first>/<uuid:second>"

BEARINGS = {
    Bearing.AGAIN: _l("The same source again\nThey count once, together."),
    Bearing.EVENT: _l("They tell of the same event\nTwo voices; each counts."),
    Bearing.APART: _l("They are not the same\nThey are not offered again."),
}


class PairForm(ReasonedForm):
    """What two accounts are to each other, and why."""

    bearing = RadioField(
        _l("What are they to each other?"),
        choices=[SelectChoice(one.value, name) for one, name in BEARINGS.items()],
        validators=[InputRequired(_l("Choose one of the answers."))],
    )


@pages.page("/duplicates/accounts", access=Permission.CASE_LINK, writes=True)
def account_list() -> ResponseReturnValue:
    """List accounts that may tell the same, with reasons; nothing of their words is shown."""
    page = page_asked()
    found = account_pairs.queue(db(), by=actor(), page=page)
    return render_template(
        "linking/account_pairs.html",
        rows=[(one, _reasons(one)) for one in found.pairs],
        further=found.further,
        standing=found.standing,
        page=page,
    )


@pages.page(_PAIR, access=Permission.CASE_LINK, methods=("GET", "POST"), writes=True, token=Token.FORM)
def account_pair(first: UUID, second: UUID) -> ResponseReturnValue:
    """Show two accounts side by side, and keep what somebody says they are to each other."""
    if first == second:
        raise NotFoundError
    form = PairForm()
    if form.validate_on_submit():
        try:
            dependence.mark(
                db(),
                by=actor(),
                one=first,
                other=second,
                reason=form.reason.data or "",
                now=now(),
                bearing=Bearing(form.bearing.data),
            )
        except (InvalidError, StaleError) as problem:
            flash(_(str(problem)))
        else:
            flash(_("Kept."))
        return redirect(url_for(".account_list"), HTTPStatus.SEE_OTHER)
    found = account_pairs.beside(db(), by=actor(), one=first, other=second)
    page = render_template(
        "linking/account_pair.html", found=found, form=form, first=first, second=second, bearings=BEARINGS
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK


@pages.page(f"{_PAIR}/<uuid:dependence_id>/remove", access=Permission.CASE_LINK, methods=("POST",))
def account_pair_back(first: UUID, second: UUID, dependence_id: UUID) -> ResponseReturnValue:
    """Take back what was said of two accounts."""
    try:
        dependence.take_back(db(), by=actor(), dependence_id=dependence_id)
        flash(_("Taken back."))
    except StaleError as problem:
        flash(_(str(problem)))
    return redirect(url_for(".account_pair", first=first, second=second), HTTPStatus.SEE_OTHER)


def _reasons(one: Resembling) -> list[str]:
    """Say in words why two accounts may tell the same."""
    said = []
    if Why.FILE in one.why:
        said.append(_("the same file was sent with both"))
    if Why.WORDS in one.why:
        said.append(
            _("%(percent)s in a hundred of their words are the same", percent=number(round(100 * one.share)))
        )
    if Why.PERSONS in one.why:
        names = [f"\u2068{shown(record.names, language())[0]}\u2069" for record in one.records]
        said.append(_("both are linked to: %(records)s", records=_(", ").join(names)))
    if Why.PRISON in one.why:
        said.append(_("both tell of the same prison"))
    if Why.MONTH in one.why:
        said.append(_("both tell of the same month"))
    return said
