"""The public side's pages, one question each; every one works without scripts."""

from collections.abc import Callable
from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import validate_csrf
from wtforms.validators import ValidationError

from portal.config import Face
from portal.intake import letting_in_gate, service, visit
from portal.intake.answers import shown_as
from portal.intake.asking import catalogue
from portal.intake.day_words import understood
from portal.intake.drafts import Draft
from portal.intake.forms import (
    PressForm,
    SendForm,
    WordsForm,
    answers_of,
    form_of,
    shown,
)
from portal.intake.journey import (
    ASKED,
    MOST_CARDS,
    PAGES,
    STEPS,
    Kind,
    Page,
    Step,
    after,
    before,
    number_of,
    path,
)
from portal.intake.permission_forms import PermissionsForm, restated
from portal.intake.permission_forms import shown as shown_permissions
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


MOST_TYPED = 600_000
"""Characters that one draft may hold; what is longer comes as a file."""


def _away(form: PortalForm, draft: Draft) -> None:
    """Show again what was typed on a page whose session ended meanwhile; it is kept from now on."""
    form.form_errors.append(
        _("You were away for a long time. What you wrote is here; press Continue once more.")
    )
    visit.keep(draft)


def _accepts(form: PortalForm, action: str) -> bool:
    """Tell whether a form may be left: in order, or nothing wrong with it but that something is empty."""
    return bool(form.validate()) or (action not in {"", "continue", "add"} and _left_empty(form))


def _ask(page: Page) -> ResponseReturnValue:
    """Show one question; keep what was typed whichever button was pressed."""
    draft = visit.draft()
    if draft.sent:
        return redirect(url_for(".received"), HTTPStatus.SEE_OTHER)
    card = _card(draft, page)
    form = form_of(page, language())(data=shown(page, draft.given(page, card)))
    action = request.form.get("action", "")
    if request.method == "POST":
        if form.csrf_token.errors or not _token_holds():
            _away(form, draft)
        elif _accepts(form, action) and _is_told(page, form, draft) and _fits(page, form, draft, card):
            _take(page, form, draft, card, action)
            visit.keep(draft)
            return _next(page, action, card)
    elif not visit.has_draft():
        visit.keep(draft)
    return render_template(
        "intake/account.html" if page.step is Step.ACCOUNT else "intake/question.html",
        form=form,
        draft=draft,
        asking=catalogue(language()).page(page.step),
        page=page,
        card=card,
        **place(page.step),
    )


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


def _take(page: Page, form: PortalForm, draft: Draft, card: int | None, action: str) -> None:
    answers = {} if action == "remove" else answers_of(page, form)
    if action != "remove" or page.cards:
        draft.take(page, answers, card)
    given = [name for name, value in answers.items() if value.strip()]
    shown_as(draft, page, catalogue(language()), given)


def _next(page: Page, action: str, card: int | None) -> ResponseReturnValue:
    """Return the way on: another card of the same page, another way to tell, or another page."""
    changed = request.args.get("change")
    if action in {"add", "remove"} or (card is not None and action == "continue" and not changed):
        return redirect(url_for(f".{page.step}", change=changed), HTTPStatus.SEE_OTHER)
    return onwards(page.step, action)


def ask(
    step: Step, form: PortalForm, template: str, take: Callable[[Draft], None], **more: object
) -> ResponseReturnValue:
    """Show a page that has a form of its own; keep what was typed whichever button was pressed."""
    draft = visit.draft()
    if draft.sent:
        return redirect(url_for(".received"), HTTPStatus.SEE_OTHER)
    action = request.form.get("action", "")
    if request.method == "POST":
        if form.csrf_token.errors or not _token_holds():
            _away(form, draft)
        elif _accepts(form, action):
            take(draft)
            visit.keep(draft)
            return onwards(step, action)
    elif not visit.has_draft():
        visit.keep(draft)
    return render_template(template, form=form, draft=draft, **more, **place(step))


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
    facts = visit.draft().facts
    return {"step": step, "now": number_of(step, facts), "of": len(path(facts, with_step=step))}


ELSEWHERE = {"rest": ".rest", "voice": ".voice", "documents": ".documents", "many": ".many"}
"""Buttons that lead to a page beside the journey; what was typed is kept first."""


def onwards(step: Step, action: str) -> ResponseReturnValue:
    """Return the way to the next page: back, aside, to the check where a change came from, or on."""
    facts = visit.draft().facts
    if action in ELSEWHERE:
        return redirect(url_for(ELSEWHERE[action], at=step), HTTPStatus.SEE_OTHER)
    if action == "back":
        earlier = before(step, facts)
        return redirect(url_for(f".{earlier}") if earlier else url_for(".start"), HTTPStatus.SEE_OTHER)
    if request.args.get("change"):
        return redirect(url_for(".check"), HTTPStatus.SEE_OTHER)
    later = after(step, facts) or step
    return redirect(url_for(f".{later}"), HTTPStatus.SEE_OTHER)


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


@pages.page("/rest", access=Access.PUBLIC)
def rest() -> ResponseReturnValue:
    """Rest: what is kept, for how long, and the way back to where one was."""
    at = request.args.get("at", "")
    known = at in set(STEPS)
    return render_template("intake/rest.html", at=url_for(f".{at}") if known else url_for(".start"))


@pages.page("/support", access=Access.PUBLIC)
def support() -> ResponseReturnValue:
    """Where somebody listens, by country; a page of ours, without a link to anywhere."""
    return render_template("intake/support.html")


@pages.page("/permissions", access=Access.PUBLIC, methods=("GET", "POST"), token=Token.FORM)
def permissions() -> ResponseReturnValue:
    """Ask what is allowed: yes, ask me first, or no, for each use; nothing is chosen beforehand."""
    form = PermissionsForm(data=shown_permissions(visit.draft().consent))

    def take(draft: Draft) -> None:
        draft.consent = form.answers()

    return ask(Step.PERMISSIONS, form, "intake/permissions.html", take)


def _summary(draft: Draft) -> list[dict[str, object]]:
    """Return what every page of the journey was answered, for the last look."""
    found: list[dict[str, object]] = []
    for page in ASKED:
        if page.step is Step.ACCOUNT or not (page.when(draft.facts) or draft.cards(page.step)):
            continue
        asking = catalogue(language()).page(page.step)
        cards = [draft.given(page)] if page.own else draft.cards(page.step)
        told = [
            [(asking.prompts[one.name].ask, *_read(page, one.name, card)) for one in page.fields]
            for card in cards
        ]
        answered = [[row for row in rows if row[1]] for rows in told]
        found.append({"page": page, "title": asking.title, "cards": [rows for rows in answered if rows]})
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
    draft = visit.draft()
    if request.method == "POST" and not visit.has_draft():
        flash(_("What you had begun is no longer here: the page was left for too long. Please begin again."))
        return redirect(url_for(".start"), HTTPStatus.SEE_OTHER)
    if request.method == "POST" and not _token_holds():
        flash(_("The page was open for too long. Look at it once more, and press “Send” again."))
        return redirect(url_for(".check"), HTTPStatus.SEE_OTHER)
    if request.method == "POST" and not draft.sent:
        way = letting_in_gate.first("check")
        if way is not None:
            return way
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
        summary=_summary(draft),
        documents=PAGES[Step.DOCUMENTS],
        permissions=restated(draft.consent),
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
