"""The queue of persons who may stand twice in the registry: looked for on demand, in order, never decided.

What is weighed is what everybody may know. A pair of which one is restricted is found apart from all others,
so that neither order nor number tells of it, and shown to those alone who may know of both.
"""

import logging
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import nlargest
from itertools import islice
from threading import Thread
from uuid import UUID

from sqlalchemy import Connection, Engine, delete, func, insert, or_, select, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal.ledger.service import note
from portal.linking import newcomers
from portal.linking.entries import entries
from portal.linking.likeness import Entry, Likenesses, Pair, Sign
from portal.permissions import Permission
from portal.registry import merging, writing
from portal.registry import service as registry
from portal.registry.models import Judgement, Likeness, LikenessRun, Person, Record
from portal.registry.wholes import Whole, wholes
from portal.staff.actor import Actor

PAGE = 20
AT_ONCE = 2_000
"""Persons among whom a request looks by itself; among more it compares the few who have changed, or the whole
is looked through beside the requests."""
MOST = 5_000
"""Pairs that are kept, the strongest."""
_SILENT = timedelta(minutes=10)
"""After so long without a sign of life a search is taken for dead."""
_ENDED = 100
_TENTHS = 10
_BATCH = 200

_log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Tell = Callable[[int], None]
Found = tuple[UUID, UUID, int]
_Twins = tuple[UUID, UUID, UUID, UUID]
"""Two records that were found, and the two under which they are shown."""


@dataclass(frozen=True)
class Alike:
    """Two persons who may be one, and what speaks for it and against it, the weightiest first."""

    one: Record
    other: Record
    signs: Sequence[Sign]
    records: Mapping[UUID, Record]
    """The places, events and persons that the signs speak of."""


@dataclass(frozen=True)
class Standing:
    """How far the last search has come, in percent; and whether names have changed since it began."""

    percent: int
    persons: int
    changed: bool

    @property
    def ended(self) -> bool:
        """Tell whether it is not under way."""
        return self.percent == _ENDED


# Looking for them


def look(session: Session, *, by: Actor, clock: Clock) -> None:
    """Look for persons who may be one: at once where that is quick, beside the requests else; noted."""
    count = begin(session, by=by, clock=clock)
    if count is not None:
        engine = session.get_bind().engine
        Thread(target=look_beside, args=(engine, count, clock), name="alike", daemon=True).start()


def begin(
    session: Session, *, by: Actor, clock: Clock, whole: bool = False, patient: bool = False
) -> int | None:
    """Look among few persons, or compare the few who are new or changed; noted.

    Returns None, or how many persons there are to be looked through with `look_beside`: after many changes,
    when nothing has changed, while names are being read in (``patient`` waits for them), or if the ``whole``
    is asked for.
    """
    by.require(Permission.REGISTRY_EDIT)
    run = session.get(LikenessRun, _ONLY)
    if run is not None and run.percent < _ENDED and clock() - run.touched < _SILENT:
        return None
    note(session, "registry.look-alike", by=by.name)
    # Told to everybody who looks, so not even a count of those who are restricted.
    everyone = select(func.count()).select_from(Person).join(Record, Record.id == Person.record_id)
    count = session.scalar(everyone.where(Record.restricted.is_(other=False))) or 0
    number, connection = writing.last_named(session), session.connection()
    if count <= AT_ONCE:
        _keep(connection, find(session), number=number, persons=count, now=clock())
        return None
    changed = newcomers.since(session, run.number) if run and run.percent == _ENDED and not whole else None
    if changed:
        found = newcomers.compare(session, changed, total=count, patient=patient)
        if found is not None:
            _renew(connection, changed, found, number=number, persons=count, now=clock())
            return None
    _progress(connection, {"percent": 0, "persons": count, "touched": clock()})
    return count


def look_beside(engine: Engine, count: int, clock: Clock, heard: Tell = lambda _: None) -> None:
    """Look with connections of its own; what ends badly is looked for anew by the next who asks."""

    def tell(percent: int) -> None:
        heard(percent)
        with engine.begin() as connection:
            _progress(connection, {"percent": min(percent, _ENDED - 1), "touched": clock()})

    try:
        with Session(engine.execution_options(portal_writes=False)) as session:
            number = writing.last_named(session)
            found = find(session, tell)
        with engine.begin() as connection:
            _keep(connection, found, number=number, persons=count, now=clock())
    except SQLAlchemyError:
        _log.exception("The registry could not be looked through.")


def find(session: Session, tell: Tell = lambda _: None) -> list[Found]:
    """Return the pairs that may be one, the strongest; those with a restricted record after all others."""
    open_to_all = entries(session)
    found = _strongest(open_to_all, Likenesses(open_to_all).pairs(tell=tell))
    every = entries(session, hidden=True)
    if len(every) == len(open_to_all):
        return found
    known = {one.id for one in open_to_all}
    pairs = Likenesses(every).pairs()
    shut = (one for one in pairs if not {every[one.one].id, every[one.other].id} <= known)
    return found + _strongest(every, shut)


def _strongest(every: Sequence[Entry], pairs: Iterable[Pair]) -> list[Found]:
    best = nlargest(MOST, pairs, key=lambda one: one.weight)
    return [(every[one.one].id, every[one.other].id, round(_TENTHS * one.weight)) for one in best]


_ONLY = 1
# Any number will do, as long as it is always the same: PostgreSQL's name of the lock of who looks through.
_LOCK = 0x61_6C_69_6B_65


def _alone(connection: Connection) -> None:
    """Wait to be the only one who writes down what was found; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def _progress(connection: Connection, values: Mapping[str, object]) -> None:
    """Say how far the search has come; there is one row."""
    _alone(connection)
    there = connection.execute(update(LikenessRun).where(LikenessRun.id == _ONLY).values(values))
    if not there.rowcount:
        connection.execute(
            insert(LikenessRun).values({"id": _ONLY, "number": 0, "persons": 0} | dict(values))
        )


def _keep(
    connection: Connection, found: Sequence[Found], *, number: int, persons: int, now: datetime
) -> None:
    """Put what was found in the place of what was found before."""
    _alone(connection)
    connection.execute(delete(Likeness))
    rows = [{"one_id": one, "other_id": other, "weight": weight} for one, other, weight in found]
    if rows:
        connection.execute(insert(Likeness), rows)
    _progress(connection, {"percent": _ENDED, "persons": persons, "number": number, "touched": now})


def _renew(
    connection: Connection,
    changed: Sequence[UUID],
    found: Sequence[newcomers.Weighed],
    *,
    number: int,
    persons: int,
    now: datetime,
) -> None:
    """Put what was found of some persons in the place of what was found of them before."""
    _alone(connection)
    mine = or_(Likeness.one_id.in_(changed), Likeness.other_id.in_(changed))
    connection.execute(delete(Likeness).where(mine))
    rows = [
        {"one_id": one, "other_id": other, "weight": round(_TENTHS * weight)} for one, other, weight in found
    ]
    if rows:
        connection.execute(insert(Likeness), rows)
    _progress(connection, {"percent": _ENDED, "persons": persons, "number": number, "touched": now})


# The queue


def standing(session: Session, *, by: Actor) -> Standing | None:
    """Say how far the last search has come; None when there was none."""
    by.require(Permission.REGISTRY_EDIT)
    run = session.get(LikenessRun, _ONLY, populate_existing=True)
    if run is None:
        return None
    return Standing(run.percent, run.persons, run.number < writing.last_named(session))


def queue(session: Session, *, by: Actor, page: int = 1) -> tuple[list[Alike], bool]:
    """List those who may be one, the strongest first, and say whether there are more.

    Left out are those that are one already, and those of whom somebody has said that they are one, are not
    the same, or that it is not sure.
    """
    by.require(Permission.REGISTRY_EDIT)
    first = (page - 1) * PAGE
    found = [*islice(_open_to(session, by), first, first + PAGE + 1)]
    return _with_signs(session, found[:PAGE], by), len(found) > PAGE


def _open_to(session: Session, by: Actor) -> Iterator[_Twins]:
    """Give pairs of which this person may know both, as they are shown, each once."""
    said = merging.standing(session, by=by)
    seen: set[frozenset[UUID]] = set()
    query = select(Likeness.one_id, Likeness.other_id).order_by(
        Likeness.weight.desc(), Likeness.one_id, Likeness.other_id
    )
    rows = session.execute(query).all()
    judged = wholes(session, {one for each in said for one in (each.kept_id, each.other_id)}, by=by)
    apart = {_ends(judged, each) for each in said}
    for start in range(0, len(rows), _BATCH):
        some = rows[start : start + _BATCH]
        ids = {one for pair in some for one in pair}
        known = registry.several(session, [*ids], by=by)
        shown = wholes(session, known, by=by)
        for one, other in some:
            if one not in known or other not in known:
                continue
            both = frozenset({shown[one].shown, shown[other].shown})
            if len(both) > 1 and both not in apart and both not in seen:
                seen.add(both)
                yield one, other, shown[one].shown, shown[other].shown


def _ends(of: Mapping[UUID, Whole], judgement: Judgement) -> frozenset[UUID]:
    return frozenset({of[judgement.kept_id].shown, of[judgement.other_id].shown})


def _with_signs(session: Session, pairs: Sequence[_Twins], by: Actor) -> list[Alike]:
    """Say of each pair what speaks for and against it, from what everybody may know."""
    found = [one for one, other, *_ in pairs] + [other for _, other, *_ in pairs]
    told = {one.id: one for one in entries(session, found, hidden=True)} if found else {}
    known = registry.several(session, [one for pair in pairs for one in pair[2:]], by=by)
    total = session.scalar(select(func.count()).select_from(Person)) or 0
    made = []
    for one, other, shown, rival in pairs:
        compared = Likenesses([told[one], told[other]], total=total).pairs(least=-math.inf)
        signs = next((each.signs for each in compared), ())
        named = registry.several(session, [each for sign in signs for each in sign.records], by=by)
        made.append(Alike(known[shown], known[rival], signs, named))
    return made
