"""A passphrase of one's own is long, and nothing that is tried first; who is refused learns what to do."""

import random

import pytest

from portal.config import PACKAGE
from portal.errors import InvalidError
from portal.staff.passphrases import SHORTEST, check
from portal.vault.passphrase import generate
from portal.vault.words import word_list

GOOD = [
    "purple lamp seventeen frog river",
    "my cat ate eleven blue socks in autumn",
    "چراغ بنفش هفده قورباغه رود",
    "a gate, two herons and no bread",
    "xk4 q9v2 w7p m3z1 t8",
]
COMMON = [
    "password password1",
    "PassWord 1234567 !",
    "P@ssw0rd welcome 99",
    "Summer2024 Tehran!",
    "correct horse battery staple",
    "qwertyuiopasdfghjkl",
    "1qaz2wsx3edc4rfv5tgb",
    "zyxwvutsrqponmlkjihgfedcba",
    "yaali yahossein yamahdi",
    "mahsa1378 tehran1401",
    "زن زندگی آزادی ۱۴۰۱",
    "توانا بود هرکه دانا بود",
    "عشقم ایران ۱۳۶۷ ۱۳۶۷",
    "ضصثقفغعهخحجچشسیبلات",
    "hdvhk hdvhk jivhk 1367",  # "ایران ایران تهران", on the Latin layout
    "notebook testimony 1988",
    "شهادت دفتر سامانه ۱۳۶۷",
]
REPEATED = [
    "aaaaaaaaaaaaaaaaaaaa",
    "iloveyou iloveyou",
    "abcabcabcabcabcabc",
    "۱۱۱۱۱۱۱۱۱۱۱۱۱۱۱۱",
    "Mina Mina Mina Mina",
]


@pytest.mark.parametrize("passphrase", GOOD)
def test_words_that_have_nothing_to_do_with_each_other_are_taken(passphrase: str) -> None:
    check(passphrase, name="Mina")


@pytest.mark.parametrize("language", ["fa", "en"])
def test_words_that_were_drawn_would_be_taken_as_ones_own(language: str) -> None:
    below = random.Random(1988).randrange  # noqa: S311 - the same words in each run
    for _ in range(100):
        check(generate(word_list(language), 7, below=below), name="Mina")


@pytest.mark.parametrize("passphrase", COMMON)
def test_what_is_tried_first_is_refused(passphrase: str) -> None:
    with pytest.raises(InvalidError, match="what is tried first"):
        check(passphrase, name="Mina")


@pytest.mark.parametrize("passphrase", REPEATED)
def test_what_repeats_itself_is_refused(passphrase: str) -> None:
    with pytest.raises(InvalidError, match="repeats itself"):
        check(passphrase, name="Mina")


@pytest.mark.parametrize(
    "passphrase", ["Shabnam of Rasht 1367", "SHABNAM.khorshid.99", "Rasht Shabnam qwerty"]
)
def test_ones_own_name_adds_nothing(passphrase: str) -> None:
    with pytest.raises(InvalidError):
        check(passphrase, name="Shabnam of Rasht")


def test_fifteen_characters_are_counted_as_they_are_kept() -> None:
    check("xk4q9v2w7pm3z1t", name="Mina")
    for short in ("xk4q9v2w7pm3z1", "xk4q9v2w7pm3z1" + "\u200b" * 20, "  xk4q9v2w7pm3z1 ", "é" * 3 + "́" * 40):
        with pytest.raises(InvalidError, match="at least 15"):
            check(short, name="Mina")
    assert len("xk4q9v2w7pm3z1t") == SHORTEST
    check("ｘｋ４ｑ９ｖ２ｗ７ｐｍ３ｚ１ｔ", name="Mina")  # wide letters are the same letters


def test_the_list_is_sorted_folded_and_has_some_thousand_lines() -> None:
    lines = (PACKAGE / "staff" / "common_passphrases.txt").read_text(encoding="utf-8").splitlines()
    words = [line for line in lines if not line.startswith("#")]
    assert len(words) > 4_000
    assert words == sorted(set(words))
    assert all(word == word.casefold() and word.isalnum() for word in words)
