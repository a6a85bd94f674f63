"""What belongs to a source: questions to answer, words to add, who opened it, and a copy of everything."""

from collections.abc import Iterator
from functools import partial
from http import HTTPStatus
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.errors import InvalidError, RefusedError, StaleError
from portal.intake import copy_words, copying, opening, openings, questions, receivers, service, visit
from portal.intake.folder_routes import opened_folder, pages
from portal.intake.forms import AddedForm
from portal.intake.models import GONE
from portal.intake.opening import Attached, Opened
from portal.intake.openings import OPENINGS, Deed
from portal.intake.sealing import PartKey
from portal.permissions import Access
from portal.store.files import FileStore
from portal.web import edge
from portal.web.guard import Token
from portal.web.locale import gettext as _
from portal.web.locale import language
from portal.web.locale import lazy_gettext as _l

ROLES = {
    "reviewer": _l("Somebody who reads accounts"),
    "lead": _l("Somebody who leads the reading"),
}

DEEDS = {
    Deed.READ: _l("read your account, to note what it says"),
    Deed.REVIEW: _l("read it as a second person, to check what was noted"),
    Deed.DOCUMENT: _l("opened a file that you sent"),
    Deed.IDENTITY: _l("looked at the name you gave and how to reach you, to be able to write to you"),
    Deed.KEPT: _l("opened it because a legal decision keeps it"),
    Deed.LINKED: _l("Your account was connected with a person or a place it speaks of."),
    Deed.UNLINKED: _l("Such a connection was taken back."),
    Deed.APPROVED: _l("What was noted from it was checked by a second person and approved."),
    Deed.RELEASED: _l("It went into a release for research, in which nobody can be recognised."),
    Deed.DIED: _l("It was written down that the person who sent this has died."),
}


@pages.page("/folder/questions/<uuid:question_id>", access=Access.SOURCE, methods=("POST",), token=Token.FORM)
def answer_question(question_id: UUID) -> ResponseReturnValue:
    """Answer a question: yes, no, or later; yes and no hold from this moment."""
    key, said = visit.folder(), request.form.get("said", "")
    try:
        questions.answer(
            edge.db(),
            submission_id=key.submission_id,
            seed=key.seed,
            question_id=question_id,
            said=said,
            language=language(),
            day=edge.today(),
        )
    except (InvalidError, StaleError) as problem:
        flash(_(str(problem)))
    else:
        later = said == questions.LATER
        flash(
            _("The question stays here for later.")
            if later
            else _("Your answer is kept. It holds from now on.")
        )
    return redirect(url_for(".show"), HTTPStatus.SEE_OTHER)


@pages.page("/folder/add", access=Access.SOURCE, methods=("GET", "POST"), token=Token.FORM)
def add_text() -> ResponseReturnValue:
    """Add to the account or correct it; what was sent before stays as it is."""
    opened = opened_folder()
    if opened.submission.status in GONE:
        return redirect(url_for(".show"), HTTPStatus.SEE_OTHER)
    form = AddedForm()
    if form.validate_on_submit():
        key = visit.folder()
        try:
            service.add_text(
                edge.db(),
                submission_id=key.submission_id,
                seed=key.seed,
                text=form.text.data or "",
                keys=edge.recipients(),
                day=edge.today(),
            )
        except InvalidError as problem:
            form.text.errors = [_(str(problem))]
        else:
            flash(_("It is kept, beside what you sent before."))
            return redirect(url_for(".show"), HTTPStatus.SEE_OTHER)
    return render_template("intake/folder_add.html", form=form)


@pages.page("/folder/who", access=Access.SOURCE)
def who() -> ResponseReturnValue:
    """Say who opened it, in which role, on which day and why, and what came of it."""
    key = visit.folder()
    told = openings.told(edge.db(), submission_id=key.submission_id, seed=key.seed)
    return render_template(
        "intake/folder_who.html",
        opened=[one for one in told if one.deed in OPENINGS],
        came=[one for one in told if one.deed not in OPENINGS],
        roles=ROLES,
        deeds=DEEDS,
    )


@pages.page("/folder/copy", access=Access.SOURCE)
def copy() -> ResponseReturnValue:
    """Say what a copy is and what it means to have one on this device."""
    return render_template("intake/folder_copy.html", rereadable=opened_folder().rereadable)


@pages.page("/folder/copy/all.zip", access=Access.SOURCE)
def copy_all() -> ResponseReturnValue:
    """Give everything that the nine words open, as one archive, written as it goes."""
    opened = opened_folder()
    if opened.submission.status in GONE:
        raise RefusedError
    answer = Response(copying.archive(list(_pieces(opened, edge.files()))), mimetype="application/zip")
    answer.headers.set("Content-Disposition", "attachment", filename="all.zip")
    return answer


def _pieces(opened: Opened, store: FileStore) -> Iterator[copying.Piece]:
    thread = _thread(opened)
    yield "1-text.txt", copying.text(copy_words.texts(opened))
    yield "2-messages.txt", copying.text(copy_words.messages(opened))
    asked = questions.asked(edge.db(), thread)
    decided = copy_words.permissions(opened, thread, asked, receivers.every(edge.db()))
    yield "3-permissions.txt", copying.text(decided)
    files = copy_words.named(opened.files, "file")
    for name, one in [*files, *copy_words.named(copy_words.sent_files(opened), "message-file")]:
        yield name, partial(_bytes, store, one)


def _thread(opened: Opened) -> PartKey:
    keys = opening.part_keys(edge.db(), opened.submission, visit.folder().seed)
    return opening.thread_of(keys)


def _bytes(store: FileStore, one: Attached) -> Iterator[bytes]:
    document = opening.open_document(store, one)
    try:
        yield from document.reader.read(0, one.length)
    finally:
        document.source.close()
