"""Pages of holds and of erasing on request: what leads meet at the desk, and the source in the folder."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from builders import Instance, token_of
from flask.testing import FlaskClient
from sqlalchemy import select
from visits import Source, said

from portal.config import Face
from portal.intake.models import LegalHold, Status, Submission, Tombstone

REASON = "A court has asked for it. It is about the trial in the autumn."


@pytest.fixture
def source(sqlite_instance: Instance) -> Source:
    """A source who has sent an account and opened the folder."""
    one = Source(sqlite_instance)
    one.come_back(" ".join(one.submit()))
    return one


@pytest.fixture
def leads(sqlite_instance: Instance) -> list[FlaskClient]:
    app = sqlite_instance.app(Face.DESK)
    found = [app.test_client(), app.test_client()]
    for client, name in zip(found, ("maple", "willow"), strict=True):
        sqlite_instance.sign_in(client, name)
    return found


def case_of(instance: Instance) -> UUID:
    with instance.database.session(write=False) as session:
        return session.scalars(select(Submission.id)).one()


def press(desk: FlaskClient, page: str, to: str = "", **fields: str) -> str:
    """Open a page and send a form of it; returns what the next page says."""
    answer = desk.post(
        to or page, data={"csrf_token": token_of(desk.get(page)), **fields}, follow_redirects=True
    )
    return said(answer)


def hold_page(desk: FlaskClient) -> str:
    found = re.search(r'href="(/en/cases/holds/[0-9a-f-]{36})"', desk.get("/en/cases/holds").text)
    assert found
    return found[1]


def a_hold(instance: Instance, leads: list[FlaskClient]) -> str:
    """A hold that one lead asked for and the other agreed to; returns its page."""
    press(leads[0], f"/en/cases/{case_of(instance)}/hold", reason=REASON, days="90")
    page = hold_page(leads[1])
    assert "in force" in press(leads[1], page, f"{page}/approve")
    return page


def test_a_hold_goes_from_one_lead_to_the_other_and_the_source_is_told(
    sqlite_instance: Instance, leads: list[FlaskClient], source: Source
) -> None:
    case_id = case_of(sqlite_instance)
    assert f"/en/cases/{case_id}/hold" in leads[0].get(f"/en/cases/{case_id}").text
    assert "Write something first" in press(leads[0], f"/en/cases/{case_id}/hold", reason=" ", days="90")
    asked = press(leads[0], f"/en/cases/{case_id}/hold", reason=REASON, days="90")
    assert "Nothing holds before another lead reviewer agrees" in asked
    page = hold_page(leads[0])
    assert REASON in said(leads[0].get(page))
    assert f"{page}/approve" not in leads[0].get(page).text  # one's own is not offered, nor taken
    token = token_of(leads[0].get(page))
    assert leads[0].post(f"{page}/approve", data={"csrf_token": token}).status_code == 403
    assert "may not be erased" not in said(source.get("folder"))
    assert "in force" in press(leads[1], page, f"{page}/approve")
    folder = said(source.get("folder"))
    assert "two lead reviewers decided together" in folder
    assert REASON in folder
    assert "What you can do: write to us here" in folder
    assert "maple" not in folder
    assert "It may not be erased yet" in said(source.get("folder/withdraw"))


def test_taking_back_under_a_hold_is_told_plainly_and_done_when_the_hold_ends(
    sqlite_instance: Instance, leads: list[FlaskClient], source: Source
) -> None:
    case_id, page = case_of(sqlite_instance), a_hold(sqlite_instance, leads)
    assert source.post("folder/withdraw", sure="yes").status_code == 303
    for language in ("en", "fa"):
        source.language = language
        locked = said(source.get("folder"))
        assert REASON in locked
    source.language = "en"
    locked = said(source.get("folder"))
    assert "Your wish is kept and will be carried out by itself" in locked
    assert "My folder" not in locked
    assert leads[0].get(f"/en/cases/{case_id}").status_code == 404
    assert "taken back by its source" in said(leads[0].get("/en/cases/holds"))
    assert "Its source has taken everything back" in said(leads[0].get(page))
    assert "The hold has ended" in press(leads[0], page, f"{page}/end")
    assert "The keys are destroyed" in said(source.get("folder"))
    assert leads[0].get(page).status_code == 404


def test_the_source_who_comes_back_after_the_last_day_finds_it_carried_out(
    sqlite_instance: Instance, leads: list[FlaskClient]
) -> None:
    source = Source(sqlite_instance)
    words = " ".join(source.submit())
    source.come_back(words)
    a_hold(sqlite_instance, leads)
    source.post("folder/withdraw", sure="yes")
    sqlite_instance.clock.advance(days=91)
    later = Source(sqlite_instance)
    later.come_back(words)
    assert "The keys are destroyed" in said(later.get("folder"))
    with sqlite_instance.database.session(write=False) as session:
        assert session.get_one(Submission, case_of(sqlite_instance)).status is Status.WITHDRAWN


def test_a_folder_that_is_open_when_the_hold_runs_out_says_that_it_goes(
    sqlite_instance: Instance, leads: list[FlaskClient], source: Source
) -> None:
    page = a_hold(sqlite_instance, leads)
    source.post("folder/withdraw", sure="yes")
    with sqlite_instance.database.session(write=True) as session:
        session.scalars(select(LegalHold)).one().until = sqlite_instance.clock().date() - timedelta(days=1)
    assert "Nothing stands in its way any more" in said(source.get("folder"))
    assert "ran out" in said(leads[0].get(page))
    assert "ran out" in said(leads[0].get("/en/cases/holds"))


def test_erasing_on_a_written_request_needs_another_lead_who_has_just_proved_who_they_are(
    sqlite_instance: Instance, leads: list[FlaskClient], source: Source
) -> None:
    case_id = case_of(sqlite_instance)
    ask = f"/en/cases/{case_id}/erase"
    assert "Choose one of the answers" in press(leads[0], ask, reason="letter of 3 May")
    assert "Another lead reviewer decides" in press(
        leads[0], ask, authority="letter", reason="letter of 3 May"
    )
    found = re.search(r'href="(/en/cases/removals/[0-9a-f-]{36})"', leads[1].get("/en/cases/holds").text)
    assert found
    page = found[1]
    assert f"{page}/approve" not in leads[0].get(page).text
    assert "letter of 3 May" in said(leads[1].get(page))
    sqlite_instance.clock.advance(minutes=6)
    token = token_of(leads[1].get(page))
    asked_again = leads[1].post(f"{page}/approve", data={"csrf_token": token})
    assert "/confirm" in asked_again.headers["Location"]
    with sqlite_instance.database.session(write=False) as session:
        assert session.get(Tombstone, case_id) is None
    leads[1] = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(leads[1], "willow")
    assert "It is done" in press(leads[1], page, f"{page}/approve")
    assert "The keys are destroyed" in said(source.get("folder"))


def test_what_was_asked_for_can_be_taken_back_by_who_asked(
    sqlite_instance: Instance, leads: list[FlaskClient], source: Source
) -> None:
    case_id = case_of(sqlite_instance)
    press(leads[0], f"/en/cases/{case_id}/hold", reason=REASON, days="30")
    page = hold_page(leads[0])
    assert "It was declined" in press(leads[0], page, f"{page}/decline")
    assert "may not be erased" not in said(source.get("folder"))
    press(leads[0], f"/en/cases/{case_id}/erase", authority="court", reason="order 12")
    found = re.search(r'href="(/en/cases/removals/[0-9a-f-]{36})"', leads[0].get("/en/cases/holds").text)
    assert found
    assert "The account stays" in press(leads[0], found[1], f"{found[1]}/decline")


def test_a_lead_begins_at_the_queue(leads: list[FlaskClient]) -> None:
    assert leads[0].get("/en/").location.endswith("/en/cases/")
