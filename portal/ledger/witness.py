"""What a witness does (C2SP tlog-witness, by files instead of HTTP): it signs only what it saw grow.

A witness remembers one thing of each log, the largest head it signed; here it keeps all of them, signed
by the log, because two of them that do not agree prove what the log did.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from portal.ledger import cosignature, tree
from portal.ledger.checkpoint import Checkpoint, LogKeys, SignedCheckpoint, hash_of, number_of, parse, verify
from portal.ledger.cosignature import Cosigner, Witness, witnesses_of
from portal.ledger.notes import CheckpointError, base64_of

MOST_HASHES = 63
_VERSION = 1


class WitnessError(CheckpointError):
    """A witness does not sign; `status` is the number that tlog-witness gives to the reason."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """What a log asks of a witness: the size it signed last, a consistency proof from there, the new head."""

    old_size: int
    proof: tuple[bytes, ...]
    note: str

    def text(self) -> str:
        """Return the body of an ``add-checkpoint`` request."""
        lines = (f"old {self.old_size}", *map(base64_of, self.proof))
        return "\n".join(lines) + "\n\n" + self.note

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the body of an ``add-checkpoint`` request; `WitnessError` 400 when it is malformed."""
        head, blank, note = text.partition("\n\n")
        first, *hashes = head.split("\n")
        if not blank or not first.startswith("old ") or len(hashes) > MOST_HASHES:
            raise WitnessError(400, "This is no request to a witness (add-checkpoint of tlog-witness).")
        return cls(number_of(first.removeprefix("old ")), tuple(map(hash_of, hashes)), note)


@dataclass(frozen=True, slots=True)
class Log:
    """A log that a witness looks after: its keys, and every head of it that was co-signed, oldest first."""

    keys: LogKeys
    notes: tuple[str, ...] = ()

    @property
    def last(self) -> SignedCheckpoint | None:
        """The largest head that was co-signed."""
        return parse(self.notes[-1]) if self.notes else None


@dataclass(frozen=True, slots=True)
class State:
    """What a witness remembers; nothing in it is secret."""

    name: str
    keys: Witness
    logs: Mapping[str, Log]

    def trusting(self, keys: LogKeys) -> "State":
        """Return the state with one log more; a log that is there keeps the keys it has."""
        known = self.logs.get(keys.origin)
        if known is not None and known.keys != keys:
            raise CheckpointError(f"{keys.origin} is looked after already, with other keys.")
        return replace(self, logs={**self.logs, keys.origin: known or Log(keys)})

    def to_json(self) -> str:
        """Return the content of the state file."""
        logs = {
            origin: {"keys": list(log.keys.verifier_keys()), "heads": list(log.notes)}
            for origin, log in sorted(self.logs.items())
        }
        value = {"v": _VERSION, "witness": self.name, "keys": [key.text() for key in self.keys], "logs": logs}
        return json.dumps(value, ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a state file, and check every signature in it: a damaged memory signs nothing."""
        try:
            value: dict[str, Any] = json.loads(text)
            if value["v"] != _VERSION:
                raise CheckpointError("The witness's file was written by another version.")
            state = cls(
                value["witness"],
                witnesses_of(value["keys"])[value["witness"]],
                {
                    origin: Log(LogKeys.from_verifier_keys(log["keys"]), tuple(log["heads"]))
                    for origin, log in value["logs"].items()
                },
            )
        except (ValueError, LookupError, TypeError, AttributeError):
            raise CheckpointError("The witness's file is damaged.") from None
        for origin, log in state.logs.items():
            _check_kept(origin, log, state.keys)
        return state


def _check_kept(origin: str, log: Log, keys: Witness) -> None:
    size = -1
    for note in log.notes:
        signed = verify(note, log.keys)
        cosignature.check_all(signed.checkpoint, signed.signatures, keys)
        if log.keys.origin != origin or signed.checkpoint.size < size:
            raise CheckpointError("The witness's file is damaged.")
        size = signed.checkpoint.size


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A witness's answer: its signature lines, and what it remembers from now on."""

    lines: str
    state: State


def answer(state: State, request: Request, signer: Cosigner, *, time: int) -> Cosigned:
    """Co-sign a head that has grown out of the last one, or say why not (`WitnessError`).

    The new state must be on the disk before the lines leave the machine.
    """
    if signer.public != state.keys:
        raise CheckpointError("The key does not belong to the witness's file.")
    checkpoint = _checked(state, request)
    log = state.logs[checkpoint.origin]
    lines = signer.cosign(checkpoint, time=time)
    text, _, _ = request.note.rpartition("\n\n")
    own = [item.line() for item in parse(request.note).signatures if item.name == checkpoint.origin]
    note = f"{text}\n\n{''.join(own)}{lines}"
    kept = Log(log.keys, (*(one for one in log.notes if parse(one).checkpoint != checkpoint), note))
    return Cosigned(lines, replace(state, logs={**state.logs, checkpoint.origin: kept}))


def _checked(state: State, request: Request) -> Checkpoint:
    """Go through the checks of tlog-witness in its order."""
    origin = parse(request.note).checkpoint.origin
    log = state.logs.get(origin)
    if log is None:
        raise WitnessError(
            404, f"{origin} is not looked after here. Compare its keys, then `portal witness trust`."
        )
    try:
        checkpoint = verify(request.note, log.keys).checkpoint
    except CheckpointError as problem:
        raise WitnessError(403, f"This head was not signed by {origin}: {problem}") from None
    last = log.last.checkpoint if log.last else Checkpoint(origin, 0, tree.EMPTY_ROOT)
    if checkpoint.size < last.size:
        raise WitnessError(
            409, f"The log was set back: it had {last.size} entries, now it shows {checkpoint.size}."
        )
    if request.old_size > checkpoint.size:
        raise WitnessError(400, "The old size is larger than the new one.")
    if request.old_size != last.size:
        raise WitnessError(
            409, f"The last head signed here has {last.size} entries: ask again with --old {last.size}."
        )
    if checkpoint.size == last.size and checkpoint.root != last.root:
        raise WitnessError(409, f"The log was rewritten: two heads of {last.size} entries differ.")
    if not tree.verify_consistency(last.size, checkpoint.size, last.root, checkpoint.root, request.proof):
        raise WitnessError(
            422, f"The log was rewritten: its first {last.size} entries are no longer those that were signed."
        )
    return checkpoint
