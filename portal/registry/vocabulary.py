"""The words of the registry: kinds, states, relations and parts, as its tables keep them."""

from collections.abc import Mapping
from enum import StrEnum, auto


class Kind(StrEnum):
    """What a record is about."""

    PERSON = auto()
    PLACE = auto()
    GRAVE = auto()
    BODY = auto()
    EVENT = auto()


class NameKind(StrEnum):
    """Where a name or spelling comes from; ``prison`` is a name used in prison."""

    OFFICIAL = auto()
    FAMILY = auto()
    NICKNAME = auto()
    PRISON = auto()
    TRANSLITERATION = auto()
    VARIANT = auto()
    FORMER = auto()
    LATER = auto()


class Sex(StrEnum):
    """As the sources say it."""

    FEMALE = auto()
    MALE = auto()
    UNKNOWN = auto()


class PersonRole(StrEnum):
    """In which part the sources speak of a person."""

    VICTIM = auto()
    OFFICIAL = auto()
    SURVIVOR = auto()
    WITNESS = auto()
    OTHER = auto()


class Living(StrEnum):
    """Whether the person lives; ``unknown`` is treated as living."""

    YES = auto()
    NO = auto()
    UNKNOWN = auto()


class PlaceKind(StrEnum):
    """From the largest to the smallest."""

    COUNTRY = auto()
    PROVINCE = auto()
    CITY = auto()
    PRISON = auto()
    WARD = auto()
    COURT = auto()
    CEMETERY = auto()
    PLOT = auto()


class BodyKind(StrEnum):
    """What sort of body people belong to."""

    COMMISSION = auto()
    COURT = auto()
    OFFICE = auto()
    FORCE = auto()
    PARTY = auto()
    OTHER = auto()


class Existence(StrEnum):
    """How sure it is that there is a grave."""

    REPORTED = auto()
    SUSPECTED = auto()
    CONFIRMED = auto()


class Condition(StrEnum):
    """Whether the grave was disturbed, apart from how sure its existence is."""

    UNKNOWN = auto()
    REPORTED = auto()
    SUSPECTED = auto()
    CONFIRMED = auto()
    DESTROYED = auto()


class DisturbanceKind(StrEnum):
    """What was done to a burial place."""

    BULLDOZED = auto()
    PLOTS_ABOVE = auto()
    CONCRETE = auto()
    BUILDING = auto()
    ROAD = auto()
    RUBBISH = auto()
    PLANTED = auto()
    SIGNS_REMOVED = auto()
    DUG = auto()
    EXHUMED = auto()
    CLOSED = auto()
    OTHER = auto()


class CivilStatus(StrEnum):
    """As the source says it."""

    SINGLE = auto()
    ENGAGED = auto()
    MARRIED = auto()
    DIVORCED = auto()
    WIDOWED = auto()


class EventKind(StrEnum):
    """What sort of thing happened."""

    ARREST = auto()
    TRANSFER = auto()
    INTERROGATION = auto()
    HEARING = auto()
    EXECUTION = auto()
    KILLING = auto()
    FAMILY_TOLD = auto()
    BURIAL = auto()
    DISTURBANCE = auto()
    REPRISAL = auto()
    PROCEEDING = auto()
    DECREE = auto()
    MEETING = auto()
    OTHER = auto()


class Predicate(StrEnum):
    """What a statement or a conclusion is about."""

    NAME = auto()
    FATHER = auto()
    MOTHER = auto()
    BIRTH = auto()
    BIRTHPLACE = auto()
    ORIGIN = auto()
    AGE = auto()
    SEX = auto()
    LIVING = auto()
    CIVIL_STATUS = auto()
    OCCUPATION = auto()
    EDUCATION = auto()
    AFFILIATION = auto()
    RELIGION = auto()
    POST = auto()
    ACT = auto()
    ARREST = auto()
    SENTENCE = auto()
    HELD = auto()
    LAST_SEEN = auto()
    FATE = auto()
    FAMILY_TOLD = auto()
    BURIAL = auto()
    EXISTENCE = auto()
    CONDITION = auto()
    CAPACITY = auto()
    DISTURBANCE = auto()
    REPRISAL = auto()
    FIGURE = auto()
    PATTERN = auto()
    DOCUMENT = auto()
    PROCEEDING = auto()
    NOTE = auto()


class Basis(StrEnum):
    """How a source knows what it says."""

    SAW = auto()
    HEARD = auto()
    TOLD = auto()
    DOCUMENT = auto()
    INFERRED = auto()


class Certainty(StrEnum):
    """How sure reviewers are of what they concluded."""

    MAYBE = auto()
    LIKELY = auto()
    CERTAIN = auto()


class ImageKind(StrEnum):
    """What sort of image it is."""

    PHOTOGRAPH = auto()
    SATELLITE = auto()
    PORTRAIT = auto()
    PLAN = auto()
    DRAWING = auto()
    DOCUMENT = auto()


class Copy(StrEnum):
    """Which of an image's two files: as it came, or the picture alone, which is shown."""

    ORIGINAL = auto()
    SHOWN = auto()


class RelationKind(StrEnum):
    """What the first record is to the second."""

    PARENT_OF = auto()
    SIBLING_OF = auto()
    SPOUSE_OF = auto()
    RELATIVE_OF = auto()
    CELLMATE_OF = auto()
    COMRADE_OF = auto()
    SUPERIOR_OF = auto()
    MEMBER_OF = auto()
    HELD_AT = auto()
    WORKED_AT = auto()
    ACTED_IN = auto()
    BURIED_AT = auto()
    PART_OF = auto()
    LED_TO = auto()
    PERHAPS_SAME = auto()
    NOT_SAME = auto()


class Part(StrEnum):
    """What a person, body, place or grave was in an event.

    ``told`` is the relative who was told; ``origin`` and ``destination`` are the two ends of a transfer.
    """

    VICTIM = auto()
    WITNESS = auto()
    ACCUSED = auto()
    ORDERED = auto()
    PLANNED = auto()
    CARRIED_OUT = auto()
    EXAMINED = auto()
    MEMBER = auto()
    JUDGE = auto()
    PROSECUTOR = auto()
    INTERROGATOR = auto()
    GUARD = auto()
    INFORMANT = auto()
    TOLD = auto()
    PRESENT = auto()
    ORIGIN = auto()
    DESTINATION = auto()
    SITE = auto()
    OTHER = auto()


class SourceKind(StrEnum):
    """What sort of publication a statement rests on; ``invented`` is for demonstrations only."""

    ARTICLE = auto()
    BOOK = auto()
    REPORT = auto()
    JUDGMENT = auto()
    LIST = auto()
    RECORDING = auto()
    PAGE = auto()
    INVENTED = auto()


CODED: Mapping[Predicate, type[StrEnum]] = {
    Predicate.SEX: Sex,
    Predicate.LIVING: Living,
    Predicate.CIVIL_STATUS: CivilStatus,
    Predicate.EXISTENCE: Existence,
    Predicate.CONDITION: Condition,
    Predicate.DISTURBANCE: DisturbanceKind,
}
"""Predicates of which a word of a vocabulary can be said, beside what the source says in its own words."""

COUNTED = frozenset({Predicate.AGE, Predicate.CAPACITY, Predicate.FIGURE})
"""Predicates of which figures can be said, as the lowest and the highest; rival figures are never merged."""

_ANY = (
    Predicate.NAME,
    Predicate.FIGURE,
    Predicate.PATTERN,
    Predicate.DOCUMENT,
    Predicate.PROCEEDING,
    Predicate.NOTE,
)
PREDICATES: Mapping[Kind, tuple[Predicate, ...]] = {
    Kind.PERSON: (
        *(Predicate.FATHER, Predicate.MOTHER, Predicate.BIRTH, Predicate.BIRTHPLACE, Predicate.ORIGIN),
        *(Predicate.AGE, Predicate.SEX, Predicate.LIVING, Predicate.CIVIL_STATUS),
        *(Predicate.OCCUPATION, Predicate.EDUCATION, Predicate.AFFILIATION, Predicate.RELIGION),
        *(Predicate.POST, Predicate.ACT, Predicate.ARREST, Predicate.SENTENCE, Predicate.HELD),
        *(Predicate.LAST_SEEN, Predicate.FATE, Predicate.FAMILY_TOLD, Predicate.BURIAL),
        *(Predicate.REPRISAL, *_ANY),
    ),
    Kind.PLACE: (Predicate.HELD, Predicate.ACT, Predicate.BURIAL, Predicate.DISTURBANCE, *_ANY),
    Kind.GRAVE: (
        *(Predicate.EXISTENCE, Predicate.CONDITION, Predicate.CAPACITY, Predicate.DISTURBANCE),
        *(Predicate.BURIAL, *_ANY),
    ),
    Kind.BODY: (Predicate.POST, Predicate.ACT, *_ANY),
    Kind.EVENT: (
        *(Predicate.ACT, Predicate.SENTENCE, Predicate.FATE, Predicate.FAMILY_TOLD, Predicate.BURIAL),
        *(Predicate.DISTURBANCE, Predicate.REPRISAL, *_ANY),
    ),
}
"""What is said of each kind of record, in the order in which it is shown and offered."""

_PEOPLE = (frozenset({Kind.PERSON}), frozenset({Kind.PERSON}))
_ACTING = frozenset({Kind.PERSON, Kind.BODY})
_WHERE = frozenset({Kind.PLACE, Kind.GRAVE})
_EVERY = frozenset(Kind)
BETWEEN: Mapping[RelationKind, tuple[frozenset[Kind], frozenset[Kind]]] = {
    RelationKind.PARENT_OF: _PEOPLE,
    RelationKind.SIBLING_OF: _PEOPLE,
    RelationKind.SPOUSE_OF: _PEOPLE,
    RelationKind.RELATIVE_OF: _PEOPLE,
    RelationKind.CELLMATE_OF: _PEOPLE,
    RelationKind.COMRADE_OF: _PEOPLE,
    RelationKind.SUPERIOR_OF: (_ACTING, _ACTING),
    RelationKind.MEMBER_OF: (_ACTING, frozenset({Kind.BODY})),
    RelationKind.HELD_AT: (frozenset({Kind.PERSON}), frozenset({Kind.PLACE})),
    RelationKind.WORKED_AT: (frozenset({Kind.PERSON}), frozenset({Kind.PLACE, Kind.BODY})),
    RelationKind.ACTED_IN: (_ACTING, frozenset({Kind.PLACE})),
    RelationKind.BURIED_AT: (frozenset({Kind.PERSON}), _WHERE),
    RelationKind.PART_OF: (frozenset({Kind.BODY, Kind.EVENT}), frozenset({Kind.BODY, Kind.EVENT})),
    RelationKind.LED_TO: (frozenset({Kind.EVENT}), frozenset({Kind.EVENT})),
    RelationKind.PERHAPS_SAME: (_EVERY, _EVERY),
    RelationKind.NOT_SAME: (_EVERY, _EVERY),
}
"""The kinds of records on both sides of a relation; where both sides can be either, they are of one kind."""


def may_relate(word: RelationKind, one: Kind, other: Kind) -> bool:
    """Tell whether a relation can stand between two kinds of records, in this direction."""
    left, right = BETWEEN[word]
    same = word in {RelationKind.PART_OF, RelationKind.PERHAPS_SAME, RelationKind.NOT_SAME}
    return one in left and other in right and (one is other or not same)
