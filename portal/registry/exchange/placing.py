"""Rows that come in one by one: places, graves, bodies, events, what ties two rows, and rows that changed."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import InvalidError, NotFoundError, PortalError
from portal.permissions import Permission
from portal.registry import facts as kept
from portal.registry import history, names, saying, service, writing
from portal.registry.exchange import fields
from portal.registry.exchange.cells import BrokenRowError, Reason
from portal.registry.exchange.drafts import Draft, Stated, Tie
from portal.registry.exchange.exporting import day_of, words_of
from portal.registry.exchange.publications import Publications
from portal.registry.exchange.standing import Like, as_id, free_ids, known
from portal.registry.looking import readable, visible
from portal.registry.models import Name, NameKey, Participation, Record, Statement
from portal.registry.records import BodyFacts, Claim, EventFacts, Facts, GraveFacts, PlaceFacts, Spelling
from portal.registry.saying import Bond
from portal.registry.vocabulary import PREDICATES, Kind, RelationKind
from portal.staff.actor import Actor


@dataclass(frozen=True)
class Desk:
    """What every row that comes in needs: who brings it, when, why, and what it rests on."""

    session: Session
    by: Actor
    now: datetime
    note: str
    publications: Publications
    touched: dict[UUID, Record] = field(default_factory=dict)
    """Records of which something was stated: each gets one new version when the step is done."""

    def find(self, code: str) -> Record | None:
        """Find the record of another row of the same file, or one of the registry by its id."""
        identity = self.publications.identity(code, b"")
        row = known(self.session, [identity]).get(identity)
        wanted = row.record_id if row else as_id(code)
        if wanted is None:
            return None
        return self.session.scalar(visible(self.by).where(Record.id == wanted))

    def is_shut(self, code: str) -> bool:
        """Tell whether a row of the same file is in, as a record that this person may not know of."""
        identity = self.publications.identity(code, b"")
        return self.find(code) is None and identity in known(self.session, [identity])

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
    facts, cites = placed(desk, draft), desk.publications.cites(draft)
    spellings = [Spelling(text, kind, next(iter(cites), None)) for text, kind in draft.names]
    record = writing.make(
        desk.session,
        author=desk.by.name,
        spellings=spellings,
        facts=facts,
        now=desk.now,
        record_id=free_ids(desk.session, [draft.code]).get(draft.code),
    )
    kept.cite_facts(record, kept.told(facts), cites)
    desk.session.flush()
    for said in draft.said:
        saying.make_statement(desk.session, record, Claim(**vars(said), cites=(*cites,)))
    for like in likes if cites else ():
        saying.make_tie(desk.session, record, RelationKind.PERHAPS_SAME, like.record, cite=cites[0])
    history.keep(desk.session, record, author=desk.by.name, note=desk.note, now=desk.now)
    return record


def tie(desk: Desk, one: Tie) -> bool:
    """Tie two records together, if their sort allows it; False when that is there already."""
    start, end = desk.find(one.start), desk.find(one.end)
    if start is None or end is None:
        return _missing(desk, (one.start, one.end))
    cite, bond = desk.publications.cite(one), Bond(one.post, one.since, one.until)
    there = [
        row
        for row in saying.tied(desk.session, start.id, one.word, end.id, cite=cite)
        if isinstance(row, Participation) or _bond(Bond(row.post or "", row.since, row.until)) == _bond(bond)
    ]
    if there:  # one that this person may not read is told as new, and stays alone
        return all(row.restricted for row in there) and not desk.by.may(Permission.REGISTRY_RESTRICTED)
    service.relate(
        desk.session,
        start.id,
        by=desk.by,
        version=start.version,
        word=one.word,
        other_id=end.id,
        cite=cite,
        note=desk.note,
        now=desk.now,
        bond=bond,
    )
    return True


def _bond(bond: Bond) -> tuple[str, str, str]:
    return bond.post, day_of(bond.since), day_of(bond.until)


def _missing(desk: Desk, codes: Sequence[str]) -> bool:
    """Break a row whose records are not there; beside one that is shut, it is told as new, as that one is."""
    if any(desk.is_shut(code) for code in codes):
        return True
    raise BrokenRowError(Reason.ENDS)


def state(desk: Desk, one: Stated) -> bool:
    """Say of a record what a source says; a further source of the same words is cited beside the first."""
    record = desk.find(one.of)
    if record is None:
        return _missing(desk, [one.of])
    if record.id not in desk.touched:
        desk.session.refresh(record, ["version"], with_for_update=True)
    cite = desk.publications.cite(one)
    words = words_of(one.said, one.basis)
    there = [row for row in record.statements if words_of(saying.said_by(row), row.basis) == words]
    cited = ((rests.source_id, rests.locator) for row in there for rests in row.citations)
    if (cite.source_id, cite.locator) in cited:
        return False
    if one.said.predicate not in PREDICATES[record.kind]:
        raise BrokenRowError(Reason.WORD, fields.ABOUT)
    claim = Claim(**vars(one.said), cites=(cite,), basis=one.basis)
    if there:
        saying.cite_too(desk.session, there[0], cite)
    else:
        saying.make_statement(desk.session, record, claim)
    desk.touched[record.id] = record
    return True


def finish(desk: Desk) -> None:
    """Give each record of which something was stated its new version."""
    for record in desk.touched.values():
        record.version += 1
        history.keep(desk.session, record, author=desk.by.name, note=desk.note, now=desk.now)


def update(desk: Desk, record_id: UUID, draft: Draft) -> bool:
    """Bring what a changed row says to its record: names and statements are added, facts replaced.

    Nothing is taken away. What a conclusion decided stays, and breaks the row. False when this person may not
    see the record, or it says all that already.
    """
    try:
        record = service.find(desk.session, record_id, by=desk.by)
    except NotFoundError:
        return False
    cites, before = desk.publications.cites(draft), kept.facts_of(record)
    said = placed(desk, draft)
    told = {name: getattr(said, name) for name in kept.told(said)}
    facts = replace(before, **told)
    there = {(name.text, name.kind) for name in record.names}
    cite = next(iter(cites), None)
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
                cites=cites,
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
