"""Co-signatures (C2SP tlog-cosignature): a witness says that it saw a head grow out of the last one it saw.

Both types are made and checked: Ed25519 ("cosignature/v1") and ML-DSA-44.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from portal.ledger.checkpoint import TIMESTAMP_SIZE, Checkpoint, cosigned_message, mldsa44_time
from portal.ledger.notes import (
    COSIGNATURE,
    MLDSA44,
    CheckpointError,
    Signature,
    VerifierKey,
    is_name,
)
from portal.vault.sign import ED25519_SIGNATURE_SIZE, SigningKey, verify_ed25519

Witness = tuple[VerifierKey, ...]
"""The keys of one witness, of which each must have signed."""


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness with its private keys."""

    name: str
    key: SigningKey

    def __post_init__(self) -> None:
        if not is_name(self.name):
            raise CheckpointError("The name of a witness has no spaces and no plus sign.")

    @property
    def public(self) -> Witness:
        """The keys to check this witness with."""
        return (
            VerifierKey(self.name, COSIGNATURE, self.key.ed25519_public),
            VerifierKey(self.name, MLDSA44, self.key.mldsa44_public),
        )

    def cosign(self, checkpoint: Checkpoint, *, time: int) -> str:
        """Return two signature lines over a head; `time` in seconds since the epoch.

        Says nothing of whether the head may be signed: that is `portal.ledger.witness`.
        """
        classic, quantum = self.public
        stamp = time.to_bytes(TIMESTAMP_SIZE, "big")
        first = self.key.sign_ed25519(message(checkpoint, time))
        second = self.key.sign_mldsa44(cosigned_message(self.name, checkpoint, time))
        return (
            Signature(self.name, classic.id, stamp + first).line()
            + Signature(self.name, quantum.id, stamp + second).line()
        )


def message(checkpoint: Checkpoint, time: int) -> bytes:
    """Return what the Ed25519 type signs (tlog-cosignature, "Ed25519 signed message")."""
    return f"cosignature/v1\ntime {time}\n{checkpoint.text()}".encode()


def check(checkpoint: Checkpoint, signatures: Sequence[Signature], key: VerifierKey) -> int:
    """Return when this key co-signed the head, in seconds since the epoch, or raise `CheckpointError`."""
    blob = key.blob(signatures)
    if blob is None:
        raise CheckpointError(f"{key.name} has not signed it.")
    if key.kind == MLDSA44:
        return mldsa44_time(key, checkpoint, blob)
    if key.kind != COSIGNATURE:
        raise CheckpointError("This key signs notes; it is not the key of a witness.")
    time = int.from_bytes(blob[:TIMESTAMP_SIZE], "big")
    if len(blob) != TIMESTAMP_SIZE + ED25519_SIGNATURE_SIZE or not verify_ed25519(
        key.public, blob[TIMESTAMP_SIZE:], message(checkpoint, time)
    ):
        raise CheckpointError(f"The Ed25519 co-signature of {key.name} is wrong.")
    return time


def check_all(checkpoint: Checkpoint, signatures: Sequence[Signature], witness: Witness) -> int:
    """Return when a witness co-signed the head with every key of it; `CheckpointError` if one did not."""
    times = {check(checkpoint, signatures, key) for key in witness}
    if len(times) != 1:
        raise CheckpointError("The signatures of the witness are of different times.")
    return times.pop()


def witnesses_of(texts: Iterable[str]) -> Mapping[str, Witness]:
    """Read verifier keys, one in a line (empty ones and those with # are left out), by the witness's name."""
    found: dict[str, list[VerifierKey]] = {}
    for text in texts:
        for line in text.splitlines():
            if line.strip() and not line.startswith("#"):
                key = VerifierKey.parse(line)
                if key.kind not in {COSIGNATURE, MLDSA44}:
                    raise CheckpointError("This key signs notes; it is not the key of a witness.")
                if key not in found.setdefault(key.name, []):
                    found[key.name].append(key)
    for name, keys in found.items():
        if len({key.kind for key in keys}) != len(keys):
            raise CheckpointError(
                f"{name} has two keys of one kind. A witness changes its name with its keys."
            )
    return {name: tuple(keys) for name, keys in found.items()}
