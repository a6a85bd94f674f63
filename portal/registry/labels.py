"""The vocabulary of the registry in the words that people see."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs

from portal.dates.calendars import Calendar
from portal.registry.vocabulary import (
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
from portal.web.locale import lazy_gettext as _l

# Two enumerations may share a value ("official"), so the table is by kind of word first.
LABELS: Mapping[type[StrEnum], Mapping[StrEnum, Any]] = {
    Kind: {
        Kind.PERSON: _l("Person"),
        Kind.PLACE: _l("Place"),
        Kind.GRAVE: _l("Grave"),
        Kind.BODY: _l("Organisation"),
        Kind.EVENT: _l("Event"),
    },
    NameKind: {
        NameKind.OFFICIAL: _l("Official name"),
        NameKind.FAMILY: _l("As the family spells it"),
        NameKind.NICKNAME: _l("Nickname"),
        NameKind.PRISON: _l("Name used in prison"),
        NameKind.TRANSLITERATION: _l("Spelling in Latin letters"),
        NameKind.VARIANT: _l("Another spelling"),
        NameKind.FORMER: _l("Former name"),
        NameKind.LATER: _l("Later name"),
    },
    Sex: {Sex.FEMALE: _l("Woman"), Sex.MALE: _l("Man"), Sex.UNKNOWN: _l("Not known")},
    PersonRole: {
        PersonRole.VICTIM: _l("Victim"),
        PersonRole.OFFICIAL: _l("Official"),
        PersonRole.SURVIVOR: _l("Survivor"),
        PersonRole.WITNESS: _l("Witness"),
        PersonRole.OTHER: _l("Someone else"),
    },
    Living: {
        Living.YES: _l("Living"),
        Living.NO: _l("Dead"),
        Living.UNKNOWN: _l("Not known; treat as living"),
    },
    PlaceKind: {
        PlaceKind.COUNTRY: _l("Country"),
        PlaceKind.PROVINCE: _l("Province"),
        PlaceKind.CITY: _l("City"),
        PlaceKind.PRISON: _l("Prison"),
        PlaceKind.WARD: _l("Ward"),
        PlaceKind.CEMETERY: _l("Cemetery"),
    },
    Existence: {
        Existence.REPORTED: _l("Reported"),
        Existence.SUSPECTED: _l("Suspected"),
        Existence.CONFIRMED: _l("Confirmed"),
    },
    Condition: {
        Condition.UNKNOWN: _l("Nothing known"),
        Condition.REPORTED: _l("Disturbance reported"),
        Condition.SUSPECTED: _l("Disturbance suspected"),
        Condition.CONFIRMED: _l("Disturbance confirmed"),
        Condition.DESTROYED: _l("Destroyed"),
    },
    EventKind: {
        EventKind.KILLING: _l("Killing"),
        EventKind.DECREE: _l("Decree"),
        EventKind.MEETING: _l("Meeting"),
        EventKind.TRANSFER: _l("Transfer"),
        EventKind.PROCEEDING: _l("Proceeding"),
        EventKind.DISTURBANCE: _l("Disturbance of a grave"),
        EventKind.OTHER: _l("Another event"),
    },
    Calendar: {
        Calendar.SOLAR: _l("Solar Hijri"),
        Calendar.GREGORIAN: _l("Gregorian"),
        Calendar.LUNAR: _l("Lunar Hijri"),
    },
    Predicate: {
        Predicate.NAME: _l("Names"),
        Predicate.POST: _l("Post"),
        Predicate.ACT: _l("What was done or said"),
        Predicate.ARREST: _l("Arrest"),
        Predicate.SENTENCE: _l("Sentence"),
        Predicate.HELD: _l("Where held"),
        Predicate.LAST_SEEN: _l("Last seen or heard of"),
        Predicate.FATE: _l("Fate"),
        Predicate.BURIAL: _l("Burial"),
        Predicate.DISTURBANCE: _l("Disturbance of a grave"),
        Predicate.FIGURE: _l("Figure"),
        Predicate.PATTERN: _l("Pattern"),
        Predicate.DOCUMENT: _l("Document"),
        Predicate.PROCEEDING: _l("Proceeding"),
        Predicate.NOTE: _l("Description"),
    },
    RelationKind: {
        RelationKind.PARENT_OF: _l("Parent of"),
        RelationKind.SIBLING_OF: _l("Sister or brother of"),
        RelationKind.SPOUSE_OF: _l("Wife or husband of"),
        RelationKind.RELATIVE_OF: _l("Relative of"),
        RelationKind.CELLMATE_OF: _l("Shared a cell or ward with"),
        RelationKind.SUPERIOR_OF: _l("Superior of"),
        RelationKind.MEMBER_OF: _l("Member of"),
        RelationKind.HELD_AT: _l("Held at"),
        RelationKind.WORKED_AT: _l("Worked at"),
        RelationKind.ACTED_IN: _l("Acted in"),
        RelationKind.BURIED_AT: _l("Said to be buried at"),
        RelationKind.PERHAPS_SAME: _l("Perhaps the same as"),
        RelationKind.NOT_SAME: _l("Not the same as"),
    },
    Part: {
        Part.VICTIM: _l("Victim"),
        Part.WITNESS: _l("Witness"),
        Part.ACCUSED: _l("Accused"),
        Part.ORDERED: _l("Ordered it"),
        Part.CARRIED_OUT: _l("Carried it out"),
        Part.EXAMINED: _l("Examined the prisoners"),
        Part.PRESENT: _l("Present"),
        Part.OTHER: _l("Another part"),
    },
    SourceKind: {
        SourceKind.ARTICLE: _l("Article"),
        SourceKind.BOOK: _l("Book"),
        SourceKind.REPORT: _l("Report"),
        SourceKind.JUDGMENT: _l("Judgment"),
        SourceKind.LIST: _l("List"),
        SourceKind.RECORDING: _l("Recording"),
        SourceKind.PAGE: _l("Web page"),
        SourceKind.INVENTED: _l("Invented, for demonstration"),
    },
}

# The same relation, read from the other record.
REVERSED: Mapping[StrEnum, Any] = {
    RelationKind.PARENT_OF: _l("Child of"),
    RelationKind.SUPERIOR_OF: _l("Subordinate of"),
    RelationKind.MEMBER_OF: _l("Has as a member"),
    RelationKind.HELD_AT: _l("Was held here"),
    RelationKind.WORKED_AT: _l("Worked here"),
    RelationKind.ACTED_IN: _l("Acted here"),
    RelationKind.BURIED_AT: _l("Said to be buried here"),
}

FIELDS: Mapping[str, Any] = {
    "kind": _l("Kind"),
    "restricted": _l("Restricted"),
    "name": _l("Name"),
    "sex": _l("Sex"),
    "role": _l("Part"),
    "living": _l("Living or dead"),
    "father_name": _l("Father's name"),
    "origin": _l("Home town"),
    "birth": _l("Birth"),
    "place_kind": _l("Kind of place"),
    "parent": _l("Lies in"),
    "point": _l("About where (degrees north, east)"),
    "place": _l("Place"),
    "existence": _l("Is there a grave?"),
    "condition": _l("Was it disturbed?"),
    "event_kind": _l("Kind of event"),
    "date": _l("Date"),
    "statement": _l("Statement"),
    "relation": _l("Relation"),
    "participation": _l("Part in the event"),
}


# Which words a field of a snapshot is written in.
WORDS_OF: Mapping[str, type[StrEnum]] = {
    "kind": Kind,
    "name": NameKind,
    "sex": Sex,
    "role": PersonRole,
    "living": Living,
    "place_kind": PlaceKind,
    "existence": Existence,
    "condition": Condition,
    "event_kind": EventKind,
    "statement": Predicate,
    "relation": RelationKind,
    "participation": Part,
}


def word_label(field: str, text: str) -> str:
    """Give a text of a snapshot as people read it: words of the vocabulary in their language."""
    if field == "restricted":
        return str(_l("Yes") if text else _l("No"))
    words = WORDS_OF.get(field)
    return label(words(text)) if words and text in {word.value for word in words} else text


def label(word: StrEnum) -> str:
    """Give a word of the vocabulary in the reader's language."""
    return str(LABELS[type(word)][word])


def reversed_label(word: StrEnum) -> str:
    """Give a relation as it reads from the other record."""
    return str(REVERSED[word]) if word in REVERSED else label(word)


def choices(words: type[StrEnum], *, leave_out: Sequence[StrEnum] = ()) -> list[SelectChoice]:
    """Give what a select field offers."""
    return [SelectChoice(word.value, text) for word, text in LABELS[words].items() if word not in leave_out]
