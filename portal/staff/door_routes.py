"""Pages of the way in and out: signing in, signing out, joining."""

import hashlib
import math
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

from flask import Response, current_app, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.errors import NotFoundError
from portal.permissions import Access, Role
from portal.staff import service
from portal.staff.challenges import Purpose, taken
from portal.staff.choosing import Choice
from portal.staff.current import begin, devices, leave, missed, renew, throttle
from portal.staff.forms import JoinForm, KeysForm, SignInForm, typed
from portal.staff.joining import Joining
from portal.staff.models import Staff
from portal.staff.names import fold
from portal.staff.pages import cost, pages
from portal.staff.qr import draw
from portal.staff.remembered import device_cookie, keep_device
from portal.vault import totp
from portal.vault.passphrase import KNOWN, SIGNING_IN
from portal.web.edge import db, finish, now
from portal.web.forms import PortalForm
from portal.web.guard import Pages, Token, may_open
from portal.web.locale import day, ngettext
from portal.web.locale import gettext as _
from portal.web.notices import notice
from portal.web.throttle import LONGEST_WAIT

_ISSUER = "Notebook"
_TURNS = "turns"
_MOST_TURNS = 8


_ROOM = {Role.ADMINISTRATOR: ".people"}
"""Where people begin whose work is not the first page that they may open."""


def _landing() -> str:
    """Return where the visitor's work begins: mostly the first page they may open, this feature's last."""
    if current_user.role in _ROOM:
        return url_for(_ROOM[current_user.role])
    desk = [one for one in current_app.blueprints.values() if isinstance(one, Pages)]
    menu = [item for one in sorted(desk, key=lambda one: one is pages) for item in one.menu]
    return url_for(next((item.endpoint for item in menu if may_open(item.access)), "staff.me"))


@pages.page("/", access=Access.PUBLIC)
def home() -> ResponseReturnValue:
    """Lead on to work, or to the way in."""
    return redirect(_landing() if current_user.is_authenticated else url_for(".sign_in"), 303)


def _door(template: str, form: PortalForm, status: int, notice: str = "") -> Response:
    """Show a way in, for the first time or once more; a passphrase is never sent back."""
    return make_response(render_template(template, form=form, notice=notice), status)


def _held_up(template: str, form: PortalForm, lane: Callable[[], str]) -> Response | None:
    """Answer what no service needs to see: an old page, a gap in the form, or too many attempts."""
    if not form.validate():
        if form.csrf_token.errors:
            notice = _("This page had been open for a while. Please send it once more.")
            fresh = type(form)(formdata=None, name=form.name.data)
            return _door(template, fresh, HTTPStatus.BAD_REQUEST, notice)
        return _door(template, form, HTTPStatus.BAD_REQUEST)
    wait = _wait(lane())
    if not wait:
        return None
    minutes = math.ceil(wait.total_seconds() / 60)
    notice = ngettext(
        "There were many attempts with this name. Keep this page open and try again in %(num)s minute: "
        "then it is your turn, whatever others do meanwhile.",
        "There were many attempts with this name. Keep this page open and try again in %(num)s minutes: "
        "then it is your turn, whatever others do meanwhile.",
        minutes,
    )
    answer = _door(template, form, HTTPStatus.TOO_MANY_REQUESTS, notice)
    answer.headers["Retry-After"] = str(math.ceil(wait.total_seconds()))
    return answer


def _wait(lane: str) -> timedelta:
    """Count an attempt and return zero, or return how long this visitor has to wait.

    Who has waited the longest that there is gets one attempt, however many strangers have tried meanwhile:
    since when they wait lies in their own sealed session.
    """
    mark, turns = hashlib.sha256(lane.encode()).hexdigest()[:32], dict(session.get(_TURNS, {}))
    since = turns.pop(mark, None)
    left = timedelta() if since is None else LONGEST_WAIT - timedelta(seconds=now().timestamp() - since)
    wait = throttle().attempt(lane, now(), regardless=since is not None and left <= timedelta())
    if wait:
        turns = dict(list(turns.items())[-_MOST_TURNS + 1 :]) | {mark: since or int(now().timestamp())}
    if turns != session.get(_TURNS, {}):
        session[_TURNS] = turns
    return min(wait, left) if wait and since is not None else wait


@pages.page("/sign-in", access=Access.PUBLIC, methods=("GET", "POST"), token=Token.FORM)
def sign_in() -> ResponseReturnValue:
    """Let a person in who has the name, the passphrase and the code; one answer for every mistake."""
    if current_user.is_authenticated:
        return redirect(_landing(), 303)
    form = SignInForm()
    if request.method != "POST":
        return _door("staff/sign_in.html", form, HTTPStatus.OK)
    device = _device(form)
    lane = f"device {device}" if device else f"sign-in {fold(typed(form.name))}"
    held_up = _held_up("staff/sign_in.html", form, lambda: lane)
    if held_up is not None:
        return held_up
    signed_in = service.sign_in(
        db(),
        name=typed(form.name),
        passphrase=typed(form.passphrase),
        code=typed(form.code),
        cost=cost(),
        now=now(),
        line=KNOWN if device else SIGNING_IN,
        answer=typed(form.answer),
        asked=taken(Purpose.USE),
        may_try=lambda opened: not throttle().attempt(_code_lane(opened, device), now()),
        missed=lambda opened: missed().add(opened, now()),
    )
    if signed_in is None:
        notice = _("Name, passphrase and code do not fit together. Look at all three and try again.")
        if typed(form.answer):
            notice = _("Name, passphrase and security key do not fit together. Look at all three.")
        return _door("staff/sign_in.html", form, HTTPStatus.FORBIDDEN, notice)
    person = _let_in(signed_in, lanes=(lane, _code_lane(signed_in.staff_id, device)), known=bool(device))
    return keep_device(redirect(_landing(), 303), person)


def _let_in(signed_in: service.SignedIn, *, lanes: tuple[str, str], known: bool) -> Staff:
    """Begin the session, and tell the person if somebody else may have their passphrase."""
    miss = missed().of(signed_in.staff_id)
    if miss is not None:
        service.tell_missed(db(), staff_id=signed_in.staff_id, times=miss.times, day=miss.day)
    finish()  # the code is spent before the session begins, and the ledger says what was told
    for lane in lanes:
        throttle().right(lane, now())
    person = begin(signed_in, known=known)
    if miss is not None:
        missed().told(signed_in.staff_id, now())
        notice(
            _(
                "Your passphrase was entered with a wrong code or security key since you were last here, "
                "last on %(day)s. If that was you, all is well. If not, somebody knows your passphrase: "
                "change it now under My access, and tell an administrator.",
                day=day(miss.day),
            )
        )
    return person


def _code_lane(opened: UUID | None, device: str) -> str:
    """Return where codes are counted once the passphrase was right.

    Whoever waited for a turn in many sessions has many attempts at the passphrase; six figures would fall.
    """
    return f"code {opened.hex if opened else 'of nobody'} {device}"


def _device(form: SignInForm) -> str:
    """Return the number of the visitor's device if the person of this name signed in on it before."""
    cookie = device_cookie()
    if not cookie:
        return ""
    return devices().known(db(), name=typed(form.name), cookie=cookie, day=now().date())


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
    lane = f"join {fold(typed(form.name))}"
    held_up = _held_up("staff/join.html", form, lambda: lane)
    if held_up is not None:
        return held_up
    try:
        invitation = service.invited(db(), name=typed(form.name), code=typed(form.words), now=now())
    except NotFoundError:
        return _no_invitation(form)
    throttle().right(lane, now())
    renew()
    Joining.start(name=invitation.name, code=typed(form.words))
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
    form, choice = KeysForm(), Choice.asked()
    choice.fill(form)
    counter = _proof(form, choice, joining)
    if counter is None:
        return _secrets_page(form, choice, joining)
    try:
        person = service.join(
            db(),
            name=joining.name,
            code=joining.code,
            bundle=joining.bundle,
            passphrase=typed(form.passphrase),
            cost=cost(),
            now=now(),
            counter=counter,
        )
    except NotFoundError:  # withdrawn or run out meanwhile
        renew()
        return _no_invitation(JoinForm(formdata=None))
    finish()
    begin(service.SignedIn(person.id, joining.bundle.identity))
    return keep_device(redirect(url_for(".me"), 303), person)


def _proof(form: KeysForm, choice: Choice, joining: Joining) -> int | None:
    """Return the step of the code when passphrase and code are right; else say in the form what is not."""
    if not form.validate_on_submit():
        return None
    counter = totp.accept(joining.bundle.totp_secret, typed(form.code), now(), None)
    if counter is None:
        form.code.errors = [_("This is not the code of this moment. Wait for the next one and enter that.")]
    return counter if choice.holds(form, name=joining.name) else None


def _secrets_page(form: KeysForm, choice: Choice, joining: Joining) -> ResponseReturnValue:
    secret = joining.bundle.totp_secret
    page = render_template(
        "staff/join_keys.html",
        form=form,
        name=joining.name,
        own=choice.own,
        drawn=choice.words(),
        ways=choice.ways(".join_keys"),
        secret=totp.typed_secret(secret),
        drawing=draw(totp.uri(secret, joining.name, _ISSUER)),
    )
    return page, HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
