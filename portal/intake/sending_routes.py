"""The last look, the sending, and the private code afterwards."""

from contextlib import suppress
from http import HTTPStatus

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from portal.database import empty_log
from portal.errors import UnavailableError
from portal.intake import draft_rows, letting_in_gate, receivers, service, visit
from portal.intake.asking import catalogue
from portal.intake.code_words import wrong_words
from portal.intake.day_words import understood
from portal.intake.drafts import Draft
from portal.intake.forms import SendForm, WordsForm
from portal.intake.journey import ASKED, PAGES, Kind, Page, Step
from portal.intake.models import Answer
from portal.intake.permission_forms import restated
from portal.intake.routes import ended, pages, place, token_holds
from portal.intake.upload_routes import landing, unfinished
from portal.permissions import Access
from portal.vault import receipt as receipts
from portal.vault.receipt import Receipt
from portal.web import edge
from portal.web.guard import Token
from portal.web.locale import gettext as _
from portal.web.locale import language
from portal.web.locale import lazy_gettext as _l


def _summary(draft: Draft) -> list[dict[str, object]]:
    """Return what every page of the journey was answered, for the last look."""
    found: list[dict[str, object]] = []
    for page in ASKED:
        if page.step is Step.ACCOUNT or not (page.when(draft.facts) or draft.cards(page.step)):
            continue
        asking = catalogue(language()).page(page.step)
        given = [draft.given(page)] if page.own else draft.cards(page.step)
        told = [
            [(asking.prompts[one.name].ask, *_read(page, one.name, card)) for one in page.fields]
            for card in given
        ]
        answered = [[row for row in rows if row[1]] for rows in told]
        # A question that is its page's heading is not said twice.
        alone = [one.ask for one in asking.prompts.values()] == [asking.title]
        cards = [rows for rows in answered if rows]
        found.append({"page": page, "title": asking.title, "alone": alone, "cards": cards})
    return found


def _read(page: Page, name: str, card: dict[str, str]) -> tuple[str, str]:
    """Return an answer in words, and how a date was understood."""
    field, value = next(one for one in page.fields if one.name == name), card.get(name, "")
    if field.kind in {Kind.ONE, Kind.MANY}:
        choices = catalogue(language()).page(page.step).prompts[name].choices
        return _(", ").join(choices[one].split("\n")[0] for one in value.split() if one in choices), ""
    return value, understood(value) if field.kind is Kind.DATE else ""


@pages.page("/check", access=Access.PUBLIC, methods=("GET", "POST"), token=Token.FORM)
def check() -> ResponseReturnValue:
    """Everything once more, each with a way to change it; sent only from here."""
    if (away := ended()) is not None:
        return away
    if request.method == "POST" and not visit.has_draft():
        flash(_("What you had begun is no longer here: the page was left for too long. Please begin again."))
        return redirect(url_for(".start"), HTTPStatus.SEE_OTHER)
    draft = visit.draft()
    if draft.sent:
        return redirect(url_for(".received"), HTTPStatus.SEE_OTHER)
    if request.method == "POST":
        return _pressed(draft)
    return render_template(
        "intake/check.html",
        form=SendForm(),
        draft=draft,
        summary=_summary(draft),
        documents=PAGES[Step.DOCUMENTS],
        permissions=restated(draft.consent, receivers.present(edge.db())),
        unfinished=unfinished(draft),
        opens=_opens(),
        opening=OPENING,
        **place(Step.CHECK),
    )


def _pressed(draft: Draft) -> ResponseReturnValue:
    """Send, if the press is one of this visit and the account was let in."""
    if not token_holds():
        flash(_("The page was open for too long. Look at it once more, and press “Send” again."))
        return redirect(url_for(".check"), HTTPStatus.SEE_OTHER)
    if not draft.narrative.strip() and not draft.files:
        flash(_("Write something first, even one sentence; or record your voice, or add a file, below."))
        return redirect(url_for(".account"), HTTPStatus.SEE_OTHER)
    chosen = request.form.get("reread", "")
    if chosen in OPENING and not draft.reread:
        _choose(draft, chosen)
    if not draft.reread:
        return redirect(url_for(".check", _anchor="opens"), HTTPStatus.SEE_OTHER)
    return letting_in_gate.first("check") or _send(draft)


OPENING = {
    Answer.YES.value: (
        _l("Send it. My nine words may show it to me"),
        _l("Good if you live where nobody searches your home, and want to read it again."),
    ),
    Answer.NO.value: (
        _l("Send it. My nine words show only messages and the outcome"),
        _l("Good if somebody might find your paper: they cannot read it then, and neither can you."),
    ),
}
"""Whether the nine words open what was sent: nobody is sent off without knowing."""


def _opens() -> str:
    return catalogue(language()).page(Step.REACHING).prompts["reread"].ask


def _choose(draft: Draft, chosen: str) -> None:
    """Keep the choice, and how it was put."""
    draft.reread = chosen
    lines = [_opens(), *(str(line) for both in OPENING.values() for line in both)]
    shown = {"language": language(), "text": "\n".join(lines), "version": catalogue(language()).version}
    draft.asked.setdefault(Step.REACHING, {})["reread"] = shown
    visit.keep(draft)


def _send(draft: Draft) -> Response:
    """Send it: the account comes and the draft goes in one transaction; then what is left of the draft."""
    salt = edge.settings().public_keys.receipt_salt
    keys = draft.receipt_keys or receipts.keys_of(Receipt(draft.receipt), salt)
    service.submit(
        edge.db(), draft=draft, keys=edge.recipients(), receipt=keys, language=language(), day=edge.today()
    )
    pointer, arriving, database = visit.kept(), landing(draft), edge.parts().database
    if pointer is not None:
        draft_rows.let_go(edge.db(), pointer.draft_id)
    visit.has_sent(draft)
    answer = Response(status=HTTPStatus.SEE_OTHER)
    answer.location = url_for(".received")

    def tidy() -> None:
        # It is sent: nothing of this may undo that, and what is left here the sweep erases.
        with suppress(UnavailableError, SQLAlchemyError):
            arriving.forget()
            if pointer is not None:
                with database.session(write=True) as session:
                    draft_rows.erase(session, pointer.draft_id)
                empty_log(database.main)

    answer.call_on_close(tidy)
    return answer


@pages.page("/received", access=Access.PUBLIC)
def received() -> ResponseReturnValue:
    """Show the nine words, the only key, until they are typed back."""
    if request.args.get("sent") and not visit.knows_of_sending():
        flash(_("This account has been sent. With your nine words you open its folder."))
        return redirect(url_for("folder.come_back"), HTTPStatus.SEE_OTHER)
    draft = visit.draft()
    if not draft.sent:
        return redirect(url_for(".start" if not visit.has_draft() else ".check"), HTTPStatus.SEE_OTHER)
    if draft.confirmed:
        return _done(draft, arrived=True)
    return render_template(
        "intake/received.html",
        words=draft.receipt_words(language()),
        digits=Receipt(draft.receipt).digits(),
        day=edge.today(),
        file_count=len(draft.files),
        reread=draft.reread,
    )


def _done(draft: Draft, *, arrived: bool) -> str:
    """Show what comes next, and a short receipt that says nothing of what it is about."""
    return render_template(
        "intake/done.html",
        day=edge.today(),
        count=len(draft.files),
        texts=int(draft.told),
        reread=draft.reread,
        arrived=arrived,
    )


@pages.page("/received/words", access=Access.PUBLIC, methods=("GET", "POST"), token=Token.FORM)
def confirm() -> ResponseReturnValue:
    """Typing the words back, so that nobody leaves without them."""
    draft = visit.draft()
    if not draft.sent or draft.confirmed:
        return redirect(url_for(".received" if draft.sent else ".start"), HTTPStatus.SEE_OTHER)
    form = WordsForm()
    if form.validate_on_submit():
        wrong = wrong_words(form.words.data or "", Receipt(draft.receipt))
        if not wrong:
            visit.forget_draft()
            return _done(draft, arrived=False)
        form.words.errors = [wrong]
    return render_template("intake/confirm.html", form=form, back=url_for(".received"), later="")
