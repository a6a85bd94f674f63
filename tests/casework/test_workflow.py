"""Where cases may go: every pair of places, and who is asked."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.casework import workflow
from portal.casework.workflow import NEXT, OPEN, PLAIN, WORKED_ON, Mover
from portal.errors import RefusedError, StaleError
from portal.intake.models import Answer, Speaker, Status, Use

ALLOWED = {
    ("received", "in-review", "reader"),
    ("received", "set-aside", "reader"),
    ("in-review", "received", "holder"),
    ("in-review", "awaiting-source", "holder"),
    ("in-review", "second-review", "holder"),
    ("in-review", "set-aside", "holder"),
    ("awaiting-source", "in-review", "holder"),
    ("second-review", "in-review", "lead"),
    ("second-review", "complete", "lead"),
    ("complete", "in-review", "lead"),
    ("set-aside", "in-review", "reader"),
    ("set-aside", "received", "reader"),
}


@pytest.mark.parametrize(("now", "to", "mover"), list(itertools.product(Status, Status, Mover)))
def test_only_the_moves_of_the_table_are_made_and_only_by_their_mover(
    now: Status, to: Status, mover: Mover
) -> None:
    if (now.value, to.value, mover.value) in ALLOWED:
        workflow.check(now, to, mover=mover)
    elif any((now.value, to.value, other.value) in ALLOWED for other in Mover):
        with pytest.raises(RefusedError):
            workflow.check(now, to, mover=mover)
    else:
        with pytest.raises(StaleError):
            workflow.check(now, to, mover=mover)


def test_withdrawn_is_final_and_no_move_leads_there() -> None:
    assert not NEXT[Status.WITHDRAWN]
    assert all(Status.WITHDRAWN not in following for following in NEXT.values())


@given(st.sampled_from(Status))
def test_taking_up_leads_to_where_work_goes_on(now: Status) -> None:
    if now in OPEN:
        assert workflow.claimed(now) in WORKED_ON
    else:
        with pytest.raises(StaleError):
            workflow.claimed(now)


@given(st.sampled_from(Status))
def test_what_is_handed_back_can_be_taken_up_again(now: Status) -> None:
    if now in WORKED_ON:
        assert workflow.handed_back(now) in OPEN
    else:
        with pytest.raises(StaleError):
            workflow.handed_back(now)


@given(st.sampled_from(Status), st.booleans(), st.booleans())
def test_plain_moves_are_never_more_than_the_table_and_never_a_strangers(
    now: Status,
    holds: bool,  # noqa: FBT001 - drawn by hypothesis
    lead: bool,  # noqa: FBT001 - as above
) -> None:
    moves = workflow.plain_moves(now, holds=holds, lead=lead)
    assert set(moves) <= set(NEXT[now])
    assert all((now, to) in PLAIN for to in moves)
    if not holds and not lead:
        assert moves == []


@given(st.sampled_from(Answer), st.sampled_from(Answer), st.lists(st.sampled_from(Speaker), max_size=4))
def test_who_may_be_written_to(contact: Answer, read: Answer, speakers: list[Speaker]) -> None:
    allowed = workflow.may_write({Use.CONTACT: contact, Use.READ: read}, speakers)
    if contact is Answer.YES:
        assert allowed
    if contact is Answer.NO:
        assert allowed == (speakers[-1:] == [Speaker.SOURCE])
    if contact is Answer.ASK:
        assert allowed == (Speaker.SOURCE in speakers or read is Answer.ASK)
