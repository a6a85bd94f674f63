"""Pages of one's own security keys, and the questions that browsers put to them, for security-key.js."""

import math
from collections.abc import Callable
from http import HTTPStatus
from uuid import UUID

from flask import jsonify, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.database import empty_log
from portal.errors import InvalidError, NotFoundError
from portal.permissions import Access
from portal.staff import hardware, locks, webauthn
from portal.staff.actor import Actor
from portal.staff.challenges import Purpose, ask, here, taken
from portal.staff.current import actor, throttle
from portal.staff.forms import AddKeyForm, PassphraseForm, typed
from portal.staff.pages import pages
from portal.web.edge import db, finish, now, parts, settings
from portal.web.guard import Token
from portal.web.locale import gettext as _
from portal.web.locale import ngettext
from portal.web.notices import done

pages.add_app_template_global(lambda: here() is not None, "security_keys_work_here")


@pages.page("/security-key", access=Access.PUBLIC, methods=("POST",))
def key_question() -> ResponseReturnValue:
    """Give what a security key is asked at sign-in and at a confirmation: the same to everybody."""
    asked = ask(Purpose.USE)
    if asked is None:
        raise NotFoundError
    return jsonify(webauthn.request_options(asked, salt=locks.salt(asked.site.rp_id)))


@pages.page("/me/security-keys/question", access=Access.STAFF, methods=("POST",))
def new_key_question() -> ResponseReturnValue:
    """Give what a new security key is asked: to make a credential, and then to sign once with it."""
    by, asked, proving = actor(), ask(Purpose.ADD), ask(Purpose.PROVE)
    if asked is None or proving is None:
        raise NotFoundError
    site, salt = asked.site, locks.salt(asked.site.rp_id)
    mine = [one for one in hardware.standing(db(), by=by).keys if one.rp_id == site.rp_id]
    known = [webauthn.id_of(one.credential) for one in mine]
    made = webauthn.creation_options(asked, handle=hardware.handle(by, site.rp_id), known=known, salt=salt)
    return jsonify({"create": made, "get": webauthn.request_options(proving, salt=salt)})


@pages.page("/me/security-keys", access=Access.STAFF, methods=("GET", "POST"), token=Token.FORM)
def security_keys() -> ResponseReturnValue:
    """Show one's security keys; register one more."""
    by, form = actor(), AddKeyForm()

    def act(passphrase: str) -> None:
        hardware.add(
            db(),
            by=by,
            passphrase=passphrase,
            name=typed(form.name),
            answer=typed(form.answer),
            asked=taken(Purpose.ADD),
            proving=taken(Purpose.PROVE),
            now=now(),
        )

    notice, status = _attempt(by, form, act)
    if status == HTTPStatus.SEE_OTHER:
        return _done(_("Done: the security key is registered."))
    standing = hardware.standing(db(), by=by)
    page = render_template(
        "staff/hardware.html",
        form=form,
        notice=notice,
        standing=standing,
        opening=sum(one.opens for one in standing.keys),
        full=len(standing.keys) >= hardware.MOST,
        address=own.origin if (own := webauthn.site_at(settings().desk_address)) else "",
    )
    return make_response(page, status)


def _attempt(by: Actor, form: PassphraseForm, act: Callable[[str], None]) -> tuple[str, int]:
    """Do what the form asks for; return what is to be said and the status, which is 303 when it is done.

    Once it is committed, nothing of the earlier locks is left in the database's log.
    """
    if not form.validate_on_submit():
        return "", HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    wait = _wait(by)
    if wait:
        return wait, HTTPStatus.TOO_MANY_REQUESTS
    try:
        act(typed(form.passphrase))
    except InvalidError as problem:
        return _(str(problem)), HTTPStatus.BAD_REQUEST
    finish()
    throttle().right(_lane(by), now())
    empty_log(parts().database.main)
    return "", HTTPStatus.SEE_OTHER


def _lane(by: Actor) -> str:
    return f"own {by.id.hex}"


def _done(message: str) -> ResponseReturnValue:
    done(message)
    return redirect(url_for(".security_keys"), 303)


def _wait(by: Actor) -> str:
    """Count an attempt at the passphrase; say how long to wait where there were too many."""
    wait = throttle().attempt(_lane(by), now())
    if not wait:
        return ""
    return ngettext(
        "That was tried several times. Wait %(num)s second, then try again.",
        "That was tried several times. Wait %(num)s seconds, then try again.",
        math.ceil(wait.total_seconds()),
    )


def _own_key(by: Actor, key_id: UUID) -> hardware.Held:
    found = next((one for one in hardware.standing(db(), by=by).keys if one.id == key_id), None)
    if found is None:
        raise NotFoundError
    return found


@pages.page(
    "/me/security-keys/<uuid:key_id>/remove", access=Access.STAFF, methods=("GET", "POST"), token=Token.FORM
)
def remove_key(key_id: UUID) -> ResponseReturnValue:
    """Take one of one's security keys away, with the passphrase."""
    by, form = actor(), PassphraseForm()
    held = _own_key(by, key_id)
    notice, status = _attempt(
        by, form, lambda passphrase: hardware.remove(db(), by=by, passphrase=passphrase, key_id=key_id)
    )
    if status == HTTPStatus.SEE_OTHER:
        return _done(_("Done: the security key is removed."))
    required = hardware.standing(db(), by=by).required
    page = render_template(
        "staff/hardware_remove.html", form=form, notice=notice, held=held, required=required
    )
    return make_response(page, status)


@pages.page("/me/security-keys/required", access=Access.STAFF, methods=("GET", "POST"), token=Token.FORM)
def require_key() -> ResponseReturnValue:
    """Require a security key, or let the passphrase open one's keys by itself again; with the passphrase."""
    by, form = actor(), PassphraseForm()
    standing = hardware.standing(db(), by=by)
    wanted = not standing.required
    if wanted and not standing.may_require:
        return redirect(url_for(".security_keys"), 303)
    notice, status = _attempt(
        by, form, lambda passphrase: hardware.require(db(), by=by, passphrase=passphrase, required=wanted)
    )
    if status == HTTPStatus.SEE_OTHER:
        return _done(_told(required=wanted))
    page = render_template("staff/hardware_require.html", form=form, notice=notice, standing=standing)
    return make_response(page, status)


def _told(*, required: bool) -> str:
    if required:
        return _("Done: from now on, your keys open with a security key only.")
    return _("Done: your passphrase opens your keys by itself again, with the code.")
