"""What a record says, as plain values: facts by kind, names, statements, and how two versions differ."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from portal.errors import InvalidError
from portal.registry.periods import NOTHING, Period
from portal.registry.vocabulary import (
    CODED,
    COUNTED,
    Basis,
    BodyKind,
    Certainty,
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

__all__ = [
    "DECIDES",
    "KIND_OF",
    "BodyFacts",
    "Cite",
    "Claim",
    "Difference",
    "EventFacts",
    "Facts",
    "Finding",
    "GraveFacts",
    "Line",
    "Period",
    "PersonFacts",
    "PlaceFacts",
    "Said",
    "Spelling",
    "differences",
    "shown",
    "without",
]

# Finer than a tenth of a degree (about 11 km) would point at a plot; tenths are kept, as integers.
_LATITUDE, _LONGITUDE = 900, 1800
_MOST = 10_000_000


@dataclass(frozen=True)
class PersonFacts:
    """Facts of a person; `origin` is the home town as the source writes it."""

    sex: Sex = Sex.UNKNOWN
    role: PersonRole = PersonRole.OTHER
    living: Living = Living.UNKNOWN
    father_name: str = ""
    origin: str = ""
    birth: Period = NOTHING
    mother_name: str = ""
    birthplace: str = ""


@dataclass(frozen=True)
class PlaceFacts:
    """Facts of a place; coordinates in tenths of a degree."""

    kind: PlaceKind = PlaceKind.CITY
    parent_id: UUID | None = None
    latitude_tenths: int | None = None
    longitude_tenths: int | None = None
    since: Period = NOTHING
    until: Period = NOTHING

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
    kind: BodyKind | None = None
    since: Period = NOTHING
    until: Period = NOTHING


@dataclass(frozen=True)
class EventFacts:
    """Facts of an event."""

    kind: EventKind = EventKind.OTHER
    place_id: UUID | None = None
    date: Period = NOTHING


Facts = PersonFacts | PlaceFacts | GraveFacts | BodyFacts | EventFacts

KIND_OF: Mapping[type[Facts], Kind] = {
    PersonFacts: Kind.PERSON,
    PlaceFacts: Kind.PLACE,
    GraveFacts: Kind.GRAVE,
    BodyFacts: Kind.BODY,
    EventFacts: Kind.EVENT,
}


DECIDES: Mapping[Kind, Mapping[Predicate, str]] = {
    Kind.PERSON: {
        Predicate.FATHER: "father_name",
        Predicate.MOTHER: "mother_name",
        Predicate.BIRTH: "birth",
        Predicate.BIRTHPLACE: "birthplace",
        Predicate.ORIGIN: "origin",
        Predicate.SEX: "sex",
        Predicate.LIVING: "living",
    },
    Kind.GRAVE: {Predicate.EXISTENCE: "existence", Predicate.CONDITION: "condition"},
}
"""Which short fact a conclusion decides, as long as it stands; the field is named as in the facts above."""


@dataclass(frozen=True)
class Cite:
    """A source, and where in it."""

    source_id: UUID
    locator: str = ""


@dataclass(frozen=True)
class Spelling:
    """One name, letter for letter: where it comes from, who spells it so, and when it was in use."""

    text: str
    kind: NameKind = NameKind.OFFICIAL
    cite: Cite | None = None
    since: Period = NOTHING
    until: Period = NOTHING


@dataclass(frozen=True)
class Said:
    """What is said under one predicate: words in Persian or English, a coded word, figures, a date."""

    predicate: Predicate
    value_fa: str = field(default="", kw_only=True)
    value_en: str = field(default="", kw_only=True)
    word: str | None = field(default=None, kw_only=True)
    low: int | None = field(default=None, kw_only=True)
    high: int | None = field(default=None, kw_only=True)
    date: Period = field(default=NOTHING, kw_only=True)
    restricted: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse what says nothing, a word that is not of the predicate, and figures that cannot be."""
        if self.word is not None and self.word not in {one.value for one in CODED.get(self.predicate, ())}:
            raise InvalidError("That word does not belong to what the statement is about.")
        if (self.low is None) is not (self.high is None):
            raise InvalidError("A figure needs its lowest and its highest; they may be the same.")
        if self.low is not None and self.high is not None:
            if self.predicate not in COUNTED:
                raise InvalidError("No figure belongs to what the statement is about.")
            if not 0 <= self.low <= self.high <= _MOST:
                raise InvalidError("The lowest figure comes first.")
        if not (self.texted or self.word or self.low is not None or self._born):
            raise InvalidError("A statement needs its words.")

    @property
    def texted(self) -> bool:
        """Tell whether it is said in words of a language."""
        return bool(self.value_fa.strip() or self.value_en.strip())

    @property
    def _born(self) -> bool:
        return self.predicate is Predicate.BIRTH and bool(self.date)

    @property
    def coded(self) -> StrEnum | None:
        """The coded word, as one of its vocabulary."""
        return CODED[self.predicate](self.word) if self.word else None


@dataclass(frozen=True)
class Claim(Said):
    """What sources say of a record, where each says it, and how they know."""

    cites: tuple[Cite, ...]
    basis: Basis | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse a statement without a source: nobody is accused on nothing."""
        super().__post_init__()
        if not self.cites:
            raise InvalidError("A statement needs its source.")


@dataclass(frozen=True)
class Finding(Said):
    """What reviewers conclude of a record: why, how sure they are, and on which statements it rests."""

    reason: str
    grounds: tuple[UUID, ...]
    certainty: Certainty | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse a conclusion without a reason, or that rests on nothing."""
        super().__post_init__()
        if not self.reason.strip():
            raise InvalidError("A conclusion needs its reason.")
        if not self.grounds:
            raise InvalidError("A conclusion rests on statements of sources.")


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
class Line:
    """One line of a snapshot: the word of its vocabulary, its text, and by what it can be left out.

    `id` names the row, `other` the record that the text names, `restricted` that few may read it.
    """

    word: str
    text: str
    id: str = ""
    other: str = ""
    restricted: bool = False

    @classmethod
    def read(cls, kept: Any) -> "Line":
        """Read a line as it was kept; those of before have a word and a text alone."""
        return cls(**kept) if isinstance(kept, dict) else cls(*kept)

    def kept(self) -> dict[str, Any]:
        """Give the line as it is kept, without what it lacks."""
        more = {"id": self.id, "other": self.other, "restricted": self.restricted}
        return {
            "word": self.word,
            "text": self.text,
            **{name: value for name, value in more.items() if value},
        }

    def key(self, name: str) -> tuple[str, ...]:
        """Give what is the same of this line in every version."""
        return (name, self.id) if self.id else (name, self.word, self.text)

    @property
    def shown(self) -> tuple[str, str, bool]:
        """What two versions of the line may differ in."""
        return self.word, self.text, self.restricted


@dataclass(frozen=True)
class Difference:
    """One thing that changed between two versions; in a list, `word` says what sort of line came or went."""

    field: str
    before: str
    after: str
    word: str = ""
    restricted: bool = False


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Compare two snapshots (`history.snapshot`): facts side by side, lists by what left and came."""
    found: list[Difference] = []
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key), after.get(key)
        if isinstance(old, list) or isinstance(new, list):
            olds, news = ([Line.read(one) for one in lines or ()] for lines in (old, new))
            left, came = ({one.shown for one in lines} for lines in (olds, news))
            found += [
                Difference(key, one.text, "", one.word, one.restricted)
                for one in olds
                if one.shown not in came
            ]
            found += [
                Difference(key, "", one.text, one.word, one.restricted)
                for one in news
                if one.shown not in left
            ]
        elif (old or "") != (new or ""):
            found.append(Difference(key, old or "", new or ""))
    return found


def without(snapshot: Mapping[str, Any], hidden: Callable[[str, Line], bool]) -> dict[str, Any]:
    """Leave out of a snapshot the lines, and the facts that name a record, that somebody may not read."""
    found: dict[str, Any] = {}
    for key, value in snapshot.items():
        if isinstance(value, list):
            found[key] = [one for one in value if not hidden(key, Line.read(one))]
        elif isinstance(value, dict):
            found[key] = "" if hidden(key, Line.read(value)) else value["text"]
        else:
            found[key] = value
    return found
