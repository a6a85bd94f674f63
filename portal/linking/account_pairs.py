"""Accounts that seem to tell the same, found in the sealed index; what is said of two is sealed.

Looked at are only cases that the actor may read and whose sources let them be linked. Nothing that is
found is kept: it is found anew for each request, from what opens with the actor's own keys.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, auto
from itertools import islice
from uuid import UUID
from zlib import crc32

import numpy as np

from portal.casework import digest, search
from portal.casework.access import find, open_case
from portal.casework.allowed import saying_yes
from portal.casework.digest import CODED, FILE
from portal.casework.index import Index, Standing
from portal.casework.reading import open_texts
from portal.database import PortalSession
from portal.errors import RefusedError
from portal.intake import consent, opening, openings
from portal.intake.models import Use
from portal.intake.openings import Deed
from portal.ledger.service import note
from portal.linking import dependence
from portal.linking.corroboration import Marked
from portal.linking.resembling import resembling, shared
from portal.linking.vocabulary import LinkRelation
from portal.permissions import Permission
from portal.registry import service as registry
from portal.registry.models import Record
from portal.registry.wholes import shown_for
from portal.staff.actor import Actor

PAGE = 20
MOST = 200
"""Pairs that are looked at, the strongest."""
_ALIKE = 0.5
_ABOUT = frozenset({LinkRelation.VICTIM.value, LinkRelation.ABOUT.value})
_THERE = frozenset({LinkRelation.HELD_AT.value, CODED})

Pair = tuple[int, int]


class Why(StrEnum):
    """Why two accounts may tell the same."""

    WORDS = auto()
    FILE = auto()
    PERSONS = auto()
    PRISON = auto()
    MONTH = auto()


@dataclass(frozen=True)
class Resembling:
    """Two accounts that may tell the same, and why; ``share`` of their words is the same, 0 to 1."""

    one: UUID
    other: UUID
    why: frozenset[Why]
    share: float
    records: Sequence[Record]


@dataclass(frozen=True)
class Found:
    """One page of pairs on which nobody has decided, and how much the index answers for."""

    pairs: Sequence[Resembling]
    further: bool
    standing: Standing


@dataclass(frozen=True)
class Beside:
    """Two accounts in their own words, and what was said of the two."""

    texts: Mapping[UUID, str] = field(repr=False)
    said: Marked | None


@dataclass(frozen=True)
class _Kept:
    """What the index says of the cases that are looked at, by their places."""

    cases: Sequence[UUID]
    words: tuple[np.ndarray, np.ndarray]
    files: tuple[np.ndarray, np.ndarray]
    spoken: Mapping[int, Sequence[tuple[UUID, str]]]
    months: Mapping[int, str]


def queue(session: PortalSession, *, by: Actor, page: int = 1) -> Found:
    """List accounts that may tell the same, the strongest first; noted with the cases that were shown."""
    by.require(Permission.CASE_LINK)
    index, allowed = search.current(session, by=by)
    linkable = saying_yes(session, Use.LINK)
    kept = _read(index, [one for one in allowed if one in linkable])
    reasons, shares = _reasons(session, kept, by)
    ranked = sorted(reasons, key=lambda pair: (-_weight(reasons[pair], shares.get(pair, 0.0)), pair))
    left = _undecided(session, kept, ranked[:MOST], by)
    first = (page - 1) * PAGE
    shown = [*islice(left, first, first + PAGE)]
    pairs = [
        _shown(session, kept, pair, by, why=reasons[pair], share=shares.get(pair, 0.0)) for pair in shown
    ]
    standing = index.standing(allowed)
    cases = dict.fromkeys(case for pair in pairs for case in (pair.one, pair.other))
    detail = {"cases": str(standing.searched), "found": str(len(left))}
    search.tell(session, by=by, act="case.look-alike", shown=cases, detail=detail, standing=standing)
    return Found(pairs, len(left) > first + PAGE, standing)


def beside(session: PortalSession, *, by: Actor, one: UUID, other: UUID) -> Beside:
    """Open two accounts to see whether they tell the same; noted, and their sources are told."""
    by.require(Permission.CASE_LINK)
    texts, cases = {}, {}
    for case_id in (one, other):
        submission = find(session, by=by, case_id=case_id)
        for use in (Use.READ, Use.LINK):
            if not consent.permits(submission.consents, use, on=session.today):
                raise RefusedError
        opened = cases[case_id] = open_case(session, submission, by=by)
        texts[case_id] = "\n\n".join(text.text for text in open_texts(opened))
        thread = opening.thread_of(opened.parts)
        openings.tell(session, submission, Deed.READ, role=by.role.value, thread=thread)
        note(session, "case.read", by=by.name, subject=case_id)
    return Beside(texts, next(iter(dependence.said(session, cases)), None))


def _read(index: Index, wanted: Sequence[bytes]) -> _Kept:
    """Take from the index what it has of these cases, words as numbers."""
    places = {case_id: place for place, case_id in enumerate(wanted)}
    hashes, owners = [np.zeros(0, np.uint32)], [np.zeros(0, np.int32)]
    marks = [np.zeros(0, bool)]
    for piece, table in index.words():
        there = np.full(len(piece.ids), -1, dtype=np.int32)
        for place in piece.live:
            there[place] = places.get(piece.ids[place], -1)
        words, counts, cases = table.postings()
        owner = there[cases]
        numbers = np.fromiter(map(crc32, words), np.uint32, len(words))
        mark = np.fromiter((word.startswith(FILE.encode()) for word in words), bool, len(words))
        good = owner >= 0
        hashes.append(np.repeat(numbers, counts)[good])
        marks.append(np.repeat(mark, counts)[good])
        owners.append(owner[good])
    spoken: dict[int, list[tuple[UUID, str]]] = {}
    months: dict[int, str] = {}
    for piece, heads in index.heads():
        every = heads.all()
        for place in piece.live:
            at = places.get(piece.ids[place])
            if at is not None:
                spoken[at] = [(one.record_id, one.relation) for one in every[place].spoken]
                months[at] = every[place].month
    every_hash, every_owner, files = (np.concatenate(each) for each in (hashes, owners, marks))
    return _Kept(
        [UUID(bytes=one) for one in wanted],
        (every_hash[~files], every_owner[~files]),
        (every_hash[files], every_owner[files]),
        spoken,
        months,
    )


def _reasons(
    session: PortalSession, kept: _Kept, by: Actor
) -> tuple[dict[Pair, set[Why]], dict[Pair, float]]:
    """Find the pairs, and why each; that two speak of one person is not enough alone."""
    found: dict[Pair, set[Why]] = defaultdict(set)
    shares = {}
    for each in resembling(*kept.words, count=len(kept.cases), least=_ALIKE):
        found[each.one, each.other].add(Why.WORDS)
        shares[each.one, each.other] = each.share
    for pair in shared(*kept.files):
        found[pair].add(Why.FILE)
    for pair, why in _told_of(session, kept, by).items():
        if pair in found or len(why) > 1:
            found[pair] |= why
    return found, shares


def _told_of(session: PortalSession, kept: _Kept, by: Actor) -> dict[Pair, set[Why]]:
    """Find the pairs that are linked to the same persons, and what else of it is the same."""
    shown = shown_for(session, {one for each in kept.spoken.values() for one, _ in each}, by=by)
    persons, prisons = (
        {at: {shown[one] for one, how in each if how in wanted} for at, each in kept.spoken.items()}
        for wanted in (_ABOUT, _THERE)
    )
    numbers = {one: number for number, one in enumerate(shown.values())}
    rows = [(numbers[one], at) for at, several in persons.items() for one in several]
    if not rows:
        return {}
    hashes, owners = np.array(rows, dtype=np.int64).T
    found = {}
    for one, other in shared(hashes.astype(np.uint32), owners.astype(np.int32)):
        why = {Why.PERSONS}
        if prisons[one] & prisons[other]:
            why.add(Why.PRISON)
        if kept.months[one] and kept.months[one] == kept.months[other]:
            why.add(Why.MONTH)
        found[one, other] = why
    return found


def _weight(why: set[Why], share: float) -> float:
    """Order pairs: the same file, then the same words, then the same matter."""
    return 2.0 * (Why.FILE in why) + 3.0 * share + 0.3 * len(why)


def _undecided(session: PortalSession, kept: _Kept, pairs: Sequence[Pair], by: Actor) -> list[Pair]:
    """Leave out those of whom somebody has said what they are to each other."""
    ids = {kept.cases[one] for pair in pairs for one in pair}
    opened = {
        one.opened.submission.id: one.opened
        for one in digest.gather(session, by=by, case_ids=ids, texts=False)
        if consent.permits(one.decisions, Use.LINK, on=session.today)
    }
    said = {frozenset({one.one, one.other}) for one in dependence.said(session, opened)}
    return [
        (one, other)
        for one, other in pairs
        if {kept.cases[one], kept.cases[other]} <= opened.keys()
        and frozenset({kept.cases[one], kept.cases[other]}) not in said
    ]


def _shown(
    session: PortalSession, kept: _Kept, pair: Pair, by: Actor, *, why: set[Why], share: float
) -> Resembling:
    one, other = pair
    both = {each for each, _ in kept.spoken.get(one, ())} & {each for each, _ in kept.spoken.get(other, ())}
    records = [*registry.several(session, sorted(both, key=str), by=by).values()]
    return Resembling(kept.cases[one], kept.cases[other], frozenset(why), share, records)
