"""What an account says around marked words, read as a careful person would."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.linking.account import Account
from portal.registry.vocabulary import Sex


def around(text: str, words: str) -> Account:
    start = text.index(words)
    return Account(text, start, start + len(words))


@pytest.mark.parametrize(
    ("text", "words", "father"),
    [
        ("Omid Rastegar, son of Rahim, was taken.", "Omid Rastegar", "Rahim"),
        ("Omid Rastegar, son of the late Gholam Reza, was taken.", "Omid Rastegar", "Gholam Reza"),
        ("Rahim's son Omid Rastegar was taken.", "Omid Rastegar", "Rahim"),
        ("Omid Rastegar (father's name: none) was taken.", "Omid Rastegar", ""),
        ("Omid Rastegar, father Rahim, was taken.", "Omid Rastegar", "Rahim"),
        ("امید رستگار فرزند رحیم بود.", "امید رستگار", "رحیم بود"),
        ("امید رستگار، نام پدر: رحیم، بیست ساله", "امید رستگار", "رحیم"),
        ("امید رستگار، پسر غلام‌رضا، را بردند.", "امید رستگار", "غلام‌رضا"),
        ("Omid Rastegar was taken. Nader, son of Karim, was not.", "Omid Rastegar", ""),
        ("Omid, son of Rahim, and Nader, son of Karim, were taken.", "Nader", "Karim"),
        ("Omid Rastegar was there.", "Omid Rastegar", ""),
    ],
)
def test_a_father_is_who_is_said_to_be_right_beside_the_name(text: str, words: str, father: str) -> None:
    assert around(text, words).father == father


@pytest.mark.parametrize(
    ("text", "words", "sex"),
    [
        ("My brother Omid was taken.", "Omid", Sex.MALE),
        ("My older sister Omid was taken.", "Omid", Sex.FEMALE),
        ("برادرم امید را بردند", "امید", Sex.MALE),
        ("خواهرم امید را بردند", "امید", Sex.FEMALE),
        ("آقای امید", "امید", Sex.MALE),
        ("دخترعمویم امید", "امید", None),
        ("خواهر بهرنگ را ندیدم", "بهرنگ", None),
        ("خواهر بهرنگ گفت", "بهرنگ", None),
        ("مادر امید و خواهر بزرگ امید آمدند", "امید", None),
        ("خواهرم و بهرنگ", "بهرنگ", None),
        ("برادر بزرگ‌ترم امید", "امید", Sex.MALE),
        ("خواهرِ بهرنگ", "بهرنگ", None),
        ("عمه‌ام امید", "امید", Sex.FEMALE),
        ("عموی امید", "امید", None),
        ("پسر خاله‌ام امید", "امید", None),
        ("زنم امید", "امید", Sex.FEMALE),
        ("زن امید", "امید", None),
        ("زنی به نام امید", "امید", Sex.FEMALE),
        ("خانم امید", "امید", Sex.FEMALE),
        ("The sister of Omid came.", "Omid", None),
        ("The sister Omid had loved came.", "Omid", None),
        ("My sister and Omid came.", "Omid", None),
        ("My brother told Omid.", "Omid", None),
        ("Omid's sister came.", "Omid", None),
        ("Nader's sister Omid came.", "Omid", Sex.FEMALE),
        ("A man called Omid came.", "Omid", Sex.MALE),
        ("We saw Mrs. Omid.", "Omid", Sex.FEMALE),
        ("Min syster Omid kom.", "Omid", Sex.FEMALE),
        ("Hans storebror Omid kom.", "Omid", Sex.MALE),
        ("Naders syster Omid kom.", "Omid", Sex.FEMALE),
        ("En syster till Omid kom.", "Omid", None),
        ("Min bror och Omid kom.", "Omid", None),
        ("Omids syster kom.", "Omid", None),
        ("En kvinna vid namn Omid kom.", "Omid", Sex.FEMALE),
        ("My sister came. Omid was taken.", "Omid", None),
        ("The mother of the man who sold bread knew Omid", "Omid", None),
    ],
)
def test_only_the_word_right_before_a_name_tells_of_a_sex(text: str, words: str, sex: Sex | None) -> None:
    told = around(text, words).told
    assert (told.sex if told else None) is sex


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("Omid, 23 years old, was taken.", 23),
        ("Omid, aged 23, was taken.", 23),
        ("Omid ۲۳ ساله بود.", 23),
        ("Omid ۲۳ سال داشت.", 23),
        ("Omid was there for 23 years.", None),
        ("Omid, 23 years old, met Nader, 30 years old.", None),
        ("Omid was taken. Nader was 23 years old.", None),
        ("Omid, aged 99, was there.", None),
    ],
)
def test_an_age_is_one_that_the_sentence_gives_alone(text: str, age: int | None) -> None:
    found = around(text, "Omid").age
    assert (found[0] if found else None) == age


def test_dates_are_those_of_the_text_and_near_ones_are_known_as_such() -> None:
    found = around("Omid was taken in Mordad 1367. We heard in 1370.", "Omid").dates
    assert [(one.earliest, one.beside) for one in found] == [
        (date(1988, 7, 23), True),
        (date(1991, 3, 21), False),
    ]


@pytest.mark.parametrize(
    ("text", "name", "mention"),
    [
        ("پدرم، رحیم، را خواستند.", "Rahim", "رحیم"),
        ("They wrote to Adel Abad prison.", "زندان عادل آباد", "Adel Abad"),
        ("در عادل‌آباد بود", "Adelabad Prison", "عادل‌آباد"),
        ("He was in Gohardasht.", "گوهردشت", "Gohardasht"),
        ("رحیمی آمد", "رحیم", ""),
        ("anything", "", ""),
        ("a b", "c", ""),
    ],
)
def test_a_name_is_mentioned_as_whole_words_in_any_script(text: str, name: str, mention: str) -> None:
    assert Account(text).mention(name) == mention


def test_the_marked_words_do_not_speak_for_themselves() -> None:
    assert around("Rahim Rastegar was taken.", "Rahim Rastegar").mention("رحیم") == ""
    assert around("Rahim Rastegar was Rahim's son.", "Rahim Rastegar").mention("رحیم") != ""


TEXTS = st.text(alphabet="ابپرحیمدسن ۱۳۶۷،.son of Rahim1367'’\n‌-", max_size=120)


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.integers(-1, 120), st.integers(0, 40), st.text(max_size=20))
def test_no_text_breaks_it(text: str, start: int, length: int, name: str) -> None:
    start = min(start, len(text))
    one = Account(text, start, min(start + length, len(text)) if start >= 0 else -1)
    assert one.father in text
    assert one.mention(name) in text
    assert all(each.earliest <= each.latest for each in one.dates)
    assert one.age is None or 9 <= one.age[0] <= 95
    assert one.told is None or one.told.words in text
