"""Where exactly something is, sealed: anybody who edits may write it down, only the case circle reads it.

The registry is in clear and coarse on purpose; an exact position of a grave may bring the bulldozer.
"""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select

from portal.config import PublicKeys
from portal.database import PortalSession
from portal.errors import InvalidError, NotFoundError, RefusedError, UnavailableError
from portal.ledger.service import note as write_down
from portal.permissions import Group, Permission
from portal.registry.changing import changed, take
from portal.registry.looking import find
from portal.registry.models import Position, Record
from portal.registry.vocabulary import Kind
from portal.staff.actor import Actor
from portal.store import wraps
from portal.vault.seal import KEY_SIZE, Label, Sealed, context, seal, unseal

CIRCLE = Group.CASES
"""Whose key reads exact positions."""

_NORTH, _EAST, _WIDEST = 90, 180, 100_000


@dataclass(frozen=True)
class Exact:
    """A point in decimal degrees, to how many metres it is known, and how to find it on the ground."""

    latitude: float
    longitude: float
    accuracy: int | None = None
    words: str = ""

    def __post_init__(self) -> None:
        """Refuse a point that is not on the globe."""
        if not (abs(self.latitude) <= _NORTH and abs(self.longitude) <= _EAST):
            raise InvalidError("Latitudes go to 90 degrees, longitudes to 180.")
        if self.accuracy is not None and not 0 < self.accuracy <= _WIDEST:
            raise InvalidError("The accuracy is a number of metres.")


def position_of(session: PortalSession, record: Record) -> Position | None:
    """Give the row that says that there is an exact position; what it is stays sealed."""
    return session.scalar(select(Position).where(Position.record_id == record.id))


def keep_position(
    session: PortalSession,
    record_id: UUID,
    *,
    by: Actor,
    version: int,
    exact: Exact,
    keys: PublicKeys,
    note: str,
    now: datetime,
) -> Position:
    """Seal an exact position to the case circle; one that was there before is erased with its key."""
    record = take(session, record_id, by=by, version=version)
    if record.kind not in {Kind.GRAVE, Kind.PLACE}:
        raise InvalidError("Graves and places have a position.")
    if CIRCLE.value not in keys.groups:
        raise UnavailableError("The case circle has no key yet.")
    session.erase_last()
    _erase(session, record)
    row = Position(id=uuid4(), record_id=record.id, author=by.name, day=now.date())
    key = secrets.token_bytes(KEY_SIZE)
    value = {
        "accuracy": exact.accuracy,
        "latitude": f"{exact.latitude:.6f}",
        "longitude": f"{exact.longitude:.6f}",
        "words": exact.words,
    }
    row.blob = seal(key, json.dumps(value, ensure_ascii=False).encode(), _place(row))
    wraps.add(
        session,
        submission_id=record.id,
        part_id=row.id,
        key=key,
        recipients=[keys.groups[CIRCLE.value], keys.recovery],
        place=wrap_place(record.id, row.id),
        epoch_of=keys.epoch_of,
    )
    session.add(row)
    changed(session, record, by=by, note=note, now=now, act="registry.position")
    return row


def drop_position(
    session: PortalSession, record_id: UUID, *, by: Actor, version: int, note: str, now: datetime
) -> Record:
    """Erase an exact position with its key."""
    record = take(session, record_id, by=by, version=version)
    if not _erase(session, record):
        raise NotFoundError
    return changed(session, record, by=by, note=note, now=now, act="registry.position-off")


def open_position(session: PortalSession, record_id: UUID, *, by: Actor) -> Exact:
    """Open an exact position for a holder of the case circle's key; the ledger says who looked."""
    record = find(session, record_id, by=by)
    by.require(Permission.CASE_READ)
    row = position_of(session, record)
    if row is None:
        raise NotFoundError
    key = wraps.open_key(
        session, part_id=row.id, seed=by.seeds_of(CIRCLE), place=wrap_place(record.id, row.id)
    )
    if key is None:
        raise RefusedError
    write_down(session, "registry.position-look", by=by.name, subject=record.id)
    value = json.loads(unseal(key, Sealed(row.blob), _place(row)))
    return Exact(float(value["latitude"]), float(value["longitude"]), value["accuracy"], value["words"])


def may_open(by: Actor) -> bool:
    """Tell whether somebody holds the key that reads positions."""
    return by.may(Permission.CASE_READ) and bool(by.seeds.get(CIRCLE))


def wrap_place(record_id: UUID, position_id: UUID) -> bytes:
    """Return the context under which a position's key is wrapped."""
    return context(Label.WRAP_POSITION, record_id, position_id)


def _place(row: Position) -> bytes:
    return context(Label.POSITION, row.record_id, row.id)


def _erase(session: PortalSession, record: Record) -> bool:
    """Erase the row and every wrap of its key."""
    row = position_of(session, record)
    if row is None:
        return False
    for wrapped in session.keys.scalars(select(wraps.Wrap).where(wraps.Wrap.part_id == row.id)):
        session.keys.delete(wrapped)
    session.delete(row)
    session.flush()
    return True
