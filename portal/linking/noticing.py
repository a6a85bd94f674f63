"""What an open account seems to name, looked up as it is read: suggestions for its reviewer, never kept.

Only the words of the text and the names of the registry meet here, in memory, after the source's leave to
link. What is linked already, and what a reviewer set aside, is not suggested again.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from portal.casework import writing
from portal.casework.access import Opened, find_held
from portal.casework.marking import MarkKind, Span, select
from portal.casework.reading import Mark, open_marks, text_of
from portal.database import PortalSession
from portal.ledger.service import note
from portal.linking import keeping, known, service
from portal.linking.mentions import About, Mention
from portal.linking.vocabulary import Target, Verdict
from portal.permissions import Permission
from portal.registry import service as registry
from portal.registry.models import Record
from portal.registry.names import joined
from portal.registry.vocabulary import Kind
from portal.registry.wholes import shown_for
from portal.staff.actor import Actor

_AS_GOOD = 0.02
"""Candidates this close to the best are as good."""
_NAMES = frozenset({MarkKind.PERSON, MarkKind.PLACE, MarkKind.DATE})
NOT_KEPT = UUID(int=0)
"""The id of a mark that is only thought of."""


@dataclass(frozen=True)
class Noticed:
    """A mention, and the records it may mean that this person may know of, best first."""

    mention: Mention
    records: tuple[Record, ...] = ()
    target: Target | None = None
    """What a link could lead to; None for a date, and for a body, to which nothing links."""


@dataclass(frozen=True)
class Notices:
    """What was noticed in a text; not ``complete`` while names are being read in."""

    noticed: Sequence[Noticed] = field(repr=False)
    complete: bool


def notice(session: PortalSession, *, by: Actor, case_id: UUID, field_id: UUID) -> Notices:
    """Look for what one text of a case names; nothing of it, and of what is found, is kept."""
    opened = service.open_to_link(session, by=by, case_id=case_id)
    text = text_of(opened, field_id).text
    found, complete = known.names(session).mentions(session, by=by, text=text)
    marks = [one for one in _marks(session, opened, by) if one.fits]
    taken = [one.span for one in marks if one.field_id == field_id and one.kind in _NAMES]
    free = [one for one in found if not any(_meet(one, span) for span in taken)]
    ids = {one.id for each in free for one in each.candidates if isinstance(one.id, UUID)}
    several = registry.several(session, [*ids], by=by)
    records: dict[Hashable, Record] = {one.id: one for one in several.values()}
    linked, refused = service.linked_to(session, opened, by=by), _refused(session, marks, by)
    noticed = [_seen(one, text, records, linked, refused) for one in free]
    return Notices([one for one in noticed if one is not None], complete)


def _marks(session: PortalSession, opened: Opened, by: Actor) -> list[Mark]:
    """Open the marks of a case, without what a second reviewer may not know of them."""
    undecided = keeping.undecided_words(session, opened, by=by)
    return [keeping.as_seen(one, undecided.get(one.id, ()), by) for one in open_marks(session, opened)]


def _meet(one: Mention, span: Span) -> bool:
    return one.start < span.end and span.start < one.end


def _refused(session: PortalSession, marks: Sequence[Mark], by: Actor) -> dict[str, set[UUID]]:
    """Return the records that were set aside for words, however these are spelt."""
    found: dict[str, set[UUID]] = {}
    shown = shown_for(session, [one.record_id for mark in marks for one in mark.judged], by=by)
    for mark in marks:
        aside = {shown[one.record_id] for one in mark.judged if one.verdict == Verdict.NOT}
        found.setdefault(joined(mark.at.quote), set()).update(aside)
    return found


def _seen(
    one: Mention,
    text: str,
    records: Mapping[Hashable, Record],
    linked: Collection[Hashable],
    refused: Mapping[str, set[UUID]],
) -> Noticed | None:
    """Keep of a mention what may be suggested, or nothing of it."""
    if one.kind is About.DATE:
        return Noticed(one)
    aside = refused.get(joined(one.name), set()) | refused.get(joined(text[one.start : one.end]), set())
    open_to = [each for each in one.candidates if each.id in records and _leads(records[each.id])]
    left = tuple(each for each in open_to if each.id not in aside)
    if not left or any(each.id in linked and each.score >= left[0].score - _AS_GOOD for each in open_to):
        return None
    found = tuple(records[each.id] for each in left)
    leads_to = service.target(found[0])
    kind = About(found[0].kind.value)
    return Noticed(replace(one, kind=kind, candidates=left), found, leads_to)


def _leads(record: Record) -> bool:
    return record.kind is Kind.BODY or service.target(record) is not None


# Following a suggestion


def pointed(
    session: PortalSession, *, by: Actor, case_id: UUID, field_id: UUID, span: Span, kind: MarkKind
) -> Mark:
    """Open words as if they were marked, to see what they may mean; noted, and nothing is kept."""
    opened = service.open_to_link(session, by=by, case_id=case_id)
    at = select(text_of(opened, field_id).text, span)
    note(session, "mark.read", by=by.name, subject=case_id)
    return Mark(NOT_KEPT, field_id, kind, at, "", (), by.name, session.today, fits=True)


def marked(session: PortalSession, *, by: Actor, case_id: UUID, words: Mark, now: datetime) -> UUID:
    """Mark words that somebody decided on, unless they are marked so already; for the case's holder."""
    find_held(session, by=by, case_id=case_id, permission=Permission.CASE_MARK, working=True)
    opened = service.open_to_link(session, by=by, case_id=case_id)
    for one in open_marks(session, opened):
        if (one.field_id, one.span, one.kind) == (words.field_id, words.span, words.kind):
            return one.id
    return writing.mark(
        session,
        by=by,
        case_id=case_id,
        field_id=words.field_id,
        kind=words.kind,
        span=words.span,
        now=now,
    )
