"""The words of the registry: kinds, states, relations and parts, as its tables keep them."""

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
    CEMETERY = auto()


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


class EventKind(StrEnum):
    """What sort of thing happened."""

    KILLING = auto()
    DECREE = auto()
    MEETING = auto()
    TRANSFER = auto()
    PROCEEDING = auto()
    DISTURBANCE = auto()
    OTHER = auto()


class Predicate(StrEnum):
    """What a statement is about."""

    NAME = auto()
    POST = auto()
    ACT = auto()
    ARREST = auto()
    SENTENCE = auto()
    HELD = auto()
    LAST_SEEN = auto()
    FATE = auto()
    BURIAL = auto()
    DISTURBANCE = auto()
    FIGURE = auto()
    PATTERN = auto()
    DOCUMENT = auto()
    PROCEEDING = auto()
    NOTE = auto()


class RelationKind(StrEnum):
    """What the first record is to the second."""

    PARENT_OF = auto()
    SIBLING_OF = auto()
    SPOUSE_OF = auto()
    RELATIVE_OF = auto()
    CELLMATE_OF = auto()
    SUPERIOR_OF = auto()
    MEMBER_OF = auto()
    HELD_AT = auto()
    WORKED_AT = auto()
    ACTED_IN = auto()
    BURIED_AT = auto()
    PERHAPS_SAME = auto()
    NOT_SAME = auto()


class Part(StrEnum):
    """What a person, body or place was in an event."""

    VICTIM = auto()
    WITNESS = auto()
    ACCUSED = auto()
    ORDERED = auto()
    CARRIED_OUT = auto()
    EXAMINED = auto()
    PRESENT = auto()
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
