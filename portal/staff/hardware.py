"""Security keys of staff: added, removed, required, and asked to sign.

Each has a record that is sealed under a key from its owner's identity seed. Whoever only writes to the
database cannot add one: a row that its owner's seed does not open is not there.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from portal.database import PortalSession, pause
from portal.errors import InvalidError, NotFoundError, RefusedError, StaleError
from portal.ledger.service import note
from portal.staff import locks, webauthn
from portal.staff.actor import Actor
from portal.staff.credentials import Credentials
from portal.staff.models import BundleLock, SecurityKey, Staff
from portal.staff.webauthn import Asked, Asserted, Registered
from portal.vault.directory import canonical
from portal.vault.passphrase import KNOWN, Cost
from portal.vault.seal import Label, Sealed, UnsealError, context, derive, seal, unseal

MOST = 6
ENOUGH = 2
"""Keys at one address that must open the bundle before keys can be required: one may be lost."""

LONGEST_NAME = 60


@dataclass(frozen=True)
class Held:
    """One security key, as only its owner sees it."""

    id: UUID
    name: str
    day: date
    rp_id: str
    credential: bytes = field(repr=False)
    share: bytes = field(repr=False)
    """Its part in opening the bundle; empty where key or browser cannot give one."""
    count: int = 0
    last: bytes = b""
    """SHA-256 of the challenge that it answered last."""
    copied: bool = False
    """Its counter went back once: there may be a copy of it."""

    @property
    def opens(self) -> bool:
        """Tell whether it takes part in opening the bundle, or only vouches for its owner."""
        return bool(self.share)


@dataclass(frozen=True)
class Standing:
    """A person's security keys, and how they are used."""

    keys: Sequence[Held]
    required: bool
    strange: int
    """Rows under the person's id that are not theirs, or were damaged."""

    @property
    def may_require(self) -> bool:
        """Tell whether enough keys of one address open the bundle."""
        return not self.required and _enough(self.keys)


def _enough(keys: Iterable[Held]) -> bool:
    sites = [one.rp_id for one in keys if one.opens]
    return any(sites.count(site) >= ENOUGH for site in sites)


def _record_key(identity: bytes, staff_id: UUID) -> bytes:
    return derive(identity, context(Label.KEY_HARDWARE, staff_id))


def _sealed_record(one: Held, *, staff_id: UUID, identity: bytes) -> Sealed:
    content = {
        "copied": int(one.copied),
        "count": one.count,
        "credential": one.credential.hex(),
        "day": one.day.isoformat(),
        "last": one.last.hex(),
        "name": one.name,
        "rp": one.rp_id,
        "share": one.share.hex(),
        "v": 1,
    }
    place = context(Label.HARDWARE, staff_id, one.id, "record")
    return seal(_record_key(identity, staff_id), canonical(content), place)


def _opened_record(row: SecurityKey, identity: bytes) -> Held | None:
    place = context(Label.HARDWARE, row.staff_id, row.id, "record")
    try:
        content: Mapping[str, Any] = json.loads(
            unseal(_record_key(identity, row.staff_id), Sealed(row.record), place)
        )
    except UnsealError:
        return None
    return Held(
        id=row.id,
        name=content["name"],
        day=date.fromisoformat(content["day"]),
        rp_id=content["rp"],
        credential=bytes.fromhex(content["credential"]),
        share=bytes.fromhex(content["share"]),
        count=content["count"],
        last=bytes.fromhex(content["last"]),
        copied=bool(content["copied"]),
    )


def _rows(session: PortalSession, staff_id: UUID, *, hold: bool = False) -> Sequence[SecurityKey]:
    query = select(SecurityKey).where(SecurityKey.staff_id == staff_id).order_by(SecurityKey.id)
    return session.scalars(query.with_for_update() if hold else query).all()


def _theirs(rows: Iterable[SecurityKey], identity: bytes) -> dict[UUID, Held]:
    found = ((row.id, _opened_record(row, identity)) for row in rows)
    return {row_id: one for row_id, one in found if one is not None}


def standing(session: PortalSession, *, by: Actor) -> Standing:
    """Return the actor's security keys."""
    rows = _rows(session, by.id)
    mine = _theirs(rows, by.seed)
    required = any(row.wrap is not None for row in rows) and session.get(BundleLock, by.id) is None
    keys = sorted(mine.values(), key=lambda one: (one.day, one.name, one.id))
    return Standing(keys, required, len(rows) - len(mine))


def handle(by: Actor, rp_id: str) -> bytes:
    """Return what a security key keeps of its owner (32 B): steady, and it names nobody.

    A key that is registered once more writes over what it had, because this is the same.
    """
    return derive(by.seed, context(Label.KEY_HARDWARE, by.id, rp_id))


def locks_of(session: PortalSession, person: Staff) -> locks.Locks:
    """Return everything that may open a person's bundle."""
    alone = session.get(BundleLock, person.id)
    return locks.Locks(
        Credentials(
            person.salt, Cost(person.memory_kib, person.iterations, person.lanes), Sealed(person.bundle)
        ),
        Sealed(alone.blob) if alone is not None else None,
        {row.id: Sealed(row.wrap) for row in _rows(session, person.id) if row.wrap is not None},
    )


def open_own(session: PortalSession, *, by: Actor, passphrase: str) -> locks.Unlocked | None:
    """Open the actor's own bundle with the passphrase and what their session knows of their keys; or None.

    No security key needs to be touched. The unit of work must hold nothing unsaved: it is put aside while the
    passphrase is stretched.
    """
    person = session.get(Staff, by.id)
    if person is None:
        raise RefusedError
    kept = locks_of(session, person)
    shares = {one.id: one.share for one in _theirs(_rows(session, by.id), by.seed).values() if one.share}
    pause(session)
    unlocked = locks.unlock(kept, passphrase, staff_id=by.id, shares=shares, line=KNOWN)
    if unlocked is None or not hmac.compare_digest(unlocked.bundle.identity, by.seed):
        return None
    again = session.get(Staff, by.id, populate_existing=True, with_for_update=True)
    if again is None or not again.active:
        raise RefusedError
    if again.bundle != kept.kept.sealed:
        raise StaleError("Your keys were changed meanwhile. Look at them again.")
    return unlocked


@dataclass(frozen=True)
class _Opened:
    person: Staff
    unlocked: locks.Unlocked
    keys: dict[UUID, Held]


def _open(session: PortalSession, by: Actor, passphrase: str) -> _Opened:
    """Open the actor's own bundle to change its locks, holding their rows."""
    unlocked = open_own(session, by=by, passphrase=passphrase)
    if unlocked is None:
        raise InvalidError("This is not your passphrase.")
    keys = _theirs(_rows(session, by.id, hold=True), by.seed)
    return _Opened(session.get_one(Staff, by.id), unlocked, keys)


def relock(session: PortalSession, *, person: Staff, unlocked: locks.Unlocked, alone: bool) -> None:
    """Seal a person's bundle anew under all of their keys; ``alone``: under the passphrase by itself too.

    Whoever changes the passphrase hands in what the new one was stretched to, after setting salt and cost.
    """
    identity = unlocked.bundle.identity
    rows = _rows(session, person.id, hold=True)
    mine = _theirs(rows, identity)
    shares = {one.id: one.share for one in mine.values() if one.share}
    made = locks.lock(unlocked, staff_id=person.id, shares=shares, alone=alone)
    person.bundle = made.bundle
    for row in rows:
        row.wrap = made.keys.get(row.id)
    kept = session.get(BundleLock, person.id, with_for_update=True)
    if made.passphrase is None:
        if kept is not None:
            session.delete(kept)
    elif kept is None:
        session.add(BundleLock(staff_id=person.id, blob=made.passphrase))
    else:
        kept.blob = made.passphrase
    session.flush()


def _proven(answer: str, asked: Asked, proving: Asked) -> tuple[Registered, Asserted, bytes]:
    """Check a new key's credential and its first signature; returns both, and what the key gave with it."""
    try:
        content = json.loads(answer)
        created, proof = content["created"], json.dumps(content["proof"])
    except (ValueError, TypeError, KeyError, RecursionError):
        created, proof = None, ""
    if not isinstance(created, dict):
        raise InvalidError("The security key's answer does not hold. Try once more.")
    new = webauthn.registered(created, asked)
    signed = webauthn.asserted(proof, proving, [new.credential])
    if signed is None:
        raise InvalidError("The security key's answer does not hold. Try once more.")
    return new, signed, webauthn.output(proof)


def add(
    session: PortalSession,
    *,
    by: Actor,
    passphrase: str,
    name: str,
    answer: str,
    asked: Asked | None,
    proving: Asked | None,
    now: datetime,
) -> Held:
    """Register a security key that has just made a credential and signed with it; raises `InvalidError`.

    ``answer`` is JSON: ``created`` for ``asked``, and ``proof``, the first signature, for ``proving``. What
    the key gives is taken from the proof, so that it is known to give it when it is used.
    """
    if asked is None or proving is None:
        raise InvalidError("The security key's answer does not hold. Try once more.")
    new, signed, output = _proven(answer, asked, proving)
    opened = _open(session, by, passphrase)
    if len(opened.keys) >= MOST:
        raise InvalidError("You have as many security keys as there is room for. Remove one first.")
    if any(webauthn.id_of(one.credential) == signed.credential_id for one in opened.keys.values()):
        raise InvalidError("This security key is here already.")
    key_id = uuid4()
    one = Held(
        id=key_id,
        name=" ".join(name.split())[:LONGEST_NAME],
        day=now.date(),
        rp_id=asked.site.rp_id,
        credential=new.credential,
        share=locks.share(output, staff_id=by.id, key_id=key_id) if output else b"",
        count=signed.count,
        last=hashlib.sha256(proving.challenge).digest(),
    )
    record = _sealed_record(one, staff_id=by.id, identity=by.seed)
    session.add(SecurityKey(id=key_id, staff_id=by.id, record=record))
    session.flush()
    relock(session, person=opened.person, unlocked=opened.unlocked, alone=opened.unlocked.alone)
    note(session, "staff.add-key", by=by.name, subject=by.id)
    return one


def remove(session: PortalSession, *, by: Actor, passphrase: str, key_id: UUID) -> None:
    """Take a security key away: it signs for nobody and opens nothing any more."""
    opened = _open(session, by, passphrase)
    row = session.get(SecurityKey, key_id, with_for_update=True)
    if row is None or row.staff_id != by.id:
        raise NotFoundError
    left = [one for one in opened.keys.values() if one.id != key_id and one.opens]
    if not opened.unlocked.alone and not left:
        raise InvalidError("This is the last key that opens your keys. Let the passphrase open them first.")
    session.delete(row)
    session.flush()
    relock(session, person=opened.person, unlocked=opened.unlocked, alone=opened.unlocked.alone)
    note(session, "staff.remove-key", by=by.name, subject=by.id)


def require(session: PortalSession, *, by: Actor, passphrase: str, required: bool) -> None:
    """Let nothing but passphrase and security key together open the bundle, or the passphrase alone again."""
    opened = _open(session, by, passphrase)
    if opened.unlocked.alone is not required:
        raise StaleError("Your keys were changed meanwhile. Look at them again.")
    if required and not _enough(opened.keys.values()):
        raise InvalidError("Two security keys must be here before one can be required.")
    relock(session, person=opened.person, unlocked=opened.unlocked, alone=not required)
    note(session, "staff.require-key" if required else "staff.allow-passphrase", by=by.name, subject=by.id)


def assert_key(
    session: PortalSession, *, person: Staff, identity: bytes, answer: str, asked: Asked | None
) -> bool:
    """Tell whether one of the person's security keys signed what they were asked, and remember its counter.

    For signing in, where the passphrase has just given ``identity``, and for any further confirmation, where
    the session has it. A counter that goes back is refused, and the ledger says so: there may be a copy.
    """
    rows = {row.id: row for row in _rows(session, person.id, hold=True)}
    if asked is None:
        return False
    mine = [one for one in _theirs(rows.values(), identity).values() if one.rp_id == asked.site.rp_id]
    signed = webauthn.asserted(answer, asked, [one.credential for one in mine])
    if signed is None:
        return False
    used = next(one for one in mine if webauthn.id_of(one.credential) == signed.credential_id)
    last = hashlib.sha256(asked.challenge).digest()
    if hmac.compare_digest(used.last, last):
        return False
    went_back = bool(signed.count or used.count) and signed.count <= used.count
    seen = replace(used, copied=True) if went_back else replace(used, count=signed.count, last=last)
    rows[used.id].record = _sealed_record(seen, staff_id=person.id, identity=identity)
    if went_back:
        note(session, "staff.key-copied", by=person.name, subject=person.id)
    return not went_back


def confirm(session: PortalSession, *, by: Actor, answer: str, asked: Asked | None) -> bool:
    """Tell whether the person who acts has just used a security key of theirs; the ledger says so."""
    person = session.get(Staff, by.id, with_for_update=True)
    if person is None or not person.active:
        raise RefusedError
    if not assert_key(session, person=person, identity=by.seed, answer=answer, asked=asked):
        return False
    note(session, "staff.confirm", by=by.name, subject=by.id)
    return True
