"""Where a case may go from where it stands, and who may take it there."""

from collections.abc import Mapping, Sequence
from enum import StrEnum, auto
from types import MappingProxyType

from portal.errors import RefusedError, StaleError
from portal.intake.models import Answer, Speaker, Status, Use


class Mover(StrEnum):
    """Who may make a move."""

    READER = auto()  # anyone who may claim, while nobody holds the case
    HOLDER = auto()
    LEAD = auto()


# A withdrawn case goes nowhere, nor does one that waits to be: no move leads there, and nothing leads back.
NEXT: Mapping[Status, Mapping[Status, Mover]] = MappingProxyType(
    {
        Status.RECEIVED: {Status.IN_REVIEW: Mover.READER, Status.SET_ASIDE: Mover.READER},
        Status.IN_REVIEW: {
            Status.RECEIVED: Mover.HOLDER,
            Status.AWAITING_SOURCE: Mover.HOLDER,
            Status.SECOND_REVIEW: Mover.HOLDER,
            Status.SET_ASIDE: Mover.HOLDER,
        },
        Status.AWAITING_SOURCE: {Status.IN_REVIEW: Mover.HOLDER},
        Status.SECOND_REVIEW: {Status.IN_REVIEW: Mover.LEAD, Status.COMPLETE: Mover.LEAD},
        Status.COMPLETE: {Status.IN_REVIEW: Mover.LEAD},
        Status.SET_ASIDE: {Status.IN_REVIEW: Mover.READER, Status.RECEIVED: Mover.READER},
        Status.LOCKED: {},
        Status.WITHDRAWN: {},
    }
)

# Work goes on here, so somebody holds the case or may take it up.
OPEN = frozenset({Status.RECEIVED, Status.IN_REVIEW, Status.AWAITING_SOURCE, Status.SET_ASIDE})
# A holder works here, and may hand the case back or be relieved by a lead.
WORKED_ON = frozenset({Status.IN_REVIEW, Status.AWAITING_SOURCE})

# Moves that are asked for by name; the others come with claiming, handing back and the coding sheet.
PLAIN = frozenset(
    {
        (Status.IN_REVIEW, Status.AWAITING_SOURCE),
        (Status.IN_REVIEW, Status.SET_ASIDE),
        (Status.AWAITING_SOURCE, Status.IN_REVIEW),
        (Status.COMPLETE, Status.IN_REVIEW),
    }
)


def check(now: Status, to: Status, *, mover: Mover) -> None:
    """Raise `StaleError` when no such move leads from here, `RefusedError` when it is another mover's."""
    needed = NEXT[now].get(to)
    if needed is None:
        raise StaleError("The case no longer stands where this could be done.")
    if needed is not mover:
        raise RefusedError


def claimed(now: Status) -> Status:
    """Return where a case stands once somebody took it up; raise `StaleError` when nobody can take it now."""
    if now not in OPEN:
        raise StaleError("This case cannot be taken up now.")
    return now if now in WORKED_ON else Status.IN_REVIEW


def handed_back(now: Status) -> Status:
    """Return where a case stands once its holder gave it back; waiting goes on."""
    if now not in WORKED_ON:
        raise StaleError("The case no longer stands where this could be done.")
    return Status.RECEIVED if now is Status.IN_REVIEW else now


def plain_moves(now: Status, *, holds: bool, lead: bool) -> list[Status]:
    """Return where this person may send the case by name."""
    movers = {Mover.HOLDER: holds, Mover.LEAD: lead, Mover.READER: False}
    return [to for to, mover in NEXT[now].items() if (now, to) in PLAIN and movers[mover]]


def may_write(decisions: Mapping[Use, Answer], speakers: Sequence[Speaker]) -> bool:
    """Tell whether the source may be written to: on a yes, or to answer.

    After a no only the source's own last message may be answered; who wishes to be asked before being read
    may be asked.
    """
    if decisions[Use.CONTACT] is Answer.YES:
        return True
    if decisions[Use.CONTACT] is Answer.NO:
        return bool(speakers) and speakers[-1] is Speaker.SOURCE
    return Speaker.SOURCE in speakers or decisions[Use.READ] is Answer.ASK
