"""Signed notes (C2SP signed-note): names, keys, signature lines, base64 with no second spelling."""

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from portal.errors import InvalidError

DASH = "\N{EM DASH} "
ED25519, COSIGNATURE, MLDSA44 = 0x01, 0x04, 0x06
"""Types of signatures: of a note (signed-note), and the two of tlog-cosignature."""
MOST_SIGNATURES = 32

_KEY_SIZES = {ED25519: 32, COSIGNATURE: 32, MLDSA44: 1312}
_KEY_ID = re.compile(r"[0-9a-f]{8}")
_LONGEST_NAME = 255


class CheckpointError(InvalidError):
    """A note, a checkpoint, a proof or a co-signature is malformed or not signed as it must be."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line; `blob` is what follows the key id."""

    name: str
    key_id: bytes
    blob: bytes

    def line(self) -> str:
        """Return the line, with its end."""
        return f"{DASH}{self.name} {base64_of(self.key_id + self.blob)}\n"

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read one line without its end."""
        parts = line.removeprefix(DASH).split(" ")
        if not line.startswith(DASH) or len(parts) != 2 or not is_name(parts[0]):  # noqa: PLR2004 - name, base64
            raise CheckpointError("A signature line is malformed.")
        blob = bytes_of(parts[1])
        if len(blob) <= 4:  # noqa: PLR2004 - the key id
            raise CheckpointError("A signature line is malformed.")
        return cls(parts[0], blob[:4], blob[4:])


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key as signed-note writes it: name, id, type and key in one line."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes that signatures point with."""
        return key_id(self.name, self.kind, self.public)

    def text(self) -> str:
        """Return the key in one line."""
        return f"{self.name}+{self.id.hex()}+{base64_of(bytes([self.kind]) + self.public)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a key; one whose id does not belong to it is refused."""
        name, _, rest = text.strip().partition("+")
        identifier, plus, encoded = rest.partition("+")
        if not plus or not is_name(name) or not _KEY_ID.fullmatch(identifier):
            raise CheckpointError("This is no verifier key: name, id and key with a plus between them.")
        raw = bytes_of(encoded)
        if not raw or len(raw) - 1 != _KEY_SIZES.get(raw[0]):
            raise CheckpointError("The verifier key is of a type that is not known here.")
        key = cls(name, raw[0], raw[1:])
        if key.id.hex() != identifier:
            raise CheckpointError("The verifier key does not fit its id: a part of it was mistyped.")
        return key

    def blob(self, signatures: Iterable[Signature]) -> bytes | None:
        """Return the one signature that points to this key; None without one, an error for several."""
        found = [item.blob for item in signatures if (item.name, item.key_id) == (self.name, self.id)]
        if len(found) > 1:
            raise CheckpointError("A signature of one key stands there twice.")
        return found[0] if found else None


def parse_signatures(text: str) -> tuple[Signature, ...]:
    """Read signature lines, each with its end; there is at least one and are 32 at most."""
    if not text.endswith("\n"):
        raise CheckpointError("The last signature line has no end.")
    found = tuple(Signature.parse(line) for line in text[:-1].split("\n"))
    if len(found) > MOST_SIGNATURES:
        raise CheckpointError("There are too many signatures.")
    return found


def split(note: str) -> tuple[str, tuple[Signature, ...]]:
    """Return the text of a note, with the end of its last line, and its signatures; trusts none of them."""
    if any((one < " " and one != "\n") or "\ud800" <= one <= "\udfff" for one in note):
        raise CheckpointError("The note has control characters or is not UTF-8.")
    text, blank, tail = note.rpartition("\n\n")
    if not blank:
        raise CheckpointError("The note has no signatures.")
    return text + "\n", parse_signatures(tail)


def is_name(name: str) -> bool:
    """Tell whether `name` may stand in a signature line (signed-note, "Format"); at most 255 bytes."""
    return (
        0 < len(name.encode()) <= _LONGEST_NAME  # the length byte of tlog-cosignature
        and "+" not in name
        and name.isprintable()
        and not any(character.isspace() for character in name)
    )


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """Return the four bytes that point to a key (signed-note, "Signatures")."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def base64_of(value: bytes) -> str:
    """Encode in standard base64 (RFC 4648, section 4)."""
    return b64encode(value).decode("ascii")


def bytes_of(text: str) -> bytes:
    """Decode base64 with no second spelling: the spare bits of the last character must be zero."""
    try:
        value = b64decode(text, validate=True)
    except ValueError:
        raise CheckpointError("Base64 is malformed.") from None
    if base64_of(value) != text:
        raise CheckpointError("Base64 is not in its one form.")
    return value
