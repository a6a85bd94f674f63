"""Entities of FollowTheMoney, one JSON object a line, as rows of values by field.

Schemata and properties by the names of its model (version 4): persons, organisations, addresses, events, and
what ties two of them. A property has several values; those that are one here take the first. What the model
has no property for is a keyword, ``field=value``, by the names of the fields here.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from portal.registry.exchange import fields
from portal.registry.exchange.cells import BrokenRowError, Reason, Row
from portal.registry.vocabulary import Kind, NameKind, Part, Predicate, RelationKind

KIND_OF: Mapping[str, Kind] = {
    "Person": Kind.PERSON,
    "LegalEntity": Kind.BODY,
    "Organization": Kind.BODY,
    "PublicBody": Kind.BODY,
    "Company": Kind.BODY,
    "Address": Kind.PLACE,
    "Event": Kind.EVENT,
}
SCHEMA_OF: Mapping[Kind, str] = {
    Kind.PERSON: "Person",
    Kind.BODY: "Organization",
    Kind.PLACE: "Address",
    Kind.GRAVE: "Address",
    Kind.EVENT: "Event",
}
NAMES: Mapping[str, NameKind] = {
    "name": NameKind.OFFICIAL,
    "alias": NameKind.VARIANT,
    "weakAlias": NameKind.NICKNAME,
    "previousName": NameKind.FORMER,
}
SHORT: Mapping[str, str] = {
    "fatherName": "father",
    "motherName": "mother",
    "birthDate": "birth",
    "birthPlace": "birthplace",
    "gender": "sex",
    "latitude": fields.LATITUDE,
    "longitude": fields.LONGITUDE,
    "date": "date",
    "incorporationDate": "since",
    "dissolutionDate": "until",
    "addressEntity": fields.PLACE,
    "publisher": fields.SOURCE,
}
SAID: Mapping[str, Predicate] = {
    "profession": Predicate.OCCUPATION,
    "education": Predicate.EDUCATION,
    "religion": Predicate.RELIGION,
    "political": Predicate.AFFILIATION,
    "position": Predicate.POST,
    "notes": Predicate.NOTE,
    "summary": Predicate.NOTE,
    "description": Predicate.NOTE,
    "biography": Predicate.NOTE,
}
TIES: Mapping[str, tuple[str, str, RelationKind | None]] = {
    "Family": ("person", "relative", RelationKind.RELATIVE_OF),
    "Associate": ("person", "associate", RelationKind.COMRADE_OF),
    "Membership": ("member", "organization", RelationKind.MEMBER_OF),
    "Employment": ("employee", "employer", RelationKind.WORKED_AT),
    "UnknownLink": ("subject", "object", None),
}
_WORDS: Mapping[str, RelationKind] = {
    **dict.fromkeys(("father", "mother", "parent"), RelationKind.PARENT_OF),
    **dict.fromkeys(("brother", "sister", "sibling"), RelationKind.SIBLING_OF),
    **dict.fromkeys(("wife", "husband", "spouse"), RelationKind.SPOUSE_OF),
}
_FAMILY = "Family"


def rows(objects: Iterable[tuple[int, Any]]) -> Iterator[Row]:
    """Give a row for each entity; of a schema that the registry has no place for, a broken one."""
    for line, one in objects:
        properties = one.get("properties") if isinstance(one, dict) else None
        if not isinstance(one, dict) or not isinstance(properties, dict) or not one.get("id"):
            yield Row(line, problem=BrokenRowError(Reason.FORM))
            continue
        schema = str(one.get("schema"))
        told = {str(name): _texts(values) for name, values in properties.items()}
        code = str(one["id"])
        if schema in TIES:
            yield Row(line, _tie(schema, told) | {fields.CODE: [code]})
        elif schema in KIND_OF:
            yield Row(line, _record(_kind(told, KIND_OF[schema]), told) | {fields.CODE: [code]})
        else:
            yield Row(line, problem=BrokenRowError(Reason.WORD, "schema"), cells=[schema])


def _texts(values: Any) -> list[str]:
    several = values if isinstance(values, list) else [values]
    return [str(one) for one in several if isinstance(one, str | int | float) and str(one).strip()]


def _record(kind: Kind, told: Mapping[str, list[str]]) -> dict[str, list[str]]:
    values = _names(kind, told) | {fields.KIND: [kind.value]}
    fitting = set(fields.fields_of(kind))
    for name, field in SHORT.items():
        if field in fitting and told.get(name):
            values.setdefault(field, told[name][:1])
    for name, predicate in SAID.items():
        field = fields.said_field(predicate)
        if field in fitting and told.get(name):
            values.setdefault(field, []).extend(told[name])
    for keyword in told.get("keywords", ()):
        field, equals, value = keyword.partition("=")
        if equals and field in fields.fields_of(kind):
            values[field] = [*values.get(field, []), value] if fields.several(field) and value else [value]
    if "role.deceased" in told.get("topics", ()) or told.get("deathDate"):
        values["living"] = ["no"]
    return {name: several for name, several in values.items() if several}


def _names(kind: Kind, told: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Take the names by their kinds; a person's may be in parts, a place's its address."""
    values = {fields.name_field(named): list(told[name]) for name, named in NAMES.items() if told.get(name)}
    if kind is Kind.PERSON and not told.get("name"):
        parts = (part for name in ("firstName", "middleName", "lastName") for part in told.get(name, ())[:1])
        values[fields.NAME] = [" ".join(parts)]
    if kind in {Kind.PLACE, Kind.GRAVE} and not values:
        values[fields.NAME] = told.get("full", [])[:1] or told.get("city", [])[:1]
    return values


def _kind(told: Mapping[str, list[str]], kind: Kind) -> Kind:
    """Give the kind that the export wrote; an address may be a place or a grave."""
    grave = kind is Kind.PLACE and f"{fields.KIND}={Kind.GRAVE.value}" in told.get("keywords", ())
    return Kind.GRAVE if grave else kind


def _tie(schema: str, told: Mapping[str, list[str]]) -> dict[str, list[str]]:
    start, end, usual = TIES[schema]
    word: RelationKind | Part | None = usual
    post = (told.get("relationship") or told.get("role") or [""])[0]
    named = post.partition(":")[0]
    if schema == _FAMILY:
        word = _WORDS.get(post.lower(), word)
    known = {one.value: one for words in (Part, RelationKind) for one in words}
    if named in known:  # as the export writes it
        word, post = known[named], post.partition(":")[2].strip()
    elif schema in {_FAMILY, "Associate"}:
        post = ""
    values = {
        fields.WORD: [word.value if word else "?"],
        fields.START: told.get(start, [])[:1],
        fields.END: told.get(end, [])[:1],
        fields.POST: [post] if post else [],
        fields.SOURCE: told.get("publisher", [])[:1],
        fields.LOCATOR: told.get("recordId", [])[:1],
        "since": told.get("startDate", [])[:1],
        "until": told.get("endDate", [])[:1],
    }
    return {name: several for name, several in values.items() if several}
