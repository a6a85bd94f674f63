"""Many names at once: pasted, one a line, or from a spreadsheet, which is kept as a document as well."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from uuid import uuid4

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from portal.errors import InvalidError
from portal.intake import arriving, documents, listing, visit
from portal.intake.drafts import Draft, DraftFile
from portal.intake.forms import NamesForm, SheetForm
from portal.intake.journey import MOST_CARDS, Step
from portal.intake.listing import LARGEST_SHEET, Line
from portal.intake.models import Compartment
from portal.intake.routes import MOST_TYPED, pages, place, token_holds
from portal.permissions import Access
from portal.store.files import new_name
from portal.web import edge, uploads
from portal.web.guard import Token
from portal.web.locale import gettext as _
from portal.web.locale import number
from portal.web.uploads import Upload


@dataclass
class _Copied:
    """Writes a file into the store, sealed, and keeps its bytes in memory, to be read line by line."""

    into: documents.Receiving
    data: bytearray = field(default_factory=bytearray)

    def write(self, data: bytes, /) -> None:
        self.into.write(data)
        self.data += data


def _page(
    names: NamesForm | None = None, sheet: SheetForm | None = None, status: int = HTTPStatus.OK
) -> Response:
    draft = visit.draft()
    page = render_template(
        "intake/many.html",
        names=names or NamesForm(formdata=None),
        sheet=sheet or SheetForm(formdata=None),
        cards=[
            (index, card) for index, card in enumerate(draft.cards(Step.PEOPLE), 1) if listing.LINE_OF in card
        ],
        line_of=listing.LINE_OF,
        note_of=listing.NOTE_OF,
        limit=LARGEST_SHEET // (1024 * 1024),
        **place(Step.PEOPLE),
    )
    return Response(page, status)


def _put(draft: Draft, lines: Sequence[Line]) -> int:
    """Put the cards of all lines into the draft; pressed twice, they are there once. Returns how many."""
    new = [dict(card) for line in lines for card in line.cards]
    kept = draft.answers.setdefault(Step.PEOPLE, [])
    if new and kept[-len(new) :] == new:
        return len(new)
    typed = sum(len(value) for card in new for value in card.values())
    if len(kept) + len(new) > MOST_CARDS or draft.typed() + typed > MOST_TYPED:
        raise InvalidError("These are more names than one account can carry. Send them as a file, please.")
    kept += new
    return len(new)


@pages.page("/people/many", access=Access.PUBLIC, methods=("GET", "POST"), token=Token.FORM)
def many() -> ResponseReturnValue:
    """Take names, one a line; *Back* and *Save and rest* take them as well, and need none."""
    draft, form, action = visit.draft(), NamesForm(), request.form.get("action", "")
    if draft.sent:
        return redirect(url_for(".received"), HTTPStatus.SEE_OTHER)
    leads = action in {"back", "rest"}
    if leads and not (form.names.data or "").strip() and token_holds():
        return _away(action)
    if form.validate_on_submit():
        try:
            count = _put(draft, listing.pasted(form.names.data or ""))
        except InvalidError as problem:
            form.names.errors = [_(str(problem))]
            return _page(form)
        visit.keep(draft)
        return _away(action) if leads else _kept(count)
    if not visit.has_draft():
        visit.keep(draft)
    return _page(form if request.method == "POST" else None)


def _away(action: str) -> ResponseReturnValue:
    """Lead back to the cards, or to rest; after it one comes back to the cards, where the names are."""
    way = url_for(".rest", at=Step.PEOPLE) if action == "rest" else url_for(".people")
    return redirect(way, HTTPStatus.SEE_OTHER)


def _kept(count: int) -> ResponseReturnValue:
    if count:
        flash(_("Kept, line by line: %(count)s.", count=number(count)))
    return redirect(url_for(".many"), HTTPStatus.SEE_OTHER)


@pages.page("/people/sheet", access=Access.PUBLIC, methods=("POST",), token=Token.STREAM)
def take_sheet() -> ResponseReturnValue:
    """Take a spreadsheet: as a document, sealed as it arrives, and as cards, one for each line."""
    draft, into = visit.glance(), Upload()
    if draft.sent:
        return redirect(url_for(".received"), HTTPStatus.SEE_OTHER)
    try:
        file, data = _received(draft, into)
    except RequestEntityTooLarge:
        return _refused(_("This file is too large for a list of names. Send it as a document, please."), 413)
    except InvalidError as problem:
        return _refused(_(str(problem)))
    current = visit.draft_again(draft)
    if current is None:
        edge.files().erase(file.stored_name)
        return redirect(url_for(".received"), HTTPStatus.SEE_OTHER)
    current.files.append(file)
    try:
        count = _put(current, listing.sheet(data))
    except InvalidError as problem:
        visit.keep(current)
        return _refused(f"{_(str(problem))} {_('The file itself is kept among your documents.')}")
    visit.keep(current)
    return _kept(count)


def _received(draft: Draft, into: Upload) -> tuple[DraftFile, bytes]:
    """Stream the file into the store; raises InvalidError when there is none or no room for one."""
    if len(draft.files) >= edge.settings().files_per_submission:
        raise InvalidError(
            "That is as many files as one account can carry. Send it, then add more from your folder."
        )
    coming: list[tuple[DraftFile, bytes]] = []

    @contextmanager
    def sink() -> Iterator[_Copied]:
        document_id, stored_name = uuid4(), new_name()
        part = draft.part(Compartment.CONTENT)
        with documents.receiving(edge.files(), part, document_id, stored_name) as one:
            copied = _Copied(one)
            yield copied
        file = documents.draft_file(
            one, document_id=document_id, stored_name=stored_name, name=into.filename, caption=""
        )
        coming.append((file, bytes(copied.data)))

    uploads.receive(limit=LARGEST_SHEET, check_token=arriving.check_token, sink=sink, into=into)
    if not coming:
        raise InvalidError("No file came with this. Choose a file that is not empty, then press the button.")
    return coming[0]


def _refused(reason: str, status: int = HTTPStatus.BAD_REQUEST) -> ResponseReturnValue:
    form = SheetForm(formdata=None)
    form.file.errors = [reason]
    answer = _page(sheet=form, status=status)
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        answer.call_on_close(uploads.drainer())
    return answer
