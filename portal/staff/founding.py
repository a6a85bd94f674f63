"""Founding an instance: its keys, its first people; every secret is returned once and kept nowhere in clear.

The recovery key's private half, unless a ceremony made it elsewhere, and the founders' passphrases leave with
the caller. The groups' seeds exist only wrapped to founders, and to the recovery key in the sealed file
``recovery-groups``.
"""

import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from portal.config import PublicKeys, Settings
from portal.database import Database, PortalSession
from portal.errors import InvalidError, UnavailableError
from portal.ledger.checkpoint import Signer
from portal.ledger.service import note
from portal.ledger.tags import ENTRY_KEY
from portal.permissions import MAY_HOLD, USUAL, Group, Role
from portal.staff import service
from portal.staff.credentials import Bundle, new_bundle
from portal.staff.models import EpochState, GroupEpoch
from portal.store.directory import DIRECTORY, FINGERPRINT
from portal.vault.directory import Kind, Request, Statement, fingerprint
from portal.vault.directory import printed as printed_digits
from portal.vault.passphrase import Cost, generate
from portal.vault.seal import Label, context
from portal.vault.sheet import read as read_seed
from portal.vault.sheet import written
from portal.vault.sign import SigningKey, VerifyKey
from portal.vault.words import word_list
from portal.vault.wrap import new_seed, public_key, wrap

PRIVATE = 0o600
_SEED = 32
LEDGER_KEY, WEB_KEY, REQUEST = "ledger.key", "web.key", "directory.request.json"
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
    root_seeds: bytes = field(repr=False, default=b"")
    """Both seeds of the root that was made in this run; none where the root is kept elsewhere."""


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that only its owner can read, and bring it to the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(descriptor, "wb") as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())


def recovery_place() -> bytes:
    """Return the context under which the groups' first seeds are wrapped to the recovery key."""
    return context(Label.WRAP_RECOVERY, "groups")


def make_keys(
    instance: Path,
    *,
    origin: str,
    recovery: bytes | None = None,
    root: VerifyKey | None = None,
    today: date | None = None,
) -> tuple[PublicKeys, Secrets]:
    """Make an instance's keys in its folder; refuses to touch keys that are already there.

    ``recovery`` is the public key of a recovery key made in a ceremony; without it one is drawn here.
    Without ``root`` one is made, signs the directory, and leaves with the caller. With it, only a request
    for its signature is written; the faces do not start before `portal directory install`.
    """
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any((instance / name).exists() for name in (LEDGER_KEY, DIRECTORY)):
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
        epochs={group.value: 1 for group in Group},
        former={group.value: {} for group in Group},
    )
    write_private(instance / LEDGER_KEY, log.seeds)
    write_private(instance / WEB_KEY, secrets.token_bytes(32))
    write_private(instance / ENTRY_KEY, secrets.token_bytes(32))
    packed = b"".join(seeds[group] for group in Group)
    write_private(instance / RECOVERY_GROUPS, wrap(keys.recovery, packed, recovery_place()))
    own = SigningKey.generate() if root is None else None
    write_directory(instance, keys, own or root, day=today or datetime.now(UTC).date())
    return keys, Secrets(drawn, seeds, own.seeds if own else b"")


def statements_of(keys: PublicKeys, day: date) -> tuple[Statement, ...]:
    """Return what a directory says at the founding: every key, in its first epoch."""
    ledger = keys.ledger_ed25519 + keys.ledger_mldsa44
    return (
        *(Statement(Kind.GROUP, name, 1, public, day) for name, public in sorted(keys.groups.items())),
        Statement(Kind.RECOVERY, "recovery", 1, keys.recovery, day),
        Statement(Kind.LEDGER, keys.origin, 1, ledger, day),
        Statement(Kind.RECEIPTS, "receipts", 1, keys.receipt_salt, day),
    )


def write_directory(
    instance: Path, keys: PublicKeys, root: SigningKey | VerifyKey | None, *, day: date
) -> None:
    """Write the first directory, signed where the root's private half is given; else a request for it."""
    request = Request(None, statements_of(keys, day))
    if isinstance(root, SigningKey):
        write_private(instance / DIRECTORY, request.signed(root).to_json().encode())
        public = root.verify_key
    elif root is not None:
        write_private(instance / REQUEST, request.to_json().encode())
        public = root
    else:
        raise InvalidError("A directory needs a root.")
    write_private(instance / FINGERPRINT, printed_digits(fingerprint(public)).encode())


def adopt(instance: Path, root: VerifyKey, *, day: date) -> Path:
    """Write a request for the first signature over an instance of before the directory; returns its path.

    What stands in ``public-keys.json`` is taken as it is: compare it with the copy that was kept elsewhere.
    """
    if (instance / DIRECTORY).exists():
        raise InvalidError("This instance has a signed directory already.")
    try:
        old = json.loads((instance / "public-keys.json").read_text(encoding="utf-8"))
        keys = PublicKeys(
            recovery=bytes.fromhex(old["recovery"]),
            groups={name: bytes.fromhex(key) for name, key in old["groups"].items()},
            ledger_ed25519=bytes.fromhex(old["ledger_ed25519"]),
            ledger_mldsa44=bytes.fromhex(old["ledger_mldsa44"]),
            receipt_salt=bytes.fromhex(old["receipt_salt"]),
            origin=old["origin"],
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        raise UnavailableError("public-keys.json is missing or damaged.") from None
    write_directory(instance, keys, root, day=day)
    return instance / REQUEST


def founder(name: str, role: Role, language: str = "en") -> Founder:
    """Draw a founder's keys and passphrase."""
    return Founder(name, role, generate(word_list(language)), new_bundle())


def enrol_founders(
    session: PortalSession,
    founders: Iterable[Founder],
    made: Secrets,
    *,
    cost: Cost,
    now: datetime,
) -> None:
    """Add the first people and hand them keys: the usual ones of their roles, and to leads every one.

    Somebody must hold each key from the start, or nobody could hand it on.
    """
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
        for group in sorted((MAY_HOLD if one.role is Role.LEAD else USUAL)[one.role]):
            service.hold(
                session, person=person, group=group, seed=made.group_seeds[group], by="founding", now=now
            )
    for group, seed in sorted(made.group_seeds.items()):
        public, day = public_key(seed), now.date()
        first = GroupEpoch(group=group, epoch=1, public_key=public, day=day, made_by="founding")
        first.state = EpochState.CURRENT
        session.add(first)
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
    """Write a secret for paper: groups of eight hexadecimal digits."""
    digits = seed.hex()
    return " ".join(digits[start : start + 8] for start in range(0, len(digits), 8))


def sheet(root: SigningKey) -> tuple[str, str]:
    """Write a root's private sheet: two lines, one for each seed."""
    first, second = (" ".join(written(one)) for one in (root.seeds[:_SEED], root.seeds[_SEED:]))
    return first, second


def read_sheet(typed: str) -> SigningKey:
    """Read both lines of what `sheet` wrote, however they are spaced; raises `InvalidError`."""
    digits = "".join(typed.split())
    half = len(digits) // 2
    return SigningKey.from_seeds(b"".join(read_seed(one) for one in (digits[:half], digits[half:])))
