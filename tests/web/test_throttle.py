"""Wrong attempts wait longer each time, nobody is locked out, and nobody waits for another's mistakes."""

from datetime import timedelta

import pytest
from builders import NOON

from portal.web.throttle import Throttle


def after(wrong: int) -> Throttle:
    made = Throttle()
    for _ in range(wrong):
        made.wrong("maple", NOON)
    return made


@pytest.mark.parametrize(
    ("wrong", "seconds"),
    [(0, 0), (1, 0), (4, 0), (5, 2), (6, 4), (7, 8), (11, 128), (12, 256), (13, 300), (500, 300)],
)
def test_the_wait_grows_and_stays_below_five_minutes(wrong: int, seconds: int) -> None:
    assert after(wrong).wait("maple", NOON) == timedelta(seconds=seconds)


def test_the_wait_passes_with_time() -> None:
    throttle = after(7)
    assert throttle.wait("maple", NOON + timedelta(seconds=5)) == timedelta(seconds=3)
    assert throttle.wait("maple", NOON + timedelta(seconds=8)) == timedelta()
    assert throttle.wait("maple", NOON + timedelta(hours=9)) == timedelta()


def test_nobody_waits_for_the_mistakes_of_another() -> None:
    assert after(50).wait("cedar", NOON) == timedelta()


def test_a_right_attempt_forgets_the_wrong_ones() -> None:
    throttle = after(9)
    throttle.right("maple")
    throttle.right("never tried")
    assert throttle.wait("maple", NOON) == timedelta()


def test_wrong_attempts_are_forgotten_after_an_hour_so_that_memory_does_not_grow() -> None:
    throttle = Throttle()
    for number in range(100):
        throttle.wrong(number, NOON)
    throttle.wrong("maple", NOON + timedelta(hours=1))
    assert set(throttle._tries) == {"maple"}
