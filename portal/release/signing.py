"""The signature of a release: by the key of the release group, which only leads who approve can make.

The portal keeps no such key; it is derived from the group's seed each time, and changes when the group's
does. What is signed is the manifest, which names the SHA-256 of every file.
"""

import json
from base64 import b64decode, b64encode

from portal.release.tables import canonical
from portal.vault.directory import fingerprint
from portal.vault.seal import Label, context, derive
from portal.vault.sign import ED25519_SIGNATURE_SIZE, SEED_SIZE, SigningKey, VerifyKey

SIGNATURE = "manifest.sig.json"
FORMAT = "testimony-portal-signature/1"
_STATEMENT = context(Label.MANIFEST)


def signing_key(seed: bytes) -> SigningKey:
    """Return the key that belongs to the newest seed of the release group."""
    return SigningKey.from_seeds(derive(seed, context(Label.MANIFEST, "key"), 2 * SEED_SIZE))


def mark(seed: bytes) -> str:
    """Name the key in 32 hexadecimal digits, for receivers to compare."""
    return fingerprint(signing_key(seed).verify_key)


def sign(seed: bytes, manifest: bytes) -> bytes:
    """Sign a manifest with both algorithms; the answer is canonical JSON, keys and signatures in base64."""
    key = signing_key(seed)
    both = key.sign(_STATEMENT + manifest)
    halves = both[:ED25519_SIGNATURE_SIZE], both[ED25519_SIGNATURE_SIZE:]
    return canonical(
        {
            "ed25519": {"public": _text(key.ed25519_public), "signature": _text(halves[0])},
            "format": FORMAT,
            "mldsa44": {"public": _text(key.mldsa44_public), "signature": _text(halves[1])},
            "signs": Label.MANIFEST.value,
        }
    )


def signer(manifest: bytes, signature: bytes) -> str | None:
    """Return the mark of the key that signed a manifest; None if the signature does not hold."""
    try:
        told = json.loads(signature)
        ed25519, mldsa44 = told["ed25519"], told["mldsa44"]
        key = VerifyKey(*(b64decode(one["public"], validate=True) for one in (ed25519, mldsa44)))
        both = b"".join(b64decode(one["signature"], validate=True) for one in (ed25519, mldsa44))
        known = canonical(told) == signature and (told["format"], told["signs"]) == (FORMAT, Label.MANIFEST)
    except (ValueError, LookupError, TypeError):
        return None
    return fingerprint(key) if known and key.verify(both, _STATEMENT + manifest) else None


def _text(raw: bytes) -> str:
    return b64encode(raw).decode()
