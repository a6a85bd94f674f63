"""The public side's pages, one question each; every one works without scripts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from uuid import UUID, uuid4

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, validate_csrf
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from wtforms.validators import ValidationError

from portal.config import Face
from portal.errors import InvalidError
from portal.intake import consent, service, visit
from portal.intake.drafts import Draft, DraftFile
from portal.intake.forms import (
    ANSWER_LABELS,
    RELATION_LABELS,
    USE_LABELS,
    AccountForm,
    DocumentForm,
    PermissionsForm,
    ReachingForm,
    ReplyForm,
    SendForm,
    WithdrawForm,
    WordsForm,
    YouForm,
)
from portal.intake.journey import STEPS, Step, after, before, number_of
from portal.intake.models import Compartment, Status
from portal.intake.sealing import PartKey
from portal.permissions import Access
from portal.store.files import new_name
from portal.vault import receipt as receipts
from portal.vault.receipt import Fault, Receipt, ReceiptError
from portal.web import edge, uploads
from portal.web.forms import PortalForm
from portal.web.guard import Pages, Token
from portal.web.locale import gettext as _
from portal.web.locale import language, number
from portal.web.streams import attachment

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
            form.form_errors.append(_("You were away for a long time. What you wrote is here; press Continue once more."))
            visit.keep(draft)
        elif action in {"back", "skip"} or form.validate():
            take(draft)
            visit.keep(draft)
            return _onwards(step, action)
    elif not visit.has_draft():
        visit.keep(draft)
    return render_template(template, form=form, draft=draft, **_place(step))


def _token_holds() -> bool:
    try:
        validate_csrf(request.form.get("csrf_token"))
    except ValidationError:
        return False
    return True


def _place(step: Step) -> dict[str, object]:
    return {"step": step, "now": number_of(step), "of": len(STEPS)}


def _onwards(step: Step, action: str) -> ResponseReturnValue:
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
    """The account, in the source's own words: the only thing that is required."""
    form = AccountForm(data={"narrative": visit.draft().narrative})

    def take(draft: Draft) -> None:
        draft.narrative = form.narrative.data

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
    """What the source allows: yes, ask me first, or no, for each use; nothing is chosen beforehand."""
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
        draft.called, draft.contact = form.called.data, form.contact.data
        draft.reread = form.reread.data if form.reread.data in {"yes", "no"} else ""

    return _ask(Step.REACHING, form, "intake/reaching.html", take)


def _documents_page(form: DocumentForm) -> str:
    settings = edge.settings()
    return render_template(
        "intake/documents.html",
        form=form,
        draft=visit.draft(),
        limit=settings.file_limit // (1024 * 1024),
        full=len(visit.draft().files) >= settings.files_per_submission,
        **_place(Step.DOCUMENTS),
    )


@pages.page("/documents", access=Access.PUBLIC)
def documents() -> ResponseReturnValue:
    """The files so far, and a place to add one more."""
    if visit.draft().sent:
        return redirect(url_for(".received"), HTTPStatus.SEE_OTHER)
    if not visit.has_draft():
        visit.keep(visit.draft())
    return _documents_page(DocumentForm())


def _check_token(token: str) -> None:
    try:
        validate_csrf(token)
    except ValidationError as problem:
        raise CSRFError(problem.args[0]) from None


def _take_file(part: PartKey) -> DraftFile:
    """Stream the request's file into the store, sealed, and describe it."""
    document_id, stored_name = uuid4(), new_name()
    coming: list[service.Receiving] = []

    @contextmanager
    def sink() -> Iterator[service.Receiving]:
        with service.receiving(edge.files(), part, document_id, stored_name) as one:
            coming.append(one)
            yield one

    upload = uploads.receive(limit=edge.settings().file_limit, check_token=_check_token, sink=sink)
    if not coming:
        raise InvalidError("No file came with this. Choose a file that is not empty, then press the button.")
    return service.draft_file(
        coming[0],
        document_id=document_id,
        stored_name=stored_name,
        name=upload.filename,
        caption=upload.fields.get("caption", "").strip(),
    )


@pages.page("/documents", access=Access.PUBLIC, methods=("POST",), token=Token.STREAM)
def add_document() -> ResponseReturnValue:
    """Take one file in, sealed as it arrives."""
    draft = visit.draft()
    if draft.sent:
        return redirect(url_for(".received"), HTTPStatus.SEE_OTHER)
    if len(draft.files) >= edge.settings().files_per_submission:
        return _refused_file(_("That is as many files as one account can carry. Send it, then add more from your folder."))
    try:
        file = _take_file(draft.part(Compartment.CONTENT))
    except RequestEntityTooLarge:
        return _refused_file(_too_large(), HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    except InvalidError as problem:
        return _refused_file(_(str(problem)))
    # Read again: another file may have come in while this one was on its way.
    draft = visit.draft()
    draft.files.append(file)
    visit.keep(draft)
    flash(_("The file is here and sealed."))
    return redirect(url_for(".documents", **request.args), HTTPStatus.SEE_OTHER)


def _too_large() -> str:
    limit = number(edge.settings().file_limit // (1024 * 1024))
    return _("This file is larger than %(limit)s megabytes. Send a smaller copy, or part of it.", limit=limit)


def _refused_file(reason: str, status: int = HTTPStatus.BAD_REQUEST) -> ResponseReturnValue:
    form = DocumentForm()
    form.file.errors = [reason]
    answer = Response(_documents_page(form), status)
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        answer.call_on_close(uploads.drainer())
    return answer


@pages.page("/documents/<uuid:document_id>/remove", access=Access.PUBLIC, methods=("POST",))
def remove_document(document_id: UUID) -> ResponseReturnValue:
    """Take a file out again before anything is sent; its bytes are erased."""
    draft = visit.draft()
    removed = None if draft.sent else draft.without(document_id)
    if removed is not None:
        edge.files().erase(removed.stored_name)
        visit.keep(draft)
        flash(_("The file is gone."))
    return redirect(url_for(".documents"), HTTPStatus.SEE_OTHER)


def _chosen(answers: dict[str, str]) -> list[tuple[object, object]]:
    decided = {use: answers.get(use.value, "ask") for use in consent.ORDER}
    return [(USE_LABELS[use], ANSWER_LABELS[answer]) for use, answer in decided.items()]  # type: ignore[index] - StrEnum


@pages.page("/check", access=Access.PUBLIC, methods=("GET", "POST"))
def check() -> ResponseReturnValue:
    """Everything once more, each with a way to change it; sent only from here."""
    draft = visit.draft()
    if request.method == "POST" and not draft.sent:
        keys = receipts.keys_of(Receipt(draft.receipt), edge.settings().public_keys.receipt_salt)
        service.submit(
            edge.db(),
            draft=draft,
            keys=edge.settings().public_keys,
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
        relation=RELATION_LABELS.get(draft.relation, ""),  # type: ignore[call-overload] - StrEnum
        permissions=_chosen(draft.consent),
        **_place(Step.CHECK),
    )


@pages.page("/received", access=Access.PUBLIC)
def received() -> ResponseReturnValue:
    """The nine words: the only key, shown until they are typed back."""
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
    if len(wrong) == receipts.WORDS:
        return _("These are not the nine words of the page before. Look at them once more.")
    places = _(", ").join(number(place) for place in wrong)
    return _("Look again at word number %(places)s.", places=places)


def _receipt_problem(problem: ReceiptError) -> str:
    """Say in plain words what is wrong with a typed receipt, and which word it may be."""
    if problem.kind is Fault.EMPTY:
        return _("Type your nine words, with a space between them.")
    if problem.kind is Fault.UNKNOWN_WORD:
        lines = []
        for place in problem.unknown:
            near = _(" or ").join(problem.near.get(place, ()))
            if near:
                lines.append(_("Word number %(place)s is not one of ours. Is it %(near)s?", place=number(place), near=near))
            else:
                lines.append(_("Word number %(place)s is not one of ours.", place=number(place)))
        return " ".join(lines)
    if problem.kind is Fault.COUNT:
        return _("We count %(count)s words; there should be nine.", count=number(problem.count))
    return _("One of the words is not right, or two have changed places. Compare them with your note.")


@pages.page("/return", access=Access.PUBLIC, methods=("GET", "POST"), token=Token.FORM)
def come_back() -> ResponseReturnValue:
    """The nine words open the folder; a wrong receipt takes as long as a right one."""
    form = WordsForm()
    if form.validate_on_submit():
        try:
            typed = receipts.parse(form.words.data or "")
        except ReceiptError as problem:
            form.words.errors = [_receipt_problem(problem)]
        else:
            keys = receipts.keys_of(typed, edge.settings().public_keys.receipt_salt)
            found = service.find_by_receipt(edge.db(), receipt=keys)
            if found is not None:
                visit.open_folder(visit.Key(found, keys.seed))
                return redirect(url_for(".folder"), HTTPStatus.SEE_OTHER)
            form.words.errors = [_("We know no account with these words. Compare them with your note, word by word.")]
    return render_template("intake/return.html", form=form)


def _opened() -> service.Opened:
    key = visit.folder()
    return service.open_folder(edge.db(), submission_id=key.submission_id, seed=key.seed)


def _folder_page(reply: ReplyForm, document: DocumentForm) -> str:
    opened = _opened()
    if opened.submission.status is Status.WITHDRAWN:
        return render_template("intake/withdrawn.html")
    return render_template(
        "intake/folder.html",
        opened=opened,
        relation=RELATION_LABELS.get(opened.fields.get("relation", ""), ""),  # type: ignore[call-overload] - StrEnum
        permissions=[(USE_LABELS[use], ANSWER_LABELS[answer]) for use, answer in opened.decisions.items()],
        reply=reply,
        document=document,
        limit=edge.settings().file_limit // (1024 * 1024),
    )


@pages.page("/folder", access=Access.SOURCE)
def folder() -> ResponseReturnValue:
    """What has become of it: where it stands, messages, files, permissions, the way out."""
    return _folder_page(ReplyForm(), DocumentForm())


@pages.page("/folder/reply", access=Access.SOURCE, methods=("POST",), token=Token.FORM)
def reply() -> ResponseReturnValue:
    """Write to the people who read."""
    form = ReplyForm()
    if form.validate_on_submit():
        key = visit.folder()
        service.reply(
            edge.db(), submission_id=key.submission_id, seed=key.seed, text=form.text.data, day=edge.today()
        )
        flash(_("Your message is in the folder. The people who read will see it."))
        return redirect(url_for(".folder"), HTTPStatus.SEE_OTHER)
    return _folder_page(form, DocumentForm())


@pages.page("/folder/file", access=Access.SOURCE, methods=("POST",), token=Token.STREAM)
def add_file() -> ResponseReturnValue:
    """Add a file to what was sent."""
    key = visit.folder()
    part = PartKey.new(key.submission_id, Compartment.CONTENT)
    try:
        file = _take_file(part)
    except RequestEntityTooLarge:
        return _refused_addition(_too_large(), HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    except InvalidError as problem:
        return _refused_addition(_(str(problem)))
    service.add_file(
        edge.db(),
        submission_id=key.submission_id,
        seed=key.seed,
        part=part,
        file=file,
        keys=edge.settings().public_keys,
        day=edge.today(),
        limit=edge.settings().files_per_submission,
    )
    flash(_("The file is here and sealed."))
    return redirect(url_for(".folder"), HTTPStatus.SEE_OTHER)


def _refused_addition(reason: str, status: int = HTTPStatus.BAD_REQUEST) -> ResponseReturnValue:
    form = DocumentForm()
    form.file.errors = [reason]
    answer = Response(_folder_page(ReplyForm(), form), status)
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        answer.call_on_close(uploads.drainer())
    return answer


@pages.page("/folder/files/<uuid:document_id>", access=Access.SOURCE)
def own_file(document_id: UUID) -> ResponseReturnValue:
    """Give back a file to the source who chose to be able to open it again."""
    attached = next((one for one in _opened().files if one.document.id == document_id), None)
    if attached is None:
        raise BadRequest
    return attachment(service.reader(edge.files(), attached), name=attached.name)


@pages.page("/folder/permissions", access=Access.SOURCE, methods=("GET", "POST"), token=Token.FORM)
def change_permissions() -> ResponseReturnValue:
    """Change what is allowed; it holds from now on."""
    opened = _opened()
    form = PermissionsForm(data={use.value: answer.value for use, answer in opened.decisions.items()})
    if form.validate_on_submit():
        changed = service.decide(
            edge.db(),
            submission_id=opened.submission.id,
            answers=form.answers(),
            language=language(),
            day=edge.today(),
        )
        flash(_("Your permissions are changed. They hold from now on.") if changed else _("Nothing was changed."))
        return redirect(url_for(".folder"), HTTPStatus.SEE_OTHER)
    return render_template("intake/change_permissions.html", form=form)


@pages.page("/folder/withdraw", access=Access.SOURCE, methods=("GET", "POST"), token=Token.FORM)
def withdraw() -> ResponseReturnValue:
    """Take everything back, after saying plainly what that can and cannot undo."""
    form = WithdrawForm()
    if form.validate_on_submit():
        if form.sure.data == "yes":
            names = service.withdraw(edge.db(), submission_id=visit.folder().submission_id, day=edge.today())
            edge.finish()
            for name in names:
                edge.files().erase(name)
            return redirect(url_for(".folder"), HTTPStatus.SEE_OTHER)
        form.sure.errors = [_("Choose the answer above if you are sure. If not, go back: nothing has changed.")]
    return render_template("intake/withdraw.html", form=form)


@pages.page("/folder/close", access=Access.SOURCE, methods=("POST",))
def close() -> ResponseReturnValue:
    """Shut the folder on this device."""
    visit.close_folder()
    answer = redirect(url_for(".start"), HTTPStatus.SEE_OTHER)
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer
