"""Connections that are opened only to be held open."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

pytest.importorskip("gunicorn", reason="gunicorn is an extra")

from portal.connections import Patience

SERVE = """
import sys
from portal import connections, serving
connections.GRACE, serving._THREADS = 1.0, 8
def app(environ, start_response):
    environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"here"]
serving.serve(lambda: app, sys.argv[1], 1)
"""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number: int = free.getsockname()[1]
    command = [sys.executable, "-c", SERVE, f"127.0.0.1:{number}"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as served:
        for _ in range(200):
            try:
                answered(number)
                break
            except OSError:
                time.sleep(0.1)
        yield number
        os.kill(served.pid, signal.SIGQUIT)


def answered(port: int) -> float:
    """Ask for the page, and return after how many seconds it came."""
    before = time.monotonic()
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    client.request("GET", "/")
    assert client.getresponse().read() == b"here"
    client.close()
    return time.monotonic() - before


def held(port: int, count: int, sent: bytes) -> list[socket.socket]:
    """Open connections, send the same on each, and keep them."""
    several = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
    for one in several:
        one.sendall(sent)
    return several


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: here\r\nX-",
        b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 1000000\r\n\r\na",
    ],
    ids=["half a head", "a body that never comes"],
)
def test_who_sends_nothing_more_loses_the_place(port: int, sent: bytes) -> None:
    several = held(port, 16, sent)
    time.sleep(5)
    assert answered(port) < 2
    for one in several:
        one.close()


def test_who_does_not_hang_up_keeps_nobody_waiting(port: int) -> None:
    several = held(port, 6, b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
    time.sleep(0.2)
    assert answered(port) < 3
    for one in several:
        one.close()


def test_patience_grows_with_what_comes_and_counts_only_waiting() -> None:
    now = [0.0]
    near, far = socket.socketpair()
    with near, far:
        patient = Patience(near, clock=lambda: now[0])
        far.sendall(bytes(2048 * 30))
        now[0] += 1000  # the portal's own time
        come = 0
        while come < 2048 * 30:
            come += len(patient.recv(4096))
        patient._waited = 49.0
        far.sendall(b"x")
        assert patient.recv(1) == b"x"
        patient._waited = 51.0
        far.sendall(b"x")
        with pytest.raises(TimeoutError):
            patient.recv(1)
        assert patient.fileno() == near.fileno()
