"""Persons written by the thousand: the rows that `writing`, `facts` and `history` make, without objects.

A test holds both ways against each other, row for row; the ledger records these rows as it records those.
"""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.orm import Session

from portal.ledger.service import insert_rows
from portal.registry import facts as kept
from portal.registry import models, writing
from portal.registry.exchange.drafts import Draft
from portal.registry.exchange.preparing import Named, Prepared
from portal.registry.exchange.standing import Like
from portal.registry.history import cited, dated
from portal.registry.models import (
    Citation,
    FactCitation,
    Likeness,
    Name,
    NameKey,
    Person,
    Record,
    Relation,
    Revision,
    Source,
    Statement,
)
from portal.registry.periods import NOTHING, Period
from portal.registry.records import Line, PersonFacts, Said
from portal.registry.vocabulary import Kind, RelationKind

_JSON = json.JSONEncoder(ensure_ascii=False)
Values = dict[str, Any]
_BEGINNING, _REST, _AT_ONCE = 4, 12, 64
"""Bytes of an id that a step has in common, bytes of its own, and ids for which chance is asked at once."""
_MARKED, _MARKS = 0xF000_C000_0000_0000_0000, 0x4000_8000_0000_0000_0000
"""The bits that say version and variant, and what they say."""
_TABLES = (
    *(Record, models.Named, Person, Name, NameKey, FactCitation),
    *(Statement, Citation, Relation, Likeness, Revision),
)


class Nearby:
    """Random ids (RFC 9562, version 4) with one random beginning: they lie side by side in every index.

    A step then changes few pages of a database that is large already, not some of each corner of it.
    """

    def __init__(self, random: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._random, self._left = random, b""
        self._beginning = int.from_bytes(random(_BEGINNING)) << 8 * _REST

    def __call__(self) -> UUID:
        """Give a new one."""
        if not self._left:
            self._left = self._random(_REST * _AT_ONCE)
        rest, self._left = self._left[:_REST], self._left[_REST:]
        return UUID(int=(self._beginning | int.from_bytes(rest)) & ~_MARKED | _MARKS)


@dataclass(frozen=True)
class Arrival:
    """A person to be written: the source of all that is said, and whom it may be the same as."""

    id: UUID
    prepared: Prepared
    draft: Draft
    source: Source | None
    likes: Sequence[Like] = ()

    @property
    def source_id(self) -> UUID | None:
        """The id of the source; a row without one says nothing that needs one."""
        return self.source.id if self.source else None

    @property
    def where(self) -> str:
        """The source, and where in it, in one line."""
        return cited(self.source, self.draft.locator) if self.source else ""


def store(
    session: Session,
    arrivals: Sequence[Arrival],
    *,
    author: str,
    note: str,
    now: datetime,
    new_id: Callable[[], UUID],
) -> None:
    """Write persons with all that belongs to them, as their first versions."""
    if not arrivals:
        return
    maker = _Maker(author, note, now, writing.next_number(session), new_id)
    for one in arrivals:
        maker.add(one)
    for table in _TABLES:
        insert_rows(session, table_of(table), maker.rows[table])


def table_of(model: type[Any]) -> Table:
    """Give the table of a model."""
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101 - for the type checker
    return table


def _period(period: Period, prefix: str = "") -> Values:
    return {
        f"{prefix}words": period.words,
        f"{prefix}calendar": period.calendar,
        f"{prefix}earliest": period.earliest,
        f"{prefix}latest": period.latest,
        f"{prefix}precision": period.precision,
        f"{prefix}qualifier": period.qualifier,
    }


_NEVER = {**_period(NOTHING, "since_"), **_period(NOTHING, "until_")}


class _Maker:
    """Collects the rows of one transaction, by table."""

    def __init__(
        self, author: str, note: str, now: datetime, number: int, new_id: Callable[[], UUID]
    ) -> None:
        self.author, self.note, self.day, self.number = author, note, now.date(), number
        self.new_id = new_id
        self.rows: dict[type[Any], list[Values]] = {table: [] for table in _TABLES}

    def add(self, one: Arrival) -> None:
        """Make all rows of one person."""
        self._put(
            Record,
            id=one.id,
            kind=Kind.PERSON,
            code=None,
            restricted=False,
            version=1,
            sort_key=one.prepared.sort_key,
            created=self.day,
            created_by=self.author,
        )
        self._put(models.Named, record_id=one.id, number=self.number)
        facts = one.draft.facts
        assert isinstance(facts, PersonFacts)  # noqa: S101 - by the caller, for the type checker
        self._person(one.id, facts)
        for position, named in enumerate(one.prepared.names):
            self._name(one, position, named)
        told = sorted(kept.told(facts))
        for name in told if one.source else ():
            self._fact_citation(one, name)
        self._put(
            Revision,
            id=self.new_id(),
            record_id=one.id,
            version=1,
            snapshot=_JSON.encode(self._snapshot(one, facts, told)),
            author=self.author,
            day=self.day,
            note=self.note,
        )

    def _snapshot(self, one: Arrival, facts: PersonFacts, told: Sequence[str]) -> Values:
        """Give the first version, as `history.snapshot` would, and make the rows that it names."""
        where = one.where
        return {
            "kind": Kind.PERSON.value,
            "restricted": "",
            "name": [
                Line(kind.value, "\n".join(filter(None, (text, where)))).kept()
                for text, kind in one.draft.names
            ],
            **_plainly(facts),
            "position": "",
            "cited": [Line(name, where).kept() for name in told if where],
            "statement": [self._statement(one, place, said, where) for place, said in _numbered(one)],
            "relation": self._relations(one),
            "participation": [],
            "conclusion": [],
            "image": [],
        }

    def _fact_citation(self, one: Arrival, name: str) -> None:
        self._put(
            FactCitation,
            id=self.new_id(),
            record_id=one.id,
            field=name,
            source_id=one.source_id,
            locator=one.draft.locator,
        )

    def _put(self, table: type[Any], **values: Any) -> None:
        self.rows[table].append(values)

    def _person(self, record_id: UUID, facts: PersonFacts) -> None:
        self._put(
            Person,
            record_id=record_id,
            sex=facts.sex,
            role=facts.role,
            living=facts.living,
            father_name=facts.father_name,
            mother_name=facts.mother_name,
            birthplace=facts.birthplace,
            origin=facts.origin,
            **_period(facts.birth, "birth_"),
        )

    def _name(self, one: Arrival, position: int, name: Named) -> None:
        name_id = self.new_id()
        self._put(
            Name,
            id=name_id,
            record_id=one.id,
            position=position,
            text=name.text,
            script=name.script,
            kind=name.kind,
            source_id=one.source_id,
            locator=one.draft.locator if one.source else None,
            titles=name.titles,
            folded=name.folded,
            joined=name.joined,
            **_NEVER,
        )
        for key, whole in name.keys:
            self._put(NameKey, name_id=name_id, key=key, whole=whole)

    def _statement(self, one: Arrival, position: int, said: Said, where: str) -> Mapping[str, Any]:
        statement_id = self.new_id()
        self._put(
            Statement,
            id=statement_id,
            record_id=one.id,
            position=position,
            predicate=said.predicate,
            value_fa=said.value_fa,
            value_en=said.value_en,
            word=said.word,
            low=said.low,
            high=said.high,
            restricted=None,
            basis=None,
            **_period(said.date),
        )
        self._put(
            Citation,
            id=self.new_id(),
            statement_id=statement_id,
            position=0,
            source_id=one.source_id,
            locator=one.draft.locator,
        )
        text = "\n".join(filter(None, (said.value_fa, said.value_en, dated(said.date), where)))
        return Line(said.predicate.value, text, id=str(statement_id)).kept()

    def _relations(self, one: Arrival) -> list[Mapping[str, Any]]:
        """Queue whom the person may be the same as: a relation that reviewers settle."""
        found = {}
        for like in one.likes:
            self._put(Likeness, one_id=one.id, other_id=like.record.id, weight=like.weight)
            if one.source is None:  # a relation needs a source
                continue
            relation_id = self.new_id()
            self._put(
                Relation,
                id=relation_id,
                from_id=one.id,
                to_id=like.record.id,
                kind=RelationKind.PERHAPS_SAME,
                post="",
                source_id=one.source_id,
                locator=one.draft.locator,
                restricted=None,
                **_NEVER,
            )
            text = "\n".join(filter(None, (like.name, one.where)))
            found[relation_id] = Line(
                RelationKind.PERHAPS_SAME.value, text, id=str(relation_id), other=str(like.record.id)
            ).kept()
        return [found[key] for key in sorted(found, key=lambda key: key.bytes)]


def _numbered(one: Arrival) -> Iterator[tuple[int, Said]]:
    return enumerate(one.draft.said, 1)


def _plainly(facts: PersonFacts) -> Values:
    return {
        "sex": facts.sex.value,
        "role": facts.role.value,
        "living": facts.living.value,
        "father_name": facts.father_name,
        "mother_name": facts.mother_name,
        "birth": dated(facts.birth),
        "birthplace": facts.birthplace,
        "origin": facts.origin,
    }
