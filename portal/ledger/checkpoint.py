"""Checkpoints and proofs as texts that anyone can check offline.

The formats are C2SP's: signed-note, tlog-checkpoint, tlog-cosignature (ML-DSA-44) and tlog-proof.
"""

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from portal.errors import InvalidError
from portal.ledger import tree
from portal.vault.sign import SigningKey, verify_ed25519, verify_mldsa44

ED25519 = 0x01
MLDSA44 = 0x06

_MLDSA44_SIGNATURE = 2420
_TIMESTAMP = 8
_MOST_SIGNATURES = 32
_LAST_SIZE = 2**63 - 1
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
_PROOF_HEADER = "c2sp.org/tlog-proof@v1"
_DASH = "\N{EM DASH} "


class CheckpointError(InvalidError):
    """A note, a checkpoint or a proof is malformed or not signed as it must be."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log: its name, the number of its leaves and the root over them."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the body of the note, the text that Ed25519 signs (tlog-checkpoint, "Note text")."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line; `blob` is what follows the key id."""

    name: str
    key_id: bytes
    blob: bytes


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A parsed note; `time` (seconds since the epoch, 0 for none) is trusted only when `verify` gave it."""

    checkpoint: Checkpoint
    signatures: tuple[Signature, ...]
    time: int = 0


@dataclass(frozen=True, slots=True)
class LogKeys:
    """The public keys of a log: 32 bytes of Ed25519, 1,312 bytes of ML-DSA-44; its name is its origin."""

    origin: str
    ed25519: bytes
    mldsa44: bytes

    def verifier_keys(self) -> tuple[str, str]:
        """Return both keys as signed-note writes them, for witnesses and other programs."""
        return _verifier_key(self.origin, ED25519, self.ed25519), _verifier_key(
            self.origin, MLDSA44, self.mldsa44
        )


@dataclass(frozen=True, slots=True)
class Signer:
    """The log's name with its private keys."""

    origin: str
    key: SigningKey

    def __post_init__(self) -> None:
        if not is_name(self.origin):
            raise CheckpointError("The name of a log has no spaces and no plus sign.")

    @property
    def public(self) -> LogKeys:
        """The keys to check this signer with."""
        return LogKeys(self.origin, self.key.ed25519_public, self.key.mldsa44_public)

    def sign(self, size: int, root: bytes, *, time: int = 0) -> str:
        """Return the signed note; `time` in seconds since the epoch goes into the ML-DSA-44 signature."""
        checkpoint, public = Checkpoint(self.origin, size, root), self.public
        stamp = time.to_bytes(_TIMESTAMP, "big")
        classic = self.key.sign_ed25519(checkpoint.text().encode())
        quantum = self.key.sign_mldsa44(cosigned_message(self.origin, checkpoint, time))
        lines = (
            _line(Signature(self.origin, key_id(self.origin, ED25519, public.ed25519), classic)),
            _line(Signature(self.origin, key_id(self.origin, MLDSA44, public.mldsa44), stamp + quantum)),
        )
        return checkpoint.text() + "\n" + "".join(lines)


def is_name(name: str) -> bool:
    """Tell whether `name` may stand in a signature line (signed-note, "Format"); at most 255 bytes."""
    return (
        0 < len(name.encode()) <= 255  # noqa: PLR2004 - the length byte of tlog-cosignature
        and "+" not in name
        and name.isprintable()
        and not any(character.isspace() for character in name)
    )


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """Return the four bytes that point to a key (signed-note, "Signatures")."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def cosigned_message(name: str, checkpoint: Checkpoint, time: int) -> bytes:
    """Return what ML-DSA-44 signs (tlog-cosignature, "ML-DSA-44 signed message")."""
    signer, origin = name.encode(), checkpoint.origin.encode()
    return b"".join(
        (
            b"subtree/v1\n\x00",
            bytes([len(signer)]) + signer,
            time.to_bytes(_TIMESTAMP, "big"),
            bytes([len(origin)]) + origin,
            (0).to_bytes(8, "big"),
            checkpoint.size.to_bytes(8, "big"),
            checkpoint.root,
        )
    )


def parse(note: str) -> SignedCheckpoint:
    """Read a signed checkpoint strictly: whoever changes one bit gets `CheckpointError`, or other values.

    Says nothing about who signed it; see `verify`.
    """
    if any((one < " " and one != "\n") or "\ud800" <= one <= "\udfff" for one in note):
        raise CheckpointError("The note has control characters or is not UTF-8.")
    text, blank, tail = note.rpartition("\n\n")
    lines = text.split("\n")
    if not blank or len(lines) != 3 or not tail.endswith("\n"):  # noqa: PLR2004 - origin, size, root
        raise CheckpointError("The note is not a checkpoint of three lines and its signatures.")
    origin, size, root = lines
    if not is_name(origin):
        raise CheckpointError("The name of the log is malformed.")
    signatures = tuple(_signature(line) for line in tail[:-1].split("\n"))
    if len(signatures) > _MOST_SIGNATURES:
        raise CheckpointError("There are too many signatures.")
    return SignedCheckpoint(Checkpoint(origin, _number(size), _hash(root)), signatures)


def verify(note: str, keys: LogKeys) -> SignedCheckpoint:
    """Return the checkpoint if the log signed it with both of its keys, else raise `CheckpointError`.

    Signatures of unknown keys (witnesses) are let pass, as signed-note demands.
    """
    signed = parse(note)
    checkpoint = signed.checkpoint
    if checkpoint.origin != keys.origin:
        raise CheckpointError("The checkpoint belongs to another log.")
    classic = _blob(signed, keys, ED25519, keys.ed25519)
    if not verify_ed25519(keys.ed25519, classic, checkpoint.text().encode()):
        raise CheckpointError("The Ed25519 signature is wrong.")
    quantum = _blob(signed, keys, MLDSA44, keys.mldsa44)
    if len(quantum) != _TIMESTAMP + _MLDSA44_SIGNATURE:
        raise CheckpointError("The ML-DSA-44 signature has the wrong length.")
    time = int.from_bytes(quantum[:_TIMESTAMP], "big")
    message = cosigned_message(keys.origin, checkpoint, time)
    if not verify_mldsa44(keys.mldsa44, quantum[_TIMESTAMP:], message):
        raise CheckpointError("The ML-DSA-44 signature is wrong.")
    return SignedCheckpoint(checkpoint, signed.signatures, time)


@dataclass(frozen=True, slots=True)
class Proof:
    """That an entry is number `index` (from 0) of the log at a signed checkpoint (tlog-proof)."""

    index: int
    hashes: tuple[bytes, ...]
    note: str

    def text(self) -> str:
        """Return the content of a ``.tlog-proof`` file."""
        lines = (_PROOF_HEADER, f"index {self.index}", *map(_base64, self.hashes))
        return "\n".join(lines) + "\n\n" + self.note

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a ``.tlog-proof`` file; extra data is not used here, so a line of it is refused."""
        head, blank, note = text.partition("\n\n")
        header, *rest = head.split("\n")
        if not blank or header != _PROOF_HEADER or not rest or not rest[0].startswith("index "):
            raise CheckpointError("This is no proof in the tlog-proof format.")
        return cls(_number(rest[0].removeprefix("index ")), tuple(map(_hash, rest[1:])), note)

    def verify(self, entry: bytes, keys: LogKeys) -> Checkpoint:
        """Return the checkpoint that `entry` (the exact body) is proved to be under, or raise."""
        checkpoint = verify(self.note, keys).checkpoint
        leaf = tree.leaf_hash(entry)
        if not tree.verify_inclusion(leaf, self.index, checkpoint.size, self.hashes, checkpoint.root):
            raise CheckpointError("The proof does not lead from the entry to the checkpoint.")
        return checkpoint


def prove(leaves: Iterable[bytes], index: int, note: str) -> Proof:
    """Prove leaf `index` under a note over exactly these leaf hashes."""
    return Proof(index, tuple(tree.inclusion_proof(list(leaves), index)), note)


def _blob(signed: SignedCheckpoint, keys: LogKeys, kind: int, public: bytes) -> bytes:
    wanted = key_id(keys.origin, kind, public)
    found = [item.blob for item in signed.signatures if item.name == keys.origin and item.key_id == wanted]
    if len(found) != 1:
        raise CheckpointError("A signature of the log is missing or doubled.")
    return found[0]


def _line(signature: Signature) -> str:
    return f"{_DASH}{signature.name} {_base64(signature.key_id + signature.blob)}\n"


def _signature(line: str) -> Signature:
    parts = line.removeprefix(_DASH).split(" ")
    if not line.startswith(_DASH) or len(parts) != 2 or not is_name(parts[0]):  # noqa: PLR2004 - name, base64
        raise CheckpointError("A signature line is malformed.")
    blob = _bytes(parts[1])
    if len(blob) <= 4:  # noqa: PLR2004 - the key id
        raise CheckpointError("A signature line is malformed.")
    return Signature(parts[0], blob[:4], blob[4:])


def _verifier_key(name: str, kind: int, public: bytes) -> str:
    return f"{name}+{key_id(name, kind, public).hex()}+{_base64(bytes([kind]) + public)}"


def _number(text: str) -> int:
    if not _DECIMAL.fullmatch(text) or int(text) > _LAST_SIZE:
        raise CheckpointError("A number is malformed.")
    return int(text)


def _hash(text: str) -> bytes:
    value = _bytes(text)
    if len(value) != tree.HASH_SIZE:
        raise CheckpointError("A hash does not have 32 bytes.")
    return value


def _base64(value: bytes) -> str:
    return b64encode(value).decode("ascii")


def _bytes(text: str) -> bytes:
    """Decode base64 with no second spelling: the spare bits of the last character must be zero."""
    try:
        value = b64decode(text, validate=True)
    except ValueError:
        raise CheckpointError("Base64 is malformed.") from None
    if _base64(value) != text:
        raise CheckpointError("Base64 is not in its one form.")
    return value
