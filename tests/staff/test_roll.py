"""The roll of sessions: who is not on it is not signed in, and a person ends what is theirs."""

from datetime import timedelta
from uuid import UUID

import pytest
from builders import NOON

from portal.staff.roll import Roll
from portal.web.sessions import Lifetime, ProcessHalves
from portal.web.shared import Shared

MINA, ZARI = UUID(int=1), UUID(int=2)
DESK = Lifetime(idle=timedelta(minutes=15), absolute=timedelta(hours=8))


@pytest.fixture
def halves() -> ProcessHalves:
    return ProcessHalves()


@pytest.fixture
def roll(halves: ProcessHalves) -> Roll:
    return Roll(Shared(halves), DESK)


def test_a_session_is_on_the_roll_of_its_person_alone(roll: Roll) -> None:
    roll.enter(MINA, "one", half="half", known=False, now=NOON)
    assert roll.holds(MINA, "one", NOON)
    assert not roll.holds(ZARI, "one", NOON)
    assert not roll.holds(MINA, "", NOON)
    assert roll.end(ZARI, which=lambda _: True, now=NOON) == 0
    assert roll.holds(MINA, "one", NOON)


def test_a_session_leaves_the_roll_when_it_rested_or_lasted_too_long(roll: Roll) -> None:
    roll.enter(MINA, "one", half="half", known=False, now=NOON)
    assert not roll.holds(MINA, "one", NOON + timedelta(minutes=16))
    for minutes in range(0, 8 * 60, 10):
        assert roll.holds(MINA, "one", NOON + timedelta(minutes=minutes))
    assert not roll.holds(MINA, "one", NOON + timedelta(hours=8))
    assert roll.stays(MINA, NOON + timedelta(hours=8)) == []


def test_what_is_shown_is_since_when_and_last_used(roll: Roll) -> None:
    roll.enter(MINA, "one", half="a", known=True, now=NOON)
    roll.enter(MINA, "two", half="b", known=False, now=NOON + timedelta(minutes=2))
    later = NOON + timedelta(minutes=5)
    assert roll.holds(MINA, "one", later)
    two, one = roll.stays(MINA, later)
    assert (one.handle, one.begun, one.seen, one.known) == ("one", NOON, later, True)
    assert (two.handle, two.known) == ("two", False)


def test_ending_forgets_what_the_server_keeps_even_after_the_id_has_changed(
    roll: Roll, halves: ProcessHalves
) -> None:
    halves.put("first", b"x", 2**40)
    halves.put("second", b"x", 2**40)
    roll.enter(MINA, "one", half="first", known=False, now=NOON)
    roll.move(MINA, "one", half="second", now=NOON)
    roll.move(MINA, "gone", half="third", now=NOON)
    assert roll.end(MINA, which=lambda handle: handle == "one", now=NOON) == 1
    assert halves.get("second") is None
    assert halves.get("first") == b"x"
    assert not roll.holds(MINA, "one", NOON)


def test_who_is_ended_while_a_page_is_made_is_out(roll: Roll, monkeypatch: pytest.MonkeyPatch) -> None:
    roll.enter(MINA, "one", half="half", known=False, now=NOON)
    stale = roll._shared.read("stays", MINA.hex)
    roll.end(MINA, which=lambda _: True, now=NOON)
    monkeypatch.setattr(roll._shared, "read", lambda *_: stale)
    assert not roll.holds(MINA, "one", NOON + timedelta(minutes=2))
