"""The order of the pages a source walks through, and what can be said of oneself."""

from enum import StrEnum


class Step(StrEnum):
    """One page, one question; the value is the end of its address."""

    ACCOUNT = "account"
    YOU = "you"
    DOCUMENTS = "documents"
    PERMISSIONS = "permissions"
    REACHING = "reaching"
    CHECK = "check"


STEPS = tuple(Step)


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
    HELPER = "helper"
    OTHER = "other"


def number_of(step: Step) -> int:
    """Return the page's place, counted from one."""
    return STEPS.index(step) + 1


def after(step: Step) -> Step | None:
    """Return the page that follows, or None after the last."""
    return STEPS[STEPS.index(step) + 1] if step is not STEPS[-1] else None


def before(step: Step) -> Step | None:
    """Return the page before, or None at the first."""
    return STEPS[STEPS.index(step) - 1] if step is not STEPS[0] else None
