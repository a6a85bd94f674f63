"""Files for people outside, encrypted as `age` does (age-encryption.org/v1): they open without a portal.

A recipient is an X25519 key that its owner made, in one line. The library is rage's, by way of pyrage.
"""

import hashlib
import re

import pyrage

from portal.errors import InvalidError

LENGTH = 62
_FORM = re.compile(r"age1[ac-hj-np-z02-9]{58}")


def recipient(typed: str) -> str:
    """Return an age recipient in its one form; `InvalidError` says what is wrong with what was typed."""
    text = "".join(typed.split()).lower()
    if "age-secret-key-" in text:
        raise InvalidError("This is the secret key of an age key. It must be thrown away: ask for a new one.")
    if text.startswith(("age1pq1", "age1tag", "ssh-")):
        raise InvalidError("A key of this kind cannot be used here. Ask for one that age-keygen made.")
    if not text.startswith("age1") or len(text) != LENGTH:
        raise InvalidError("An age key begins with age1 and has 62 letters and digits in all.")
    if not _FORM.fullmatch(text):
        raise InvalidError(
            "There is a letter in it that no age key has: b, i and o are none, and 1 stands in age1 alone."
        )
    try:
        encrypt(b"", text)
    except (pyrage.RecipientError, pyrage.EncryptError):
        raise InvalidError("A letter of this age key is wrong. Copy it once more, whole.") from None
    return text


def fingerprint(key: str) -> str:
    """Name a recipient: the first 32 hexadecimal digits of the SHA-256 of its line, for people to compare."""
    return hashlib.sha256(key.encode("ascii")).hexdigest()[:32]


def encrypt(data: bytes, key: str) -> bytes:
    """Encrypt for one recipient in its one form; its secret key, with `age -d`, opens it."""
    return bytes(pyrage.encrypt(data, [pyrage.x25519.Recipient.from_str(key)]))
