"""What is written in words is read back to the same days, in each language and each set of digits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.dates import reading as dates
from portal.dates.reading import Precision
from portal.dates.saying import say

DIGITS = ("0123456789", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩")
MONTHS = ("Mordad {s}", "محرم {l} قمری", "July {g}", "شهریور {s}", "اوت {g}", "Ramadan {l} AH")
SEASONS = ("summer {s}", "زمستان {s}", "winter {g}", "spring {g}", "autumn {g}", "تابستان {g} میلادی")
WHOLES = (*MONTHS, *SEASONS, "سال {s}", "{g}", "{l} AH", "the {d}s")
PARTS = ("early {}", "mid {}", "late {}", "first half of {}", "second half of {}")
WEEKS = ("first week of {}", "third week of {}", "last week of {}")
DAYS = ("{n} Mordad {s}", "{n} July {g}", "{n} محرم {l} قمری", "{s}/5/{n}", "7/8/{g}", "{n}.7.{g}")
RANGES = (
    "{n} Mordad {s} to 3 Mehr {s}",
    "July {g} to August {g}",
    "from Tir {s} to Mordad {s}",
    "{n} or 30 July {g}",
)
FRAMES = ("{}", "before {}", "after {}", "since {}", "until {}", "about {}", "perhaps {}", "perhaps about {}")

whole = st.sampled_from(WHOLES)
part = st.builds(str.format, st.sampled_from(PARTS), whole)
week = st.builds(str.format, st.sampled_from(WEEKS), st.sampled_from(MONTHS))
core = st.one_of(whole, part, week, st.sampled_from(DAYS), st.sampled_from(RANGES))
said = st.builds(
    lambda frame, text, n, s, g, number: frame.format(text).format(n=n, s=s, g=g, l=number, d=g // 10 * 10),
    st.sampled_from(FRAMES),
    core,
    *(st.integers(1, 29), st.integers(1300, 1450), st.integers(1900, 2070), st.integers(1400, 1480)),
)


@given(said, st.sampled_from(["fa", "en"]), st.sampled_from(DIGITS))
def test_a_date_written_in_words_is_read_back(text: str, language: str, digits: str) -> None:
    first = dates.parse(text)
    assert first is not None, text
    table = {ord(known[place]): digits[place] for known in DIGITS for place in range(10)}
    written = say(first, language).translate(table)
    again = dates.parse(written)
    assert again is not None, (text, written)
    assert (again.earliest, again.latest) == (first.earliest, first.latest), (text, written)
    assert again.qualifier is first.qualifier
    if first.precision is not Precision.RANGE and "before" not in text and "after" not in text:
        assert again.precision is first.precision, (text, written)
        assert again.bound is first.bound, (text, written)


@pytest.mark.parametrize(
    ("text", "persian", "english"),
    [
        ("5 Mordad 67", "۵ مرداد ۱۳۶۷", "5 Mordad 1367"),
        ("late July 1988", "اواخر ژوئیه ۱۹۸۸", "late July 1988"),
        ("summer of 67", "تابستان ۱۳۶۷", "summer 1367"),
        ("۶۷", "سال ۱۳۶۷", "1367"),
        ("محرم ۱۴۰۹", "محرم ۱۴۰۹ قمری", "Muharram 1409 AH"),
        ("before Mordad 67", "پیش از مرداد ۱۳۶۷", "before Mordad 1367"),
        ("perhaps 1988", "شاید سال ۱۹۸۸", "perhaps 1988"),
        ("همان سال", "", ""),
    ],
)
def test_dates_are_written_as_people_write_them(text: str, persian: str, english: str) -> None:
    found = dates.parse(text)
    assert found is not None
    assert (say(found, "fa"), say(found, "en")) == (persian, english)
