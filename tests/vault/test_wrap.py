"""A key reaches its recipient, in its place, and nobody else."""

import hashlib
import itertools
from uuid import UUID

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.errors import InvalidError, UnavailableError
from portal.vault import wrap as module
from portal.vault.seal import Label, UnsealError, context
from portal.vault.wrap import PUBLIC_SIZE, key_id, new_seed, public_key, self_test, unwrap, wrap

CASE = UUID("6f9619ff-8b86-4d01-b42d-00cf4fc964ff")
SECRET = bytes(range(32))
SEED = b"\x07" * 32
PUBLIC = public_key(SEED)
PLACE = context(Label.WRAP_PART, CASE, "content", 1)


def test_a_key_reaches_its_recipient_in_1169_bytes() -> None:
    wrapped = wrap(PUBLIC, SECRET, PLACE)
    assert len(wrapped) == 1169
    assert unwrap(SEED, wrapped, PLACE) == SECRET


def test_a_wrapped_key_opens_for_its_recipient_in_its_place_and_no_other() -> None:
    seeds = [bytes([number]) * 32 for number in range(3)]
    places = [
        context(label, CASE, compartment, epoch)
        for label in (Label.WRAP_PART, Label.WRAP_GROUP)
        for compartment in ("content", "identity")
        for epoch in (1, 2)
    ]
    slots = list(itertools.product(seeds, places))
    wrapped = {slot: wrap(public_key(slot[0]), SECRET, slot[1]) for slot in slots}
    for made, tried in itertools.product(slots, slots):
        if made == tried:
            assert unwrap(tried[0], wrapped[made], tried[1]) == SECRET
        else:
            with pytest.raises(UnsealError):
                unwrap(tried[0], wrapped[made], tried[1])


@given(st.binary(max_size=1000))
@settings(max_examples=60, deadline=None)
def test_a_small_payload_of_any_size_comes_back_and_shows_only_its_block(payload: bytes) -> None:
    wrapped = wrap(PUBLIC, payload, PLACE)
    assert unwrap(SEED, wrapped, PLACE) == payload
    if len(payload) != 32:
        assert (len(wrapped) - 1 - 1120 - 16) % 256 == 0


def test_no_byte_of_a_wrapped_key_can_be_changed() -> None:
    wrapped = wrap(PUBLIC, SECRET, PLACE)
    for index in range(len(wrapped)):
        forged = wrapped[:index] + bytes([wrapped[index] ^ 1]) + wrapped[index + 1 :]
        with pytest.raises(UnsealError):
            unwrap(SEED, forged, PLACE)


@pytest.mark.parametrize("size", [0, 1, 2, 1121, 1136, 1168])
def test_a_wrapped_key_cut_short_does_not_open(size: int) -> None:
    with pytest.raises(UnsealError):
        unwrap(SEED, wrap(PUBLIC, SECRET, PLACE)[:size], PLACE)


def test_two_wraps_of_one_key_have_nothing_in_common_but_the_suite() -> None:
    made = [wrap(PUBLIC, SECRET, PLACE) for _ in range(50)]
    assert len({blob[1:33] for blob in made}) == 50
    assert len({blob[-16:] for blob in made}) == 50


@pytest.mark.parametrize(
    "public",
    [
        b"",
        PUBLIC[:-1],
        PUBLIC + b"\x00",
        b"\xff" * PUBLIC_SIZE,
        PUBLIC[:1184] + bytes(32),
        bytes(PUBLIC_SIZE),
    ],
)
def test_nothing_is_wrapped_to_what_is_no_public_key(public: bytes) -> None:
    with pytest.raises(InvalidError):
        wrap(public, SECRET, PLACE)


def test_a_key_is_named_by_its_hash() -> None:
    assert key_id(PUBLIC) == hashlib.sha256(PUBLIC).digest()[:16].hex()
    assert len(key_id(PUBLIC)) == 32


def test_a_seed_is_drawn_from_the_chance_given() -> None:
    assert new_seed(lambda size: b"\x05" * size) == b"\x05" * 32
    assert len({new_seed() for _ in range(100)}) == 100


@pytest.mark.parametrize("seed", [b"", bytes(31), bytes(33)])
def test_a_seed_of_another_size_gives_no_key(seed: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        public_key(seed)


def test_the_self_test_passes_here() -> None:
    self_test()


def test_without_ml_kem_the_program_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    class Missing:
        @staticmethod
        def from_seed_bytes(_seed: bytes) -> None:
            raise UnsupportedAlgorithm("ML-KEM-768 is not supported")

    monkeypatch.setattr(module, "MLKEM768PrivateKey", Missing)
    with pytest.raises(UnavailableError, match="ML-KEM-768"):
        self_test()


def test_a_library_that_answers_wrongly_does_not_start_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KNOWN_KEY_ID", "0" * 32)
    with pytest.raises(UnavailableError, match="self-test"):
        self_test()
