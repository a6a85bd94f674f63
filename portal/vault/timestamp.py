"""Time-stamps of an outside authority (RFC 3161): asked for and checked here, carried there by somebody else.

The library behind it is an extra of its own and never opens a connection. Which authorities are believed is
said by certificates that were pinned: their roots, and, where there are any, the very signers.
"""

import hashlib
import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from cryptography import x509

from portal.errors import InvalidError, UnavailableError

if TYPE_CHECKING:
    from rfc3161_client import TimeStampResponse

_SHA256 = "2.16.840.1.101.3.4.2.1"
_GRANTED = 0


class Wrong(StrEnum):
    """What may be wrong with a time-stamp."""

    GARBLED = "it cannot be read"
    REFUSED = "the authority refused to give one"
    OTHER_DIGEST = "it is for something else than this head"
    OTHER_NONCE = "it answers another request"
    UNKNOWN = "it was not signed by an authority that is pinned here"
    EXPIRED = "the authority's certificate was not valid at its time"
    EARLY = "it is earlier than the head"


class TimestampError(InvalidError):
    """A time-stamp does not hold; `wrong` says why."""

    def __init__(self, wrong: Wrong) -> None:
        super().__init__(f"The time-stamp does not hold: {wrong.value}.")
        self.wrong = wrong


@dataclass(frozen=True, slots=True)
class Asked:
    """A request in DER, and its nonce."""

    der: bytes
    nonce: int


@dataclass(frozen=True, slots=True)
class Stamp:
    """What an authority says: that the data was there at this time (UTC)."""

    time: datetime
    authority: str


@dataclass(frozen=True, slots=True)
class Authorities:
    """The certificates that are believed: roots, what stands between, signers (none: any below a root)."""

    roots: list[x509.Certificate] = field(default_factory=list)
    between: list[x509.Certificate] = field(default_factory=list)
    signers: list[x509.Certificate] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.roots)

    @classmethod
    def read(cls, pems: Iterable[bytes]) -> "Authorities":
        """Sort certificates in PEM, one or several in each text; raises `InvalidError` for anything else."""
        found = cls()
        for pem in pems:
            try:
                certificates = x509.load_pem_x509_certificates(pem)
            except ValueError:
                raise InvalidError("This is no certificate in PEM.") from None
            for one in certificates:
                which = found.roots if one.issuer == one.subject else found._below(one)
                if one not in which:
                    which.append(one)
        return found

    def _below(self, one: x509.Certificate) -> list[x509.Certificate]:
        try:
            is_authority = one.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        except x509.ExtensionNotFound:
            is_authority = False
        return self.between if is_authority else self.signers


def available() -> bool:
    """Tell whether the extra is installed."""
    return importlib.util.find_spec("rfc3161_client") is not None


def _required() -> None:
    if not available():
        raise UnavailableError("Time-stamps need an extra: pip install 'testimony-portal[timestamps]'")


def ask(data: bytes) -> Asked:
    """Make a request over the SHA-256 of the data, with a nonce, and the signer's certificate asked for."""
    _required()
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder  # noqa: PLC0415 - an extra

    made = TimestampRequestBuilder(data, HashAlgorithm.SHA256).build()
    return Asked(made.as_bytes(), made.nonce or 0)


def check(response: bytes, data: bytes, *, nonce: int, since: datetime, authorities: Authorities) -> Stamp:
    """Return what an authority's response says of the data; `TimestampError` unless everything holds.

    ``since`` is when the data cannot have been there before. Certificates need to have been valid at the
    time of the time-stamp, not now.
    """
    _required()
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response  # noqa: PLC0415 - likewise

    try:
        answer = decode_timestamp_response(response)
        if answer.status != _GRANTED:
            raise TimestampError(Wrong.REFUSED)
        info = answer.tst_info
        imprint = info.message_imprint
        if (imprint.hash_algorithm.dotted_string, imprint.message) != (
            _SHA256,
            hashlib.sha256(data).digest(),
        ):
            raise TimestampError(Wrong.OTHER_DIGEST)
        if info.nonce != nonce:
            raise TimestampError(Wrong.OTHER_NONCE)
        time = info.gen_time.replace(tzinfo=UTC)
        signer = _signer(answer)
    except ValueError:
        raise TimestampError(Wrong.GARBLED) from None
    if not authorities or (authorities.signers and signer not in authorities.signers):
        raise TimestampError(Wrong.UNKNOWN)
    verifier = VerifierBuilder(roots=[*authorities.roots], intermediates=[*authorities.between], nonce=nonce)
    try:
        verifier.build().verify(answer, imprint.message)
    except (VerificationError, ValueError):
        outside = not signer.not_valid_before_utc <= time <= signer.not_valid_after_utc
        raise TimestampError(Wrong.EXPIRED if outside else Wrong.UNKNOWN) from None
    if time < since:
        raise TimestampError(Wrong.EARLY)
    return Stamp(time, signer.subject.rfc4514_string())


def nonce_of(response: bytes) -> int | None:
    """Return the nonce that a response repeats, unchecked, to find its request; None when it has none."""
    _required()
    from rfc3161_client import decode_timestamp_response  # noqa: PLC0415 - likewise

    try:
        return decode_timestamp_response(response).tst_info.nonce
    except ValueError:
        return None


def _signer(answer: "TimeStampResponse") -> x509.Certificate:
    """Return the certificate that the signature names; it is only believed once the signature holds."""
    named = [(info.issuer, info.serial_number) for info in answer.signed_data.signer_infos]
    given = [x509.load_der_x509_certificate(raw) for raw in answer.signed_data.certificates]
    found = [one for one in given if named == [(one.issuer, one.serial_number)]]
    if not found:
        raise TimestampError(Wrong.UNKNOWN)
    return found[0]
