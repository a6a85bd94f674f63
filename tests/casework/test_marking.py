"""Marks: found by their words, drawn without losing a letter or cutting a word."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.casework import marking
from portal.casework.marking import MarkKind, Span
from portal.errors import InvalidError

PERSIAN = "برادرم را پاییز ۱۳۶۱ در شیراز گرفتند و اول در عادل‌آباد بود. 🙂 در شیراز."
texts = st.text(st.sampled_from("اب‌ج ab\n.é🙂"), min_size=1, max_size=60)


@st.composite
def spans(draw: st.DrawFn, text: str) -> Span:
    start = draw(st.integers(0, len(text) - 1))
    return Span(start, draw(st.integers(start + 1, len(text))))


@given(st.data(), texts)
def test_drawing_loses_and_adds_nothing(data: st.DataObject, text: str) -> None:
    several = data.draw(st.lists(spans(text), max_size=5))
    marks = {uuid4(): (span, data.draw(st.sampled_from(MarkKind))) for span in several}
    drawn = marking.draw(text, marks)
    assert "".join(words for words, _, _ in drawn.pieces) == text
    assert set(drawn.anchors) == set(marks)
    assert set(drawn.anchors.values()) == {anchor for _, _, anchor in drawn.pieces if anchor}


@given(st.data(), texts)
def test_no_mark_cuts_a_word(data: st.DataObject, text: str) -> None:
    wide = marking.on_word_boundaries(text, data.draw(spans(text)))
    for edge in (wide.start, wide.end):
        assert not (0 < edge < len(text) and text[edge - 1].isalpha() and text[edge].isalpha())


@given(st.data(), texts)
def test_what_is_kept_is_the_texts_own_words(data: st.DataObject, text: str) -> None:
    span = data.draw(spans(text))
    try:
        selector = marking.select(text, span)
    except InvalidError:
        assert not text[span.start : span.end].strip()
        return
    assert text[selector.start : selector.end] == selector.quote
    assert selector.quote == text[span.start : span.end].strip()
    assert (selector.prefix + selector.quote + selector.suffix) in text
    assert selector.fits(text)
    assert not selector.fits(text + "x")


def test_every_place_is_found_whatever_white_space_parts_the_words() -> None:
    assert [PERSIAN[one.start : one.end] for one in marking.find(PERSIAN, "در شیراز")] == ["در شیراز"] * 2
    assert marking.find("one\n two", "one two") == [Span(0, 8)]
    assert marking.find("a.c abc", "a.c") == [Span(0, 3)]


@pytest.mark.parametrize("words", ["", "  ", "تهران", "x" * 3000])
def test_words_that_are_not_there_are_refused(words: str) -> None:
    with pytest.raises(InvalidError):
        marking.find(PERSIAN, words)


def test_a_chosen_span_wins_only_while_it_says_the_words() -> None:
    first, second = marking.find(PERSIAN, "شیراز")
    assert marking.locate(PERSIAN, "شیراز", second) == [second]
    assert marking.locate(PERSIAN, "شیراز", Span(0, 3)) == [first, second]
    assert marking.locate(PERSIAN, "شیراز", Span(5, 9_999)) == [first, second]


def test_overlapping_marks_share_pieces() -> None:
    one, two = UUID(int=1), UUID(int=2)
    drawn = marking.draw("aa bb cc", {one: (Span(0, 5), MarkKind.PERSON), two: (Span(3, 8), MarkKind.PLACE)})
    assert [(words, kinds) for words, kinds, _ in drawn.pieces] == [
        ("aa ", ["person"]),
        ("bb", ["person", "place"]),
        (" cc", ["place"]),
    ]


def test_places_show_what_is_around_them() -> None:
    place = marking.places(PERSIAN, marking.find(PERSIAN, "پاییز"))[0]
    assert place.before.endswith("را ")
    assert place.words == "پاییز"
    assert place.after.startswith(" ۱۳۶۱")
