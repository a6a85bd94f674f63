"""The private code, early; rest, for an hour or a month; erasing what was written. Nothing needs scripts."""

from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.intake import draft_rows, letting_in_gate, visit
from portal.intake.code_words import wrong_words
from portal.intake.draft_rows import GoneError
from portal.intake.drafts import Draft
from portal.intake.forms import PressForm, WordsForm
from portal.intake.journey import STEPS, Step
from portal.intake.models import Submission
from portal.intake.routes import ended, onwards, pages, place
from portal.intake.upload_routes import landing
from portal.permissions import Access
from portal.vault import receipt as receipts
from portal.vault.receipt import Receipt
from portal.web import edge
from portal.web.guard import Token
from portal.web.locale import gettext as _
from portal.web.locale import language


@pages.page("/code", access=Access.PUBLIC, methods=("GET", "POST"), token=Token.FORM)
def code() -> ResponseReturnValue:
    """Show the nine words, early: with them the draft is kept, and later the account is opened."""
    if request.method == "GET" and (away := ended()) is not None:
        return away
    draft, form = visit.draft(), PressForm()
    if draft.sent:
        return redirect(url_for(".received"), HTTPStatus.SEE_OTHER)
    if form.validate_on_submit():
        action = request.form.get("action", "")
        if action == "continue":
            if visit.kept() is None:
                way = letting_in_gate.first("code")
                if way is not None:
                    return way
                keep_under_code(draft)
            return redirect(url_for(".code_words"), HTTPStatus.SEE_OTHER)
        return _on(draft) if action == "later" else onwards(Step.CODE, action)
    if not visit.has_draft():
        visit.keep(draft)
    return render_template(
        "intake/code.html",
        form=form,
        words=draft.receipt_words(language()),
        digits=Receipt(draft.receipt).digits(),
        kept=visit.kept() is not None,
        shown=visit.kept() is None or "show" in request.args,
        days=edge.settings().draft_days,
        **place(Step.CODE),
    )


def keep_under_code(draft: Draft) -> None:
    """Keep the draft under its private code from now on; its keys are stretched here and never again."""
    keys = receipts.keys_of(Receipt(draft.receipt), edge.settings().public_keys.receipt_salt)
    pointer = draft_rows.keep_first(edge.db(), draft=draft, receipt=keys, until=visit.next_until())
    visit.keep_under(pointer, draft.submission_id)


def _on(draft: Draft) -> ResponseReturnValue:
    """Go on where one was, or with the first question."""
    return redirect(url_for(f".{draft.at or Step.YOU}"), HTTPStatus.SEE_OTHER)


@pages.page("/code/words", access=Access.PUBLIC, methods=("GET", "POST"), token=Token.FORM)
def code_words() -> ResponseReturnValue:
    """Typing the words back at once; put off, it is asked again when the account is sent."""
    draft, form = visit.draft(), WordsForm()
    if draft.sent or visit.kept() is None:
        return redirect(url_for(".code"), HTTPStatus.SEE_OTHER)
    if form.validate_on_submit():
        wrong = wrong_words(form.words.data or "", Receipt(draft.receipt))
        if not wrong:
            draft.confirmed = True
            visit.keep(draft)
            return _on(draft)
        form.words.errors = [wrong]
    later = url_for(f".{draft.at or Step.YOU}")
    return render_template("intake/confirm.html", form=form, back=url_for(".code", show=1), later=later)


@pages.page("/rest", access=Access.PUBLIC)
def rest() -> ResponseReturnValue:
    """Rest: what is kept, for how long, and the way back to where one was."""
    at = request.args.get("at", "")
    begun = visit.has_draft() and not visit.draft().sent
    known = at if at in set(STEPS) else (visit.draft().at if begun else "")
    return render_template(
        "intake/rest.html",
        at=url_for(f".{known}") if known else url_for(".start"),
        begun=begun,
        until=visit.kept_until() if begun else None,
        days=edge.settings().draft_days,
    )


@pages.page("/erase", access=Access.PUBLIC, methods=("GET", "POST"), token=Token.FORM)
def erase() -> ResponseReturnValue:
    """Erase what was written and not sent, at once: the draft, its key, its files."""
    if not visit.has_draft() or visit.draft().sent:
        return redirect(url_for(".start"), HTTPStatus.SEE_OTHER)
    form = PressForm()
    if not form.validate_on_submit():
        return render_template("intake/erase.html", form=form, files=len(visit.draft().files))
    draft, pointer = visit.draft(), visit.kept()
    mine, arriving = draft_rows.belongings(draft), landing(draft)
    if pointer is not None:
        draft_rows.erase(edge.db(), pointer.draft_id)
    visit.forget_draft()
    edge.erase(mine.files)
    arriving.forget()
    flash(_("Everything that you had written here is erased."))
    return redirect(url_for(".start"), HTTPStatus.SEE_OTHER)


@pages.app_errorhandler(GoneError)
def gone(error: GoneError) -> ResponseReturnValue:
    """Say that a draft went in another window; sending twice leads to the one account."""
    del error
    submission_id = visit.submission_id()
    if submission_id is not None and edge.db().get(Submission, submission_id) is not None:
        return redirect(url_for("intake.received", sent=1), HTTPStatus.SEE_OTHER)
    visit.forget_draft()
    flash(_("What was kept here is gone: it was erased in another window, or its time was over."))
    return redirect(url_for("intake.start"), HTTPStatus.SEE_OTHER)
