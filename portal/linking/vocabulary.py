"""What a case can be to a record, how sure that is, and on what it rests."""

from collections.abc import Mapping
from enum import StrEnum, auto
from types import MappingProxyType

from portal.casework.marking import MarkKind
from portal.registry.vocabulary import Kind, PlaceKind


class Target(StrEnum):
    """What a link can lead to."""

    PERSON = auto()
    PRISON = auto()
    GRAVE = auto()


class LinkRelation(StrEnum):
    """What the record is to the account."""

    NARRATOR = auto()
    ABOUT = auto()
    VICTIM = auto()
    WITNESS = auto()
    PERPETRATOR = auto()
    HELD_AT = auto()
    VISITED = auto()
    WORKED_AT = auto()
    BELIEVED_BURIED = auto()
    SAW_BURIAL = auto()
    SAW_DESTRUCTION = auto()
    MENTIONED = auto()


class Matter(StrEnum):
    """What a relation is about; two people decide on all but the last."""

    DEATH = auto()
    BURIAL = auto()
    PERPETRATOR = auto()
    OTHER = auto()


class Answer(StrEnum):
    """What a second reviewer answers: a record, none that the registry has, or unsure."""

    RECORD = auto()
    NONE = auto()
    UNSURE = auto()


class Outcome(StrEnum):
    """What a lead decides where two see something differently."""

    FIRST = auto()
    SECOND = auto()
    NEITHER = auto()


class Verdict(StrEnum):
    """What a reviewer thought of a record as what marked words mean, short of a link."""

    NOT = auto()
    UNSURE = auto()


RELATIONS: Mapping[Target, tuple[LinkRelation, ...]] = MappingProxyType(
    {
        Target.PERSON: (
            LinkRelation.VICTIM,
            LinkRelation.ABOUT,
            LinkRelation.NARRATOR,
            LinkRelation.WITNESS,
            LinkRelation.PERPETRATOR,
            LinkRelation.MENTIONED,
        ),
        Target.PRISON: (
            LinkRelation.HELD_AT,
            LinkRelation.VISITED,
            LinkRelation.WORKED_AT,
            LinkRelation.MENTIONED,
        ),
        Target.GRAVE: (
            LinkRelation.BELIEVED_BURIED,
            LinkRelation.VISITED,
            LinkRelation.SAW_BURIAL,
            LinkRelation.SAW_DESTRUCTION,
            LinkRelation.MENTIONED,
        ),
    }
)

_MATTERS: Mapping[LinkRelation, Matter] = MappingProxyType(
    {
        LinkRelation.VICTIM: Matter.DEATH,
        LinkRelation.BELIEVED_BURIED: Matter.BURIAL,
        LinkRelation.SAW_BURIAL: Matter.BURIAL,
        LinkRelation.PERPETRATOR: Matter.PERPETRATOR,
    }
)

_OF_PLACE: Mapping[PlaceKind, Target] = {
    PlaceKind.PRISON: Target.PRISON,
    PlaceKind.WARD: Target.PRISON,
    PlaceKind.CEMETERY: Target.GRAVE,
}

# Which kinds of record the words of a mark may be about, the likelier first.
KINDS_FOR: Mapping[MarkKind, tuple[Kind, ...]] = MappingProxyType(
    {
        MarkKind.PERSON: (Kind.PERSON,),
        MarkKind.PLACE: (Kind.PLACE, Kind.GRAVE),
        MarkKind.DATE: (Kind.PERSON, Kind.PLACE, Kind.GRAVE),
        MarkKind.CLAIM: (Kind.PERSON, Kind.PLACE, Kind.GRAVE),
        MarkKind.NOTE: (Kind.PERSON, Kind.PLACE, Kind.GRAVE),
    }
)


def target_of(kind: Kind, place: PlaceKind | None = None) -> Target | None:
    """Return what a record is to linking, or None when nothing links to its kind."""
    if kind is Kind.PERSON:
        return Target.PERSON
    if kind is Kind.GRAVE:
        return Target.GRAVE
    return _OF_PLACE.get(place) if kind is Kind.PLACE and place else None


def fits(target: Target, relation: LinkRelation) -> bool:
    """Tell whether the relation can be said of such a record."""
    return relation in RELATIONS[target]


def matter_of(relation: LinkRelation) -> Matter:
    """Return what a relation is about."""
    return _MATTERS.get(relation, Matter.OTHER)


def needs_second(relation: LinkRelation) -> bool:
    """Tell whether a second reviewer must come to the same, blind to the first, before it holds."""
    return matter_of(relation) is not Matter.OTHER
