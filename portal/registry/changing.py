"""What every change of a record has in common: leave, the version that was looked at, the history."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from portal.errors import NotFoundError, StaleError
from portal.ledger.service import note as write_down
from portal.permissions import Permission
from portal.registry import history
from portal.registry.looking import visible
from portal.registry.models import Record
from portal.staff.actor import Actor


def take(session: Session, record_id: UUID, *, by: Actor, version: int) -> Record:
    """Lock a record for a change, if it still is the version that was looked at."""
    by.require(Permission.REGISTRY_EDIT)
    query = visible(by).where(Record.id == record_id).with_for_update(of=Record)
    record = session.scalar(query.execution_options(populate_existing=True))
    if record is None:
        raise NotFoundError
    if record.version != version:
        raise StaleError
    record.version += 1
    return record


def changed(session: Session, record: Record, *, by: Actor, note: str, now: datetime, act: str) -> Record:
    """Keep a change that was made to a record that was taken."""
    history.keep(session, record, author=by.name, note=note, now=now)
    write_down(session, act, by=by.name, subject=record.id, detail={"version": str(record.version)})
    return record


def may_restrict(by: Actor, *, restricted: bool) -> None:
    """Let those alone restrict a thing, or open it again, who can read it afterwards."""
    if restricted:
        by.require(Permission.REGISTRY_RESTRICTED)
