"""What opens a person's bundle: the passphrase, or the passphrase together with one of their security keys.

Without security keys the bundle is sealed under the passphrase's own key (`credentials.lock`). From the first
one that can open it, it is under a key of its own, which is sealed in turn: under the passphrase alone, and
under the passphrase mixed with what one security key gives (WebAuthn's PRF extension), once for each of them.
Leaving the first of these away makes security keys required: then no passphrase opens anything by itself.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from portal.staff.credentials import Bundle, Credentials
from portal.vault import passphrase as passphrases
from portal.vault.passphrase import SIGNING_IN, Line
from portal.vault.seal import KEY_SIZE, Label, Sealed, UnsealError, context, derive, seal, unseal


@dataclass(frozen=True)
class Locks:
    """Everything kept that can open one person's bundle."""

    kept: Credentials
    passphrase: Sealed | None = None
    keys: Mapping[UUID, Sealed] = field(default_factory=dict)
    """The bundle's key for each security key that opens it, by the id of its row."""


@dataclass(frozen=True)
class Unlocked:
    """An opened bundle, and the stretched passphrase (64 B) that new locks are made with."""

    bundle: Bundle
    stretched: bytes = field(repr=False)
    alone: bool = True
    """The passphrase opened it by itself."""


@dataclass(frozen=True)
class Locked:
    """A bundle, and where it is under a key of its own, that key under each of its locks."""

    bundle: Sealed
    passphrase: Sealed | None
    keys: Mapping[UUID, Sealed]


def salt(rp_id: str) -> bytes:
    """Return what the security keys of a site are asked with (PRF input): one for all, so it names nobody."""
    return context(Label.HARDWARE_SALT, rp_id)


def share(output: bytes, *, staff_id: UUID, key_id: UUID) -> bytes:
    """Return a security key's part (32 B) in opening a bundle, from its PRF output (32 B)."""
    return derive(output, context(Label.HARDWARE, staff_id, key_id))


def _alone(stretched: bytes, staff_id: UUID) -> bytes:
    return derive(stretched, context(Label.KEK, staff_id))


def _together(stretched: bytes, part: bytes, staff_id: UUID, key_id: UUID) -> bytes:
    return derive(stretched + part, context(Label.KEK, staff_id, key_id))


def unlock(
    locks: Locks,
    passphrase: str,
    *,
    staff_id: UUID,
    output: bytes = b"",
    shares: Mapping[UUID, bytes] | None = None,
    line: Line = SIGNING_IN,
) -> Unlocked | None:
    """Open the bundle, or return None when passphrase and security key do not; Argon2id runs once either way.

    ``output`` is the PRF output of a security key, ``shares`` are the parts that an open session knows.
    """
    stretched = passphrases.derive_key(passphrase, locks.kept.salt, locks.kept.cost, line)
    parts = dict(shares or {})
    if output:
        parts |= {key_id: share(output, staff_id=staff_id, key_id=key_id) for key_id in locks.keys}
    place = context(Label.BUNDLE, staff_id)
    for key, alone in _keys(locks, stretched, staff_id, parts):
        for packed in _opened(key, locks.kept.sealed, place):
            return Unlocked(Bundle.unpacked(packed), stretched, alone)
    return None


def _keys(
    locks: Locks, stretched: bytes, staff_id: UUID, parts: Mapping[UUID, bytes]
) -> Iterator[tuple[bytes, bool]]:
    """Give every key that may open the bundle, and whether it took the passphrase alone."""
    own = _alone(stretched, staff_id)
    yield own, True
    if locks.passphrase is not None:
        for key in _opened(own, locks.passphrase, context(Label.BUNDLE_KEY, staff_id)):
            yield key, True
    for key_id, wrap in locks.keys.items():
        if key_id in parts:
            under = _together(stretched, parts[key_id], staff_id, key_id)
            for key in _opened(under, wrap, context(Label.BUNDLE_KEY, staff_id, key_id)):
                yield key, False


def _opened(key: bytes, sealed: Sealed, place: bytes) -> list[bytes]:
    try:
        return [unseal(key, sealed, place)]
    except UnsealError:
        return []


def lock(
    opened: Unlocked,
    *,
    staff_id: UUID,
    shares: Mapping[UUID, bytes],
    alone: bool,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> Locked:
    """Seal the bundle under a fresh key, that key under each security key, and if ``alone`` the passphrase.

    Without a share the passphrase's own key seals it. What earlier locks gave opens nothing any more.
    """
    own, place = _alone(opened.stretched, staff_id), context(Label.BUNDLE, staff_id)
    if not shares:
        return Locked(seal(own, opened.bundle.packed(), place), None, {})
    key = random(KEY_SIZE)
    return Locked(
        bundle=seal(key, opened.bundle.packed(), place),
        passphrase=_sealed(own, key, staff_id) if alone else None,
        keys={
            key_id: _sealed(_together(opened.stretched, part, staff_id, key_id), key, staff_id, key_id)
            for key_id, part in shares.items()
        },
    )


def _sealed(under: bytes, key: bytes, *place: UUID) -> Sealed:
    return seal(under, key, context(Label.BUNDLE_KEY, *place), pad=False)
