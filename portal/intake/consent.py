"""What a source allowed, as of a day: every use of a submission asks here first.

Decisions are kept in the order they were made and the last one for a use holds: a yes until its last day, if
it has one. After the source's death (a DIED row) their instruction holds over all of them. Whoever is named
in an account is never covered by it; a yes speaks for its source alone.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Protocol
from uuid import UUID

from portal.intake.models import Answer, Use

KINDS = frozenset({Use.SHARE_UN, Use.SHARE_PROSECUTORS, Use.SHARE_RIGHTS})
"""Kinds of bodies that earlier versions asked for: kept, and good for nothing."""

_APART = {Use.SHARE, Use.AFTER_DEATH, Use.DIED} | KINDS

MATRIX: tuple[Use, ...] = tuple(use for use in Use if use not in _APART)
"""What a source is asked, in the order of the pages; besides, SHARE is asked for each body on the list."""

ORDER: tuple[Use, ...] = (*MATRIX, Use.AFTER_DEATH)

ASKED_ANEW: Mapping[Use, int] = {Use.COURT: 2}
"""A yes to an earlier wording of these meant less than the question says now: it counts as ask first."""

MOST_YEARS = 200
_HEX = 32


class Decision(Protocol):
    """One kept decision."""

    number: int
    use: Use
    answer: Answer
    day: date
    wording: int
    until: date | None
    years: int | None
    receiver_id: UUID | None


def name_of(use: Use, receiver: UUID | None = None) -> str:
    """Return under which name the answer for a use is kept in a form: with the body, where it names one."""
    return use.value if receiver is None else f"{use.value}-{receiver.hex}"


def named(name: str) -> tuple[Use, UUID | None] | None:
    """Read what `name_of` wrote; None for what is no use that a source is asked."""
    if name in ORDER:
        return Use(name), None
    use, _dash, receiver = name.partition("-")
    if use != Use.SHARE or len(receiver) != _HEX or not set(receiver) <= set("0123456789abcdef"):
        return None
    return Use.SHARE, UUID(hex=receiver)


def weighs(use: Use) -> tuple[Use, ...]:
    """Return the uses whose decisions bear on this one: what a query that does not load all has to load."""
    return (use, Use.AFTER_DEATH, Use.DIED)


def current(decisions: Iterable[Decision], *, on: date, receiver: UUID | None = None) -> Mapping[Use, Answer]:
    """Return what holds for each use on a day; what was never answered means *ask me first*.

    SHARE is among them when a ``receiver`` is named: whether it may be handed to that body and no other. One
    that came onto the list after somebody had answered was never answered.
    """
    uses = MATRIX if receiver is None else (*MATRIX, Use.SHARE)
    about = (one for one in decisions if one.use is not Use.SHARE or one.receiver_id == receiver)
    made = sorted(about, key=lambda one: one.number)
    died = next((one for one in made if one.use is Use.DIED), None)
    latest = {one.use: one for one in made}
    answers = {use: _answer(latest.get(use), on) for use in uses}
    if died is None:
        return answers
    before = [one for one in made if one.use is Use.AFTER_DEATH and one.number < died.number]
    wish = before[-1] if before else None
    if wish is None or wish.answer is Answer.YES:
        return answers
    if wish.answer is Answer.NO:
        return answers if opens_again(wish.years, died.day, on) else dict.fromkeys(uses, Answer.NO)
    # The trusted person decides, with the receipt: what was allowed before waits for their yes.
    return {
        use: Answer.ASK if answer is Answer.YES and latest[use].number < died.number else answer
        for use, answer in answers.items()
    }


def _answer(decision: Decision | None, on: date) -> Answer:
    if decision is None:
        return Answer.ASK
    ended = decision.until is not None and on > decision.until
    older = decision.wording < ASKED_ANEW.get(decision.use, 0)
    return Answer.ASK if decision.answer is Answer.YES and (ended or older) else decision.answer


def opens_again(years: int | None, died: date, on: date) -> bool:
    """Tell whether the years of sealing are over; sealed without a number of years is sealed for good."""
    if years is None:
        return False
    return (on.year - years, on.month, on.day) >= (died.year, died.month, died.day)


def permits(decisions: Iterable[Decision], use: Use, *, on: date, receiver: UUID | None = None) -> bool:
    """Tell whether the use is allowed on a day; nothing but a yes allows it.

    Handing on is allowed to one body at a time: SHARE without a ``receiver`` raises `ValueError`.
    """
    if (use is Use.SHARE) is (receiver is None):
        raise ValueError(use)
    return current(decisions, on=on, receiver=receiver)[use] is Answer.YES
