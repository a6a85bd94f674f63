"""The bodies that this instance may hand accounts to: a list that administrators keep, each a use of its own.

What a source was shown must stay readable as it was: a body is never renamed or deleted, it is ended and
another one added. Whether it may receive an account, `consent.permits` says.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select

from portal.database import PortalSession
from portal.errors import InvalidError, NotFoundError, StaleError
from portal.intake import consent
from portal.intake.models import Answer, Consent, Receiver, Use
from portal.ledger.recorder import lock
from portal.ledger.service import note
from portal.permissions import Permission
from portal.staff.actor import Actor

TOGETHER, ROOM, ROW = 10, 4_000, 480
"""Bodies asked about on one page, the bytes that they have there, and those of each beside its words.

The list has no end; a page has, so that it stays light and can be overseen.
"""

NAME, ABOUT = 80, 90
"""Letters of a name, and of what a body is."""


@dataclass(frozen=True)
class Described:
    """A body in both languages, as an administrator writes it."""

    name_fa: str
    name_en: str
    about_fa: str
    about_en: str

    def checked(self) -> "Described":
        """Return it without surplus spaces; `InvalidError` says what is missing or too long."""
        texts = [" ".join(one.split()) for one in (self.name_fa, self.name_en, self.about_fa, self.about_en)]
        if not all(texts):
            raise InvalidError("Give the name and what the body is, in Persian and in English.")
        if any(len(one) > NAME for one in texts[:2]) or any(len(one) > ABOUT for one in texts[2:]):
            raise InvalidError("A name has 80 letters at most, what a body is 90.")
        return Described(*texts)


def every(session: PortalSession) -> Sequence[Receiver]:
    """Return all bodies, also those that ended, in the order in which they came."""
    query = select(Receiver).order_by(Receiver.number)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def present(session: PortalSession) -> Sequence[Receiver]:
    """Return the bodies that may receive accounts now."""
    return [one for one in every(session) if one.ended is None]


def lots(bodies: Sequence[Receiver]) -> Sequence[Sequence[Receiver]]:
    """Part bodies into those that are asked about on one page, in their order; the same in every language."""
    found: list[list[Receiver]] = [[]]
    room = ROOM
    for one in bodies:
        words = ((one.name_fa, one.about_fa), (one.name_en, one.about_en))
        weight = ROW + max(len("".join(pair).encode()) for pair in words)
        if found[-1] and (len(found[-1]) == TOGETHER or weight > room):
            found.append([])
            room = ROOM
        found[-1].append(one)
        room -= weight
    return found


def find(session: PortalSession, receiver_id: UUID) -> Receiver:
    """Return one body that may receive accounts now; `StaleError` when it has ended."""
    found = session.get(Receiver, receiver_id, populate_existing=True)
    if found is None:
        raise NotFoundError
    if found.ended is not None:
        raise StaleError("This body is no longer on the list.")
    return found


def listing(session: PortalSession, *, by: Actor) -> Sequence[Receiver]:
    """Show staff the whole list, those that may receive first."""
    by.require(Permission.RELEASE_SEE)
    return sorted(every(session), key=lambda one: one.ended is not None)


def add(session: PortalSession, *, by: Actor, described: Described, now: datetime) -> Receiver:
    """Put a body on the list; whoever answered before is asked first."""
    by.require(Permission.RECEIVER_KEEP)
    told = described.checked()
    lock(session.connection())  # two who add at once must not add one body twice
    known = every(session)
    current = [one for one in known if one.ended is None]
    if any(told.name_fa == one.name_fa or told.name_en == one.name_en for one in current):
        raise InvalidError("A body of this name is on the list already.")
    row = Receiver(
        id=uuid4(),
        number=len(known) + 1,
        name_fa=told.name_fa,
        name_en=told.name_en,
        about_fa=told.about_fa,
        about_en=told.about_en,
        added=now.date(),
        added_name=by.name,
    )
    session.add(row)
    note(session, "receiver.add", by=by.name, subject=row.id)
    return row


def end(session: PortalSession, *, by: Actor, receiver_id: UUID, now: datetime) -> Receiver:
    """Take a body off the list: nothing is handed to it from now on. Its row, and what was decided, stay."""
    by.require(Permission.RECEIVER_KEEP)
    lock(session.connection())
    row = find(session, receiver_id)
    row.ended, row.ended_name = now.date(), by.name
    note(session, "receiver.end", by=by.name, subject=row.id)
    return row


def answers(session: PortalSession, decisions: Iterable[Consent]) -> Sequence[tuple[Receiver, Answer]]:
    """Return what a source's decisions say today of each body on the list."""
    made = list(decisions)
    return [
        (one, consent.current(made, on=session.today, receiver=one.id)[Use.SHARE]) for one in present(session)
    ]
