"""Serving one face with gunicorn: threads for slow senders, no access log, nothing spooled to disk."""

import ctypes
import gc
import logging
import resource
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from portal.connections import Worker, no_timeouts

_THREADS = 64
_ARENA_MAX = -8  # mallopt's own number for M_ARENA_MAX


def _share_one_heap() -> None:
    """Let all threads take memory from one heap (glibc only).

    Left alone, glibc keeps a heap for each thread that ever derived a key, with the 19 MiB it worked in.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_ARENA_MAX, 1)


def _leave_no_core() -> None:
    """Let a crash write no picture of the memory to a disk, whatever the machine's own settings are."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    def __init__(self, make: Callable[[], Flask], options: dict[str, Any]) -> None:
        self._make, self._options = make, options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        app = self._make()
        # What lives as long as the process is looked through by no later collection; some would take 0.1 s.
        gc.collect()
        gc.freeze()
        return app


def serve(make: Callable[[], Flask], address: str, workers: int) -> None:
    """Serve until ended; each worker makes its own app, so that no connection is shared between processes."""
    _share_one_heap()
    _leave_no_core()
    logging.getLogger("gunicorn.error").addFilter(no_timeouts)
    _Server(
        make,
        {
            "bind": address,
            "workers": workers,
            "worker_class": Worker,
            "threads": _THREADS,
            "accesslog": None,
            "sendfile": False,
            "control_socket_disable": True,
            "timeout": 120,
            "graceful_timeout": 30,
            "max_requests": 2000,
            "max_requests_jitter": 500,
            "proc_name": "portal",
        },
    ).run()
