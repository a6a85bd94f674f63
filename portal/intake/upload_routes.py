"""Documents and recordings as a plain form, and what is said of them; piece by piece: piece_routes.py."""

from dataclasses import asdict, replace
from http import HTTPStatus
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as Answer

from portal.errors import InvalidError
from portal.intake import arriving, letting_in_gate, visit
from portal.intake.chunks import LARGEST, Landing, Limits, Unfinished
from portal.intake.drafts import Draft, DraftFile
from portal.intake.file_forms import SORT_LABELS, AboutFileForm, DocumentsForm, VoiceForm
from portal.intake.journey import Step
from portal.intake.models import Compartment
from portal.intake.routes import ended, onwards, pages, place
from portal.permissions import Access
from portal.store.arrivals import Arrivals
from portal.web import edge, uploads
from portal.web.guard import Token
from portal.web.locale import gettext as _
from portal.web.locale import number
from portal.web.responses import HEADERS
from portal.web.uploads import Upload

MICROPHONE = HEADERS["Permissions-Policy"].replace("microphone=()", "microphone=(self)")


def landing(draft: Draft) -> Landing:
    """Return the place where the draft's files arrive piece by piece."""
    store = edge.files()
    return Landing(Arrivals(store.folder, reserve=store.reserve), draft.part(Compartment.CONTENT))


def limits() -> Limits:
    """Return what the settings allow a draft to hold."""
    here = edge.settings()
    return Limits(here.chunked_file_limit, here.files_per_submission, here.draft_limit)


def unfinished(draft: Draft) -> list[Unfinished]:
    """Return the files that have come only in part."""
    place_of, added = landing(draft), {one.document_id for one in draft.files}
    # Power may go after a file was added and before its pieces were erased.
    return [one for one in place_of.unfinished() if place_of.document_id(one.upload_id) not in added]


def _shown(draft: Draft) -> dict[str, object]:
    """Return what both pages show: what is here, what is still coming, how much may come."""
    here = edge.settings()
    return {
        "draft": draft,
        "sorts": {sort.value: label for sort, label in SORT_LABELS.items()},
        "unfinished": unfinished(draft),
        "limit": here.file_limit // (1024 * 1024),
        "chunked_limit": here.chunked_file_limit,
        "piece": LARGEST,
        "full": len(draft.files) >= here.files_per_submission,
        **place(_stands()),
    }


def _documents_page(form: DocumentsForm) -> Response:
    return Response(render_template("intake/documents.html", form=form, **_shown(visit.draft())))


def _voice_page(form: VoiceForm) -> Response:
    """Show the recorder; this page, and no other, may ask for the microphone."""
    answer = Response(render_template("intake/voice.html", form=form, **_shown(visit.draft())))
    answer.headers["Permissions-Policy"] = MICROPHONE
    return answer


def _begun() -> bool:
    """Tell whether there is still something to add to; what was sent is added to from the folder."""
    draft = visit.glance()
    if not draft.sent and not visit.has_draft():
        visit.keep(draft)
    return not draft.sent


@pages.page("/documents", access=Access.PUBLIC)
def documents() -> ResponseReturnValue:
    """Show the files so far, and a place to add more; they are stored as they come: one is let in first."""
    if (away := ended()) is not None:
        return away
    if not _begun():
        return _received()
    return letting_in_gate.first("documents") or _documents_page(DocumentsForm())


@pages.page("/voice", access=Access.PUBLIC)
def voice() -> ResponseReturnValue:
    """Record in the browser, or send a recording that was made elsewhere."""
    if (away := ended()) is not None:
        return away
    if not _begun():
        return _received()
    return letting_in_gate.first("voice") or _voice_page(VoiceForm())


@pages.page("/documents", access=Access.PUBLIC, methods=("POST",), token=Token.STREAM)
def add_document() -> ResponseReturnValue:
    """Take files in, sealed as they arrive."""
    return _add(DocumentsForm)


@pages.page("/voice", access=Access.PUBLIC, methods=("POST",), token=Token.STREAM)
def add_voice() -> ResponseReturnValue:
    """Take a recording in that was made elsewhere."""
    return _add(VoiceForm)


def _received() -> ResponseReturnValue:
    return redirect(url_for("intake.received"), HTTPStatus.SEE_OTHER)


def _add(asked: type[DocumentsForm | VoiceForm]) -> ResponseReturnValue:
    """Take what the form brings; *Continue* and *Back* take it first as well, and need nothing to take."""
    if not _begun():
        return _received()
    way = letting_in_gate.first("documents")
    if way is not None:
        return way
    draft, into = visit.glance(), Upload()
    try:
        taken = _taken(draft, into)
    except RequestEntityTooLarge:
        reason = arriving.too_large() if _space(draft) >= edge.settings().file_limit else _no_space()
        return _refused(asked, reason, into, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    except InvalidError as problem:
        return _refused(asked, _(str(problem)), into)
    # Another page may have been filled in, another file have come, while this one was on its way.
    current = visit.draft_again(draft)
    if current is None:
        for file in taken:
            edge.files().erase(file.stored_name)
        return _received()
    current.files.extend(taken)
    visit.keep(current)
    if taken:
        one, count = _("The file is here and sealed."), number(len(taken))
        flash(one if len(taken) == 1 else _("%(count)s files are here and sealed.", count=count))
    return _after_adding(asked, into.fields.get("action", "add"))


def _stands() -> Step:
    """Return where in the journey files are added: at their turn, or beside a page where it was not yet."""
    at = visit.draft().at
    return Step(at) if at in {Step.ACCOUNT, Step.VOICE} else Step.DOCUMENTS


def files_page() -> Answer:
    """Lead back to the page that lists what is here."""
    if _stands() is Step.VOICE:
        return redirect(url_for("intake.voice"), HTTPStatus.SEE_OTHER)
    return redirect(url_for("intake.documents", change=request.args.get("change")), HTTPStatus.SEE_OTHER)


def _taken(draft: Draft, into: Upload) -> list[DraftFile]:
    """Take what the form brings, as far as the draft has room for it."""
    here = edge.settings()
    room = here.files_per_submission - len(draft.files)
    if room <= 0:
        raise InvalidError(
            "That is as many files as one account can carry. Send it, then add more from your folder."
        )
    limit = max(0, min(here.file_limit, _space(draft)))
    taken = arriving.take_files(draft.part(Compartment.CONTENT), limit=limit, most=room, into=into)
    if not taken and into.fields.get("action", "add") == "add":
        raise InvalidError("No file came with this. Choose a file that is not empty, then press the button.")
    return taken


def _space(draft: Draft) -> int:
    """Return how many bytes the draft may still hold."""
    return edge.settings().draft_limit - sum(one.stored_size for one in draft.files)


def _no_space() -> str:
    return _("Together with the files that are here, this is more than one account can carry at a time.")


def _after_adding(asked: type[DocumentsForm | VoiceForm], action: str) -> ResponseReturnValue:
    stands = _stands()
    if action == "rest":
        return onwards(stands, action)
    if action == "back" and stands is Step.ACCOUNT:
        return redirect(url_for("intake.account"), HTTPStatus.SEE_OTHER)
    if action in {"continue", "back"} and (asked is DocumentsForm or stands is Step.VOICE):
        # From beside the account one comes to the pages that follow it; else nobody would see them.
        return onwards(stands, action)
    return files_page()


def _refused(
    asked: type[DocumentsForm | VoiceForm], reason: str, into: Upload, status: int = HTTPStatus.BAD_REQUEST
) -> ResponseReturnValue:
    # The request's own data is a file, not to be read as a form; what was typed is shown again.
    form = asked(formdata=None, data={"caption": into.fields.get("caption", "")})
    form.file.errors = [reason]
    answer = _documents_page(form) if isinstance(form, DocumentsForm) else _voice_page(form)
    answer.status_code = status
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        answer.call_on_close(uploads.drainer())
    return answer


@pages.page("/documents/<uuid:document_id>", access=Access.PUBLIC, methods=("GET", "POST"), token=Token.FORM)
def about_document(document_id: UUID) -> ResponseReturnValue:
    """Ask what a file is, who made it, and where the original is; everything may be left open."""
    draft = visit.draft()
    file = next((one for one in draft.files if one.document_id == document_id), None)
    if draft.sent:
        return _received()
    if file is None:
        return files_page()
    form = AboutFileForm(data=asdict(file))
    if form.validate_on_submit():
        if request.form.get("action") != "skip":
            draft.files[draft.files.index(file)] = replace(
                file,
                caption=form.caption.data or "",
                kind=form.kind.data or "",
                maker=form.maker.data or "",
                original=form.original.data or "",
            )
            visit.keep(draft)
        if request.form.get("action") == "rest":
            return onwards(_stands(), "rest")
        return files_page()
    return render_template("intake/about_file.html", form=form, file=file, **place(_stands()))


@pages.page("/documents/<uuid:document_id>/remove", access=Access.PUBLIC, methods=("POST",))
def remove_document(document_id: UUID) -> ResponseReturnValue:
    """Take a file out again before anything is sent; its bytes are erased."""
    draft = visit.draft()
    removed = None if draft.sent else draft.without(document_id)
    if removed is not None:
        edge.files().erase(removed.stored_name)
        visit.keep(draft)
        flash(_("The file is gone."))
    return files_page()
