"""A row of any file as what would stand in the registry: plain values, or the reason why it cannot."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from portal.errors import InvalidError
from portal.registry import names, periods
from portal.registry.exchange import cells, fields
from portal.registry.exchange.cells import BrokenRowError, Reason, Row, Values, Word
from portal.registry.exchange.words import known_word
from portal.registry.history import dated
from portal.registry.periods import Period
from portal.registry.records import (
    BodyFacts,
    EventFacts,
    Facts,
    GraveFacts,
    PersonFacts,
    PlaceFacts,
    Said,
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

_MOST_NAMES, _LAST_YEAR = 60, 9999


@dataclass(frozen=True)
class Draft:
    """A record that a row makes: ``within`` names the place it lies in; ``source`` the row's own source."""

    line: int
    code: str
    kind: Kind
    names: tuple[tuple[str, NameKind], ...]
    facts: Facts
    said: tuple[Said, ...] = ()
    within: str = ""
    source: str = ""
    locator: str = ""


@dataclass(frozen=True)
class Tie:
    """A relation, or a part in an event, that a row makes between two rows of the same source."""

    line: int
    code: str
    word: RelationKind | Part
    start: str
    end: str
    post: str = ""
    since: Period = periods.NOTHING
    until: Period = periods.NOTHING
    source: str = ""
    locator: str = ""


@dataclass(frozen=True)
class Stated:
    """What a source says of the record of another row, named by its code."""

    line: int
    of: str
    said: Said
    basis: Basis | None = None
    source: str = ""
    locator: str = ""
    code: str = ""


@dataclass(frozen=True)
class Published:
    """A publication that other rows rest on, by its title."""

    line: int
    title: str
    author: str
    year: int | None
    kind: SourceKind
    address: str
    code: str = ""
    source: str = ""
    locator: str = ""


Entry = Draft | Tie | Stated | Published


def entry(row: Row, kind: Kind) -> Entry:
    """Make of a row what would stand in the registry; `BrokenRowError` when it cannot."""
    if row.problem is not None:
        raise row.problem
    values = row.values
    cells.check(values)
    try:
        if values.get(fields.WORD):
            return _tie(row)
        if values.get(fields.OF):
            return _stated(row)
        if values.get(fields.TITLE):
            return _published(row)
        return _draft(row, cells.word(values, fields.KIND, Kind, kind))
    except BrokenRowError:
        raise
    except InvalidError:
        raise BrokenRowError(Reason.FORM) from None


def _draft(row: Row, kind: Kind) -> Draft:
    values = row.values
    return Draft(
        row.line,
        cells.one(values, fields.CODE, cells.CODE),
        kind,
        _names(values),
        _facts(values, kind),
        _said(values),
        cells.one(values, fields.PLACE, cells.NAME),
        cells.one(values, fields.SOURCE, cells.TITLE),
        cells.one(values, fields.LOCATOR, cells.NAME),
    )


def _names(values: Values) -> tuple[tuple[str, NameKind], ...]:
    found: dict[tuple[str, NameKind], None] = {}
    whole = " ".join(filter(None, (cells.one(values, fields.GIVEN), cells.one(values, fields.SURNAME))))
    for kind in NameKind:
        texts = [line for text in values.get(fields.name_field(kind), ()) for line in text.splitlines()]
        if kind is NameKind.OFFICIAL and whole:
            texts = _joined(texts, whole, alone=bool(cells.one(values, fields.GIVEN)))
        for text in (" ".join(one.split()) for one in texts):
            if len(text) > cells.NAME:
                raise BrokenRowError(Reason.LONG, fields.name_field(kind))
            if names.fold(text):
                found[text, kind] = None
    if not found or len(found) > _MOST_NAMES:
        raise BrokenRowError(Reason.NAME if not found else Reason.LONG, fields.NAME)
    return tuple(found)


def _joined(texts: list[str], whole: str, *, alone: bool) -> list[str]:
    """Put a surname behind the name in the column beside it; with a given name it is a name of its own."""
    return [whole, *texts] if alone or not texts else [f"{texts[0]} {whole}", *texts[1:]]


def _facts(values: Values, kind: Kind) -> Facts:
    match kind:
        case Kind.PERSON:
            return PersonFacts(
                sex=cells.word(values, "sex", Sex, Sex.UNKNOWN),
                role=cells.word(values, "role", PersonRole, PersonRole.OTHER),
                living=cells.word(values, "living", Living, Living.UNKNOWN),
                father_name=cells.one(values, "father"),
                mother_name=cells.one(values, "mother"),
                birthplace=cells.one(values, "birthplace"),
                origin=cells.one(values, "origin"),
                birth=cells.date(values, "birth"),
            )
        case Kind.PLACE:
            return PlaceFacts(
                kind=cells.word(values, fields.PLACE_KIND, PlaceKind, PlaceKind.CITY),
                latitude_tenths=cells.tenths(values, fields.LATITUDE, 90),
                longitude_tenths=cells.tenths(values, fields.LONGITUDE, 180),
                since=cells.date(values, "since"),
                until=cells.date(values, "until"),
            )
        case Kind.GRAVE:
            return GraveFacts(
                existence=cells.word(values, "existence", Existence, Existence.REPORTED),
                condition=cells.word(values, "condition", Condition, Condition.UNKNOWN),
            )
        case Kind.BODY:
            body = (
                cells.word(values, "body_kind", BodyKind, BodyKind.OTHER) if values.get("body_kind") else None
            )
            return BodyFacts(kind=body, since=cells.date(values, "since"), until=cells.date(values, "until"))
        case Kind.EVENT:
            return EventFacts(
                cells.word(values, "event_kind", EventKind, EventKind.OTHER), date=cells.date(values, "date")
            )


_DATED = frozenset({Predicate.ARREST, Predicate.FATE, Predicate.LAST_SEEN, Predicate.FAMILY_TOLD})


def _said(values: Values) -> tuple[Said, ...]:
    found: dict[Said, None] = {}
    for name in values:
        if name.startswith("said."):
            predicate = Predicate(name.removeprefix("said."))
            for text in filter(None, (line.strip() for one in values[name] for line in one.splitlines())):
                if len(text) > cells.SAID:
                    raise BrokenRowError(Reason.LONG, name)
                found[_statement(predicate, text)] = None
    return tuple(found)


@lru_cache(maxsize=5_000)
def _statement(predicate: Predicate, text: str) -> Said:
    when = cells.read_date(text) if predicate in _DATED and len(text) <= cells.SHORT else periods.NOTHING
    date = when if when.placed else periods.NOTHING
    if names.script_of(text) == "Latn":
        return Said(predicate, value_en=text, date=date)
    return Said(predicate, value_fa=text, date=date)


def _tie(row: Row) -> Tie:
    values = row.values
    word = cells.one(values, fields.WORD)
    found = known_word(word, RelationKind) or known_word(word, Part)
    if found is None:
        raise BrokenRowError(Reason.WORD, fields.WORD)
    start, end = cells.one(values, fields.START, cells.CODE), cells.one(values, fields.END, cells.CODE)
    if not (start and end):
        raise BrokenRowError(Reason.ENDS)
    return Tie(
        row.line,
        cells.one(values, fields.CODE, cells.CODE),
        found,
        start,
        end,
        cells.one(values, fields.POST),
        cells.date(values, "since"),
        cells.date(values, "until"),
        cells.one(values, fields.SOURCE, cells.TITLE),
        cells.one(values, fields.LOCATOR, cells.NAME),
    )


def _stated(row: Row) -> Stated:
    values = row.values
    predicate = _known(values, fields.ABOUT, Predicate)
    if predicate is None:
        raise BrokenRowError(Reason.WORD, fields.ABOUT)
    said = Said(
        predicate,
        value_fa=cells.verbatim(values, fields.FA),
        value_en=cells.verbatim(values, fields.EN),
        word=cells.one(values, fields.CODED) or None,
        low=cells.figure(values, fields.LOW),
        high=cells.figure(values, fields.HIGH),
        date=cells.date(values, "date"),
    )
    return Stated(
        row.line,
        cells.one(values, fields.OF, cells.CODE),
        said,
        _known(values, fields.BASIS, Basis),
        cells.one(values, fields.SOURCE, cells.TITLE),
        cells.one(values, fields.LOCATOR, cells.NAME),
    )


def _known(values: Values, name: str, words: type[Word]) -> Word | None:
    """Give a word as an export writes it; None where there is none."""
    text = cells.one(values, name)
    if text and text not in {one.value for one in words}:
        raise BrokenRowError(Reason.WORD, name)
    return words(text) if text else None


def _published(row: Row) -> Published:
    values = row.values
    year = cells.figure(values, fields.YEAR)
    if year is not None and not 0 < year <= _LAST_YEAR:
        raise BrokenRowError(Reason.WORD, fields.YEAR)
    return Published(
        row.line,
        cells.one(values, fields.TITLE, cells.TITLE),
        cells.one(values, fields.AUTHOR, cells.NAME),
        year,
        cells.word(values, fields.WORK, SourceKind, SourceKind.LIST),
        cells.one(values, fields.ADDRESS, cells.TITLE),
    )


def digest(one: Entry) -> bytes:
    """Give what tells a row's content from another's: 32 bytes; its line does not count."""
    return hashlib.sha256(json.dumps(_plain(one), ensure_ascii=False).encode()).digest()


def _plain(one: Entry) -> list[object]:
    if isinstance(one, Tie):
        own = [one.source, one.locator] if one.source else []
        told = [one.word.value, one.start, one.end, one.post, dated(one.since), dated(one.until)]
        return ["tie", *told, *own]
    if isinstance(one, Published):
        return ["published", one.title, one.author, one.year, one.kind.value, one.address]
    if isinstance(one, Stated):
        words = [str(value) for value in vars(one.said).values()]
        return ["stated", one.of, words, str(one.basis), one.source, one.locator]
    facts = one.facts
    said = [[said.predicate.value, said.value_fa, said.value_en] for said in one.said]
    short = [dated(value) if isinstance(value, Period) else str(value) for value in _slots(facts)]
    own = [one.within, one.source, one.locator]
    return [one.kind.value, [[text, kind.value] for text, kind in one.names], short, said, own]


def _slots(facts: Facts) -> Iterable[object]:
    return vars(facts).values()


def identity(source: bytes, code: str, content: bytes) -> bytes:
    """Give what makes a row the same row in the next file: its code under its source, else its content."""
    own = b"code\0" + code.encode("utf-8", "surrogatepass") if code else b"row\0" + content
    return hashlib.sha256(source + b"\0" + own).digest()
