"""Six-digit codes from an authenticator app (RFC 6238: SHA-1, 30 seconds), each accepted once."""

import base64
import hmac
import secrets
import unicodedata
from collections.abc import Callable
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

SECRET_SIZE = 20
DIGITS = 6
STEP_SECONDS = 30
WINDOW = 1
"""Codes of this many steps before and after the present one are still taken (RFC 6238, section 5.2)."""


def new_secret(random: Callable[[int], bytes] = secrets.token_bytes) -> bytes:
    """Draw a 160-bit secret (RFC 4226, section 4, requirement R6)."""
    return random(SECRET_SIZE)


def uri(secret: bytes, name: str, issuer: str) -> str:
    """Give the otpauth: address that a QR code carries to the app."""
    return _totp(secret).get_provisioning_uri(name, issuer)


def typed_secret(secret: bytes) -> str:
    """Give the secret in base32, in groups of four, for an app that reads no QR code."""
    text = base64.b32encode(secret).decode("ascii").rstrip("=")
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def code(secret: bytes, now: datetime) -> str:
    """Give the six digits that an app shows at this moment; `now` knows its time zone."""
    return _code_at(secret, counter_at(now))


def counter_at(now: datetime) -> int:
    """Give the number of the 30-second step that a moment lies in."""
    return int(now.timestamp()) // STEP_SECONDS


def accept(secret: bytes, code: str, now: datetime, last_counter: int | None) -> int | None:
    """Give the counter that a typed code belongs to, or None when it is wrong, stale or used before.

    The caller stores the counter and hands it in next time. Spaces are overlooked, and digits may be
    Persian, Arabic or Latin.
    """
    typed = _latin_digits(code)
    present = counter_at(now)
    found = None
    for counter in range(max(0, present - WINDOW), present + WINDOW + 1):
        matches = hmac.compare_digest(_code_at(secret, counter), typed)
        if matches and (last_counter is None or counter > last_counter):
            found = counter
    return found


def _totp(secret: bytes) -> TOTP:
    # The only algorithm that every authenticator app knows; HMAC-SHA-1 is not broken.
    return TOTP(secret, DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303 - as said above


def _code_at(secret: bytes, counter: int) -> str:
    return _totp(secret).generate(counter * STEP_SECONDS).decode("ascii")


def _latin_digits(code: str) -> str:
    """Read the decimals of any script; text with anything else but spaces and marks gives no code."""
    shown = [char for char in code if not char.isspace() and unicodedata.category(char) != "Cf"]
    return "".join(str(int(char)) if char.isdecimal() else "x" for char in shown)
