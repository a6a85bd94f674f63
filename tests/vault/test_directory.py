"""The signed directory: whoever holds no root can add, change, take away or mix nothing."""

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.vault.directory import (
    Directory,
    DirectoryError,
    Kind,
    Request,
    Statement,
    Status,
    bare,
    fingerprint,
    printed,
    sign,
    verify,
)
from portal.vault.sign import SigningKey

ROOT, OTHER = SigningKey.from_seeds(b"\x01" * 64), SigningKey.from_seeds(b"\x02" * 64)
PINNED = fingerprint(ROOT.verify_key)
DAY = date(2026, 11, 22)


def a_statement(
    kind: Kind = Kind.GROUP, name: str = "intake", epoch: int = 1, status: Status = Status.CURRENT
) -> Statement:
    size = {Kind.GROUP: 1216, Kind.RECOVERY: 1216, Kind.LEDGER: 1344, Kind.RECEIPTS: 16}[kind]
    return Statement(kind, name, epoch, bytes([epoch]) * size, DAY, status)


FIRST = (
    a_statement(),
    a_statement(name="contact"),
    a_statement(Kind.RECOVERY, "recovery"),
    a_statement(Kind.LEDGER, "example.org/1"),
    a_statement(Kind.RECEIPTS, "receipts"),
)
SIGNED = sign(ROOT, serial=1, statements=FIRST)


def test_a_directory_reads_back_as_it_was_signed() -> None:
    again = Directory.from_json(SIGNED.to_json())
    assert again == SIGNED
    verify(again, PINNED)
    assert again.to_json() == SIGNED.to_json()


def test_a_fingerprint_reads_back_however_it_is_spaced() -> None:
    assert len(PINNED) == 32
    assert printed(PINNED).count(" ") == 7
    assert bare(printed(PINNED).upper()) == PINNED
    verify(SIGNED, printed(PINNED))


def test_another_root_is_refused() -> None:
    with pytest.raises(DirectoryError):
        verify(sign(OTHER, serial=1, statements=FIRST), PINNED)
    # Nor may somebody put the right root beside a signature of their own.
    forged = replace(sign(OTHER, serial=2, statements=FIRST), root=ROOT.verify_key)
    with pytest.raises(DirectoryError):
        verify(forged, PINNED)


def test_a_signature_for_another_purpose_is_none_for_a_directory() -> None:
    body = SIGNED.message.split(b"\0", 1)[1]
    with pytest.raises(DirectoryError):
        verify(replace(SIGNED, signature=ROOT.sign(b"tp1/grant\0" + body)), PINNED)


@pytest.mark.parametrize("half", [slice(0, 64), slice(64, None)])
def test_both_halves_of_the_signature_must_hold(half: slice) -> None:
    signature = bytearray(SIGNED.signature)
    signature[half] = OTHER.sign(SIGNED.message)[half]
    with pytest.raises(DirectoryError):
        verify(replace(SIGNED, signature=bytes(signature)), PINNED)


@pytest.mark.parametrize(
    "changed",
    [
        (*FIRST, a_statement(name="friends")),
        FIRST[1:],
        (replace(FIRST[0], public=b"\x09" * 1216), *FIRST[1:]),
        (replace(FIRST[0], name="contact"), replace(FIRST[1], name="intake"), *FIRST[2:]),
    ],
)
def test_a_list_that_was_changed_after_signing_is_refused(changed: tuple[Statement, ...]) -> None:
    with pytest.raises(DirectoryError):
        verify(replace(SIGNED, statements=changed), PINNED)
    with pytest.raises(DirectoryError):
        verify(replace(SIGNED, serial=7), PINNED)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(SIGNED.to_json().encode()) * 8 - 1))
def test_no_flipped_bit_passes_for_another_directory(bit: int) -> None:
    raw = bytearray(SIGNED.to_json().encode())
    raw[bit // 8] ^= 1 << bit % 8
    try:
        read = Directory.from_json(raw.decode())
        verify(read, PINNED)
    except (DirectoryError, UnicodeDecodeError):
        return
    assert read == SIGNED  # the case of a hexadecimal digit, or white space between values


@pytest.mark.parametrize(
    "statements",
    [
        (*FIRST, a_statement()),
        (*FIRST, a_statement(epoch=2)),
        (replace(FIRST[0], status=Status.RETIRED), *FIRST[1:]),
        (*FIRST, a_statement(Kind.RECOVERY, "second")),
        FIRST[:3],
        (replace(FIRST[0], public=b"short"), *FIRST[1:]),
        (replace(FIRST[0], epoch=2), a_statement(epoch=3, status=Status.RETIRED), *FIRST[1:]),
    ],
)
def test_not_even_a_root_signs_what_contradicts_itself(statements: tuple[Statement, ...]) -> None:
    with pytest.raises(DirectoryError):
        sign(ROOT, serial=1, statements=statements)


def test_a_later_key_takes_the_place_of_the_one_before() -> None:
    made = Request.from_json(Request(SIGNED, (a_statement(epoch=2),)).to_json()).signed(ROOT)
    verify(made, PINNED)
    assert made.serial == 2
    keys = made.public_keys()
    assert keys.groups["intake"] == b"\x02" * 1216
    assert keys.epochs == {"intake": 2, "contact": 1}
    assert keys.former["intake"] == {1: b"\x01" * 1216}
    assert keys.is_group_key("intake", 1, b"\x01" * 1216)
    assert not keys.is_group_key("intake", 2, b"\x01" * 1216)


def test_a_root_adds_to_nothing_but_its_own_directory() -> None:
    with pytest.raises(DirectoryError):
        Request(sign(OTHER, serial=1, statements=FIRST), (a_statement(epoch=2),)).signed(ROOT)
    changed = replace(SIGNED, statements=(*FIRST, a_statement(name="friends")))
    with pytest.raises(DirectoryError):
        Request(changed, (a_statement(epoch=2),)).signed(ROOT)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", json.dumps({"v": 1}), "[" * 100_000])
def test_what_is_no_directory_is_refused_in_one_way(text: str) -> None:
    for read in (Directory.from_json, Request.from_json):
        with pytest.raises(DirectoryError):
            read(text)
