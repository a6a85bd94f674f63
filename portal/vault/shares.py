"""The files of a ceremony: a custodian's key, the shares, what is partly open; each with one spelling.

The layout is docs/sealed-format.md, section 8.1; `recovery` makes and opens what stands in them.
"""

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import combinations
from typing import Any, Protocol, Self, TypeVar

from portal.errors import InvalidError
from portal.vault.seal import KEY_SIZE, Sealed
from portal.vault.wrap import PUBLIC_SIZE, wrap

MOST, FEWEST = 9, 2
LONGEST_NAME = 60
DIGEST_SIZE = 32
_CUSTODIAN, _KEY = "tp1/recovery/custodian", "tp1/recovery/key"
_SHARES, _PARTLY = "tp1/recovery/shares", "tp1/recovery/partly-opened"
_JOINER = "\N{ZERO WIDTH NON-JOINER}"
_WRONG = (ValueError, LookupError, TypeError)

Subset = tuple[int, ...]
"""Places in the list of custodians, from 0, rising."""


class Kind(StrEnum):
    """What is opened: the seed itself, or the value that stands in for it at a rehearsal."""

    SEED = "seed"
    REHEARSAL = "rehearsal"


class _File(Protocol):
    def to_json(self) -> str: ...


F = TypeVar("F", bound=_File)


@dataclass(frozen=True)
class Custodian:
    """Somebody who keeps a sheet: a name to call them by, and the 1,216-byte public key of their sheet."""

    name: str
    public: bytes = field(repr=False)

    def to_json(self) -> str:
        """Write the file that the custodian hands over, with the key's SHA-256."""
        digest = digest_of(self.public).hex()
        return _canonical(
            {"format": _CUSTODIAN, "name": self.name, "public": _text(self.public), "sha256": digest}
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote; InvalidError when a character of it has changed."""
        data = _parsed(text, _CUSTODIAN)
        try:
            made = cls(_name(data["name"]), _public(data["public"]))
        except _WRONG:
            raise damaged() from None
        return _same(made, text)


@dataclass(frozen=True)
class Shares:
    """All layers, and what they must open to: k (`need`) of the `custodians`, in the order of the list.

    ``recovery`` is the SHA-256 of the recovery public key, ``rehearsal`` that of the rehearsal value. The
    layers stand in the lexicographic order of the subsets they belong to.
    """

    custodians: tuple[Custodian, ...]
    need: int
    recovery: bytes
    rehearsal: bytes
    seeds: tuple[Sealed, ...] = field(default=(), repr=False)
    rehearsals: tuple[Sealed, ...] = field(default=(), repr=False)

    def bound(self, kind: Kind) -> bytes:
        """Give the 32 bytes that every layer of a kind is bound to.

        The seed's layers: to the keys, their order and their number, not to names; a name put right must
        never keep the seed shut. The rehearsal's: to all else in the file, so that a rehearsal shows that
        the seed's layers are whole.
        """
        if kind is Kind.REHEARSAL:
            return digest_of(_canonical(self._content()).encode())
        keys = b"".join(digest_of(one.public) for one in self.custodians)
        return digest_of(bytes([self.need, len(self.custodians)]) + self.recovery + keys)

    def to_json(self) -> str:
        """Write the file in its one spelling (RFC 8785)."""
        return _canonical(self._content() | {"wrapped_rehearsal": [_text(one) for one in self.rehearsals]})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote; InvalidError for anything else."""
        data = _parsed(text, _SHARES)
        try:
            made = cls(
                custodians=_custodians(data["custodians"]),
                need=_whole(data["need"]),
                recovery=_hash(data["recovery"]),
                rehearsal=_hash(data["rehearsal"]),
                seeds=_wraps(data["wrapped_seed"]),
                rehearsals=_wraps(data["wrapped_rehearsal"]),
            )
        except _WRONG:
            raise damaged() from None
        agree(made.custodians, made.need)
        expected = len(subsets(len(made.custodians), made.need))
        if not len(made.seeds) == len(made.rehearsals) == expected:
            raise damaged()
        return _same(made, text)

    def _content(self) -> dict[str, Any]:
        return {
            "custodians": _listed(self.custodians),
            "format": _SHARES,
            "need": self.need,
            "recovery": self.recovery.hex(),
            "rehearsal": self.rehearsal.hex(),
            "wrapped_seed": [_text(one) for one in self.seeds],
        }


@dataclass(frozen=True)
class PartlyOpened:
    """What is left when the custodians ``by`` have each taken their layer off; goes to the next of them.

    Whoever holds it needs so many custodians fewer: it is kept like a sheet, and destroyed afterwards.
    ``bound`` is what every layer is bound to, ``proof`` the SHA-256 that the opened value must fit.
    """

    kind: Kind
    custodians: tuple[Custodian, ...]
    need: int
    bound: bytes
    proof: bytes
    by: Subset
    wrapped: tuple[bytes, ...] = field(repr=False)

    @property
    def missing(self) -> int:
        """How many more custodians are needed."""
        return self.need - len(self.by)

    @property
    def left(self) -> list[Subset]:
        """For each value of ``wrapped``, the custodians it still waits for, in order."""
        done = len(self.by)
        every = subsets(len(self.custodians), self.need)
        return [one[done:] for one in every if one[:done] == self.by]

    @property
    def next_names(self) -> list[str]:
        """Who can take the next layer off."""
        return [self.custodians[index].name for index in sorted({one[0] for one in self.left if one})]

    @property
    def secret(self) -> bytes:
        """The 32 bytes that all layers held; InvalidError while a custodian is missing."""
        if self.missing:
            raise InvalidError(f"{self.missing} more of the custodians are needed.")
        return self.wrapped[0]

    def to_json(self) -> str:
        """Write the file for the next custodian; an opened value is never written (ValueError)."""
        if not self.missing:
            raise ValueError("What is opened is not written down.")
        return _canonical(
            {
                "bound": self.bound.hex(),
                "by": list(self.by),
                "custodians": _listed(self.custodians),
                "format": _PARTLY,
                "kind": self.kind.value,
                "need": self.need,
                "proof": self.proof.hex(),
                "wrapped": [_text(one) for one in self.wrapped],
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote; InvalidError for anything else."""
        data = _parsed(text, _PARTLY)
        try:
            made = cls(
                kind=Kind(data["kind"]),
                custodians=_custodians(data["custodians"]),
                need=_whole(data["need"]),
                bound=_hash(data["bound"]),
                proof=_hash(data["proof"]),
                by=tuple(_whole(index) for index in data["by"]),
                wrapped=_wraps(data["wrapped"]),
            )
        except _WRONG:
            raise damaged() from None
        agree(made.custodians, made.need)
        if made.missing < 1 or not made.wrapped or len(made.left) != len(made.wrapped):
            raise damaged()
        return _same(made, text)


def read_begun(text: str) -> Shares | PartlyOpened:
    """Read a file of shares, or one that a custodian before has partly opened."""
    return PartlyOpened.from_json(text) if f'"{_PARTLY}"' in text else Shares.from_json(text)


def write_public(public: bytes) -> str:
    """Write the recovery public key for `portal init`, with its SHA-256."""
    return _canonical({"format": _KEY, "public": _text(public), "sha256": digest_of(public).hex()})


def read_public(text: str) -> bytes:
    """Read what `write_public` wrote; InvalidError when a character has changed or it is no key."""
    data = _parsed(text, _KEY)
    try:
        public = _public(data["public"])
    except _WRONG:
        raise damaged() from None
    if write_public(public) != text.strip():
        raise damaged()
    wrap(public, bytes(KEY_SIZE), b"")  # a key that nothing can be wrapped to is refused here
    return public


def agree(people: Sequence[Custodian], need: int) -> None:
    """Refuse numbers outside 2 <= need <= n <= 9, and a name or a key that stands there twice."""
    if not FEWEST <= need <= len(people) <= MOST:
        raise InvalidError("There are 2 to 9 custodians, and at least 2 and at most all of them are needed.")
    for what, values in (("name", {one.name for one in people}), ("key", {one.public for one in people})):
        if len(values) != len(people):
            raise InvalidError(f"Two custodians have the same {what}.")
    for one in people:
        _name(one.name)


def subsets(count: int, need: int) -> list[Subset]:
    """Give every choice of `need` custodians, in lexicographic order."""
    return list(combinations(range(count), need))


def digest_of(value: bytes) -> bytes:
    """Give the SHA-256."""
    return hashlib.sha256(value).digest()


def damaged() -> InvalidError:
    """Say that a file is not as it was written."""
    return InvalidError("This file is damaged or was changed. Use another copy.")


def _listed(people: Sequence[Custodian]) -> list[dict[str, str]]:
    return [{"name": one.name, "public": _text(one.public)} for one in people]


def _custodians(listed: list[dict[str, str]]) -> tuple[Custodian, ...]:
    return tuple(Custodian(_name(one["name"]), _public(one["public"])) for one in listed)


def _wraps(listed: list[str]) -> tuple[Sealed, ...]:
    return tuple(Sealed(b64decode(one, validate=True)) for one in listed)


def _public(text: str) -> bytes:
    raw = b64decode(text, validate=True)
    if len(raw) != PUBLIC_SIZE:
        raise damaged()
    return raw


def _hash(text: str) -> bytes:
    raw = bytes.fromhex(text)
    if len(raw) != DIGEST_SIZE:
        raise damaged()
    return raw


def _name(name: str) -> str:
    if not 0 < len(name) <= LONGEST_NAME or not str(name).replace(_JOINER, "").isprintable():
        raise InvalidError("A custodian's name has 1 to 60 visible characters.")
    return name


def _whole(number: int) -> int:
    if type(number) is not int or number < 0:
        raise damaged()
    return number


def _text(value: bytes) -> str:
    return b64encode(value).decode("ascii")


def _canonical(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _parsed(text: str, wanted: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise damaged() from None
    if not isinstance(data, dict) or data.get("format") != wanted:
        raise InvalidError(f"This is no file of the kind {wanted}.")
    return data


def _same(made: F, text: str) -> F:
    """Take a file in its one spelling only: an added or changed character shows."""
    if made.to_json() != text.strip():
        raise damaged()
    return made
