"""Security keys by the book (W3C Web Authentication, level 3): what is asked, and whether an answer holds.

The only module that imports fido2. User verification is always required: without it the PRF extension gives
another output, and a key that was found or taken must be of no use by itself. Credentials are discoverable
and no request lists any, so that no answer of ours tells who has which.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from fido2.cose import ES256, ES384, RS256, EdDSA
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    RegistrationResponse,
    UserVerificationRequirement,
)

from portal.errors import InvalidError

CHALLENGE_SIZE = 32
OUTPUT_SIZE = 32
_ALGORITHMS = (ES256, EdDSA, ES384, RS256)
_TIMEOUT_MS = 5 * 60 * 1000
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Site:
    """Where security keys are used: the exact origin, and its host (the relying party's id)."""

    origin: str
    rp_id: str


@dataclass(frozen=True)
class Asked:
    """One question put to one visitor; its answer counts once."""

    site: Site
    challenge: bytes = field(repr=False)


@dataclass(frozen=True)
class Registered:
    """A new credential as its authenticator described it."""

    credential: bytes
    """Model, id and COSE public key (attested credential data, section 6.5.1)."""


@dataclass(frozen=True)
class Asserted:
    """A credential that has just signed our challenge, and its signature counter."""

    credential_id: bytes
    count: int


def site_of(host: str, addresses: Iterable[str]) -> Site | None:
    """Return the site that a request's host belongs to, if it is one of these addresses.

    A number is no relying party, so the loopback address goes by its name, localhost.
    """
    found = (site_at(address) for address in addresses)
    return next((one for one in found if one and one.origin.partition("//")[2] == host.lower()), None)


def site_at(address: str) -> Site | None:
    """Return the site of an address; none for an empty one."""
    parts = urlsplit(address)
    name = "localhost" if parts.hostname == _LOOPBACK else parts.hostname or ""
    netloc = f"{name}:{parts.port}" if parts.port else name
    return Site(f"{parts.scheme}://{netloc}", name) if name else None


def creation_options(asked: Asked, *, handle: bytes, known: Iterable[bytes], salt: bytes) -> dict[str, Any]:
    """Return what ``navigator.credentials.create`` is given, bytes as base64url.

    The name that the key keeps is neutral. It is asked to show the credential to nobody without its PIN.
    """
    return {
        "rp": {"id": asked.site.rp_id, "name": "Notebook"},
        "user": {"id": _text(handle), "name": "Notebook", "displayName": "Notebook"},
        "challenge": _text(asked.challenge),
        "pubKeyCredParams": [{"type": "public-key", "alg": one.ALGORITHM} for one in _ALGORITHMS],
        "excludeCredentials": [{"type": "public-key", "id": _text(one)} for one in known],
        "authenticatorSelection": {
            "authenticatorAttachment": "cross-platform",
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        },
        "hints": ["security-key"],
        "attestation": "none",
        "timeout": _TIMEOUT_MS,
        "extensions": {
            "prf": {"eval": {"first": _text(salt)}},
            "credentialProtectionPolicy": "userVerificationRequired",
            "enforceCredentialProtectionPolicy": False,
        },
    }


def request_options(asked: Asked, *, salt: bytes) -> dict[str, Any]:
    """Return what ``navigator.credentials.get`` is given, bytes as base64url; the same for everybody."""
    return {
        "rpId": asked.site.rp_id,
        "challenge": _text(asked.challenge),
        "allowCredentials": [],
        "userVerification": "required",
        "hints": ["security-key"],
        "timeout": _TIMEOUT_MS,
        "extensions": {"prf": {"eval": {"first": _text(salt)}}},
    }


def registered(answer: Mapping[str, Any], asked: Asked) -> Registered:
    """Check the answer to `creation_options`; raises `InvalidError`, in words that help where they can."""
    try:
        found = _server(asked.site).register_complete(_state(asked), answer)
        data = found.credential_data
        known = data is not None and data.public_key.ALGORITHM in {one.ALGORITHM for one in _ALGORITHMS}
        crossed = RegistrationResponse.from_dict(answer).response.client_data.cross_origin
    except Exception:  # noqa: BLE001 - whatever somebody's bytes do to the parsers, the answer does not hold
        raise _refused() from None
    if data is None or not known or crossed:
        raise _refused()
    if found.is_backup_eligible():
        raise InvalidError("This key is copied to an account at a company. Take one that stays in one piece.")
    return Registered(bytes(data))


def _refused() -> InvalidError:
    return InvalidError("The security key's answer does not hold. Try once more.")


def asserted(answer: str, asked: Asked, credentials: Iterable[bytes]) -> Asserted | None:
    """Check the answer to `request_options` against a person's credentials; None for any mistake."""
    try:
        given = json.loads(answer)
        known = [AttestedCredentialData(one) for one in credentials]
        used = _server(asked.site).authenticate_complete(_state(asked), known, given)
        response = AuthenticationResponse.from_dict(given).response
        crossed, count = response.client_data.cross_origin, response.authenticator_data.counter
    except Exception:  # noqa: BLE001 - as above
        return None
    return None if crossed else Asserted(used.credential_id, count)


def id_of(credential: bytes) -> bytes:
    """Return a credential's id."""
    return AttestedCredentialData(credential).credential_id


def output(answer: str) -> bytes:
    """Return the PRF output (32 B) that came with an answer; empty where key or browser gave none."""
    try:
        found = json.loads(answer)["prf"]
        raw = urlsafe_b64decode(found + "=" * (-len(found) % 4))
    except (ValueError, TypeError, KeyError, RecursionError):
        return b""
    return raw if len(raw) == OUTPUT_SIZE else b""


def _server(site: Site) -> Fido2Server:
    party = PublicKeyCredentialRpEntity(name="Notebook", id=site.rp_id)
    return Fido2Server(party, attestation=None, verify_origin=lambda origin: origin == site.origin)


def _state(asked: Asked) -> dict[str, Any]:
    required = UserVerificationRequirement.REQUIRED
    return {"challenge": _text(asked.challenge), "user_verification": required}


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode("ascii").rstrip("=")
