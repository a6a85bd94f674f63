"""What people do with their own passphrase: prove it once more, and change it."""

import secrets
from collections.abc import Callable
from datetime import datetime

from portal.database import PortalSession, pause
from portal.errors import InvalidError
from portal.ledger.service import note
from portal.staff import hardware
from portal.staff.actor import Actor
from portal.staff.credentials import SALT_SIZE
from portal.staff.locks import Unlocked
from portal.staff.models import Staff
from portal.vault import totp
from portal.vault.passphrase import KNOWN, Cost, derive_key, normalise


def prove(session: PortalSession, *, by: Actor, passphrase: str) -> bool:
    """Tell whether this is the passphrase of the person who acts; the ledger says that they proved it.

    The unit of work must hold nothing unsaved: it is put aside while the passphrase is stretched.
    """
    if hardware.open_own(session, by=by, passphrase=passphrase) is None:
        return False
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
    because sessions carry a mark of the salt; security keys open what they opened. The unit of work must hold
    nothing unsaved: it is put aside while the passphrases are stretched.
    """
    if normalise(new) == normalise(passphrase):
        raise InvalidError("This is your present passphrase. Choose another one.")
    salt = random(SALT_SIZE)
    pause(session)
    stretched = derive_key(new, salt, cost, KNOWN)
    opened = hardware.open_own(session, by=by, passphrase=passphrase)
    if opened is None:
        return None
    person = session.get_one(Staff, by.id)
    counter = totp.accept(opened.bundle.totp_secret, code, now, person.totp_counter)
    if counter is None:
        return None
    person.totp_counter = counter
    person.salt = salt
    person.memory_kib, person.iterations, person.lanes = cost.memory_kib, cost.iterations, cost.lanes
    renewed = Unlocked(opened.bundle, stretched, alone=opened.alone)
    hardware.relock(session, person=person, unlocked=renewed, alone=opened.alone)
    note(session, "staff.passphrase", by=by.name, subject=by.id)
    return person
