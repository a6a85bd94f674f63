"""A key for a recipient: HPKE base mode with X-Wing (ML-KEM-768 and X25519), post-quantum and classical.

KEM 0x647A, KDF HKDF-SHA256, AEAD AES-256-GCM (RFC 9180, draft-connolly-cfrg-xwing-kem). Base mode
authenticates no sender: who may be a recipient is the business of the signed directory.
"""

import hashlib
import secrets
from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from portal.errors import InvalidError, UnavailableError
from portal.vault.seal import KEY_SIZE, LENGTH_SIZE, SUITE, Label, Sealed, UnsealError, context

Seeds: TypeAlias = bytes | tuple[bytes, ...]
"""A recipient's seed, or those of several epochs, newest first."""

SEED_SIZE = 32
MLKEM_PUBLIC_SIZE = 1184
PUBLIC_SIZE = MLKEM_PUBLIC_SIZE + 32
BLOCK = 256
"""Payloads that are no 32-byte key are padded to a multiple of this."""

_MLKEM_SEED_SIZE = 64
_EXPANDED_SIZE = _MLKEM_SEED_SIZE + 32
_HPKE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_KNOWN_KEY_ID = "3bb0b003f553f49f38bab31546b7f4fd"


def new_seed(random: Callable[[int], bytes] = secrets.token_bytes) -> bytes:
    """Draw the 32-byte seed that is a recipient's whole private key."""
    return random(SEED_SIZE)


def public_key(seed: bytes) -> bytes:
    """Give the 1,216-byte X-Wing public key of a seed: ML-KEM-768 first, then X25519."""
    mlkem, x25519 = _private_halves(seed)
    return mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()


def key_id(public: bytes) -> str:
    """Name a public key: hex of the first 16 bytes of its SHA-256 (32 characters)."""
    return hashlib.sha256(public).hexdigest()[:32]


def wrap(public: bytes, secret: bytes, context: bytes) -> Sealed:
    """Wrap a 32-byte key (1,169 bytes), or another small payload, to the holder of `public`.

    Other payloads than 32 bytes are padded to a multiple of 256 bytes. A public key that is none
    raises InvalidError.
    """
    payload = secret if len(secret) == KEY_SIZE else _padded(secret)
    try:
        return Sealed(SUITE + _HPKE.encrypt(payload, _recipient(public), info=context))
    except ValueError:
        raise InvalidError("This is not a recipient's public key.") from None


def as_seeds(seeds: Seeds) -> tuple[bytes, ...]:
    """Return one seed, or several, as several."""
    return (seeds,) if isinstance(seeds, bytes) else seeds


def unwrap(seeds: Seeds, wrapped: bytes, context: bytes) -> bytes:
    """Open what `wrap` made for one of these seeds and this context; or raise UnsealError."""
    for seed in as_seeds(seeds):
        try:
            return _unwrap(seed, wrapped, context)
        except UnsealError:
            continue
    raise UnsealError


def opener(seed: bytes) -> Callable[[bytes, bytes], bytes]:
    """Return what opens many wrapped keys of one seed, as `unwrap` does; keep it no longer than the work."""
    recipient = MLKEM768X25519PrivateKey(*_private_halves(seed))
    return lambda wrapped, context: _opened(recipient, wrapped, context)


def _unwrap(seed: bytes, wrapped: bytes, context: bytes) -> bytes:
    try:
        recipient = MLKEM768X25519PrivateKey(*_private_halves(seed))
    except ValueError:
        raise UnsealError from None
    return _opened(recipient, wrapped, context)


def _opened(recipient: MLKEM768X25519PrivateKey, wrapped: bytes, context: bytes) -> bytes:
    if wrapped[:1] != SUITE:
        raise UnsealError
    try:
        payload = _HPKE.decrypt(memoryview(wrapped)[1:], recipient, info=context)
    except (InvalidTag, ValueError):
        raise UnsealError from None
    return payload if len(payload) == KEY_SIZE else _without_padding(payload)


def self_test() -> None:
    """Refuse to start where ML-KEM is missing or answers wrongly; there is nothing to fall back on.

    Raises UnavailableError.
    """
    seed = bytes(SEED_SIZE)
    place = context(Label.WRAP_PART, "self-test")
    try:
        public = public_key(seed)
        opened = unwrap(seed, wrap(public, b"\x5a" * KEY_SIZE, place), place)
    except (UnsupportedAlgorithm, UnsealError):
        raise UnavailableError("This machine's cryptography library cannot do ML-KEM-768.") from None
    if key_id(public) != _KNOWN_KEY_ID or opened != b"\x5a" * KEY_SIZE:
        raise UnavailableError("The cryptography library failed its self-test.")


def _private_halves(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    if len(seed) != SEED_SIZE:
        raise ValueError("A seed has 32 bytes.")
    expanded = hashlib.shake_256(seed).digest(_EXPANDED_SIZE)
    return (
        MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED_SIZE]),
        X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED_SIZE:]),
    )


@lru_cache(maxsize=16)
def _recipient(public: bytes) -> MLKEM768X25519PublicKey:
    # The library refuses halves of a wrong size, ML-KEM keys out of range and X25519 points of low order.
    return MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(public[:MLKEM_PUBLIC_SIZE]),
        X25519PublicKey.from_public_bytes(public[MLKEM_PUBLIC_SIZE:]),
    )


def _padded(secret: bytes) -> bytes:
    used = len(secret).to_bytes(LENGTH_SIZE, "big") + secret
    return used + bytes(-len(used) % BLOCK)


def _without_padding(payload: bytes) -> bytes:
    used = LENGTH_SIZE + int.from_bytes(payload[:LENGTH_SIZE], "big")
    if len(payload) != used + -used % BLOCK or any(payload[used:]):
        raise UnsealError
    return payload[LENGTH_SIZE:used]
