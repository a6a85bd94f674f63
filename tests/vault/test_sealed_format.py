"""The sealed format, written a second time from docs/sealed-format.md and compared with the vault.

What is here uses only the standard library and bare AES-GCM; the vectors are for other programs too.
"""

import base64
import hashlib
import hmac
import io
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.cobblestone import Cobblestone256Decryptor
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.vault.seal import Label, UnsealError, context, derive, padded_size, unseal
from portal.vault.stream import SealedReader
from portal.vault.wrap import key_id, public_key, unwrap

VECTORS = Path(__file__).parent / "vectors"
FORMAT = json.loads((VECTORS / "sealed-format.json").read_text())
XWING = json.loads((VECTORS / "x-wing.json").read_text())
HKDF = json.loads((VECTORS / "hkdf.json").read_text())

PARTS = {"text": str, "number": int, "uuid": UUID, "bytes": bytes.fromhex}


def hkdf_expand(hash_name: str, key: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869, section 2.3."""
    made, block, counter = b"", b"", 1
    while len(made) < length:
        block = hmac.digest(key, block + info + bytes([counter]), hash_name)
        made, counter = made + block, counter + 1
    return made[:length]


def cobblestone(key: bytes, salt: bytes, place: bytes, message: bytes) -> bytes:
    """C2SP chunked-encryption with SHA-512 and AES-256-GCM."""
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00" + salt + place
    material = hkdf_expand("sha512", key, info, 76)
    aead, nonce = AESGCM(material[:32]), int.from_bytes(material[32:44], "big")
    made = salt + material[44:]
    for index in range(len(message) // 16384 + 1):
        chunk = message[index * 16384 : (index + 1) * 16384]
        made += aead.encrypt((nonce ^ index).to_bytes(12, "big"), chunk, None)
    return made


def hpke_seal(shared_secret: bytes, info: bytes, payload: bytes) -> bytes:
    """RFC 9180 base mode from a KEM secret: KEM 0x647A, KDF 0x0001, AEAD 0x0002."""
    suite = b"HPKE" + bytes.fromhex("647a00010002")

    def extract(salt: bytes, label: bytes, ikm: bytes) -> bytes:
        return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, "sha256")

    def expand(key: bytes, label: bytes, place: bytes, length: int) -> bytes:
        labelled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + place
        return hkdf_expand("sha256", key, labelled, length)

    schedule = b"\x00" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", info)
    secret = extract(shared_secret, b"secret", b"")
    key, nonce = expand(secret, b"key", schedule, 32), expand(secret, b"base_nonce", schedule, 12)
    return AESGCM(key).encrypt(nonce, payload, b"")


def place_of(vector: dict[str, Any]) -> bytes:
    parts = [PARTS[kind](value) for kind, value in vector["parts"]]
    return context(Label(vector["label"]), *parts)


def message_of(vector: dict[str, Any]) -> bytes:
    return hashlib.shake_256(vector["shake256_of"].encode()).digest(vector["length"])


@pytest.mark.parametrize("vector", FORMAT["contexts"])
def test_a_context_has_its_written_bytes(vector: dict[str, Any]) -> None:
    assert place_of(vector).hex() == vector["context"]


@pytest.mark.parametrize("vector", FORMAT["derived_keys"])
def test_a_derived_key_is_hkdf_expand_of_its_context(vector: dict[str, Any]) -> None:
    key, place = bytes.fromhex(vector["key"]), bytes.fromhex(vector["context"])
    made = derive(key, place, vector["length"])
    assert made.hex() == vector["derived"]
    assert made == hkdf_expand("sha512", key, place, vector["length"])


def test_sizes_are_padded_as_written() -> None:
    assert {str(size): padded_size(size) for size in map(int, FORMAT["padded_sizes"])} == FORMAT[
        "padded_sizes"
    ]


@pytest.mark.parametrize("vector", FORMAT["sealed"], ids=lambda vector: vector["name"])
def test_a_sealed_value_has_its_written_bytes(vector: dict[str, Any]) -> None:
    key, place, salt = (bytes.fromhex(vector[name]) for name in ("key", "context", "salt"))
    plaintext = vector["plaintext"].encode()
    used = len(plaintext).to_bytes(4, "big") + plaintext
    total = padded_size(len(used)) if vector["pad"] else len(used)
    sealed = base64.b64decode(vector["sealed"])
    assert sealed == b"\x01" + cobblestone(key, salt, place, used.ljust(total, b"\x00"))
    assert unseal(key, sealed, place) == plaintext


@pytest.mark.parametrize("vector", FORMAT["must_not_open"], ids=lambda vector: vector["name"])
def test_a_sealed_value_that_must_not_open_does_not(vector: dict[str, Any]) -> None:
    key, place = bytes.fromhex(vector["key"]), bytes.fromhex(vector["context"])
    with pytest.raises(UnsealError):
        unseal(key, base64.b64decode(vector["sealed"]), place)


@pytest.mark.parametrize("vector", FORMAT["documents"], ids=lambda vector: str(vector["length"]))
def test_a_document_made_by_the_reference_is_read_by_the_portal(vector: dict[str, Any]) -> None:
    key, place, salt = (bytes.fromhex(vector[name]) for name in ("key", "context", "salt"))
    message = message_of(vector)
    tail = bytes(padded_size(len(message)) - len(message))
    sealed = b"\x01" + cobblestone(key, salt, place, message + tail)
    assert hashlib.sha256(message).hexdigest() == vector["sha256"]
    assert (len(sealed), hashlib.sha256(sealed).hexdigest()) == (
        vector["stored_size"],
        vector["sealed_sha256"],
    )
    reader = SealedReader(key, place, io.BytesIO(sealed), vector["length"])
    assert b"".join(reader.read()) == message
    decryptor = Cobblestone256Decryptor(key, place)
    assert decryptor.update(sealed[1:]) + decryptor.finalize() == message + tail


@pytest.mark.parametrize("vector", XWING["vectors"], ids=lambda vector: vector["seed"][:8])
def test_a_seed_gives_the_public_key_of_the_draft(vector: dict[str, Any]) -> None:
    public = public_key(bytes.fromhex(vector["seed"]))
    assert public.hex() == vector["pk"]
    assert key_id(public) == hashlib.sha256(public).hexdigest()[:32]


@pytest.mark.parametrize("vector", XWING["vectors"], ids=lambda vector: vector["seed"][:8])
def test_a_key_wrapped_with_the_drafts_encapsulation_opens(vector: dict[str, Any]) -> None:
    seed, place, secret = (bytes.fromhex(vector[name]) for name in ("seed", "context", "secret"))
    used = len(secret).to_bytes(4, "big") + secret
    payload = secret if len(secret) == 32 else used.ljust(-(-len(used) // 256) * 256, b"\x00")
    sealed = hpke_seal(bytes.fromhex(vector["ss"]), place, payload)
    assert sealed.hex() == vector["sealed"]
    assert unwrap(seed, b"\x01" + bytes.fromhex(vector["ct"]) + sealed, place) == secret


@pytest.mark.parametrize("vector", XWING["must_not_open"], ids=lambda vector: vector["name"])
def test_a_wrapped_key_that_must_not_open_does_not(vector: dict[str, Any]) -> None:
    made = XWING["vectors"][vector["of"]]
    wrapped = bytes.fromhex(vector["suite"] + made["ct"] + vector["sealed"])
    with pytest.raises(UnsealError):
        unwrap(bytes.fromhex(vector["seed"]), wrapped, bytes.fromhex(vector["context"]))


@pytest.mark.parametrize("vector", HKDF["hmac_sha512"])
def test_the_standard_library_computes_hmac_as_rfc_4231_says(vector: dict[str, str]) -> None:
    made = hmac.digest(bytes.fromhex(vector["key"]), bytes.fromhex(vector["data"]), "sha512")
    assert made.hex() == vector["mac"]


@pytest.mark.parametrize("vector", HKDF["hkdf_expand"])
def test_the_reference_expands_as_rfc_5869_says(vector: dict[str, str]) -> None:
    prk, info, length = bytes.fromhex(vector["prk"]), bytes.fromhex(vector["info"]), len(vector["okm"]) // 2
    assert hkdf_expand(vector["hash"], prk, info, length).hex() == vector["okm"]
    if vector["hash"] == "sha512":
        assert derive(prk, info, length).hex() == vector["okm"]


def test_every_label_stands_in_the_specification() -> None:
    written = (VECTORS.parents[2] / "docs" / "sealed-format.md").read_text()
    assert [label for label in Label if f"`{label}`" not in written] == []
