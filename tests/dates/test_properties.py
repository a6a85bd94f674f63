"""What holds for any text: nothing raises, no date ends before it begins, keyboards do not matter."""

import unicodedata
from datetime import date
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from portal.dates import reading as dates
from portal.dates.calendars import Calendar, month_of_year
from portal.dates.reading import ApproximateDate, Precision


def meaning(found: ApproximateDate | None) -> tuple[Any, ...] | None:
    """Everything but the words."""
    if found is None:
        return None
    return (
        *(found.calendar, found.precision, found.earliest, found.latest),
        *(found.qualifier, found.bound, found.proposal, found.doubts),
    )


SOLAR_FA = (
    "فروردین",
    "اردیبهشت",
    "خرداد",
    "تیر",
    "مرداد",
    "شهریور",
    "مهر",
    "آبان",
    "آذر",
    "دی",
    "بهمن",
    "اسفند",
)
SOLAR_EN = ("Farvardin", "Ordibehesht", "Khordad", "Tir", "Mordad", "Shahrivar")
SOLAR_EN += ("Mehr", "Aban", "Azar", "Dey", "Bahman", "Esfand")
ENGLISH = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October")
ENGLISH += ("November", "December")
SWEDISH = ("januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september", "oktober")
SWEDISH += ("november", "december")
LUNAR = ("محرم", "صفر", "ربیع‌الاول", "ربیع‌الثانی", "جمادی‌الاول", "جمادی‌الثانی")
LUNAR += ("رجب", "شعبان", "رمضان", "شوال", "ذی‌القعده", "ذی‌الحجه")
NAMES = ((Calendar.SOLAR, SOLAR_FA), (Calendar.SOLAR, SOLAR_EN), (Calendar.GREGORIAN, ENGLISH))
NAMES += ((Calendar.GREGORIAN, SWEDISH), (Calendar.LUNAR, LUNAR))
YEARS = {Calendar.SOLAR: (1300, 1450), Calendar.GREGORIAN: (1900, 2070), Calendar.LUNAR: (1400, 1480)}
DIGITS = ("0123456789", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩")
SOUP = """
مرداد ۶۷ 67 '88 1367 1988 5 ۵ ۳۱ 1367/5/5 7/8/1988 1988-07 تا از یا و to from or and between
بین اواخر late end early سال year ماه روز همان_سال that_year before after قبل_از بعد_از قبل پیش
two six months شش هزار شصت نیمه تابستان winter vintern summer محرم Muharram AH قمری 1409 1400
۱۴۰۰ Mehr may 1980s دهه - / , . ( ) ? ' ~ Friday سه‌شنبه عید Ashura فردای برج ۱۲ نفر در in the
of i den م ام th : s نوزده hundred thousand یک چند a 9999 0 00 000 حدود perhaps شاید until
since by not_before به_بعد onwards (?) % = برابر
"""
SOUPS = st.lists(st.sampled_from([*SOUP.split(), "\n\n"]), max_size=12).flatmap(
    lambda words: st.sampled_from([" ", "", "\u200c"]).map(lambda blank: blank.join(words).replace("_", " "))
)
TEXTS = st.one_of(SOUPS, st.text(max_size=60))
NEARS = st.sampled_from(
    [None, *map(dates.parse, ("تابستان ۱۳۶۷", "1988-07-28", "Mordad", "before 1367", "محرم ۱۴۰۹", "1980s"))]
)


@given(TEXTS, NEARS)
def test_nothing_raises_and_no_date_ends_before_it_begins(text: str, near: ApproximateDate | None) -> None:
    one = dates.parse(text, near=near)
    for found in (*(each.date for each in dates.find(text, near=near)), *([one] if one else [])):
        if found.earliest and found.latest:
            assert found.earliest <= found.latest
        assert found.placed or found.proposal
        assert found.edtf == "" or found.placed


@given(TEXTS, NEARS)
def test_found_words_stand_where_they_are_said_to_stand(text: str, near: ApproximateDate | None) -> None:
    last = 0
    for start, end, found in dates.find(text, near=near):
        assert last <= start < end <= len(text)
        assert found.words == text[start:end] == str(found)
        last = end


@given(TEXTS)
def test_keyboards_marks_of_direction_and_joiners_change_nothing(text: str) -> None:
    plain = meaning(dates.parse(text))
    assert meaning(dates.parse(text.replace("ی", "ي").replace("ک", "ك"))) == plain
    assert meaning(dates.parse(text.replace(" ", "\u200c"))) == plain
    assert meaning(dates.parse(text.replace(" ", " \u200f").replace("/", "\u200e/"))) == plain


@given(SOUPS)
def test_letters_taken_apart_read_as_the_whole_ones(text: str) -> None:
    assert meaning(dates.parse(unicodedata.normalize("NFD", text))) == meaning(dates.parse(text))


@given(st.data())
def test_a_day_or_month_is_read_in_every_calendar_language_and_digits(data: st.DataObject) -> None:
    calendar, names = data.draw(st.sampled_from(NAMES))
    year = data.draw(st.integers(*YEARS[calendar]))
    month = data.draw(st.integers(1, 12))
    day = data.draw(st.integers(0, 31))
    first, last = month_of_year(calendar, year, month)
    assume(day <= last - first + 1)
    era = " قمری" if calendar is Calendar.LUNAR else ""
    text = f"{day} {names[month - 1]} {year}{era}" if day else f"{names[month - 1]} {year}{era}"
    digits = data.draw(st.sampled_from(DIGITS))
    found = dates.parse(text.translate(str.maketrans(DIGITS[0], digits)))
    assert found is not None
    slack = 2 if calendar is Calendar.LUNAR else 0
    begin, end = (first + day - 1, first + day - 1) if day else (first, last)
    assert found.calendar is calendar
    assert found.precision is (Precision.DAY if day else Precision.MONTH)
    assert (found.earliest, found.latest) == (date.fromordinal(begin - slack), date.fromordinal(end + slack))


@given(st.integers(1332, 1399), st.sampled_from(SOLAR_FA + SOLAR_EN), st.sampled_from(DIGITS))
def test_two_digits_are_the_same_year_as_four(year: int, month: str, digits: str) -> None:
    table = str.maketrans(DIGITS[0], digits)
    short, full = (f"{month} {number}".translate(table) for number in (year % 100, year))
    assert meaning(dates.parse(short)) == meaning(dates.parse(full))
