"""Requests that no browser sends: whatever comes, no answer is a failure of ours, and none takes long."""

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from builders import Instance, an_instance
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from live import Server

from portal.config import Face

TRIES = 500
LONGEST = 2.0
BORDER = "frontier"
PATHS = (
    "/", "/en/", "/fa/", "/en/account", "/en/you", "/en/permissions", "/en/reaching", "/en/documents",
    "/en/check", "/en/received", "/en/received/words", "/en/return", "/en/folder", "/en/folder/reply",
    "/en/folder/file", "/en/folder/withdraw", "/en/sign-in", "/en/join", "/en/cases/", "/en/leave",
    "/en/staff", "/en/registry/", "/en/releases/", "/en/figures", "/xx/account", "/en/nothing", "/static/",
    "/static/../portal.db", "/en/%00", "/en/cases/not-an-id", "/en/documents/0/remove", "//en//account",
)  # fmt: skip
KINDS = (
    "", "text/plain", "application/json", "application/x-www-form-urlencoded", "multipart/form-data",
    f"multipart/form-data; boundary={BORDER}", 'multipart/form-data; boundary=""',
    "multipart/mixed; boundary=x",
    "multipart/form-data; boundary=" + "b" * 300, "application/x-www-form-urlencoded; charset=utf-16", ";;;=",
    "multipart/form-data; boundary=\xff",
)  # fmt: skip
NAMES = ("csrf_token", "narrative", "file", "caption", "action", "words", "name", "passphrase", "code", "x[]")

text = st.text(max_size=40)
piece = st.one_of(
    st.sampled_from([b"--frontier\r\n", b"--frontier--\r\n", b"\r\n\r\n", b"\r\n", b"--frontier", b"\x00"]),
    st.sampled_from(NAMES).map(
        lambda name: f'Content-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
    ),
    st.sampled_from(NAMES).map(
        lambda name: f'Content-Disposition: form-data; name="{name}"; filename="../../a"\r\n'.encode()
    ),
    st.just(b"Content-Disposition: form-data; name=\"file\"; filename*=utf-16''%ff%fe\r\n\r\n"),
    st.just(b"Content-Transfer-Encoding: base64\r\n\r\n!!!!\r\n"),
    st.binary(max_size=60),
)
form = st.lists(st.tuples(st.sampled_from(NAMES), text), max_size=12).map(
    lambda pairs: "&".join(f"{name}={value}" for name, value in pairs).encode("utf-8", "surrogatepass")
)
body = st.one_of(
    st.binary(max_size=300),
    st.lists(piece, max_size=14).map(b"".join),
    form,
    st.sampled_from([b"[" * 50_000, b"%" * 5_000, b"a=b&" * 9_000, b"csrf_token=" + b"A" * 200_000]),
)
header_text = st.text(
    st.characters(codec="latin-1", exclude_characters="\r\n\0", exclude_categories=("Cc",)), max_size=60
)
header = st.one_of(
    st.tuples(
        st.sampled_from(
            ["Cookie", "Range", "Accept-Language", "Host", "Referer", "Sec-Fetch-Site", "X-Forwarded-For"]
        ),
        header_text,
    ),
    st.sampled_from(
        [
            ("Cookie", "intake=" + "A" * 8_000),
            ("Cookie", "intake=;intake=;desk=%00"),
            ("Range", "bytes=0-,5-1,-0"),
            ("Range", "bytes=" + ",".join("0-1" for _number in range(500))),
            ("Accept-Language", "fa;q=" + "9" * 300),
            ("Content-Length", "-1"),
            ("Content-Length", "ten"),
            ("Content-Length", "9" * 30),
            ("Transfer-Encoding", "chunked, identity"),
            ("Content-Encoding", "gzip"),
            ("X-Long", "y" * 60_000),
        ]
    ),
)
asked = st.fixed_dictionaries(
    {
        "face": st.sampled_from(list(Face)),
        "method": st.sampled_from(["GET", "POST", "POST", "POST", "PUT", "HEAD", "OPTIONS", "TRACE", "BREW"]),
        "path": st.one_of(st.sampled_from(PATHS), text.map(lambda end: "/en/" + end)),
        "query": st.one_of(st.just(""), text, st.just("change=1&change=2&text=x&after=y&status=z")),
        "kind": st.sampled_from(KINDS),
        "headers": st.lists(header, max_size=4),
        "body": body,
    }
)


@pytest.fixture(scope="module")
def visitors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Face, FlaskClient]]:
    """A source who has begun a draft, and a reviewer who is signed in."""
    instance = an_instance(tmp_path_factory.mktemp("hostile") / "instance")
    clients = {face: instance.app(face).test_client() for face in Face}
    clients[Face.INTAKE].get("/en/account")
    instance.sign_in(clients[Face.DESK], "maple")
    yield clients
    instance.database.dispose()


@settings(
    max_examples=TRIES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(asked=asked)
def test_no_request_is_answered_with_a_failure_of_ours(
    visitors: dict[Face, FlaskClient], asked: dict[str, Any]
) -> None:
    began = time.monotonic()
    answer = visitors[asked["face"]].open(
        asked["path"],
        method=asked["method"],
        query_string=asked["query"],
        data=asked["body"],
        content_type=asked["kind"],
        headers=asked["headers"],
    )
    answer.get_data()
    assert answer.status_code < 500
    assert time.monotonic() - began < LONGEST


def _request(first: str, *headers: str, body: str = "") -> bytes:
    return "\r\n".join([first, "Host: localhost", *headers, "", body]).encode("latin-1")


SMUGGLED = {
    "both lengths": _request(
        "POST /en/account HTTP/1.1", "Content-Length: 4", "Transfer-Encoding: chunked", body="0\r\n\r\nGET /x"
    ),
    "two lengths": _request(
        "POST /en/account HTTP/1.1", "Content-Length: 0", "Content-Length: 9", body="a=b"
    ),
    "length with a sign": _request("POST /en/account HTTP/1.1", "Content-Length: +3", body="a=b"),
    "length of nothing": _request("POST /en/account HTTP/1.1", "Content-Length:", body="a=b"),
    "chunk without an end": _request(
        "POST /en/documents HTTP/1.1", "Transfer-Encoding: chunked", body="ffffffffffffffff\r\nabc"
    ),
    "chunk of no number": _request(
        "POST /en/account HTTP/1.1", "Transfer-Encoding: chunked", body="zz\r\nabc\r\n"
    ),
    "hidden coding": _request("POST /en/account HTTP/1.1", "Transfer-Encoding : chunked", body="0\r\n\r\n"),
    "folded header": _request("GET /en/ HTTP/1.1", "X-One: a", " b: c"),
    "no version": b"GET /en/\r\n\r\n",
    "a version of its own": b"GET /en/ HTTP/9.9\r\nHost: a\r\n\r\n",
    "no request": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    "bare line feeds": b"GET /en/ HTTP/1.1\nHost: localhost\n\n",
    "many headers": _request("GET /en/ HTTP/1.1", *(f"X-{number}: y" for number in range(300))),
    "one long header": _request("GET /en/ HTTP/1.1", "X-Long: " + "y" * 100_000),
    "a long address": _request("GET /en/" + "a" * 80_000 + " HTTP/1.1"),
    "an address elsewhere": _request("GET http://example.org/en/ HTTP/1.1"),
    "climbing": _request("GET /static/../../../../etc/passwd HTTP/1.1"),
    "climbing in disguise": _request("GET /static/%2e%2e/%2e%2e/portal.db HTTP/1.1"),
    "nothing in the address": _request("GET /en/%00%0d%0aSet-Cookie:a=b HTTP/1.1"),
    "two hosts": _request("GET /en/ HTTP/1.1", "Host: example.org"),
    "a body less than promised": _request("POST /en/account HTTP/1.1", "Content-Length: 3", body="a="),
    "a method of its own": _request("BREW /en/ HTTP/1.1"),
}


def _say(port: int, said: bytes) -> tuple[bytes, float]:
    """Say something to a socket, stop talking, and hear everything that comes back."""
    began, heard = time.monotonic(), b""
    with socket.create_connection(("127.0.0.1", port), timeout=LONGEST) as line, suppress(ConnectionError):
        line.sendall(said)
        with suppress(OSError):  # hung up on already
            line.shutdown(socket.SHUT_WR)
        while piece := line.recv(65_536):
            heard += piece
    return heard, time.monotonic() - began


def test_no_smuggled_request_is_served_or_hangs(sqlite_instance: Instance, servers: list[Server]) -> None:
    servers.append(Server(sqlite_instance.settings.instance))
    for face in ("intake", "desk"):
        port = servers[0].port(face)
        for name, said in SMUGGLED.items():
            heard, took = _say(port, said)
            status = heard.split(b" ", 2)[1] if heard.startswith(b"HTTP/") else b""
            # What the server before our pages says to a version or a method that it does not know.
            known = status in {b"501", b"505"} and name in {"a version of its own", "a method of its own"}
            assert not status.startswith(b"5") or known, (name, heard[:200])
            assert b"Set-Cookie:a=b" not in heard.split(b"\r\n\r\n")[0], name
            assert b"root:" not in heard, name
            assert heard.count(b"HTTP/1.1 2") <= 1, name
            assert took < LONGEST, name
        heard, _took = _say(port, _request("GET / HTTP/1.1", "Connection: close"))
        assert heard.startswith(b"HTTP/1.1 303")
