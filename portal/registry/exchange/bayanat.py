"""Actors and locations of Bayanat, in JSON or as its table, as rows of values by field.

Names of properties are Bayanat's own (its models of actors and locations, version 4). A name in the second
language, which it marks with ``_ar``, is another official name of the same record.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from portal.registry.exchange import fields
from portal.registry.exchange.cells import BrokenRowError, Reason, Row
from portal.registry.vocabulary import Kind, NameKind, Predicate

_NICKNAME = fields.name_field(NameKind.NICKNAME)
_OCCUPATION, _POST = fields.said_field(Predicate.OCCUPATION), fields.said_field(Predicate.POST)
_ACTOR: Mapping[str, str] = {
    "id": fields.CODE,
    "name": fields.NAME,
    "name_ar": fields.NAME,
    "nickname": _NICKNAME,
    "nickname_ar": _NICKNAME,
    "father_name": "father",
    "father_name_ar": "father",
    "mother_name": "mother",
    "mother_name_ar": "mother",
    "sex": "sex",
    "origin_place": "origin",
    "occupation": _OCCUPATION,
    "occupation_ar": _OCCUPATION,
    "position": _POST,
    "position_ar": _POST,
    "family_status": fields.said_field(Predicate.CIVIL_STATUS),
    "age": fields.said_field(Predicate.AGE),
    "comments": fields.said_field(Predicate.NOTE),
    "description": fields.said_field(Predicate.NOTE),
}
_LOCATION: Mapping[str, str] = {
    "id": fields.CODE,
    "title": fields.NAME,
    "title_ar": fields.NAME,
    "lat": fields.LATITUDE,
    "lng": fields.LONGITUDE,
    "description": fields.said_field(Predicate.NOTE),
}
# Its two spellings of these would be one value with two languages in it; the first that is there is taken.
_SINGLE = frozenset({"father", "mother"})
_ONLY_HERE = frozenset({"name_ar", "title_ar", "nickname_ar", "father_name_ar"})
_KINDS: Mapping[str, str] = {"governorate": "province", "district": "city", "subdistrict": "city"}


def columns(headings: Sequence[str]) -> list[str]:
    """Give the fields of the columns of Bayanat's own table; nothing for any other table."""
    if _ONLY_HERE.isdisjoint(headings):
        return []
    known = _LOCATION if "title_ar" in headings else _ACTOR
    taken: set[str] = set()
    found: list[str] = []
    for heading in headings:
        field = known.get(heading, "")
        found.append("" if field in taken and field in _SINGLE else field)
        taken.add(field)
    return found


def listed(document: Any) -> list[Any]:
    """Give the objects of a document: a list, the items of an answer of its interface, or one alone."""
    if isinstance(document, dict):
        items = document.get("items", document.get("data"))
        return items if isinstance(items, list) else [document]
    return document if isinstance(document, list) else []


def rows(objects: Iterable[tuple[int, Any]]) -> Iterator[Row]:
    """Give a row for each actor or location, and one for each relation between two actors."""
    for number, one in objects:
        if not isinstance(one, dict):
            yield Row(number, problem=BrokenRowError(Reason.FORM))
        elif "title" in one or "title_ar" in one:
            yield Row(number, _location(one))
        else:
            yield Row(number, _actor(one))


def _text(value: Any) -> str:
    """Write a value as text; of a thing that is referred to, its title."""
    if isinstance(value, dict):
        return _text(value.get("title") or value.get("title_ar") or value.get("full_string"))
    if isinstance(value, list):
        return "\n".join(filter(None, map(_text, value)))
    return "" if value is None or isinstance(value, bool) else str(value).strip()


def _taken(one: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, field in known.items():
        text = _text(one.get(name))
        if text and not (field in _SINGLE and field in values):
            values.setdefault(field, []).append(text)
    return values


def _actor(one: Mapping[str, Any]) -> dict[str, list[str]]:
    values = _taken(one, _ACTOR)
    for ending in ("", "_ar"):
        parts = (_text(one.get(f"{part}{ending}")) for part in ("first_name", "middle_name", "last_name"))
        whole = " ".join(filter(None, parts))
        if whole and not _text(one.get(f"name{ending}")):
            values.setdefault(fields.NAME, []).append(whole)
    for profile in one.get("actor_profiles") or ():
        if isinstance(profile, dict) and (said := _text(profile.get("description"))):
            values.setdefault(fields.said_field(Predicate.NOTE), []).append(said)
    for event in one.get("events") or ():
        if isinstance(event, dict) and (said := _event(event)):
            values.setdefault(fields.said_field(Predicate.NOTE), []).append(said)
    kind = Kind.BODY if _text(one.get("type")) == "Entity" else Kind.PERSON
    if kind is Kind.BODY:
        values = {name: told for name, told in values.items() if name in fields.fields_of(kind)}
    return values | {fields.KIND: [kind.value]}


def _event(event: Mapping[str, Any]) -> str:
    """Write an event in one line: what, where, from when to when."""
    what = _text(event.get("title")) or _text(event.get("title_ar")) or _text(event.get("eventtype"))
    days = " – ".join(filter(None, (_text(event.get("from_date"))[:10], _text(event.get("to_date"))[:10])))
    return ", ".join(filter(None, (what, _text(event.get("location")), days)))


def _location(one: Mapping[str, Any]) -> dict[str, list[str]]:
    values = _taken(one, _LOCATION) | {fields.KIND: [Kind.PLACE.value]}
    point = one.get("latlng")
    if isinstance(point, dict) and fields.LATITUDE not in values:
        for name, field in (("lat", fields.LATITUDE), ("lng", fields.LONGITUDE)):
            if text := _text(point.get(name)):
                values[field] = [text]
    level = _text(one.get("admin_level")).lower()
    kind = _KINDS.get(level, level) or _text(one.get("location_type")).lower()
    if kind in {"country", "province", "city", "prison", "cemetery", "court"}:
        values[fields.PLACE_KIND] = [kind]
    parent = one.get("parent")
    if isinstance(parent, dict) and parent.get("id") is not None:
        values[fields.PLACE] = [str(parent["id"])]
    return values
