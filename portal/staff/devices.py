"""Devices that a person signed in on before: strangers' attempts under that person's name do not delay them.

The cookie holds a random number and a day, sealed under a key of the desk for one person and their present
passphrase. It tells nothing, opens nothing, and ends with the passphrase; the server keeps no list.
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from portal.database import PortalSession
from portal.staff.models import Staff
from portal.staff.names import fold
from portal.vault.seal import Label, Sealed, UnsealError, context, derive, seal, unseal

DAYS = 90
_NUMBER = 16
_NOBODY = UUID(int=0)


@dataclass(frozen=True)
class Devices:
    """Makes and recognises the cookies of devices; ``secret`` is the desk's own, of 32 bytes."""

    secret: bytes

    def cookie(self, person: Staff, day: date, random: Callable[[int], bytes] = secrets.token_bytes) -> str:
        """Return what a device keeps after its person has signed in."""
        known = random(_NUMBER) + day.toordinal().to_bytes(4, "big")
        return urlsafe_b64encode(seal(self._key(), known, _place(person.id, person.salt), pad=False)).decode()

    def known(self, session: PortalSession, *, name: str, cookie: str, day: date) -> str:
        """Return the device's number if it is known for this name; empty if not, after the same work."""
        wanted = fold(name)
        rows = session.execute(select(Staff.id, Staff.name, Staff.salt)).all()
        staff_id, _name, salt = next((row for row in rows if fold(row[1]) == wanted), (_NOBODY, "", b""))
        try:
            opened = unseal(self._key(), Sealed(urlsafe_b64decode(cookie)), _place(staff_id, salt))
        except (UnsealError, ValueError):
            return ""
        since = day.toordinal() - int.from_bytes(opened[_NUMBER:], "big")
        return opened[:_NUMBER].hex() if 0 <= since <= DAYS else ""

    def _key(self) -> bytes:
        return derive(self.secret, context(Label.DEVICE))


def _place(staff_id: UUID, salt: bytes) -> bytes:
    return context(Label.DEVICE, staff_id, salt)
