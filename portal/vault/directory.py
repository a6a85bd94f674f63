"""The signed directory: which public keys may receive, said by an organisation root that is kept offline.

Pure: it reads and writes text. One signature covers the whole list and its serial number, so that nobody
can put together a list of their own from statements that were signed at different times.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, Self

from portal.config import PublicKeys
from portal.errors import UnavailableError
from portal.vault.seal import Label, context
from portal.vault.sign import ED25519_PUBLIC_SIZE, SigningKey, VerifyKey
from portal.vault.wrap import PUBLIC_SIZE

VERSION = 1
FINGERPRINT = 32
_SALT = 16
_LEDGER = 1344


DAMAGED = "The directory is damaged: put the copy back that was kept elsewhere."


class DirectoryError(UnavailableError):
    """The directory is not what the organisation root signed, or does not say what is needed."""


class Kind(StrEnum):
    """What a public value is for."""

    GROUP = "group"
    RECOVERY = "recovery"
    LEDGER = "ledger"
    RECEIPTS = "receipts"
    """The salt of receipts: no key, and like the others nobody's to exchange."""


class Status(StrEnum):
    """Whether new values are sealed to the key."""

    CURRENT = "current"
    RETIRED = "retired"


_SIZES = {Kind.GROUP: PUBLIC_SIZE, Kind.RECOVERY: PUBLIC_SIZE, Kind.LEDGER: _LEDGER, Kind.RECEIPTS: _SALT}


@dataclass(frozen=True)
class Statement:
    """One public value: whose it is, which in their line of keys, since which day, and whether it is used."""

    kind: Kind
    name: str
    epoch: int
    public: bytes
    day: date
    status: Status = Status.CURRENT

    @property
    def place(self) -> tuple[str, str, int]:
        """What no two statements of a directory share."""
        return self.kind.value, self.name, self.epoch

    def value(self) -> dict[str, Any]:
        """Return the statement as JSON has it."""
        return {
            "day": self.day.isoformat(),
            "epoch": self.epoch,
            "kind": self.kind.value,
            "name": self.name,
            "public": self.public.hex(),
            "status": self.status.value,
        }

    @classmethod
    def from_value(cls, value: Mapping[str, Any]) -> Self:
        """Read what `value` gave; raises `DirectoryError`."""
        try:
            made = cls(
                Kind(value["kind"]),
                value["name"],
                value["epoch"],
                bytes.fromhex(value["public"]),
                date.fromisoformat(value["day"]),
                Status(value["status"]),
            )
        except (ValueError, LookupError, TypeError):
            raise DirectoryError("A statement of the directory cannot be read.") from None
        if made.value() != value or type(made.epoch) is not int or made.epoch < 1:
            raise DirectoryError("A statement of the directory is not in its one form.")
        return made


@dataclass(frozen=True)
class Directory:
    """All statements, the number of this edition, the root that signed, and its signature (2,484 bytes)."""

    serial: int
    statements: tuple[Statement, ...]
    root: VerifyKey
    signature: bytes = b""

    @property
    def message(self) -> bytes:
        """What is signed: `tp1/directory` and the canonical JSON of serial and statements."""
        body = {
            "serial": self.serial,
            "statements": [one.value() for one in self.statements],
            "v": VERSION,
        }
        return context(Label.DIRECTORY, canonical(body))

    def to_json(self) -> str:
        """Return the text kept in ``directory.json``: the same directory always gives the same text."""
        value = {
            "root": self.root.to_bytes().hex(),
            "serial": self.serial,
            "signature": self.signature.hex(),
            "statements": [one.value() for one in self.statements],
            "v": VERSION,
        }
        return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote, without checking who signed it; raises `DirectoryError`."""
        try:
            value = json.loads(text)
            if value["v"] != VERSION or type(value["serial"]) is not int:
                raise DirectoryError("This directory is of another version.")
            return cls(
                value["serial"],
                tuple(Statement.from_value(one) for one in value["statements"]),
                VerifyKey.from_bytes(bytes.fromhex(value["root"])),
                bytes.fromhex(value["signature"]),
            )
        except (ValueError, LookupError, TypeError, RecursionError):
            raise DirectoryError(
                "The directory is damaged: put the copy back that was kept elsewhere."
            ) from None

    def of(self, kind: Kind, name: str = "") -> list[Statement]:
        """Return the statements of one kind (and name), newest epoch first."""
        found = [one for one in self.statements if one.kind is kind and name in {"", one.name}]
        return sorted(found, key=lambda one: -one.epoch)

    def public_keys(self) -> PublicKeys:
        """Return the directory as processes use it. It must have been verified."""
        current = {(one.kind, one.name): one for one in self.statements if one.status is Status.CURRENT}
        groups = {name: one for (kind, name), one in current.items() if kind is Kind.GROUP}
        [ledger] = [one for (kind, _), one in current.items() if kind is Kind.LEDGER]
        [recovery] = [one for (kind, _), one in current.items() if kind is Kind.RECOVERY]
        [receipts] = [one for (kind, _), one in current.items() if kind is Kind.RECEIPTS]
        return PublicKeys(
            recovery=recovery.public,
            groups={name: one.public for name, one in groups.items()},
            ledger_ed25519=ledger.public[:ED25519_PUBLIC_SIZE],
            ledger_mldsa44=ledger.public[ED25519_PUBLIC_SIZE:],
            receipt_salt=receipts.public,
            origin=ledger.name,
            epochs={name: one.epoch for name, one in groups.items()},
            former={
                name: {one.epoch: one.public for one in self.of(Kind.GROUP, name) if one is not newest}
                for name, newest in groups.items()
            },
        )


def canonical(value: object) -> bytes:
    """Write canonical JSON (RFC 8785 for the strings, integers, lists and mappings used here)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def fingerprint(root: VerifyKey) -> str:
    """Name a root: the first 32 hexadecimal digits of the SHA-256 over both public keys (1,344 bytes)."""
    return hashlib.sha256(root.to_bytes()).hexdigest()[:FINGERPRINT]


def printed(digits: str) -> str:
    """Write digits for paper and voice: groups of four."""
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def bare(typed: str) -> str:
    """Read what `printed` wrote, however it was spaced."""
    return "".join(typed.split()).lower()


def sign(root: SigningKey, *, serial: int, statements: Iterable[Statement]) -> Directory:
    """Sign an edition of the directory; raises `DirectoryError` for one that contradicts itself."""
    ordered = tuple(sorted(statements, key=lambda one: one.place))
    plain = Directory(serial, ordered, root.verify_key)
    _check_sense(plain)
    return replace(plain, signature=root.sign(plain.message))


def verify(directory: Directory, pinned: str) -> None:
    """Check that the root with this fingerprint signed the directory and that it makes sense.

    Raises `DirectoryError`, which says what does not hold.
    """
    if not hmac.compare_digest(fingerprint(directory.root), bare(pinned)):
        raise DirectoryError("The directory was signed by another root than the one that is pinned.")
    if not directory.root.verify(directory.signature, directory.message):
        raise DirectoryError("The directory's signature does not hold: somebody changed it.")
    _check_sense(directory)


def _check_sense(directory: Directory) -> None:
    """Refuse two keys in one place, and anything but one current key where one is needed."""
    places = [one.place for one in directory.statements]
    if len(set(places)) != len(places) or directory.serial < 1:
        raise DirectoryError("The directory says two things of one key.")
    if any(len(one.public) != _SIZES[one.kind] for one in directory.statements):
        raise DirectoryError("The directory holds a key of a wrong size.")
    newest: dict[tuple[Kind, str], int] = {}
    current: dict[tuple[Kind, str], int] = {}
    for one in directory.statements:
        line = one.kind, one.name
        newest[line] = max(newest.get(line, 0), one.epoch)
        if one.status is Status.CURRENT and current.setdefault(line, one.epoch) != one.epoch:
            raise DirectoryError("The directory calls two keys of one line current.")
    if current != newest:
        raise DirectoryError("The newest key of a line must be the current one.")
    kinds = [kind for kind, _ in current]
    if any(kinds.count(kind) != 1 for kind in Kind if kind is not Kind.GROUP):
        raise DirectoryError("The directory lacks a key, or has one too many.")


@dataclass(frozen=True)
class Request:
    """What a root is asked to sign: the edition that stands (or none), and what is to be added."""

    before: Directory | None
    added: tuple[Statement, ...]

    def to_json(self) -> str:
        """Return the text of a request file."""
        value = {
            "before": json.loads(self.before.to_json()) if self.before else None,
            "statements": [one.value() for one in self.added],
            "v": VERSION,
        }
        return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote; raises `DirectoryError`."""
        try:
            value = json.loads(text)
            before = value["before"]
            return cls(
                Directory.from_json(json.dumps(before)) if before is not None else None,
                tuple(Statement.from_value(one) for one in value["statements"]),
            )
        except (ValueError, LookupError, TypeError, RecursionError):
            raise DirectoryError("The request cannot be read.") from None

    def signed(self, root: SigningKey) -> Directory:
        """Sign the next edition: what is added becomes current, earlier keys of the same line retire.

        Raises `DirectoryError` when the edition that stands is not this root's.
        """
        known: list[Statement] = []
        if self.before is not None:
            verify(self.before, fingerprint(root.verify_key))
            known = list(self.before.statements)
        lines = {(one.kind, one.name): one.epoch for one in self.added}
        kept = [
            replace(one, status=Status.RETIRED) if lines.get((one.kind, one.name), 0) > one.epoch else one
            for one in known
        ]
        serial = (self.before.serial if self.before else 0) + 1
        return sign(root, serial=serial, statements=[*kept, *self.added])
