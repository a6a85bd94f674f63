"""Pages of the second look: what waits for it, the blind answer, and a lead's decision where two differ."""

from dataclasses import replace
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.casework.reading import Mark
from portal.casework.search_routes import page_asked
from portal.errors import InvalidError, NotFoundError, StaleError
from portal.linking import candidates, labels, reviewing, thirds
from portal.linking.candidates import Candidate
from portal.linking.cards import card
from portal.linking.forms import LinkForm, SettleForm
from portal.linking.models import LinkState
from portal.linking.opinions import Choice
from portal.linking.reviewing import Given
from portal.linking.routes import ONE, TYPED, closely, decide, new_kinds, pages, uuid
from portal.linking.vocabulary import Answer, LinkRelation, Outcome
from portal.permissions import Permission
from portal.registry.vocabulary import Basis, Certainty
from portal.staff.current import actor
from portal.web.edge import db, now
from portal.web.guard import Token, may_open
from portal.web.locale import gettext as _
from portal.web.locale import lazy_gettext as _l


@pages.page("/second-looks", access=Permission.CASE_LINK, writes=True, menu=_l("Second looks"))
def second_looks() -> ResponseReturnValue:
    """List what waits for this person's second look, and for a lead what two see differently."""
    page = page_asked()
    waiting, further = reviewing.waiting(db(), by=actor(), page=page)
    lead = actor().may(Permission.CASE_APPROVE)
    disputed, more = reviewing.disputed(db(), by=actor(), page=page) if lead else ([], False)
    return render_template(
        "linking/second_looks.html",
        waiting=waiting,
        disputed=disputed,
        own=thirds.own(db(), by=actor()) if lead else [],
        further=further or more,
        beyond=reviewing.MOST if reviewing.beyond(db(), by=actor()) else 0,
        page=page,
    )


@pages.app_context_processor
def _thirds() -> dict[str, Any]:
    """Let the pages where leads and administrators begin say what waits for a third person."""
    return {
        "waiting_for_a_third": lambda: thirds.waiting_for_a_third(db(), by=actor()),
        "may_look_twice": may_open(Permission.CASE_APPROVE),
    }


def _list(said: str) -> ResponseReturnValue:
    flash(said)
    return redirect(url_for(".second_looks"), HTTPStatus.SEE_OTHER)


@pages.page(f"{ONE}/second", access=Permission.CASE_LINK, methods=("GET", "POST"), writes=True)
def second(case_id: UUID, link_id: UUID) -> ResponseReturnValue:
    """Ask somebody what marked words mean, without saying what anybody else thinks."""
    try:
        mark = reviewing.question(db(), by=actor(), case_id=case_id, link_id=link_id)
        if "record" in request.values:
            return _of_record(case_id, link_id, mark)
        if request.method == "POST":
            return _of_none(case_id, link_id)
    except StaleError as problem:
        return _list(_(str(problem)))
    text = (request.args.get("q", "").strip() or mark.at.quote)[:TYPED]
    found = candidates.propose(db(), by=actor(), case_id=case_id, text=text, mark_id=mark.id)
    return render_template(
        "linking/second.html",
        case_id=case_id,
        link_id=link_id,
        mark=mark,
        text=text,
        found=found,
        cards=[card(_blind(one), text) for one in (*found.candidates, *found.aside)],
        kinds=new_kinds(mark),
    )


def _blind(one: Candidate) -> Candidate:
    """Leave out what others have said of a record in this case: it may be what the first reviewer said."""
    return replace(one, linked=())


def _of_record(case_id: UUID, link_id: UUID, mark: Mark) -> ResponseReturnValue:
    record_id = uuid(request.values.get("record"))
    text = (request.args.get("q", "").strip() or mark.at.quote)[:TYPED]
    one = _blind(closely(case_id, mark, text, record_id))
    form = LinkForm(annotation=str(mark.id), record=str(record_id))
    form.offer(one.target)
    if form.validate_on_submit():
        given = Given(
            Answer.RECORD,
            record_id,
            LinkRelation(form.relation.data),
            Certainty(form.certainty.data),
            Basis(form.basis.data),
            form.comment.data or "",
        )
        return _said(case_id, link_id, given)
    send = url_for(".second", case_id=case_id, link_id=link_id)
    back = url_for(".second", case_id=case_id, link_id=link_id, q=text)
    return decide(mark, form, one, text, send=send, back=back, blind=True)


def _of_none(case_id: UUID, link_id: UUID) -> ResponseReturnValue:
    said = request.form.get("answer", "")
    if said not in {Answer.NONE, Answer.UNSURE}:
        raise InvalidError("Choose one of the answers.")
    comment = request.form.get("comment", "")
    return _said(case_id, link_id, Given(Answer(said), comment=comment))


def _said(case_id: UUID, link_id: UUID, given: Given) -> ResponseReturnValue:
    state = reviewing.second(db(), by=actor(), case_id=case_id, link_id=link_id, given=given, now=now())
    if state is LinkState.CURRENT:
        return _list(_("Both of you say the same. The link holds now."))
    return _list(_("The two of you see it differently. A lead looks at both answers."))


@pages.page(
    f"{ONE}/settle",
    access=Permission.CASE_APPROVE,
    methods=("GET", "POST"),
    writes=True,
    token=Token.FORM,
)
def settle(case_id: UUID, link_id: UUID) -> ResponseReturnValue:
    """Show a lead what two say of the same words, side by side, to decide with a reason."""
    try:
        one, mark, around = reviewing.dispute(db(), by=actor(), case_id=case_id, link_id=link_id)
        form = SettleForm()
        form.offer(reviewing.outcomes(one))
        if form.validate_on_submit():
            reviewing.settle(
                db(),
                by=actor(),
                case_id=case_id,
                link_id=link_id,
                outcome=Outcome(form.outcome.data),
                reason=form.reason.data or "",
                now=now(),
            )
            return _list(_("Decided. What both said stays in the history of the case."))
    except StaleError as problem:
        return _list(_(str(problem)))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    page = render_template(
        "linking/settle.html",
        case_id=case_id,
        link_id=link_id,
        mark=mark,
        passage=around,
        form=form,
        sides=[(said, _card(case_id, mark, said.choice)) for said in one.hands],
        labels=labels,
    )
    return page, status


def _card(case_id: UUID, mark: Mark, choice: Choice | None) -> dict[str, object] | None:
    """Return a record's card with what speaks for and against it; None where there is none to be seen."""
    if choice is None:
        return None
    try:
        return card(closely(case_id, mark, mark.at.quote, choice.record_id), mark.at.quote)
    except NotFoundError:
        return None
