"""Persons written by the thousand: the rows that `writing`, `facts` and `history` make, without objects.

A test holds both ways against each other, row for row; the ledger records these rows as it records those.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

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

Values = dict[str, Any]
_TABLES = (
    *(Record, models.Named, Person, Name, NameKey, FactCitation),
    *(Statement, Citation, Relation, Revision),
)


@dataclass(frozen=True)
class Arrival:
    """A person to be written: the source of all that is said, and whom it may be the same as."""

    prepared: Prepared
    draft: Draft
    source: Source
    likes: Sequence[Like] = ()
    id: UUID = field(default_factory=uuid4)


def store(session: Session, arrivals: Sequence[Arrival], *, author: str, note: str, now: datetime) -> None:
    """Write persons with all that belongs to them, as their first versions."""
    if not arrivals:
        return
    maker = _Maker(author, note, now, writing.next_number(session))
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

    def __init__(self, author: str, note: str, now: datetime, number: int) -> None:
        self.author, self.note, self.day, self.number = author, note, now.date(), number
        self.rows: dict[type[Any], list[Values]] = {table: [] for table in _TABLES}

    def add(self, one: Arrival) -> None:
        facts = one.draft.facts
        assert isinstance(facts, PersonFacts)  # noqa: S101 - by the caller, for the type checker
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
        self._person(one.id, facts)
        where = cited(one.source, one.draft.locator)
        for position, named in enumerate(one.prepared.names):
            self._name(one, position, named)
        told = sorted(kept.told(facts))
        for name in told:
            self._put(
                FactCitation,
                id=uuid4(),
                record_id=one.id,
                field=name,
                source_id=one.source.id,
                locator=one.draft.locator,
            )
        snapshot = {
            "kind": Kind.PERSON.value,
            "restricted": "",
            "name": [Line(kind.value, f"{text}\n{where}").kept() for text, kind in one.draft.names],
            **_snapshot(facts),
            "position": "",
            "cited": sorted((Line(name, where).kept() for name in told), key=str),
            "statement": [self._statement(one, place, said, where) for place, said in _numbered(one)],
            "relation": self._relations(one),
            "participation": [],
            "conclusion": [],
        }
        self._put(
            Revision,
            id=uuid4(),
            record_id=one.id,
            version=1,
            snapshot=json.dumps(snapshot, ensure_ascii=False),
            author=self.author,
            day=self.day,
            note=self.note,
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
        name_id = uuid4()
        self._put(
            Name,
            id=name_id,
            record_id=one.id,
            position=position,
            text=name.text,
            script=name.script,
            kind=name.kind,
            source_id=one.source.id,
            locator=one.draft.locator,
            titles=name.titles,
            folded=name.folded,
            joined=name.joined,
            **_NEVER,
        )
        for key, whole in name.keys:
            self._put(NameKey, name_id=name_id, key=key, whole=whole)

    def _statement(self, one: Arrival, position: int, said: Said, where: str) -> Mapping[str, Any]:
        statement_id = uuid4()
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
            id=uuid4(),
            statement_id=statement_id,
            position=0,
            source_id=one.source.id,
            locator=one.draft.locator,
        )
        text = "\n".join(filter(None, (said.value_fa, said.value_en, dated(said.date), where)))
        return Line(said.predicate.value, text, id=str(statement_id)).kept()

    def _relations(self, one: Arrival) -> list[Mapping[str, Any]]:
        """Queue whom the person may be the same as: a relation that reviewers settle."""
        found = {}
        for like in one.likes:
            relation_id, locator = uuid4(), one.draft.locator
            self._put(
                Relation,
                id=relation_id,
                from_id=one.id,
                to_id=like.record.id,
                kind=RelationKind.PERHAPS_SAME,
                post="",
                source_id=one.source.id,
                locator=locator,
                restricted=None,
                **_NEVER,
            )
            text = "\n".join(filter(None, (like.name, cited(one.source, locator))))
            found[relation_id] = Line(
                RelationKind.PERHAPS_SAME.value, text, id=str(relation_id), other=str(like.record.id)
            ).kept()
        return [found[key] for key in sorted(found, key=lambda key: key.bytes)]


def _numbered(one: Arrival) -> Iterator[tuple[int, Said]]:
    return enumerate(one.draft.said, 1)


def _snapshot(facts: PersonFacts) -> Values:
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
