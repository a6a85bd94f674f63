"""What the database answers of many cases is what the rule says of each."""

from datetime import timedelta
from random import Random
from uuid import UUID

import pytest
from builders import Instance

from portal.casework.allowed import readable, saying_yes
from portal.database import PortalSession
from portal.intake import consent
from portal.intake.models import Answer, Consent, Status, Submission, Use
from portal.permissions import Group

CHANCE = Random(1988)  # noqa: S311 - the same cases every time
USES = (Use.READ, Use.READ, Use.LINK, Use.AFTER_DEATH, Use.AFTER_DEATH, Use.DIED)


def a_submission(session: PortalSession, number: int) -> Submission:
    """One that has nothing but decisions, in any order that a source and the desk could make them."""
    today = session.today
    case = Submission(
        id=UUID(bytes=CHANCE.randbytes(16)),
        day=today - timedelta(days=CHANCE.randrange(9)),
        status=Status.RECEIVED,
        group=Group.INTAKE,
        locator=number.to_bytes(16, "big"),
        source_key=bytes(32),
    )
    for place in range(1, CHANCE.randrange(9)):
        use = CHANCE.choice(USES)
        case.consents.append(
            Consent(
                number=place,
                use=use,
                answer=Answer.YES if use is Use.DIED else CHANCE.choice(list(Answer)),
                day=today - timedelta(days=CHANCE.choice((0, 364, 365, 366, 800))),
                wording=CHANCE.choice((1, 2)),
                language="fa",
                until=CHANCE.choice((None, None, today, today - timedelta(days=1))),
                years=CHANCE.choice((None, 1, 2)) if use is Use.AFTER_DEATH else None,
            )
        )
    session.add(case)
    return case


def test_the_database_allows_what_the_rule_allows(instance: Instance) -> None:
    with instance.database.session(write=True) as session:
        cases = [a_submission(session, number) for number in range(600)]
        session.flush()
        waiting = sorted(cases, key=lambda one: (one.day, one.id.hex))
        for use in (Use.READ, Use.LINK):
            allowed = [
                one.id.bytes for one in waiting if consent.permits(one.consents, use, on=session.today)
            ]
            assert saying_yes(session, use) == set(allowed)
            assert 20 < len(allowed) < 400
            if use is Use.READ:
                assert list(readable(session, by=instance.actor("cedar", session))) == allowed
        session.rollback()


def test_a_use_whose_question_has_changed_is_not_asked_of_the_database(sqlite_instance: Instance) -> None:
    with sqlite_instance.database.session(write=False) as session, pytest.raises(ValueError, match="court"):
        saying_yes(session, Use.COURT)
