"""Names: many spellings, one key; what is written is never changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.registry import names

PERSIAN = st.text(
    alphabet="ابپتثجچحخدذرزژسشصضطظعغفقکكگلمنوهيیىئأإآؤةءًٌٍَُِّٔـ \u200c\u200d\u200e\u200f۰۱٢٣", max_size=40
)
LATIN = st.text(alphabet="abcdefghijklmnopqrstuvwxyzABCXYZšçāīéİıßŁø'’ʿ- .,", max_size=40)
ANY = st.one_of(PERSIAN, LATIN, st.text(max_size=40))


@given(ANY)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert names.fold(names.fold(text)) == names.fold(text)


@given(ANY)
def test_the_loose_key_of_a_fold_is_the_loose_key_of_the_text(text: str) -> None:
    assert names.loose(names.fold(text)) == names.loose(text)
    assert " " not in names.loose(text)


@given(ANY)
def test_taking_titles_off_changes_no_letter(text: str) -> None:
    titled = names.split_titles(text)
    assert " ".join((*titled.titles, titled.rest)).split() == text.split()


@given(ANY)
def test_something_is_left_when_titles_are_taken_off(text: str) -> None:
    assert bool(names.split_titles(text).rest) == bool(text.split())


@given(ANY)
def test_a_name_matches_itself_when_it_has_a_letter(text: str) -> None:
    assert names.matches(text, text) == bool(names.fold(text))


@given(ANY)
def test_keys_are_distinct_and_not_empty(text: str) -> None:
    keys = names.forms(text)
    assert len(set(keys)) == len(keys)
    assert all(keys)
    assert set(names.wholes(text)) <= set(keys)


@given(PERSIAN)
def test_arabic_and_persian_keyboards_give_one_key(text: str) -> None:
    assert names.fold(text.replace("ی", "ي").replace("ک", "ك")) == names.fold(text)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("كاظم موسوي", "کاظم موسوی"),
        ("عادل‌آباد", "عادلاباد"),
        ("رضائی", "رضایی"),
        ("فاطمة", "فاطمه"),
        ("مـحـمّـد", "محمد"),
        ("بند ٧ ۱۳۶۷", "بند 7 1367"),
        ("Tala'i", "talai"),
        ("Raǰāʾī-Shahr", "rajai shahr"),
        ("ŠIRĀZ", "shiraz"),
        ("\u200fاوین\u200e", "اوین"),
        ("ﷲ", "الله"),
        ("Ǣ", "ae"),
    ],
)
def test_fold_gives(text: str, key: str) -> None:
    assert names.fold(text) == key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("عبد الله", "عبدالله"),
        ("عبدالله", "عبداله"),
        ("Rostami Nezhad", "Rostaminejad"),
        ("نيما رستمي نژاد", "نیما رستمی‌نژاد"),
        ("Noury", "Nouri"),
        ("Noori", "Nouri"),
        ("Farangis Tala'i", "Farangis Talaei"),
        ("Talaie", "Talaei"),
        ("Gohardhasht", "Gohar Dasht"),
        ("Rajai Shahr", "Rajaee-Shahr"),
        ("سید کاظم موسوی‌پور", "كاظم موسوي پور"),
        ("سیدکاظم موسوی‌پور", "کاظم موسوی پور"),
        ("Seyyed Kazem Mousavipour", "Kazem Moosavi Pour"),
        ("آیت‌الله منتظری", "آیت الله منتظری"),
        ("Hojjat ol-Eslam Nayyeri", "Nayeri"),
        ("حاج آقا دکتر احمدی", "احمدی"),
    ],
)
def test_two_spellings_are_one_name(one: str, other: str) -> None:
    assert names.matches(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("حسن", "حسین"), ("نیما رستمی", "نیما رستمی‌نژاد"), ("فیض‌الله", "فیض"), ("Hassan", "Hossein"), ("", "")],
)
def test_different_names_stay_apart(one: str, other: str) -> None:
    assert not names.matches(one, other)


def test_a_place_keeps_a_word_that_looks_like_a_title() -> None:
    assert names.wholes("حاجی آباد", titled=False) == ("حاجیاباد",)
    assert "اباد" in names.wholes("حاجی آباد")


def test_titles_are_given_as_written() -> None:
    assert names.split_titles("سيد  حاج آقا كاظم") == (("سيد", "حاج آقا"), "كاظم")
    assert names.split_titles("Hojjat ol-Eslam Ali") == (("Hojjat ol-Eslam",), "Ali")
    assert names.split_titles("سید") == ((), "سید")


def test_a_name_is_indexed_from_each_word_on() -> None:
    keys = {"siedkazemosavipor", "kazemosavipor", "mosavipor", "por"}
    assert set(names.forms("Seyyed Kazem Mousavi Pour")) == keys


def test_names_sort_as_in_a_persian_dictionary() -> None:
    words = ["اوین", "پرویز", "چمران", "ژاله", "کاظم", "گوهردشت", "لیلا", "نیما", "وکیل‌آباد", "هادی", "یاسر"]
    assert sorted(words, key=names.sorting) == words
    assert names.sorting("Evin") == "evin"


@pytest.mark.parametrize(
    ("text", "script"), [("اوین", "Arab"), ("Evin", "Latn"), ("۱۲ -", "Zyyy"), ("Омск", "Zyyy")]
)
def test_the_script_is_told_from_the_letters(text: str, script: str) -> None:
    assert names.script_of(text) == script
