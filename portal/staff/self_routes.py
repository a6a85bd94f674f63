"""Pages of one's own access: who one is here, what one holds, where one is signed in, and the passphrase."""

import math
from datetime import timedelta
from http import HTTPStatus

from flask import Response, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from portal.errors import InvalidError
from portal.permissions import GRANTS, Access
from portal.staff import changing, epochs, groups, hardware, service
from portal.staff.actor import Actor
from portal.staff.challenges import Purpose, taken
from portal.staff.choosing import Choice
from portal.staff.current import actor, end_stays, proved, reopened, roll, throttle
from portal.staff.forms import ChangeForm, ConfirmForm, ProofForm, typed
from portal.staff.joining import forget_drawn
from portal.staff.labels import DUTIES, GROUPS, PERMISSIONS, ROLES
from portal.staff.pages import cost, fingerprint, pages
from portal.staff.remembered import device_cookie, forget_device, keep_device
from portal.vault.wrap import public_key
from portal.web import freshness
from portal.web.edge import db, finish, now
from portal.web.guard import Token
from portal.web.locale import gettext as _
from portal.web.locale import lazy_gettext as _l
from portal.web.locale import ngettext
from portal.web.notices import done


@pages.page("/me", access=Access.STAFF, menu=_l("My access"))
def me() -> ResponseReturnValue:
    """Show the visitor who they are here, which keys they hold and what their role may do."""
    by = actor()
    person = service.member(db(), by.id)
    return render_template(
        "staff/me.html",
        me=by,
        role=ROLES[by.role],
        duty=DUTIES[by.role],
        fingerprint=fingerprint(public_key(by.seed)),
        held=[GROUPS[group] for group in sorted(by.seeds)],
        missing=[GROUPS[one.group] for one in groups.awaited(person, epochs.current(db()))],
        allowed=[words for permission, words in PERMISSIONS.items() if permission in GRANTS[by.role]],
        stays=roll().stays(by.id, now()),
        here=session["handle"],
        remembered=bool(device_cookie()),
        form=ConfirmForm(formdata=None),
    )


# sessions and devices


@pages.page("/me/sessions/<string:handle>/end", access=Access.STAFF, methods=("POST",))
def end_session(handle: str) -> ResponseReturnValue:
    """End one of one's own sessions; one's own only, because the roll is read by person."""
    if end_stays(lambda one: one == handle):
        done(_("Done: that session has ended."))
    return redirect(url_for(".me", _anchor="sessions"), 303)


@pages.page("/me/sessions/end-others", access=Access.STAFF, methods=("POST",))
def end_other_sessions() -> ResponseReturnValue:
    """End all of one's own sessions but this one."""
    here = session["handle"]
    end_stays(lambda one: one != here)
    done(_("Done: you are signed in here alone."))
    return redirect(url_for(".me", _anchor="sessions"), 303)


@pages.page("/me/device/forget", access=Access.STAFF, methods=("POST",))
def forget() -> ResponseReturnValue:
    """Leave nothing in the browser that says that somebody was signed in."""
    done(_("Done: this browser keeps nothing of you once you sign out."))
    return forget_device(redirect(url_for(".me", _anchor="sessions"), 303))


# the passphrase


def _lane(by: Actor) -> str:
    return f"own {by.id.hex}"


def _told(wait: timedelta) -> str:
    return ngettext(
        "That was tried several times. Wait %(num)s second, then try again.",
        "That was tried several times. Wait %(num)s seconds, then try again.",
        math.ceil(wait.total_seconds()),
    )


@pages.page("/confirm", access=Access.STAFF, methods=("GET", "POST"), token=Token.FORM)
def confirm() -> ResponseReturnValue:
    """Ask for the passphrase once more, and lead back to the page that wanted it."""
    to, form = request.args.get("to", ""), ProofForm()
    if freshness.is_fresh():
        return freshness.come_back(to)
    if not form.validate_on_submit():
        return _confirm_page(form, HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK)
    by = actor()
    wait = throttle().attempt(_lane(by), now())
    if wait:
        return _confirm_page(form, HTTPStatus.TOO_MANY_REQUESTS, _told(wait))
    if not _proves(by, form):
        return _confirm_page(form, HTTPStatus.FORBIDDEN, _("This is not your passphrase. Try once more."))
    finish()
    throttle().right(_lane(by), now())
    proved()
    return freshness.come_back(to)


def _proves(by: Actor, form: ProofForm) -> bool:
    """Tell whether the passphrase is right, or a security key of theirs has signed."""
    answer, asked = typed(form.answer), taken(Purpose.USE)
    if answer:
        return hardware.confirm(db(), by=by, answer=answer, asked=asked)
    return changing.prove(db(), by=by, passphrase=typed(form.passphrase))


def _confirm_page(form: ProofForm, status: int, notice: str = "") -> Response:
    return make_response(render_template("staff/confirm.html", form=form, notice=notice), status)


@pages.page("/me/passphrase", access=Access.STAFF, methods=("GET", "POST"), token=Token.FORM)
def passphrase() -> ResponseReturnValue:
    """Change one's passphrase; all of one's other sessions and known devices end with the old one."""
    by, form, choice = actor(), ChangeForm(), Choice.asked()
    choice.fill(form)
    if not form.validate_on_submit() or not choice.holds(form, name=by.name):
        return _passphrase_page(form, choice)
    wait = throttle().attempt(_lane(by), now())
    if wait:
        return _passphrase_page(form, choice, _told(wait), HTTPStatus.TOO_MANY_REQUESTS)
    try:
        person = changing.change(
            db(),
            by=by,
            passphrase=typed(form.present),
            code=typed(form.code),
            new=typed(form.passphrase),
            cost=cost(),
            now=now(),
        )
    except InvalidError as problem:
        form.passphrase.errors = [_(str(problem))]
        return _passphrase_page(form, choice)
    if person is None:
        notice = _("Present passphrase and code do not fit together. Look at both and try again.")
        return _passphrase_page(form, choice, notice, HTTPStatus.FORBIDDEN)
    finish()
    throttle().right(_lane(by), now())
    forget_drawn()
    reopened(person)
    done(_("Done: your passphrase has changed. All your other sessions have ended."))
    return keep_device(redirect(url_for(".me"), 303), person)


def _passphrase_page(form: ChangeForm, choice: Choice, notice: str = "", status: int = 0) -> Response:
    page = render_template(
        "staff/passphrase.html",
        form=form,
        notice=notice,
        own=choice.own,
        drawn=choice.words(),
        ways=choice.ways(".passphrase"),
    )
    return make_response(page, status or (HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK))
