"""Files of the public part of the registry: CSV that no spreadsheet runs, and FollowTheMoney."""

import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum, auto
from io import BytesIO
from uuid import UUID

from sqlalchemy.orm import Session

from portal.cells import written
from portal.registry.exchange import exporting, fields, followthemoney
from portal.registry.exchange.exporting import ORDER, Exported, Values, records, statements, ties
from portal.registry.models import Source
from portal.registry.vocabulary import Kind, RelationKind

_OUT: Mapping[str, str] = {
    field: name for name, field in followthemoney.SHORT.items() if field != fields.SOURCE
}
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


TYPES: Mapping[Sort, str] = {Sort.CSV: "application/zip", Sort.FTM: "application/json+ftm"}
FILES: Mapping[Sort, str] = {Sort.CSV: "public-part.zip", Sort.FTM: "public-part.ftm.json"}
_TABLES: Mapping[Kind, str] = {
    Kind.PLACE: "2-places.csv",
    Kind.BODY: "3-bodies.csv",
    Kind.GRAVE: "4-graves.csv",
    Kind.EVENT: "5-events.csv",
    Kind.PERSON: "6-persons.csv",
}
_SOURCES, _STATEMENTS, _RELATIONS = "1-sources.csv", "7-statements.csv", "8-relations.csv"
"""The tables in the order in which they are written, and brought in by their numbers."""
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
"""The day that files in an archive bear: the earliest there is, so that equal content is equal bytes."""

Table = tuple[str, Iterator[str]]
"""The name of a file, and its lines."""


def columns(kind: Kind) -> list[str]:
    """Give the headings of the table of a kind; what is said of its records stands in a table of its own."""
    apart = {fields.GIVEN, fields.SURNAME, fields.KIND, fields.CODE}
    own = (one for one in fields.fields_of(kind) if one not in apart and not one.startswith("said."))
    return [fields.KIND, fields.CODE, *own]


def tables(session: Session) -> Iterator[Table]:
    """Give a table for each kind of record, and those of statements, relations and sources, these last.

    RFC 4180 with CRLF in UTF-8; several values are lines of a cell. Each is read to its end before the next.
    """
    cited: dict[UUID, Source] = {}
    for kind in ORDER:
        yield _TABLES[kind], _table(columns(kind), _noted(records(session, [kind]), cited))
    said = [one for one in fields.OTHER_ROWS[fields.OF] if one != fields.CODE]
    yield _STATEMENTS, _table(said, _noted(statements(session), cited))
    tied = [one for one in fields.OTHER_ROWS[fields.WORD] if one != fields.CODE]
    yield _RELATIONS, _table(tied, _noted(ties(session), cited))
    yield _SOURCES, _table(fields.OTHER_ROWS[fields.TITLE], exporting.sources(cited.values()))


def _noted(rows: Iterable[Exported], cited: dict[UUID, Source]) -> Iterator[Values]:
    """Give what rows say, and note which publications they name."""
    for one in rows:
        cited |= {source.id: source for source in one.sources[:1]}
        yield one.values


def _table(headings: Sequence[str], rows: Iterable[Values]) -> Iterator[str]:
    yield ",".join(map(written, headings)) + "\r\n"
    for values in rows:
        yield ",".join(written("\n".join(values.get(name, ()))) for name in headings) + "\r\n"


def archive(session: Session) -> bytes:
    """Give all tables as one ZIP, the same bytes for the same content."""
    found = BytesIO()
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as book:
        for name, rows in sorted((name, "".join(rows)) for name, rows in tables(session)):
            book.writestr(zipfile.ZipInfo(name, _FIRST_DAY), rows.encode("utf-8-sig"), zipfile.ZIP_DEFLATED)
    return found.getvalue()


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
        if (
            field in {fields.KIND, fields.CODE}
            or (field == fields.SOURCE and one.sources)
            or (field == "sex" and several[0] not in _GENDERS)
        ):
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
    found = {"publisher": [*dict.fromkeys(source.title for source in one.sources)]}
    found["sourceUrl"] = [source.address for source in one.sources if source.address.startswith("https://")]
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
