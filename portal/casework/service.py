"""The queue of cases, who holds them and where they go; nothing is opened here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import product
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, bindparam, func, select, true, tuple_, union_all
from sqlalchemy import Row as SqlRow
from sqlalchemy.exc import IntegrityError

from portal.casework import sheets, workflow
from portal.casework.access import claim_of, find, find_held, let_go
from portal.casework.models import Claim
from portal.casework.workflow import Mover
from portal.database import PortalSession, UtcDay
from portal.errors import NotFoundError, RefusedError, StaleError
from portal.intake.consent import current, weighs
from portal.intake.models import (
    GONE,
    Answer,
    Compartment,
    Consent,
    Document,
    Message,
    Part,
    Speaker,
    Status,
    Submission,
    Use,
)
from portal.ledger.service import note
from portal.permissions import CIRCLES, MAY_HOLD, Group, Permission
from portal.staff.actor import Actor

PAGE = 50
_SHOWN_OF = (Submission.id, Submission.day, Submission.status, Submission.group)
SHOWN = tuple(status for status in Status if status not in GONE)
UNFINISHED = tuple(status for status in SHOWN if status not in {Status.COMPLETE, Status.SET_ASIDE})


@dataclass(frozen=True)
class Row:
    """What the queue shows of a case, without opening anything."""

    id: UUID
    day: date
    status: Status
    holder: str
    mine: bool
    read: Answer
    waiting: bool
    """The source wrote last."""
    documents: int
    circle: Group


@dataclass(frozen=True)
class Queue:
    """One page of the queue, the longest waiting first; ``after`` begins the next page."""

    rows: Sequence[Row]
    after: UUID | None


# Looking


def queue(
    session: PortalSession,
    *,
    by: Actor,
    status: Status | None = None,
    mine: bool = False,
    finished: bool = True,
    after: UUID | None = None,
    limit: int = PAGE,
) -> Queue:
    """List cases by the day they came, in five statements at most, six on later pages.

    ``finished=False`` leaves out what is complete or set aside, unless that ``status`` is asked for.
    """
    by.require(Permission.CASE_READ)
    by.case_seeds()
    wanted = (status,) if status in SHOWN else SHOWN if finished else UNFINISHED
    place = session.get(Submission, after) if after else None
    if after is not None and (place is None or place.group not in by.circles):
        raise NotFoundError
    values: dict[str, object] = {"staff": by.id} if mine else {}
    if place is not None:
        values |= {"day": place.day, "last": place.id}
    page = _page(by.circles, wanted, mine=mine, further=place is not None, limit=limit + 1)
    found = session.execute(page, values).all()
    rows = _rows(session, found[:limit], by=by)
    return Queue(rows, rows[-1].id if len(found) > limit else None)


def _rows(
    session: PortalSession, shown: Sequence[SqlRow[UUID, date, Status, Group]], *, by: Actor
) -> list[Row]:
    """Say of each of these cases what the queue shows, in four statements."""
    ids = [one.id for one in shown]
    claims = {
        one.submission_id: one for one in session.scalars(select(Claim).where(Claim.submission_id.in_(ids)))
    }
    read, waiting, documents = _reading(session, ids), _waiting(session, ids), _documents(session, ids)
    return [
        Row(
            id=one.id,
            day=one.day,
            status=one.status,
            holder=claims[one.id].name if one.id in claims else "",
            mine=one.id in claims and claims[one.id].staff_id == by.id,
            read=read.get(one.id, Answer.ASK),
            waiting=one.id in waiting,
            documents=documents.get(one.id, 0),
            circle=one.group,
        )
        for one in shown
    ]


@cache
def _page(
    circles: tuple[Group, ...], statuses: tuple[Status, ...], *, mine: bool, further: bool, limit: int
) -> Select[UUID, date, Status, Group]:
    """Walk the index once per circle and status and merge, so that no page reads more rows than it shows.

    Built once for each shape, because building costs more than the database takes; the values are bound
    later: ``staff``, and on further pages the ``day`` and ``last`` of the page before.
    """
    further_on = tuple_(Submission.day, Submission.id) > tuple_(
        bindparam("day", type_=UtcDay()), bindparam("last", type_=Uuid())
    )
    if mine:  # what one person holds is little, and found by its holder
        held = (
            select(*_SHOWN_OF)
            .join(Claim, Claim.submission_id == Submission.id)
            .where(
                Claim.staff_id == bindparam("staff", type_=Uuid()),
                Submission.status.in_(statuses),
                Submission.group.in_(circles),
            )
        )
        mine_alone = (held.where(further_on) if further else held).subquery()
        columns = mine_alone.c
        every_one = select(columns.id, columns.day, columns.status, columns.group)
        return every_one.order_by(columns.day, columns.id).limit(limit)
    found = []
    for circle, status in product(circles, statuses):
        query = select(*_SHOWN_OF).where(Submission.group == circle, Submission.status == status)
        query = query.where(further_on) if further else query
        inner = query.order_by(Submission.day, Submission.id).limit(limit).subquery()
        found.append(select(inner.c.id, inner.c.day, inner.c.status, inner.c.group))
    every = union_all(*found).subquery()
    merged = select(every.c.id, every.c.day, every.c.status, every.c.group)
    return merged.order_by(every.c.day, every.c.id).limit(limit)


def _reading(session: PortalSession, ids: Sequence[UUID]) -> dict[UUID, Answer]:
    """Return what each source last said about being read."""
    query = select(Consent).where(Consent.submission_id.in_(ids), Consent.use.in_(weighs(Use.READ)))
    decisions: dict[UUID, list[Consent]] = {}
    for one in session.scalars(query):
        decisions.setdefault(one.submission_id, []).append(one)
    return {case_id: current(several, on=session.today)[Use.READ] for case_id, several in decisions.items()}


def _waiting(session: PortalSession, ids: Sequence[UUID]) -> set[UUID]:
    """Return the cases whose source wrote the last message."""
    last = (
        select(Message.submission_id, func.max(Message.number).label("number"))
        .where(Message.submission_id.in_(ids))
        .group_by(Message.submission_id)
        .subquery()
    )
    query = (
        select(Message.submission_id)
        .join(last, (last.c.submission_id == Message.submission_id) & (last.c.number == Message.number))
        .where(Message.speaker == Speaker.SOURCE)
    )
    return set(session.scalars(query))


def _documents(session: PortalSession, ids: Sequence[UUID]) -> dict[UUID, int]:
    query = (
        select(Part.submission_id, func.count())
        .join(Document, Document.part_id == Part.id)
        .where(Part.submission_id.in_(ids), Part.compartment != Compartment.THREAD)
        .group_by(Part.submission_id)
    )
    return dict(session.execute(query).all())


def figures(session: PortalSession, *, by: Actor) -> Mapping[Status, int]:
    """Count cases by where they stand, withdrawn ones included; what waits to be erased is not counted."""
    by.require(Permission.FIGURES_SEE)
    counted = select(Submission.status, func.count()).where(counted_for(by)).group_by(Submission.status)
    counts = dict(session.execute(counted).all())
    return {status: counts.get(status, 0) for status in Status if status is not Status.LOCKED}


def counted_for(by: Actor) -> ColumnElement[bool]:
    """Return which cases this actor's figures count.

    Who may hold circles counts those they hold, or the rest could be had by subtraction from the queue;
    who may hold none counts all.
    """
    if MAY_HOLD[by.role].isdisjoint(CIRCLES):
        return true()
    return Submission.group.in_(by.circles)


# Holding and moving


def claim(
    session: PortalSession, *, by: Actor, case_id: UUID, now: datetime, take_over: bool = False
) -> None:
    """Take a case up: one person at a time. A lead may take over from somebody else."""
    by.require(Permission.CASE_CLAIM)
    submission = find(session, by=by, case_id=case_id, lock=True)
    held = claim_of(session, submission)
    if held is not None:
        if held.staff_id == by.id:
            return
        if not take_over:
            raise StaleError("Somebody else holds this case now.")
        by.require(Permission.CASE_APPROVE)
        if submission.status not in workflow.WORKED_ON:
            raise StaleError("This case cannot be taken up now.")
        note(session, "case.take-over", by=by.name, subject=case_id, detail={"from": held.name})
        held.staff_id, held.name, held.day = by.id, by.name, now.date()
        return
    status = workflow.claimed(submission.status)
    session.add(Claim(submission_id=case_id, staff_id=by.id, name=by.name, day=now.date()))
    try:
        session.flush()
    except IntegrityError:
        raise StaleError("Somebody else holds this case now.") from None
    submission.status = status
    note(session, "case.claim", by=by.name, subject=case_id)


def release(session: PortalSession, *, by: Actor, case_id: UUID) -> None:
    """Hand a case back, without a reason."""
    submission = find_held(session, by=by, case_id=case_id, permission=Permission.CASE_CLAIM)
    submission.status = workflow.handed_back(submission.status)
    let_go(session, submission)
    note(session, "case.release", by=by.name, subject=case_id)


def move(session: PortalSession, *, by: Actor, case_id: UUID, to: Status) -> None:
    """Send a case on: set it aside, wait for its source, go on with it; a lead opens a finished one again."""
    submission = find(session, by=by, case_id=case_id, lock=True)
    held = claim_of(session, submission)
    holds = held is not None and held.staff_id == by.id
    if to not in workflow.plain_moves(submission.status, holds=True, lead=True):
        raise StaleError("The case no longer stands where this could be done.")
    if to not in workflow.plain_moves(submission.status, holds=holds, lead=by.may(Permission.CASE_APPROVE)):
        raise RefusedError
    mover = workflow.NEXT[submission.status][to]
    by.require(Permission.CASE_APPROVE if mover is Mover.LEAD else Permission.CASE_CLAIM)
    before, submission.status = submission.status, to
    if to is Status.SET_ASIDE:
        let_go(session, submission)
    if before is Status.COMPLETE:
        sheets.reopen(session, submission)
    note(session, "case.move", by=by.name, subject=case_id, detail={"from": before.value, "to": to.value})
