"""Files of the public part of the registry: CSV that no spreadsheet runs, and FollowTheMoney."""

import json
from collections.abc import Iterator, Mapping
from enum import StrEnum, auto
from uuid import UUID

from sqlalchemy.orm import Session

from portal.cells import written
from portal.registry.exchange import fields, followthemoney
from portal.registry.exchange.exporting import SOURCES, Exported, Values, records, ties
from portal.registry.vocabulary import Kind, RelationKind

_OUT: Mapping[str, str] = {field: name for name, field in followthemoney.SHORT.items()}
_SAID: Mapping[str, str] = {
    fields.said_field(predicate): name for name, predicate in reversed(tuple(followthemoney.SAID.items()))
}
_NAMES: Mapping[str, str] = {fields.name_field(kind): name for name, kind in followthemoney.NAMES.items()}
_FAMILY = frozenset({"parent_of", "sibling_of", "spouse_of", "relative_of"})
_COMPANY = frozenset({"cellmate_of", "comrade_of"})
_DATES = frozenset({"birth", "date", "since", "until"})
_ISO = (4, 7, 10)
_ONLY = (
    (frozenset({"incorporationDate", "dissolutionDate"}), frozenset({Kind.BODY})),
    (frozenset({"latitude", "longitude"}), frozenset({Kind.PLACE, Kind.GRAVE})),
    (
        frozenset({"profession", "education", "religion", "political", "position"}),
        frozenset({Kind.PERSON}),
    ),
    (frozenset({"date"}), frozenset({Kind.EVENT})),
)
"""Properties that not every schema has, and the kinds whose schema has them."""
_GENDERS = frozenset({"male", "female"})


class Sort(StrEnum):
    """How the export is written."""

    CSV = auto()
    FTM = auto()


TYPES: Mapping[Sort, str] = {Sort.CSV: "text/csv; charset=utf-8", Sort.FTM: "application/json+ftm"}
FILES: Mapping[Sort, str] = {Sort.CSV: "public-part.csv", Sort.FTM: "public-part.ftm.json"}


def columns() -> list[str]:
    """Give the headings of the table."""
    found = dict.fromkeys([fields.KIND, fields.CODE])
    for kind in Kind:
        found |= dict.fromkeys(fields.fields_of(kind))
    return [*(one for one in found if one not in {fields.GIVEN, fields.SURNAME}), SOURCES]


def lines(session: Session, sort: Sort) -> Iterator[str]:
    """Give the export line by line."""
    yield from table(session) if sort is Sort.CSV else entities(session)


def table(session: Session) -> Iterator[str]:
    """Give one row a record, RFC 4180 with CRLF in UTF-8; several values are lines of a cell."""
    headings = columns()
    yield ",".join(map(written, headings)) + "\r\n"
    for one in records(session):
        yield ",".join(written("\n".join(one.values.get(name, ()))) for name in headings) + "\r\n"


def entities(session: Session) -> Iterator[str]:
    """Give one entity of FollowTheMoney a line: the records, then what ties them."""
    kinds: dict[UUID, Kind] = {}
    for one in records(session):
        kinds[one.id] = Kind(one.values[fields.KIND][0])
        yield _line(followthemoney.SCHEMA_OF[kinds[one.id]], one.id, _properties(one, kinds[one.id]))
    for tie in ties(session):
        schema, properties = _tied(tie, kinds)
        yield _line(schema, tie.id, properties)


def _line(schema: str, code: UUID, properties: Values) -> str:
    told = {"id": str(code), "schema": schema, "properties": properties}
    return json.dumps(told, ensure_ascii=False, sort_keys=True) + "\n"


def _properties(one: Exported, kind: Kind) -> Values:
    found: Values = {}
    keywords: list[str] = [f"{fields.KIND}={kind.value}"]
    for field, several in one.values.items():
        name = _NAMES.get(field) or _SAID.get(field) or _OUT.get(field)
        if field in {fields.KIND, fields.CODE, SOURCES} or (field == "sex" and several[0] not in _GENDERS):
            continue
        if name is None or not _has(kind, name):
            keywords += [f"{field}={value}" for value in several]
        elif field in _DATES:
            found |= dict.fromkeys([name] if _iso(several[0]) else [], several)
            keywords += [f"{field}={value}" for value in several if not _iso(value)]
        else:
            found.setdefault(name, []).extend(several)
    if "name" not in found:  # the model asks for one; the keyword says that it is none
        found["name"] = [_first_name(one.values)]
        keywords.append(f"{fields.NAME}=")
    found["keywords"] = keywords
    return found | _published(one)


def _has(kind: Kind, name: str) -> bool:
    """Tell whether the schema of a kind has a property that not all have."""
    return any(name in few and kind in kinds for few, kinds in _ONLY) or not any(
        name in few for few, _ in _ONLY
    )


def _first_name(values: Values) -> str:
    return next(several[0] for field, several in values.items() if field.startswith("name."))


def _iso(value: str) -> bool:
    """Tell whether a date is a year, a month or a day as the model writes it, in the Gregorian calendar."""
    parts = value.split("-")
    return (
        value.isascii()
        and len(value) in _ISO
        and all(map(str.isdecimal, parts))
        and value[:2] in {"19", "20"}
    )


def _published(one: Exported) -> Values:
    found = {"publisher": one.values.get(SOURCES, one.values.get(fields.SOURCE, []))}
    found["sourceUrl"] = [address for address in one.addresses if address.startswith("https://")]
    return {name: several for name, several in found.items() if several}


def _tied(tie: Exported, kinds: Mapping[UUID, Kind]) -> tuple[str, Values]:
    values = tie.values
    word, start, end = (values[name][0] for name in (fields.WORD, fields.START, fields.END))
    both = (kinds.get(UUID(start)), kinds.get(UUID(end)))
    schema = _schema(word, both)
    one, other, _ = followthemoney.TIES[schema]
    post = values.get(fields.POST, [""])[0]
    role = "relationship" if schema in {"Family", "Associate"} else "role"
    properties: Values = {one: [start], other: [end], role: [f"{word}: {post}" if post else word]}
    for field, name in (("since", "startDate"), ("until", "endDate")):
        days = values.get(field, [])
        properties |= dict.fromkeys([name] if days and _iso(days[0]) else [], days)
    properties |= {"recordId": values[fields.LOCATOR]} if fields.LOCATOR in values else {}
    return schema, properties | _published(tie)


def _schema(word: str, both: tuple[Kind | None, Kind | None]) -> str:
    people = both == (Kind.PERSON, Kind.PERSON)
    if people and word in _FAMILY:
        return "Family"
    if people and word in _COMPANY:
        return "Associate"
    if word == RelationKind.MEMBER_OF.value and both[1] is Kind.BODY:
        return "Membership"
    if word == RelationKind.WORKED_AT.value and both[1] is Kind.BODY:
        return "Employment"
    return "UnknownLink"
