"""Files given to a browser, opened piece by piece in memory: whole or in ranges (RFC 9110 section 14)."""

from collections.abc import Iterator
from typing import Protocol

from flask import Response, request
from werkzeug.http import parse_range_header

SHOWN_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


class Reader(Protocol):
    """A sealed file that opens from ``start`` to ``stop``."""

    @property
    def length(self) -> int:
        """The file's true length in bytes."""

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Open the bytes from ``start`` up to ``stop``."""


def attachment(reader: Reader, *, name: str, content_type: str = "", inline: bool = False) -> Response:
    """Answer with a file: to be saved under its name (RFC 6266), or shown when ``inline`` and safe.

    A file that is saved is always opaque to the browser; one that is shown cannot run anything.
    """
    start, stop, status = 0, reader.length, 200
    asked = parse_range_header(request.headers.get("Range"))
    if asked is not None and asked.units == "bytes" and len(asked.ranges) == 1:
        found = asked.range_for_length(reader.length)
        if found is None:
            refused = Response(status=416)
            refused.headers["Content-Range"] = f"bytes */{reader.length}"
            return refused
        (start, stop), status = found, 206
    answer = Response(reader.read(start, stop), status)
    answer.mimetype = content_type if inline else "application/octet-stream"
    answer.content_length = stop - start
    answer.accept_ranges = "bytes"
    if status == 206:  # noqa: PLR2004 - Partial Content
        answer.content_range = None
        answer.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{reader.length}"
    answer.headers.set("Content-Disposition", "inline" if inline else "attachment", filename=name)
    answer.headers["Content-Security-Policy"] = SHOWN_POLICY
    return answer
