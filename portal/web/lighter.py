"""Text that is the same for everybody, style and scripts, travels compressed; pages never do.

A page holds what one person wrote beside what another may have put into its address: compressed, its length
would tell of it (BREACH). Style and scripts hold nothing of anybody.
"""

import gzip
from functools import lru_cache
from http import HTTPStatus

from flask import Flask, Response, request

_TEXT = frozenset({"text/css", "text/javascript", "application/javascript", "image/svg+xml"})


@lru_cache(maxsize=64)
def _lighter(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)


def install(app: Flask) -> None:
    """Compress the whole answers of static text for browsers that understand gzip."""

    @app.after_request
    def _static(answer: Response) -> Response:
        if request.endpoint != "static" or answer.mimetype not in _TEXT:
            return answer
        answer.vary.add("Accept-Encoding")
        if answer.status_code == HTTPStatus.OK and request.accept_encodings["gzip"]:
            answer.direct_passthrough = False
            answer.set_data(_lighter(answer.get_data()))
            answer.content_encoding = "gzip"
            answer.headers.pop("Accept-Ranges", None)
            tag, _weak = answer.get_etag()
            if tag:
                answer.set_etag(f"{tag}-gzip")
        return answer
