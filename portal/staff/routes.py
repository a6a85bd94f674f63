"""Pages of staff: the way in and out, joining, people, keys, and who may do what."""

import math
from collections.abc import Hashable
from functools import partial
from http import HTTPStatus
from uuid import UUID

from flask import Response, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.config import Face
from portal.errors import InvalidError, NotFoundError
from portal.permissions import GRANTS, MAY_HOLD, Access, Group, Permission, Role
from portal.staff import epochs, service
from portal.staff.current import actor, begin, leave, renew, throttle
from portal.staff.forms import (
    ConfirmForm,
    GrantForm,
    InviteForm,
    JoinForm,
    KeysForm,
    RenewForm,
    SignInForm,
    typed,
)
from portal.staff.joining import Joining
from portal.staff.labels import DUTIES, GROUPS, PERMISSIONS, ROLES
from portal.staff.names import fold
from portal.staff.qr import draw
from portal.vault import totp
from portal.vault.directory import Request
from portal.vault.passphrase import Cost
from portal.vault.wrap import key_id, public_key
from portal.web.edge import db, finish, now, parts, recipients, settings
from portal.web.forms import PortalForm
from portal.web.guard import Pages, Token, may_open
from portal.web.locale import gettext as _
from portal.web.locale import language
from portal.web.locale import lazy_gettext as _l

pages = Pages("staff", __name__, face=Face.DESK)

_PASSES = 3
_ISSUER = "Notebook"


def _cost() -> Cost:
    return Cost(settings().staff_memory_kib, _PASSES, 1)


def _landing() -> str:
    """Return the first page that the visitor's role may open; the pages of this feature come last."""
    desk = [one for one in current_app.blueprints.values() if isinstance(one, Pages)]
    menu = [item for one in sorted(desk, key=lambda one: one is pages) for item in one.menu]
    return url_for(next((item.endpoint for item in menu if may_open(item.access)), "staff.me"))


def _fingerprint(public: bytes) -> str:
    """Write a key's name in groups of four, for two people to compare aloud."""
    name = key_id(public)
    return " ".join(name[start : start + 4] for start in range(0, len(name), 4))


@pages.page("/", access=Access.PUBLIC)
def home() -> ResponseReturnValue:
    """Lead on to work, or to the way in."""
    return redirect(_landing() if current_user.is_authenticated else url_for(".sign_in"), 303)


def _door(template: str, form: PortalForm, status: int, notice: str = "") -> Response:
    """Show a way in, for the first time or once more; a passphrase is never sent back."""
    return make_response(render_template(template, form=form, notice=notice), status)


def _held_up(template: str, form: PortalForm, key: Hashable) -> Response | None:
    """Answer what no service needs to see: an old page, a gap in the form, or too many attempts."""
    if not form.validate():
        if form.csrf_token.errors:
            notice = _("This page had been open for a while. Please send it once more.")
            fresh = type(form)(formdata=None, name=form.name.data)
            return _door(template, fresh, HTTPStatus.BAD_REQUEST, notice)
        return _door(template, form, HTTPStatus.BAD_REQUEST)
    wait = throttle().wait(key, now())
    if not wait:
        # Counted before the work, so that many attempts at once are many attempts.
        throttle().wrong(key, now())
        return None
    notice = _("There were several attempts in a short time. Wait a few minutes, then try again.")
    answer = _door(template, form, HTTPStatus.TOO_MANY_REQUESTS, notice)
    answer.headers["Retry-After"] = str(math.ceil(wait.total_seconds()))
    return answer


@pages.page("/sign-in", access=Access.PUBLIC, methods=("GET", "POST"), token=Token.FORM)
def sign_in() -> ResponseReturnValue:
    """Let a person in who has the name, the passphrase and the code; one answer for every mistake."""
    if current_user.is_authenticated:
        return redirect(_landing(), 303)
    form = SignInForm()
    if request.method != "POST":
        return _door("staff/sign_in.html", form, HTTPStatus.OK)
    key = ("sign-in", fold(typed(form.name)))
    held_up = _held_up("staff/sign_in.html", form, key)
    if held_up is not None:
        return held_up
    signed_in = service.sign_in(
        db(),
        name=typed(form.name),
        passphrase=typed(form.passphrase),
        code=typed(form.code),
        cost=_cost(),
        now=now(),
    )
    if signed_in is None:
        notice = _("Name, passphrase and code do not fit together. Look at all three and try again.")
        return _door("staff/sign_in.html", form, HTTPStatus.FORBIDDEN, notice)
    finish()  # the code is spent before the session begins
    throttle().right(key)
    begin(signed_in)
    return redirect(_landing(), 303)


@pages.page("/sign-out", access=Access.STAFF, methods=("POST",))
def sign_out() -> ResponseReturnValue:
    """End the session, and ask the browser to forget what it showed."""
    leave()
    answer = redirect(url_for(".sign_in"), 303)
    # Not "cookies": that would empty neighbouring addresses too. Ours is deleted by name.
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@pages.page("/join", access=Access.PUBLIC, methods=("GET", "POST"), token=Token.FORM)
def join() -> ResponseReturnValue:
    """Take an invitation; one answer for every mistake."""
    if current_user.is_authenticated:
        return redirect(_landing(), 303)
    form = JoinForm()
    if request.method != "POST":
        return _door("staff/join.html", form, HTTPStatus.OK)
    key = ("join", fold(typed(form.name)))
    held_up = _held_up("staff/join.html", form, key)
    if held_up is not None:
        return held_up
    try:
        invitation = service.invited(db(), name=typed(form.name), code=typed(form.words), now=now())
    except NotFoundError:
        return _no_invitation(form)
    throttle().right(key)
    renew()
    Joining.start(name=invitation.name, code=typed(form.words), language=language())
    return redirect(url_for(".join_keys"), 303)


def _no_invitation(form: JoinForm) -> Response:
    notice = _("No invitation is open for this name and these words. Look at both, or ask for a new one.")
    return _door("staff/join.html", form, HTTPStatus.FORBIDDEN, notice)


@pages.page("/join/keys", access=Access.PUBLIC, methods=("GET", "POST"))
def join_keys() -> ResponseReturnValue:
    """Show the secrets once, ask for proof that they were kept, and make the person a member of staff."""
    joining = Joining.found()
    if joining is None:
        return redirect(url_for(".join"), 303)
    form = KeysForm()
    counter = _proof(form, joining)
    if counter is None:
        return _secrets_page(form, joining)
    try:
        person = service.join(
            db(),
            name=joining.name,
            code=joining.code,
            bundle=joining.bundle,
            passphrase=joining.passphrase,
            cost=_cost(),
            now=now(),
            counter=counter,
        )
    except NotFoundError:  # withdrawn or run out meanwhile
        renew()
        return _no_invitation(JoinForm(formdata=None))
    finish()
    begin(service.SignedIn(person.id, joining.bundle.identity))
    return redirect(url_for(".me"), 303)


def _proof(form: KeysForm, joining: Joining) -> int | None:
    """Return the step of the code when words and code are right; else say beside the field what is not."""
    if not form.validate_on_submit():
        return None
    counter = totp.accept(joining.bundle.totp_secret, typed(form.code), now(), None)
    if counter is None:
        form.code.errors = [_("This is not the code of this moment. Wait for the next one and enter that.")]
    if not joining.matches(typed(form.passphrase)):
        form.passphrase.errors = [_("These are not the seven words above. Compare them one by one.")]
        return None
    return counter


def _secrets_page(form: KeysForm, joining: Joining) -> ResponseReturnValue:
    secret = joining.bundle.totp_secret
    page = render_template(
        "staff/join_keys.html",
        form=form,
        name=joining.name,
        passphrase=joining.passphrase.split(),
        secret=totp.typed_secret(secret),
        drawing=draw(totp.uri(secret, joining.name, _ISSUER)),
    )
    return page, HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK


@pages.page("/staff", access=Permission.STAFF_SEE, menu=_l("Staff"))
def people() -> ResponseReturnValue:
    """Show who works here, who is on the way, and which keys are missing."""
    by = actor()
    return render_template(
        "staff/people.html",
        people=service.everybody(db(), by=by),
        invitations=service.open_invitations(db(), by=by, now=now()),
        form=ConfirmForm(formdata=None),
        lacks=partial(service.lacks, current=epochs.current(db())),
        may_manage=by.may(Permission.STAFF_MANAGE),
        me=by.id,
        roles=ROLES,
        groups=GROUPS,
    )


@pages.page("/staff/invite", access=Permission.STAFF_MANAGE, methods=("GET", "POST"))
def invite() -> ResponseReturnValue:
    """Invite one person; the words are shown on the answer and nowhere else."""
    form = InviteForm()
    if form.validate_on_submit():
        role = Role(form.role.data)
        try:
            words = service.invite(
                db(), by=actor(), name=typed(form.name), role=role, now=now(), language=language()
            )
        except InvalidError as problem:
            form.name.errors = [_(str(problem))]
        else:
            address = settings().desk_address + url_for(".join")
            return render_template(
                "staff/invited.html",
                name=form.name.data,
                role=ROLES[role],
                words=words.split(),
                address=address,
                days=service.INVITATION_DAYS,
            )
    page = render_template("staff/invite.html", form=form)
    return page, HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK


@pages.page(
    "/staff/invitations/<uuid:invitation_id>/withdraw", access=Permission.STAFF_MANAGE, methods=("POST",)
)
def withdraw(invitation_id: UUID) -> ResponseReturnValue:
    """Close an invitation that was not used."""
    service.withdraw_invitation(db(), by=actor(), invitation_id=invitation_id)
    return redirect(url_for(".people"), 303)


@pages.page("/staff/<uuid:staff_id>/end", access=Permission.STAFF_MANAGE, methods=("GET", "POST"))
def end(staff_id: UUID) -> ResponseReturnValue:
    """End a person's access, after asking once."""
    form = ConfirmForm()
    if form.validate_on_submit():
        service.end(db(), by=actor(), staff_id=staff_id)
        return redirect(url_for(".people"), 303)
    return render_template(
        "staff/end.html",
        form=form,
        person=service.somebody(db(), by=actor(), staff_id=staff_id),
        alone=[GROUPS[group] for group in service.only_holder_of(db(), by=actor(), staff_id=staff_id)],
        roles=ROLES,
    )


@pages.page("/staff/keys", access=Permission.GROUP_GRANT, menu=_l("Keys"))
def keys() -> ResponseReturnValue:
    """Show who waits for a key that the visitor can hand on."""
    by = actor()
    rows = [
        (person, _fingerprint(person.public_key), group, GrantForm(formdata=None, group=group.value))
        for person, group in service.waiting(db(), by=by)
    ]
    return render_template(
        "staff/keys.html",
        rows=rows,
        mine=[GROUPS[group] for group in sorted(by.seeds)],
        standings=[
            (one, _fingerprint(one.proposed) if one.proposed else "") for one in epochs.standings(db(), by=by)
        ],
        renew=RenewForm(formdata=None),
        may_move=lambda group: group is not Group.AUDITORS and "release.rewrap" in current_app.view_functions,
        earlier=lambda group: len(by.ring(group)) > 1,
        roles=ROLES,
        groups=GROUPS,
    )


@pages.page("/staff/keys/renew", access=Permission.GROUP_GRANT, methods=("POST",))
def renew_key() -> ResponseReturnValue:
    """Make a group's next key; it is used once the root has signed it."""
    form = RenewForm()
    if not form.validate():
        raise NotFoundError
    epochs.propose(db(), by=actor(), group=Group(typed(form.group)), keys=recipients(), now=now())
    return redirect(url_for(".keys"), 303)


@pages.page("/staff/keys/<string:group>/request.json", access=Permission.GROUP_GRANT)
def key_request(group: str) -> ResponseReturnValue:
    """Give the file that the root is asked to sign."""
    if group not in set(Group):
        raise NotFoundError
    keys = recipients()
    asked = epochs.asked_for(db(), by=actor(), group=Group(group), keys=keys)
    answer = Response(Request(parts().directory.edition(), (asked,)).to_json(), mimetype="application/json")
    name = f"{group}-{asked.epoch}.request.json"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@pages.page("/staff/<uuid:staff_id>/keys", access=Permission.GROUP_GRANT, methods=("POST",))
def grant(staff_id: UUID) -> ResponseReturnValue:
    """Hand one key on to one person."""
    form = GrantForm()
    if not form.validate():
        raise NotFoundError
    service.grant(
        db(),
        by=actor(),
        staff_id=staff_id,
        group=Group(typed(form.group)),
        now=now(),
        before=bool(form.before.data),
        compared=typed(form.mark).replace(" ", ""),
    )
    return redirect(url_for(".keys"), 303)


@pages.page("/me", access=Access.STAFF, menu=_l("My access"))
def me() -> ResponseReturnValue:
    """Show the visitor who they are here, which keys they hold and what their role may do."""
    by = actor()
    return render_template(
        "staff/me.html",
        me=by,
        role=ROLES[by.role],
        duty=DUTIES[by.role],
        fingerprint=_fingerprint(public_key(by.seed)),
        held=[GROUPS[group] for group in sorted(by.seeds)],
        missing=[GROUPS[group] for group in sorted(MAY_HOLD[by.role] - by.seeds.keys())],
        allowed=[words for permission, words in PERMISSIONS.items() if permission in GRANTS[by.role]],
    )


@pages.page("/roles", access=Access.STAFF)
def roles() -> ResponseReturnValue:
    """Show what every role may do, from the very table that the doors ask."""
    return render_template(
        "staff/roles.html",
        lines=[(ROLES[role], DUTIES[role]) for role in Role],
        roles=ROLES,
        permissions=PERMISSIONS,
        grants=GRANTS,
    )
