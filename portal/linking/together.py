"""What all open accounts say of one record, compared: how many independently, and where they differ."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import select

from portal.casework import digest, search
from portal.casework.access import Opened
from portal.casework.coding import Sheet
from portal.casework.digest import CODED
from portal.casework.index import Standing
from portal.casework.models import CodingSheet, SheetState
from portal.database import PortalSession
from portal.intake import consent
from portal.intake.journey import Relation, Step
from portal.intake.models import Use
from portal.intake.sealing import open_field
from portal.linking import corroboration, dependence, speaking
from portal.linking.corroboration import Group, Saying, Voice
from portal.linking.vocabulary import LinkRelation, Target
from portal.permissions import Permission
from portal.registry import service as registry
from portal.registry.models import Record
from portal.registry.names import fold
from portal.registry.vocabulary import Basis, Certainty
from portal.registry.wholes import whole
from portal.staff.actor import Actor
from portal.vault.seal import Label

MOST = 60
"""Accounts that are opened and compared at once, the longest waiting first."""
CLAIMS = (
    LinkRelation.VICTIM,
    LinkRelation.PERPETRATOR,
    LinkRelation.WITNESS,
    LinkRelation.HELD_AT,
    LinkRelation.WORKED_AT,
    LinkRelation.VISITED,
    LinkRelation.BELIEVED_BURIED,
    LinkRelation.SAW_BURIAL,
    LinkRelation.SAW_DESTRUCTION,
)
"""What an account can say of a record that another can say, too."""
_ABOUT = frozenset({LinkRelation.VICTIM, LinkRelation.ABOUT})
_THERE = {
    LinkRelation.HELD_AT: Target.PRISON,
    LinkRelation.BELIEVED_BURIED: Target.GRAVE,
    LinkRelation.SAW_BURIAL: Target.GRAVE,
}
"""What the accounts about a person say of places."""
_FIELDS = frozenset({"relation", Step.PLACES.value, Step.TOLD.value})
_DEPTH = 12

V = TypeVar("V")


@dataclass(frozen=True)
class Claimed:
    """One account that says it, in whose words, how sure its reviewers are, and how its narrator knows."""

    case_id: UUID
    certainty: Certainty
    basis: Basis
    quote: str = field(repr=False)


@dataclass(frozen=True)
class Claim:
    """What accounts say of the record, or, of a person, of a ``place``; as many voices as groups."""

    relation: LinkRelation
    place: Record | None
    accounts: Mapping[UUID, Claimed]
    groups: Sequence[Group]


@dataclass(frozen=True)
class Contrary(Generic[V]):
    """Where accounts say different things of one matter."""

    matter: str
    sayings: Sequence[Saying[V]]


@dataclass(frozen=True)
class Together:
    """What accounts say of a record, compared; ``count`` are linked, and ``cases`` compared."""

    record: Record
    claims: Sequence[Claim]
    places: Sequence[Contrary[Record]]
    months: Sequence[Saying[str]]
    cases: Sequence[UUID]
    count: int
    standing: Standing


Links = Mapping[UUID, Sequence[Mapping[str, str]]]


def together(session: PortalSession, *, by: Actor, record_id: UUID) -> Together:
    """Compare the accounts that are linked to a record, as far as they may be read and linked now; noted.

    Nothing of an account that may not be opened is counted or hinted at; only links that hold count.
    """
    by.require(Permission.CASE_READ)
    parts = whole(session, record_id, by=by).parts
    record_id, record = parts[0], registry.find(session, parts[0], by=by)
    index, allowed = search.current(session, by=by)
    places = speaking.places_of(session, index, allowed, record_ids=parts)
    linked = [UUID(bytes=one) for one, relations in places.items() if relations - {CODED}]
    cases = _open(session, [*islice(linked, MOST)], by=by)
    links = {
        case_id: values
        for case_id, values in speaking.links_as_shown(session, cases, by=by).items()
        if any(one["record_id"] == str(record_id) for one in values)
    }
    gone = len(linked[:MOST]) - len(links)
    compared = {one: cases[one] for one in cases if one in links}
    standing = index.standing(allowed)
    detail = {"cases": str(standing.searched), "found": str(len(linked) - gone)}
    search.tell(session, by=by, act="case.compare", shown=compared, detail=detail, standing=standing)
    found = _Comparing(session, by, record, compared, links)
    return Together(
        record=record,
        claims=found.claims(),
        places=found.places(),
        months=found.months(),
        cases=[*compared],
        count=len(linked) - gone,
        standing=standing,
    )


def _open(session: PortalSession, case_ids: Sequence[UUID], *, by: Actor) -> dict[UUID, Opened]:
    gathered = {
        one.opened.submission.id: one.opened
        for one in digest.gather(session, by=by, case_ids=case_ids)
        if consent.permits(one.decisions, Use.LINK, on=session.today)
    }
    return {one: gathered[one] for one in case_ids if one in gathered}


class _Comparing:
    """Accounts that are open, laid beside each other."""

    def __init__(
        self, session: PortalSession, by: Actor, record: Record, cases: Mapping[UUID, Opened], links: Links
    ) -> None:
        self._session, self._by, self._record = session, by, record
        self._cases, self._links = cases, links
        voices = [_voice(case_id, opened, links[case_id]) for case_id, opened in cases.items()]
        self._bonds = corroboration.bonds(voices, dependence.marked(session, cases))
        named = {UUID(one["record_id"]): None for values in links.values() for one in values}
        self._records = registry.several(session, [*named], by=by)

    def claims(self) -> list[Claim]:
        """Return what is said of the record itself, then of the places of a person."""
        direct = [self._claim(relation, self._record.id) for relation in CLAIMS]
        there = [
            self._claim(relation, place_id, through=self._record.id)
            for relation, target in _THERE.items()
            for place_id in self._named(target)
        ]
        return [one for one in (*direct, *(there if self._of_person() else ())) if one.accounts]

    def _of_person(self) -> bool:
        return self._record.person is not None

    def _named(self, target: Target) -> list[UUID]:
        named = {
            UUID(one["record_id"]): None
            for values in self._links.values()
            for one in values
            if one["kind"] == target.value
        }
        return [one for one in named if one in self._records]

    def _claim(self, relation: LinkRelation, record_id: UUID, *, through: UUID | None = None) -> Claim:
        said = {
            case_id: _claimed(case_id, value)
            for case_id, values in self._links.items()
            if through is None or _is_about(values, through)
            for value in values
            if (value["relation"], value["record_id"]) == (relation.value, str(record_id))
        }
        place = self._records[record_id] if through else None
        return Claim(relation, place, said, corroboration.groups([*said], self._bonds))

    def places(self) -> list[Contrary[Record]]:
        """Return where accounts about a person name other prisons, or other graves."""
        found = []
        around = _around(self._session, [*self._records], by=self._by)

        def meet(one: UUID, other: UUID) -> bool:
            return one in around[other] or other in around[one]

        for target in (Target.PRISON, Target.GRAVE) if self._of_person() else ():
            said = {
                case_id: frozenset(self._places_of(values, target))
                for case_id, values in self._links.items()
                if _is_about(values, self._record.id)
            }
            sayings = corroboration.contrary(said, meet=meet)
            if sayings:
                shown = [Saying(self._records[one.value], one.cases) for one in sayings]
                found.append(Contrary(target.value, shown))
        return found

    def _places_of(self, values: Sequence[Mapping[str, str]], target: Target) -> list[UUID]:
        wanted = {relation.value for relation, kind in _THERE.items() if kind is target}
        named = [UUID(one["record_id"]) for one in values if one["relation"] in wanted]
        return [one for one in named if one in self._records]

    def months(self) -> list[Saying[str]]:
        """Return where approved coding sheets of accounts about a person name months that cannot be one."""
        if not self._of_person():
            return []
        mine = [one for one, values in self._links.items() if _is_about(values, self._record.id)]
        query = select(CodingSheet).where(
            CodingSheet.submission_id.in_(mine), CodingSheet.state == SheetState.APPROVED
        )
        said = {}
        for row in self._session.scalars(query.order_by(CodingSheet.id)):
            key = self._cases[row.submission_id].key
            value = key.open(Label.CODING_SHEET, row.id, row.blob, version=row.version)
            month = Sheet.from_json(value["sheet"]).month
            said[row.submission_id] = frozenset({month} if month else ())
        return corroboration.contrary(said, meet=corroboration.months_meet)


def _is_about(values: Sequence[Mapping[str, str]], person: UUID) -> bool:
    return any(one["record_id"] == str(person) and one["relation"] in _ABOUT for one in values)


def _claimed(case_id: UUID, value: Mapping[str, str]) -> Claimed:
    return Claimed(case_id, Certainty(value["certainty"]), Basis(value["basis"]), value["quote"])


def _voice(case_id: UUID, opened: Opened, links: Sequence[Mapping[str, str]]) -> Voice:
    """Read what may bind an account to another: from its links, and from what its source was asked."""
    said = _said(opened)
    relation = said.get("relation", "")
    cards = [
        [fold(card.get(one, "")) for one in ("prison", "ward", "cell")] for card in _cards(said, Step.PLACES)
    ]
    told = [card for card in _cards(said, Step.TOLD) if "published" in card.get("told_to", "").split()]
    return Voice(
        case_id=case_id,
        relation=Relation(relation) if relation in set(Relation) else None,
        about=_records(links, _ABOUT),
        narrators=_records(links, {LinkRelation.NARRATOR}),
        cells=frozenset((prison, ward, cell) for prison, ward, cell in cards if prison and cell),
        published=frozenset(fold(one["where"]) for one in told if one.get("where", "").strip()),
    )


def _records(
    links: Sequence[Mapping[str, str]], relations: set[LinkRelation] | frozenset[LinkRelation]
) -> frozenset[UUID]:
    return frozenset(UUID(one["record_id"]) for one in links if one["relation"] in relations)


def _said(opened: Opened) -> dict[str, str]:
    """Open the newest of the few answers that are needed."""
    return {
        one.name: open_field(opened.parts[part.id], one.name, one.version, one.blob)
        for part in opened.submission.parts
        for one in sorted(part.fields, key=lambda each: each.version)
        if part.id in opened.parts and one.name in _FIELDS
    }


def _cards(said: Mapping[str, str], step: Step) -> list[dict[str, Any]]:
    try:
        cards = json.loads(said.get(step.value, "[]"))
    except ValueError:
        return []
    return [one for one in cards if isinstance(one, dict)] if isinstance(cards, list) else []


def _around(session: PortalSession, ids: Sequence[UUID], *, by: Actor) -> dict[UUID, frozenset[UUID]]:
    """Return each record with all places around it, itself included."""
    known = registry.several(session, ids, by=by)
    for _ in range(_DEPTH):
        missing = {up for one in known.values() if (up := registry.place_of(one)) is not None} - known.keys()
        more = registry.several(session, [*missing], by=by)
        if not more:
            break
        known |= more
    return {one: frozenset(_upward(known, one)) for one in ids}


def _upward(known: Mapping[UUID, Record], record_id: UUID) -> list[UUID]:
    found: list[UUID] = []
    at: UUID | None = record_id
    while at is not None and at in known and at not in found:
        found.append(at)
        at = registry.place_of(known[at])
    return found
