"""Holding what several people know of one log side by side: a log that shows two faces is found out.

Heads of one size must be equal. Heads of different sizes are linked by a consistency proof, by one witness
who signed both, or by a copy of the log from which both roots are computed again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from portal.ledger.checkpoint import Checkpoint, LogKeys, verify
from portal.ledger.notes import CheckpointError
from portal.ledger.tree import verify_consistency
from portal.ledger.witness import Request, State

_State = tuple[str, int, bytes]


@dataclass(frozen=True, slots=True)
class Head:
    """A head that the log signed, and who has it."""

    where: str
    checkpoint: Checkpoint

    @property
    def key(self) -> _State:
        """What makes two heads the same."""
        one = self.checkpoint
        return one.origin, one.size, one.root


@dataclass(slots=True)
class Compared:
    """What was found: contradictions, and what could not be told."""

    heads: list[Head] = field(default_factory=list)
    faces: list[str] = field(default_factory=list)
    unlinked: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Comparison:
    """Collects heads and what links them; `keys` are those of the logs, by origin."""

    keys: dict[str, LogKeys] = field(default_factory=dict)
    heads: list[Head] = field(default_factory=list)
    proofs: list[tuple[str, Request]] = field(default_factory=list)
    links: list[tuple[_State, _State]] = field(default_factory=list)

    def add_state(self, where: str, state: State) -> None:
        """Take a witness's file: it signed each head only after the log showed that it had grown."""
        for origin, log in state.logs.items():
            if self.keys.setdefault(origin, log.keys) != log.keys:
                raise CheckpointError(f"{where} has other keys of {origin}: ask the log which are its own.")
            heads = [self.add_note(where, one) for one in log.notes]
            self.links += [(one.key, other.key) for one, other in pairwise(heads)]

    def add_note(self, where: str, note: str) -> Head:
        """Take a signed head; one that the log did not sign proves nothing and is refused."""
        last: CheckpointError = CheckpointError(
            f"{where}: the keys of this log are not known; give --log-keys."
        )
        for keys in self.keys.values():
            try:
                head = Head(where, verify(note, keys).checkpoint)
            except CheckpointError as problem:
                last = CheckpointError(f"{where}: {problem}")
                continue
            self.heads.append(head)
            return head
        raise last

    def add_request(self, where: str, request: Request) -> None:
        """Take a consistency proof with its head."""
        self.add_note(where, request.note)
        self.proofs.append((where, request))

    def add_roots(self, where: str, heads: Iterable[Checkpoint]) -> None:
        """Take roots that were computed from one copy of the log's entries."""
        found = [Head(where, one) for one in heads]
        self.heads += found
        self.links += [(one.key, other.key) for one, other in pairwise(found)]

    def result(self) -> Compared:
        """Return the contradictions, and which heads nothing links to the others."""
        found = Compared(heads=sorted(self.heads, key=lambda one: (one.key, one.where)))
        for origin in sorted({one.checkpoint.origin for one in self.heads}):
            heads = [one for one in found.heads if one.checkpoint.origin == origin]
            found.faces += _faces(heads)
            links = [*self.links, *self._proved(origin, heads, found)]
            if not found.faces:
                found.unlinked += _unlinked(heads, links)
        return found

    def _proved(self, origin: str, heads: Sequence[Head], found: Compared) -> list[tuple[_State, _State]]:
        links = []
        for where, request in self.proofs:
            new = next((one for one in heads if one.where == where), None)
            for old in {one.key for one in heads if one.checkpoint.size == request.old_size}:
                if new is None:
                    continue
                size, root = new.checkpoint.size, new.checkpoint.root
                if verify_consistency(old[1], size, old[2], root, request.proof):
                    links.append((old, new.key))
                else:
                    found.faces.append(
                        f"{origin}: the log cannot show that its {size} entries begin with the {old[1]} that "
                        f"{_who(heads, old)} has ({where})"
                    )
        return links


def _faces(heads: Sequence[Head]) -> list[str]:
    """Return every size at which the log showed different entries."""
    said = []
    for size in sorted({one.checkpoint.size for one in heads}):
        here = {one.key for one in heads if one.checkpoint.size == size}
        if len(here) > 1:
            sides = " against ".join(sorted(_who(heads, one) for one in here))
            said.append(f"{heads[0].checkpoint.origin}: two different logs of {size} entries: {sides}")
    return said


def _unlinked(heads: Sequence[Head], links: Sequence[tuple[_State, _State]]) -> list[str]:
    """Return neighbouring sizes between which nothing shows that the log only grew."""
    group = {one.key: {one.key} for one in heads}
    for one, other in links:
        if one in group and other in group:
            joined = group[one] | group[other]
            for each in joined:
                group[each] = joined
    ordered = sorted(group, key=lambda one: one[1])
    return [
        f"{one[0]}: nothing links {one[1]} entries ({_who(heads, one)}) "
        f"with {other[1]} ({_who(heads, other)}); "
        f"ask the log for `portal ledger witness request --old {one[1]}`, or give a copy of the instance"
        for one, other in pairwise(ordered)
        if other not in group[one]
    ]


def _who(heads: Sequence[Head], key: _State) -> str:
    return ", ".join(sorted({one.where for one in heads if one.key == key}))
