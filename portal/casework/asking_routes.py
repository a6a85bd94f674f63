"""The page on which staff ask a source for one use, and a colleague's leave to write to them again."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue
from wtforms import SelectField, TextAreaField
from wtforms.validators import DataRequired, Length

from portal.casework import asking, labels
from portal.casework.forms import PressForm
from portal.casework.pages import CASE, pages, see
from portal.errors import InvalidError, StaleError
from portal.intake.consent import name_of, named
from portal.intake.models import QuestionState, Use
from portal.intake.questions import LONGEST
from portal.permissions import Permission
from portal.staff.current import actor
from portal.web.edge import db, now
from portal.web.forms import PortalForm, SelectChoice, normal_lines
from portal.web.guard import Token
from portal.web.locale import gettext as _
from portal.web.locale import lazy_gettext as _l
from portal.web.notices import done

STATES = {
    QuestionState.OPEN: _l("waits for an answer"),
    QuestionState.LATER: _l("the source will answer later"),
    QuestionState.ANSWERED: _l("answered"),
}


def _reason(label: Any) -> TextAreaField:
    return TextAreaField(
        label,
        filters=[lambda text: normal_lines(text or "").strip()],
        validators=[
            DataRequired(_l("Write something first.")),
            Length(max=LONGEST, message=_l("Please make it shorter.")),
        ],
    )


class AskForm(PortalForm):
    """For which use, and why."""

    use = SelectField(_l("What do you ask for?"))
    reason = _reason(_l("Why"))


class LeaveForm(PortalForm):
    """Why a source has to be written to again."""

    again = _reason(_l("Why the source has to be written to again"))


def _page(case_id: UUID, **forms: PortalForm) -> ResponseReturnValue:
    standing = asking.standing(db(), by=actor(), case_id=case_id)
    ask = forms.get("ask") or AskForm(formdata=None)
    _offer(ask, standing)
    leave = forms.get("leave") or LeaveForm(formdata=None)
    page = render_template(
        "casework/asking.html",
        case_id=case_id,
        standing=standing,
        ask=ask,
        leave=leave,
        press=PressForm(formdata=None),
        labels=labels,
        states=STATES,
        me=actor().name,
        lead=actor().may(Permission.CASE_APPROVE),
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if forms else HTTPStatus.OK


def _offer(form: Any, standing: asking.Standing) -> None:
    form.use.choices = [
        SelectChoice(name_of(*aim), labels.aim_of(*aim, standing.receivers)) for aim in standing.may_ask
    ]


@pages.page(f"{CASE}/ask", access=Permission.CASE_CONTACT, methods=("GET", "POST"), token=Token.FORM)
def ask_source(case_id: UUID) -> ResponseReturnValue:
    """Show what the source decided and was asked; ask for one use."""
    if request.method == "GET":
        return _page(case_id)
    form = AskForm()
    _offer(form, asking.standing(db(), by=actor(), case_id=case_id))
    if form.validate_on_submit():
        use, receiver = named(form.use.data or "") or (Use.DIED, None)
        reason = form.reason.data or ""
        try:
            asking.ask(
                db(), by=actor(), case_id=case_id, use=use, reason=reason, now=now(), receiver=receiver
            )
        except (InvalidError, StaleError) as problem:
            form.reason.errors = [_(str(problem))]
        else:
            done(_("The question lies in the source's folder."))
            return see(case_id)
    return _page(case_id, ask=form)


@pages.page(f"{CASE}/ask/leave", access=Permission.CASE_CONTACT, methods=("POST",), token=Token.FORM)
def ask_leave(case_id: UUID) -> ResponseReturnValue:
    """Ask a colleague to agree that the source is written to again."""
    form = LeaveForm()
    if form.validate_on_submit():
        try:
            asking.ask_leave(db(), by=actor(), case_id=case_id, reason=form.again.data or "", now=now())
        except (InvalidError, StaleError) as problem:
            form.again.errors = [_(str(problem))]
        else:
            done(_("Asked for. A colleague has to agree."))
            return see(case_id)
    return _page(case_id, leave=form)


@pages.page(
    f"{CASE}/ask/leave/<uuid:leave_id>", access=Permission.CASE_CONTACT, methods=("POST",), token=Token.FORM
)
def agree_to_contact(case_id: UUID, leave_id: UUID) -> ResponseReturnValue:
    """Agree that a colleague writes to the source again."""
    asking.agree(db(), by=actor(), case_id=case_id, leave_id=leave_id, now=now())
    done(_("Agreed. The source may be written to once more."))
    return see(case_id)


@pages.page(
    f"{CASE}/died",
    access=Permission.CASE_APPROVE,
    methods=("POST",),
    token=Token.FORM,
    fresh=".ask_source",
)
def record_death(case_id: UUID) -> ResponseReturnValue:
    """Write down that the source has died."""
    asking.record_death(db(), by=actor(), case_id=case_id)
    done(_("Written down. What the source wished for this case holds from now on."))
    return see(case_id)
