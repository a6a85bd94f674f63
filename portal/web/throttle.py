"""A growing wait after wrong attempts: it slows guessing and never locks the owner out."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from threading import Lock

_FREE = 4
_FIRST_WAIT = timedelta(seconds=2)
_LONGEST_WAIT = timedelta(minutes=5)
_FORGET = timedelta(hours=1)
_MOST = 10_000
_AT_ONCE = 100


@dataclass
class _Tries:
    wrong: int
    last: datetime


class Throttle:
    """Counts wrong attempts per name, in memory only."""

    def __init__(self) -> None:
        self._tries: dict[Hashable, _Tries] = {}
        self._lock = Lock()

    def wait(self, name: Hashable, now: datetime) -> timedelta:
        """Return how long the name must wait before the next attempt; zero when it may try."""
        with self._lock:
            tries = self._tries.get(name)
            if tries is None or tries.wrong <= _FREE:
                return timedelta()
            doubled: int = 2 ** min(tries.wrong - _FREE - 1, 16)
            due = tries.last + min(_FIRST_WAIT * doubled, _LONGEST_WAIT)
            return max(due - now, timedelta())

    def wrong(self, name: Hashable, now: datetime) -> None:
        """Count a wrong attempt."""
        with self._lock:
            tries = self._tries.pop(name, None) or _Tries(0, now)
            self._forget(now)
            tries.wrong, tries.last = tries.wrong + 1, now
            self._tries[name] = tries  # at the end: names stand in the order of their last attempt

    def _forget(self, now: datetime) -> None:
        """Forget from the front what is old, or too much; nobody makes every attempt look at all others."""
        for name in list(islice(self._tries, _AT_ONCE)):
            if len(self._tries) < _MOST and now - self._tries[name].last < _FORGET:
                break
            del self._tries[name]

    def right(self, name: Hashable) -> None:
        """Forget the wrong attempts."""
        with self._lock:
            self._tries.pop(name, None)
