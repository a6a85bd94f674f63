"""Small values, sealed with Cobblestone-256 and bound to the place where they belong.

The layout is docs/sealed-format.md, sections 2 to 5; the construction is C2SP chunked-encryption.
"""

from enum import StrEnum
from typing import NewType
from uuid import UUID

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from portal.errors import PortalError

Sealed = NewType("Sealed", bytes)

SUITE = b"\x01"
"""Cobblestone-256 for data, HPKE X-Wing for keys. First byte of every stored blob."""

KEY_SIZE = 32
LENGTH_SIZE = 4
BUCKETS = (4096, 8192, 16384, 32768, 65536)


class UnsealError(PortalError):
    """A sealed value does not open here with this key. It says nothing more, on purpose."""

    def __init__(self) -> None:
        super().__init__("This sealed value does not open.")


class Label(StrEnum):
    """What a key, a sealed value or a signed statement is for; a label is never given a second meaning."""

    # what a source sent
    FIELD = "tp1/field"
    FILE = "tp1/file"
    FILE_RECORD = "tp1/file-record"
    CUSTODY = "tp1/custody"
    ARRIVAL = "tp1/arrival"
    ARRIVAL_PIECE = "tp1/arrival-piece"
    DRAFT = "tp1/draft"
    CONDITION = "tp1/consent-condition"
    MESSAGE = "tp1/message"
    QUESTION = "tp1/question"
    CONTACT_LEAVE = "tp1/contact-leave"
    TELLING = "tp1/telling"
    HOLD = "tp1/hold"
    REMOVAL = "tp1/removal"
    FAMILY = "tp1/family"
    # what staff wrote about it
    TEXT_VERSION = "tp1/text-version"
    ANNOTATION = "tp1/annotation"
    LINK = "tp1/link"
    LINK_DECISION = "tp1/link-decision"
    DEPENDENCE = "tp1/dependence"
    FACT = "tp1/fact"
    CODING_SHEET = "tp1/coding-sheet"
    NOTE = "tp1/note"
    CASE_TITLE = "tp1/case-title"
    DIGEST = "tp1/search-digest"
    SEGMENT = "tp1/index-segment"
    INDEX_MANIFEST = "tp1/index-manifest"
    RELEASE = "tp1/release"
    EDITION = "tp1/edition"
    POSITION = "tp1/position"
    REGISTRY_FILE = "tp1/registry-file"
    IMAGE = "tp1/image"
    IMAGE_FILE = "tp1/image-file"
    # keys derived from another key
    KEY_FIELD = "tp1/key/field"
    KEY_FILE = "tp1/key/file"
    KEY_ARRIVAL = "tp1/key/arrival"
    KEY_MESSAGE = "tp1/key/message"
    KEY_TELLING = "tp1/key/telling"
    KEY_DECISION = "tp1/key/decision"
    KEY_CASEWORK = "tp1/key/casework"
    KEY_INDEX = "tp1/key/index"
    KEY_HARDWARE = "tp1/key/hardware"
    # keys wrapped to a recipient
    WRAP_PART = "tp1/wrap/part"
    WRAP_GROUP = "tp1/wrap/group"
    WRAP_THREAD = "tp1/wrap/thread"
    WRAP_RECOVERY = "tp1/wrap/recovery"
    WRAP_SEGMENT = "tp1/wrap/segment"
    WRAP_DRAFT = "tp1/wrap/draft"
    WRAP_POSITION = "tp1/wrap/position"
    WRAP_IMAGE = "tp1/wrap/image"
    # people and sessions
    BUNDLE = "tp1/staff/bundle"
    BUNDLE_KEY = "tp1/staff/bundle-key"
    CONTACT = "tp1/staff/contact"
    KEK = "tp1/staff/kek"
    VERIFIER = "tp1/staff/verifier"
    HARDWARE = "tp1/staff/hardware"
    HARDWARE_SALT = "tp1/staff/hardware-salt"
    SESSION = "tp1/session"
    SHARED = "tp1/shared"
    DEVICE = "tp1/staff/device"
    JOB = "tp1/job"
    # receipts
    RECEIPT_LOCATOR = "tp1/receipt/locator"
    RECEIPT_SEED = "tp1/receipt/seed"
    # the ledger, and what is signed
    LEDGER_ENTRY = "tp1/ledger/entry"
    LEDGER_KEY = "tp1/ledger/key"
    LEDGER_TAG = "tp1/ledger/tag"
    DIRECTORY = "tp1/directory"
    GRANT = "tp1/grant"
    MANIFEST = "tp1/release/manifest"


def context(label: Label, *parts: bytes | str | int | UUID) -> bytes:
    """Name a place unambiguously: label, 0x00, then each part behind its u32be length.

    Text is UTF-8, a number u64be, a UUID its 16 bytes. Numbers outside 0..2**64-1 raise OverflowError.
    Parts are ids and versions that never change; a name that somebody may edit does not belong here.
    """
    encoded = bytearray(label.encode("ascii"))
    encoded.append(0)
    for part in parts:
        raw = _part(part)
        encoded += len(raw).to_bytes(4, "big")
        encoded += raw
    return bytes(encoded)


def derive(key: bytes, context: bytes, length: int = KEY_SIZE) -> bytes:
    """Derive `length` bytes for one purpose with HKDF-Expand-SHA-512 (RFC 5869, section 2.3).

    `key` must already be uniformly random and at least 32 bytes long, else ValueError.
    """
    if len(key) < KEY_SIZE:
        raise ValueError("A key to derive from has at least 32 bytes.")
    return HKDFExpand(algorithm=SHA512(), length=length, info=context).derive(key)


def seal(key: bytes, plaintext: bytes, context: bytes, *, pad: bool = True) -> Sealed:
    """Seal a value under a 32-byte key for one context; a fresh salt is drawn each time.

    The size is padded to a bucket (see `padded_size`) unless `pad` is false, which is for values
    whose size says nothing, such as keys. A key of another size raises ValueError.
    """
    used = LENGTH_SIZE + len(plaintext)
    total = padded_size(used) if pad else used
    encryptor = Cobblestone256Encryptor(key, context)
    body = encryptor.update(len(plaintext).to_bytes(LENGTH_SIZE, "big"))
    body += encryptor.update(plaintext)
    body += encryptor.update(bytes(total - used))
    return Sealed(SUITE + body + encryptor.finalize())


def unseal(key: bytes, sealed: bytes, context: bytes) -> bytes:
    """Open what `seal` made for the same key and context; anything else raises UnsealError."""
    if sealed[:1] != SUITE:
        raise UnsealError
    try:
        decryptor = Cobblestone256Decryptor(key, context)
        opened = decryptor.update(memoryview(sealed)[1:]) + decryptor.finalize()
    except (InvalidTag, ValueError):
        raise UnsealError from None
    return _without_padding(opened)


def padded_size(size: int) -> int:
    """Round a size up to 4, 8, 16, 32 or 64 KiB; above that to the next Padmé size.

    Padmé (Nikitin et al., PETS 2019, algorithm 1) adds at most 12 %, and lets a size tell
    only O(log log size) bits.
    """
    for bucket in BUCKETS:
        if size <= bucket:
            return bucket
    exponent = size.bit_length() - 1
    loose_bits = exponent - exponent.bit_length()
    mask = (1 << loose_bits) - 1
    return (size + mask) & ~mask


def _part(part: bytes | str | int | UUID) -> bytes:
    if isinstance(part, UUID):
        return part.bytes
    if isinstance(part, int):
        return part.to_bytes(8, "big")
    return part.encode("utf-8") if isinstance(part, str) else part


def _without_padding(opened: bytes) -> bytes:
    used = LENGTH_SIZE + int.from_bytes(opened[:LENGTH_SIZE], "big")
    if len(opened) < used or len(opened) not in (used, padded_size(used)) or opened[used:].strip(b"\0"):
        raise UnsealError
    return opened[LENGTH_SIZE:used]
