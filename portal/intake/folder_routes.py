"""The source's folder, opened with the nine words: messages, files, permissions, withdrawal."""

from collections.abc import Sequence
from http import HTTPStatus

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.config import Face
from portal.errors import InvalidError, NotFoundError, RefusedError
from portal.intake import (
    draft_merging,
    draft_rows,
    holds,
    opening,
    openings,
    questions,
    receivers,
    service,
    visit,
    withdrawing,
)
from portal.intake import permission_forms as permitting
from portal.intake.chunks import Landing
from portal.intake.code_words import problem_with
from portal.intake.draft_rows import Kept
from portal.intake.drafts import Draft
from portal.intake.forms import (
    AnswerForm,
    ReplyForm,
    WithdrawForm,
    WordsForm,
)
from portal.intake.journey import Step
from portal.intake.merging_words import two_versions
from portal.intake.models import GONE, Status
from portal.intake.openings import Deed
from portal.permissions import Access
from portal.store.arrivals import Arrivals
from portal.vault import receipt as receipts
from portal.vault.passphrase import TYPED
from portal.vault.receipt import ReceiptError, ReceiptKeys
from portal.web import edge
from portal.web.guard import Pages, Token
from portal.web.locale import gettext as _
from portal.web.locale import lazy_gettext as _l

pages = Pages("folder", __name__, face=Face.INTAKE)


@pages.page("/return", access=Access.PUBLIC, methods=("GET", "POST"), token=Token.FORM)
def come_back() -> ResponseReturnValue:
    """Open with the nine words what they open: a draft, or the folder of what was sent.

    A wrong receipt takes as long as a right one.
    """
    form = WordsForm()
    if form.validate_on_submit():
        try:
            typed = receipts.parse(form.words.data or "")
        except ReceiptError as problem:
            form.words.errors = problem_with(problem)
        else:
            keys = receipts.keys_of(typed, edge.settings().public_keys.receipt_salt, TYPED)
            if (way := _opened(keys)) is not None:
                return way
            form.words.errors = [
                _("We know no account with these words. Compare them with your note, word by word.")
            ]
    return render_template("intake/return.html", form=form, unsent=visit.has_unsent(), begun=_unkept())


def _unkept() -> Draft | None:
    """Return what was typed in this browser before the code was at hand."""
    begun = visit.has_draft() and visit.kept() is None and not visit.draft().sent
    return visit.draft() if begun and not visit.draft().untouched else None


def _opened(keys: ReceiptKeys) -> ResponseReturnValue | None:
    found = service.find_by_receipt(edge.db(), receipt=keys)
    if found is not None:
        visit.open_folder(visit.Key(found, keys.seed))
        edge.erase(withdrawing.carry_out(edge.db(), submission_id=found, today=edge.today()))
        return redirect(url_for(".show"), HTTPStatus.SEE_OTHER)
    kept = draft_rows.find(edge.db(), receipt=keys, today=edge.today())
    return None if kept is None else _went_on(kept)


def _went_on(kept: Kept) -> ResponseReturnValue:
    """Lead to where one was last, here or with the code; what was typed here meanwhile goes beside it."""
    typed = _unkept()
    if typed is not None and typed.files:
        flash(
            _(
                "In this browser another account was begun, with files. Send it first, or write down nine "
                "words for it as well; then come back here with these."
            )
        )
        return redirect(url_for("intake.check"), HTTPStatus.SEE_OTHER)
    draft, _until = draft_rows.read(edge.db(), kept, lock=True)
    visit.open_kept(kept, draft.submission_id)
    if typed is not None:
        draft_merging.merge(draft, typed, two_versions())
        visit.keep(draft)
    flash(_("Everything you saved is here."))
    if typed is not None:
        flash(_("What you had just typed is with it."))
    at = (typed.at if typed is not None else "") or draft.at or Step.YOU
    return redirect(url_for(f"intake.{at}"), HTTPStatus.SEE_OTHER)


def opened_folder() -> opening.Opened:
    """Open the visitor's folder with what their words gave."""
    key = visit.folder()
    return opening.open_folder(edge.db(), submission_id=key.submission_id, seed=key.seed)


def _questions() -> Sequence[questions.Asked]:
    key = visit.folder()
    return questions.waiting(edge.db(), submission_id=key.submission_id, seed=key.seed)


def _use_label(one: questions.Asked) -> str:
    return str(permitting.label_of(one.use, one.receiver_id, receivers.every(edge.db())))


def _holds() -> Sequence[holds.Told]:
    key = visit.folder()
    return holds.told(edge.db(), submission_id=key.submission_id, seed=key.seed, today=edge.today())


def _held(opened: opening.Opened) -> dict[str, str]:
    return permitting.held(opened.decided, opened.trusted, on=edge.today())


def landing() -> Landing:
    """Return the place where files for the folder arrive piece by piece; its words find them again."""
    key, store = visit.folder(), edge.files()
    with edge.parts().database.session(write=False) as reading:
        thread = opening.open_thread(reading, submission_id=key.submission_id, seed=key.seed)
    return Landing(Arrivals(store.folder, reserve=store.reserve), thread)


def _arriving() -> Landing | None:
    try:
        return landing()
    except (NotFoundError, RefusedError):  # all was taken back before
        return None


def _folder_page(reply: ReplyForm) -> str:
    opened = opened_folder()
    if opened.submission.status is Status.WITHDRAWN:
        return render_template("intake/withdrawn.html")
    if opened.submission.status is Status.LOCKED:
        return render_template("intake/locked.html", holds=_holds())
    return render_template(
        "intake/folder.html",
        opened=opened,
        permissions=permitting.restated(_held(opened), receivers.present(edge.db())),
        reply=reply,
        unfinished=landing().unfinished(),
        holds=_holds(),
        questions=[] if opened.submission.status in GONE else _questions(),
        use_label=_use_label,
        form=AnswerForm(formdata=None),
        more=MORE.get(opened.submission.status),
    )


MORE = {
    Status.RECEIVED: _l("People read in the order in which accounts came: it can take weeks or months."),
    Status.IN_REVIEW: _l("Reading one account carefully takes days, sometimes weeks."),
    Status.SECOND_REVIEW: _l("This usually takes a few weeks."),
}
"""Honest times, where there is anything to wait for."""


@pages.page("/folder", access=Access.SOURCE)
def show() -> ResponseReturnValue:
    """Show what has become of it: where it stands, messages, files, permissions, the way out."""
    return _folder_page(ReplyForm(data={"text": visit.unsent()}))


@pages.page("/folder/reply", access=Access.SOURCE, methods=("POST",), token=Token.FORM)
def reply() -> ResponseReturnValue:
    """Write to the people who read."""
    form = ReplyForm()
    if form.validate_on_submit():
        try:
            _send(form.text.data or "")
        except InvalidError as problem:
            form.text.errors = [_(str(problem))]
        else:
            flash(_("Your message is in the folder. The people who read will see it."))
            return redirect(url_for(".show"), HTTPStatus.SEE_OTHER)
    return _folder_page(form)


def _send(text: str) -> None:
    key = visit.folder()
    service.reply(edge.db(), submission_id=key.submission_id, seed=key.seed, text=text, day=edge.today())


@pages.page("/folder/withdraw", access=Access.SOURCE, methods=("GET", "POST"), token=Token.FORM)
def withdraw() -> ResponseReturnValue:
    """Take everything back, after saying plainly what that can and cannot undo."""
    form = WithdrawForm()
    if form.validate_on_submit():
        case_id = visit.folder().submission_id
        arriving = _arriving()
        edge.erase(withdrawing.withdraw(edge.db(), submission_id=case_id, day=edge.today()))
        if arriving is not None:
            arriving.forget()
        visit.forget_draft_of(case_id)
        return redirect(url_for(".show"), HTTPStatus.SEE_OTHER)
    key = visit.folder()
    told = openings.told(edge.db(), submission_id=key.submission_id, seed=key.seed)
    released = [one.day for one in told if one.deed is Deed.RELEASED]
    return render_template("intake/withdraw.html", form=form, holds=_holds(), released=released)


@pages.page("/folder/close", access=Access.SOURCE, methods=("POST",))
def close() -> ResponseReturnValue:
    """Shut the folder on this device."""
    visit.close_folder()
    answer = redirect(url_for("intake.start"), HTTPStatus.SEE_OTHER)
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer
