"""What a source allowed, as of a day: the latest answer counts, and nothing but a yes allows."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.intake.consent import MATRIX, current, name_of, named, permits
from portal.intake.models import Answer, Use
from portal.intake.wordings import VERSION

TODAY = date(2026, 11, 22)


@dataclass
class Decision:
    number: int
    use: Use
    answer: Answer
    day: date = TODAY
    wording: int = VERSION
    until: date | None = None
    years: int | None = None
    receiver_id: UUID | None = None


def decisions(*made: tuple[Use, Answer]) -> list[Decision]:
    numbers = count(1)
    return [Decision(next(numbers), use, answer) for use, answer in made]


SOME = st.lists(st.tuples(st.sampled_from(MATRIX), st.sampled_from(Answer)), max_size=30)


def test_what_was_never_answered_means_ask_me_first() -> None:
    assert current([], on=TODAY) == dict.fromkeys(MATRIX, Answer.ASK)


@pytest.mark.parametrize("use", MATRIX)
def test_nothing_is_permitted_before_a_yes(use: Use) -> None:
    assert not permits([], use, on=TODAY)
    assert not permits(decisions((use, Answer.ASK)), use, on=TODAY)
    assert not permits(decisions((use, Answer.NO)), use, on=TODAY)
    assert permits(decisions((use, Answer.YES)), use, on=TODAY)


def test_a_later_answer_replaces_an_earlier_one_and_no_other_use() -> None:
    made = decisions((Use.READ, Answer.YES), (Use.LINK, Answer.YES), (Use.READ, Answer.NO))
    assert not permits(made, Use.READ, on=TODAY)
    assert permits(made, Use.LINK, on=TODAY)


@given(SOME, st.randoms())
def test_the_order_in_which_decisions_are_loaded_does_not_matter(
    made: list[tuple[Use, Answer]], random: object
) -> None:
    kept = decisions(*made)
    shuffled = list(kept)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert current(shuffled, on=TODAY) == current(kept, on=TODAY)


@given(SOME)
def test_every_use_has_exactly_one_answer_and_it_is_the_last(made: list[tuple[Use, Answer]]) -> None:
    now = current(decisions(*made), on=TODAY)
    assert tuple(now) == MATRIX
    for use in MATRIX:
        given_ = [answer for one, answer in made if one is use]
        assert now[use] is (given_[-1] if given_ else Answer.ASK)


def test_a_yes_holds_to_the_end_of_its_last_day_and_then_asks_again() -> None:
    until = TODAY + timedelta(days=30)
    made = [Decision(1, Use.READ, Answer.YES, until=until), Decision(2, Use.LINK, Answer.NO, until=until)]
    assert permits(made, Use.READ, on=until)
    after = current(made, on=until + timedelta(days=1))
    assert (after[Use.READ], after[Use.LINK]) == (Answer.ASK, Answer.NO)


def test_a_yes_to_an_earlier_wording_that_meant_less_asks_again() -> None:
    old = [Decision(1, Use.COURT, Answer.YES, wording=1), Decision(2, Use.READ, Answer.YES, wording=1)]
    assert current(old, on=TODAY)[Use.COURT] is Answer.ASK
    assert permits(old, Use.READ, on=TODAY)


# handed to a body

ONE, OTHER = UUID(int=1), UUID(int=2)


def handed(answer: Answer, to: UUID, number: int = 1, until: date | None = None) -> Decision:
    return Decision(number, Use.SHARE, answer, until=until, receiver_id=to)


def test_handing_on_is_allowed_to_one_body_at_a_time() -> None:
    made = [handed(Answer.YES, ONE), handed(Answer.NO, OTHER, 2)]
    assert permits(made, Use.SHARE, on=TODAY, receiver=ONE)
    assert not permits(made, Use.SHARE, on=TODAY, receiver=OTHER)
    assert current(made, on=TODAY, receiver=OTHER)[Use.SHARE] is Answer.NO


def test_a_body_that_came_later_is_asked_first_whatever_kind_of_body_was_allowed() -> None:
    kinds = decisions((Use.SHARE_UN, Answer.YES), (Use.SHARE_RIGHTS, Answer.YES))
    assert current([handed(Answer.YES, ONE), *kinds], on=TODAY, receiver=OTHER)[Use.SHARE] is Answer.ASK


@pytest.mark.parametrize(("use", "receiver"), [(Use.SHARE, None), (Use.READ, ONE)])
def test_nobody_asks_for_handing_on_without_a_body_or_for_another_use_with_one(
    use: Use, receiver: UUID | None
) -> None:
    with pytest.raises(ValueError, match=use):
        permits([], use, on=TODAY, receiver=receiver)


def test_handing_on_ends_with_its_day_and_with_the_wish_for_after_a_death() -> None:
    ends = [handed(Answer.YES, ONE, until=TODAY)]
    assert permits(ends, Use.SHARE, on=TODAY, receiver=ONE)
    assert not permits(ends, Use.SHARE, on=TODAY + timedelta(days=1), receiver=ONE)
    for wish in Answer:
        died = [Decision(2, Use.AFTER_DEATH, wish), Decision(3, Use.DIED, Answer.YES)]
        assert current([handed(Answer.YES, ONE), *died], on=TODAY, receiver=ONE)[Use.SHARE] is wish


@given(st.lists(st.tuples(st.sampled_from([ONE, OTHER]), st.sampled_from(Answer)), max_size=20))
def test_what_is_said_of_one_body_says_nothing_of_another_or_of_any_use(
    made: list[tuple[UUID, Answer]],
) -> None:
    kept = [handed(answer, to, number) for number, (to, answer) in enumerate(made, 1)]
    assert current(kept, on=TODAY) == current([], on=TODAY)
    for one in (ONE, OTHER):
        said = [answer for to, answer in made if to == one]
        assert current(kept, on=TODAY, receiver=one)[Use.SHARE] is (said[-1] if said else Answer.ASK)


@pytest.mark.parametrize("name", ["share", "share-un", "share-", "share-" + "g" * 32, "died", "until", ""])
def test_what_names_no_use_is_none(name: str) -> None:
    assert named(name) is None


def test_a_use_and_its_body_are_read_as_they_were_written() -> None:
    aims: list[tuple[Use, UUID | None]] = [(Use.READ, None), (Use.AFTER_DEATH, None), (Use.SHARE, ONE)]
    assert [named(name_of(*aim)) for aim in aims] == aims


# after a death


def after_death(wish: Answer | None, *, years: int | None = None) -> list[Decision]:
    made = decisions((Use.READ, Answer.YES), (Use.LINK, Answer.ASK), (Use.COURT, Answer.NO))
    if wish is not None:
        made.append(Decision(4, Use.AFTER_DEATH, wish, years=years))
    return [*made, Decision(5, Use.DIED, Answer.YES, day=TODAY)]


@pytest.mark.parametrize("wish", [None, Answer.YES])
def test_after_a_death_what_was_allowed_stays_allowed_unless_told_otherwise(wish: Answer | None) -> None:
    assert current(after_death(wish), on=TODAY) == current(after_death(wish)[:3], on=TODAY)


def test_what_is_to_be_sealed_opens_after_its_years_and_not_a_day_before() -> None:
    made = after_death(Answer.NO, years=10)
    for on in (TODAY, date(2036, 11, 21)):
        assert set(current(made, on=on).values()) == {Answer.NO}
    assert permits(made, Use.READ, on=date(2036, 11, 22))
    assert not permits(made, Use.COURT, on=date(2036, 11, 22))


def test_what_is_to_be_sealed_without_years_never_opens() -> None:
    assert set(current(after_death(Answer.NO), on=date(2300, 1, 1)).values()) == {Answer.NO}


def test_a_trusted_person_decides_anew_about_what_was_allowed() -> None:
    made = after_death(Answer.ASK)
    now = current(made, on=TODAY)
    assert (now[Use.READ], now[Use.COURT]) == (Answer.ASK, Answer.NO)
    assert permits([*made, Decision(6, Use.READ, Answer.YES)], Use.READ, on=TODAY)


def test_nobody_changes_the_wish_once_its_source_has_died() -> None:
    made = [
        *after_death(Answer.NO),
        Decision(6, Use.AFTER_DEATH, Answer.YES),
        Decision(7, Use.READ, Answer.YES),
    ]
    assert not permits(made, Use.READ, on=TODAY)


@given(SOME, st.sampled_from(Answer), st.integers(1, 40), st.integers(0, 20_000))
def test_a_death_allows_nothing_that_was_not_allowed_before(
    made: list[tuple[Use, Answer]], wish: Answer, years: int, days: int
) -> None:
    kept = [*decisions(*made), Decision(90, Use.AFTER_DEATH, wish, years=years)]
    on = TODAY + timedelta(days=days)
    after = current([*kept, Decision(91, Use.DIED, Answer.YES)], on=on)
    before = current(kept, on=on)
    assert all(before[use] is Answer.YES for use in MATRIX if after[use] is Answer.YES)
