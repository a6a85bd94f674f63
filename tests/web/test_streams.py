"""Files given to a browser: whole, in ranges (RFC 9110 section 14), under their names (RFC 6266)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask, Response
from hypothesis import given
from hypothesis import strategies as st

from portal.web.streams import SHOWN_POLICY, attachment

APP = Flask(__name__)
CONTENT = bytes(range(256)) * 4


class Kept:
    """A file in memory that opens in small pieces."""

    def __init__(self, content: bytes = CONTENT) -> None:
        self.content = content
        self.length = len(content)

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        end = self.length if stop is None else stop
        for begin in range(start, end, 100):
            yield self.content[begin : min(begin + 100, end)]


@dataclass
class Attached:
    name: str


@dataclass
class Opened:
    attached: Attached
    reader: Kept
    source: BytesIO = field(default_factory=BytesIO)


def opened(content: bytes = CONTENT, name: str = "letter.jpg") -> Opened:
    return Opened(Attached(name), Kept(content))


def answered(asked: str | None = None, one: Opened | None = None, **how: Any) -> Response:
    headers = {"Range": asked} if asked is not None else {}
    with APP.test_request_context("/", headers=headers):
        return attachment(one or opened(), **how)


def test_a_file_is_given_whole() -> None:
    answer = answered()
    assert (answer.status_code, answer.get_data()) == (200, CONTENT)
    assert answer.content_length == len(CONTENT)
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert "Content-Range" not in answer.headers


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-1022", 0, 1023),
        ("bytes=100-299", 100, 300),
        ("bytes=1000-", 1000, 1024),
        ("bytes=-24", 1000, 1024),
        ("bytes=1000-9999", 1000, 1024),
    ],
)
def test_a_range_is_given_with_its_place(asked: str, start: int, stop: int) -> None:
    answer = answered(asked)
    assert answer.status_code == 206
    assert answer.get_data() == CONTENT[start:stop]
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/1024"
    assert answer.content_length == stop - start


@pytest.mark.parametrize("asked", ["bytes=1024-", "bytes=5000-6000"])
def test_a_range_outside_the_file_is_refused_with_its_length(asked: str) -> None:
    answer = answered(asked)
    assert (answer.status_code, answer.get_data()) == (416, b"")
    assert answer.headers["Content-Range"] == "bytes */1024"


@pytest.mark.parametrize(
    "asked",
    ["bytes=0-1,5-9", "lines=1-2", "nonsense", "bytes=9-1", "bytes=a-b", "", "bytes=0-1023", "bytes=-9999"],
)
def test_a_range_that_is_not_understood_is_answered_with_the_whole(asked: str) -> None:
    answer = answered(asked)
    assert (answer.status_code, answer.get_data()) == (200, CONTENT)


def test_an_empty_file_is_given_empty_and_has_no_range() -> None:
    assert (answered(one=opened(b"")).status_code, answered(one=opened(b"")).get_data()) == (200, b"")
    assert answered("bytes=0-", opened(b"")).status_code == 416


@given(start=st.integers(0, 1100), length=st.integers(0, 1100))
def test_every_range_gives_those_bytes_or_none(start: int, length: int) -> None:
    answer = answered(f"bytes={start}-{start + length}")
    if start >= len(CONTENT):
        assert answer.status_code == 416
    else:
        assert answer.get_data() == CONTENT[start : start + length + 1]


def test_a_saved_file_is_opaque_to_the_browser_whatever_it_is() -> None:
    answer = answered(content_type="text/html")
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_a_file_is_shown_only_when_told_so_and_can_run_nothing() -> None:
    answer = answered(content_type="image/jpeg", inline=True)
    assert answer.mimetype == "image/jpeg"
    assert answer.headers["Content-Disposition"].startswith("inline")
    for one in (answer, answered()):
        assert one.headers["Content-Security-Policy"] == SHOWN_POLICY


@pytest.mark.parametrize("name", ["نامهٔ برادرم.jpg", "می‌خواهم ۱۳۶۷.pdf", "lettre d'été.png", "手紙"])
def test_a_name_in_any_script_travels_as_rfc_6266_has_it(name: str) -> None:
    shown = answered(one=opened(name=name)).headers["Content-Disposition"]
    assert shown.isascii()
    assert "filename=" in shown
    encoded = shown.partition("filename*=UTF-8''")[2]
    assert unquote(encoded.split(";")[0]) == name


@pytest.mark.parametrize("asked", [None, "bytes=0-9", "bytes=9999-"])
def test_the_file_is_closed_when_its_answer_was_sent(asked: str | None) -> None:
    one = opened()
    answered(asked, one).close()
    assert one.source.closed


@given(name=st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=60))
def test_no_name_breaks_out_of_its_header(name: str) -> None:
    shown = answered(one=opened(name=name)).headers["Content-Disposition"]
    assert "\r" not in shown
    assert "\n" not in shown
    assert shown.startswith("attachment;")
