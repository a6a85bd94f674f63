"""Wrong attempts wait longer each time, nobody is locked out, and nobody waits for another's mistakes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from builders import NOON

from portal.web import throttle as module
from portal.web.sessions import FolderHalves, ProcessHalves
from portal.web.shared import Shared
from portal.web.throttle import Throttle


def after(attempts: int) -> Throttle:
    made = Throttle()
    for _ in range(attempts):
        made.attempt("maple", NOON, regardless=True)
    return made


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [(0, 0), (1, 0), (4, 0), (5, 2), (6, 4), (7, 8), (11, 128), (12, 256), (13, 300), (500, 300)],
)
def test_the_wait_grows_and_stays_below_five_minutes(attempts: int, seconds: int) -> None:
    assert after(attempts).wait("maple", NOON) == timedelta(seconds=seconds)


def test_the_wait_passes_with_time() -> None:
    throttle = after(7)
    assert throttle.wait("maple", NOON + timedelta(seconds=5)) == timedelta(seconds=3)
    assert throttle.wait("maple", NOON + timedelta(seconds=8)) == timedelta()
    assert throttle.wait("maple", NOON + timedelta(hours=9)) == timedelta()


def test_who_is_held_up_is_not_counted() -> None:
    throttle = after(5)
    for _ in range(50):
        assert throttle.attempt("maple", NOON) == timedelta(seconds=2)
    assert throttle.attempt("maple", NOON + timedelta(seconds=2)) == timedelta()


def test_nobody_waits_for_the_mistakes_of_another() -> None:
    assert after(50).wait("cedar", NOON) == timedelta()


def test_a_right_attempt_forgets_the_wrong_ones() -> None:
    throttle = after(9)
    throttle.right("maple", NOON)
    throttle.right("never tried", NOON)
    assert throttle.wait("maple", NOON) == timedelta()


def test_wrong_attempts_are_forgotten_after_an_hour_so_that_memory_does_not_grow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_DRAWERS", 1)
    shared = Shared(ProcessHalves())
    throttle = Throttle(shared)
    for number in range(100):
        throttle.attempt(f"name {number}", NOON)
    throttle.attempt("maple", NOON + timedelta(hours=1))
    assert len(shared.read("throttle", "0")) == 1


def test_no_name_that_was_tried_lies_in_the_memory_to_be_read() -> None:
    halves = ProcessHalves()
    Throttle(Shared(halves)).attempt("maple", NOON)
    kept = b"".join(name.encode() + blob for name, (_expires, blob) in halves._kept.items())
    assert b"maple" not in kept


def test_the_workers_of_a_face_count_together(memory: Path) -> None:
    workers = [Throttle(Shared(FolderHalves(memory))) for _ in range(3)]
    for number in range(5):
        assert not workers[number % 3].attempt("maple", NOON)
    assert {worker.wait("maple", NOON) for worker in workers} == {timedelta(seconds=2)}


def test_many_attempts_at_once_are_many_attempts(memory: Path) -> None:
    workers = [Throttle(Shared(FolderHalves(memory))) for _ in range(4)]
    with ThreadPoolExecutor(16) as pool:
        waits = list(pool.map(lambda number: workers[number % 4].attempt("maple", NOON), range(200)))
    assert sum(not wait for wait in waits) == 5


def test_an_entry_that_was_tampered_with_counts_as_gone() -> None:
    halves = ProcessHalves()
    shared = Shared(halves)
    with shared.change("kind", "key", expires=2**40) as entry:
        entry["said"] = "something"
    assert shared.read("kind", "key") == {"said": "something"}
    [name] = [name for name in halves._kept if name.startswith("kind")]
    halves.put(name, b"\x01" + bytes(80), 2**40)
    assert shared.read("kind", "key") == {}
    with shared.change("kind", "key", expires=2**40) as entry:
        assert entry == {}
    assert halves.get(name) is None
