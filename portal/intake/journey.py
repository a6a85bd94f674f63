"""The whole journey of a source, as one table: what is asked, in which order, and where it is sealed.

What each page says stands in the catalogue of prompts (asking.py); how pages behave stands in routes.py.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

LINE, TEXT, LONG = 500, 4_000, 400_000
"""Characters that an answer of each size may have."""

MOST_CARDS = 500
"""Cards of one kind that one account may carry."""


class Step(StrEnum):
    """One page, one question; the value is the end of its address."""

    SAFE = "safe"
    CODE = "code"
    YOU = "you"
    HELPING = "helping"
    HOW = "how"
    TOLD = "told"
    VOICE = "voice"
    ACCOUNT = "account"
    PAUSE = "pause"
    PEOPLE = "people"
    PLACES = "places"
    GROUP = "group"
    RESPONSIBLE = "responsible"
    DOCUMENTS = "documents"
    PERMISSIONS = "permissions"
    SHARING = "sharing"
    PUBLIC = "public"
    LASTING = "lasting"
    REACHING = "reaching"
    CHECK = "check"


class Relation(StrEnum):
    """Who the source is in the story; skipped is an answer too."""

    SURVIVOR = "survivor"
    PARENT = "parent"
    SPOUSE = "spouse"
    SIBLING = "sibling"
    CHILD = "child"
    RELATIVE = "relative"
    CELLMATE = "cellmate"
    FRIEND = "friend"
    WITNESS = "witness"
    OFFICIAL = "official"
    ORGANISATION = "organisation"
    HELPER = "helper"
    OTHER = "other"


class Kind(StrEnum):
    """How an answer is given."""

    LINE = "line"
    TEXT = "text"
    LONG = "long"
    DATE = "date"
    """A date in the source's own words; the days that it may mean are sealed beside them."""
    ONE = "one"
    MANY = "many"


@dataclass(frozen=True)
class Field:
    """One answer; ``identity`` ones are sealed apart, for the people who may write to a source."""

    name: str
    kind: Kind = Kind.LINE
    choices: tuple[str, ...] = ()
    identity: bool = False

    @property
    def longest(self) -> int:
        """Characters that the answer may have."""
        return {Kind.TEXT: TEXT, Kind.LONG: LONG}.get(self.kind, LINE)


Facts = Mapping[str, str]
"""What decides which pages come, and when: ``relation``, ``pause`` and ``how``."""


def _always(_facts: Facts) -> bool:
    return True


def _helps(facts: Facts) -> bool:
    return facts.get("relation") == Relation.HELPER


def _speaks(facts: Facts) -> bool:
    return facts.get("how") == "speak"


def _goes_on(facts: Facts) -> bool:
    return facts.get("pause") != "skip"


@dataclass(frozen=True)
class Page:
    """One page of the journey.

    ``cards``: it can be answered as often as there are people or places. ``own``: each answer is sealed as a
    field of its own name, in plain text; otherwise the page's answers together are one field of its name.
    """

    step: Step
    fields: tuple[Field, ...] = ()
    cards: bool = False
    own: bool = False
    when: Callable[[Facts], bool] = _always


BASIS = ("saw", "heard", "told", "document")
"""How one knows; several may be true."""

HOW = Field("basis", Kind.MANY, BASIS)

JOURNEY = (
    Page(Step.SAFE),
    Page(Step.CODE),
    Page(Step.YOU, (Field("relation", Kind.ONE, tuple(Relation)),), own=True),
    Page(
        Step.HELPING,
        (
            Field("agrees", Kind.ONE, ("beside", "knows", "cannot", "unasked")),
            Field("tie"),
            Field("spoken"),
            Field("written"),
            Field("interpreter"),
            Field("words", Kind.ONE, ("verbatim", "summary", "mixed")),
            Field("present"),
            Field("place", Kind.ONE, ("home", "office", "away", "other")),
            Field("helper", identity=True),
        ),
        when=_helps,
    ),
    Page(Step.HOW, (Field("how", Kind.ONE, ("write", "speak", "show", "short", "reach")),)),
    Page(
        Step.TOLD,
        (
            Field("told_to", Kind.MANY, ("nobody", "court", "lawyer", "organisation", "published", "unsure")),
            Field("where"),
            Field("when", Kind.DATE),
        ),
    ),
    Page(Step.VOICE, when=_speaks),
    Page(Step.ACCOUNT, (Field("narrative", Kind.LONG),), own=True),
    Page(Step.PAUSE),
    Page(
        Step.PEOPLE,
        (
            Field("name"),
            Field("other_names"),
            Field("father"),
            Field("born", Kind.DATE),
            Field("city"),
            Field("tie"),
            Field("prison"),
            HOW,
            Field("more", Kind.TEXT),
        ),
        cards=True,
        when=_goes_on,
    ),
    Page(
        Step.PLACES,
        (
            Field("prison"),
            Field("ward"),
            Field("cell"),
            Field("burial", Kind.TEXT),
            Field("when", Kind.DATE),
            HOW,
            Field("more", Kind.TEXT),
        ),
        cards=True,
        when=_goes_on,
    ),
    Page(Step.GROUP, (Field("group"),), when=_goes_on),
    Page(
        Step.RESPONSIBLE,
        (Field("name"), Field("role"), Field("deed", Kind.TEXT), HOW),
        cards=True,
        when=_goes_on,
    ),
    Page(Step.DOCUMENTS),
    Page(Step.PERMISSIONS),
    Page(Step.SHARING),
    Page(Step.PUBLIC),
    Page(Step.LASTING),
    Page(
        Step.REACHING,
        (
            Field("called", identity=True),
            Field("contact", Kind.TEXT, identity=True),
            Field("reread", Kind.ONE, ("yes", "no")),
        ),
        own=True,
    ),
    Page(Step.CHECK),
)

STEPS = tuple(page.step for page in JOURNEY)
PAGES = {page.step: page for page in JOURNEY}
ASKED = tuple(page for page in JOURNEY if page.fields)
"""The pages that ask; the others tell, rest, take files or permissions, or show all of it."""


def path(facts: Facts, *, with_step: Step | None = None) -> tuple[Step, ...]:
    """Return the pages that come, in order; the one that is open is always among them.

    Whoever would rather show something is asked for it before the page to write on, not long after.
    """
    steps = [page.step for page in JOURNEY if page.step is with_step or page.when(facts)]
    if facts.get("how") == "show":
        steps.remove(Step.DOCUMENTS)
        steps.insert(steps.index(Step.ACCOUNT), Step.DOCUMENTS)
    return tuple(steps)


def number_of(step: Step, facts: Facts) -> int:
    """Return the page's place, counted from one."""
    return path(facts, with_step=step).index(step) + 1


def after(step: Step, facts: Facts) -> Step | None:
    """Return the page that follows, or None after the last."""
    steps = path(facts, with_step=step)
    return steps[steps.index(step) + 1] if step is not steps[-1] else None


def before(step: Step, facts: Facts) -> Step | None:
    """Return the page before, or None at the first."""
    steps = path(facts, with_step=step)
    return steps[steps.index(step) - 1] if step is not steps[0] else None


def is_prompted(step: Step) -> bool:
    """Tell whether a page comes after the free account, so that its answers were asked for."""
    return STEPS.index(step) > STEPS.index(Step.ACCOUNT)
