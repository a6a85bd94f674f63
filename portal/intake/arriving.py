"""A file on its way from a source's form into the store, and the words for what may go wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

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


def _check_token(token: str) -> None:
    try:
        validate_csrf(token)
    except ValidationError as problem:
        raise CSRFError(problem.args[0]) from None


def take_file(part: PartKey) -> DraftFile:
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


def too_large() -> str:
    """Say how large a file may be."""
    limit = number(edge.settings().file_limit // (1024 * 1024))
    return _("This file is larger than %(limit)s megabytes. Send a smaller copy, or part of it.", limit=limit)
