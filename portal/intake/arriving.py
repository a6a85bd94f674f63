"""Files on their way from a source's form into the store, and the words for what may go wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

from flask import request
from flask_wtf.csrf import CSRFError, validate_csrf
from wtforms.validators import ValidationError

from portal.errors import InvalidError
from portal.intake import service
from portal.intake.drafts import DraftFile
from portal.intake.sealing import PartKey
from portal.store.files import new_name
from portal.web import edge, uploads
from portal.web.locale import gettext as _
from portal.web.locale import number
from portal.web.uploads import Upload


def check_token(token: str | None) -> None:
    """Refuse a request that this visitor's own page did not send."""
    try:
        validate_csrf(token)
    except ValidationError as problem:
        raise CSRFError(problem.args[0]) from None


def take_files(
    part: PartKey, *, limit: int, most: int, into: Upload, longest: int = uploads.FIELD
) -> list[DraftFile]:
    """Stream the request's files into the store, sealed, and describe them: all of them, or none is kept.

    What was typed beside them is in ``into``, also when a file is refused.
    """
    coming: list[tuple[UUID, str, str, service.Receiving]] = []

    @contextmanager
    def sink() -> Iterator[service.Receiving]:
        document_id, stored_name = uuid4(), new_name()
        with service.receiving(edge.files(), part, document_id, stored_name) as one:
            yield one
        coming.append((document_id, stored_name, into.filename, one))

    try:
        uploads.receive(
            limit=limit, check_token=check_token, sink=sink, most=most, into=into, longest=longest
        )
    except BaseException:
        for _id, stored_name, _name, _one in coming:
            edge.files().erase(stored_name)
        raise
    caption = into.fields.get("caption", "").strip()
    return [
        service.draft_file(one, document_id=document_id, stored_name=stored_name, name=name, caption=caption)
        for document_id, stored_name, name, one in coming
    ]


def take_some(part: PartKey, *, most: int, into: Upload) -> list[DraftFile]:
    """Stream the files of a form that is for nothing else; raises `InvalidError` when there is none."""
    found = take_files(part, limit=edge.settings().file_limit, most=most, into=into)
    if not found:
        raise InvalidError("No file came with this. Choose a file that is not empty, then press the button.")
    return found


def digest_of_piece() -> bytes:
    """Return the hash (SHA-256) that stands beside a piece."""
    try:
        return bytes.fromhex(request.headers.get("X-SHA-256", ""))
    except ValueError:
        raise InvalidError("This piece was damaged on its way.") from None


def too_large() -> str:
    """Say how large a file may be."""
    limit = number(edge.settings().file_limit // (1024 * 1024))
    return _("This file is larger than %(limit)s megabytes. Send a smaller copy, or part of it.", limit=limit)
