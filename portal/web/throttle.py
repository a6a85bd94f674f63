"""A growing wait after wrong attempts: it slows guessing and never locks the owner out."""

from datetime import datetime, timedelta
from typing import Any

from portal.web.sessions import ProcessHalves
from portal.web.shared import Shared

LONGEST_WAIT = timedelta(minutes=5)
_FREE = 4
_FIRST_WAIT = timedelta(seconds=2)
_FORGET = timedelta(hours=1)
_DRAWERS = 16
_MOST = 625
"""Names in a drawer, of 10,000 in all: whoever tries many names must not fill the memory."""


class Throttle:
    """Counts attempts per name for all workers of a face, in memory only; names are kept as marks."""

    def __init__(self, shared: Shared | None = None) -> None:
        self._shared = shared or Shared(ProcessHalves())

    def _place(self, name: str) -> tuple[str, str]:
        mark = self._shared.mark("throttle", name)
        return str(int(mark[-4:], 16) % _DRAWERS), mark[:32]

    def wait(self, name: str, now: datetime) -> timedelta:
        """Return how long the name must wait before the next attempt; zero when it may try."""
        drawer, mark = self._place(name)
        return _wait(self._shared.read("throttle", drawer).get(mark), now)

    def attempt(self, name: str, now: datetime, *, regardless: bool = False) -> timedelta:
        """Count an attempt and return zero; or count nothing and return how long the name must wait.

        Counted before the work that it allows, so that many attempts at once are many attempts.
        ``regardless`` is for whoever has waited the longest already.
        """
        drawer, mark = self._place(name)
        expires = int((now + _FORGET).timestamp())
        with self._shared.change("throttle", drawer, expires=expires) as tries:
            wait = _wait(tries.get(mark), now)
            if wait and not regardless:
                return wait
            wrong, _last = tries.pop(mark, (0, 0))
            _forget(tries, now)
            tries[mark] = [wrong + 1, now.timestamp()]  # at the end: in the order of the last attempt
        return timedelta()

    def right(self, name: str, now: datetime) -> None:
        """Forget the attempts: the last one was right."""
        drawer, mark = self._place(name)
        with self._shared.change("throttle", drawer, expires=int((now + _FORGET).timestamp())) as tries:
            tries.pop(mark, None)


def _wait(tries: list[float] | None, now: datetime) -> timedelta:
    if tries is None or tries[0] <= _FREE:
        return timedelta()
    doubled: int = 2 ** min(int(tries[0]) - _FREE - 1, 16)
    passed = timedelta(seconds=now.timestamp() - tries[1])
    return max(min(_FIRST_WAIT * doubled, LONGEST_WAIT) - passed, timedelta())


def _forget(tries: dict[str, Any], now: datetime) -> None:
    """Forget from the front what is old, or too much."""
    for mark in list(tries):
        if len(tries) < _MOST and now.timestamp() - tries[mark][1] < _FORGET.total_seconds():
            return
        del tries[mark]
