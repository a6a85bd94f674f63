"""Loading a registry file: the starter of cited public facts that ships with the portal, or another."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.dates.calendars import Calendar
from portal.errors import InvalidError
from portal.registry import history, saying, writing
from portal.registry.facts import cite_facts, told
from portal.registry.models import Record, Source
from portal.registry.periods import NOTHING, Period, between, said
from portal.registry.records import (
    BodyFacts,
    Cite,
    Claim,
    EventFacts,
    Facts,
    GraveFacts,
    PersonFacts,
    PlaceFacts,
    Spelling,
)
from portal.registry.vocabulary import (
    Basis,
    BodyKind,
    Condition,
    EventKind,
    Existence,
    Kind,
    Living,
    NameKind,
    Part,
    PersonRole,
    PlaceKind,
    Predicate,
    RelationKind,
    Sex,
    SourceKind,
)

STARTER = Path(__file__).with_name("starter.json")
_NOTE = "starter registry"


def read_document(path: Path = STARTER) -> dict[str, Any]:
    """Read a registry file: a JSON object of sources, records, relations and participations."""
    document = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict):
        raise InvalidError("A registry file is one JSON object.")
    return document


def load_starter(
    session: Session,
    *,
    author: str,
    now: datetime,
    document: Mapping[str, Any] | None = None,
    note: str = _NOTE,
) -> int:
    """Add what is not there yet, by code, and give how many records were added; loading twice adds nothing.

    `author` is the name that the history shows. `InvalidError` when a statement has no source.
    """
    content = read_document() if document is None else document
    sources = _sources(session, content["sources"])
    coded = session.scalars(select(Record).where(Record.code.is_not(None)))
    known: dict[str, UUID] = {str(record.code): record.id for record in coded}
    added: dict[str, Record] = {}
    for entry in content["records"]:
        if entry["code"] not in known:
            record = _record(session, entry, known, sources, author=author, now=now)
            added[entry["code"]] = record
            known[entry["code"]] = record.id
            for claim in entry.get("statements", ()):
                saying.make_statement(session, record, _claim(claim, sources))
    _ties(session, content, added, known, sources)
    for record in added.values():
        history.keep(session, record, author=author, note=note, now=now)
    return len(added)


def _sources(session: Session, entries: list[dict[str, Any]]) -> dict[str, UUID]:
    known = {
        source.code: source for source in session.scalars(select(Source).where(Source.code.is_not(None)))
    }
    for entry in entries:
        if entry["code"] not in known:
            source = Source(**{"id": uuid4(), **entry, "kind": SourceKind(entry["kind"])})
            session.add(source)
            known[source.code] = source
    session.flush()
    return {str(code): source.id for code, source in known.items()}


def _record(
    session: Session,
    entry: Mapping[str, Any],
    known: Mapping[str, UUID],
    sources: Mapping[str, UUID],
    *,
    author: str,
    now: datetime,
) -> Record:
    facts = _facts(Kind(entry["kind"]), entry.get(entry["kind"], {}), known)
    record = writing.make(
        session,
        author=author,
        code=entry["code"],
        spellings=[_spelling(name, sources) for name in entry["names"]],
        facts=facts,
        now=now,
    )
    cite_facts(record, told(facts), [_cite(cite, sources) for cite in entry.get("cite", ())])
    session.flush()
    return record


def _spelling(given: list[Any], sources: Mapping[str, UUID]) -> Spelling:
    """Read a name: its text, its kind and, where it is known, who spells it so and from when to when."""
    text, kind, *more = given
    told_more: Mapping[str, Any] = more[0] if more else {}
    return Spelling(
        text,
        NameKind(kind),
        _cite(told_more["cite"], sources) if "cite" in told_more else None,
        said(told_more.get("since", "")),
        said(told_more.get("until", "")),
    )


def _facts(kind: Kind, given: Mapping[str, Any], known: Mapping[str, UUID]) -> Facts:
    where = known[given["place"]] if "place" in given else None
    match kind:
        case Kind.PERSON:
            return PersonFacts(
                sex=Sex(given["sex"]),
                role=PersonRole(given["role"]),
                living=Living(given["living"]),
                father_name=given.get("father", ""),
                origin=given.get("origin", ""),
                birth=_period(given.get("birth")),
                mother_name=given.get("mother", ""),
                birthplace=given.get("birthplace", ""),
            )
        case Kind.PLACE:
            return PlaceFacts(
                kind=PlaceKind(given["kind"]),
                parent_id=known[given["parent"]] if "parent" in given else None,
                latitude_tenths=_tenths(given.get("latitude")),
                longitude_tenths=_tenths(given.get("longitude")),
                since=said(given.get("since", "")),
                until=said(given.get("until", "")),
            )
        case Kind.GRAVE:
            return GraveFacts(where, Existence(given["existence"]), Condition(given["condition"]))
        case Kind.BODY:
            kept = BodyKind(given["kind"]) if "kind" in given else None
            return BodyFacts(where, kept, said(given.get("since", "")), said(given.get("until", "")))
        case Kind.EVENT:
            return EventFacts(EventKind(given["kind"]), where, _period(given.get("date")))


def _tenths(degrees: float | None) -> int | None:
    return None if degrees is None else round(degrees * 10)


def _period(given: Mapping[str, str] | None) -> Period:
    if given is None:
        return NOTHING
    earliest, latest = (date.fromisoformat(given[end]) for end in ("earliest", "latest"))
    read = said(given["words"])
    if (read.earliest, read.latest) == (earliest, latest):
        return read  # the words say how fine they are
    return between(given["words"], Calendar(given["calendar"]), earliest, latest)


def _claim(given: Mapping[str, Any], sources: Mapping[str, UUID]) -> Claim:
    return Claim(
        predicate=Predicate(given["predicate"]),
        cites=tuple(_cite(cite, sources) for cite in given.get("cite", ())),
        value_fa=given.get("fa", ""),
        value_en=given.get("en", ""),
        date=_period(given.get("date")),
        word=given.get("word"),
        low=given.get("low"),
        high=given.get("high", given.get("low")),
        basis=Basis(given["basis"]) if "basis" in given else None,
    )


def _cite(given: list[str], sources: Mapping[str, UUID]) -> Cite:
    code, locator = given
    return Cite(sources[code], locator)


def _ties(
    session: Session,
    content: Mapping[str, Any],
    added: Mapping[str, Record],
    known: Mapping[str, UUID],
    sources: Mapping[str, UUID],
) -> None:
    """Tie new records to each other and to those that were there."""

    def at(code: str) -> Record:
        return added[code] if code in added else session.get_one(Record, known[code])

    for tie in content.get("relations", ()):
        if (start := added.get(tie["from"])) is not None:
            cite = _cite(tie["cite"], sources)
            bond = saying.Bond(tie.get("post", ""), said(tie.get("since", "")), said(tie.get("until", "")))
            saying.make_tie(session, start, RelationKind(tie["kind"]), at(tie["to"]), cite=cite, bond=bond)
    for tie in content.get("participations", ()):
        if (event := added.get(tie["event"])) is not None:
            cite = _cite(tie["cite"], sources)
            saying.make_tie(session, event, Part(tie["role"]), at(tie["record"]), cite=cite)
