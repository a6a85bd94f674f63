"""Rows that come in one by one: places, graves, bodies, events, what ties two rows, and rows that changed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import InvalidError, NotFoundError, PortalError
from portal.registry import facts as kept
from portal.registry import history, names, saying, service, writing
from portal.registry.exchange.drafts import BrokenRowError, Draft, Reason, Tie
from portal.registry.exchange.publications import Publications
from portal.registry.exchange.standing import Like, as_id, known
from portal.registry.looking import readable, visible
from portal.registry.models import Name, NameKey, Record, Statement
from portal.registry.records import BodyFacts, Claim, EventFacts, Facts, GraveFacts, PlaceFacts, Spelling
from portal.registry.saying import Bond
from portal.registry.vocabulary import Kind, RelationKind
from portal.staff.actor import Actor


@dataclass(frozen=True)
class Desk:
    """What every row that comes in needs: who brings it, when, why, and what it rests on."""

    session: Session
    by: Actor
    now: datetime
    note: str
    publications: Publications

    def find(self, code: str) -> Record | None:
        """Find the record of another row of the same file, or one of the registry by its id."""
        identity = self.publications.identity(code, b"")
        row = known(self.session, [identity]).get(identity)
        wanted = row.record_id if row else as_id(code)
        if wanted is None:
            return None
        return self.session.scalar(visible(self.by).where(Record.id == wanted))

    def place(self, text: str) -> UUID | None:
        """Find the place that a row names, by its code or by its name; None when none or several are."""
        coded = self.find(text)
        if coded is not None:
            return coded.id if coded.kind is Kind.PLACE else None
        keys = names.wholes(text, titled=False)
        hits = self.session.scalars(
            visible(self.by, Kind.PLACE)
            .join(Name, Name.record_id == Record.id)
            .join(NameKey, NameKey.name_id == Name.id)
            .where(NameKey.whole, NameKey.key.in_(keys))
            .distinct()
            .limit(2)
        ).all()
        return hits[0].id if len(hits) == 1 else None


def placed(desk: Desk, draft: Draft) -> Facts:
    """Give the facts of a row with the place it lies in; `BrokenRowError` when that place is not there."""
    if not draft.within:
        return draft.facts
    where = desk.place(draft.within)
    if where is None:
        raise BrokenRowError(Reason.PLACE, draft.within)
    match draft.facts:
        case PlaceFacts():
            return replace(draft.facts, parent_id=where)
        case GraveFacts() | BodyFacts() | EventFacts():
            return replace(draft.facts, place_id=where)
        case _:
            return draft.facts


def add(desk: Desk, draft: Draft, likes: Sequence[Like] = ()) -> Record:
    """Add a record of any kind."""
    facts, cite = placed(desk, draft), desk.publications.cite(draft)
    spellings = [Spelling(text, kind, cite) for text, kind in draft.names]
    record = writing.make(desk.session, author=desk.by.name, spellings=spellings, facts=facts, now=desk.now)
    kept.cite_facts(record, kept.told(facts), [cite])
    desk.session.flush()
    for said in draft.said:
        saying.make_statement(desk.session, record, Claim(**vars(said), cites=(cite,)))
    for like in likes:
        saying.make_tie(desk.session, record, RelationKind.PERHAPS_SAME, like.record, cite)
    history.keep(desk.session, record, author=desk.by.name, note=desk.note, now=desk.now)
    return record


def tie(desk: Desk, one: Tie) -> None:
    """Tie two records together, if their sort allows it; the same twice is once."""
    start, end = desk.find(one.start), desk.find(one.end)
    if start is None or end is None:
        raise BrokenRowError(Reason.ENDS)
    service.relate(
        desk.session,
        start.id,
        by=desk.by,
        version=start.version,
        word=one.word,
        other_id=end.id,
        cite=desk.publications.cite(one),
        note=desk.note,
        now=desk.now,
        bond=Bond(one.post, one.since, one.until),
    )


def update(desk: Desk, record_id: UUID, draft: Draft) -> bool:
    """Bring what a changed row says to its record: names and statements are added, facts replaced.

    Nothing is taken away. What a conclusion decided stays, and breaks the row. False when this person may not
    see the record, or it says all that already.
    """
    try:
        record = service.find(desk.session, record_id, by=desk.by)
    except NotFoundError:
        return False
    cite, before = desk.publications.cite(draft), kept.facts_of(record)
    said = placed(desk, draft)
    told = {name: getattr(said, name) for name in kept.told(said)}
    facts = replace(before, **told)
    there = {(name.text, name.kind) for name in record.names}
    fresh = [Spelling(text, kind, cite) for text, kind in draft.names if (text, kind) not in there]
    changes = bool(fresh) or facts != before
    if changes:
        spellings = [*writing.spellings_of(record), *fresh]
        try:
            service.edit(
                desk.session,
                record.id,
                by=desk.by,
                version=record.version,
                names=spellings,
                facts=facts,
                note=desk.note,
                now=desk.now,
                cites=[cite],
            )
        except InvalidError:
            raise BrokenRowError(Reason.DECIDED) from None
    return _restate(desk, record, draft) or changes


def _restate(desk: Desk, record: Record, draft: Draft) -> bool:
    rows = desk.session.scalars(
        select(Statement).where(Statement.record_id == record.id, readable(Statement, desk.by))
    )
    there = {(row.predicate, row.value_fa, row.value_en) for row in rows}
    fresh = [one for one in draft.said if (one.predicate, one.value_fa, one.value_en) not in there]
    for said in fresh:
        claim = Claim(**vars(said), cites=(desk.publications.cite(draft),))
        service.state(
            desk.session,
            record.id,
            by=desk.by,
            version=record.version,
            claim=claim,
            note=desk.note,
            now=desk.now,
        )
    return bool(fresh)


def plainly(problem: PortalError) -> BrokenRowError:
    """Say of any refusal that it broke the row."""
    return problem if isinstance(problem, BrokenRowError) else BrokenRowError(Reason.FORM)
