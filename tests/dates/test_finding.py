"""Dates in a story: found where they stand, told from what only looks like them, in even time."""

from time import process_time

import pytest

from portal.dates import reading as dates

TRAPS = (
    "I think I may go. They marched on. He fell in the fall.",
    "Mehr told me that Azar left. It was the march of many.",
    "Shot with five bullets; he was 19. Room 1365 of ward 7. More than 1400 prisoners. He got 10 years.",
    "It was 8 o'clock. Nobody came for 3 days. She left before he came. Cell 67. No. 1988. 2000 people.",
    "پنج تیر خلاص شنیدم. از بهمن پرسیدم و آذر خواهرم رفت. مهر مادر. دی که رفت.",
    "۱۵ ساله بود. حکم او ۱۰ سال بود.",
    "۱۴۰۰ نفر بودند. شماره ۱۳۶۵. می‌گفتند ۵ می‌روند. در بند ۲۰۹ بود. دو روز بعد از ملاقات رفت. در سن ۱۹ سالگی.",
    "Han var 19 år. Vår familj kom. Cell 67.",
)


def found(text: str, near: str = "") -> list[tuple[str, str]]:
    leaning = dates.parse(near) if near else None
    return [(one.date.words, one.date.interval) for one in dates.find(text, near=leaning)]


@pytest.mark.parametrize("text", TRAPS)
def test_other_words_and_counts_are_not_taken_for_dates(text: str) -> None:
    assert found(text) == []


def test_each_date_of_a_persian_story_is_found_with_its_words() -> None:
    text = (
        "مهرماه ۶۲ او را گرفتند و سال ۱۳۶۳ به ده سال محکوم شد. متولد ۱۳۳۸ بود. از ۶ مرداد تا ۱۵ شهریور ۱۳۶۷ "
        "ملاقات نبود. اواخر آذر همان سال ساک را دادند. در ۶۸ به خاوران رفتیم؛ ۱۰ شهریور سال بعد هم."
    )
    assert found(text) == [
        ("مهرماه ۶۲", "1983-09-23/1983-10-22"),
        ("سال ۱۳۶۳", "1984-03-21/1985-03-20"),
        ("۱۳۳۸", "1959-03-22/1960-03-20"),
        ("از ۶ مرداد تا ۱۵ شهریور ۱۳۶۷", "1988-07-28/1988-09-06"),
        ("اواخر آذر همان سال", "1988-12-12/1988-12-21"),
        ("۶۸", "1989-03-21/1990-03-20"),
        ("۱۰ شهریور سال بعد", "1990-09-01/1990-09-01"),
    ]


def test_each_date_of_an_english_story_is_found_with_its_words() -> None:
    text = (
        "Arrested in 1362, moved in late July 1988. On what I believe was 30 July they read names; in "
        "Shahrivar 67 (September 1988) it was over. Two weeks later I was alone. In Azar they gave us "
        "the bag, '67."
    )
    assert found(text) == [
        ("1362", "1983-03-21/1984-03-20"),
        ("late July 1988", "1988-07-21/1988-07-31"),
        ("30 July", "1988-07-30/1988-07-30"),
        ("Shahrivar 67", "1988-08-23/1988-09-22"),
        ("September 1988", "1988-09-01/1988-09-30"),
        ("Two weeks later", "1988-09-12/1988-10-17"),
        ("Azar", "1988-11-22/1988-12-21"),
        ("'67", "1988-03-21/1989-03-20"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("در مرداد ۶۷ زندانیان را بردند", "مرداد ۶۷"),
        ("سال ۶۷ زندانیان را بردند", "سال ۶۷"),
        ("در مرداد ۶۷ نفر را بردند", "مرداد"),
        ("In 1988 prisoners were killed", "1988"),
        ("he got 10 years in 1362, they said", "1362"),
        ("مرداد ۶۷ روزهای سختی بود", "مرداد ۶۷"),
        ("از تیر ۶۰ تا ۶۹ زندانی بودم", "از تیر ۶۰"),
        ("از تیر ۶۰ تا ۶۹ در زندان بودم", "از تیر ۶۰ تا ۶۹"),
        ("سال‌های اول دهه ۶۰ بود", "سال‌های اول دهه ۶۰"),
        ("during Mordad-e 67, at night", "Mordad-e 67"),
    ],
)
def test_a_number_is_a_year_or_a_count_by_what_stands_around_it(text: str, words: str) -> None:
    assert [said for said, _interval in found(text)] == [words]


def test_a_swedish_story_is_read_too() -> None:
    text = "Hösten 1987 flyttades han. I maj samma år, nej, mellan juli och september 1988. "
    text += "Jag tror den 6 augusti."
    assert [words for words, _interval in found(text)] == [
        *("Hösten 1987", "maj samma år", "mellan juli och september 1988", "6 augusti"),
    ]


def test_when_somebody_was_born_does_not_tell_when_the_next_thing_happened() -> None:
    text = "My son, born 1343 in Neyshabur. They told us in Azar."
    assert found(text) == [("1343", "1964-03-21/1965-03-20"), ("Azar", "")]
    assert found(text, "1367")[1] == ("Azar", "1988-11-22/1988-12-21")


def test_a_day_that_is_none_is_passed_over_whole() -> None:
    assert found("در ۳۱ مهر ۱۳۶۷ رفت") == []


def test_places_are_those_of_the_text_as_given() -> None:
    for text in (
        "ﻣﺮﺩﺍﺩ\u200f ۶۷\u200e بود",
        "در مُردادِ ۱۳۶۷ بود",
        "\u202bدی‌ماه\u202c ۶۲، که",
        "ÄÖ in Jul\u00ady 1988!",
    ):
        (one,) = dates.find(text)
        assert one.date.words == text[one.start : one.end]
        assert one.date.words.strip()


HOSTILE = {
    "digits": "1" * 20_000,
    "dates": "1367/5/5/" * 2_200,
    "hyphens": "5-" * 10_000,
    "from": "از " * 7_000,
    "thousands": "هزار و " * 3_000,
    "and": "5 و " * 5_000,
    "lines": "\n " * 10_000,
    "years": "سال " * 5_000,
    "early": "early " * 3_300,
    "between": "بین " * 5_000,
    "brackets": "(?" * 10_000,
    "marks": "\u064b" * 20_000,
    "months": "Mordad " * 2_800,
    "apostrophes": "a'" * 10_000,
}


def seconds(text: str) -> float:
    begun = process_time()
    dates.find(text)
    dates.parse(text)
    return process_time() - begun


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_of_twenty_kilobytes_is_read_at_once(name: str) -> None:
    assert seconds(HOSTILE[name]) < 3  # with every pair of words looked at, it would be minutes


def test_time_grows_evenly_with_the_length_of_the_story() -> None:
    story = "در مرداد ۶۷ شانزده نفر را صدا کردند و آذر همان سال، از ۵ تا ۱۱ دی، خبر دادند. " * 100
    one = min(seconds(story) for _ in range(5))
    four = min(seconds(story * 4) for _ in range(5))
    assert four < 8 * one
