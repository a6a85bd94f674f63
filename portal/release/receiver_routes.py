"""Pages of the bodies that accounts may be handed to: the list, adding one, ending one."""

from http import HTTPStatus
from uuid import UUID

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.errors import InvalidError
from portal.intake import receivers, wordings
from portal.permissions import Permission
from portal.release.forms import ConfirmForm, ReceiverForm
from portal.release.routes import pages
from portal.staff.current import actor
from portal.web.edge import db, now
from portal.web.locale import gettext as _
from portal.web.locale import language
from portal.web.notices import done


def _list() -> ResponseReturnValue:
    return redirect(url_for(".receivers_list"), HTTPStatus.SEE_OTHER)


@pages.page("/receivers", access=Permission.RELEASE_SEE)
def receivers_list() -> ResponseReturnValue:
    """List the bodies that sources are asked about, and those that no longer receive anything."""
    by = actor()
    found = receivers.listing(db(), by=by)
    return render_template(
        "release/receivers.html",
        receivers=found,
        may_keep=by.may(Permission.RECEIVER_KEEP),
    )


@pages.page("/receivers/add", access=Permission.RECEIVER_KEEP, methods=("GET", "POST"), fresh=True)
def add_receiver() -> ResponseReturnValue:
    """Put a body on the list, in the words that sources read."""
    form = ReceiverForm()
    if form.validate_on_submit():
        try:
            receivers.add(db(), by=actor(), described=form.described(), now=now())
        except InvalidError as problem:
            form.form_errors.append(_(str(problem)))
        else:
            done(_("It is on the list. Sources who answered before are asked first."))
            return _list()
    page = render_template("release/receiver_add.html", form=form)
    return page, HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK


@pages.page(
    "/receivers/<uuid:receiver_id>/end", access=Permission.RECEIVER_KEEP, methods=("GET", "POST"), fresh=True
)
def end_receiver(receiver_id: UUID) -> ResponseReturnValue:
    """Take a body off the list, after asking once."""
    form = ConfirmForm()
    if form.validate_on_submit():
        receivers.end(db(), by=actor(), receiver_id=receiver_id, now=now())
        done(_("It is off the list. Nothing is handed to it any more."))
        return _list()
    one = receivers.find(db(), receiver_id)
    return render_template(
        "release/receiver_end.html", form=form, name=wordings.called(one, language()), receiver=one
    )
