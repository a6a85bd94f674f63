"""Founding an instance: its keys, its first people; every secret is returned once and kept nowhere in clear.

The recovery key's private half, unless a ceremony made it elsewhere, and the founders' passphrases leave with
the caller. The groups' seeds exist only wrapped to founders, and to the recovery key in the sealed file
``recovery-groups``.
"""

import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from portal.config import PublicKeys, Settings
from portal.database import Database, PortalSession
from portal.errors import InvalidError
from portal.ledger.checkpoint import Signer
from portal.ledger.service import note
from portal.permissions import MAY_HOLD, Group, Role
from portal.staff import service
from portal.staff.credentials import Bundle, new_bundle
from portal.vault.passphrase import Cost, generate
from portal.vault.seal import Label, context
from portal.vault.sign import SigningKey
from portal.vault.words import word_list
from portal.vault.wrap import new_seed, public_key, wrap

PRIVATE = 0o600
LEDGER_KEY, WEB_KEY, PUBLIC_KEYS = "ledger.key", "web.key", "public-keys.json"
RECOVERY_GROUPS = "recovery-groups"


@dataclass(frozen=True)
class Founder:
    """One of the first people: what they need to sign in, shown once."""

    name: str
    role: Role
    passphrase: str = field(repr=False)
    bundle: Bundle = field(repr=False)


@dataclass(frozen=True)
class Secrets:
    """What founding made that must leave the machine, or be handed to people.

    ``recovery_seed`` is None when the recovery key was made in a ceremony: then it was never here.
    """

    recovery_seed: bytes | None = field(repr=False)
    group_seeds: Mapping[Group, bytes] = field(repr=False)


def _write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(descriptor, "wb") as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())


def recovery_place() -> bytes:
    """Return the context under which the groups' seeds are wrapped to the recovery key."""
    return context(Label.WRAP_RECOVERY, "groups")


def make_keys(instance: Path, *, origin: str, recovery: bytes | None = None) -> tuple[PublicKeys, Secrets]:
    """Make an instance's keys in its folder; refuses to touch keys that are already there.

    ``recovery`` is the public key of a recovery key made in a ceremony; without it one is drawn here.
    """
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (instance / PUBLIC_KEYS).exists():
        raise InvalidError("This folder is an instance already. Its keys are not made twice.")
    log, seeds = SigningKey.generate(), {group: new_seed() for group in Group}
    drawn = None
    if recovery is None:
        drawn = new_seed()
        recovery = public_key(drawn)
    keys = PublicKeys(
        recovery=recovery,
        groups={group.value: public_key(seed) for group, seed in seeds.items()},
        ledger_ed25519=log.ed25519_public,
        ledger_mldsa44=log.mldsa44_public,
        receipt_salt=secrets.token_bytes(16),
        origin=origin,
    )
    packed = b"".join(seeds[group] for group in Group)
    wrapped = wrap(keys.recovery, packed, recovery_place())
    _write_private(instance / LEDGER_KEY, log.seeds)
    _write_private(instance / WEB_KEY, secrets.token_bytes(32))
    _write_private(instance / RECOVERY_GROUPS, wrapped)
    _write_private(instance / PUBLIC_KEYS, keys.to_json().encode())
    return keys, Secrets(drawn, seeds)


def founder(name: str, role: Role, language: str = "en") -> Founder:
    """Draw a founder's keys and passphrase."""
    return Founder(name, role, generate(word_list(language)), new_bundle())


def enrol_founders(
    session: PortalSession, founders: Iterable[Founder], made: Secrets, *, cost: Cost, now: datetime
) -> None:
    """Add the first people and hand them the group keys that their roles may hold."""
    for one in founders:
        person = service.enrol(
            session,
            name=one.name,
            role=one.role,
            bundle=one.bundle,
            passphrase=one.passphrase,
            cost=cost,
            now=now,
        )
        session.flush()
        for group in sorted(MAY_HOLD[one.role]):
            service.hold(
                session, person=person, group=group, seed=made.group_seeds[group], by="founding", now=now
            )
    note(session, "instance.found", by="founding")


def found(
    database: Database, founders: Iterable[Founder], made: Secrets, *, cost: Cost, now: datetime
) -> None:
    """Enrol the founders in one transaction."""
    with database.session(write=True) as session:
        enrol_founders(session, founders, made, cost=cost, now=now)


def read_signer(settings: Settings) -> Signer:
    """Return the log's signing key; only the process that signs heads can read its file."""
    seeds = (settings.instance / LEDGER_KEY).read_bytes()
    return Signer(settings.public_keys.origin, SigningKey.from_seeds(seeds))


def printed(seed: bytes) -> str:
    """Write a 32-byte seed for paper: eight groups of eight hexadecimal digits."""
    digits = seed.hex()
    return " ".join(digits[start : start + 8] for start in range(0, len(digits), 8))
