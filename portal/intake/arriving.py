"""Files on their way from a source into the store, and the words for what may go wrong.

They come with a form, or piece by piece: to a draft (piece_routes.py) or a folder (folder_file_routes.py).
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from uuid import UUID, uuid4

from flask import jsonify, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, validate_csrf
from werkzeug.exceptions import BadRequest
from wtforms.validators import ValidationError

from portal.errors import InvalidError, NotFoundError
from portal.intake import documents
from portal.intake.chunks import DIGEST, LARGEST, MOST_PIECES, Held, IncompleteError, Landing, Limits, said
from portal.intake.drafts import DraftFile
from portal.intake.sealing import PartKey
from portal.store.files import new_name
from portal.web import edge, uploads
from portal.web.locale import gettext as _
from portal.web.locale import number
from portal.web.uploads import Upload

_LARGEST_HEAD = 4096


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
    coming: list[tuple[UUID, str, str, documents.Receiving]] = []

    @contextmanager
    def sink() -> Iterator[documents.Receiving]:
        document_id, stored_name = uuid4(), new_name()
        with documents.receiving(edge.files(), part, document_id, stored_name) as one:
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
        documents.draft_file(
            one, document_id=document_id, stored_name=stored_name, name=name, caption=caption
        )
        for document_id, stored_name, name, one in coming
    ]


def take_some(part: PartKey, *, most: int, into: Upload) -> list[DraftFile]:
    """Stream the files of a form that is for nothing else; raises `InvalidError` when there is none."""
    found = take_files(part, limit=edge.settings().file_limit, most=most, into=into)
    if not found:
        raise InvalidError("No file came with this. Choose a file that is not empty, then press the button.")
    return found


def too_large() -> str:
    """Say how large a file may be."""
    limit = number(edge.settings().file_limit // (1024 * 1024))
    return _("This file is larger than %(limit)s megabytes. Send a smaller copy, or part of it.", limit=limit)


# Piece by piece: what is asked of both places where files arrive, and answered to a script.


def told() -> Mapping[str, object]:
    """Read what a script says of a file."""
    try:
        read = json.loads(uploads.body(_LARGEST_HEAD))
    except (ValueError, RecursionError):
        raise BadRequest from None
    if not isinstance(read, dict):
        raise BadRequest
    return read


def begin(
    here: Landing,
    upload_id: UUID,
    what: Mapping[str, object],
    *,
    held: Sequence[Held],
    limits: Limits,
    recording: int = 0,
) -> ResponseReturnValue:
    """Make room for what was told of, and say what is missing of it; a recording has ``recording`` bytes."""
    try:
        here.begin(upload_id, said(what, limit=recording), held=held, limits=limits)
    except InvalidError as problem:
        return _not_taken(problem)
    return jsonify(missing=here.missing(upload_id))


def take_piece(here: Landing, upload_id: UUID, index: int) -> ResponseReturnValue:
    """Take one piece, which is sealed before the answer; its hash stands beside it."""
    try:
        here.take(upload_id, index, uploads.body(LARGEST), _digest_of_piece())
    except InvalidError as problem:
        return _not_taken(problem)
    return "", HTTPStatus.NO_CONTENT


def finish(
    here: Landing,
    upload_id: UUID,
    digests: Sequence[bytes] | None,
    *,
    is_here: Callable[[], bool],
    put: Callable[[DraftFile], None],
    into: PartKey | None = None,
) -> Callable[[], None] | None:
    """Make a document of the pieces and have it ``put`` where it belongs, unless it ``is_here`` already.

    ``is_here`` looks anew each time: on a slow line a request is sent twice, and the other one may end now.
    Returns what is to be done once the answer was given, when nobody asks for the pieces again; None while
    another request does the same. Nobody else may do it before this one has ended, whatever becomes of it.
    """
    tidy = partial(here.drop, upload_id)
    if is_here():
        return tidy
    try:
        lock = here.lock(upload_id)
    except NotFoundError:
        if is_here():  # the one before has ended just now, and its pieces are erased
            return tidy
        raise
    if lock is None:
        return None
    edge.afterwards(lock.release)
    if not is_here():  # the one before has ended just now
        put(here.finish(edge.files(), upload_id, digests, into=into))
    return tidy


def finish_told(finished: Callable[[list[bytes]], Callable[[], None] | None]) -> ResponseReturnValue:
    """Have an upload ``finished`` with the hashes of all pieces that a script tells; say what is missing."""
    read = uploads.body(DIGEST * MOST_PIECES)
    if len(read) % DIGEST:
        raise BadRequest
    try:
        tidy = finished([read[start : start + DIGEST] for start in range(0, len(read), DIGEST)])
    except IncompleteError as problem:
        return jsonify(missing=problem.missing), HTTPStatus.CONFLICT
    except InvalidError as problem:
        return _not_taken(problem)
    if tidy is None:
        return jsonify(busy=True), HTTPStatus.ACCEPTED
    answer = jsonify(done=True)
    answer.call_on_close(tidy)
    return answer


def _not_taken(problem: InvalidError) -> ResponseReturnValue:
    return jsonify(why=_(str(problem))), HTTPStatus.UNPROCESSABLE_ENTITY


def _digest_of_piece() -> bytes:
    """Return the hash (SHA-256) that stands beside a piece."""
    try:
        return bytes.fromhex(request.headers.get("X-SHA-256", ""))
    except ValueError:
        raise InvalidError("This piece was damaged on its way.") from None
