"""Many threads that begin at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from portal.errors import StaleError

AT_ONCE = 50
T = TypeVar("T")


def all_at_once(act: Callable[[int], T], count: int = AT_ONCE) -> list[T | StaleError]:
    """What each of so many threads got: what it returned, or the `StaleError` it met."""
    barrier = Barrier(count)

    def run(number: int) -> T | StaleError:
        barrier.wait()
        try:
            return act(number)
        except StaleError as late:
            return late

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
