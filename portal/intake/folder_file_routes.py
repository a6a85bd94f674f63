"""Files that a source adds to their folder: as a plain form, or piece by piece where scripts run."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from uuid import UUID

from flask import Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from portal.errors import InvalidError, NotFoundError, PortalError, RefusedError
from portal.intake import arriving, opening, service, visit
from portal.intake.chunks import Landing, Limits
from portal.intake.drafts import DraftFile
from portal.intake.folder_routes import landing, opened_folder, pages
from portal.intake.forms import DocumentForm
from portal.intake.models import GONE, Compartment, Document
from portal.intake.sealing import PartKey
from portal.permissions import Access
from portal.web import edge, uploads
from portal.web.guard import Token
from portal.web.locale import gettext as _
from portal.web.locale import number
from portal.web.streams import attachment
from portal.web.uploads import Upload

FULL = "Your folder holds as many files as it can. Write to us if there is more to send."


def most_files() -> int:
    """Return how many files may be in a folder: all that came at first, and as many again, four times."""
    return 5 * edge.settings().files_per_submission


def _page(form: DocumentForm, status: int = HTTPStatus.OK) -> Response:
    opened, here = opened_folder(), edge.settings()
    page = render_template(
        "intake/folder_files.html",
        form=form,
        opened=opened,
        unfinished=landing().unfinished(),
        limit=here.file_limit // (1024 * 1024),
        chunked_limit=here.chunked_file_limit,
        full=opened.file_count >= most_files(),
    )
    return Response(page, status)


@pages.page("/folder/file", access=Access.SOURCE)
def files() -> ResponseReturnValue:
    """Show the files so far, and a place to add more; they are stored as they come."""
    if opened_folder().submission.status in GONE:
        return redirect(url_for(".show"), HTTPStatus.SEE_OTHER)
    return _page(DocumentForm())


@pages.page("/folder/file", access=Access.SOURCE, methods=("POST",), token=Token.STREAM)
def add_file() -> ResponseReturnValue:
    """Add files to what was sent."""
    part, into = PartKey.new(visit.folder().submission_id, Compartment.CONTENT), Upload()
    try:
        files = arriving.take_some(part, most=_room(), into=into)
    except RequestEntityTooLarge:
        return _refused(arriving.too_large(), into, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    except InvalidError as problem:
        return _refused(_(str(problem)), into)
    _put(part, files)
    one, several = _("The file is here and sealed."), number(len(files))
    flash(one if len(files) == 1 else _("%(count)s files are here and sealed.", count=several))
    return redirect(url_for(".show"), HTTPStatus.SEE_OTHER)


def _held() -> Sequence[Document]:
    """Return what lies in the folder, read apart: nobody waits for a request that takes its time."""
    with edge.parts().database.session(write=False) as reading:
        submission = opening.load(reading, visit.folder().submission_id)
        if submission.status in GONE:
            raise RefusedError
        return [one for _part, one in opening.documents_of(submission)]


def _room() -> int:
    """Return how many files one form may bring; raises `InvalidError` when the folder is full."""
    room = most_files() - len(_held())
    if room <= 0:
        raise InvalidError(FULL)
    return min(room, edge.settings().files_per_submission)


def _put(part: PartKey, files: list[DraftFile]) -> None:
    key = visit.folder()
    try:
        service.add_files(
            edge.db(),
            submission_id=key.submission_id,
            seed=key.seed,
            part=part,
            files=files,
            keys=edge.recipients(),
            day=edge.today(),
            limit=most_files(),
        )
    except PortalError:
        # No row speaks of them, and whoever holds a receipt must not fill the disk with such files.
        for file in files:
            edge.files().erase(file.stored_name)
        raise


def _refused(reason: str, into: Upload, status: int = HTTPStatus.BAD_REQUEST) -> ResponseReturnValue:
    # The request's own data is a file, not to be read as a form; what was typed is shown again.
    form = DocumentForm(formdata=None, data={"caption": into.fields.get("caption", "")})
    form.file.errors = [reason]
    answer = _page(form, status)
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        answer.call_on_close(uploads.drainer())
    return answer


@pages.page("/folder/files/<uuid:document_id>", access=Access.SOURCE)
def own_file(document_id: UUID) -> ResponseReturnValue:
    """Give a source a file: their own, if they chose to be able to open it again, or one they were sent."""
    opened = opened_folder()
    every = [*opened.files, *(file for one in opened.messages for file in one.files)]
    attached = next((one for one in every if one.document.id == document_id), None)
    if attached is None:
        raise NotFoundError
    return attachment(opening.open_document(edge.files(), attached))


# Piece by piece; the addresses are called by scripts, the last one also by a plain form.

ARRIVING = "/folder/arriving/<uuid:upload_id>"


def _landing() -> Landing:
    """Return where files arrive, for a request that a script of the folder's page sent."""
    arriving.check_token(request.headers.get("X-CSRF-Token"))
    return landing()


def _is_here(document_id: UUID) -> bool:
    with edge.parts().database.session(write=False) as reading:
        return reading.get(Document, document_id) is not None


@pages.page(ARRIVING, access=Access.SOURCE, methods=("PUT",), token=Token.STREAM)
def begin_upload(upload_id: UUID) -> ResponseReturnValue:
    """Say what is coming, or ask what is still missing of it: the same question, however often."""
    here, settings, what = _landing(), edge.settings(), arriving.told()
    if _is_here(here.document_id(upload_id)):
        return jsonify(done=True, missing=[])
    if what.get("spoken"):
        raise BadRequest
    # What an account may bring once it may bring again from the folder.
    allowed = Limits(settings.chunked_file_limit, most_files(), 2 * settings.draft_limit, FULL)
    return arriving.begin(here, upload_id, what, held=_held(), limits=allowed)


@pages.page(f"{ARRIVING}/<int:index>", access=Access.SOURCE, methods=("PUT",), token=Token.STREAM)
def take_piece(upload_id: UUID, index: int) -> ResponseReturnValue:
    """Take one piece, sealed before the answer; the visit stays open as long as pieces come."""
    return arriving.take_piece(_landing(), upload_id, index)


@pages.page(f"{ARRIVING}/finish", access=Access.SOURCE, methods=("POST",), token=Token.STREAM)
def finish_upload(upload_id: UUID) -> ResponseReturnValue:
    """Put the pieces together, once the hashes of all are told; say what is missing if anything is."""
    here, part = _landing(), PartKey.new(visit.folder().submission_id, Compartment.CONTENT)

    def finished(digests: list[bytes]) -> Callable[[], None] | None:
        return arriving.finish(
            here,
            upload_id,
            digests,
            is_here=lambda: _is_here(here.document_id(upload_id)),
            put=lambda file: _put(part, [file]),
            into=part,
        )

    return arriving.finish_told(finished)


@pages.page(f"{ARRIVING}/drop", access=Access.SOURCE, methods=("POST",))
def drop_upload(upload_id: UUID) -> ResponseReturnValue:
    """Leave out what has come only in part; its pieces are erased."""
    landing().drop(upload_id)
    return redirect(url_for(".files"), HTTPStatus.SEE_OTHER)
