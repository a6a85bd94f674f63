"""Tags: what shows that the portal wrote an entry, under a key that stands in no database.

A tag is HMAC-SHA-256 (RFC 2104) over an entry's exact body. Whoever can write to the database alone can make
an entry that is consistent with itself, and no tag for it.
"""

import hmac
from pathlib import Path

from portal.config import Settings
from portal.errors import UnavailableError
from portal.vault.seal import KEY_SIZE, Label, context, derive

ENTRY_KEY = "entry.key"
"""The file of 32 random bytes in the instance's folder."""


def tag_of(key: bytes, body: bytes) -> bytes:
    """Return the 32 bytes of an entry's tag."""
    return hmac.digest(key, body, "sha256")


def holds(key: bytes, body: bytes, tag: bytes | None) -> bool:
    """Tell whether this tag was made for this body with this key."""
    return tag is not None and hmac.compare_digest(tag_of(key, body), tag)


def tag_key(secret: bytes, origin: str) -> bytes:
    """Derive the key of a log's tags from the content of `ENTRY_KEY`; `UnavailableError` for another size."""
    if len(secret) != KEY_SIZE:
        raise UnavailableError(f"{ENTRY_KEY} is damaged: put the kept copy back.")
    return derive(secret, context(Label.LEDGER_TAG, origin))


def read_key(settings: Settings) -> bytes:
    """Return the key of an instance's tags; `UnavailableError` says what to do where there is none."""
    key = known_key(settings.instance, settings.public_keys.origin)
    if key is None:
        raise UnavailableError(
            f"{ENTRY_KEY} is missing: put the kept copy back; if there is none, `portal ledger tag-again`."
        )
    return key


def known_key(instance: Path, origin: str) -> bytes | None:
    """Return the key of a folder's tags, or None for a copy without it."""
    try:
        secret = (instance / ENTRY_KEY).read_bytes()
    except FileNotFoundError:
        return None
    except OSError:
        raise UnavailableError(f"{ENTRY_KEY} cannot be read.") from None
    return tag_key(secret, origin)
