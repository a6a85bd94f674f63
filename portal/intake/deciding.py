"""How a source's decisions are kept: each change is a new row, and the last one holds."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from portal.database import PortalSession
from portal.intake import consent as consents
from portal.intake.models import Answer, Consent


def add_decisions(
    session: PortalSession,
    submission_id: UUID,
    before: Sequence[Consent],
    answers: Mapping[str, str],
    *,
    language: str,
    day: date,
) -> int:
    """Append the answers that differ from what holds now; nothing is overwritten. Returns how many."""
    held = {one.use: one.answer for one in sorted(before, key=lambda one: one.number)}
    changed = [
        (use, Answer(answers[use]))
        for use in consents.ORDER
        if answers.get(use) and held.get(use) != answers[use]
    ]
    for number, (use, answer) in enumerate(changed, len(before) + 1):
        session.add(
            Consent(
                submission_id=submission_id,
                number=number,
                use=use,
                answer=answer,
                day=day,
                wording=consents.WORDING,
                language=language,
            )
        )
    return len(changed)


def refuse_all(session: PortalSession, submission_id: UUID, before: Sequence[Consent], *, day: date) -> int:
    """Answer every use with no: what taking everything back says, as long as it cannot be carried out."""
    language = max(before, key=lambda one: one.number).language if before else ""
    answers = {use.value: Answer.NO.value for use in consents.ORDER}
    return add_decisions(session, submission_id, before, answers, language=language, day=day)
