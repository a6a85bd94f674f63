"""What a record says, as plain values: facts by kind, names, statements, and how two versions differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from portal.dates.calendars import Calendar
from portal.errors import InvalidError
from portal.registry.vocabulary import (
    Condition,
    EventKind,
    Existence,
    Kind,
    Living,
    NameKind,
    PersonRole,
    PlaceKind,
    Predicate,
    Sex,
)

# Finer than a tenth of a degree (about 11 km) would point at a plot; tenths are kept, as integers.
_LATITUDE, _LONGITUDE = 900, 1800


@dataclass(frozen=True)
class Period:
    """A date as written, and the first and last Gregorian day it may mean."""

    words: str = ""
    calendar: Calendar | None = None
    earliest: date | None = None
    latest: date | None = None

    def __post_init__(self) -> None:
        """Refuse an interval that ends before it begins, or has one end only."""
        if (self.earliest is None) != (self.latest is None):
            raise InvalidError("A date needs both its first and its last day.")
        if self.earliest and self.latest and self.earliest > self.latest:
            raise InvalidError("The first day of a date comes after its last day.")


@dataclass(frozen=True)
class PersonFacts:
    """Facts of a person; `origin` is the home town as the source writes it."""

    sex: Sex = Sex.UNKNOWN
    role: PersonRole = PersonRole.OTHER
    living: Living = Living.UNKNOWN
    father_name: str = ""
    origin: str = ""
    birth: Period = field(default_factory=Period)


@dataclass(frozen=True)
class PlaceFacts:
    """Facts of a place; coordinates in tenths of a degree."""

    kind: PlaceKind = PlaceKind.CITY
    parent_id: UUID | None = None
    latitude_tenths: int | None = None
    longitude_tenths: int | None = None

    def __post_init__(self) -> None:
        """Refuse a point that is not on the globe."""
        if abs(self.latitude_tenths or 0) > _LATITUDE or abs(self.longitude_tenths or 0) > _LONGITUDE:
            raise InvalidError("Latitudes go to 90 degrees, longitudes to 180.")


@dataclass(frozen=True)
class GraveFacts:
    """Facts of a grave."""

    place_id: UUID | None = None
    existence: Existence = Existence.REPORTED
    condition: Condition = Condition.UNKNOWN


@dataclass(frozen=True)
class BodyFacts:
    """Facts of a commission, court or office."""

    place_id: UUID | None = None


@dataclass(frozen=True)
class EventFacts:
    """Facts of an event."""

    kind: EventKind = EventKind.OTHER
    place_id: UUID | None = None
    date: Period = field(default_factory=Period)


Facts = PersonFacts | PlaceFacts | GraveFacts | BodyFacts | EventFacts

KIND_OF: Mapping[type[Facts], Kind] = {
    PersonFacts: Kind.PERSON,
    PlaceFacts: Kind.PLACE,
    GraveFacts: Kind.GRAVE,
    BodyFacts: Kind.BODY,
    EventFacts: Kind.EVENT,
}


@dataclass(frozen=True)
class Spelling:
    """One name, letter for letter, and where it comes from."""

    text: str
    kind: NameKind = NameKind.OFFICIAL


@dataclass(frozen=True)
class Cite:
    """A source, and where in it."""

    source_id: UUID
    locator: str = ""


@dataclass(frozen=True)
class Claim:
    """What sources say of a record, in Persian, English or both."""

    predicate: Predicate
    cites: tuple[Cite, ...]
    value_fa: str = ""
    value_en: str = ""
    date: Period = field(default_factory=Period)

    def __post_init__(self) -> None:
        """Refuse a statement without words or without a source: nobody is accused on nothing."""
        if not (self.value_fa.strip() or self.value_en.strip()):
            raise InvalidError("A statement needs its words.")
        if not self.cites:
            raise InvalidError("A statement needs its source.")


class Named(Protocol):
    """Anything with a text and the script it is in."""

    @property
    def text(self) -> str:
        """The name, letter for letter."""

    @property
    def script(self) -> str:
        """Its ISO 15924 code."""


def shown(names: Sequence[Named], language: str) -> tuple[str, str]:
    """Choose the name to show in a language and the one in the other script ("" when there is none)."""
    own, other = ("Arab", "Latn") if language in {"fa", "ar", "ckb"} else ("Latn", "Arab")
    firsts: dict[str, str] = {}
    for name in names:
        firsts.setdefault(name.script, name.text)
    main = firsts.get(own) or firsts.get(other) or next(iter(firsts.values()), "")
    also = firsts.get(other, "")
    return main, "" if also == main else also


@dataclass(frozen=True)
class Difference:
    """One thing that changed between two versions; in a list, `word` says what sort of line came or went."""

    field: str
    before: str
    after: str
    word: str = ""


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Compare two snapshots (`history.snapshot`): facts side by side, lists by what left and came."""
    found: list[Difference] = []
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key), after.get(key)
        if isinstance(old, list) or isinstance(new, list):
            olds, news = old or [], new or []
            found += [Difference(key, text, "", word) for word, text in olds if [word, text] not in news]
            found += [Difference(key, "", text, word) for word, text in news if [word, text] not in olds]
        elif (old or "") != (new or ""):
            found.append(Difference(key, old or "", new or ""))
    return found
