"""A row of any file as what would stand in the registry: plain values, or the reason why it cannot."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, auto
from functools import lru_cache
from typing import TypeVar

from portal.errors import InvalidError
from portal.registry import names, periods
from portal.registry.exchange import fields
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
)

Word = TypeVar("Word", bound=StrEnum)
Values = Mapping[str, Sequence[str]]
"""The values of a row by field."""

LONGEST_CELL = 32_767
"""Letters in a cell: what spreadsheets themselves allow."""
_NAME, _SHORT, _SAID, _CODE, _TITLE = 300, 200, 20_000, 200, 400
_MOST_NAMES = 60


class Reason(StrEnum):
    """Why a row does not go in."""

    CELLS = auto()
    LETTERS = auto()
    LONG = auto()
    NAME = auto()
    WORD = auto()
    DEGREES = auto()
    PLACE = auto()
    SOURCE = auto()
    ENDS = auto()
    DECIDED = auto()
    FORM = auto()
    TWICE = auto()


class BrokenRowError(InvalidError):
    """A row that cannot go in: why, and in which field or column if it is one."""

    def __init__(self, reason: Reason, where: str = "") -> None:
        super().__init__(reason.value)
        self.reason, self.where = reason, where

    def __reduce__(self) -> tuple[type["BrokenRowError"], tuple[Reason, str]]:
        """Go whole from one process to another."""
        return type(self), (self.reason, self.where)


@dataclass(frozen=True)
class Row:
    """A row as it was read: its line in the file as people count, its values by field, or what is wrong."""

    line: int
    values: Values = field(default_factory=dict)
    problem: BrokenRowError | None = None
    cells: Sequence[str] = ()


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


Entry = Draft | Tie


def entry(row: Row, kind: Kind) -> Entry:
    """Make of a row what would stand in the registry; `BrokenRowError` when it cannot."""
    if row.problem is not None:
        raise row.problem
    values = row.values
    _check(values)
    if values.get(fields.WORD):
        return _tie(row)
    kind = _word(values, fields.KIND, Kind, kind)
    try:
        return Draft(
            row.line,
            _one(values, fields.CODE, _CODE),
            kind,
            _names(values),
            _facts(values, kind),
            _said(values),
            _one(values, fields.PLACE, _NAME),
            _one(values, fields.SOURCE, _TITLE),
            _one(values, fields.LOCATOR, _NAME),
        )
    except BrokenRowError:
        raise
    except InvalidError:
        raise BrokenRowError(Reason.FORM) from None


def _check(values: Values) -> None:
    for name, several in values.items():
        for text in several:
            if len(text) > LONGEST_CELL:
                raise BrokenRowError(Reason.LONG, name)
            if not _readable(text):
                raise BrokenRowError(Reason.LETTERS, name)


def _readable(text: str) -> bool:
    """Refuse letters that could not be decoded, and signs that steer a terminal."""
    if text.isprintable() and "\ufffd" not in text:
        return True
    return not any(
        letter == "\ufffd"
        or (letter < " " and letter not in "\n\t\r")
        or "\ud800" <= letter <= "\udfff"
        or letter == "\x7f"
        for letter in text
    )


def _one(values: Values, name: str, most: int = _SHORT) -> str:
    text = " ".join(" ".join(values.get(name, ())).split())
    if len(text) > most:
        raise BrokenRowError(Reason.LONG, name)
    return text


def _names(values: Values) -> tuple[tuple[str, NameKind], ...]:
    found: dict[tuple[str, NameKind], None] = {}
    whole = " ".join(filter(None, (_one(values, fields.GIVEN), _one(values, fields.SURNAME))))
    for kind in NameKind:
        texts = [line for text in values.get(fields.name_field(kind), ()) for line in text.splitlines()]
        if kind is NameKind.OFFICIAL and whole:
            texts = _joined(texts, whole, alone=bool(_one(values, fields.GIVEN)))
        for text in (" ".join(one.split()) for one in texts):
            if len(text) > _NAME:
                raise BrokenRowError(Reason.LONG, fields.name_field(kind))
            if names.fold(text):
                found[text, kind] = None
    if not found or len(found) > _MOST_NAMES:
        raise BrokenRowError(Reason.NAME if not found else Reason.LONG, fields.NAME)
    return tuple(found)


def _joined(texts: list[str], whole: str, *, alone: bool) -> list[str]:
    """Put a surname behind the name in the column beside it; with a given name it is a name of its own."""
    return [whole, *texts] if alone or not texts else [f"{texts[0]} {whole}", *texts[1:]]


def _word(values: Values, name: str, words: type[Word], otherwise: Word) -> Word:
    text = _one(values, name)
    found = known_word(text, words) if text else otherwise
    if found is None:
        raise BrokenRowError(Reason.WORD, name)
    return found


@lru_cache(maxsize=5_000)
def _read_date(text: str) -> Period:
    return periods.said(text)


def _date(values: Values, name: str) -> Period:
    text = _one(values, name)
    return _read_date(text) if text else periods.NOTHING


def _tenths(values: Values, name: str, most: int) -> int | None:
    written = _one(values, name)
    if not written:
        return None
    try:
        degrees = float(_latin(written))
    except ValueError:
        raise BrokenRowError(Reason.DEGREES, name) from None
    if not abs(degrees) <= most:
        raise BrokenRowError(Reason.DEGREES, name)
    return round(degrees * 10)


def _latin(text: str) -> str:
    """Write digits of any script as Latin ones."""
    return "".join(
        str(int(sign)) if sign.isdecimal() else sign for sign in text.replace("٫", ".").replace("−", "-")
    )


def _facts(values: Values, kind: Kind) -> Facts:
    match kind:
        case Kind.PERSON:
            return PersonFacts(
                sex=_word(values, "sex", Sex, Sex.UNKNOWN),
                role=_word(values, "role", PersonRole, PersonRole.OTHER),
                living=_word(values, "living", Living, Living.UNKNOWN),
                father_name=_one(values, "father"),
                mother_name=_one(values, "mother"),
                birthplace=_one(values, "birthplace"),
                origin=_one(values, "origin"),
                birth=_date(values, "birth"),
            )
        case Kind.PLACE:
            return PlaceFacts(
                kind=_word(values, fields.PLACE_KIND, PlaceKind, PlaceKind.CITY),
                latitude_tenths=_tenths(values, fields.LATITUDE, 90),
                longitude_tenths=_tenths(values, fields.LONGITUDE, 180),
                since=_date(values, "since"),
                until=_date(values, "until"),
            )
        case Kind.GRAVE:
            return GraveFacts(
                existence=_word(values, "existence", Existence, Existence.REPORTED),
                condition=_word(values, "condition", Condition, Condition.UNKNOWN),
            )
        case Kind.BODY:
            body = _word(values, "body_kind", BodyKind, BodyKind.OTHER) if values.get("body_kind") else None
            return BodyFacts(kind=body, since=_date(values, "since"), until=_date(values, "until"))
        case Kind.EVENT:
            return EventFacts(
                _word(values, "event_kind", EventKind, EventKind.OTHER), date=_date(values, "date")
            )


_DATED = frozenset({Predicate.ARREST, Predicate.FATE, Predicate.LAST_SEEN, Predicate.FAMILY_TOLD})


def _said(values: Values) -> tuple[Said, ...]:
    found: dict[Said, None] = {}
    for name in values:
        if name.startswith("said."):
            predicate = Predicate(name.removeprefix("said."))
            for text in filter(None, (line.strip() for one in values[name] for line in one.splitlines())):
                if len(text) > _SAID:
                    raise BrokenRowError(Reason.LONG, name)
                found[_statement(predicate, text)] = None
    return tuple(found)


@lru_cache(maxsize=5_000)
def _statement(predicate: Predicate, text: str) -> Said:
    when = _read_date(text) if predicate in _DATED and len(text) <= _SHORT else periods.NOTHING
    date = when if when.placed else periods.NOTHING
    if names.script_of(text) == "Latn":
        return Said(predicate, value_en=text, date=date)
    return Said(predicate, value_fa=text, date=date)


def _tie(row: Row) -> Tie:
    values = row.values
    word = _one(values, fields.WORD)
    found = known_word(word, RelationKind) or known_word(word, Part)
    if found is None:
        raise BrokenRowError(Reason.WORD, fields.WORD)
    start, end = _one(values, fields.START, _CODE), _one(values, fields.END, _CODE)
    if not (start and end):
        raise BrokenRowError(Reason.ENDS)
    return Tie(
        row.line,
        _one(values, fields.CODE, _CODE),
        found,
        start,
        end,
        _one(values, fields.POST),
        _date(values, "since"),
        _date(values, "until"),
        _one(values, fields.SOURCE, _TITLE),
        _one(values, fields.LOCATOR, _NAME),
    )


def digest(one: Entry) -> bytes:
    """Give what tells a row's content from another's: 32 bytes; its line does not count."""
    return hashlib.sha256(json.dumps(_plain(one), ensure_ascii=False).encode()).digest()


def _plain(one: Entry) -> list[object]:
    if isinstance(one, Tie):
        return ["tie", one.word.value, one.start, one.end, one.post, dated(one.since), dated(one.until)]
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
