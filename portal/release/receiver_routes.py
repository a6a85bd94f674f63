"""Pages of the bodies that accounts may be handed to: the list, adding one, its key, ending one."""

from http import HTTPStatus
from uuid import UUID

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.errors import InvalidError
from portal.intake import receivers, wordings
from portal.permissions import Group, Permission
from portal.release.forms import ConfirmForm, ReceiverForm, ReceiverKeyForm
from portal.release.receiver_keys import give_key, shown_fingerprint
from portal.release.routes import pages
from portal.release.signing import mark
from portal.staff.current import actor
from portal.vault.directory import printed
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
        fingerprints={one.id: shown_fingerprint(one) for one in found},
        signer=printed(mark(by.seed_of(Group.RELEASE))) if Group.RELEASE in by.seeds else "",
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
    "/receivers/<uuid:receiver_id>/key", access=Permission.RECEIVER_KEEP, methods=("GET", "POST"), fresh=True
)
def receiver_key(receiver_id: UUID) -> ResponseReturnValue:
    """Enter the key that releases for a body are encrypted to."""
    form = ReceiverKeyForm()
    one = receivers.find(db(), receiver_id)
    if form.validate_on_submit():
        typed, compared = str(form.key.data or ""), str(form.fingerprint.data or "")
        try:
            give_key(db(), by=actor(), receiver_id=receiver_id, typed=typed, compared=compared, now=now())
        except InvalidError as problem:
            if "secret" in typed.lower():
                form.key.data = ""  # it is not sent back and forth
            form.form_errors.append(_(str(problem)))
        else:
            done(_("The key is entered. What is handed out to this body opens with it alone."))
            return _list()
    page = render_template(
        "release/receiver_key.html",
        form=form,
        name=wordings.called(one, language()),
        fingerprint=shown_fingerprint(one),
        receiver=one,
    )
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
