"""What reviewers conclude from what sources say: reasoned, signed, replaced or taken back by a later one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import InvalidError, NotFoundError
from portal.registry import facts, history, saying
from portal.registry.changing import changed, may_restrict, take
from portal.registry.looking import readable
from portal.registry.models import Conclusion, Ground, Record, Statement
from portal.registry.records import DECIDES, Finding, Line
from portal.registry.stating import find_statement
from portal.registry.vocabulary import Predicate
from portal.staff.actor import Actor


def conclude(
    session: Session,
    record_id: UUID,
    *,
    by: Actor,
    version: int,
    finding: Finding,
    note: str,
    now: datetime,
) -> Conclusion:
    """Conclude something of a record; what stood under the same predicate is replaced, and kept.

    What is restricted stands beside what everybody reads: neither replaces the other.
    """
    may_restrict(by, restricted=finding.restricted)
    record = take(session, record_id, by=by, version=version)
    grounds = [find_statement(session, record, one, by=by) for one in dict.fromkeys(finding.grounds)]
    if any(one.restricted for one in grounds) and not finding.restricted:
        raise InvalidError("A conclusion that rests on a restricted statement is restricted too.")
    before = standing(session, record, finding.predicate, restricted=finding.restricted)
    row = _row(record, by, now, replaces=before)
    saying.write_down(row, finding)
    row.certainty, row.reason = finding.certainty, finding.reason.strip()
    row.grounds = [
        Ground(position=position, statement_id=one.id, text=history.text_of(one))
        for position, one in enumerate(grounds)
    ]
    _undo(record, before)
    _decide(record, row, finding)
    session.add(row)
    changed(session, record, by=by, note=note, now=now, act="registry.conclude")
    return row


def reopen(
    session: Session,
    record_id: UUID,
    conclusion_id: UUID,
    *,
    by: Actor,
    version: int,
    note: str,
    now: datetime,
) -> Conclusion:
    """Take a standing conclusion back, saying why; the fact it decided says again what it said before."""
    record = take(session, record_id, by=by, version=version)
    before = find_conclusion(session, record, conclusion_id, by=by)
    if before.open or _stands(session, record, before) is not before:
        raise InvalidError("That conclusion does not stand any more.")
    if not note.strip():
        raise InvalidError("A conclusion needs its reason.")
    row = _row(record, by, now, replaces=before)
    row.open, row.reason, row.predicate = True, note.strip(), before.predicate
    row.restricted = before.restricted
    _undo(record, before)
    session.add(row)
    changed(session, record, by=by, note=note, now=now, act="registry.reopen")
    return row


def _stands(session: Session, record: Record, row: Conclusion) -> Conclusion | None:
    return standing(session, record, row.predicate, restricted=bool(row.restricted))


def standing(
    session: Session, record: Record, predicate: Predicate, *, restricted: bool = False
) -> Conclusion | None:
    """Give the last row of a predicate, open or not: what the next one replaces."""
    query = select(Conclusion).where(Conclusion.record_id == record.id, Conclusion.predicate == predicate)
    marked = Conclusion.restricted.is_(other=True) if restricted else Conclusion.restricted.is_not(other=True)
    rows = session.scalars(query.where(marked)).all()
    replaced = {row.replaces_id for row in rows}
    return next((row for row in rows if row.id not in replaced), None)


def conclusions(session: Session, record: Record, *, by: Actor) -> list[list[Conclusion]]:
    """Give the chains of conclusions that this person may read, each with the newest first."""
    query = select(Conclusion).where(Conclusion.record_id == record.id, readable(Conclusion, by))
    rows = {row.id: row for row in session.scalars(query)}
    replaced = {row.replaces_id for row in rows.values()}
    heads = [row for row in rows.values() if row.id not in replaced]
    return [
        _chain(head, rows) for head in sorted(heads, key=lambda row: list(Predicate).index(row.predicate))
    ]


def _chain(head: Conclusion, rows: dict[UUID, Conclusion]) -> list[Conclusion]:
    chain: list[Conclusion] = []
    row: Conclusion | None = head
    while row is not None:
        chain.append(row)
        row = rows.get(row.replaces_id) if row.replaces_id else None
    return chain


def find_conclusion(session: Session, record: Record, conclusion_id: UUID, *, by: Actor) -> Conclusion:
    """Find a conclusion of a record that this person may read."""
    query = select(Conclusion).where(Conclusion.id == conclusion_id, Conclusion.record_id == record.id)
    found = session.scalar(query.where(readable(Conclusion, by)))
    if found is None:
        raise NotFoundError
    return found


def decided(session: Session, record: Record) -> set[str]:
    """Name the short facts that a standing conclusion decides."""
    rows = session.scalars(select(Conclusion).where(Conclusion.record_id == record.id)).all()
    replaced = {row.replaces_id for row in rows}
    fields = DECIDES.get(record.kind, {})
    return {fields[row.predicate] for row in rows if row.id not in replaced and row.before is not None}


def grounds_of(session: Session, chain: Sequence[Conclusion], *, by: Actor) -> dict[UUID, bool]:
    """Say of each ground that this person may read whether its statement still stands."""
    ids = [ground.statement_id for row in chain for ground in row.grounds]
    if not ids:
        return {}
    kept = {one.id: one for one in session.scalars(select(Statement).where(Statement.id.in_(ids)))}
    hidden = history.hidden_from(session, chain[0].record_id, by=by)
    found: dict[UUID, bool] = {}
    for one in ids:
        if not hidden("statement", Line("", "", id=str(one))):
            found[one] = one in kept
    return found


def _row(record: Record, by: Actor, now: datetime, *, replaces: Conclusion | None) -> Conclusion:
    return Conclusion(
        id=uuid4(),
        record_id=record.id,
        open=False,
        author=by.name,
        day=now.date(),
        replaces_id=replaces.id if replaces else None,
    )


def _value(finding: Finding) -> Any:
    if finding.predicate is Predicate.BIRTH:
        return finding.date
    return finding.coded or finding.value_fa.strip() or finding.value_en.strip()


def _decide(record: Record, row: Conclusion, finding: Finding) -> None:
    """Let an open conclusion decide the short fact of its predicate, where there is one."""
    field = DECIDES.get(record.kind, {}).get(finding.predicate)
    value = _value(finding)
    if field is not None and value and not finding.restricted:
        row.before = facts.decide(record, field, value)


def _undo(record: Record, before: Conclusion | None) -> None:
    field = DECIDES.get(record.kind, {}).get(before.predicate) if before else None
    if before is not None and field is not None and before.before is not None:
        facts.undecide(record, field, before.before)
