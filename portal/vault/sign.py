"""Signatures that hold while either of two algorithms holds: Ed25519 (RFC 8032) and ML-DSA-44 (FIPS 204).

The halves are exposed raw, because checkpoints carry them as two lines of a C2SP signed note.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from portal.errors import UnavailableError

SEED_SIZE = 32
ED25519_PUBLIC_SIZE = 32
ED25519_SIGNATURE_SIZE = 64
MLDSA44_PUBLIC_SIZE = 1312
MLDSA44_SIGNATURE_SIZE = 2420


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """Both public keys of one signer: 32 and 1,312 bytes."""

    ed25519: bytes
    mldsa44: bytes

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Read what `to_bytes` gave; another size raises ValueError."""
        if len(raw) != ED25519_PUBLIC_SIZE + MLDSA44_PUBLIC_SIZE:
            raise ValueError("A verification key has 1,344 bytes.")
        return cls(raw[:ED25519_PUBLIC_SIZE], raw[ED25519_PUBLIC_SIZE:])

    def to_bytes(self) -> bytes:
        """Give the Ed25519 key, then the ML-DSA-44 key: 1,344 bytes."""
        return self.ed25519 + self.mldsa44

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Say whether both halves of a signature by `SigningKey.sign` hold."""
        return verify_ed25519(self.ed25519, signature[:ED25519_SIGNATURE_SIZE], message) and verify_mldsa44(
            self.mldsa44, signature[ED25519_SIGNATURE_SIZE:], message
        )


class SigningKey:
    """Both private keys of one signer, kept as two seeds of 32 bytes; it has no readable repr."""

    __slots__ = ("_ed25519", "_mldsa44")

    def __init__(self, ed25519: Ed25519PrivateKey, mldsa44: MLDSA44PrivateKey) -> None:
        self._ed25519 = ed25519
        self._mldsa44 = mldsa44

    @classmethod
    def generate(cls, random: Callable[[int], bytes] = secrets.token_bytes) -> Self:
        """Draw a new key; the two seeds are independent."""
        return cls.from_seeds(random(2 * SEED_SIZE))

    @classmethod
    def from_seeds(cls, seeds: bytes) -> Self:
        """Read the 64 bytes of `seeds`: Ed25519 first, then ML-DSA-44. Another size raises ValueError."""
        if len(seeds) != 2 * SEED_SIZE:
            raise ValueError("A signing key has two seeds of 32 bytes.")
        return cls(
            Ed25519PrivateKey.from_private_bytes(seeds[:SEED_SIZE]),
            MLDSA44PrivateKey.from_seed_bytes(seeds[SEED_SIZE:]),
        )

    @property
    def seeds(self) -> bytes:
        """The 64 secret bytes to be sealed."""
        return self._ed25519.private_bytes_raw() + self._mldsa44.private_bytes_raw()

    @property
    def ed25519_public(self) -> bytes:
        """The 32-byte Ed25519 public key."""
        return self._ed25519.public_key().public_bytes_raw()

    @property
    def mldsa44_public(self) -> bytes:
        """The 1,312-byte ML-DSA-44 public key."""
        return self._mldsa44.public_key().public_bytes_raw()

    @property
    def verify_key(self) -> VerifyKey:
        """What others need to check this signer."""
        return VerifyKey(self.ed25519_public, self.mldsa44_public)

    def sign_ed25519(self, message: bytes) -> bytes:
        """Give a 64-byte pure Ed25519 signature."""
        return self._ed25519.sign(message)

    def sign_mldsa44(self, message: bytes) -> bytes:
        """Give a 2,420-byte pure ML-DSA-44 signature with an empty context."""
        return self._mldsa44.sign(message)

    def sign(self, message: bytes) -> bytes:
        """Sign with both: 2,484 bytes.

        The message begins with a `seal.context`, so that a signature for one purpose is none for another.
        """
        return self.sign_ed25519(message) + self.sign_mldsa44(message)


def verify_ed25519(public: bytes, signature: bytes, message: bytes) -> bool:
    """Check one Ed25519 signature; a malformed key or signature is simply false."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def verify_mldsa44(public: bytes, signature: bytes, message: bytes) -> bool:
    """Check one ML-DSA-44 signature with an empty context; a malformed key or signature is simply false."""
    try:
        MLDSA44PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def self_test() -> None:
    """Refuse to start where ML-DSA is missing or signs wrongly. Raises UnavailableError."""
    try:
        key = SigningKey.from_seeds(bytes(2 * SEED_SIZE))
        signature = key.sign(b"self-test")
    except UnsupportedAlgorithm:
        raise UnavailableError("This machine's cryptography library cannot do ML-DSA-44.") from None
    if not key.verify_key.verify(signature, b"self-test") or key.verify_key.verify(signature, b"other"):
        raise UnavailableError("The cryptography library failed its self-test.")
