"""What a source allowed, as of now: every use of a submission asks here first."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from portal.intake.models import Answer, Use

# The version of the wording that the pages show; raise it when a question's meaning changes.
WORDING = 1

# Reading is why a source sends; a refusal there means "keep it sealed".
ORDER = tuple(Use)


class Decision(Protocol):
    """One kept decision."""

    number: int
    use: Use
    answer: Answer


def current(decisions: Iterable[Decision]) -> Mapping[Use, Answer]:
    """Return the latest answer for each use; what was never answered means *ask me first*."""
    latest = dict.fromkeys(ORDER, Answer.ASK)
    for decision in sorted(decisions, key=lambda one: one.number):
        latest[decision.use] = decision.answer
    return latest


def permits(decisions: Iterable[Decision], use: Use) -> bool:
    """Tell whether the use is allowed now; nothing but a yes allows it."""
    return current(decisions)[use] is Answer.YES
