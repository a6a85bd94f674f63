"""Checkpoints and proofs: the stored vectors, some of which must fail, and every single flipped bit."""

import json
import random
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from portal.ledger import tree
from portal.ledger.checkpoint import (
    Checkpoint,
    LogKeys,
    Proof,
    Signer,
    cosigned_message,
    parse,
    prove,
    verify,
)
from portal.ledger.notes import CheckpointError, key_id
from portal.vault.sign import SigningKey, verify_ed25519

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "vectors" / "checkpoints.json").read_text("utf-8")
)
KEYS = LogKeys(VECTORS["origin"], bytes.fromhex(VECTORS["ed25519"]), bytes.fromhex(VECTORS["mldsa44"]))
CASES: list[dict[str, Any]] = VECTORS["cases"]
GOOD: str = CASES[0]["note"]
SIGNER = Signer("ledger.example/test", SigningKey.from_seeds(bytes(64)))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_stored_vectors_pass_and_fail_as_they_must(case: dict[str, Any]) -> None:
    if case["valid"]:
        assert verify(case["note"], KEYS).checkpoint.origin == KEYS.origin
    else:
        with pytest.raises(CheckpointError):
            verify(case["note"], KEYS)


def test_the_first_vector_says_what_it_was_made_of() -> None:
    signed = verify(GOOD, KEYS)
    assert signed.checkpoint == Checkpoint(KEYS.origin, VECTORS["size"], bytes.fromhex(VECTORS["root"]))
    assert signed.time == VECTORS["time"]
    assert list(KEYS.verifier_keys()) == VECTORS["verifier_keys"]


@pytest.mark.parametrize(
    "verifier_key",
    [
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
    ],
)
def test_key_ids_agree_with_keys_in_use_elsewhere(verifier_key: str) -> None:
    name, identifier, key = verifier_key.split("+", 2)
    raw = b64decode(key)
    assert key_id(name, raw[0], raw[1:]).hex() == identifier


def test_an_ed25519_note_signed_elsewhere_verifies() -> None:
    text = "If you think cryptography is the answer to your problem,\n"
    text += "then you don't know what your problem is.\n"
    line = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    raw, public = b64decode(line), b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")[1:]
    assert raw[:4] == key_id("PeterNeumann", 1, public)
    assert verify_ed25519(public, raw[4:], text.encode())


def test_the_message_of_a_cosignature_is_laid_out_as_specified() -> None:
    made = cosigned_message("w", Checkpoint("log", 258, b"\x07" * 32), 3)
    assert made.hex() == (
        "737562747265652f76310a0001770000000000000003036c6f67" + "00" * 8 + "0000000000000102" + "07" * 32
    )


def test_what_is_signed_verifies() -> None:
    note = SIGNER.sign(3, b"\x01" * 32, time=86_400)
    signed = verify(note, SIGNER.public)
    assert signed.checkpoint == Checkpoint(SIGNER.origin, 3, b"\x01" * 32)
    assert signed.time == 86_400
    assert parse(note).time == 0


def test_every_flipped_bit_of_a_note_is_noticed() -> None:
    chance = random.Random(1988)  # noqa: S311 - a repeatable choice, no secret
    raw = GOOD.encode()
    head = range(len(raw.split(b" ")[0]) * 8 + 8 * 160)
    for bit in [*head, *(chance.randrange(len(raw) * 8) for _ in range(1500))]:
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CheckpointError):
            verify(flipped.decode("utf-8", "replace"), KEYS)


@pytest.mark.parametrize("origin", ["", "two words", "a+b", "a\u00a0b", "a\nb", "x" * 256])
def test_a_log_needs_a_name_that_fits_a_signature_line(origin: str) -> None:
    with pytest.raises(CheckpointError):
        Signer(origin, SIGNER.key)


def test_the_stored_proof_leads_from_its_entry_to_the_checkpoint() -> None:
    stored = VECTORS["proof"]
    proof = Proof.parse(stored["text"])
    assert proof.index == stored["index"]
    assert proof.text() == stored["text"]
    assert proof.verify(bytes.fromhex(stored["entry"]), KEYS).size == VECTORS["size"]
    with pytest.raises(CheckpointError):
        proof.verify(b"another entry", KEYS)


def test_an_entry_is_proved_under_its_checkpoint_alone() -> None:
    entries = [bytes([number]) for number in range(11)]
    leaves = [tree.leaf_hash(entry) for entry in entries]
    note = SIGNER.sign(len(leaves), tree.root(leaves))
    for index, entry in enumerate(entries):
        proof = Proof.parse(prove(leaves, index, note).text())
        assert proof.verify(entry, SIGNER.public).size == len(leaves)
        with pytest.raises(CheckpointError):
            proof.verify(entry, KEYS)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2"),
        ("index 4", "index 04"),
        ("index 4", "number 4"),
        ("index 4", "extra AA==\nindex 4"),
        ("index 4", "index 5"),
        ("index 4", "index 4\nAA=="),
        ("\n\n", "\n"),
    ],
)
def test_a_malformed_or_changed_proof_is_refused(old: str, new: str) -> None:
    text = VECTORS["proof"]["text"].replace(old, new)
    with pytest.raises(CheckpointError):
        Proof.parse(text).verify(bytes.fromhex(VECTORS["proof"]["entry"]), KEYS)


def test_a_proof_without_an_index_is_refused() -> None:
    with pytest.raises(CheckpointError):
        Proof.parse("c2sp.org/tlog-proof@v1\n\n" + GOOD)
