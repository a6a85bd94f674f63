"""How a source's decisions are kept: each change is a new row, and the last one holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

from portal.database import PortalSession
from portal.errors import InvalidError
from portal.intake import consent as consents
from portal.intake import wordings
from portal.intake.models import Answer, Consent, Use
from portal.intake.sealing import PartKey, open_reason, seal_reason
from portal.store.segments import touch
from portal.vault.seal import Label

UNTIL, YEARS, TRUSTED = "until", "years", "trusted"
"""What goes with the answers of a form: the last day of every yes (ISO 8601), and what follows a death."""


@dataclass(frozen=True)
class Given:
    """One answer as it is to be kept."""

    answer: Answer
    until: date | None = None
    years: int | None = None
    trusted: str = field(default="", repr=False)


Aim = tuple[Use, UUID | None]
"""A use, and for handing on the body that it is about."""


def read_answers(answers: Mapping[str, str]) -> dict[Aim, Given]:
    """Read use -> answer, with what goes along; raise `ValueError` for what is no answer."""
    until = date.fromisoformat(answers[UNTIL]) if answers.get(UNTIL) else None
    found: dict[Aim, Given] = {}
    for name, said in answers.items():
        aim = consents.named(name)
        if aim is None or not said:
            continue
        answer = Answer(said)
        if aim[0] is Use.AFTER_DEATH:
            found[aim] = _afterwards(answer, answers)
        else:
            found[aim] = Given(answer, until if answer is Answer.YES else None)
    order = (*consents.MATRIX, Use.SHARE, Use.AFTER_DEATH)
    return dict(sorted(found.items(), key=lambda one: order.index(one[0][0])))


def _afterwards(answer: Answer, answers: Mapping[str, str]) -> Given:
    """Read the wish for after a death: closed for some years, or who decides."""
    if answer is Answer.NO:
        return Given(answer, years=int(answers[YEARS]) if answers.get(YEARS) else None)
    return Given(answer, trusted=answers.get(TRUSTED, "") if answer is Answer.ASK else "")


def add_decisions(
    session: PortalSession,
    submission_id: UUID,
    before: Sequence[Consent],
    answers: Mapping[str, str],
    *,
    language: str,
    day: date,
    thread: PartKey | None = None,
    shown: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> int:
    """Append the answers that differ from what holds now; nothing is overwritten. Returns how many.

    ``thread`` seals whom the source trusts; without it nobody can be named. ``shown`` says of answers that
    were given on an earlier day in which ``version`` and ``language`` their question stood there then.
    """
    held = latest(before)
    changed = {
        aim: given
        for aim, given in read_answers(answers).items()
        if not _same(held.get(aim), given, thread=thread, day=day)
    }
    for number, ((use, receiver), given) in enumerate(changed.items(), len(before) + 1):
        asked = shown.get(consents.name_of(use, receiver), {})
        row = Consent(
            id=uuid4(),
            submission_id=submission_id,
            number=number,
            use=use,
            answer=given.answer,
            day=day,
            wording=int(asked.get("version", wordings.VERSION)),
            language=wordings.shown_in(str(asked.get("language", language))),
            until=given.until,
            years=given.years,
            receiver_id=receiver,
        )
        row.condition = _sealed_trust(row.id, given.trusted, thread)
        session.add(row)
    if before and (Use.LINK, None) in changed:
        touch(session, submission_id)  # what a case is linked to is searched while its source allows it
    return len(changed)


def _sealed_trust(decision_id: UUID, trusted: str, thread: PartKey | None) -> bytes | None:
    """Seal whom the source trusts, if they named anybody."""
    if not trusted:
        return None
    if thread is None:
        raise InvalidError("This cannot be kept now. Please come back with your nine words.")
    return seal_reason(thread, decision_id, Label.CONDITION, trusted)


def _same(held: Consent | None, given: Given, *, thread: PartKey | None, day: date) -> bool:
    """Tell whether an answer says what holds already: neither ended nor given to words that meant less."""
    if held is None or (held.answer, held.until, held.years) != (given.answer, given.until, given.years):
        return False
    if held.until is not None and held.until < day:
        return False
    if held.wording < consents.ASKED_ANEW.get(held.use, 0):
        return False
    return given.trusted == trusted_of(held, thread)


def trusted_of(held: Consent, thread: PartKey | None) -> str:
    """Open whom the source named to decide after their death, nothing if nobody."""
    if held.condition is None or thread is None:
        return ""
    return open_reason(thread, held.id, Label.CONDITION, held.condition)


def latest(decisions: Sequence[Consent]) -> dict[Aim, Consent]:
    """Return the last row for each use, and for each body that it may be handed to."""
    return {(one.use, one.receiver_id): one for one in sorted(decisions, key=lambda one: one.number)}


def add_death(session: PortalSession, submission_id: UUID, before: Sequence[Consent], *, day: date) -> None:
    """Append that the desk learned of the source's death; what holds from then on is in `consent.current`."""
    session.add(
        Consent(
            id=uuid4(),
            submission_id=submission_id,
            number=len(before) + 1,
            use=Use.DIED,
            answer=Answer.YES,
            day=day,
            wording=wordings.VERSION,
            language="",
        )
    )


def refuse_all(session: PortalSession, submission_id: UUID, before: Sequence[Consent], *, day: date) -> int:
    """Answer every use with no: what taking everything back says, as long as it cannot be carried out.

    Of bodies, those that something was decided about; all others are asked first, and nobody asks any more.
    """
    language = max(before, key=lambda one: one.number).language if before else ""
    decided = [consents.name_of(*aim) for aim in latest(before) if aim[0] is Use.SHARE]
    answers = dict.fromkeys([*consents.MATRIX, *decided], Answer.NO.value)
    return add_decisions(session, submission_id, before, answers, language=language, day=day)
