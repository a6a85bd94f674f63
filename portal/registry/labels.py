"""The vocabulary of the registry in the words that people see."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from portal.dates.calendars import Calendar
from portal.registry.judgement_models import Sameness
from portal.registry.vocabulary import (
    CODED,
    Basis,
    BodyKind,
    Certainty,
    CivilStatus,
    Condition,
    DisturbanceKind,
    EventKind,
    Existence,
    ImageKind,
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
from portal.web.forms import SelectChoice
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
    ImageKind: {
        ImageKind.PHOTOGRAPH: _l("Photograph"),
        ImageKind.SATELLITE: _l("Satellite picture"),
        ImageKind.PORTRAIT: _l("Portrait"),
        ImageKind.PLAN: _l("Map or plan"),
        ImageKind.DRAWING: _l("Drawing"),
        ImageKind.DOCUMENT: _l("Picture of a document"),
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
        PlaceKind.COURT: _l("Court"),
        PlaceKind.CEMETERY: _l("Cemetery"),
        PlaceKind.PLOT: _l("Plot of a cemetery"),
    },
    BodyKind: {
        BodyKind.COMMISSION: _l("Commission"),
        BodyKind.COURT: _l("Court"),
        BodyKind.OFFICE: _l("Office"),
        BodyKind.FORCE: _l("Armed force"),
        BodyKind.PARTY: _l("Party or group"),
        BodyKind.OTHER: _l("Another body"),
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
    DisturbanceKind: {
        DisturbanceKind.BULLDOZED: _l("Bulldozed"),
        DisturbanceKind.PLOTS_ABOVE: _l("New burial plots above it"),
        DisturbanceKind.CONCRETE: _l("Covered with concrete"),
        DisturbanceKind.BUILDING: _l("Built over"),
        DisturbanceKind.ROAD: _l("A road over it"),
        DisturbanceKind.RUBBISH: _l("Rubbish heaped on it"),
        DisturbanceKind.PLANTED: _l("Planted over"),
        DisturbanceKind.SIGNS_REMOVED: _l("Stones or signs removed"),
        DisturbanceKind.DUG: _l("Dug up"),
        DisturbanceKind.EXHUMED: _l("Remains taken away"),
        DisturbanceKind.CLOSED: _l("Closed to visitors"),
        DisturbanceKind.OTHER: _l("Something else"),
    },
    CivilStatus: {
        CivilStatus.SINGLE: _l("Single"),
        CivilStatus.ENGAGED: _l("Engaged"),
        CivilStatus.MARRIED: _l("Married"),
        CivilStatus.DIVORCED: _l("Divorced"),
        CivilStatus.WIDOWED: _l("Widowed"),
    },
    Basis: {
        Basis.SAW: _l("Saw it"),
        Basis.HEARD: _l("Heard it happen"),
        Basis.TOLD: _l("Was told"),
        Basis.DOCUMENT: _l("Has it from a document"),
        Basis.INFERRED: _l("Infers it"),
    },
    Certainty: {
        Certainty.MAYBE: _l("Possible"),
        Certainty.LIKELY: _l("Likely"),
        Certainty.CERTAIN: _l("Certain"),
    },
    EventKind: {
        EventKind.ARREST: _l("Arrest"),
        EventKind.TRANSFER: _l("Transfer"),
        EventKind.INTERROGATION: _l("Interrogation"),
        EventKind.HEARING: _l("Hearing"),
        EventKind.EXECUTION: _l("Execution"),
        EventKind.KILLING: _l("Killing"),
        EventKind.FAMILY_TOLD: _l("The family was told"),
        EventKind.BURIAL: _l("Burial"),
        EventKind.DISTURBANCE: _l("Disturbance of a grave"),
        EventKind.REPRISAL: _l("Reprisal"),
        EventKind.PROCEEDING: _l("Proceeding"),
        EventKind.DECREE: _l("Decree"),
        EventKind.MEETING: _l("Meeting"),
        EventKind.OTHER: _l("Another event"),
    },
    Calendar: {
        Calendar.SOLAR: _l("Solar Hijri"),
        Calendar.GREGORIAN: _l("Gregorian"),
        Calendar.LUNAR: _l("Lunar Hijri"),
    },
    Predicate: {
        Predicate.NAME: _l("Names"),
        Predicate.FATHER: _l("Father's name"),
        Predicate.MOTHER: _l("Mother's name"),
        Predicate.BIRTH: _l("Birth"),
        Predicate.BIRTHPLACE: _l("Birthplace"),
        Predicate.ORIGIN: _l("Home town"),
        Predicate.AGE: _l("Age"),
        Predicate.SEX: _l("Sex"),
        Predicate.LIVING: _l("Living or dead"),
        Predicate.CIVIL_STATUS: _l("Civil status"),
        Predicate.OCCUPATION: _l("Occupation"),
        Predicate.EDUCATION: _l("Education"),
        Predicate.AFFILIATION: _l("Political affiliation, as said"),
        Predicate.RELIGION: _l("Religion, as said"),
        Predicate.POST: _l("Post"),
        Predicate.ACT: _l("What was done or said"),
        Predicate.ARREST: _l("Arrest"),
        Predicate.SENTENCE: _l("Sentence"),
        Predicate.HELD: _l("Where held"),
        Predicate.LAST_SEEN: _l("Last seen or heard of"),
        Predicate.FATE: _l("Fate"),
        Predicate.FAMILY_TOLD: _l("How the family was told"),
        Predicate.BURIAL: _l("Burial"),
        Predicate.EXISTENCE: _l("Is there a grave?"),
        Predicate.CONDITION: _l("Was it disturbed?"),
        Predicate.CAPACITY: _l("How many lie there"),
        Predicate.DISTURBANCE: _l("Disturbance of a grave"),
        Predicate.REPRISAL: _l("Reprisal"),
        Predicate.FIGURE: _l("Figure"),
        Predicate.PATTERN: _l("Pattern"),
        Predicate.DOCUMENT: _l("Document"),
        Predicate.PROCEEDING: _l("Proceeding"),
        Predicate.NOTE: _l("Description"),
    },
    Sameness: {
        Sameness.SAME: _l("These are one"),
        Sameness.APART: _l("These are not the same"),
        Sameness.UNSURE: _l("Not sure"),
    },
    RelationKind: {
        RelationKind.PARENT_OF: _l("Parent of"),
        RelationKind.SIBLING_OF: _l("Sister or brother of"),
        RelationKind.SPOUSE_OF: _l("Wife or husband of"),
        RelationKind.RELATIVE_OF: _l("Relative of"),
        RelationKind.CELLMATE_OF: _l("Shared a cell or ward with"),
        RelationKind.COMRADE_OF: _l("Comrade of"),
        RelationKind.SUPERIOR_OF: _l("Superior of"),
        RelationKind.MEMBER_OF: _l("Member of"),
        RelationKind.HELD_AT: _l("Held at"),
        RelationKind.WORKED_AT: _l("Worked at"),
        RelationKind.ACTED_IN: _l("Acted in"),
        RelationKind.BURIED_AT: _l("Said to be buried at"),
        RelationKind.PART_OF: _l("Part of"),
        RelationKind.LED_TO: _l("Led to"),
        RelationKind.PERHAPS_SAME: _l("Perhaps the same as"),
        RelationKind.NOT_SAME: _l("Not the same as"),
    },
    Part: {
        Part.VICTIM: _l("Victim"),
        Part.WITNESS: _l("Witness"),
        Part.ACCUSED: _l("Accused"),
        Part.ORDERED: _l("Ordered it"),
        Part.PLANNED: _l("Planned it"),
        Part.CARRIED_OUT: _l("Carried it out"),
        Part.EXAMINED: _l("Examined the prisoners"),
        Part.MEMBER: _l("Member of the commission"),
        Part.JUDGE: _l("Judge"),
        Part.PROSECUTOR: _l("Prosecutor"),
        Part.INTERROGATOR: _l("Interrogator"),
        Part.GUARD: _l("Guard"),
        Part.INFORMANT: _l("Informant"),
        Part.TOLD: _l("Relative who was told"),
        Part.PRESENT: _l("Present"),
        Part.ORIGIN: _l("Taken from here"),
        Part.DESTINATION: _l("Taken to here"),
        Part.SITE: _l("Where it happened"),
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
    RelationKind.PART_OF: _l("Has as a part"),
    RelationKind.LED_TO: _l("Followed from"),
}

FIELDS: Mapping[str, Any] = {
    "kind": _l("Kind"),
    "restricted": _l("Restricted"),
    "name": _l("Name"),
    "sex": _l("Sex"),
    "role": _l("Part"),
    "living": _l("Living or dead"),
    "father_name": _l("Father's name"),
    "mother_name": _l("Mother's name"),
    "birthplace": _l("Birthplace"),
    "origin": _l("Home town"),
    "birth": _l("Birth"),
    "place_kind": _l("Kind of place"),
    "parent": _l("Lies in"),
    "point": _l("About where (degrees north, east)"),
    "place": _l("Place"),
    "existed": _l("From when to when"),
    "position": _l("Exact position, sealed"),
    "cited": _l("Source of a fact"),
    "body_kind": _l("Kind of body"),
    "existence": _l("Is there a grave?"),
    "condition": _l("Was it disturbed?"),
    "event_kind": _l("Kind of event"),
    "sort": _l("Kind"),
    "date": _l("Date"),
    "statement": _l("Statement"),
    "relation": _l("Relation"),
    "participation": _l("Part in the event"),
    "conclusion": _l("Conclusion"),
    "image": _l("Picture"),
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
    "conclusion": Predicate,
    "image": ImageKind,
    "body_kind": BodyKind,
}

# The fields of `records.FACTS` that go by another name in a snapshot.
FACT_FIELDS: Mapping[str, str] = {
    "kind": "sort",
    "parent_id": "parent",
    "place_id": "place",
    "latitude_tenths": "point",
    "longitude_tenths": "point",
    "since": "existed",
    "until": "existed",
}


def word_label(field: str, text: str) -> str:
    """Give a text of a snapshot as people read it: words of the vocabulary in their language."""
    if field == "restricted":
        return str(_l("Yes") if text else _l("No"))
    if field == "cited":
        return fact_label(text) if text in FIELDS or text in FACT_FIELDS else text
    words = WORDS_OF.get(field)
    if words and text in {word.value for word in words}:
        return label(words(text))
    predicate, _colon, word = text.partition(":")
    return coded_label(predicate, word) or text


def fact_label(name: str) -> str:
    """Give the name of a fact that a source is cited for."""
    return str(FIELDS[FACT_FIELDS.get(name, name)])


def coded_label(predicate: str, word: str | None) -> str:
    """Give the coded word of a statement as people read it; "" when it is none."""
    for known, words in CODED.items():
        if known.value == predicate and word in {one.value for one in words}:
            return label(words(word))
    return ""


def label(word: StrEnum) -> str:
    """Give a word of the vocabulary in the reader's language."""
    return str(LABELS[type(word)][word])


def reversed_label(word: StrEnum) -> str:
    """Give a relation as it reads from the other record."""
    return str(REVERSED[word]) if word in REVERSED else label(word)


def choices(words: type[StrEnum], *, leave_out: Sequence[StrEnum] = ()) -> list[SelectChoice]:
    """Give what a select field offers."""
    return [SelectChoice(word.value, text) for word, text in LABELS[words].items() if word not in leave_out]


def choices_of(words: Sequence[StrEnum]) -> list[SelectChoice]:
    """Give some words of a vocabulary, in this order."""
    return [SelectChoice(word.value, LABELS[type(word)][word]) for word in words]
