"""The word lists: easy to tell apart, harmless to carry, and frozen for good."""

import hashlib
from collections import defaultdict
from collections.abc import Callable
from importlib.resources import files
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.vault import words
from portal.vault.words import LANGUAGES, SIZE, spelling, word_list
from portal.vault.words.spelling import distance, fold, index_of, near, sound

ALPHABETS = {"fa": "آابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی", "en": "abcdefghijklmnopqrstuvwxyz"}

# A list that has been printed never changes: a failure here means that paper in somebody's hands went wrong.
FROZEN = {
    "fa": "2c605a97258a390ea25a6a462fa0958fa5c341d58edb069dc9799aaf8e67cc2a",
    "en": "3d671209853f387cd4b27c3a33b671f6493713eec83a72274db55219faf29f90",
}

HERE = Path(__file__).parent / "words"
# Politics, religion, prison, war, death, the body's shame, given names, places of Iran.
UNWELCOME = {
    language: frozenset((HERE / f"unwelcome_{language}.txt").read_text("utf-8").split())
    for language in LANGUAGES
}
# Words that sound like another everyday word in one English or the other: wrong on the telephone.
HOMOPHONES = frozenset((HERE / "homophones_en.txt").read_text("utf-8").split())
UNWELCOME_WITHIN = {
    "fa": ("زندان", "اعدام", "شکنجه", "شهید", "قبر", "مرگ", "جنگ"),
    "en": ("kill", "dead", "death", "prison", "slave", "murder", "naked"),
}
# A forest is a forest, whatever its first letters.
INNOCENT = {"جنگل", "جنگلبان", "skill", "skillet"}


@pytest.fixture(autouse=True, scope="module")
def _tables_made_anew() -> None:
    """Make the tables of spellings here, whatever this process has done before."""
    for table in (words._read, spelling._indices, spelling._forms):
        table.cache_clear()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_list_holds_2048_different_words_of_three_to_eight_letters(language: str) -> None:
    words = word_list(language)
    assert len(words) == len(set(words)) == SIZE == 2048
    assert {len(word) for word in words} <= set(range(3, 9))
    assert set("".join(words)) <= set(ALPHABETS[language])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_list_stands_one_word_a_line_in_the_order_of_its_alphabet(language: str) -> None:
    words = word_list(language)
    text = files("portal.vault.words").joinpath(f"{language}.txt").read_text(encoding="utf-8")
    assert text == "".join(f"{word}\n" for word in words)
    assert list(words) == sorted(
        words, key=lambda word: [ALPHABETS[language].index(letter) for letter in word]
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_list_never_changes(language: str) -> None:
    assert hashlib.sha256("\n".join(word_list(language)).encode()).hexdigest() == FROZEN[language]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("written", [fold, lambda word: sound(fold(word))], ids=["folded", "by ear"])
def test_any_two_words_are_two_slips_apart(language: str, written: Callable[[str], str]) -> None:
    forms = [written(word) for word in word_list(language)]
    assert len(set(forms)) == SIZE
    # Words one slip apart share a form with at most one letter left out.
    neighbours: defaultdict[str, list[str]] = defaultdict(list)
    for form in forms:
        for shortened in {form} | {form[:i] + form[i + 1 :] for i in range(len(form))}:
            neighbours[shortened].append(form)
    pairs = {pair for group in neighbours.values() for pair in combinations(group, 2)}
    assert [pair for pair in pairs if distance(*pair) < 2] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_made_of_two_others(language: str) -> None:
    words = {fold(word) for word in word_list(language)}
    assert [w for w in words for i in range(1, len(w)) if w[:i] in words and w[i:] in words] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_would_frighten_shame_or_betray_its_bearer(language: str) -> None:
    words = word_list(language)
    assert sorted(UNWELCOME[language].intersection(words)) == []
    within = [word for word in words for part in UNWELCOME_WITHIN[language] if part in word]
    assert set(within) <= INNOCENT


def test_no_english_word_sounds_like_another() -> None:
    assert sorted(HOMOPHONES.intersection(word_list("en"))) == []


def test_an_unknown_language_reads_english() -> None:
    assert word_list("sv") is word_list("en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_found_at_its_own_index(language: str) -> None:
    assert [index_of(fold(word)) for word in word_list(language)] == list(range(SIZE))


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("كتابي", "کتابی"),
        ("آينه‌", "اینه"),
        ("مُؤَدَّب", "مودب"),
        ("مسئلة", "مسیله"),
        ("شـــــیر", "شیر"),
        ("APPLE", "apple"),
        ("۰٣5", "035"),
        ("ıçé", "ice"),
    ],
)
def test_what_keyboards_write_differently_folds_to_one_form(typed: str, folded: str) -> None:
    assert fold(typed) == folded


@pytest.mark.parametrize(
    ("heard", "written"),
    [("سابون", "صابون"), ("تاووص", "طاووس"), ("غوری", "قوری"), ("هوله", "حوله"), ("اروسک", "عروسک")],
)
def test_persian_words_spelt_by_ear_sound_like_the_right_ones(heard: str, written: str) -> None:
    assert sound(heard) == sound(written)


def test_a_beginning_written_ain_alef_sounds_like_one_alef() -> None:
    assert sound("عاج") == sound("اج")
    assert sound("خواهر") == sound("خاهر")


@pytest.mark.parametrize(
    ("left", "right", "slips"),
    [
        ("", "", 0),
        ("abc", "abc", 0),
        ("abc", "acb", 1),
        ("abc", "ab", 1),
        ("abc", "xabc", 1),
        ("abc", "xyz", 3),
    ],
)
def test_a_slip_is_a_letter_added_lost_changed_or_a_swap(left: str, right: str, slips: int) -> None:
    assert distance(left, right) == slips


@settings(deadline=None)
@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_slips_count_the_same_both_ways(left: str, right: str) -> None:
    assert distance(left, right) == distance(right, left)
    assert (distance(left, right) == 0) == (left == right)


@settings(deadline=None)
@given(st.sampled_from(LANGUAGES), st.integers(0, SIZE - 1), st.integers(0, 6))
def test_a_longer_word_with_two_letters_swapped_suggests_the_right_one(
    language: str, index: int, place: int
) -> None:
    word = fold(word_list(language)[index])
    place %= len(word) - 1
    swapped = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    if index_of(swapped) is None:
        assert len(near(swapped)) <= 5
        assert word_list(language)[index] in near(swapped)


def test_what_looks_like_no_word_suggests_nothing() -> None:
    assert near("xqxqxqxq") == ()
