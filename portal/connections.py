"""Connections with an end: gunicorn's threads wait for each sender, so nobody may send nothing for ever.

Eighty idle connections would shut the place otherwise. Patience grows with what has come, because a film
through Tor takes its time.
"""

import logging
import socket
import time
from collections.abc import Callable
from typing import Any

from gunicorn.util import close_graceful
from gunicorn.workers.gthread import TConn, ThreadWorker

GRACE = 20.0
"""Seconds that a connection may keep a thread waiting for nothing."""
SLOWEST = 2048
"""Bytes that earn a second more."""
TAKING = 60.0
"""Seconds that a visitor may take for one piece of an answer."""
LINGER = 1.0
"""Seconds that a visitor may take to hang up."""


class Patience:
    """A socket whose sender is waited for as long as enough comes; then ``TimeoutError``.

    Only the time spent waiting counts, not what the portal itself takes.
    """

    def __init__(self, sender: socket.socket, clock: Callable[[], float] = time.monotonic) -> None:
        self._sender, self._clock = sender, clock
        self._waited, self._come = 0.0, 0

    def recv(self, size: int) -> bytes:
        """Take what comes, up to so many bytes."""
        left = GRACE + self._come / SLOWEST - self._waited
        if left <= 0:
            raise TimeoutError
        before, usual = self._clock(), self._sender.gettimeout()
        self._sender.settimeout(left)
        try:
            data = self._sender.recv(size)
        finally:
            self._waited += self._clock() - before
            self._sender.settimeout(usual)
        self._come += len(data)
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sender, name)


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn's threads, whose patience with each connection ends."""

    def handle(self, conn: TConn) -> Any:
        """Answer one request; each sets the connection up anew, as gunicorn lets it wait for ever."""

        def init() -> None:
            TConn.init(conn)
            conn.sock.settimeout(TAKING)
            unreader = conn.parser.unreader
            if not isinstance(unreader.sock, Patience):
                unreader.sock = Patience(unreader.sock)

        conn.init = init
        again = super().handle(conn)
        if not again:
            # Here, for gunicorn would linger in the one thread that lets everybody in.
            close_graceful(conn.sock, timeout=LINGER)
            conn.close = lambda graceful=False: None  # noqa: ARG005 - gunicorn's own signature
        return again


def no_timeouts(record: logging.LogRecord) -> bool:
    """Leave out of the log what strangers could fill it with."""
    return "Socket error" not in str(record.msg)
