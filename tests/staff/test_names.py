"""Pseudonyms: how they are kept, and when two are one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.errors import InvalidError
from portal.staff.names import clean, fold, skeleton


@pytest.mark.parametrize("same", ["Élodie M.", "  élodie   m. ", "ÉLODIE M."])
def test_case_and_spacing_do_not_make_another_name(same: str) -> None:
    assert fold(same) == fold("Élodie M.")


def test_an_arabic_keyboard_types_the_same_persian_name() -> None:
    assert fold("علي كريم") == fold("علی کریم")


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("m\N{CYRILLIC SMALL LETTER A}ple", "Maple"),
        ("mapIe", "maple"),
        ("ma-ple", "maple"),
        ("\N{GREEK SMALL LETTER ALPHA}mir", "Arnir"),
        ("o1ive", "Olive"),
        ("\N{ARABIC LETTER HEH GOAL}ما", "\N{ARABIC LETTER HEH}ما"),
    ],
)
def test_names_that_may_be_taken_for_one_another_are_found(name: str, other: str) -> None:
    assert skeleton(name) == skeleton(other)
    assert skeleton("olive") != skeleton("maple")


@pytest.mark.parametrize("name", ["", " ", "a", "x" * 61, "a<b>", "ab\u202eba", "ab\x00c", "..", "1988"])
def test_a_name_that_hides_or_says_nothing_is_refused(name: str) -> None:
    with pytest.raises(InvalidError):
        clean(name)


@given(st.text(max_size=80))
def test_a_name_that_is_kept_is_kept_as_it_is(name: str) -> None:
    try:
        kept = clean(name)
    except InvalidError:
        return
    assert clean(kept) == kept
    assert fold(kept) == fold(name)
