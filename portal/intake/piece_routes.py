"""Documents and recordings piece by piece, where scripts run: they outlive a lost line and a night."""

from collections.abc import Callable
from uuid import UUID

from flask import flash, jsonify, request
from flask.typing import ResponseReturnValue

from portal.errors import NotFoundError, StaleError
from portal.intake import arriving, letting_in_gate, visit
from portal.intake.chunks import IncompleteError
from portal.intake.draft_rows import GoneError
from portal.intake.drafts import Draft, DraftFile
from portal.intake.routes import pages
from portal.intake.upload_routes import files_page, landing, limits
from portal.permissions import Access
from portal.web import edge
from portal.web.guard import Token
from portal.web.locale import gettext as _

RECORDING = 256 * 1024 * 1024
"""Bytes that a recording made here may have: many hours of speech."""

CLOSED = "What you had begun is no longer open here. Open it again with your nine words."

# The addresses are called by scripts, the last two also by plain forms.
ARRIVING = "/documents/arriving/<uuid:upload_id>"


def _expected() -> Draft:
    """Return the draft, for a request that a script of its page sent."""
    arriving.check_token(request.headers.get("X-CSRF-Token"))
    try:
        draft = visit.glance()
    except GoneError:
        raise StaleError(CLOSED) from None
    if draft.sent or not visit.has_draft():
        raise StaleError(CLOSED)
    return draft


@pages.page(ARRIVING, access=Access.PUBLIC, methods=("PUT",), token=Token.STREAM)
def begin_upload(upload_id: UUID) -> ResponseReturnValue:
    """Say what is coming, or ask what is still missing of it: the same question, however often."""
    draft, allowed = _expected(), limits()
    if not letting_in_gate.quietly():
        raise StaleError(CLOSED)
    what = arriving.told()
    here = landing(draft)
    if draft.has(here.document_id(upload_id)):
        return jsonify(done=True, missing=[])
    longest = min(allowed.file, RECORDING)
    return arriving.begin(here, upload_id, what, held=draft.files, limits=allowed, recording=longest)


@pages.page(f"{ARRIVING}/<int:index>", access=Access.PUBLIC, methods=("PUT",), token=Token.STREAM)
def take_piece(upload_id: UUID, index: int) -> ResponseReturnValue:
    """Take one piece, sealed before the answer; the visit stays open as long as pieces come."""
    return arriving.take_piece(landing(_expected()), upload_id, index)


@pages.page(f"{ARRIVING}/finish", access=Access.PUBLIC, methods=("POST",), token=Token.STREAM)
def finish_upload(upload_id: UUID) -> ResponseReturnValue:
    """Put the pieces together, once the hashes of all are told; say what is missing if anything is."""
    draft = _expected()
    return arriving.finish_told(lambda digests: _finished(draft, upload_id, digests))


@pages.page(f"{ARRIVING}/keep", access=Access.PUBLIC, methods=("POST",))
def keep_recording(upload_id: UUID) -> ResponseReturnValue:
    """Keep a recording as far as it came before it was cut off."""
    draft, answer = visit.glance(), files_page()
    if not draft.sent and visit.has_draft():
        try:
            tidy = _finished(draft, upload_id, None)
        except (IncompleteError, NotFoundError):
            flash(_("Nothing of this recording has come. Please record it again."))
        else:
            if tidy is not None:  # else another request says so
                flash(_("The recording is here and sealed, as far as it came."))
                answer.call_on_close(tidy)
    return answer


@pages.page(f"{ARRIVING}/drop", access=Access.PUBLIC, methods=("POST",))
def drop_upload(upload_id: UUID) -> ResponseReturnValue:
    """Leave out what has come only in part; its pieces are erased."""
    draft = visit.glance()
    if not draft.sent and visit.has_draft():
        landing(draft).drop(upload_id)
    return files_page()


def _finished(draft: Draft, upload_id: UUID, digests: list[bytes] | None) -> Callable[[], None] | None:
    """Make the document and put it into the draft; returns what `arriving.finish` does."""
    here = landing(draft)
    return arriving.finish(
        here,
        upload_id,
        digests,
        is_here=lambda: visit.has_by_now(here.document_id(upload_id)),
        put=lambda file: _into_draft(draft, file),
    )


def _into_draft(before: Draft, file: DraftFile) -> None:
    """Put a finished file into the draft as it is by now, or erase it when there is no place for it."""
    current = visit.draft_again(before)
    if current is None or current.has(file.document_id):
        edge.files().erase(file.stored_name)
    if current is None:
        raise StaleError(CLOSED)
    if not current.has(file.document_id):
        current.files.append(file)
        visit.keep(current)
