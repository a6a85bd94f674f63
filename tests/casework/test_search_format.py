"""A segment gives back what went in, and finds exactly what a reader of every word would find."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.casework.search_format import (
    SIZE,
    Digest,
    FormatError,
    Heads,
    Spoken,
    Words,
    answers,
    crcs_of,
    names_record,
    pack_heads,
    pack_words,
    unpack_pieces,
)
from portal.casework.search_words import Closeness, Wanted, sounds, wanted, words_of
from portal.registry.names import fold

LETTERS = "abdeghiklmnorstuvyzابپتجدرزسشعغفقکگلمنوهی0123456789"
WORD = st.text(LETTERS, min_size=1, max_size=12).filter(lambda word: fold(word) == word)
SPOKEN = st.builds(Spoken, st.uuids(version=4), st.sampled_from(["victim", "held-at", "coded"]))
DIGEST = st.builds(
    Digest,
    st.uuids(version=4),
    st.frozensets(WORD, max_size=30),
    title=st.text(max_size=40),
    language=st.sampled_from(["fa", "en", ""]),
    month=st.sampled_from(["", "1367", "1367-05"]),
    spoken=st.lists(SPOKEN, max_size=3).map(tuple),
)
DIGESTS = st.lists(DIGEST, max_size=12, unique_by=lambda one: one.case_id)


@given(DIGESTS)
def test_what_was_packed_is_what_is_read(digests: list[Digest]) -> None:
    heads, words = pack_heads(digests), Words(pack_words(digests))
    assert unpack_pieces(Heads(heads), words) == digests


@settings(deadline=None)  # a busy machine may take its time
@given(DIGESTS, WORD)
def test_an_exact_word_finds_what_a_reader_of_every_word_finds(digests: list[Digest], word: str) -> None:
    table = Words(pack_words(digests))
    known = sorted({one for digest in digests for one in digest.words})
    for asked in [word, *known]:
        naive = [place for place, one in enumerate(digests) if asked in one.words]
        one = Wanted(asked)
        told = table.search(one, crcs_of(one))
        assert [place for place, how in enumerate(told.close) if how == Closeness.SAME] == naive
        assert all(asked in told.words_in(place) for place in naive)


@settings(deadline=None)  # a busy machine may take its time
@given(DIGESTS, WORD)
def test_a_search_finds_what_comparing_with_every_word_finds(digests: list[Digest], word: str) -> None:
    """The table of sounds leads to nothing that a comparison refuses, and hides nothing of equal sound."""
    table, one = Words(pack_words(digests)), Wanted(word)
    found = table.search(one, crcs_of(one))
    for place, digest in enumerate(digests):
        near = {known: one.closeness(known) for known in digest.words}
        told = found.words_in(place)
        assert told <= {known for known, how in near.items() if how is not None}
        alike = {known for known in near if set(sounds(known)) & set(one.sounds)}
        assert {known for known in alike if near[known] is not None} <= told
        assert {known for known, how in near.items() if how is Closeness.BEGINS} <= told
        assert found.close[place] == min((near[known] for known in told), default=255)


@settings(deadline=None)  # likewise
@given(DIGESTS, st.lists(WORD, min_size=1, max_size=3, unique=True))
def test_a_case_answers_when_it_answers_every_word(digests: list[Digest], words: list[str]) -> None:
    table = Words(pack_words(digests))
    asked = [Wanted(word) for word in words]
    found = answers([table.search(one, crcs_of(one)) for one in asked])
    exact = {place for place, cost in found.items() if cost == Closeness.SAME}
    assert exact == {place for place, one in enumerate(digests) if one.words >= set(words)}
    some = answers([table.search(one, crcs_of(one)) for one in asked], partly=True)
    assert set(found) <= set(some)
    assert {place for place, one in enumerate(digests) if one.words & set(words)} <= set(some)


@given(st.text(max_size=200))
def test_the_words_of_a_text_are_its_folded_words(text: str) -> None:
    whole, apart = (fold(one).split() for one in (text, text.replace("\u200c", " ")))
    assert words_of(text) == {word[:60] for word in (*whole, *(apart if "\u200c" in text else ()))}


@given(st.text(max_size=40))
def test_every_word_has_a_sound(text: str) -> None:
    for one in wanted(text):
        assert all(one.sounds)
        assert one.closeness(one.word) is Closeness.SAME


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("نوری", "Noury"),
        ("Nouri", "نوري"),
        ("Gohardasht", "گوهردشت"),
        ("گوهردشت", "Gohardhasht"),
        ("Khawaran", "خاوران"),
        ("Adelabad", "عادل‌آباد"),
        ("قاسم", "Ghassem"),
        ("evin", "اوین"),
        ("Mohammad", "محمد"),
        ("reza", "رضا"),
        ("علی", "Ali"),
        ("فاطمه", "Fatemeh"),
        ("Parviz", "پرویز"),
        ("Sarvestany", "سروستانی"),
    ],
)
def test_a_name_is_the_same_in_both_scripts(asked: str, written: str) -> None:
    table = Words(pack_words([Digest(uuid4(), frozenset(words_of(written)))]))
    (one,) = wanted(asked)
    assert table.search(one, crcs_of(one)).close[0] <= Closeness.SOUND


@pytest.mark.parametrize(
    ("asked", "written", "how"),
    [
        ("برادر", "برادرم", Closeness.BEGINS),
        ("Rastegar", "Rastgar", Closeness.NEAR),
        ("گوهردست", "گوهردشت", Closeness.NEAR),
        ("Noury", "Noori", Closeness.SOUND),
        ("مرد", "مراد", None),
        ("1367", "1368", None),
        ("omid", "omar", None),
        ("ab", "abbas", None),
    ],
)
def test_what_is_near_is_found_and_what_is_another_word_is_not(
    asked: str, written: str, how: Closeness | None
) -> None:
    table = Words(pack_words([Digest(uuid4(), frozenset(words_of(written)))]))
    (one,) = wanted(asked)
    found = table.search(one, crcs_of(one)).close[0]
    assert found == (255 if how is None else how)


def test_heads_tell_whether_they_name_a_record_without_being_read() -> None:
    record_id = UUID("5b0a3d0e-0000-4000-8000-0000000000aa")
    heads = pack_heads([Digest(uuid4(), frozenset(), spoken=(Spoken(record_id, "victim"),))])
    assert names_record(heads, record_id)
    assert not names_record(heads, uuid4())


def test_a_place_must_fit_a_byte() -> None:
    with pytest.raises(ValueError, match="250"):
        pack_words([Digest(uuid4(), frozenset())] * (SIZE + 1))


@pytest.mark.parametrize("raw", [b"", b"tpi1", b"{}", b'{"v":2,"cases":[]}', b"\xff" * 40])
def test_what_is_no_segment_is_refused(raw: bytes) -> None:
    with pytest.raises(FormatError):
        Words(raw)
    with pytest.raises(FormatError):
        Heads(raw)


def test_heads_and_words_of_different_segments_do_not_go_together() -> None:
    one, other = ([Digest(uuid4(), frozenset({"omid"}))] for _ in range(2))
    with pytest.raises(FormatError):
        unpack_pieces(Heads(pack_heads(one)), Words(pack_words(other)))
