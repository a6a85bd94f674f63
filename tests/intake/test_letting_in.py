"""Who is let in, as rules: proofs that hold once and here only, places that ripen, work that grows."""

import hashlib
import struct

from hypothesis import given, settings
from hypothesis import strategies as st
from proofs import solve

from portal.intake.letting_in import (
    AGE,
    BEHIND,
    LONGEST,
    MOST_BITS,
    PACE,
    QUIET_BITS,
    WINDOW,
    Challenge,
    Load,
    Verdict,
    bits_at,
    remaining,
)

EASY = 4
QUIET = 60
NOW = 1_800_000_000
SALT = bytes(range(16))
ONE = Challenge(SALT, EASY, NOW)
ANSWER = solve(SALT, EASY)
moments = st.floats(min_value=0, max_value=4e9, allow_nan=False)


def judged(one: Challenge, answer: bytes, *, later: int = 0, level: int = EASY - QUIET_BITS) -> Verdict:
    return one.judge(answer, level=level, now=NOW + later)


def test_an_answer_that_was_worked_for_is_right() -> None:
    assert judged(ONE, ANSWER) is Verdict.RIGHT
    for place, number in enumerate(struct.unpack(">16I", ANSWER)):
        assert hashlib.sha256(SALT + struct.pack(">II", place, number)).digest()[0] < 16


@given(st.binary(min_size=16, max_size=16).filter(lambda salt: salt != SALT))
def test_an_answer_serves_no_other_visit(salt: bytes) -> None:
    other = Challenge(salt, 12, NOW)
    assert judged(other, ANSWER) is Verdict.WRONG


@given(st.binary(max_size=80).filter(lambda text: text != ANSWER))
def test_what_was_not_worked_for_is_wrong_whatever_its_length(answer: bytes) -> None:
    assert judged(Challenge(SALT, 12, NOW), answer) is Verdict.WRONG


@given(st.integers(min_value=-(10**9), max_value=10**9).filter(lambda late: not 0 <= late <= AGE))
def test_an_answer_from_before_or_too_late_is_old(late: int) -> None:
    assert judged(ONE, ANSWER, later=late) is Verdict.OLD


@given(st.integers(min_value=0, max_value=40))
def test_work_of_a_quiet_hour_is_not_worth_hoarding(level: int) -> None:
    hoarded = Challenge(SALT, QUIET_BITS, NOW)
    verdict = hoarded.judge(b"", level=level, now=NOW)
    assert (verdict is Verdict.TOO_EASY) is (bits_at(level) - BEHIND > QUIET_BITS)


def test_the_work_doubles_with_each_level_and_has_an_end() -> None:
    assert [bits_at(level) for level in (0, 1, 2)] == [QUIET_BITS, QUIET_BITS + 1, QUIET_BITS + 2]
    assert bits_at(1000) == MOST_BITS


def test_a_full_room_is_not_many_and_twice_as_many_are() -> None:
    load = Load()
    for _ in range(QUIET):
        load = load.one_more(NOW)
    assert Load(QUIET - 1, NOW).level(NOW, QUIET) == 0
    assert load.level(NOW, QUIET) == 1
    assert Load(2 * QUIET, NOW).level(NOW, QUIET) == 2
    assert load.level(NOW + WINDOW, QUIET) == 0


@given(st.lists(st.tuples(moments, st.booleans()), max_size=60))
def test_nobody_ever_waits_longer_than_was_said(events: list[tuple[float, bool]]) -> None:
    load = Load()
    for now, comes in events:
        if comes:
            load, ripe = load.place(now)
            assert now <= ripe <= now + LONGEST + 1
            assert remaining(ripe, level=99, now=int(now)) <= LONGEST
            assert remaining(ripe, level=0, now=int(now)) == 0
        else:
            load = load.one_more(now)
        assert load.level(now, QUIET) >= 0
        assert Load.of(load.kept()) == load


@given(st.lists(st.floats(min_value=0, max_value=5), min_size=2, max_size=200))
def test_places_ripen_in_the_order_in_which_they_were_given(gaps: list[float]) -> None:
    load, now, before = Load(), float(NOW), 0
    for gap in gaps:
        now += gap
        load, ripe = load.place(now)
        assert ripe >= before
        before = ripe


def test_places_are_given_at_the_pace_until_the_longest_wait() -> None:
    load, waits = Load(), []
    for _ in range(2 * LONGEST):
        load, ripe = load.place(NOW)
        waits.append(ripe - NOW)
    assert waits[:3] == [0, PACE, 2 * PACE]
    assert max(waits) == LONGEST


@settings(max_examples=25)
@given(st.binary(min_size=16, max_size=16))
def test_sixteen_small_puzzles_take_about_as_long_for_everybody(salt: bytes) -> None:
    tried = sum(struct.unpack(">16I", solve(salt, 6))) + 16
    assert tried < 5 * 16 * 2**6
