"""Small values open with their key, in their place, unchanged; otherwise not at all."""

import itertools
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.errors import PortalError
from portal.vault.seal import (
    BUCKETS,
    Label,
    UnsealError,
    context,
    derive,
    padded_size,
    seal,
    unseal,
)

KEY = bytes(range(32))
OTHER_KEY = bytes(range(1, 33))
CASE = UUID("6f9619ff-8b86-4d01-b42d-00cf4fc964ff")
OTHER_CASE = UUID("0e02b2c3-d479-4b6d-8f47-47ac10b58cc3")
PLACE = context(Label.FIELD, CASE, "content", "narrative", 1)

PLACES = [
    context(label, case, compartment, field, version)
    for label in (Label.FIELD, Label.TEXT_VERSION)
    for case in (CASE, OTHER_CASE)
    for compartment in ("content", "identity")
    for field in ("narrative", "name")
    for version in (1, 2)
]

part = st.one_of(st.binary(max_size=8), st.text(max_size=8), st.integers(0, 2**64 - 1), st.uuids())


@given(st.binary(max_size=70_000), st.booleans())
@settings(max_examples=60, deadline=None)
def test_what_was_sealed_opens_unchanged(plaintext: bytes, pad: bool) -> None:  # noqa: FBT001
    assert unseal(KEY, seal(KEY, plaintext, PLACE, pad=pad), PLACE) == plaintext


@pytest.mark.parametrize("size", [0, 1, 4091, 4092, 4093, 16379, 16380, 16381, 65532, 65533, 200_000])
def test_values_at_the_edges_of_buckets_and_chunks_open(size: int) -> None:
    assert unseal(KEY, seal(KEY, b"\x00" * size, PLACE), PLACE) == b"\x00" * size


def test_a_value_opens_in_its_own_place_and_in_no_other() -> None:
    sealed = {place: seal(KEY, b"said", place) for place in PLACES}
    for made_for, tried_in in itertools.product(PLACES, PLACES):
        if made_for == tried_in:
            assert unseal(KEY, sealed[made_for], tried_in) == b"said"
        else:
            with pytest.raises(UnsealError):
                unseal(KEY, sealed[made_for], tried_in)


def test_no_byte_can_be_changed() -> None:
    sealed = seal(KEY, b"she was nineteen", PLACE, pad=False)
    for index, byte in enumerate(sealed):
        for changed in (byte ^ 1, byte ^ 0x80):
            forged = sealed[:index] + bytes([changed]) + sealed[index + 1 :]
            with pytest.raises(UnsealError):
                unseal(KEY, forged, PLACE)


def test_nothing_can_be_cut_off_or_added() -> None:
    sealed = seal(KEY, b"she was nineteen", PLACE, pad=False)
    for size in range(len(sealed)):
        with pytest.raises(UnsealError):
            unseal(KEY, sealed[:size], PLACE)
    with pytest.raises(UnsealError):
        unseal(KEY, sealed + b"\x00", PLACE)


@pytest.mark.parametrize("key", [OTHER_KEY, b"", KEY[:16], KEY + KEY])
def test_another_key_does_not_open(key: bytes) -> None:
    with pytest.raises(UnsealError):
        unseal(key, seal(KEY, b"said", PLACE), PLACE)


def test_a_key_of_another_size_seals_nothing() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        seal(KEY[:16], b"said", PLACE)


def test_no_salt_is_used_twice() -> None:
    salts = {seal(KEY, b"said", PLACE, pad=False)[1:25] for _ in range(2000)}
    assert len(salts) == 2000


def test_the_key_commitment_differs_for_each_key_so_that_no_blob_opens_two_ways() -> None:
    sealed = bytearray(seal(KEY, b"said", PLACE, pad=False))
    other = seal(OTHER_KEY, b"said", PLACE, pad=False)
    sealed[25:57] = other[25:57]
    for key in (KEY, OTHER_KEY):
        with pytest.raises(UnsealError):
            unseal(key, bytes(sealed), PLACE)


def test_the_failure_says_nothing_about_its_cause() -> None:
    sealed = seal(KEY, b"said", PLACE)
    attempts = [(OTHER_KEY, sealed), (KEY, sealed[:-1]), (KEY, b"\x02" + sealed[1:]), (KEY, b"")]
    failures = []
    for key, blob in attempts:
        with pytest.raises(UnsealError) as caught:
            unseal(key, blob, PLACE)
        failures.append(caught.value)
    assert len({str(failure) for failure in failures}) == 1
    assert all(failure.__cause__ is None for failure in failures)
    assert all(failure.__suppress_context__ or failure.__context__ is None for failure in failures)
    assert isinstance(failures[0], PortalError)


def test_short_values_of_any_length_have_one_size() -> None:
    assert len({len(seal(KEY, b"x" * size, PLACE)) for size in (0, 1, 100, 4092)}) == 1


def test_an_unpadded_value_costs_77_bytes() -> None:
    assert len(seal(KEY, bytes(32), PLACE, pad=False)) == 1 + 24 + 32 + 4 + 32 + 16


@given(st.integers(0, 2**40))
def test_padding_never_shrinks_nor_wastes_much_and_is_stable(size: int) -> None:
    padded = padded_size(size)
    assert padded >= size
    assert padded_size(padded) == padded
    assert padded in BUCKETS or padded <= size * 1.12


@given(st.lists(part, max_size=3), st.lists(part, max_size=3))
@settings(max_examples=60)
def test_two_lists_of_parts_share_a_context_only_when_their_bytes_are_equal(
    first: list[bytes | str | int | UUID], second: list[bytes | str | int | UUID]
) -> None:
    def raw(parts: list[bytes | str | int | UUID]) -> list[bytes]:
        return [context(Label.NOTE, one)[len(Label.NOTE) + 5 :] for one in parts]

    same = context(Label.NOTE, *first) == context(Label.NOTE, *second)
    assert same == (raw(first) == raw(second))


def test_a_number_that_does_not_fit_names_no_place() -> None:
    for number in (-1, 2**64):
        with pytest.raises(OverflowError):
            context(Label.FIELD, number)


def test_every_label_is_ascii_of_our_own_and_unique() -> None:
    values = [label.value for label in Label]
    assert len(set(values)) == len(values)
    assert all(value.startswith("tp1/") and value.isascii() and "\x00" not in value for value in values)


def test_derived_keys_differ_by_purpose_and_by_source() -> None:
    purposes = (context(Label.KEY_FIELD, CASE), context(Label.KEY_FILE, CASE))
    keys = [derive(key, purpose) for key in (KEY, OTHER_KEY) for purpose in purposes]
    assert len({*keys}) == 4
    assert len(derive(KEY, PLACE, 64)) == 64


def test_nothing_is_derived_from_a_key_too_short_to_be_one() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        derive(KEY[:31], PLACE)
