"""What a column of a table can be: its fields, the headings they go by, and which fit a kind of record."""

from collections.abc import Mapping, Sequence

from portal.registry import names
from portal.registry.vocabulary import PREDICATES, Kind, NameKind, Predicate

CODE, KIND, SOURCE, LOCATOR = "code", "kind", "source", "locator"
GIVEN, SURNAME = "name.given", "name.surname"
PLACE, PLACE_KIND, LATITUDE, LONGITUDE = "place", "place_kind", "latitude", "longitude"
NO_SOURCE = "-"
"""In the column of sources: the row rests on no publication, not even on that of its file."""
WORD, START, END, POST = "tie.word", "tie.from", "tie.to", "tie.post"
OF, ABOUT, BASIS = "statement.of", "statement.about", "statement.basis"
FA, EN, CODED, LOW, HIGH = (f"statement.{one}" for one in ("fa", "en", "word", "low", "high"))
TITLE, AUTHOR, YEAR, WORK, ADDRESS = (
    f"source.{one}" for one in ("title", "author", "year", "kind", "address")
)


def name_field(kind: NameKind) -> str:
    """Give the field of a kind of name."""
    return f"name.{kind.value}"


def said_field(predicate: Predicate) -> str:
    """Give the field of what a source says under a predicate."""
    return f"said.{predicate.value}"


NAME = name_field(NameKind.OFFICIAL)
_NAMES = (NAME, GIVEN, SURNAME, *(name_field(kind) for kind in NameKind if kind is not NameKind.OFFICIAL))
_SHORT: Mapping[Kind, tuple[str, ...]] = {
    Kind.PERSON: ("father", "mother", "birth", "birthplace", "origin", "sex", "role", "living"),
    Kind.PLACE: (PLACE_KIND, PLACE, LATITUDE, LONGITUDE, "since", "until"),
    Kind.GRAVE: (PLACE, "existence", "condition"),
    Kind.BODY: ("body_kind", PLACE, "since", "until"),
    Kind.EVENT: ("event_kind", PLACE, "date"),
}
# What is a short fact of a person is no second time a statement.
_FACTS = frozenset(
    {
        *(Predicate.NAME, Predicate.FATHER, Predicate.MOTHER, Predicate.BIRTH, Predicate.BIRTHPLACE),
        *(Predicate.ORIGIN, Predicate.SEX, Predicate.LIVING, Predicate.EXISTENCE, Predicate.CONDITION),
    }
)


def fields_of(kind: Kind) -> tuple[str, ...]:
    """Give the fields that columns of records of a kind can be, in the order in which they are offered."""
    said = (said_field(one) for one in PREDICATES[kind] if one not in _FACTS)
    return (*_NAMES, *_SHORT[kind], *said, CODE, KIND, SOURCE, LOCATOR)


OTHER_ROWS: Mapping[str, tuple[str, ...]] = {
    WORD: (WORD, START, END, POST, "since", "until", SOURCE, LOCATOR, CODE),
    OF: (OF, ABOUT, FA, EN, CODED, LOW, HIGH, "date", BASIS, SOURCE, LOCATOR),
    TITLE: (TITLE, AUTHOR, YEAR, WORK, ADDRESS),
}
"""Fields of rows that are no record: what ties two, what a source says of one, a publication."""


def every_field() -> frozenset[str]:
    """Give the fields of all kinds, and of rows that are no record."""
    own = (field for kind in Kind for field in fields_of(kind))
    return frozenset((*own, *(field for several in OTHER_ROWS.values() for field in several)))


_HEADINGS: Mapping[str, str] = {
    NAME: "name; full name; title; نام و نام خانوادگی; نام کامل; نام; اسم; نام قربانی; اسم و فامیل",
    GIVEN: "first name; given name; نام کوچک; اسم کوچک",
    SURNAME: "family name; surname; last name; نام خانوادگی; فامیل; فامیلی; شهرت",
    name_field(NameKind.NICKNAME): "nickname; alias; known as; لقب; نام مستعار; معروف به",
    name_field(NameKind.PRISON): "name in prison; prison name; نام در زندان; نام زندان",
    name_field(NameKind.VARIANT): "other name; other names; other spelling; "
    "نام دیگر; نام های دیگر; املای دیگر",
    name_field(NameKind.TRANSLITERATION): "transliteration; latin name; english name; نام لاتین; نام انگلیسی",
    name_field(NameKind.FORMER): "former name; previous name; نام پیشین; نام سابق",
    name_field(NameKind.FAMILY): "family spelling; املای خانواده",
    name_field(NameKind.LATER): "later name; نام بعدی",
    "father": "father; father's name; father name; نام پدر; پدر; فرزند",
    "mother": "mother; mother's name; mother name; نام مادر; مادر",
    "birth": "born; birth; date of birth; birth date; year of birth; birth year; "
    "تولد; تاریخ تولد; سال تولد; متولد; زادروز",
    "birthplace": "birthplace; place of birth; زادگاه; محل تولد",
    "origin": "origin; home town; hometown; from; city; شهر; اهل; شهرستان",
    "sex": "sex; gender; جنس; جنسیت",
    "role": "role; part; نقش",
    "living": "living; alive; زنده; در قید حیات",
    PLACE: "place; lies in; parent; مکان; محل; در",
    PLACE_KIND: "kind of place; place kind; نوع مکان",
    LATITUDE: "latitude; lat; degrees north; عرض جغرافیایی",
    LONGITUDE: "longitude; lng; lon; long; degrees east; طول جغرافیایی",
    "since": "since; founded; opened; از تاریخ; تاسیس",
    "until": "until; closed; تا تاریخ",
    "existence": "existence; وجود",
    "condition": "condition; وضعیت گور",
    "body_kind": "kind of body; body kind; نوع نهاد",
    "event_kind": "kind of event; event kind; نوع رویداد",
    "date": "date; تاریخ",
    CODE: "id; code; number; no; row; ref; شناسه; کد; شماره; ردیف",
    KIND: "kind of record; record kind; kind; نوع; نوع رکورد",
    SOURCE: "source; publication; منبع; ماخذ",
    LOCATOR: "page; locator; where in the source; صفحه; جای آن در منبع",
    said_field(Predicate.AGE): "age; سن",
    said_field(Predicate.CIVIL_STATUS): "marital status; civil status; وضعیت تاهل; تاهل",
    said_field(Predicate.OCCUPATION): "occupation; job; profession; شغل; پیشه",
    said_field(Predicate.EDUCATION): "education; تحصیلات",
    said_field(Predicate.AFFILIATION): "affiliation; organisation; organization; party; "
    "سازمان; گروه; وابستگی; وابستگی سازمانی",
    said_field(Predicate.RELIGION): "religion; دین; مذهب",
    said_field(Predicate.POST): "post; position; سمت; مقام",
    said_field(Predicate.ARREST): "arrest; arrested; date of arrest; دستگیری; بازداشت; تاریخ دستگیری",
    said_field(Predicate.SENTENCE): "sentence; محکومیت; حکم",
    said_field(Predicate.HELD): "prison; place of detention; held at; زندان; محل زندان; محل نگهداری",
    said_field(Predicate.LAST_SEEN): "last seen; آخرین دیدار; آخرین خبر",
    said_field(Predicate.FATE): "fate; execution; date of execution; killed; date of death; "
    "سرنوشت; اعدام; تاریخ اعدام; تاریخ مرگ; تاریخ شهادت",
    said_field(Predicate.FAMILY_TOLD): "family told; خبر به خانواده",
    said_field(Predicate.BURIAL): "burial; grave; buried at; محل دفن; گور; مزار",
    said_field(Predicate.FIGURE): "figure; آمار; شمار",
    said_field(Predicate.NOTE): "note; notes; remarks; description; comments; توضیحات; یادداشت; ملاحظات; شرح",
}


def _key(heading: str) -> str:
    return names.joined(heading)


_KNOWN: Mapping[str, str] = {
    **{_key(field): field for field in every_field()},
    **{_key(one): field for field, headings in _HEADINGS.items() for one in headings.split(";")},
}


def guess(headings: Sequence[str], kind: Kind) -> list[str]:
    """Guess the field of each column by its heading; "" where none fits the kind of record.

    The second column of a field that can be one only is left out.
    """
    fitting, taken = set(offered(headings, kind)), set[str]()
    found: list[str] = []
    for heading in headings:
        field = _KNOWN.get(_key(heading), "")
        fits = field in fitting and (field not in taken or several(field))
        found.append(field if fits else "")
        taken.add(field)
    return found


def offered(headings: Sequence[str], kind: Kind) -> tuple[str, ...]:
    """Give the fields that columns of a table can be: where one says the kind, those of all kinds."""
    for first, several in OTHER_ROWS.items():
        if first in headings:
            return several
    if all(_KNOWN.get(_key(heading)) != KIND for heading in headings):
        return fields_of(kind)
    every = (field for one in (kind, *Kind) for field in fields_of(one))
    return tuple(dict.fromkeys(every))


def several(field: str) -> bool:
    """Tell whether several columns, or lines of a cell, may be this field."""
    return field.startswith(("said.", "name.")) and field not in {GIVEN, SURNAME}
