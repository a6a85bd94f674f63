"""Bringing a file into the registry: a preview that writes nothing, then some thousand rows at a time.

Each step is one transaction and one entry of the ledger, and says up to which line the file is in: cut off
anywhere, the next one goes on from there, and no row comes in twice.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.errors import InvalidError, NotFoundError, PortalError
from portal.ledger.service import insert_rows
from portal.ledger.service import note as write_down
from portal.permissions import Permission
from portal.registry import writing
from portal.registry.exchange import placing, storing
from portal.registry.exchange.cells import BrokenRowError, Reason, Row
from portal.registry.exchange.drafts import Draft, Entry, Published, Stated, Tie
from portal.registry.exchange.given import Given
from portal.registry.exchange.models import Alike, BrokenRow, Changed, ImportedRow, ImportRun
from portal.registry.exchange.placing import Desk
from portal.registry.exchange.preparing import Prepared, batches, prepare_all
from portal.registry.exchange.publications import Publications
from portal.registry.exchange.reading import Mapped, rows
from portal.registry.exchange.sorting import Asked, Batch, Sorted, sort_out
from portal.registry.exchange.standing import free_ids
from portal.registry.looking import Near, visible
from portal.registry.vocabulary import Kind
from portal.staff.actor import Actor

SMALL = 500
"""Files of so many rows are compared by how names sound as well, which takes longer."""
_SHOWN = 50
_FIRST = 10
_MOST_BROKEN = 10_000
_KEPT_CELLS, _KEPT_LETTERS = 40, 200


@dataclass(frozen=True)
class Choice:
    """How a file goes in: how it is read, what all of it rests on, and what is done in doubt."""

    mapped: Mapped
    source_id: UUID
    alike: Alike = Alike.ADD
    changed: Changed = Changed.LEAVE


@dataclass
class Preview:
    """What would happen: how many rows are what, and the first of each sort."""

    rows: int = 0
    added: int = 0
    there: int = 0
    differing: int = 0
    likely: int = 0
    broken: int = 0
    whole: bool = True
    """Whether the whole file was looked at."""
    first: list[Entry] = field(default_factory=list)
    alike: list[Sorted] = field(default_factory=list)
    changed: list[Sorted] = field(default_factory=list)
    problems: list[tuple[Row, BrokenRowError]] = field(default_factory=list)


def preview(
    session: Session,
    *,
    by: Actor,
    file: Given,
    choice: Choice,
    now: datetime,
    near: Near | None = None,
    most: int | None = None,
) -> Preview:
    """Say what importing would do, without writing anything; ``most`` rows are looked at."""
    by.require(Permission.REGISTRY_EDIT)
    given = rows(file, choice.mapped)
    head = list(islice(given, SMALL + 1))
    asked = Asked(
        Publications(session, choice.source_id, writes=False),
        by,
        near=near if len(head) <= SMALL else None,
    )
    found, seen = Preview(), dict[bytes, bytes]()
    desk = Desk(session, by, now, "", asked.publications)
    for some in batches(_chained(head, given)):
        taken = some if most is None else some[: most - found.rows]
        read = prepare_all(taken, choice.mapped.kind)
        _count(found, sort_out(session, read, asked, seen), len(taken), desk, seen)
        if len(taken) < len(some) or found.rows == most:
            found.whole = next(given, None) is None and len(taken) == len(some)
            break
    return found


def _count(found: Preview, batch: Batch, size: int, desk: Desk, seen: Mapping[bytes, bytes]) -> None:
    fresh = []
    for one in batch.fresh:
        problem = None if one.shut else _out_of_place(desk, one.entry, seen)
        if problem is None:
            fresh.append(one)
        else:
            batch.broken.append((Row(one.entry.line), problem))
    found.rows += size
    found.added += len(fresh)
    found.there += len(batch.there)
    found.differing += len(batch.differing)
    found.broken += len(batch.broken)
    likely = [one for one in fresh if one.likes]
    found.likely += len(likely)
    _fill(found.first, (one.entry for one in fresh if isinstance(one.entry, Draft)), _FIRST)
    _fill(found.alike, likely, _SHOWN)
    _fill(found.changed, batch.differing, _SHOWN)
    _fill(found.problems, sorted(batch.broken, key=lambda one: one[0].line), _SHOWN)


def _fill(shown: list[Any], more: Iterable[Any], most: int) -> None:
    shown.extend(islice(more, most - len(shown)))


def _out_of_place(desk: Desk, entry: Entry, seen: Mapping[bytes, bytes]) -> BrokenRowError | None:
    """Say beforehand that a place, or what is tied, is not there, unless an earlier row brings it."""
    named = {Tie: ("start", "end"), Stated: ("of",), Draft: ("within",)}.get(type(entry), ())
    for code in filter(None, (getattr(entry, name) for name in named)):
        if desk.publications.identity(code, b"") in seen:
            continue
        if isinstance(entry, Draft):
            try:
                placing.placed(desk, entry)
            except BrokenRowError as problem:
                return problem
        elif desk.find(code) is None:
            return BrokenRowError(Reason.ENDS)
    return None


def begin(session: Session, *, by: Actor, file: Given, choice: Choice, now: datetime) -> ImportRun:
    """Begin to bring a file in, or find where somebody stopped with the same file and the same choices."""
    by.require(Permission.REGISTRY_EDIT)
    publications = Publications(session, choice.source_id, writes=False)
    mapped, digest = choice.mapped, file.sha256()
    run = ImportRun(
        id=uuid4(),
        filename=file.name[:200],
        sha256=digest,
        kind=mapped.kind,
        encoding=mapped.encoding,
        columns=json.dumps(mapped.columns, ensure_ascii=False, sort_keys=True),
        source_id=publications.default.id,
        alike=choice.alike,
        changed=choice.changed,
        line=0,
        ended=False,
        beside=bool(session.scalar(select(func.count()).select_from(visible(by).limit(1).subquery()))),
        author_id=by.id,
        author=by.name,
        day=now.date(),
        **dict.fromkeys(("added", "there", "differing", "updated", "likely", "skipped", "broken"), 0),
    )
    same = ("sha256", "kind", "encoding", "columns", "source_id", "alike", "changed", "author")
    unfinished = select(ImportRun).where(
        ImportRun.ended.is_(other=False), *(getattr(ImportRun, name) == getattr(run, name) for name in same)
    )
    found = session.scalar(unfinished.limit(1))
    if found is None:
        session.add(run)
        session.flush()
        write_down(session, "registry.import", by=by.name, subject=run.id, detail={"sha256": digest})
    return found or run


def find_run(session: Session, run_id: UUID, *, by: Actor) -> ImportRun:
    """Find a run of one's own."""
    by.require(Permission.REGISTRY_EDIT)
    run = session.get(ImportRun, run_id, with_for_update=True)
    if run is None or run.author_id != by.id:
        raise NotFoundError
    return run


def mapped_of(run: ImportRun) -> Mapped:
    """Give how the file of a run is read."""
    columns: dict[str, str] | None = json.loads(run.columns)
    return Mapped(run.kind, columns, run.encoding)


def left(run: ImportRun, file: Given) -> Iterator[Row]:
    """Give the rows that are not in yet; `InvalidError` when this is another file."""
    if file.sha256() != run.sha256:
        raise InvalidError("This is another file than the one that was begun.")
    return (row for row in rows(file, mapped_of(run)) if row.line > run.line)


def step(
    session: Session,
    run: ImportRun,
    some: Sequence[Prepared],
    *,
    by: Actor,
    now: datetime,
    last: bool,
    near: Near | None = None,
) -> None:
    """Bring some rows in, as the next step of a run; ``last`` ends it."""
    by.require(Permission.REGISTRY_EDIT)
    writing.next_number(session)  # two at once take turns, before either looks what is there
    some = [one for one in some if one.row.line > run.line]  # what another brought in meanwhile is in
    publications = Publications(session, run.source_id, writes=True)
    desk = Desk(session, by, now, f"import {run.filename}"[:500], publications)
    small = last and not run.line and len(some) <= SMALL
    asked = Asked(publications, by, run.id, beside=run.beside, near=near if small else None)
    batch = sort_out(session, some, asked, {})
    before = (run.added, run.updated, run.broken)
    _bring(desk, run, batch)
    _keep_broken(session, run, batch.broken)
    run.line = max((run.line, *(one.row.line for one in some)))
    run.ended = run.ended or last
    counts = zip(("added", "updated", "broken"), before, strict=True)
    detail = {name: str(getattr(run, name) - was) for name, was in counts}
    write_down(
        session, "registry.import-step", by=by.name, subject=run.id, detail={**detail, "line": str(run.line)}
    )


def _bring(desk: Desk, run: ImportRun, batch: Batch) -> None:
    """Bring in what of some rows can come in, as was chosen, and count them."""
    kept = [one for one in batch.fresh if not one.likes or run.alike is Alike.ADD]
    run.skipped += len(batch.fresh) - len(kept)
    run.there += len(batch.there)
    run.differing += len(batch.differing)
    shut = [one for one in kept if one.shut]
    run.added += len(shut)
    run.likely += sum(1 for one in shut if one.likes)
    _add_persons(desk, run, [one for one in kept if _is_person(one) and not one.shut])
    for one in kept:
        if not (one.shut or _is_person(one)):
            _one(desk, run, one, batch)
    placing.finish(desk)
    if run.changed is Changed.UPDATE:
        for one in batch.differing:
            _update(desk, run, one, batch)


def _is_person(one: Sorted) -> bool:
    return isinstance(one.entry, Draft) and one.entry.kind is Kind.PERSON


def _add_persons(desk: Desk, run: ImportRun, fresh: Sequence[Sorted]) -> None:
    arrivals, came, new_id = [], [], storing.Nearby()
    own = free_ids(desk.session, (one.entry.code for one in fresh if one.entry.code))
    for one in fresh:
        if isinstance(one.entry, Draft):
            record_id = own.get(one.entry.code) or new_id()
            source = desk.publications.of(one.entry)
            arrivals.append(storing.Arrival(record_id, one.prepared, one.entry, source, one.likes))
            came.append(_came(run, one, record_id))
    storing.store(desk.session, arrivals, author=desk.by.name, note=desk.note, now=desk.now, new_id=new_id)
    insert_rows(desk.session, storing.table_of(ImportedRow), came)
    run.added += len(arrivals)
    run.likely += sum(1 for one in arrivals if one.likes)


def _came(run: ImportRun, one: Sorted, record_id: UUID | None) -> dict[str, Any]:
    return {"identity": one.identity, "digest": one.digest, "record_id": record_id, "run_id": run.id}


def _one(desk: Desk, run: ImportRun, one: Sorted, batch: Batch) -> None:
    """Bring a row in that needs others to be there; if it cannot, it alone stays out."""
    try:
        with desk.session.begin_nested():
            added, record_id = _brought(desk, one)
            insert_rows(desk.session, storing.table_of(ImportedRow), [_came(run, one, record_id)])
    except PortalError as problem:
        batch.broken.append((Row(one.entry.line), placing.plainly(problem)))
    else:
        run.added += added
        run.there += not added
        run.likely += bool(one.likes)


def _brought(desk: Desk, one: Sorted) -> tuple[bool, UUID | None]:
    """Bring a row in; say whether it brought anything, and which record it became, if any."""
    match one.entry:
        case Tie():
            return placing.tie(desk, one.entry), None
        case Stated():
            return placing.state(desk, one.entry), None
        case Published():
            return desk.publications.add(one.entry), None
        case Draft():
            return True, placing.add(desk, one.entry, one.likes).id


def _update(desk: Desk, run: ImportRun, one: Sorted, batch: Batch) -> None:
    row = desk.session.get(ImportedRow, one.identity)
    if row is None or row.record_id is None or not isinstance(one.entry, Draft):
        return
    try:
        with desk.session.begin_nested():
            run.updated += placing.update(desk, row.record_id, one.entry)
            row.digest = one.digest
    except PortalError as problem:
        batch.broken.append((Row(one.entry.line), placing.plainly(problem)))


def _keep_broken(session: Session, run: ImportRun, broken: Sequence[tuple[Row, BrokenRowError]]) -> None:
    room = max(0, _MOST_BROKEN - run.broken)
    run.broken += len(broken)
    found = {row.line: (row, problem) for row, problem in broken}
    insert_rows(
        session,
        storing.table_of(BrokenRow),
        [
            {
                "run_id": run.id,
                "line": line,
                "reason": problem.reason.value,
                "place": _clean(problem.where)[:100],
                "cells": json.dumps(
                    [_clean(cell)[:_KEPT_LETTERS] for cell in row.cells[:_KEPT_CELLS]], ensure_ascii=False
                ),
            }
            for line, (row, problem) in list(found.items())[:room]
        ],
    )


def _clean(text: str) -> str:
    """Leave out what no database keeps: half characters and NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def broken(session: Session, run: ImportRun) -> Sequence[BrokenRow]:
    """Give the rows of a run that did not come in, by their lines."""
    query = select(BrokenRow).where(BrokenRow.run_id == run.id).order_by(BrokenRow.line)
    return session.scalars(query).all()


def runs(session: Session, *, by: Actor) -> Sequence[ImportRun]:
    """Give one's own runs, the unfinished first."""
    by.require(Permission.REGISTRY_EDIT)
    query = select(ImportRun).where(ImportRun.author_id == by.id)
    return session.scalars(
        query.order_by(ImportRun.ended, ImportRun.day.desc(), ImportRun.id).limit(20)
    ).all()


def _chained(head: Sequence[Row], rest: Iterator[Row]) -> Iterator[Row]:
    yield from head
    yield from rest
