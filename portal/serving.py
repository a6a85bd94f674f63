"""Serving one face with gunicorn: threads for slow senders, no access log, nothing spooled to disk."""

import ctypes
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

_THREADS = 64
_MMAP_THRESHOLD = -3  # mallopt's own number for M_MMAP_THRESHOLD
_LARGE = 8 * 1024 * 1024


def _give_large_memory_back() -> None:
    """Let blocks of 8 MiB and more return to the system as soon as they are freed (glibc only).

    Left alone, glibc keeps what Argon2id worked in for each thread that ever derived a key.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _LARGE)


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    def __init__(self, make: Callable[[], Flask], options: dict[str, Any]) -> None:
        self._make, self._options = make, options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._make()


def serve(make: Callable[[], Flask], address: str, workers: int) -> None:
    """Serve until ended; each worker makes its own app, so that no connection is shared between processes."""
    _give_large_memory_back()
    _Server(
        make,
        {
            "bind": address,
            "workers": workers,
            "worker_class": "gthread",
            "threads": _THREADS,
            "accesslog": None,
            "control_socket_disable": True,
            "timeout": 120,
            "graceful_timeout": 30,
            "max_requests": 2000,
            "max_requests_jitter": 500,
            "proc_name": "portal",
        },
    ).run()
