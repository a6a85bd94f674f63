"""Searching what the sealed index answers for; only the cases of one page are opened, to show the words.

Nothing is kept: the index is opened for one request and goes with it.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from portal.casework.access import Opened
from portal.casework.allowed import readable
from portal.casework.digest import gather, open_cards
from portal.casework.index import Index, Piece, Standing, open_index
from portal.casework.models import CaseNote, CaseTitle
from portal.casework.reading import open_marks, open_texts, open_title
from portal.casework.search_building import bring_in
from portal.casework.search_format import Told, answers, crcs_of
from portal.casework.search_words import Closeness, Memo, Wanted, folded, wanted
from portal.database import PortalSession
from portal.intake import opening
from portal.intake.models import Status
from portal.ledger.service import note
from portal.permissions import Permission
from portal.staff.actor import Actor
from portal.vault.seal import Label

PAGE = 10
VISIT = 25
"""Cases that a visit reads in by itself; more take a press."""
_AROUND = 90
_COST = itemgetter(0)
_TOKEN = re.compile(r"\S+")
_EDGE = re.compile(r"^\W+|\W+$")


class Found(NamedTuple):
    """A case that answers, before it is opened; they sort by how closely, then by how long they wait."""

    cost: int
    waits: int
    case_id: bytes
    place: int
    told: Sequence[Told]

    @property
    def words(self) -> set[str]:
        """The written words by which it answers."""
        return {word for one in self.told for word in one.words_in(self.place)}


@dataclass(frozen=True)
class Hit:
    """A case that answers, opened: where the words stand, as (text, whether it is one of them)."""

    case_id: UUID
    day: date
    status: Status
    title: str = field(repr=False)
    exact: bool
    pieces: Sequence[tuple[str, bool]] = field(repr=False)


@dataclass(frozen=True)
class Answer:
    """One page of what a search found, and how much was searched."""

    hits: Sequence[Hit]
    count: int
    partly: bool
    """No case has all the words; these have some."""
    further: bool
    standing: Standing


def search(session: PortalSession, *, by: Actor, text: str, page: int = 1) -> Answer:
    """Search the cases that the actor may read now; noted, without the words.

    The words are not noted because auditors may not know what cases speak of; what was shown is.
    """
    by.require(Permission.CASE_READ)
    index, allowed = current(session, by=by)
    found, partly = find(index, allowed, [wanted(text)])
    standing = index.standing(allowed)
    hits = open_hits(session, by=by, found=found[(page - 1) * PAGE : page * PAGE])
    detail = {"cases": str(standing.searched), "found": str(len(found))}
    shown = [one.case_id for one in hits]
    tell(session, by=by, act="case.search", shown=shown, detail=detail, standing=standing)
    return Answer(hits, len(found), partly and bool(found), len(found) > page * PAGE, standing)


def look(session: PortalSession, *, by: Actor) -> Standing:
    """Say how much of what the actor may read the index answers for; every segment is opened to know it."""
    by.require(Permission.CASE_READ)
    index, allowed = current(session, by=by)
    index.look_everywhere()
    return index.standing(allowed)


def current(session: PortalSession, *, by: Actor) -> tuple[Index, dict[bytes, None]]:
    """Open the index, with the little that waited read in, and say which cases may be read now."""
    allowed = readable(session, by=by)
    index = open_index(session, by=by)
    standing = index.standing(allowed)
    if (standing.waiting > standing.lost or standing.changed) and bring_in(session, by=by, limit=VISIT).read:
        index = open_index(session, by=by)
    return index, allowed


def tell(
    session: PortalSession,
    *,
    by: Actor,
    act: str,
    shown: Iterable[UUID],
    detail: Mapping[str, str],
    standing: Standing,
) -> None:
    """Write down that somebody searched, which cases were opened for it, and what is wrong with the index."""
    note(session, act, by=by.name, detail={**detail, "shown": " ".join(map(str, shown))})
    if standing.damaged:
        note(session, "index.damaged", by=by.name, detail={"segments": str(standing.damaged)})


def find(
    index: Index, allowed: Mapping[bytes, None], asked: Sequence[Sequence[Wanted]]
) -> tuple[list[Found], bool]:
    """Return the cases that answer all words of something asked, the closest first.

    When none does and one thing was asked, those that answer some of its words, and true.
    """
    crcs = {one: crcs_of(one) for words in asked for one in words}
    looked: list[tuple[Piece, list[list[Told]]]] = []
    for piece, table in index.words():
        told = {one: table.search(one, several) for one, several in crcs.items()}
        if any(one.by for one in told.values()):
            looked.append((piece, [[told[one] for one in words] for words in asked]))
    waits = dict(zip(allowed, count(), strict=False)) if looked else {}
    found = _closest_first(_answering(looked, waits, index.covered, partly=False))
    partly = not found and len(asked) == 1 and len(asked[0]) > 1
    if partly:
        found = _closest_first(_answering(looked, waits, index.covered, partly=True))
    return found, partly


def _closest_first(answering: Iterable[Found]) -> list[Found]:
    """Order what answers, each case once: by how closely, then by how long it waits."""
    best: dict[int, Found] = {}
    for one in answering:
        known = best.get(one.waits)
        if known is None or one.cost < known.cost:
            best[one.waits] = one
    # Two sorts by one number each take a third of the time of one sort by both.
    return sorted((best[waits] for waits in sorted(best)), key=_COST)


def _answering(
    looked: Iterable[tuple[Piece, list[list[Told]]]],
    waits: Mapping[bytes, int],
    covered: Collection[bytes],
    *,
    partly: bool,
) -> Iterator[Found]:
    for piece, several in looked:
        ids, live = piece.ids, piece.live
        for told in several:
            for place, cost in answers(told, partly=partly).items():
                case_id = ids[place]
                if place in live and case_id in covered and case_id in waits:
                    yield Found(cost, waits[case_id], case_id, place, told)


def open_hits(session: PortalSession, *, by: Actor, found: Sequence[Found]) -> list[Hit]:
    """Open these cases, as far as they may be read at this very moment, and show where the words stand."""
    cases = {
        one.opened.submission.id.bytes: one.opened
        for one in gather(session, by=by, case_ids=[UUID(bytes=one.case_id) for one in found])
    }
    query = select(CaseTitle).where(CaseTitle.submission_id.in_([UUID(bytes=one) for one in cases]))
    titles = {one.submission_id.bytes: one for one in session.scalars(query)}
    memo: Memo = {}
    return [
        _hit(session, cases[one.case_id], one, titles.get(one.case_id), memo)
        for one in found
        if one.case_id in cases
    ]


def _hit(session: PortalSession, opened: Opened, found: Found, title: CaseTitle | None, memo: Memo) -> Hit:
    submission, words = opened.submission, found.words
    pieces: list[tuple[str, bool]] = []
    for text in _texts(session, opened):
        pieces = excerpt(text, words, memo)
        if any(marked for _, marked in pieces):
            break
    return Hit(
        submission.id,
        submission.day,
        submission.status,
        open_title(opened, title),
        exact=found.cost == Closeness.SAME,
        pieces=pieces if any(marked for _, marked in pieces) else [],
    )


def _texts(session: PortalSession, opened: Opened) -> Iterator[str]:
    """Give the texts of a case one after the other: the source's own first, then what staff wrote."""
    for text in open_texts(opened):
        yield text.text
    yield from open_cards(opened)
    for file in opening.open_documents(opened.submission, opened.parts):
        yield f"{file.name} {file.caption}"
    for mark in open_marks(session, opened):
        yield mark.comment
    query = select(CaseNote).where(CaseNote.submission_id == opened.submission.id)
    for row in session.scalars(query):
        yield opened.key.open(Label.NOTE, row.id, row.blob)["text"]


def excerpt(text: str, words: Iterable[str], memo: Memo | None = None) -> list[tuple[str, bool]]:
    """Cut out where most of the folded words stand close by; joined, the pieces are that part of the text.

    ``memo`` spares folding the same word twice, as in `words_of`.
    """
    wanted_words, known = set(words), {} if memo is None else memo
    spans = []
    for found in _TOKEN.finditer(text):
        token = found[0]
        if token not in known:
            known[token] = folded(token)
        if not wanted_words.isdisjoint(known[token]):
            spans.append((found.start(), found.end(), wanted_words.intersection(known[token])))
    if not spans:
        return [(text[: 2 * _AROUND], False)]
    start = max(spans, key=lambda one: len(_within(spans, one[0])))[0]
    return list(_pieces(text, [one[:2] for one in spans], max(0, start - _AROUND), start + 2 * _AROUND))


def _within(spans: Sequence[tuple[int, int, set[str]]], start: int) -> set[str]:
    return {word for one in spans if start <= one[0] < start + _AROUND for word in one[2]}


def _pieces(text: str, spans: Sequence[tuple[int, int]], begin: int, end: int) -> Iterator[tuple[str, bool]]:
    """Cut at whole words, with dots where the text goes on."""
    while begin and not text[begin - 1].isspace():
        begin -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    at = begin
    before, after = ("… " if begin else ""), (" …" if end < len(text) else "")
    if before:
        yield before, False
    for start, stop in spans:
        if begin <= start and stop <= end:
            token = text[start:stop]
            bare = _EDGE.sub("", token) or token
            first = start + token.index(bare)
            yield text[at:first], False
            yield bare, True
            at = first + len(bare)
    yield text[at:end].rstrip() + after, False
