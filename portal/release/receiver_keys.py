"""The age keys of the bodies on the list of receivers: what is handed out to one opens with its key alone."""

from datetime import datetime
from uuid import UUID

from portal.database import PortalSession
from portal.errors import InvalidError
from portal.intake import receivers
from portal.intake.models import Receiver
from portal.ledger.service import note
from portal.permissions import Permission
from portal.staff.actor import Actor
from portal.vault import age
from portal.vault.directory import printed


def give_key(
    session: PortalSession, *, by: Actor, receiver_id: UUID, typed: str, compared: str, now: datetime
) -> Receiver:
    """Enter the key of a body; `compared` is its fingerprint as the body says it in another way.

    `InvalidError` for what is no age recipient, and for a fingerprint that is not this key's. An earlier key
    is replaced: what was handed out before opens with that one still.
    """
    by.require(Permission.RECEIVER_KEEP)
    key = age.recipient(typed)
    if "".join(compared.split()).lower() != age.fingerprint(key):
        raise InvalidError("This fingerprint is not the one of this key. Ask the body for both once more.")
    row = receivers.find(session, receiver_id)
    row.age, row.age_day, row.age_name = key, now.date(), by.name
    note(session, "receiver.key", by=by.name, subject=row.id, detail={"age": age.fingerprint(key)})
    return row


def shown_fingerprint(row: Receiver) -> str:
    """Return the fingerprint of a body's key in groups of four; empty without a key."""
    return printed(age.fingerprint(row.age)) if row.age else ""
