"""A security key made of software: registers, signs, counts, and gives a PRF output, as WebAuthn says."""

import hashlib
import hmac
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

FLAG = AuthenticatorData.FLAG
NONE = FLAG(0)
TYPE = CollectedClientData.TYPE


def text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def raw(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class SoftKey:
    """One security key in the hands of somebody at a browser that shows ``origin``."""

    origin: str = "http://localhost:8001"
    rp_id: str = "localhost"
    prf: bool = True
    verified: bool = True
    copied: bool = False
    counts: bool = True
    framed: bool = False
    count: int = 0
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def create(self, options: Mapping[str, Any], *, origin: str = "") -> dict[str, Any]:
        """Answer ``navigator.credentials.create``."""
        public = ES256.from_cryptography_key(self.private.public_key())
        made = AttestedCredentialData.create(bytes(16), self.id, public)
        data = self._data(FLAG.AT, bytes(made))
        client = self._client(TYPE.CREATE, options, origin)
        return {
            "id": text(self.id),
            "rawId": text(self.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": text(client),
                "attestationObject": text(AttestationObject.create("none", data, {})),
            },
        }

    def get(self, options: Mapping[str, Any], *, origin: str = "") -> dict[str, Any]:
        """Answer ``navigator.credentials.get``."""
        self.count += self.counts
        client, data = self._client(TYPE.GET, options, origin), self._data()
        signature = self.private.sign(data + client.hash, ec.ECDSA(SHA256()))
        salt = raw(options["extensions"]["prf"]["eval"]["first"])
        return {
            "id": text(self.id),
            "rawId": text(self.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": text(client),
                "authenticatorData": text(data),
                "signature": text(signature),
            },
            "prf": text(hmac.digest(self.secret, salt, "sha256")) if self.prf else "",
        }

    def answer(self, options: Mapping[str, Any], **other: str) -> str:
        return json.dumps(self.get(options, **other))

    def _client(self, kind: str, options: Mapping[str, Any], origin: str) -> CollectedClientData:
        return CollectedClientData.create(
            kind, options["challenge"], origin or self.origin, cross_origin=self.framed
        )

    def _data(self, flags: AuthenticatorData.FLAG = NONE, made: bytes = b"") -> AuthenticatorData:
        flags |= FLAG.UP | (FLAG.UV if self.verified else NONE) | (FLAG.BE if self.copied else NONE)
        place = hashlib.sha256(self.rp_id.encode()).digest()
        return AuthenticatorData.create(place, flags, self.count, made)
