"""A secret on paper: read however it was typed, and a slip names its group."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.vault import sheet
from portal.vault.sheet import SheetError

SECRETS = st.binary(min_size=32, max_size=32)
SECRET = bytes(range(100, 132))
SHEET = " ".join(sheet.written(SECRET))


@given(SECRETS)
@settings(max_examples=60, deadline=None)
def test_a_sheet_gives_back_its_secret(secret: bytes) -> None:
    groups = sheet.written(secret)
    assert [len(one) for one in groups] == [8] * 9
    assert sheet.read(" ".join(groups)) == secret


@pytest.mark.parametrize(
    "typed",
    [
        SHEET.upper(),
        SHEET.replace(" ", ""),
        SHEET.replace(" ", "-"),
        SHEET.replace(" ", "\n   "),
        SHEET.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")),
        SHEET.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
        SHEET.replace("0", "O").replace("1", "l"),
    ],
)
def test_a_sheet_is_read_however_it_is_typed(typed: str) -> None:
    assert sheet.read(typed) == SECRET


def test_every_wrong_digit_is_noticed_and_its_group_named() -> None:
    digits = SHEET.replace(" ", "")
    for place, digit in enumerate(digits):
        for other in set("0123456789abcdef") - {digit}:
            with pytest.raises(SheetError) as failed:
                sheet.read(digits[:place] + other + digits[place + 1 :])
            group = place // 8 + 1 if place < 64 else place - 63
            assert failed.value.groups == (group,)
            assert f"Group {group}:" in str(failed.value)


@given(SECRETS, st.integers(0, 7), st.integers(0, 7), st.integers(0, 7))
@settings(max_examples=200, deadline=None)
def test_two_digits_that_changed_places_in_a_group_are_noticed(
    secret: bytes, group: int, one: int, other: int
) -> None:
    groups = list(sheet.written(secret))
    digits = list(groups[group])
    digits[one], digits[other] = digits[other], digits[one]
    if "".join(digits) == groups[group]:
        return
    groups[group] = "".join(digits)
    with pytest.raises(SheetError) as failed:
        sheet.read(" ".join(groups))
    assert failed.value.groups == (group + 1,)


def test_groups_in_a_wrong_order_are_noticed_even_when_they_are_alike() -> None:
    groups = sheet.written(SECRET)
    with pytest.raises(SheetError, match="Groups 2, 3"):
        sheet.read(" ".join((groups[0], groups[2], groups[1], *groups[3:])))
    assert len(set(sheet.written(bytes(32))[8])) == 8


def test_a_group_that_is_too_short_is_named() -> None:
    groups = list(sheet.written(SECRET))
    groups[4] = groups[4][:7]
    with pytest.raises(SheetError, match="Group 5: a group has 8 digits"):
        sheet.read(" ".join(groups))


def test_a_letter_beyond_f_is_named() -> None:
    groups = list(sheet.written(SECRET))
    groups[2] = "g" + groups[2][1:]
    groups[8] = "x" + groups[8][1:]
    with pytest.raises(SheetError, match="Groups 3, 9: there is something else"):
        sheet.read(" ".join(groups))


@pytest.mark.parametrize("typed", ["", "   ", "abc", SHEET + " 00", SHEET[:-9]])
def test_too_few_or_too_many_digits_are_no_sheet(typed: str) -> None:
    with pytest.raises(SheetError, match="9 groups of 8 digits"):
        sheet.read(typed)


def test_a_key_from_before_sheets_had_a_ninth_group_is_read_where_it_may_come() -> None:
    bare = " ".join(sheet.written(SECRET)[:8])
    assert sheet.read(bare, bare=True) == sheet.read(SHEET, bare=True) == SECRET
    with pytest.raises(SheetError, match="64 digits"):
        sheet.read(bare)
    with pytest.raises(SheetError, match="Group 1"):
        sheet.read("x" + bare[1:], bare=True)


def test_a_sheet_holds_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        sheet.written(bytes(31))
