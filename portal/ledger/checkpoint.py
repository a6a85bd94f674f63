"""Checkpoints and proofs as texts that anyone can check offline.

The formats are C2SP's: tlog-checkpoint, tlog-cosignature (ML-DSA-44) and tlog-proof, over signed notes.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from portal.ledger import tree
from portal.ledger.notes import (
    ED25519,
    MLDSA44,
    CheckpointError,
    Signature,
    VerifierKey,
    base64_of,
    bytes_of,
    is_name,
    split,
)
from portal.vault.sign import MLDSA44_SIGNATURE_SIZE, SigningKey, verify_ed25519, verify_mldsa44

TIMESTAMP_SIZE = 8

_LAST_SIZE = 2**63 - 1
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
_PROOF_HEADER = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log: its name, the number of its leaves and the root over them."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the body of the note, the text that Ed25519 signs (tlog-checkpoint, "Note text")."""
        return f"{self.origin}\n{self.size}\n{base64_of(self.root)}\n"


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
        return self.classic.text(), self.quantum.text()

    @property
    def classic(self) -> VerifierKey:
        """The Ed25519 key."""
        return VerifierKey(self.origin, ED25519, self.ed25519)

    @property
    def quantum(self) -> VerifierKey:
        """The ML-DSA-44 key."""
        return VerifierKey(self.origin, MLDSA44, self.mldsa44)

    @classmethod
    def from_verifier_keys(cls, texts: Iterable[str]) -> Self:
        """Read what `verifier_keys` gave: one key of each kind, of one log."""
        keys = {key.kind: key for key in map(VerifierKey.parse, texts)}
        if keys.keys() != {ED25519, MLDSA44} or len({key.name for key in keys.values()}) != 1:
            raise CheckpointError("A log has two keys: one Ed25519 and one ML-DSA-44, with one name.")
        return cls(keys[ED25519].name, keys[ED25519].public, keys[MLDSA44].public)


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
        stamp = time.to_bytes(TIMESTAMP_SIZE, "big")
        classic = self.key.sign_ed25519(checkpoint.text().encode())
        quantum = self.key.sign_mldsa44(cosigned_message(self.origin, checkpoint, time))
        lines = (
            Signature(self.origin, public.classic.id, classic).line(),
            Signature(self.origin, public.quantum.id, stamp + quantum).line(),
        )
        return checkpoint.text() + "\n" + "".join(lines)


def cosigned_message(name: str, checkpoint: Checkpoint, time: int) -> bytes:
    """Return what ML-DSA-44 signs (tlog-cosignature, "ML-DSA-44 signed message")."""
    signer, origin = name.encode(), checkpoint.origin.encode()
    return b"".join(
        (
            b"subtree/v1\n\x00",
            bytes([len(signer)]) + signer,
            time.to_bytes(TIMESTAMP_SIZE, "big"),
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
    text, signatures = split(note)
    lines = text.split("\n")
    if len(lines) != 4:  # noqa: PLR2004 - origin, size, root, and the end of the last
        raise CheckpointError("The note is not a checkpoint of three lines and its signatures.")
    origin, size, root, _ = lines
    if not is_name(origin):
        raise CheckpointError("The name of the log is malformed.")
    return SignedCheckpoint(Checkpoint(origin, number_of(size), hash_of(root)), signatures)


def verify(note: str, keys: LogKeys) -> SignedCheckpoint:
    """Return the checkpoint if the log signed it with both of its keys, else raise `CheckpointError`.

    Signatures of unknown keys (witnesses) are let pass, as signed-note demands.
    """
    signed = parse(note)
    checkpoint = signed.checkpoint
    if checkpoint.origin != keys.origin:
        raise CheckpointError("The checkpoint belongs to another log.")
    classic = _required(keys.classic, signed)
    if not verify_ed25519(keys.ed25519, classic, checkpoint.text().encode()):
        raise CheckpointError("The Ed25519 signature is wrong.")
    time = mldsa44_time(keys.quantum, checkpoint, _required(keys.quantum, signed))
    return SignedCheckpoint(checkpoint, signed.signatures, time)


def mldsa44_time(key: VerifierKey, checkpoint: Checkpoint, blob: bytes) -> int:
    """Return the time of an ML-DSA-44 signature over a head, in seconds since the epoch, if it holds."""
    if len(blob) != TIMESTAMP_SIZE + MLDSA44_SIGNATURE_SIZE:
        raise CheckpointError("The ML-DSA-44 signature has the wrong length.")
    time = int.from_bytes(blob[:TIMESTAMP_SIZE], "big")
    message = cosigned_message(key.name, checkpoint, time)
    if not verify_mldsa44(key.public, blob[TIMESTAMP_SIZE:], message):
        raise CheckpointError("The ML-DSA-44 signature is wrong.")
    return time


@dataclass(frozen=True, slots=True)
class Proof:
    """That an entry is number `index` (from 0) of the log at a signed checkpoint (tlog-proof)."""

    index: int
    hashes: tuple[bytes, ...]
    note: str

    def text(self) -> str:
        """Return the content of a ``.tlog-proof`` file."""
        lines = (_PROOF_HEADER, f"index {self.index}", *map(base64_of, self.hashes))
        return "\n".join(lines) + "\n\n" + self.note

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a ``.tlog-proof`` file; extra data is not used here, so a line of it is refused."""
        head, blank, note = text.partition("\n\n")
        header, *rest = head.split("\n")
        if not blank or header != _PROOF_HEADER or not rest or not rest[0].startswith("index "):
            raise CheckpointError("This is no proof in the tlog-proof format.")
        return cls(number_of(rest[0].removeprefix("index ")), tuple(map(hash_of, rest[1:])), note)

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


def _required(key: VerifierKey, signed: SignedCheckpoint) -> bytes:
    blob = key.blob(signed.signatures)
    if blob is None:
        raise CheckpointError("A signature of the log is missing.")
    return blob


def number_of(text: str) -> int:
    """Read a decimal number that has only one spelling and fits 63 bits."""
    if not _DECIMAL.fullmatch(text) or int(text) > _LAST_SIZE:
        raise CheckpointError("A number is malformed.")
    return int(text)


def hash_of(text: str) -> bytes:
    """Read the base64 of a SHA-256."""
    value = bytes_of(text)
    if len(value) != tree.HASH_SIZE:
        raise CheckpointError("A hash does not have 32 bytes.")
    return value
