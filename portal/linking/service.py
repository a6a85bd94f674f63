"""Linking a case to the registry: candidates with reasons, decisions that rest on the text's own words."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from portal.casework import writing
from portal.casework.access import Opened, find, find_held, open_case
from portal.casework.reading import Judged, Mark
from portal.database import PortalSession
from portal.errors import InvalidError, NotFoundError, RefusedError, StaleError
from portal.intake import consent, opening, openings
from portal.intake.models import Use
from portal.intake.openings import Deed
from portal.ledger.service import note
from portal.linking.models import Link, LinkState
from portal.linking.vocabulary import Basis, Certainty, LinkRelation, Target, Verdict, fits, target_of
from portal.permissions import Permission
from portal.registry import service as registry
from portal.registry.models import Record
from portal.staff.actor import Actor
from portal.vault.seal import Label


@dataclass(frozen=True)
class OpenedLink:
    """An opened link; ``record`` is None when it is not for this person to see."""

    id: UUID
    record: Record | None
    record_id: UUID
    target: Target
    relation: LinkRelation
    certainty: Certainty
    basis: Basis
    mark_id: UUID
    quote: str = field(repr=False)
    comment: str = field(repr=False)
    by: str
    day: date
    state: LinkState


def _linkable(session: PortalSession, opened: Opened) -> None:
    if not consent.permits(opened.submission.consents, Use.LINK, on=session.today):
        raise RefusedError


def _open(session: PortalSession, *, by: Actor, case_id: UUID) -> Opened:
    """Open a case for its holder, locked, if its source lets it be linked."""
    submission = find_held(session, by=by, case_id=case_id, permission=Permission.CASE_LINK, working=True)
    opened = open_case(session, submission, by=by)
    _linkable(session, opened)
    return opened


def target(record: Record) -> Target | None:
    """Return what a record is to linking."""
    return target_of(record.kind, record.place.kind if record.place else None)


# Looking


def mark_of(session: PortalSession, *, by: Actor, case_id: UUID, mark_id: UUID) -> Mark:
    """Open the words that a link is to rest on; noted."""
    by.require(Permission.CASE_LINK)
    opened = open_to_link(session, by=by, case_id=case_id)
    found = writing.find_mark(session, opened, mark_id)[1]
    note(session, "mark.read", by=by.name, subject=case_id)
    return found


def open_to_link(session: PortalSession, *, by: Actor, case_id: UUID) -> Opened:
    """Open a case to look for what it may be linked to, if its source lets it be linked."""
    by.require(Permission.CASE_LINK)
    opened = open_case(session, find(session, by=by, case_id=case_id), by=by)
    _linkable(session, opened)
    return opened


def linked_to(session: PortalSession, opened: Opened) -> dict[UUID, tuple[LinkRelation, ...]]:
    """Return the records that an open case is linked to, each with what it is to the account."""
    found: dict[UUID, list[LinkRelation]] = {}
    for one in _values(session, opened):
        found.setdefault(UUID(one["record_id"]), []).append(LinkRelation(one["relation"]))
    return {record_id: tuple(relations) for record_id, relations in found.items()}


def linkable(session: PortalSession, record_id: UUID, *, by: Actor) -> tuple[Record, Target]:
    """Find a record that a case can be linked to, and what it is to linking."""
    record = registry.find(session, record_id, by=by)
    leads_to = target(record)
    if leads_to is None:
        raise InvalidError("A case can be linked to a person, a prison or a grave.")
    return record, leads_to


def _rows(session: PortalSession, opened: Opened) -> Sequence[Link]:
    query = select(Link).where(Link.submission_id == opened.submission.id).order_by(Link.id)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def _value(opened: Opened, row: Link) -> dict[str, Any]:
    return opened.key.open(Label.LINK, row.id, row.blob)


def _values(session: PortalSession, opened: Opened) -> list[dict[str, Any]]:
    """Open what the links that hold say."""
    return [_value(opened, row) for row in _rows(session, opened) if row.state is LinkState.CURRENT]


def links_of(session: PortalSession, *, by: Actor, case_id: UUID) -> list[OpenedLink]:
    """Open the links of a case, those that were taken back last; none without the source's leave."""
    by.require(Permission.CASE_READ)
    submission = find(session, by=by, case_id=case_id)
    if not consent.permits(submission.consents, Use.LINK, on=session.today):
        return []
    opened = open_case(session, submission, by=by)
    links = [_opened_link(session, row, _value(opened, row), by) for row in _rows(session, opened)]
    return sorted(
        links, key=lambda one: (one.state is not LinkState.CURRENT, one.target, one.day, str(one.id))
    )


def _opened_link(session: PortalSession, row: Link, value: dict[str, Any], by: Actor) -> OpenedLink:
    record_id = UUID(value["record_id"])
    try:
        record = registry.find(session, record_id, by=by)
    except NotFoundError:
        record = None
    return OpenedLink(
        id=row.id,
        record=record,
        record_id=record_id,
        target=Target(value["kind"]),
        relation=LinkRelation(value["relation"]),
        certainty=Certainty(value["certainty"]),
        basis=Basis(value["basis"]),
        mark_id=UUID(value["annotation_id"]),
        quote=value["quote"],
        comment=value["comment"],
        by=value["by"],
        day=date.fromisoformat(value["day"]),
        state=row.state,
    )


# Deciding


def link(
    session: PortalSession,
    *,
    by: Actor,
    case_id: UUID,
    mark_id: UUID,
    record_id: UUID,
    relation: LinkRelation,
    certainty: Certainty,
    basis: Basis,
    comment: str = "",
    now: datetime,
) -> UUID:
    """Say that the case concerns a record; it rests on marked words, and the same is not said twice."""
    opened = _open(session, by=by, case_id=case_id)
    _, leads_to = linkable(session, record_id, by=by)
    if not fits(leads_to, relation):
        raise InvalidError("This relation cannot be said of such a record.")
    for one in _values(session, opened):
        if one["record_id"] == str(record_id) and one["relation"] == relation.value:
            raise StaleError("The case is already linked to this record in this way.")
    link_id = uuid4()
    words = writing.rest(session, opened, mark_id=mark_id, link_id=link_id)
    value = {
        "annotation_id": str(mark_id),
        "basis": basis.value,
        "by": by.name,
        "certainty": certainty.value,
        "comment": comment.strip(),
        "day": now.date().isoformat(),
        "kind": leads_to.value,
        "quote": words.at.quote,
        "record_id": str(record_id),
        "relation": relation.value,
    }
    blob = opened.key.seal(Label.LINK, link_id, value)
    session.add(Link(id=link_id, submission_id=case_id, blob=blob))
    _tell(session, opened, Deed.LINKED, by=by)
    session.flush()
    note(session, "link.add", by=by.name, subject=case_id)
    return link_id


def _tell(session: PortalSession, opened: Opened, deed: Deed, *, by: Actor) -> None:
    thread = opening.thread_of(opened.parts)
    openings.tell(session, opened.submission, deed, role=by.role.value, thread=thread)


def take_back(session: PortalSession, *, by: Actor, case_id: UUID, link_id: UUID) -> None:
    """Take a link back; it is kept as superseded, and the words are free again."""
    opened = _open(session, by=by, case_id=case_id)
    row = next((one for one in _rows(session, opened) if one.id == link_id), None)
    if row is None:
        raise NotFoundError
    if row.state is not LinkState.CURRENT:
        raise StaleError("This link was already taken back.")
    value = _value(opened, row)
    writing.lift(session, opened, mark_id=UUID(value["annotation_id"]), link_id=link_id)
    row.state = LinkState.SUPERSEDED
    _tell(session, opened, Deed.UNLINKED, by=by)
    note(session, "link.take-back", by=by.name, subject=case_id)


def judge(
    session: PortalSession,
    *,
    by: Actor,
    case_id: UUID,
    mark_id: UUID,
    record_ids: Sequence[UUID],
    verdict: Verdict | None,
    now: datetime,
) -> None:
    """Keep with marked words that they do not mean these records, or perhaps; None takes that back.

    Sealed with the mark and gone with it. The last to say so is who is named; the ledger names no record.
    """
    opened = _open(session, by=by, case_id=case_id)
    mark = writing.find_mark(session, opened, mark_id)[1]
    for record_id in record_ids if verdict else ():
        linkable(session, record_id, by=by)
    kept = [one for one in mark.judged if one.record_id not in record_ids]
    if verdict is None and len(kept) == len(mark.judged):
        raise StaleError("This was already taken back.")
    day, ids = now.date(), dict.fromkeys(record_ids)
    new = [Judged(record_id, verdict.value, by.name, day) for record_id in ids] if verdict else []
    writing.judge(session, opened, mark_id=mark_id, judged=[*kept, *new])
    note(session, "link.judge", by=by.name, subject=case_id)
