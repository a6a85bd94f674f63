"""Pages for leads: legal holds, and erasing on a written request; what one asks for, another decides."""

from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.casework import holds, kept, removals
from portal.casework.forms import HoldForm, PressForm, RemovalForm
from portal.casework.labels import AUTHORITIES, HOLD_SHAPES, HOLD_STATES
from portal.casework.pages import CASE, pages
from portal.errors import InvalidError, UnavailableError
from portal.intake.models import Authority, HoldState
from portal.permissions import Group, Permission
from portal.staff.actor import Actor
from portal.staff.current import actor
from portal.web import edge
from portal.web.edge import db, now, today
from portal.web.guard import Token
from portal.web.locale import gettext as _
from portal.web.locale import lazy_gettext as _l
from portal.web.notices import done

_HOLD, _REMOVAL = "/holds/<uuid:hold_id>", "/removals/<uuid:removal_id>"


def _hand_over(by: Actor) -> None:
    """Give what was taken back under a hold to the legal circle, on the first visit of a lead who can."""
    try:
        keys = edge.recipients()
    except UnavailableError:
        return  # nothing is sealed while the list of keys does not hold; these pages stay
    kept.hand_over(db(), by=by, keys=keys, today=today())


def _list() -> ResponseReturnValue:
    return redirect(url_for("casework.holds_list"), HTTPStatus.SEE_OTHER)


@pages.page("/holds", access=Permission.CASE_HOLD, writes=True, menu=_l("Holds and erasure"))
def holds_list() -> ResponseReturnValue:
    """List legal holds, and requests to erase that wait for a second person."""
    by = actor()
    _hand_over(by)
    held = holds.listing(db(), by=by, today=today())
    return render_template(
        "casework/holds.html",
        held=held,
        for_me={one.row.id for one in held if holds.waits_for(one, by=by, today=today())},
        me=by.id,
        removals=removals.listing(db(), by=by),
        states=HOLD_STATES,
        shapes=HOLD_SHAPES,
        authorities=AUTHORITIES,
    )


@pages.page(
    f"{CASE}/hold", access=Permission.CASE_HOLD, methods=("GET", "POST"), token=Token.FORM, fresh=True
)
def ask_hold(case_id: UUID) -> ResponseReturnValue:
    """Ask that a case be kept from erasure for a time."""
    form = HoldForm()
    if form.validate_on_submit():
        until = today() + timedelta(days=int(form.days.data))
        try:
            holds.ask(
                db(), by=actor(), case_id=case_id, reason=form.reason.data or "", until=until, now=now()
            )
        except InvalidError as problem:
            form.reason.errors = [_(str(problem))]
        else:
            done(_("Asked for. Nothing holds before another lead reviewer agrees."))
            return _list()
    holds.knows_of(db(), by=actor(), case_id=case_id)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render_template("casework/hold_ask.html", form=form, case_id=case_id), status


@pages.page(_HOLD, access=Permission.CASE_HOLD, writes=True)
def hold(hold_id: UUID) -> ResponseReturnValue:
    """Show one hold: who asked, why, until when, and what can be decided."""
    by = actor()
    _hand_over(by)
    held = holds.show(db(), by=by, hold_id=hold_id, today=today())
    return render_template(
        "casework/hold.html",
        held=held,
        row=held.row,
        may={
            "approve": holds.waits_for(held, by=by, today=today()),
            "decline": held.row.state is HoldState.ASKED,
            "end": held.in_force,
            "read": held.wished and held.in_force and held.circle is Group.LEGAL,
        },
        mine=held.row.asked_by == by.id,
        form=PressForm(formdata=None),
        states=HOLD_STATES,
        shapes=HOLD_SHAPES,
    )


@pages.page(f"{_HOLD}/approve", access=Permission.CASE_HOLD, methods=("POST",), fresh=".hold")
def approve_hold(hold_id: UUID) -> ResponseReturnValue:
    """Let a hold begin."""
    holds.approve(db(), by=actor(), hold_id=hold_id, now=now())
    done(_("The hold has begun. The source reads of it in the folder."))
    return _list()


@pages.page(f"{_HOLD}/decline", access=Permission.CASE_HOLD, methods=("POST",), fresh=".hold")
def decline_hold(hold_id: UUID) -> ResponseReturnValue:
    """Say no to a hold, or take it back before it has begun."""
    holds.decline(db(), by=actor(), hold_id=hold_id, now=now())
    done(_("It was declined. Nothing changes for the source."))
    return _list()


@pages.page(f"{_HOLD}/end", access=Permission.CASE_HOLD, methods=("POST",), fresh=".hold")
def end_hold(hold_id: UUID) -> ResponseReturnValue:
    """End a hold; what was taken back meanwhile is erased at once."""
    edge.erase(holds.end(db(), by=actor(), hold_id=hold_id, now=now()))
    done(_("The hold has ended. What its source took back meanwhile is erased."))
    return _list()


@pages.page(
    f"{CASE}/erase", access=Permission.CASE_ERASE, methods=("GET", "POST"), token=Token.FORM, fresh=True
)
def ask_removal(case_id: UUID) -> ResponseReturnValue:
    """Ask that a case be erased on its source's letter or a court's order."""
    form = RemovalForm()
    if form.validate_on_submit():
        authority = Authority(form.authority.data)
        try:
            removals.ask(
                db(),
                by=actor(),
                case_id=case_id,
                authority=authority,
                reason=form.reason.data or "",
                now=now(),
            )
        except InvalidError as problem:
            form.reason.errors = [_(str(problem))]
        else:
            done(_("Asked for. Another lead reviewer decides."))
            return _list()
    holds.knows_of(db(), by=actor(), case_id=case_id)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render_template("casework/removal_ask.html", form=form, case_id=case_id), status


@pages.page(_REMOVAL, access=Permission.CASE_ERASE)
def removal(removal_id: UUID) -> ResponseReturnValue:
    """Show one request to erase, with its reason."""
    by = actor()
    asked = removals.show(db(), by=by, removal_id=removal_id)
    return render_template(
        "casework/removal.html",
        asked=asked,
        row=asked.row,
        held=holds.longest(db(), case_id=asked.row.submission_id, today=today()),
        mine=asked.row.asked_by == by.id,
        form=PressForm(formdata=None),
        authorities=AUTHORITIES,
    )


@pages.page(f"{_REMOVAL}/approve", access=Permission.CASE_ERASE, methods=("POST",), fresh=".removal")
def approve_removal(removal_id: UUID) -> ResponseReturnValue:
    """Erase it, or let a hold put it off."""
    edge.erase(removals.approve(db(), by=actor(), removal_id=removal_id, now=now()))
    done(_("It is done: the account is erased, or will be as soon as no hold keeps it."))
    return _list()


@pages.page(f"{_REMOVAL}/decline", access=Permission.CASE_ERASE, methods=("POST",))
def decline_removal(removal_id: UUID) -> ResponseReturnValue:
    """Say no to erasing, or take the request back."""
    removals.decline(db(), by=actor(), removal_id=removal_id)
    done(_("It was declined. The account stays."))
    return _list()
