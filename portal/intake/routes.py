"""The public side's pages, one question each; every one works without scripts."""

from collections.abc import Callable
from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import validate_csrf
from wtforms.validators import ValidationError

from portal.config import Face
from portal.intake import consent, service, visit
from portal.intake.drafts import Draft
from portal.intake.forms import (
    ANSWER_LABELS,
    RELATION_LABELS,
    USE_LABELS,
    AccountForm,
    PermissionsForm,
    ReachingForm,
    SendForm,
    WordsForm,
    YouForm,
)
from portal.intake.journey import STEPS, Relation, Step, after, before, number_of
from portal.intake.models import Answer
from portal.permissions import Access
from portal.vault import receipt as receipts
from portal.vault.receipt import Receipt
from portal.web import edge
from portal.web.forms import PortalForm
from portal.web.guard import Pages, Token
from portal.web.locale import gettext as _
from portal.web.locale import language, number

pages = Pages("intake", __name__, face=Face.INTAKE)


@pages.page("/", access=Access.PUBLIC)
def start() -> ResponseReturnValue:
    """Say who reads, what will happen and what will not, before anything is asked."""
    return render_template("intake/start.html", begun=visit.has_draft())


@pages.page("/leave", access=Access.PUBLIC)
def leave() -> ResponseReturnValue:
    """Go elsewhere at once, leaving nothing in this browser that can be cleared."""
    visit.close_folder()
    answer = redirect(edge.settings().exit_address, HTTPStatus.SEE_OTHER)
    if request.headers.get("Sec-Fetch-Site") != "cross-site":  # a stranger's page must not empty a draft
        answer.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return answer


def _ask(step: Step, form: PortalForm, template: str, take: Callable[[Draft], None]) -> ResponseReturnValue:
    """Show one question; keep what was typed whichever button was pressed."""
    draft = visit.draft()
    if draft.sent:
        return redirect(url_for(".received"), HTTPStatus.SEE_OTHER)
    action = request.form.get("action", "")
    if request.method == "POST":
        if form.csrf_token.errors or not _token_holds():
            # The session ended while the page was open: what was typed is shown again and kept from now on.
            form.form_errors.append(
                _("You were away for a long time. What you wrote is here; press Continue once more.")
            )
            visit.keep(draft)
        elif form.validate() or (action in {"back", "skip"} and _left_empty(form)):
            take(draft)
            visit.keep(draft)
            return onwards(step, action)
    elif not visit.has_draft():
        visit.keep(draft)
    return render_template(template, form=form, draft=draft, **place(step))


def _left_empty(form: PortalForm) -> bool:
    """Tell whether nothing is wrong but that something was left empty: one may always go on, or back."""
    return all(not form[name].data for name in form.errors if name)


def _token_holds() -> bool:
    try:
        validate_csrf(request.form.get("csrf_token"))
    except ValidationError:
        return False
    return True


def place(step: Step) -> dict[str, object]:
    """Return where a step stands among the others, for its page."""
    return {"step": step, "now": number_of(step), "of": len(STEPS)}


def onwards(step: Step, action: str) -> ResponseReturnValue:
    """Return the way to the next page: back, to the check where a change came from, or on."""
    if action == "back":
        earlier = before(step)
        return redirect(url_for(f".{earlier}") if earlier else url_for(".start"), HTTPStatus.SEE_OTHER)
    if request.args.get("change"):
        return redirect(url_for(".check"), HTTPStatus.SEE_OTHER)
    later = after(step) or step
    return redirect(url_for(f".{later}"), HTTPStatus.SEE_OTHER)


@pages.page("/account", access=Access.PUBLIC, methods=("GET", "POST"), token=Token.FORM)
def account() -> ResponseReturnValue:
    """Ask for the account, in the source's own words: the only thing that is required."""
    form = AccountForm(data={"narrative": visit.draft().narrative})

    def take(draft: Draft) -> None:
        draft.narrative = form.narrative.data or ""

    return _ask(Step.ACCOUNT, form, "intake/account.html", take)


@pages.page("/you", access=Access.PUBLIC, methods=("GET", "POST"), token=Token.FORM)
def you() -> ResponseReturnValue:
    """Who the source is in the story."""
    form = YouForm(data={"relation": visit.draft().relation})

    def take(draft: Draft) -> None:
        draft.relation = form.relation.data if form.relation.data in RELATION_LABELS else ""

    return _ask(Step.YOU, form, "intake/you.html", take)


@pages.page("/permissions", access=Access.PUBLIC, methods=("GET", "POST"), token=Token.FORM)
def permissions() -> ResponseReturnValue:
    """Ask what is allowed: yes, ask me first, or no, for each use; nothing is chosen beforehand."""
    form = PermissionsForm(data=visit.draft().consent)

    def take(draft: Draft) -> None:
        draft.consent = {use: answer for use, answer in form.answers().items() if answer in ANSWER_LABELS}

    return _ask(Step.PERMISSIONS, form, "intake/permissions.html", take)


@pages.page("/reaching", access=Access.PUBLIC, methods=("GET", "POST"), token=Token.FORM)
def reaching() -> ResponseReturnValue:
    """How the source wishes to be called and reached."""
    draft = visit.draft()
    form = ReachingForm(data={"called": draft.called, "contact": draft.contact, "reread": draft.reread})

    def take(draft: Draft) -> None:
        draft.called, draft.contact = form.called.data or "", form.contact.data or ""
        draft.reread = form.reread.data if form.reread.data in {"yes", "no"} else ""

    return _ask(Step.REACHING, form, "intake/reaching.html", take)


def _chosen(answers: dict[str, str]) -> list[tuple[object, object]]:
    return [
        (USE_LABELS[use], ANSWER_LABELS[Answer(answers.get(use.value) or Answer.ASK)])
        for use in consent.ORDER
    ]


@pages.page("/check", access=Access.PUBLIC, methods=("GET", "POST"), token=Token.FORM)
def check() -> ResponseReturnValue:
    """Everything once more, each with a way to change it; sent only from here."""
    draft = visit.draft()
    if request.method == "POST" and not visit.has_draft():
        flash(_("What you had begun is no longer here: the page was left for too long. Please begin again."))
        return redirect(url_for(".start"), HTTPStatus.SEE_OTHER)
    if request.method == "POST" and not _token_holds():
        flash(_("The page was open for too long. Look at it once more, and press “Send” again."))
        return redirect(url_for(".check"), HTTPStatus.SEE_OTHER)
    if request.method == "POST" and not draft.sent:
        keys = receipts.keys_of(Receipt(draft.receipt), edge.settings().public_keys.receipt_salt)
        service.submit(
            edge.db(),
            draft=draft,
            keys=edge.recipients(),
            receipt=keys,
            language=language(),
            day=edge.today(),
        )
        draft.sent = True
        visit.keep(draft)
    if draft.sent:
        return redirect(url_for(".received"), HTTPStatus.SEE_OTHER)
    return render_template(
        "intake/check.html",
        form=SendForm(),
        draft=draft,
        relation=RELATION_LABELS[Relation(draft.relation)] if draft.relation else "",
        permissions=_chosen(draft.consent),
        **place(Step.CHECK),
    )


@pages.page("/received", access=Access.PUBLIC)
def received() -> ResponseReturnValue:
    """Show the nine words, the only key, until they are typed back."""
    draft = visit.draft()
    if not draft.sent:
        return redirect(url_for(".start" if not visit.has_draft() else ".check"), HTTPStatus.SEE_OTHER)
    return render_template(
        "intake/received.html",
        words=draft.receipt_words(language()),
        digits=Receipt(draft.receipt).digits(),
        day=edge.today(),
        file_count=len(draft.files),
    )


@pages.page("/received/words", access=Access.PUBLIC, methods=("GET", "POST"), token=Token.FORM)
def confirm() -> ResponseReturnValue:
    """Typing the words back, so that nobody leaves without them."""
    draft = visit.draft()
    if not draft.sent:
        return redirect(url_for(".start"), HTTPStatus.SEE_OTHER)
    form = WordsForm()
    if form.validate_on_submit():
        wrong = _wrong_words(form.words.data or "", Receipt(draft.receipt))
        if not wrong:
            visit.forget_draft()
            return render_template("intake/done.html", day=edge.today())
        form.words.errors = [wrong]
    return render_template("intake/confirm.html", form=form)


def _wrong_words(typed: str, receipt: Receipt) -> str:
    """Return what is not right in the typed words, or nothing."""
    if not typed.strip():
        return _("Type the nine words, with a space between them.")
    wrong = receipts.compare(typed, receipt)
    if not wrong:
        return ""
    if receipts.WORDS // 2 < receipts.count(typed) != receipts.WORDS:
        return _("We count %(count)s words; there should be nine.", count=number(receipts.count(typed)))
    if len(wrong) == receipts.WORDS:
        return _("These are not the nine words of the page before. Look at them once more.")
    places = _(", ").join(number(place) for place in wrong)
    return _("Look again at word number %(places)s.", places=places)
