"""Files given to a browser, opened piece by piece in memory: whole or in ranges (RFC 9110 section 14)."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import BinaryIO, Protocol
from urllib.parse import quote

from flask import Response, request
from werkzeug.http import parse_range_header

SHOWN_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


class Reader(Protocol):
    """A sealed file that opens from ``start`` to ``stop``."""

    length: int

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Open the bytes from ``start`` up to ``stop``."""


class Named(Protocol):
    """What a source called the file."""

    @property
    def name(self) -> str:
        """Return the file's name."""


class Opened(Protocol):
    """A file that was opened for one answer."""

    @property
    def attached(self) -> Named:
        """Return what is known of the file."""

    @property
    def reader(self) -> Reader:
        """Return what opens its bytes."""

    @property
    def source(self) -> BinaryIO:
        """Return what is closed when the answer has been sent."""


def attachment(opened: Opened, *, content_type: str = "", inline: bool = False) -> Response:
    """Answer with a file: to be saved under its name (RFC 6266), or shown when ``inline`` and safe.

    A file that is saved is always opaque to the browser; one that is shown cannot run anything.
    """
    length = opened.reader.length
    span = _asked(length)
    if span is None:
        opened.source.close()
        refused = Response(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
        refused.headers["Content-Range"] = f"bytes */{length}"
        return refused
    start, stop = span
    answer = Response(opened.reader.read(start, stop))
    if (start, stop) != (0, length):
        answer.status_code = HTTPStatus.PARTIAL_CONTENT
        answer.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{length}"
    answer.mimetype = content_type if inline else "application/octet-stream"
    answer.content_length = stop - start
    answer.accept_ranges = "bytes"
    disposition = "inline" if inline else "attachment"
    answer.headers.set("Content-Disposition", disposition, **_named(opened.attached.name))
    answer.headers["Content-Security-Policy"] = SHOWN_POLICY
    answer.call_on_close(opened.source.close)
    return answer


def _asked(length: int) -> tuple[int, int] | None:
    """Return the one range that is asked for, the whole when none is, or None when it cannot be given."""
    asked = parse_range_header(request.headers.get("Range"))
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return 0, length
    start, stop = asked.ranges[0]
    if stop is None and start < -length < 0:
        return 0, length  # more of the end than there is: the whole (RFC 9110 section 14.1.2)
    return asked.range_for_length(length)


def _named(name: str) -> dict[str, str]:
    """Name a file in a header, which holds ASCII only: RFC 6266, RFC 8187."""
    plain = "".join(sign if sign.isascii() and sign.isprintable() else "_" for sign in name)
    return {"filename": plain, "filename*": f"UTF-8''{quote(name, safe='')}"}
