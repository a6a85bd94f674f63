"""The order of the pages a source walks through."""

from itertools import pairwise

from portal.intake.forms import RELATION_LABELS
from portal.intake.journey import STEPS, Relation, Step, after, before, number_of


def test_the_journey_begins_with_the_account_and_ends_with_a_last_look() -> None:
    assert STEPS[0] is Step.ACCOUNT
    assert STEPS[-1] is Step.CHECK


def test_every_page_knows_the_one_after_and_the_one_before() -> None:
    for earlier, later in pairwise(STEPS):
        assert after(earlier) is later
        assert before(later) is earlier
    assert before(STEPS[0]) is None
    assert after(STEPS[-1]) is None


def test_pages_are_counted_from_one() -> None:
    assert [number_of(step) for step in STEPS] == list(range(1, len(STEPS) + 1))


def test_every_way_to_be_in_the_story_has_words() -> None:
    assert set(RELATION_LABELS) == set(Relation)
