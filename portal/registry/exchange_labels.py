"""Words of importing and exporting, in the reader's language."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from portal.registry.exchange import fields
from portal.registry.exchange.cells import Reason
from portal.registry.exchange.models import Alike, Changed
from portal.registry.exchange.standing import Why
from portal.registry.labels import FIELDS, LABELS
from portal.registry.vocabulary import NameKind, Predicate
from portal.web.locale import lazy_gettext as _l

_OWN: Mapping[str, Any] = {
    "father": FIELDS["father_name"],
    "mother": FIELDS["mother_name"],
    "birth": FIELDS["birth"],
    "birthplace": FIELDS["birthplace"],
    "origin": FIELDS["origin"],
    "sex": FIELDS["sex"],
    "role": FIELDS["role"],
    "living": FIELDS["living"],
    "existence": FIELDS["existence"],
    "condition": FIELDS["condition"],
    "date": FIELDS["date"],
    "body_kind": FIELDS["body_kind"],
    "event_kind": FIELDS["event_kind"],
    fields.PLACE_KIND: FIELDS["place_kind"],
    fields.PLACE: FIELDS["parent"],
    fields.LATITUDE: _l("Degrees north"),
    fields.LONGITUDE: _l("Degrees east"),
    "since": _l("Existed from"),
    "until": _l("Existed until"),
    fields.CODE: _l("Number of the row, by which it is known again"),
    fields.KIND: _l("Kind of record"),
    fields.SOURCE: _l("Source of the row (title)"),
    fields.LOCATOR: _l("Where in the source"),
    fields.GIVEN: _l("Given name"),
    fields.SURNAME: _l("Family name"),
    fields.WORD: _l("Relation"),
    fields.START: _l("Number of the first row that it ties"),
    fields.END: _l("Number of the other row that it ties"),
    fields.POST: _l("As what"),
    fields.OF: _l("Number of the row that it is about"),
    fields.ABOUT: _l("What it is about"),
    fields.FA: _l("In Persian"),
    fields.EN: _l("In English"),
    fields.CODED: _l("The word for it"),
    fields.LOW: _l("Lowest figure"),
    fields.HIGH: _l("Highest figure"),
    fields.BASIS: _l("How the source knows"),
    fields.TITLE: _l("Title"),
    fields.AUTHOR: _l("Author"),
    fields.YEAR: _l("Year"),
    fields.WORK: _l("Kind of source"),
    fields.ADDRESS: _l("Number or address"),
    "schema": _l("Kind of record"),
}

REASONS: Mapping[Reason, Any] = {
    Reason.CELLS: _l("It has more cells than there are headings."),
    Reason.LETTERS: _l("Some letters cannot be read; the file may be in another encoding."),
    Reason.LONG: _l("It is too long."),
    Reason.NAME: _l("There is no name."),
    Reason.WORD: _l("This word is not known here."),
    Reason.DEGREES: _l("These are no degrees."),
    Reason.PLACE: _l("This place is not in the registry, or several have its name."),
    Reason.SOURCE: _l("The source has no title."),
    Reason.ENDS: _l("One of the two that it ties is not there."),
    Reason.DECIDED: _l("A conclusion decides this; change the record by hand."),
    Reason.FORM: _l("It cannot be understood."),
    Reason.TWICE: _l("It is there already."),
}

WHY: Mapping[Why, Any] = {
    Why.NAME: _l("same name"),
    Why.SOUND: _l("name that sounds alike"),
    Why.FATHER: _l("same father's name"),
    Why.BIRTH: _l("births that may be one"),
}

ALIKE: Mapping[Alike, Any] = {
    Alike.ADD: _l("Add them as new, and mark both as perhaps the same\nReviewers decide later."),
    Alike.SKIP: _l("Leave them out\nThe rest goes in."),
}
CHANGED: Mapping[Changed, Any] = {
    Changed.LEAVE: _l("Leave the records as they are"),
    Changed.UPDATE: _l("Add to the records what the rows say now\nNothing is taken away."),
}
ENCODINGS: Mapping[str, Any] = {
    "": _l("As the file says, else UTF-8"),
    "utf-16": "UTF-16",
    "cp1256": "Windows-1256",
}


def field_name(field: str) -> str:
    """Name a field as people read it; what is none stays as it is."""
    if field in _OWN:
        return str(_OWN[field])
    for start, words in (("name.", NameKind), ("said.", Predicate)):
        rest = field.removeprefix(start)
        if rest != field and rest in {one.value for one in words}:
            found: StrEnum = words(rest)
            return str(LABELS[words][found])
    return field
