"""What a source allowed, as of now: the latest answer counts, and nothing but a yes allows."""

from dataclasses import dataclass
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.intake.consent import ORDER, current, permits
from portal.intake.models import Answer, Use


@dataclass
class Decision:
    number: int
    use: Use
    answer: Answer


def decisions(*made: tuple[Use, Answer]) -> list[Decision]:
    numbers = count(1)
    return [Decision(next(numbers), use, answer) for use, answer in made]


SOME = st.lists(st.tuples(st.sampled_from(Use), st.sampled_from(Answer)), max_size=30)


def test_what_was_never_answered_means_ask_me_first() -> None:
    assert current([]) == dict.fromkeys(ORDER, Answer.ASK)


@pytest.mark.parametrize("use", Use)
def test_nothing_is_permitted_before_a_yes(use: Use) -> None:
    assert not permits([], use)
    assert not permits(decisions((use, Answer.ASK)), use)
    assert not permits(decisions((use, Answer.NO)), use)
    assert permits(decisions((use, Answer.YES)), use)


def test_a_later_answer_replaces_an_earlier_one_and_no_other_use() -> None:
    made = decisions((Use.READ, Answer.YES), (Use.LINK, Answer.YES), (Use.READ, Answer.NO))
    assert not permits(made, Use.READ)
    assert permits(made, Use.LINK)


@given(SOME, st.randoms())
def test_the_order_in_which_decisions_are_loaded_does_not_matter(
    made: list[tuple[Use, Answer]], random: object
) -> None:
    kept = decisions(*made)
    shuffled = list(kept)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert current(shuffled) == current(kept)


@given(SOME)
def test_every_use_has_exactly_one_answer_and_it_is_the_last(made: list[tuple[Use, Answer]]) -> None:
    now = current(decisions(*made))
    assert tuple(now) == ORDER
    for use in Use:
        given_ = [answer for one, answer in made if one is use]
        assert now[use] is (given_[-1] if given_ else Answer.ASK)
