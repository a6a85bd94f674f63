"""The names of the registry as this process keeps them: in memory, and current with every transaction.

A request reads which names changed since the last one and takes them in before it asks, so that all processes
answer alike. Only a large registry is read in beside the requests; until it is, answers say that they lack.
Nothing that is asked stays here: it may be words of a sealed account.
"""

import heapq
import logging
import time
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import groupby
from threading import Lock, Thread
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Pool, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal.linking.matching import NameIndex, Suggestion, Uuids
from portal.linking.mentions import Mention, find_mentions
from portal.permissions import Permission
from portal.registry import writing
from portal.registry.models import Name, Named, Record
from portal.registry.vocabulary import Kind
from portal.registry.wholes import shown_for
from portal.staff.actor import Actor

AT_ONCE = 20_000
"""Names that are read in by the request that asks first; more are read in beside the requests."""
BULK = 200
"""Changed records that a request takes in; after more of them all names are read anew beside the requests."""
LIKE = 0.75
"""From here on a name is offered as another spelling of what was typed."""
_BREATH = 32
"""Records after which reading in beside requests lets these go on."""

Shelf = tuple[Kind, bool]
"""A kind of record, and whether they are restricted: nothing that others ask for touches those."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """The records that a name may mean, best first; not ``complete`` while names are still being read in."""

    suggestions: Sequence[Suggestion]
    complete: bool


class Known:
    """The names of one database."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._shelves: dict[Shelf, NameIndex] = {}
        self._upto: int | None = None
        self._reading: Thread | None = None
        self._behind = False

    def ask(self, session: Session, *, by: Actor, text: str, kinds: Iterable[Kind], count: int) -> Answer:
        """Return the best ``count`` records of each kind; of restricted ones only to those who may see them.

        The ids are of the registry as it was a moment ago: the caller looks them up as this person may.
        """
        session.flush()
        session.connection()  # whoever waits for the lock below must not hold up the one who has it
        hidden = (False, True) if by.may(Permission.REGISTRY_RESTRICTED) else (False,)
        found: list[Suggestion] = []
        with self._lock:
            self._refresh(session)
            for kind in kinds:
                shelves = [self._shelves[kind, one] for one in hidden if (kind, one) in self._shelves]
                asked = [one for shelf in shelves for one in shelf.suggest(text, count)]
                found += heapq.nlargest(count, asked, key=lambda one: one.score)
            complete = self._upto is not None and not self._behind
        return Answer(_as_shown(session, [found], by)[0], complete=complete)

    def resembling(self, session: Session, names: Iterable[str], count: int) -> list[UUID] | None:
        """Return the persons, restricted ones too, with names like some; None while names are being read in.

        For comparing two records with each other, whoever may see them; nothing of it is shown to anybody.
        """
        session.flush()
        session.connection()
        with self._lock:
            self._refresh(session)
            if self._upto is None or self._behind:
                return None
            shelves = [shelf for (kind, _), shelf in self._shelves.items() if kind is Kind.PERSON]
            found = [one.id for text in names for shelf in shelves for one in shelf.suggest(text, count)]
        return [one for one in dict.fromkeys(found) if isinstance(one, UUID)]

    def bearers(self, word: str) -> int:
        """Return how many names of persons open to all have a word, or one with the same consonants."""
        with self._lock:
            shelf = self._shelves.get((Kind.PERSON, False))
            return shelf.bearers(word) if shelf is not None else 0

    def mentions(self, session: Session, *, by: Actor, text: str) -> tuple[list[Mention], bool]:
        """Return what a text names of all that this person may know, and whether all names were at hand."""
        session.flush()
        session.connection()
        hidden = (False, True) if by.may(Permission.REGISTRY_RESTRICTED) else (False,)
        with self._lock:
            self._refresh(session)
            shelves = {
                kind: [self._shelves[kind, one] for one in hidden if (kind, one) in self._shelves]
                for kind in Kind
            }
            mentions = find_mentions(text, shelves)
            complete = self._upto is not None and not self._behind
        meant = _as_shown(session, [one.candidates for one in mentions], by)
        return [
            replace(one, candidates=tuple(shown)) for one, shown in zip(mentions, meant, strict=True)
        ], complete

    def share(self, word: str) -> float:
        """Return the share of persons open to all who have a word in their names; 0 when nobody has."""
        with self._lock:
            shelf = self._shelves.get((Kind.PERSON, False))
            return shelf.share(word) if shelf is not None and word else 0.0

    @property
    def reading(self) -> bool:
        """Tell whether names are being read in beside the requests."""
        return self._reading is not None

    def wait(self) -> None:
        """Wait until what is being read in beside the requests is there."""
        reading = self._reading
        if reading is not None:
            reading.join()

    def _refresh(self, session: Session) -> None:
        """Take in what other transactions have changed; what this one did may yet be undone."""
        if self._reading is not None or writing.is_naming(session):
            return
        if self._upto is None:
            if (session.scalar(select(func.count()).select_from(Name)) or 0) > AT_ONCE:
                self._read_beside(session)
            else:
                self._upto = writing.last_named(session)
                self._shelves = _shelves(session)
            return
        query = select(Named.record_id, Named.number).where(Named.number > self._upto)
        changed = session.execute(query.order_by(Named.number).limit(BULK + 1)).all()
        if len(changed) > BULK:
            self._read_beside(session)
        elif changed:
            self._take_in(session, [record_id for record_id, _ in changed])
            self._upto = changed[-1][1]

    def _take_in(self, session: Session, changed: Sequence[UUID]) -> None:
        for shelf in self._shelves.values():
            for record_id in changed:
                with suppress(KeyError):
                    shelf.remove(record_id)
        query = select(Name.record_id, Record.kind, Record.restricted, Name.text).join(Record)
        rows = session.execute(query.where(Name.record_id.in_(changed)).order_by(Name.record_id))
        for (record_id, kind, hidden), names in groupby(rows, key=lambda row: (row[0], row[1], row[2])):
            shelf = self._shelves.setdefault((kind, hidden), _empty(kind))
            shelf.add(record_id, [name for *_, name in names])

    def _read_beside(self, session: Session) -> None:
        """Begin to read all names in, in a thread with a connection of its own."""
        bind = session.get_bind()
        self._behind = True
        self._reading = Thread(target=self._read, args=(bind.engine,), name="names", daemon=True)
        self._reading.start()

    def _read(self, engine: Engine) -> None:
        try:
            with Session(engine.execution_options(portal_writes=False)) as session:
                upto = writing.last_named(session)
                shelves = _shelves(session, breathe=True)
        except SQLAlchemyError:  # the next request tries again
            _log.exception("The names of the registry could not be read.")
            with self._lock:
                self._reading = None
            return
        with self._lock:
            self._shelves, self._upto = shelves, upto
            self._reading, self._behind = None, False


def _as_shown(session: Session, found: Sequence[Sequence[Suggestion]], by: Actor) -> list[list[Suggestion]]:
    """Put in the place of each record the one under which it is shown, once, with its best name."""
    ids = {one.id for several in found for one in several if isinstance(one.id, UUID)}
    shown: Mapping[Any, UUID] = shown_for(session, ids, by=by)
    made = []
    for several in found:
        best: dict[Hashable, Suggestion] = {}
        for one in several:
            there = shown.get(one.id, one.id)
            if there not in best or one.score > best[there].score:
                best[there] = replace(one, id=there)
        made.append([*best.values()])
    return made


def _empty(kind: Kind) -> NameIndex:
    return NameIndex((), ids=Uuids(), titled=kind is Kind.PERSON, remember=False)


def _shelves(session: Session, *, breathe: bool = False) -> dict[Shelf, NameIndex]:
    return {
        (kind, hidden): NameIndex(
            _records(session, kind, hidden=hidden, breathe=breathe),
            ids=Uuids(),
            titled=kind is Kind.PERSON,
            remember=False,
        )
        for kind in Kind
        for hidden in (False, True)
    }


def _records(
    session: Session, kind: Kind, *, hidden: bool, breathe: bool
) -> Iterator[tuple[UUID, Sequence[str]]]:
    query = (
        select(Name.record_id, Name.text)
        .join(Record)
        .where(Record.kind == kind, Record.restricted.is_(hidden))
        .order_by(Name.record_id)
        .execution_options(yield_per=1000)
    )
    rows = session.execute(query)
    for place, (record_id, names) in enumerate(groupby(rows, key=lambda row: row[0])):
        if breathe and place % _BREATH == 0:
            time.sleep(0)
        yield record_id, [name for _, name in names]


_KNOWN: WeakKeyDictionary[Pool, Known] = WeakKeyDictionary()
_KNOWN_LOCK = Lock()


def names(session: Session) -> Known:
    """Return the names of the session's database; those of a database that was closed are forgotten."""
    pool = session.get_bind().engine.pool
    with _KNOWN_LOCK:
        return _KNOWN.setdefault(pool, Known())


def near(session: Session, *, by: Actor, text: str, kind: Kind | None, limit: int) -> list[UUID]:
    """Return records with a name like a typed one, for the registry's own search."""
    by.require(Permission.REGISTRY_READ)
    kinds = Kind if kind is None else (kind,)
    answer = names(session).ask(session, by=by, text=text, kinds=kinds, count=limit)
    good = [one for one in answer.suggestions if one.score >= LIKE]
    best = heapq.nlargest(limit, good, key=lambda one: one.score)
    return [one.id for one in best if isinstance(one.id, UUID)]
