"""A person's sealed bundle: made from a passphrase once; `locks` opens it."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self
from uuid import UUID

from portal.permissions import Group
from portal.vault import totp
from portal.vault.passphrase import SIGNING_IN, Cost, Line, derive_key
from portal.vault.seal import Label, Sealed, context, derive, seal
from portal.vault.wrap import new_seed, public_key

_SEED, _SIGNING = 32, 64
SALT_SIZE = 16


@dataclass(frozen=True)
class Bundle:
    """What a passphrase opens: identity seed (32 B), signing seeds (64 B), the second factor's secret."""

    identity: bytes = field(repr=False)
    signing: bytes = field(repr=False)
    totp_secret: bytes = field(repr=False)

    def packed(self) -> bytes:
        """Return the fixed layout: identity, signing, second factor."""
        return self.identity + self.signing + self.totp_secret

    @classmethod
    def unpacked(cls, packed: bytes) -> Self:
        """Read what `packed` wrote."""
        return cls(packed[:_SEED], packed[_SEED : _SEED + _SIGNING], packed[_SEED + _SIGNING :])

    @property
    def public_key(self) -> bytes:
        """The key that groups are wrapped to."""
        return public_key(self.identity)


@dataclass(frozen=True)
class Credentials:
    """What is kept of a person's secrets: useless without the passphrase."""

    salt: bytes
    cost: Cost
    sealed: Sealed


def new_bundle(random: Callable[[int], bytes] = secrets.token_bytes) -> Bundle:
    """Make a person's keys and second-factor secret."""
    return Bundle(new_seed(random), random(_SIGNING), totp.new_secret(random))


def _key(passphrase: str, salt: bytes, cost: Cost, staff_id: UUID, line: Line) -> bytes:
    return derive(derive_key(passphrase, salt, cost, line), context(Label.KEK, staff_id))


def lock(
    bundle: Bundle, passphrase: str, *, staff_id: UUID, cost: Cost, salt: bytes, line: Line = SIGNING_IN
) -> Credentials:
    """Seal the bundle under the passphrase (Argon2id, then HKDF), bound to the person."""
    key = _key(passphrase, salt, cost, staff_id, line)
    return Credentials(salt, cost, seal(key, bundle.packed(), context(Label.BUNDLE, staff_id)))


def group_place(staff_id: UUID, group: Group, epoch: int = 1) -> bytes:
    """Return the context that binds a wrapped group key to the person, the group and its epoch.

    The first epoch is not named, because keys were wrapped before there was a second.
    """
    later = (epoch,) if epoch > 1 else ()
    return context(Label.WRAP_GROUP, staff_id, group.value, *later)
