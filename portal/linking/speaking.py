"""Which cases speak of a record: those that are linked to it, and those whose words name it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from sqlalchemy import select

from portal.casework import digest, search
from portal.casework.access import Opened
from portal.casework.allowed import saying_yes
from portal.casework.digest import CODED, Gathered
from portal.casework.index import Index, Standing
from portal.casework.search import Found, Hit
from portal.casework.search_format import Spoken
from portal.casework.search_words import names_wanted
from portal.database import PortalSession
from portal.intake import consent
from portal.intake.models import Status, Use
from portal.linking.models import Link, LinkState
from portal.linking.vocabulary import LinkRelation
from portal.permissions import Permission
from portal.registry import service as registry
from portal.registry.models import Name, Record
from portal.registry.names import split_titles
from portal.registry.vocabulary import Certainty, Kind
from portal.registry.wholes import shown_for, whole
from portal.staff.actor import Actor
from portal.vault.seal import Label

PAGE = 10
"""Cases of a page: those that are linked first, then those whose words have the name."""


@dataclass(frozen=True)
class Said:
    """What a case says of a record, by one link or by its coding sheet (then there is no relation)."""

    case_id: UUID
    status: Status
    relation: LinkRelation | None
    certainty: Certainty | None
    quote: str = field(repr=False)


@dataclass(frozen=True)
class Speaking:
    """One page of the cases that speak of a record, and how many there are in all."""

    record: Record
    linked: Sequence[Said]
    linked_count: int
    named: Sequence[Hit]
    named_count: int
    further: bool
    standing: Standing


def spoken_in(session: PortalSession, cases: Mapping[UUID, Opened]) -> dict[UUID, list[Spoken]]:
    """Return what the links of open cases lead to, for the index; the caller asked for leave."""
    return {
        case_id: [*dict.fromkeys(Spoken(UUID(one["record_id"]), one["relation"]) for one in values)]
        for case_id, values in links_in(session, cases).items()
    }


def links_as_shown(
    session: PortalSession, cases: Mapping[UUID, Opened], *, by: Actor
) -> dict[UUID, list[dict[str, str]]]:
    """Open the links of open cases that hold, each to the record under which its own is shown."""
    found = links_in(session, cases)
    ids = {UUID(one["record_id"]) for values in found.values() for one in values}
    shown = shown_for(session, ids, by=by)
    for values in found.values():
        for one in values:
            one["record_id"] = str(shown[UUID(one["record_id"])])
    return found


def links_in(session: PortalSession, cases: Mapping[UUID, Opened]) -> dict[UUID, list[dict[str, str]]]:
    """Open the links of open cases that hold, in one statement, as they were sealed."""
    query = select(Link).where(Link.submission_id.in_(list(cases)), Link.state == LinkState.CURRENT)
    found: dict[UUID, list[dict[str, str]]] = {}
    for row in session.scalars(query.execution_options(populate_existing=True)):
        value = cases[row.submission_id].key.open(Label.LINK, row.id, row.blob)
        found.setdefault(row.submission_id, []).append(value)
    return found


digest.install(spoken_in)


def speaking_of(session: PortalSession, *, by: Actor, record_id: UUID, page: int = 1) -> Speaking:
    """Return the cases that speak of a record, as far as they may be read and linked now; noted.

    The index says where to look and how many there are; what is shown comes from the cases themselves, and
    only those that are shown are opened. The ledger's entry names no record: beside the cases that were
    shown it would say who is linked to whom.
    """
    by.require(Permission.CASE_READ)
    parts = whole(session, record_id, by=by).parts
    record_id, record = parts[0], registry.find(session, parts[0], by=by)
    index, allowed = search.current(session, by=by)
    places = places_of(session, index, allowed, record_ids=parts)
    first, end = (page - 1) * PAGE - len(places), page * PAGE - len(places)
    looked = [*islice(places, (page - 1) * PAGE, page * PAGE)]
    linked = _linked(session, places, looked, by=by, record_id=record_id)
    names = [one for part in registry.several(session, parts, by=by).values() for one in part.names]
    named = _named(index, {one: None for one in allowed if one not in places}, names, record.kind)
    hits = search.open_hits(session, by=by, found=named[max(first, 0) : max(end, 0)])
    standing = index.standing(allowed)
    shown = [*dict.fromkeys(one.case_id for one in linked), *(one.case_id for one in hits)]
    detail = {"cases": str(standing.searched), "found": str(len(places) + len(named))}
    search.tell(session, by=by, act="case.speak-of", shown=shown, detail=detail, standing=standing)
    return Speaking(record, linked, len(places), hits, len(named), len(named) > end, standing)


def places_of(
    session: PortalSession, index: Index, allowed: Mapping[bytes, None], *, record_ids: Sequence[UUID]
) -> dict[bytes, set[str]]:
    """Return what the index says of each case that may be read and linked now, the longest waiting first.

    ``record_ids`` are all that are one: links stay sealed to the record that they were made to.
    """
    found: dict[bytes, set[str]] = {}
    for record_id in record_ids:
        for piece, heads in index.heads(record_id=record_id):
            for place, relations in heads.speaking_of(record_id).items():
                if place in piece.live:
                    found.setdefault(piece.ids[place], set()).update(relations)
    linkable = found.keys() & saying_yes(session, Use.LINK)
    return {one: found[one] for one in allowed if one in linkable}


def _linked(
    session: PortalSession,
    places: dict[bytes, set[str]],
    looked: Sequence[bytes],
    *,
    by: Actor,
    record_id: UUID,
) -> list[Said]:
    """Open the cases of a page; those that do not speak of the record are taken out."""
    said: list[Said] = []
    case_ids = [UUID(bytes=one) for one in looked]
    gathered = [
        one
        for one in digest.gather(session, by=by, case_ids=case_ids, texts=False)
        if consent.permits(one.decisions, Use.LINK, on=session.today)
    ]
    links = links_as_shown(session, {one.opened.submission.id: one.opened for one in gathered}, by=by)
    for one in gathered:
        case_id = one.opened.submission.id
        mine = [value for value in links.get(case_id, ()) if value["record_id"] == str(record_id)]
        said += [_said(one, value) for value in mine]
        if not mine and CODED in places[case_id.bytes]:
            said.append(_said(one, None))
    speaking = {one.case_id.bytes for one in said}
    for other in looked:
        if other not in speaking:
            del places[other]
    return said


def _said(one: Gathered, value: Mapping[str, str] | None) -> Said:
    submission = one.opened.submission
    if value is None:
        return Said(submission.id, submission.status, None, None, "")
    return Said(
        submission.id,
        submission.status,
        LinkRelation(value["relation"]),
        Certainty(value["certainty"]),
        value["quote"],
    )


def _named(index: Index, allowed: Mapping[bytes, None], names: Sequence[Name], kind: Kind) -> list[Found]:
    """Return the cases whose words name the record, whole, in any of its spellings."""
    titled = kind is Kind.PERSON
    texts = dict.fromkeys(split_titles(one.text).rest if titled else one.text for one in names)
    return search.find(index, allowed, names_wanted(texts))[0]
