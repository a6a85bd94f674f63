"""What staff can do with the registry; the one door to it for the rest of the product."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from portal.errors import InvalidError
from portal.ledger.service import note as write_down
from portal.permissions import Permission
from portal.registry import facts as kept
from portal.registry import history, writing
from portal.registry.changing import changed, take
from portal.registry.concluding import conclude, decided, reopen
from portal.registry.looking import (
    Near,
    Shelf,
    browse,
    difference,
    find,
    place_of,
    places,
    readable,
    revisions,
    search,
    several,
    sources,
    visible,
)
from portal.registry.models import Record
from portal.registry.records import KIND_OF, Cite, Facts, Spelling
from portal.registry.stating import (
    add_source,
    edit_source,
    relate,
    restate,
    retie,
    retract,
    state,
    untie,
)
from portal.registry.vocabulary import Kind
from portal.staff.actor import Actor

__all__ = [
    "Near",
    "Shelf",
    "add",
    "add_source",
    "browse",
    "conclude",
    "decided",
    "difference",
    "edit",
    "edit_source",
    "find",
    "place_of",
    "places",
    "readable",
    "relate",
    "reopen",
    "restate",
    "retie",
    "retract",
    "revisions",
    "search",
    "several",
    "sources",
    "state",
    "untie",
    "visible",
]

_DEPTH = 12


def add(
    session: Session,
    *,
    by: Actor,
    names: Sequence[Spelling],
    facts: Facts,
    note: str,
    now: datetime,
    restricted: bool = False,
    cites: Sequence[Cite] = (),
) -> Record:
    """Add a record, its facts resting on ``cites``; a restricted one only by who may see it afterwards."""
    by.require(Permission.REGISTRY_EDIT)
    if restricted:
        by.require(Permission.REGISTRY_RESTRICTED)
    record = writing.make(
        session, author=by.name, spellings=names, facts=facts, now=now, restricted=restricted
    )
    kept.cite_facts(record, kept.told(facts), cites)
    _locate(session, record, by)
    history.keep(session, record, author=by.name, note=note, now=now)
    write_down(session, "registry.add", by=by.name, subject=record.id)
    return record


def edit(
    session: Session,
    record_id: UUID,
    *,
    by: Actor,
    version: int,
    names: Sequence[Spelling],
    facts: Facts,
    note: str,
    now: datetime,
    restricted: bool | None = None,
    cites: Sequence[Cite] = (),
) -> Record:
    """Change names and facts; `StaleError` when `version` is no longer the record's.

    Facts that change rest on ``cites`` from then on. What a conclusion decides is changed by a conclusion.
    """
    record = take(session, record_id, by=by, version=version)
    if KIND_OF[type(facts)] is not record.kind:
        raise InvalidError("A record keeps its kind.")
    other = kept.changed(kept.facts_of(record), facts)
    if decided(session, record).intersection(other):
        raise InvalidError("A conclusion decides this; replace it or take it back.")
    if restricted is not None and restricted != record.restricted:
        by.require(Permission.REGISTRY_RESTRICTED)
        record.restricted = restricted
    if writing.spellings_of(record) != [replace(name, text=name.text.strip()) for name in names]:
        writing.set_names(record, names)
    kept.set_facts(record, facts)
    kept.cite_facts(record, other, cites)
    _locate(session, record, by)
    return changed(session, record, by=by, note=note, now=now, act="registry.edit")


def _locate(session: Session, record: Record, by: Actor) -> None:
    """Refuse a place that is none, or that lies in itself."""
    upward = place_of(record)
    if upward is None:
        return
    if find(session, upward, by=by).kind is not Kind.PLACE:
        raise InvalidError("That is not a place.")
    for _ in range(_DEPTH):
        if upward == record.id:
            raise InvalidError("A place cannot lie in itself.")
        upward = place_of(session.get_one(Record, upward))
        if upward is None:
            return
    raise InvalidError("Places lie too deep in one another.")
