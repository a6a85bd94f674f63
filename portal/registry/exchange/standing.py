"""What of a file is there already, and which of its persons may be: asked for a few hundred rows at once.

Only what the person who imports may see is compared, so that a file tells nothing of a restricted record.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.registry import names
from portal.registry.exchange.drafts import Draft
from portal.registry.exchange.models import ImportedRow
from portal.registry.looking import Near, visible
from portal.registry.models import Name, NameKey, Record
from portal.registry.records import PersonFacts, shown
from portal.registry.vocabulary import Kind, Sex
from portal.staff.actor import Actor

T = TypeVar("T")
_AT_ONCE = 400
_MOST_HITS = 4_000
MOST_SHOWN = 3
LONG = 300
_QUEUED, _EACH = 60, 40
"""Tenths of a bit: what a source's "perhaps" weighs elsewhere (`likeness`), and some for each reason."""


class Why(StrEnum):
    """What speaks for two being one."""

    NAME = auto()
    SOUND = auto()
    FATHER = auto()
    BIRTH = auto()


@dataclass(frozen=True)
class Known:
    """What is known of a row that came in before."""

    digest: bytes
    record_id: UUID | None


@dataclass(frozen=True)
class Like:
    """A record that a new row may be, and what speaks for it."""

    record: Record
    reasons: tuple[Why, ...]

    @property
    def weight(self) -> int:
        """Order the pair among those that may be one, in tenths of a bit, until the next search weighs it."""
        return _QUEUED + _EACH * len(self.reasons)

    @property
    def name(self) -> str:
        """Give its name as the history shows it."""
        return str(self.record.id) if self.record.restricted else shown(self.record.names, "fa")[0]


def known(session: Session, identities: Sequence[bytes]) -> dict[bytes, Known]:
    """Give the rows that came in before."""
    found: dict[bytes, Known] = {}
    columns = (ImportedRow.identity, ImportedRow.digest, ImportedRow.record_id)
    for some in _some(identities):
        for identity, digest, record_id in session.execute(select(*columns).where(columns[0].in_(some))):
            found[identity] = Known(digest, record_id)
    return found


def visible_of(session: Session, ids: Iterable[UUID], *, by: Actor) -> set[UUID]:
    """Give those of some records that this person may know of."""
    found: set[UUID] = set()
    for some in _some([*dict.fromkeys(ids)]):
        found.update(session.scalars(visible(by).with_only_columns(Record.id).where(Record.id.in_(some))))
    return found


def free_ids(session: Session, codes: Iterable[str]) -> dict[str, UUID]:
    """Give the codes that are ids, written as an export writes them, of no record that is here.

    Such a row keeps its id, so that what comes home, or goes from one registry to another, stays the same.
    """
    ids = {code: one for code in codes if (one := as_id(code)) is not None and str(one) == code}
    taken: set[UUID] = set()
    for some in _some([*ids.values()]):
        taken.update(session.scalars(select(Record.id).where(Record.id.in_(some))))
    return {code: one for code, one in ids.items() if one not in taken}


def as_id(code: str) -> UUID | None:
    """Read a code as a record's id; None when it is none."""
    try:
        return UUID(code)
    except ValueError:
        return None


def likes(
    session: Session, drafts: Sequence[Draft], *, by: Actor, run_id: UUID | None, near: Near | None = None
) -> dict[int, list[Like]]:
    """Give, by line, the records that new rows may be: the same name, and nothing that speaks against.

    With ``near``, names are compared by how they sound as well, across scripts. What the same run brought in
    is left out: one list names one man once, or tells two men apart.
    """
    found: dict[int, list[Like]] = {}
    for some in _some(drafts):
        keys = {draft.line: _wholes(draft) for draft in some}
        records = _named(session, {key for one in keys.values() for key in one}, by=by, run_id=run_id)
        for draft in some:
            hits = {record.id: record for key in keys[draft.line] for record in records.get(key, ())}
            likes = [Like(one, why) for one in hits.values() if (why := _why(draft, one, Why.NAME))]
            if near is not None:
                likes += _sounding(session, draft, near, set(hits), by=by, run_id=run_id)
            if likes:
                found[draft.line] = sorted(likes, key=lambda like: -len(like.reasons))[:MOST_SHOWN]
    return found


def _some(several: Sequence[T]) -> Iterable[Sequence[T]]:
    return (several[start : start + _AT_ONCE] for start in range(0, len(several), _AT_ONCE))


def _wholes(draft: Draft) -> set[str]:
    titled = draft.kind is Kind.PERSON
    return {key[:LONG] for text, _ in draft.names for key in names.wholes(text, titled=titled)}


def _named(session: Session, keys: set[str], *, by: Actor, run_id: UUID | None) -> Mapping[str, list[Record]]:
    """Give the records that have a name as a whole, by its key."""
    query = (
        select(NameKey.key, Name.record_id)
        .join(Name, Name.id == NameKey.name_id)
        .where(NameKey.whole, NameKey.key.in_(keys))
        .limit(_MOST_HITS)
    )
    hits = session.execute(query).all()
    records = _records(session, {record_id for _, record_id in hits}, by=by, run_id=run_id)
    found: dict[str, list[Record]] = {}
    for key, record_id in hits:
        if record_id in records:
            found.setdefault(key, []).append(records[record_id])
    return found


def _records(session: Session, ids: set[UUID], *, by: Actor, run_id: UUID | None) -> dict[UUID, Record]:
    found: dict[UUID, Record] = {}
    own = select(ImportedRow.record_id).where(
        ImportedRow.record_id == Record.id, ImportedRow.run_id == run_id
    )
    for some in _some(list(ids)):
        query = visible(by).where(Record.id.in_(some))
        for record in session.scalars(query if run_id is None else query.where(~own.exists())):
            found[record.id] = record
    return found


def _sounding(
    session: Session, draft: Draft, near: Near, hits: set[UUID], *, by: Actor, run_id: UUID | None
) -> list[Like]:
    ids = near(session, by=by, text=draft.names[0][0], kind=draft.kind, limit=MOST_SHOWN)
    others = _records(session, set(ids) - hits, by=by, run_id=run_id)
    return [Like(one, why) for one in others.values() if (why := _why(draft, one, Why.SOUND))]


def _why(draft: Draft, record: Record, first: Why) -> tuple[Why, ...]:
    """Give what speaks for a row being a record; nothing when anything speaks against it."""
    if record.kind is not draft.kind:
        return ()
    facts, person = draft.facts, record.person
    if not isinstance(facts, PersonFacts) or person is None:
        return (first,)
    reasons = [first]
    if Sex.UNKNOWN not in {facts.sex, person.sex} and facts.sex is not person.sex:
        return ()
    if facts.father_name and person.father_name:
        same_script = names.script_of(facts.father_name) == names.script_of(person.father_name)
        if names.matches(facts.father_name, person.father_name):
            reasons.append(Why.FATHER)
        elif same_script:
            return ()
    if facts.birth.placed and person.birth.placed:
        if _apart(facts, person.birth.earliest, person.birth.latest):
            return ()
        reasons.append(Why.BIRTH)
    return tuple(reasons)


def _apart(facts: PersonFacts, earliest: object, latest: object) -> bool:
    """Tell whether two births can be no one day."""
    mine, other = (facts.birth.earliest, facts.birth.latest), (earliest, latest)
    return any(
        end is not None and begin is not None and end < begin  # type: ignore[operator]
        for begin, end in ((mine[0], other[1]), (other[0], mine[1]))
    )
