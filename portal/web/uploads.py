"""Files, streamed from the request through SHA-256 and the vault into the store; one after the other.

The request's body is parsed as it arrives (never ``request.files``, which would spool it to disk in clear).
The anti-forgery token is the first field and is checked before the first byte of the file is taken.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from io import BytesIO
from itertools import chain
from typing import IO, Any, Protocol

from flask import Request, request
from multipart import (
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
    parse_options_header,
)
from werkzeug.exceptions import BadRequest, LengthRequired, RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

_BUFFER = 128 * 1024
_CLOSING = len(b"--\r\n")
FIELD = 16 * 1024
"""Bytes that a plain field beside a file has, where a page does not say otherwise."""
_ROOM_FOR_FIELDS = 64 * 1024
_MOST_FIELDS = 1000
_MOST_SEGMENTS = 12
_DRAIN_LIMIT = 64 * 1024 * 1024


class Sink(Protocol):
    """Where the bytes of the file go."""

    def write(self, data: bytes, /) -> object:
        """Take some bytes."""


@dataclass
class Upload:
    """The plain fields that came with the files, and what the browser called the last of them."""

    fields: dict[str, str] = field(default_factory=dict)
    filename: str = ""
    content_type: str = ""
    size: int = 0
    """Bytes of all files together."""
    files: int = 0


class _CountedFields(FormDataParser):
    """Counts an ordinary form's fields before it reads them: eight megabytes of ``a&`` are four million."""

    def parse(self, stream: IO[bytes], mimetype: str, *args: Any, **kwargs: Any) -> Any:
        """Refuse a form of more fields than any page has."""
        if mimetype == "application/x-www-form-urlencoded":
            body = stream.read()
            if body.count(b"&") >= _MOST_FIELDS:
                raise RequestEntityTooLarge
            stream = BytesIO(body)
        return super().parse(stream, mimetype, *args, **kwargs)


class PortalRequest(Request):
    """A request that never spools a file: ordinary forms carry none, and uploads are streamed."""

    form_data_parser_class = _CountedFields

    def _get_file_stream(self, *args: object, **kwargs: object) -> object:  # type: ignore[override] # untyped
        raise BadRequest


def receive(
    *,
    limit: int,
    check_token: Callable[[str], None],
    sink: Callable[[], AbstractContextManager[Sink]],
    most: int = 1,
    into: Upload | None = None,
    longest: int = FIELD,
    segments: int = _MOST_SEGMENTS,
) -> Upload:
    """Stream the request's files, at most ``most``, each into a ``sink`` and return the fields beside them.

    ``sink()`` is entered when a file's first bytes come and left when its last were taken; an exception
    inside leaves nothing behind. ``into`` is filled while they come, so that what was typed is known even
    when a file is refused. A plain field has at most ``longest`` bytes; there are at most ``segments`` parts,
    with one file. Raises 413 when the request says it is over ``limit`` bytes: before the first byte of a
    file, and before reading anything when so much is coming that no answer could be shown.
    """
    upload, (boundary, length) = into or Upload(), _announced(limit)
    request.max_content_length = max(length, limit + _ROOM_FOR_FIELDS)
    most_bytes = 0 if length > limit + _ROOM_FOR_FIELDS else limit
    try:
        with PushMultipartParser(
            boundary,
            content_length=length,
            max_segment_count=segments + most - 1,
            max_header_count=6,
            strict=True,
        ) as parser:
            events = _events(parser)
            _Reader(events, upload, most_bytes, check_token, sink, most=most, longest=longest).run()
    except ParserLimitReached:
        raise RequestEntityTooLarge from None
    except (MultipartError, UnicodeDecodeError):
        raise BadRequest from None
    return upload


def _announced(limit: int) -> tuple[str, int]:
    """Return what parts the body, and how many bytes it is said to have."""
    length = request.content_length
    if length is None:
        raise LengthRequired
    if length > limit + _DRAIN_LIMIT:
        raise RequestEntityTooLarge
    kind, options = parse_options_header(request.headers.get("Content-Type", ""))
    boundary = options.get("boundary", "")
    if kind != "multipart/form-data" or not boundary:
        raise BadRequest
    return boundary, length


def body(limit: int) -> bytes:
    """Return the request's body, read into memory whole: at most ``limit`` bytes.

    Raises 411 without a length, 413 over the limit before reading, 400 when less came than was said.
    """
    if request.content_length is None:
        raise LengthRequired
    if request.content_length > limit:
        raise RequestEntityTooLarge
    found = request.get_data(cache=False)
    if len(found) != request.content_length:
        raise BadRequest
    return found


def _events(parser: PushMultipartParser) -> Iterator[MultipartSegment | bytearray | None]:
    """Parse the body as it comes; a strict parser refuses whatever it is handed after the closing ``--``.

    The line end that browsers send behind it may come in a later piece, so the last bytes are held back.
    """
    held = b""
    while not parser.closed:
        data = request.stream.read(_BUFFER)
        held += data
        cut = len(held) - _CLOSING if data else len(held)
        if cut > 0:
            yield from parser.parse(held[:cut])
            held = held[cut:]
        if not data:
            yield from parser.parse(b"")


class _Reader:
    """Walks the segments in order: the token, plain fields, the files; a limit of 0 refuses the first."""

    def __init__(
        self,
        events: Iterator[MultipartSegment | bytearray | None],
        upload: Upload,
        limit: int,
        check_token: Callable[[str], None],
        sink: Callable[[], AbstractContextManager[Sink]],
        *,
        most: int = 1,
        longest: int = FIELD,
    ) -> None:
        self.events, self.upload, self.limit, self.most = events, upload, limit, most
        self.longest = longest
        self.check_token, self.sink = check_token, sink
        self.trusted = False

    def run(self) -> None:
        for event in self.events:
            if not isinstance(event, MultipartSegment):
                raise BadRequest
            if event.filename is None:
                self._field(event)
            else:
                self._file(event)

    def _field(self, segment: MultipartSegment) -> None:
        value = bytearray()
        for data in iter(lambda: next(self.events), None):
            value += data
            if len(value) > self.longest:
                raise RequestEntityTooLarge
        if segment.name in self.upload.fields:
            raise BadRequest
        self.upload.fields[segment.name] = value.decode()
        if not self.trusted:
            self.check_token(value.decode() if segment.name == "csrf_token" else "")
            self.trusted = True

    def _file(self, segment: MultipartSegment) -> None:
        if not self.trusted:
            raise BadRequest
        first = next(self.events)
        if first is None:  # nothing was chosen here, or the file is empty
            return
        if not self.limit:
            raise RequestEntityTooLarge
        if self.upload.files >= self.most:
            raise BadRequest
        self.upload.files += 1
        self.upload.filename = segment.filename or ""
        self.upload.content_type = segment.content_type or ""
        with self.sink() as target:
            for data in chain((first,), iter(lambda: next(self.events), None)):
                self.upload.size += len(data)
                if self.upload.size > self.limit:
                    raise RequestEntityTooLarge
                target.write(bytes(data))


def drainer() -> Callable[[], None]:
    """Return what reads and forgets the rest of a refused body, after the refusal was sent.

    Browsers that are still sending when the connection closes show a connection error instead of the page.
    """
    stream, length = request.environ["wsgi.input"], request.content_length or 0

    def drain() -> None:
        remaining = min(_DRAIN_LIMIT, length)
        while remaining > 0:
            data = stream.read(min(_BUFFER, remaining))
            if not data:
                break
            remaining -= len(data)

    return drain
