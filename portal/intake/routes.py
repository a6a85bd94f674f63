"""The public side's pages, one question each; every one works without scripts."""

from collections.abc import Callable
from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import validate_csrf
from wtforms.validators import ValidationError

from portal.config import Face
from portal.intake import draft_merging, visit
from portal.intake.answers import shown_as
from portal.intake.asking import catalogue
from portal.intake.drafts import Draft
from portal.intake.forms import (
    PressForm,
    answers_of,
    form_of,
    shown,
)
from portal.intake.journey import (
    ASKED,
    MOST_CARDS,
    Facts,
    Page,
    Step,
    after,
    before,
    number_of,
    path,
)
from portal.intake.merging_words import two_versions
from portal.intake.permission_forms import PAGES as PERMITTING
from portal.intake.permission_forms import PRIVATE
from portal.permissions import Access
from portal.web import edge
from portal.web.forms import PortalForm
from portal.web.guard import Pages, Token
from portal.web.locale import gettext as _
from portal.web.locale import language

pages = Pages("intake", __name__, face=Face.INTAKE)


@pages.page("/", access=Access.PUBLIC)
def start() -> ResponseReturnValue:
    """Say who reads, what will happen and what will not, before anything is asked."""
    if visit.has_draft() and visit.draft().sent and visit.draft().confirmed:
        visit.forget_draft()  # one may begin another
    begun = url_for(f".{visit.draft().at or Step.ACCOUNT}") if visit.has_draft() else ""
    return render_template("intake/start.html", begun=begun, days=edge.settings().draft_days)


@pages.page("/leave", access=Access.PUBLIC)
def leave() -> ResponseReturnValue:
    """Go elsewhere at once, leaving nothing in this browser that can be cleared."""
    visit.close_folder()
    answer = redirect(edge.settings().exit_address, HTTPStatus.SEE_OTHER)
    if request.headers.get("Sec-Fetch-Site") != "cross-site":  # a stranger's page must not empty a draft
        answer.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return answer


MOST_TYPED = 600_000
"""Characters that one draft may hold; what is longer comes as a file."""


def _away(form: PortalForm, draft: Draft) -> None:
    """Show again what was typed on a page whose session ended meanwhile; it is kept from now on."""
    form.form_errors.append(
        _("You were away for a long time. What you wrote is here; press Continue once more.")
    )
    visit.keep(draft)


def ended() -> ResponseReturnValue | None:
    """Return the way to the private code, for a browser whose visit ended meanwhile; told once."""
    if not visit.has_ended():
        return None
    flash(
        _(
            "You were away for a long time, and the page had closed. With your nine words all that you saved "
            "is here again. Without them it cannot be opened any more, and you can begin anew."
        )
    )
    return redirect(url_for("folder.come_back"), HTTPStatus.SEE_OTHER)


def _accepts(form: PortalForm, action: str) -> bool:
    """Tell whether a form may be left: in order, or nothing wrong with it but that something is empty."""
    return bool(form.validate()) or (action not in {"", "continue", "add"} and _left_empty(form))


def _ask(page: Page) -> ResponseReturnValue:
    """Show one question; keep what was typed whichever button was pressed."""
    if request.method == "GET" and (away := ended()) is not None:
        return away
    draft = visit.draft()
    if draft.sent:
        return redirect(url_for(".received"), HTTPStatus.SEE_OTHER)
    card = _card(draft, page)
    given = draft.given(page, card)
    form = form_of(page, language())(data=shown(page, given))
    if request.method == "POST":
        answer = _answered(page, form, draft, card)
        if answer is not None:
            return answer
    elif not visit.has_draft():
        visit.keep(draft)
    return render_template(
        "intake/account.html" if page.step is Step.ACCOUNT else "intake/question.html",
        form=form,
        draft=draft,
        asking=catalogue(language()).page(page.step),
        page=page,
        card=card,
        answered=any(given.values()) or bool(page.cards and draft.cards(page.step)),
        seen=request.form.get("seen") or draft_merging.mark(given),
        away=visit.has_ended(),
        **place(page.step),
    )


def _answered(page: Page, form: PortalForm, draft: Draft, card: int | None) -> ResponseReturnValue | None:
    """Keep what was typed and return the way on; None when the page is shown again."""
    action = request.form.get("action", "")
    if form.csrf_token.errors or not token_holds():
        if visit.has_ended() and _fits(page, form, draft, card):
            _take(page, form, draft, card, "")
            draft.at = page.step
        _away(form, draft)
        return None
    if not (_accepts(form, action) and _is_told(page, form, draft) and _fits(page, form, draft, card)):
        return None
    both = _take(page, form, draft, card, action)
    draft.at = headed(page.step, action, draft.facts)
    visit.keep(draft)
    if both:
        flash(
            _(
                "This page was changed in another window as well. Nothing is lost: both are here. Look at it "
                "once more."
            )
        )
        change = request.args.get("change")
        return redirect(url_for(f".{page.step}", change=change), HTTPStatus.SEE_OTHER)
    return _next(page, action, card)


def _card(draft: Draft, page: Page) -> int | None:
    """Return which card is open; none for a new one, or on a page without cards."""
    asked = request.args.get("card", "")
    place = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= len(str(MOST_CARDS)) else 0
    return place - 1 if page.cards and 0 < place <= len(draft.cards(page.step)) else None


def _fits(page: Page, form: PortalForm, draft: Draft, card: int | None) -> bool:
    """See that a draft does not grow beyond what can be kept."""
    typed = sum(len(text) for text in answers_of(page, form).values())
    new = page.cards and card is None and bool(typed)
    full = new and len(draft.cards(page.step)) >= MOST_CARDS
    others = draft.typed() - sum(len(text) for text in draft.given(page, card).values())
    if full or typed + others > MOST_TYPED:
        form.form_errors.append(_("This is as much as one account can carry. Send the rest as a file."))
        return False
    return True


def _is_told(page: Page, form: PortalForm, draft: Draft) -> bool:
    """See that there is something to tell: text, a recording or a file; the only thing that is required."""
    if page.step is not Step.ACCOUNT or request.form.get("action", "") not in {"", "continue"}:
        return True
    if (form["narrative"].data or "").strip() or draft.files:
        return True
    form["narrative"].errors = [
        _("Write something first, even one sentence; or record your voice, or add a file, below.")
    ]
    return False


def _take(page: Page, form: PortalForm, draft: Draft, card: int | None, action: str) -> bool:
    """Put the answers of a page into the draft; tell whether what another window wrote was kept beside."""
    answers = {} if action == "remove" else answers_of(page, form)
    seen, now = request.form.get("seen", ""), draft.given(page, card)
    both = draft_merging.differ(now, answers, seen, draft.forms.get(page.step, ""))
    if both:
        draft_merging.take_both(draft, page, answers, two_versions())
    elif action != "remove" or page.cards:
        draft.take(page, answers, card)
    draft_merging.remember(draft, page.step, seen)
    given = [name for name, value in answers.items() if value.strip()]
    shown_as(draft, page, catalogue(language()), given)
    return both


def _next(page: Page, action: str, card: int | None) -> ResponseReturnValue:
    """Return the way on: another card of the same page, another way to tell, or another page."""
    changed = request.args.get("change")
    if action == SAVE:
        flash(_("Saved. You can go on writing."))
    if action in {"add", "remove", SAVE} or (card is not None and action in {"", "continue"} and not changed):
        return redirect(url_for(f".{page.step}", change=changed), HTTPStatus.SEE_OTHER)
    return onwards(page.step, action)


def ask(
    step: Step, form: PortalForm, template: str, take: Callable[[Draft], None], **more: object
) -> ResponseReturnValue:
    """Show a page that has a form of its own; keep what was typed whichever button was pressed."""
    if request.method == "GET" and (away := ended()) is not None:
        return away
    draft = visit.draft()
    if draft.sent:
        return redirect(url_for(".received"), HTTPStatus.SEE_OTHER)
    action = request.form.get("action", "")
    if request.method == "POST":
        if form.csrf_token.errors or not token_holds():
            _away(form, draft)
        elif _accepts(form, action):
            take(draft)
            draft.at = headed(step, action, draft.facts)
            visit.keep(draft)
            return onwards(step, action)
    elif not visit.has_draft():
        visit.keep(draft)
    return render_template(template, form=form, draft=draft, away=visit.has_ended(), **more, **place(step))


def _left_empty(form: PortalForm) -> bool:
    """Tell whether nothing is wrong but that something was left empty: one may always go on, or back."""
    return all(not form[name].data for name in form.errors if name)


def token_holds() -> bool:
    """Tell whether the form that was sent is one of this visit."""
    try:
        validate_csrf(request.form.get("csrf_token"))
    except ValidationError:
        return False
    return True


def place(step: Step) -> dict[str, object]:
    """Return where a step stands among the others, for its page."""
    facts = visit.draft().facts
    until = visit.kept_until()
    return {
        "step": step,
        "now": number_of(step, facts),
        "of": len(path(facts, with_step=step)),
        "until": until,
        "soon": until is not None and (until - edge.today()).days < WARNED,
    }


SAVE = "save"
"""The button, for those without scripts, that keeps what was typed and stays where one is."""

WARNED = 7
"""Days before its end on which a draft's pages say so aloud."""

ELSEWHERE = {
    "rest": ".rest",
    "voice": ".voice",
    "documents": ".documents",
    "many": ".many",
    **{step.value: f".{step}" for step in PERMITTING},
}
"""Buttons that lead beside the journey, or to another page of permissions; what was typed is kept first."""


def headed(step: Step, action: str, facts: Facts) -> Step:
    """Return the page of the journey that a button leads to; from beside it one comes back to the same."""
    if action in ELSEWHERE or action in {"add", "remove", SAVE}:
        return step
    if action == "back":
        return before(step, facts) or step
    if request.args.get("change"):
        return Step.CHECK
    # Who refused everything is asked no more about it.
    return after(Step.LASTING if action == PRIVATE else step, facts) or step


def onwards(step: Step, action: str) -> ResponseReturnValue:
    """Return the way to the next page: back, aside, to the check where a change came from, or on."""
    facts = visit.draft().facts
    if action in ELSEWHERE:
        change = request.args.get("change")
        return redirect(url_for(ELSEWHERE[action], at=step, change=change), HTTPStatus.SEE_OTHER)
    if action == "back" and before(step, facts) is None:
        return redirect(url_for(".start"), HTTPStatus.SEE_OTHER)
    return redirect(url_for(f".{headed(step, action, facts)}"), HTTPStatus.SEE_OTHER)


def _view(page: Page) -> Callable[[], ResponseReturnValue]:
    def asked() -> ResponseReturnValue:
        return _ask(page)

    asked.__name__ = page.step.value
    return asked


for _page in ASKED:
    pages.page(f"/{_page.step}", access=Access.PUBLIC, methods=("GET", "POST"), token=Token.FORM)(
        _view(_page)
    )


@pages.page("/safe", access=Access.PUBLIC, methods=("GET", "POST"), token=Token.FORM)
def safe() -> ResponseReturnValue:
    """Say what is wise on this device and in this place; what was answered is kept nowhere."""
    form = PressForm()
    where = request.form.get("where", "") if request.method == "POST" else ""
    return render_template("intake/safe.html", form=form, where=where, **place(Step.SAFE))


@pages.page("/pause", access=Access.PUBLIC, methods=("GET", "POST"), token=Token.FORM)
def pause() -> ResponseReturnValue:
    """Say what is asked next, before it is asked: now, later, or not at all."""

    def take(draft: Draft) -> None:
        action = request.form.get("action", "")
        if action in {"skip", "continue"}:
            draft.paused = action

    return ask(Step.PAUSE, PressForm(), "intake/pause.html", take)


@pages.page("/support", access=Access.PUBLIC)
def support() -> ResponseReturnValue:
    """Where somebody listens, by country; a page of ours, without a link to anywhere."""
    return render_template("intake/support.html")
