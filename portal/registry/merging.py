"""Saying that two records are one, are not the same, or that it is not sure; and taking that back.

Nothing of either record changes: each keeps its names, statements, ties and history, and readers are shown
both as one while the decision holds (`wholes`). Taking it back restores exactly what was, and what was added
to either since stays with it. That two records of a person are one takes two people, because others' links
then speak of both; taking two apart hides nothing and takes one.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, aliased

from portal.errors import InvalidError, NotFoundError, RefusedError, StaleError
from portal.ledger.service import note
from portal.permissions import Permission
from portal.registry.judgement_models import Judgement, Sameness
from portal.registry.looking import visible
from portal.registry.models import Record
from portal.registry.vocabulary import Kind
from portal.registry.wholes import whole, wholes
from portal.staff.actor import Actor

_ACTS = {
    Sameness.SAME: "registry.same",
    Sameness.APART: "registry.apart",
    Sameness.UNSURE: "registry.unsure",
}
_LONGEST = 2000
_APART = "Somebody has decided that they are not the same. Take that back first."

Seen = tuple[UUID, int]
"""A record, and the version of it that was looked at."""


def needs_second(kind: Kind) -> bool:
    """Tell whether a second person must agree before two records of a kind are one."""
    return kind is Kind.PERSON


def judge(
    session: Session,
    *,
    by: Actor,
    kept: Seen,
    other: Seen,
    sameness: Sameness,
    reason: str,
    now: datetime,
) -> Judgement:
    """Say what two records are to each other; `StaleError` when either is not what was looked at."""
    why = _why(reason)
    one, two = _take(session, kept, other, by=by)
    if one.kind is not two.kind:
        raise InvalidError("Only records of one kind can be one.")
    for before in _between(session, one, two, by=by):
        _make_way(before, sameness, by=by, why=why, now=now)
    row = Judgement(
        kept_id=one.id,
        other_id=two.id,
        sameness=sameness,
        holds=sameness is Sameness.SAME and not needs_second(one.kind),
        kept_version=one.version,
        other_version=two.version,
        reason=why,
        author_id=by.id,
        author=by.name,
        day=now.date(),
    )
    session.add(row)
    session.flush()
    note(session, _ACTS[sameness], by=by.name, subject=one.id, detail={"other": str(two.id)})
    return row


def second(
    session: Session, judgement_id: UUID, *, by: Actor, versions: tuple[int, int], now: datetime
) -> Judgement:
    """Agree, as somebody else, that two records are one; from then on they are shown so."""
    row = find(session, judgement_id, by=by)
    one, two = _take(session, (row.kept_id, versions[0]), (row.other_id, versions[1]), by=by)
    session.refresh(row)
    if not row.waits:
        raise StaleError
    if row.author_id == by.id:
        raise RefusedError
    if any(
        before.id != row.id and before.sameness is Sameness.APART
        for before in standing(
            session, by=by, among=(whole(session, one.id, by=by).parts, whole(session, two.id, by=by).parts)
        )
    ):
        raise InvalidError(_APART)
    row.holds, row.seconded_by, row.seconded_day = True, by.name, now.date()
    session.flush()
    note(session, "registry.same-agree", by=by.name, subject=one.id, detail={"other": str(two.id)})
    return row


def withdraw(session: Session, judgement_id: UUID, *, by: Actor, reason: str, now: datetime) -> Judgement:
    """Take a decision back, saying why; two records that were one are two again, each as it is now."""
    why = _why(reason)
    row = find(session, judgement_id, by=by)
    _lock(session, {row.kept_id, row.other_id}, by=by)
    session.refresh(row)
    if not row.stands:
        raise StaleError
    act = "registry.unmerge" if row.holds else "registry.unjudge"
    _end(row, by=by, why=why, now=now)
    session.flush()
    note(session, act, by=by.name, subject=row.kept_id, detail={"other": str(row.other_id)})
    return row


# Looking


def find(session: Session, judgement_id: UUID, *, by: Actor) -> Judgement:
    """Find a decision between two records that this person may know of."""
    by.require(Permission.REGISTRY_EDIT)
    found = next(iter(_rows(session, by, Judgement.id == judgement_id)), None)
    if found is None:
        raise NotFoundError
    return found


def of_record(session: Session, record_id: UUID, *, by: Actor) -> Sequence[Judgement]:
    """Give every decision on a record and what is one with it, those that stand first, the newest first."""
    by.require(Permission.REGISTRY_READ)
    parts = whole(session, record_id, by=by).parts
    rows = _rows(session, by, or_(Judgement.kept_id.in_(parts), Judgement.other_id.in_(parts)))
    return sorted(rows, key=lambda one: (not one.stands, -one.day.toordinal(), str(one.id)))


def waiting(session: Session, *, by: Actor) -> Sequence[Judgement]:
    """List what somebody else has yet to agree to, the longest waiting first."""
    by.require(Permission.REGISTRY_EDIT)
    rows = _rows(
        session,
        by,
        Judgement.sameness == Sameness.SAME,
        Judgement.holds.is_(other=False),
        Judgement.withdrawn_day.is_(None),
    )
    return sorted(rows, key=lambda one: (one.day, str(one.id)))


def standing(
    session: Session, *, by: Actor, among: tuple[Collection[UUID], Collection[UUID]] | None = None
) -> Sequence[Judgement]:
    """Give the decisions that nobody has taken back: all, or those between two groups of records."""
    conditions: list[ColumnElement[bool]] = [Judgement.withdrawn_day.is_(None)]
    if among is not None:
        ones, twos = among
        conditions.append(
            or_(
                Judgement.kept_id.in_(ones) & Judgement.other_id.in_(twos),
                Judgement.kept_id.in_(twos) & Judgement.other_id.in_(ones),
            )
        )
    return _rows(session, by, *conditions)


def _rows(session: Session, by: Actor, *conditions: ColumnElement[bool]) -> list[Judgement]:
    """Select decisions of which this person may know both ends."""
    query = select(Judgement).where(*conditions)
    if not by.may(Permission.REGISTRY_RESTRICTED):
        kept, other = aliased(Record), aliased(Record)
        query = query.join(kept, kept.id == Judgement.kept_id).join(other, other.id == Judgement.other_id)
        query = query.where(kept.restricted.is_(other=False), other.restricted.is_(other=False))
    return [*session.scalars(query)]


# Deciding


def _why(reason: str) -> str:
    why = reason.strip()
    if not why:
        raise InvalidError("Say why. The reason is kept with the decision.")
    return why[:_LONGEST]


def _lock(session: Session, ids: Collection[UUID], *, by: Actor) -> dict[UUID, Record]:
    """Lock two records in the order of their ids, so that two people never wait for each other."""
    by.require(Permission.REGISTRY_EDIT)
    query = visible(by).where(Record.id.in_(ids)).order_by(Record.id).with_for_update(of=Record)
    found = {one.id: one for one in session.scalars(query.execution_options(populate_existing=True))}
    if found.keys() != set(ids):
        raise NotFoundError
    return found


def _take(session: Session, kept: Seen, other: Seen, *, by: Actor) -> tuple[Record, Record]:
    """Lock two records that are as they were looked at, and not one already."""
    if kept[0] == other[0]:
        raise InvalidError("These are the same record.")
    found = _lock(session, {kept[0], other[0]}, by=by)
    if any(found[record_id].version != version for record_id, version in (kept, other)):
        raise StaleError
    if whole(session, kept[0], by=by).shown == whole(session, other[0], by=by).shown:
        raise StaleError("These are one already.")
    return found[kept[0]], found[other[0]]


def _between(session: Session, one: Record, two: Record, *, by: Actor) -> Sequence[Judgement]:
    """Give what stands between two records, or between what each of them is one with."""
    found = wholes(session, [one.id, two.id], by=by)
    return standing(session, by=by, among=(found[one.id].parts, found[two.id].parts))


def _make_way(before: Judgement, sameness: Sameness, *, by: Actor, why: str, now: datetime) -> None:
    """Let a new decision take the place of one that stands, or refuse it."""
    if before.sameness is Sameness.APART and sameness is not Sameness.APART:
        raise InvalidError(_APART)
    if before.sameness is sameness:
        raise StaleError("Somebody has said the same already.")
    if before.sameness is Sameness.SAME and sameness is Sameness.UNSURE:
        raise InvalidError("Somebody says that they are one. Agree, or say that they are not the same.")
    _end(before, by=by, why=why, now=now)


def _end(row: Judgement, *, by: Actor, why: str, now: datetime) -> None:
    row.holds = False
    row.withdrawn_by, row.withdrawn_day, row.withdrawn_reason = by.name, now.date(), why
