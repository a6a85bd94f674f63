"""One file, streamed: the token first, one file, within its limit; what is refused leaves nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pytest
from flask import Flask, request
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import BadRequest, HTTPException, LengthRequired, RequestEntityTooLarge

from portal.web import uploads
from portal.web.uploads import PortalRequest, Upload, drainer, receive

APP = Flask(__name__)
APP.request_class = PortalRequest
BOUNDARY = "d41d8cd98f00b204"
TOKEN = "the right token"
LIMIT = 1000


class WrongTokenError(Exception):
    pass


@dataclass
class Store:
    """A store that keeps a file whole or not at all."""

    begun: int = 0
    kept: list[bytes] = field(default_factory=list)

    @contextmanager
    def __call__(self) -> Iterator[BytesIO]:
        self.begun += 1
        coming = BytesIO()
        yield coming
        self.kept.append(coming.getvalue())


class Body:
    """A request's body that counts what was read of it, and gives a few bytes at a time."""

    def __init__(self, content: bytes, at_once: int = 1 << 20) -> None:
        self.source, self.at_once, self.taken = BytesIO(content), at_once, 0

    def read(self, size: int = -1) -> bytes:
        data = self.source.read(self.at_once if size < 0 else min(size, self.at_once))
        self.taken += len(data)
        return data

    def readinto(self, target: Any) -> int:
        data = self.read(len(target))
        target[: len(data)] = data
        return len(data)


def plain(name: str, value: str | bytes) -> bytes:
    content = value.encode() if isinstance(value, str) else value
    return (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + content + b"\r\n"
    )


def attached(content: bytes, filename: str = "letter.jpg", name: str = "file") -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
    return head.encode() + b"Content-Type: image/jpeg\r\n\r\n" + content + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()
FIRST = plain("csrf_token", TOKEN)


def check(token: str) -> None:
    if token != TOKEN:
        raise WrongTokenError


def taken(
    *parts: bytes,
    store: Store | None = None,
    length: int | None = -1,
    kind: str = f"multipart/form-data; boundary={BOUNDARY}",
    at_once: int = 1 << 20,
    body: Body | None = None,
    most: int = 1,
    into: Upload | None = None,
) -> Upload:
    """Receive a body of these parts."""
    content = b"".join(parts)
    environ: dict[str, Any] = {"wsgi.input": body or Body(content, at_once), "REQUEST_METHOD": "POST"}
    environ["CONTENT_TYPE"] = kind
    if length is not None:
        environ["CONTENT_LENGTH"] = str(len(content) if length == -1 else length)
    with APP.test_request_context("/", environ_overrides=environ):
        return receive(limit=LIMIT, check_token=check, sink=store or Store(), most=most, into=into)


def refused(error: type[Exception], *parts: bytes, **how: Any) -> Store:
    """Expect a refusal, and that nothing is left."""
    store = Store()
    with pytest.raises(error):
        taken(*parts, store=store, **how)
    assert store.kept == []
    return store


def test_a_file_comes_in_whole_with_the_words_beside_it() -> None:
    store = Store()
    upload = taken(
        FIRST, plain("caption", "نامهٔ آخر"), attached(b"\xff\xd8 letter", "نامه.jpg"), END, store=store
    )
    assert store.kept == [b"\xff\xd8 letter"]
    assert upload.fields == {"csrf_token": TOKEN, "caption": "نامهٔ آخر"}
    assert (upload.filename, upload.content_type, upload.size) == ("نامه.jpg", "image/jpeg", 9)


def test_words_may_follow_the_file() -> None:
    assert taken(FIRST, attached(b"x"), plain("caption", "later"), END).fields["caption"] == "later"


# the token


@pytest.mark.parametrize(
    "first", [plain("csrf_token", "forged"), plain("csrf_token", ""), plain("caption", TOKEN)]
)
def test_the_token_is_the_first_field_and_right(first: bytes) -> None:
    assert refused(WrongTokenError, first, attached(b"x"), END).begun == 0


def test_a_file_before_the_token_is_refused_and_not_one_byte_of_it_taken() -> None:
    assert refused(BadRequest, attached(b"x"), FIRST, END).begun == 0


def test_no_token_at_all_is_refused() -> None:
    assert refused(BadRequest, attached(b"x"), END).begun == 0


# one file


@pytest.mark.parametrize("name", ["second.jpg", ""])
def test_two_files_are_refused(name: str) -> None:
    store = Store()
    with pytest.raises(BadRequest):
        taken(FIRST, attached(b"one"), attached(b"two", name), END, store=store)
    assert store.begun == 1


def test_a_file_without_a_name_followed_by_another_is_refused() -> None:
    with pytest.raises(BadRequest):
        taken(FIRST, attached(b"one", ""), attached(b"two"), END)


def test_an_empty_file_begins_nothing() -> None:
    store = Store()
    assert taken(FIRST, attached(b""), END, store=store).size == 0
    assert (store.begun, store.kept) == (0, [])


def test_a_form_in_which_no_file_was_chosen_begins_nothing() -> None:
    store = Store()
    upload = taken(FIRST, attached(b"", ""), END, store=store)
    assert (upload.filename, store.begun) == ("", 0)


def test_a_form_without_any_file_begins_nothing() -> None:
    store = Store()
    assert taken(FIRST, plain("caption", "x"), END, store=store).filename == ""
    assert store.begun == 0


# limits


def test_a_request_over_its_limit_is_refused_before_any_byte_is_read() -> None:
    body = Body(b"x" * 100)
    refused(RequestEntityTooLarge, length=LIMIT + 64 * 1024 * 1024 + 1, body=body)
    assert body.taken == 0


def test_of_a_request_over_its_limit_the_words_are_read_and_no_byte_of_a_file_is_taken() -> None:
    upload, store = Upload(), Store()
    parts = (FIRST, plain("caption", "a film"), attached(b"x" * (LIMIT + 70_000)), END)
    with pytest.raises(RequestEntityTooLarge):
        taken(*parts, store=store, into=upload)
    assert (upload.fields["caption"], store.begun) == ("a film", 0)


def test_several_files_come_in_whole_up_to_their_number_and_one_limit_for_all() -> None:
    store = Store()
    parts = (FIRST, attached(b"one"), attached(b"", ""), attached(b"two"), plain("action", "add"), END)
    upload = taken(*parts, store=store, most=2)
    assert (store.kept, upload.files, upload.size) == ([b"one", b"two"], 2, 6)
    with pytest.raises(BadRequest):
        taken(FIRST, *[attached(b"x")] * 3, END, most=2)
    with pytest.raises(RequestEntityTooLarge):
        taken(FIRST, *[attached(b"x" * (LIMIT // 2 + 1))] * 2, END, most=2)


def test_a_request_that_does_not_say_its_length_is_refused_before_any_byte_is_read() -> None:
    body = Body(b"x" * 100)
    refused(LengthRequired, length=None, body=body)
    assert body.taken == 0


def test_a_file_of_exactly_the_limit_is_taken() -> None:
    assert taken(FIRST, attached(b"x" * LIMIT), END).size == LIMIT


@pytest.mark.parametrize("at_once", [7, 333, 1 << 20])
def test_a_file_over_the_limit_is_refused_while_it_streams_and_leaves_nothing(at_once: int) -> None:
    store = refused(RequestEntityTooLarge, FIRST, attached(b"x" * (LIMIT + 1)), END, at_once=at_once)
    assert store.begun == 1


def test_a_huge_field_is_refused() -> None:
    refused(RequestEntityTooLarge, FIRST, plain("caption", "x" * (16 * 1024 + 1)), attached(b"x"), END)
    assert taken(FIRST, plain("caption", "x" * 16 * 1024), END).fields["caption"] == "x" * 16 * 1024


def test_too_many_fields_are_refused() -> None:
    refused(RequestEntityTooLarge, FIRST, *(plain(f"field{number}", "x") for number in range(12)), END)


def test_too_many_headers_of_a_field_are_refused() -> None:
    headers = b"".join(b"X-%d: x\r\n" % number for number in range(10))
    part = plain("caption", "x").replace(b"\r\n\r\n", b"\r\n" + headers + b"\r\n", 1)
    refused(RequestEntityTooLarge, FIRST, part, END)


# broken bodies


BROKEN = {
    "nothing": (b"",),
    "no end": (FIRST, attached(b"x")),
    "the end inside the file": (FIRST, attached(b"x" * 50)[:-20]),
    "the end inside a header": (FIRST, attached(b"x")[:30]),
    "no boundary at all": (b"plain words",),
    "no disposition": (FIRST, f"--{BOUNDARY}\r\nX-Y: z\r\n\r\nx\r\n".encode(), END),
    "no name": (FIRST, f"--{BOUNDARY}\r\nContent-Disposition: form-data\r\n\r\nx\r\n".encode(), END),
    "bare line ends": (FIRST.replace(b"\r\n", b"\n"), END),
    "another boundary": ((FIRST + END).replace(BOUNDARY.encode(), b"other"),),
}  # fmt: skip


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_body_is_refused_and_leaves_nothing(how: str) -> None:
    refused(BadRequest, *BROKEN[how])


def test_a_body_shorter_than_it_said_is_refused_and_leaves_nothing() -> None:
    refused(BadRequest, FIRST, attached(b"x" * 500), length=900)


@pytest.mark.parametrize("at_once", [1, 1 << 20])
def test_a_field_that_comes_twice_is_refused(at_once: int) -> None:
    refused(BadRequest, FIRST, plain("caption", "one"), plain("caption", "two"), END, at_once=at_once)
    refused(BadRequest, FIRST, FIRST, attached(b"x"), END, at_once=at_once)


def test_a_field_that_is_no_text_is_refused() -> None:
    refused(BadRequest, FIRST, plain("caption", b"\xff\xfe"), attached(b"x"), END)


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "application/x-www-form-urlencoded",
        f"multipart/mixed; boundary={BOUNDARY}",
        "text/plain",
    ],
)
def test_a_request_that_is_no_form_with_a_boundary_is_refused_unread(kind: str) -> None:
    body = Body(FIRST + attached(b"x") + END)
    refused(BadRequest, kind=kind, length=500, body=body)
    assert body.taken == 0


def test_an_unexpected_piece_is_refused() -> None:
    reader = uploads._Reader(iter([bytearray(b"x")]), Upload(), LIMIT, check, Store())
    with pytest.raises(BadRequest):
        reader.run()


def test_a_store_that_fails_is_not_called_a_broken_request() -> None:
    @contextmanager
    def full() -> Iterator[BytesIO]:
        yield BytesIO()
        raise OSError(28, "no space left")

    content = FIRST + attached(b"x") + END
    environ = {"wsgi.input": Body(content), "CONTENT_LENGTH": str(len(content)), "REQUEST_METHOD": "POST"}
    environ["CONTENT_TYPE"] = f"multipart/form-data; boundary={BOUNDARY}"
    with APP.test_request_context("/", environ_overrides=environ), pytest.raises(OSError, match="space"):
        receive(limit=LIMIT, check_token=check, sink=full)


# wherever the pieces are cut


@given(
    content=st.binary(min_size=1, max_size=300)
    | st.lists(st.sampled_from([b"\r\n", b"--", BOUNDARY.encode(), b"\r", b"x"]), min_size=1).map(b"".join),
    at_once=st.integers(1, 90),
)
def test_a_file_is_the_same_wherever_its_pieces_are_cut(content: bytes, at_once: int) -> None:
    if f"\r\n--{BOUNDARY}".encode() in b"\r\n" + content or len(content) > LIMIT:
        return
    store = Store()
    assert taken(FIRST, attached(content), END, store=store, at_once=at_once).size == len(content)
    assert store.kept == [content]


@given(content=st.binary(max_size=400))
def test_no_body_does_anything_but_come_in_or_be_refused(content: bytes) -> None:
    store = Store()
    try:
        taken(content, store=store)
    except (HTTPException, WrongTokenError):
        assert store.kept == []


# nothing is spooled


@pytest.mark.parametrize("ask", ["files", "form", "values"])
def test_a_file_is_never_spooled_whoever_asks_for_it(ask: str) -> None:
    content = FIRST + attached(b"x" * 10) + END
    with (
        APP.test_request_context(
            "/", method="POST", data=content, content_type=f"multipart/form-data; boundary={BOUNDARY}"
        ),
        pytest.raises(BadRequest),
    ):
        getattr(request, ask)


def test_a_form_without_files_is_read_as_ever() -> None:
    with APP.test_request_context("/", method="POST", data={"narrative": "words"}):
        assert request.form["narrative"] == "words"


# what is left of a refused body


def drained(body: Body, length: int | None) -> Callable[[], None]:
    environ: dict[str, Any] = {"wsgi.input": body, "REQUEST_METHOD": "POST"}
    if length is not None:
        environ["CONTENT_LENGTH"] = str(length)
    with APP.test_request_context("/", environ_overrides=environ):
        return drainer()


@pytest.mark.parametrize(
    ("size", "said", "read"), [(500_000, 500_000, 500_000), (10, 500, 10), (10, None, 0)]
)
def test_the_rest_of_a_refused_body_is_read_and_forgotten(size: int, said: int | None, read: int) -> None:
    body = Body(b"x" * size)
    drained(body, said)()
    assert body.taken == read


def test_not_more_is_drained_than_is_reasonable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "_DRAIN_LIMIT", 1000)
    body = Body(b"x" * 5000)
    drained(body, 5000)()
    assert body.taken == 1000
