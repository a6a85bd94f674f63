"""Whether a recipient that was typed in words is a body on the list, which has to be asked about by name."""

from uuid import UUID

from portal.database import PortalSession
from portal.errors import InvalidError, StaleError
from portal.intake import receivers
from portal.intake.models import Receiver
from portal.registry.names import fold
from portal.release.models import Release

_LONG = 8
"""Letters from which a name is found also where its words are joined, or parted, otherwise."""


def named(session: PortalSession, recipient: str) -> list[Receiver]:
    """Return the bodies on the list that a text names in either language, however it spells them."""
    text = fold(recipient)
    present = receivers.present(session)
    return [one for one in present if _stands(one.name_fa, text) or _stands(one.name_en, text)]


def _stands(name: str, text: str) -> bool:
    words = fold(name)
    joined = words.replace(" ", "")
    whole = bool(words) and f" {words} " in f" {text} "
    return whole or (len(joined) >= _LONG and joined in text.replace(" ", ""))


def check(session: PortalSession, recipient: str, receiver: UUID | None) -> None:
    """Refuse a text that names a body on the list, if it is not the one that was chosen there."""
    others = [one for one in named(session, recipient) if one.id != receiver]
    if others and receiver is None:
        raise InvalidError(
            "This body is in the list; choose it there, so that its accounts are asked by name."
        )
    if others:
        raise InvalidError("A release goes to one body: name no other of the list here.")


def hold(session: PortalSession, row: Release) -> None:
    """See that a body may still receive, and that one typed in words did not come onto the list meanwhile."""
    if row.receiver_id is not None:
        receivers.find(session, row.receiver_id)
    if any(one.id != row.receiver_id for one in named(session, row.recipient)):
        raise StaleError(
            "Who is to receive it stands in the list of bodies by now. It has to be asked for anew."
        )
