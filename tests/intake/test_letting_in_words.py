"""The small question: four words, one right, the same place in every language, none of two meanings."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.intake.letting_in_words import WORDS, kinds, question
from portal.web.languages import FINISHED

seeds = st.binary(min_size=16, max_size=16)


@pytest.mark.parametrize("language", FINISHED)
@given(seed=seeds)
def test_one_of_four_words_is_of_the_kind_that_is_asked(language: str, seed: bytes) -> None:
    asked = question(language, seed)
    kind = next(one for one in kinds(language).values() if one.ask == asked.ask)
    assert len(set(asked.words)) == WORDS
    assert [place for place, word in enumerate(asked.words) if word in kind.words] == [asked.right]


@given(seeds)
def test_changing_the_language_changes_the_words_and_not_the_answer(seed: bytes) -> None:
    assert len({question(language, seed).right for language in FINISHED}) == 1


@pytest.mark.parametrize("language", FINISHED)
def test_no_word_stands_under_two_kinds(language: str) -> None:
    counted = Counter(word for kind in kinds(language).values() for word in kind.words)
    assert set(counted.values()) == {1}
    assert {len(kind.words) for kind in kinds(language).values()} == {8}
    assert sorted(kinds(language)) == sorted(kinds("en"))


def test_there_are_many_questions_and_every_place_is_right_as_often() -> None:
    asked = [question("fa", number.to_bytes(16, "big")) for number in range(4000)]
    assert len({(one.ask, one.words) for one in asked}) > 3500
    counted = Counter(one.right for one in asked)
    assert all(800 < counted[place] < 1200 for place in range(WORDS))
