"""Two versions of one text: alike once, different both, nothing lost, and not longer each time."""

import re
from typing import Any

import pytest
from builders import a_draft
from hypothesis import given
from hypothesis import strategies as st

from portal.intake.draft_merging import Lines, both_texts, merge

LINES = Lines("[kept:]", "[typed:]", "[both:]")
SENTENCES = st.lists(
    st.sampled_from(
        ["It was Mordad.", "It was Shahrivar!", "چه کسی ماند؟", "No name", "They read names…", ""]
    ),
    max_size=8,
)
JOINED = st.tuples(SENTENCES, st.sampled_from([" ", "\n", "\n\n"])).map(lambda one: one[1].join(one[0]))
TEXTS = st.one_of(JOINED, st.text(alphabet="ab.!?؟ \n", max_size=30))


def words(text: str) -> list[str]:
    return text.split()


def versions(both: str) -> tuple[list[str], list[str]]:
    """Take a text apart again: the words of the one that was kept, and of the one that was typed."""
    found = re.fullmatch(r"(.*)\[kept:\]\n(.*)\n\[typed:\]\n(.*)\n\[both:\](.*)", both, re.DOTALL)
    if found is None:
        return words(both), words(both)
    before, kept, typed, after = (words(part) for part in found.groups())
    return [*before, *kept, *after], [*before, *typed, *after]


def within(part: list[str], whole: list[str]) -> bool:
    """Tell whether words stand among others, in their order."""
    rest = iter(whole)
    return all(word in rest for word in part)


@given(TEXTS, TEXTS)
def test_nothing_of_either_version_is_lost(there: str, typed: str) -> None:
    kept, other = versions(both_texts(there, typed, LINES))
    assert within(words(there), kept)
    assert within(words(typed), other)


@given(JOINED, JOINED, JOINED, JOINED)
def test_what_is_alike_stands_there_once(before: str, one: str, other: str, after: str) -> None:
    there, typed = (f"Begin. {before}\n{middle}\n{after}\nThe end." for middle in (one, other))
    both = both_texts(there, typed, LINES)
    assert both.count("Begin.") == 1
    assert both.count("The end.") == 1
    marks = len(words("[kept:] [typed:] [both:]"))
    assert len(words(both)) <= len(words(there)) + len(words(typed)) + marks


@given(TEXTS, TEXTS)
def test_either_version_sent_once_more_changes_nothing(there: str, typed: str) -> None:
    both = both_texts(there, typed, LINES)
    for again in (both, there, typed):
        assert words(both_texts(both, again, LINES)) == words(both)


def test_a_changed_sentence_in_a_long_text_is_the_only_one_that_is_there_twice() -> None:
    page = "We were taken to the corridor. It was Mordad. They read names.\nNobody came back."
    both = both_texts(page, page.replace("Mordad", "Shahrivar"), LINES)
    assert both == (
        "We were taken to the corridor.\n\n"
        "[kept:]\nIt was Mordad.\n[typed:]\nIt was Shahrivar.\n[both:]\n\n"
        "They read names.\nNobody came back."
    )


def test_a_word_taken_out_in_one_window_is_seen_in_both_versions() -> None:
    both = both_texts("They were not killed.", "They were killed.", LINES)
    assert both == "[kept:]\nThey were not killed.\n[typed:]\nThey were killed.\n[both:]"


def test_what_was_written_on_is_kept_without_marks() -> None:
    assert both_texts("One. Two.", "One. Two. Three.", LINES) == "One. Two. Three."
    assert both_texts("One. Two. Three.", "One. Two.", LINES) == "One. Two. Three."


def test_a_very_long_text_takes_no_long_time() -> None:
    there, typed = "a. " * 60_000 + "b.", "a. " * 30_000 + "c."
    assert both_texts(there, typed, LINES).count("[typed:]") == 1


FOR_GOOD: dict[str, Any] = {"after-death": "no"}
FOR_YEARS: dict[str, Any] = {"after-death": "no", "years": "20"}


@pytest.mark.parametrize(
    ("one", "other", "kept"),
    [
        (FOR_GOOD, FOR_YEARS, FOR_GOOD),
        (FOR_YEARS, FOR_GOOD, FOR_GOOD),
        (FOR_YEARS, {"after-death": "yes"}, FOR_YEARS),
        ({"read": "yes"}, {"read": "no", **FOR_YEARS}, {"read": "no", **FOR_YEARS}),
    ],
)
def test_of_two_wishes_for_after_a_death_the_stricter_is_kept(
    one: dict[str, str], other: dict[str, str], kept: dict[str, str]
) -> None:
    draft = a_draft(consent=dict(one))
    merge(draft, a_draft(consent=dict(other)), LINES)
    assert draft.consent == kept


STRAY: dict[str, Any] = {"years": "30"}


@pytest.mark.parametrize(
    ("one", "other", "kept"),
    [
        ({"after-death": "no", "years": "9"}, FOR_YEARS, FOR_YEARS),
        (FOR_YEARS, {"after-death": "no", "years": "9"}, FOR_YEARS),
        (STRAY, FOR_YEARS, FOR_YEARS),
        (FOR_YEARS, STRAY, FOR_YEARS),
        (STRAY, FOR_GOOD, FOR_GOOD),
        (FOR_GOOD, STRAY, FOR_GOOD),
        ({"after-death": "yes"}, STRAY, {"after-death": "yes"}),
        ({}, STRAY, STRAY),
    ],
)
def test_of_two_numbers_of_years_the_larger_is_kept_and_none_counts_without_its_answer(
    one: dict[str, str], other: dict[str, str], kept: dict[str, str]
) -> None:
    draft = a_draft(consent=dict(one))
    merge(draft, a_draft(consent=dict(other)), LINES)
    assert draft.consent == kept
