"""What was taken back: open requests are looked at anew, and a finished release says whom to tell."""

from uuid import UUID

import pytest
from builders import NOON, Instance, a_submission
from cases import acts_of
from coded import Coded, a_release, a_request, accounts, look
from visits import said

from portal.config import Face
from portal.intake import withdrawing
from portal.intake.models import HoldState, LegalHold
from portal.release.models import Release
from portal.release.policy import ColumnRole
from portal.staff.models import Staff

QUASI = ColumnRole.QUASI


def take_back(instance: Instance, account: Coded) -> None:
    with instance.database.session(write=True) as session:
        withdrawing.withdraw(session, submission_id=account.submission_id, day=NOON.date())


def held(instance: Instance, account: Coded) -> None:
    """A legal hold in force; how it came about is not looked at here."""
    with instance.database.session(write=True) as session:
        lead = session.query(Staff).filter_by(name="maple").one()
        session.add(
            LegalHold(
                submission_id=account.submission_id,
                state=HoldState.APPROVED,
                until=NOON.date().replace(year=2027),
                asked_by=lead.id,
                asked_name="maple",
                asked=NOON.date(),
                blob=b"\x01" + bytes(40),
            )
        )


def previews(instance: Instance, release_id: UUID) -> int:
    with instance.database.session(write=False) as session:
        return session.get_one(Release, release_id).previews


@pytest.mark.parametrize("under_a_hold", [False, True])
def test_open_requests_that_were_looked_at_are_sent_back(instance: Instance, *, under_a_hold: bool) -> None:
    some = accounts(instance, 30)
    seen, unseen = a_request(instance, relation=QUASI), a_request(instance, relation=QUASI)
    look(instance, seen)
    if under_a_hold:
        held(instance, some[0])
    take_back(instance, some[0])
    assert (previews(instance, seen), previews(instance, unseen)) == (0, 0)
    assert acts_of(instance).count("release.send-back") == 1
    assert look(instance, seen).accounts == 29


def test_an_account_that_no_release_could_hold_sends_nothing_back(instance: Instance) -> None:
    accounts(instance, 30)
    release_id = a_request(instance, relation=QUASI)
    look(instance, release_id)
    with instance.database.session(write=True) as session:
        other = a_submission(instance, session).submission.id
    with instance.database.session(write=True) as session:
        withdrawing.withdraw(session, submission_id=other, day=NOON.date())
    assert previews(instance, release_id) == 1


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_finished_release_tells_leads_what_was_taken_back_since(
    sqlite_instance: Instance, language: str
) -> None:
    some = accounts(sqlite_instance, 30)
    release_id = a_release(sqlite_instance, relation=QUASI)
    lead, administrator = (sqlite_instance.app(Face.DESK).test_client() for _ in range(2))
    sqlite_instance.sign_in(lead, "maple")
    sqlite_instance.sign_in(administrator, "rowan")
    notice = {"en": "One account, taken back on", "fa": "یک روایت، در"}[language]
    where = f"/{language}/releases/{release_id}"
    assert notice not in said(lead.get(where))
    take_back(sqlite_instance, some[0])
    held(sqlite_instance, some[1])
    take_back(sqlite_instance, some[1])  # kept by a hold, and out of it all the same
    assert said(lead.get(where)).count(notice) == 2
    assert notice not in said(administrator.get(where))  # who was in a release only leads may know
