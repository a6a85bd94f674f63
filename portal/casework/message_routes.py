"""Writing to a source, with a file or without; whatever stands in the way, what was typed stays there."""

from http import HTTPStatus
from typing import Self
from uuid import UUID

from flask import Response, flash, make_response, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from portal.casework import writing
from portal.casework.case_page import case_page
from portal.casework.forms import MessageForm
from portal.casework.pages import CASE, pages, see
from portal.database import pause
from portal.errors import InvalidError, NotFoundError, PortalError, RefusedError, StaleError
from portal.intake.arriving import check_token, take_files, too_large
from portal.intake.drafts import DraftFile
from portal.permissions import Permission
from portal.staff import current
from portal.web import uploads
from portal.web.edge import db, files, now, settings
from portal.web.guard import Token
from portal.web.locale import gettext as _
from portal.web.locale import lazy_gettext as _l
from portal.web.uploads import Upload

LONGEST = 512 * 1024
"""Bytes that may come as the words of a message; how many characters one has is for its form to say."""

REASONS: tuple[tuple[type[PortalError], object], ...] = (
    (
        NotFoundError,
        _l(
            "Not sent: this case is no longer here for you. Its source has taken it back, or it was moved to "
            "another circle."
        ),
    ),
    (
        writing.UnwantedError,
        _l("Not sent: the source does not wish to be written to now. When they write first, you may answer."),
    ),
    (
        RefusedError,
        _l("Not sent: you do not hold this case any more. Whoever holds it now writes to its source."),
    ),
)
"""What is said where the service says no more than that."""


@pages.page(f"{CASE}/message", access=Permission.CASE_CONTACT, methods=("POST",), token=Token.STREAM)
def message(case_id: UUID) -> ResponseReturnValue:
    """Write to the source."""
    typed, taken = Upload(), list[DraftFile]()
    try:
        taken = _take(case_id, typed)
        return _send(case_id, _form(typed), taken)
    except RequestEntityTooLarge:
        answer = _again(case_id, _form(typed), file=too_large(), status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        answer.call_on_close(uploads.drainer())
        return answer
    except (InvalidError, NotFoundError, RefusedError, StaleError) as problem:
        pause(db())  # nothing of a message that was not sent
        _drop(taken)
        return _again(case_id, _form(typed), message=_reason(problem), status=HTTPStatus.CONFLICT)
    except BaseException:
        _drop(taken)
        raise


def _take(case_id: UUID, typed: Upload) -> list[DraftFile]:
    """Read the form as it comes, and its file into the store, outside any transaction.

    May the source not be written to, the words are read all the same, the file is not kept, and the reason
    is raised.
    """
    if request.mimetype != "multipart/form-data":
        check_token(request.form.get("csrf_token"))
        typed.fields.update(request.form.to_dict())
        return []
    try:
        _case, thread = writing.to_source(db(), by=current.actor(), case_id=case_id)
    except PortalError:
        pause(db())
        uploads.receive(
            limit=settings().file_limit, check_token=check_token, sink=_Nowhere, into=typed, longest=LONGEST
        )
        raise
    pause(db())
    found = take_files(thread, limit=settings().file_limit, most=1, into=typed, longest=LONGEST)
    current.look_again()
    return found


class _Nowhere:
    """Where a file goes that nobody may send."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        return None

    def write(self, data: bytes, /) -> None:
        """Forget the bytes."""


def _send(case_id: UUID, form: MessageForm, taken: list[DraftFile]) -> ResponseReturnValue:
    if not form.validate():
        _drop(taken)
        return _again(case_id, form, file=str(_CHOOSE_AGAIN) if taken else "")
    writing.message(
        db(),
        by=current.actor(),
        case_id=case_id,
        text=form.message.data or "",
        wait=bool(form.wait.data),
        file=taken[0] if taken else None,
        limit=settings().files_per_submission,
        now=now(),
    )
    flash(_("The message lies in the source's folder."))
    return see(case_id, _anchor="messages")


_CHOOSE_AGAIN = _l("The file was not kept. Choose it again, please.")


def _form(typed: Upload) -> MessageForm:
    """Fill the form in with what was typed; its token was checked before."""
    return MessageForm(MultiDict(typed.fields), meta={"csrf": False})


def _drop(taken: list[DraftFile]) -> None:
    for one in taken:
        files().erase(one.stored_name)


def _reason(problem: PortalError) -> str:
    """Say why nothing was sent: in the service's words, where it has any."""
    said = str(problem)
    return _(said) if said else str(next(words for kind, words in REASONS if isinstance(problem, kind)))


def _again(
    case_id: UUID,
    form: MessageForm,
    *,
    message: str = "",
    file: str = "",
    status: int = HTTPStatus.UNPROCESSABLE_ENTITY,
) -> Response:
    """Show the page with what was typed; where there is no page any more, the words alone."""
    form.message.errors = [*form.message.errors, *([message] if message else [])]
    form.file.errors = [*form.file.errors, *([file] if file else [])]
    try:
        return make_response(case_page(case_id, message=form, status=status))
    except NotFoundError:
        pause(db())
        return make_response(render_template("casework/unsent.html", form=form), status)
