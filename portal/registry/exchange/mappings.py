"""Saved mappings: which column is what, by name."""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import InvalidError, NotFoundError
from portal.ledger.service import note as write_down
from portal.permissions import Permission
from portal.registry.exchange.fields import every_field
from portal.registry.exchange.models import SavedMapping
from portal.registry.exchange.reading import Mapped
from portal.registry.exchange.separated import ENCODINGS
from portal.registry.vocabulary import Kind
from portal.staff.actor import Actor

_LONGEST = 100


def save(session: Session, *, by: Actor, name: str, mapped: Mapped, now: datetime) -> SavedMapping:
    """Keep a mapping under a name; the name again replaces it."""
    by.require(Permission.REGISTRY_EDIT)
    name = " ".join(name.split())
    if not name or len(name) > _LONGEST:
        raise InvalidError("A mapping needs a name of at most 100 letters.")
    kept = session.scalar(select(SavedMapping).where(SavedMapping.name == name))
    if kept is None:
        kept = SavedMapping(id=uuid4(), name=name)
        session.add(kept)
    kept.kind, kept.encoding = mapped.kind, mapped.encoding
    kept.columns = json.dumps(mapped.columns or {}, ensure_ascii=False, sort_keys=True)
    kept.author, kept.day = by.name, now.date()
    session.flush()
    write_down(session, "registry.mapping", by=by.name, subject=kept.id)
    return kept


def saved(session: Session, *, by: Actor) -> Sequence[SavedMapping]:
    """Give all saved mappings by name."""
    by.require(Permission.REGISTRY_EDIT)
    return session.scalars(select(SavedMapping).order_by(SavedMapping.name)).all()


def named(session: Session, name: str) -> Mapped:
    """Give the mapping of a name; `NotFoundError` without one."""
    kept = session.scalar(select(SavedMapping).where(SavedMapping.name == name))
    if kept is None:
        raise NotFoundError(f"There is no mapping named {name}.")
    return of(kept)


def of(kept: SavedMapping) -> Mapped:
    """Give a saved mapping as it is used."""
    return Mapped(kept.kind, json.loads(kept.columns), kept.encoding)


def parse(text: str) -> Mapped:
    """Read a mapping from a file: JSON of kind, encoding and columns. Raises `InvalidError`."""
    try:
        given = json.loads(text)
        columns = {str(heading): str(field) for heading, field in given["columns"].items()}
        mapped = Mapped(Kind(given.get("kind", Kind.PERSON.value)), columns, str(given.get("encoding", "")))
    except (ValueError, KeyError, AttributeError, TypeError):
        raise InvalidError('A mapping is JSON: {"kind": ..., "columns": {HEADING: FIELD}}.') from None
    unknown = {field for field in columns.values() if field} - every_field()
    if unknown or mapped.encoding not in {"", *ENCODINGS}:
        raise InvalidError(f"Not known: {', '.join(sorted(unknown)) or mapped.encoding}.")
    return mapped
