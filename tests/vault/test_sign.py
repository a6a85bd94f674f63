"""A signature holds for its message and its key, and needs both algorithms."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from portal.errors import UnavailableError
from portal.vault import sign as module
from portal.vault.sign import SigningKey, VerifyKey, self_test, verify_ed25519, verify_mldsa44

VECTORS = json.loads((Path(__file__).parent / "vectors" / "signatures.json").read_text())
KEY = SigningKey.from_seeds(bytes(range(64)))
OTHER = SigningKey.from_seeds(bytes(range(1, 65)))
MESSAGE = b"tp1/directory\x00..."


def test_both_halves_sign_and_are_checked_by_themselves() -> None:
    assert verify_ed25519(KEY.ed25519_public, KEY.sign_ed25519(MESSAGE), MESSAGE)
    assert verify_mldsa44(KEY.mldsa44_public, KEY.sign_mldsa44(MESSAGE), MESSAGE)


def test_a_signature_fails_for_another_message_or_key() -> None:
    ed25519, mldsa44 = KEY.sign_ed25519(MESSAGE), KEY.sign_mldsa44(MESSAGE)
    assert not verify_ed25519(KEY.ed25519_public, ed25519, MESSAGE + b"!")
    assert not verify_mldsa44(KEY.mldsa44_public, mldsa44, MESSAGE + b"!")
    assert not verify_ed25519(OTHER.ed25519_public, ed25519, MESSAGE)
    assert not verify_mldsa44(OTHER.mldsa44_public, mldsa44, MESSAGE)


@pytest.mark.parametrize("public", [b"", b"short", bytes(5000)])
@pytest.mark.parametrize("signature", [b"", b"short", bytes(5000)])
def test_a_malformed_key_or_signature_is_simply_false(public: bytes, signature: bytes) -> None:
    assert not verify_ed25519(public, signature, MESSAGE)
    assert not verify_mldsa44(public, signature, MESSAGE)
    assert not verify_ed25519(KEY.ed25519_public, signature, MESSAGE)
    assert not verify_mldsa44(KEY.mldsa44_public, signature, MESSAGE)


def test_a_hybrid_signature_needs_both_halves() -> None:
    good, other = KEY.sign(MESSAGE), OTHER.sign(MESSAGE)
    assert len(good) == 64 + 2420
    assert KEY.verify_key.verify(good, MESSAGE)
    assert not KEY.verify_key.verify(good[:64] + other[64:], MESSAGE)
    assert not KEY.verify_key.verify(other[:64] + good[64:], MESSAGE)
    assert not KEY.verify_key.verify(good[:64], MESSAGE)
    assert not KEY.verify_key.verify(good + b"\x00", MESSAGE)


def test_a_signer_survives_being_stored() -> None:
    again = SigningKey.from_seeds(KEY.seeds)
    assert KEY.seeds == bytes(range(64))
    assert again.verify_key == KEY.verify_key
    assert VerifyKey.from_bytes(KEY.verify_key.to_bytes()) == KEY.verify_key
    assert (len(KEY.ed25519_public), len(KEY.mldsa44_public)) == (32, 1312)


def test_new_signers_differ_and_use_the_chance_given() -> None:
    assert SigningKey.generate().seeds != SigningKey.generate().seeds
    assert SigningKey.generate(lambda size: b"\x09" * size).seeds == b"\x09" * 64


def test_seeds_and_keys_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SigningKey.from_seeds(bytes(63))
    with pytest.raises(ValueError, match="1,344"):
        VerifyKey.from_bytes(bytes(1343))


def test_a_signer_shows_no_secret_when_printed() -> None:
    assert KEY.seeds.hex() not in repr(KEY)
    assert repr(KEY.seeds) not in repr(KEY)


@pytest.mark.parametrize("vector", VECTORS["ed25519"], ids=lambda vector: vector["public"][:8])
def test_the_published_ed25519_vectors_hold(vector: dict[str, str]) -> None:
    key = SigningKey.from_seeds(bytes.fromhex(vector["seed"]) + bytes(32))
    message = bytes.fromhex(vector["message"])
    assert key.ed25519_public.hex() == vector["public"]
    assert key.sign_ed25519(message).hex() == vector["signature"]


@pytest.mark.parametrize("vector", VECTORS["mldsa44"], ids=lambda vector: vector["public"][:8])
def test_the_published_ml_dsa_vectors_hold_only_with_their_own_context(vector: dict[str, str]) -> None:
    raw = {name: bytes.fromhex(value) for name, value in vector.items()}
    key = SigningKey.from_seeds(bytes(32) + raw["seed"])
    assert key.mldsa44_public == raw["public"]
    MLDSA44PublicKey.from_public_bytes(raw["public"]).verify(raw["signature"], raw["message"], raw["context"])
    assert not verify_mldsa44(raw["public"], raw["signature"], raw["message"])


def test_the_self_test_passes_here() -> None:
    self_test()


def test_without_ml_dsa_the_program_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    class Missing:
        @staticmethod
        def from_seed_bytes(_seed: bytes) -> None:
            raise UnsupportedAlgorithm("ML-DSA-44 is not supported")

    monkeypatch.setattr(module, "MLDSA44PrivateKey", Missing)
    with pytest.raises(UnavailableError, match="ML-DSA-44"):
        self_test()


@pytest.mark.parametrize("answer", [True, False])
def test_a_library_that_checks_nothing_does_not_start_the_program(
    monkeypatch: pytest.MonkeyPatch,
    answer: bool,  # noqa: FBT001
) -> None:
    def fixed(*_args: Any) -> bool:
        return answer

    monkeypatch.setattr(module, "verify_ed25519", fixed)
    monkeypatch.setattr(module, "verify_mldsa44", fixed)
    with pytest.raises(UnavailableError, match="self-test"):
        self_test()
