"""What people do with their own passphrase: prove it once more, and change it."""

import hmac
import secrets
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from portal.database import PortalSession, pause
from portal.errors import InvalidError, RefusedError, StaleError
from portal.ledger.service import note
from portal.staff.actor import Actor
from portal.staff.credentials import SALT_SIZE, Bundle, Credentials, lock, unlock
from portal.staff.models import Staff
from portal.vault import totp
from portal.vault.passphrase import KNOWN, Cost, normalise
from portal.vault.seal import Sealed


def _kept(session: PortalSession, staff_id: UUID) -> Credentials:
    person = session.get_one(Staff, staff_id)
    cost = Cost(person.memory_kib, person.iterations, person.lanes)
    return Credentials(person.salt, cost, Sealed(person.bundle))


def _opened(kept: Credentials, passphrase: str, by: Actor) -> Bundle | None:
    bundle = unlock(kept, passphrase, staff_id=by.id, line=KNOWN)
    return bundle if bundle is not None and hmac.compare_digest(bundle.identity, by.seed) else None


def _again(session: PortalSession, by: Actor, kept: Credentials) -> Staff:
    """Return the person's row, locked, unless it changed while the passphrase was stretched."""
    person = session.get(Staff, by.id, populate_existing=True, with_for_update=True)
    if person is None or not person.active:
        raise RefusedError
    if person.salt != kept.salt:
        raise StaleError("Your passphrase was changed a moment ago. Sign in with the new one.")
    return person


def prove(session: PortalSession, *, by: Actor, passphrase: str) -> bool:
    """Tell whether this is the passphrase of the person who acts; the ledger says that it was asked for.

    The unit of work must hold nothing unsaved: it is put aside while the passphrase is stretched.
    """
    kept = _kept(session, by.id)
    pause(session)
    if _opened(kept, passphrase, by) is None:
        return False
    _again(session, by, kept)
    note(session, "staff.confirm", by=by.name, subject=by.id)
    return True


def change(
    session: PortalSession,
    *,
    by: Actor,
    passphrase: str,
    code: str,
    new: str,
    cost: Cost,
    now: datetime,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> Staff | None:
    """Seal the person's bundle under a new passphrase and a fresh salt; None when what was shown is wrong.

    ``new`` was drawn or has been checked (`passphrases.check`). Every session that the old one opened ends,
    because sessions carry a mark of the salt.
    """
    if normalise(new) == normalise(passphrase):
        raise InvalidError("This is your present passphrase. Choose another one.")
    kept = _kept(session, by.id)
    pause(session)
    bundle = _opened(kept, passphrase, by)
    if bundle is None:
        return None
    sealed = lock(bundle, new, staff_id=by.id, cost=cost, salt=random(SALT_SIZE), line=KNOWN)
    person = _again(session, by, kept)
    counter = totp.accept(bundle.totp_secret, code, now, person.totp_counter)
    if counter is None:
        return None
    person.totp_counter = counter
    person.salt, person.bundle = sealed.salt, sealed.sealed
    person.memory_kib, person.iterations, person.lanes = cost.memory_kib, cost.iterations, cost.lanes
    note(session, "staff.passphrase", by=by.name, subject=by.id)
    return person
