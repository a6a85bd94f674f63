"""Seeing through a flood: rare kinds come first, what says the same stands together, and nothing is lost."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from uuid import UUID, uuid4

import pytest
from builders import EVERYTHING, Instance, a_submission, token_of
from cases import TEXT, a_case, at_desk
from flask.testing import FlaskClient

from portal.casework import service, skimming
from portal.config import Face
from portal.errors import NotFoundError, RefusedError
from portal.intake import service as intake
from portal.intake.models import Status, Submission
from portal.intake.openings import told

JUNK = "Buy our watches."


def many(instance: Instance, number: int, narrative: str = JUNK, **given: object) -> list[UUID]:
    with instance.database.session(write=True) as session:
        return [a_submission(instance, session, narrative, **given).submission.id for _ in range(number)]


def status_of(instance: Instance, case_id: UUID) -> Status:
    with instance.database.session(write=False) as session:
        return session.get_one(Submission, case_id).status


def listed(instance: Instance, **asked: int) -> Sequence[skimming.Seen]:
    with at_desk(instance, write=False) as (session, by):
        return skimming.spread(session, by=by, **asked)


def test_what_looks_otherwise_stands_before_any_number_of_one_kind(instance: Instance) -> None:
    junk = many(instance, 4)
    [long] = many(instance, 1, TEXT * 60)
    [shy] = many(instance, 1, consent={**EVERYTHING, "publish": "no"})
    instance.clock.advance(days=1)
    [next_day] = many(instance, 1)
    rows = listed(instance)
    assert {row.id for row in rows[:3]} == {long, shy, next_day}
    assert [row.alike for row in rows] == [1, 1, 1] + [4] * 4
    assert {row.id for row in rows[3:]} == set(junk)
    assert [row.id for row in listed(instance, start=3, limit=2)] == [row.id for row in rows[3:5]]


def test_only_what_waits_for_anybody_is_listed(sqlite_instance: Instance) -> None:
    a_case(sqlite_instance)
    free = a_case(sqlite_instance, holder="")
    assert [row.id for row in listed(sqlite_instance)] == [free]
    for name in ("rowan", "olive"):
        with at_desk(sqlite_instance, name, write=False) as (session, by), pytest.raises(RefusedError):
            skimming.spread(session, by=by)


def test_skimming_puts_the_same_words_together_and_the_rarest_first(sqlite_instance: Instance) -> None:
    many(sqlite_instance, 3)
    [real] = many(sqlite_instance, 1, TEXT)
    with at_desk(sqlite_instance) as (session, by):
        groups = skimming.skim(session, by=by, like=real)
    assert [(len(one.ids), one.words) for one in groups] == [(1, TEXT), (3, JUNK)]


def test_what_may_not_be_read_is_neither_opened_nor_set_aside(sqlite_instance: Instance) -> None:
    [closed] = many(sqlite_instance, 1, TEXT, consent={**EVERYTHING, "read": "no"})
    with at_desk(sqlite_instance) as (session, by):
        [group] = skimming.skim(session, by=by, like=closed)
        assert (group.readable, group.words) == (False, "")
        assert skimming.set_aside(session, by=by, case_ids=[closed]) == []
    assert status_of(sqlite_instance, closed) is Status.RECEIVED


def test_each_source_is_told_that_the_first_words_were_opened(sqlite_instance: Instance) -> None:
    with sqlite_instance.database.session(write=True) as session:
        sent = a_submission(sqlite_instance, session, TEXT)
        case_id = sent.submission.id
    with at_desk(sqlite_instance) as (session, by):
        skimming.skim(session, by=by, like=case_id)
    with sqlite_instance.database.session(write=False) as session:
        assert [one.role for one in told(session, submission_id=case_id, seed=sent.seed)] == ["reviewer"]


def test_what_was_set_aside_comes_back(instance: Instance) -> None:
    junk = many(instance, 2)
    with at_desk(instance) as (session, by):
        assert skimming.set_aside(session, by=by, case_ids=junk) == sorted(junk)
    assert listed(instance) == []
    with at_desk(instance) as (session, by):
        assert service.queue(session, by=by, finished=False).rows == []
        assert len(service.queue(session, by=by, status=Status.SET_ASIDE).rows) == 2
    with at_desk(instance, "birch") as (session, by):
        assert skimming.bring_back(session, by=by, case_ids=[*junk, junk[0]]) == sorted(junk)
    assert {row.id for row in listed(instance)} == set(junk)


def test_a_case_that_somebody_took_up_meanwhile_stays_theirs(sqlite_instance: Instance) -> None:
    held = a_case(sqlite_instance)
    with at_desk(sqlite_instance, "birch") as (session, by):
        assert skimming.set_aside(session, by=by, case_ids=[held]) == []
        assert skimming.bring_back(session, by=by, case_ids=[held]) == []
    for unknown in (uuid4(),):
        with at_desk(sqlite_instance) as (session, by), pytest.raises(NotFoundError):
            skimming.set_aside(session, by=by, case_ids=[unknown])
        with at_desk(sqlite_instance) as (session, by), pytest.raises(NotFoundError):
            skimming.skim(session, by=by, like=unknown)


def test_a_source_who_writes_again_is_back_among_those_who_wait(sqlite_instance: Instance) -> None:
    with sqlite_instance.database.session(write=True) as session:
        sent = a_submission(sqlite_instance, session, TEXT)
        case_id = sent.submission.id
    with at_desk(sqlite_instance) as (session, by):
        skimming.set_aside(session, by=by, case_ids=[case_id])
    with sqlite_instance.database.session(write=True) as session:
        day = sqlite_instance.clock().date()
        intake.reply(session, submission_id=case_id, seed=sent.seed, text="I am here.", day=day)
    assert status_of(sqlite_instance, case_id) is Status.RECEIVED


# The pages


def pressed(client: FlaskClient, path: str, page: str, **fields: object) -> str:
    answer = client.post(
        path, data={"csrf_token": token_of(client.get(page)), **fields}, follow_redirects=True
    )
    assert answer.status_code == HTTPStatus.OK
    return answer.text


@pytest.mark.parametrize("action", ["aside", "keep"])
def test_a_reviewer_sees_through_and_takes_it_back_on_the_pages(
    sqlite_instance: Instance, action: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(skimming, "PAGE", 4)
    junk = many(sqlite_instance, 5)
    [real] = many(sqlite_instance, 1, TEXT)
    client = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(client, "cedar")
    assert "start=4" in client.get("/en/cases/spread").text
    where = f"/en/cases/alike/{real}"
    page = client.get(where).text
    values = re.findall(r'type="checkbox"[^>]*value="([^"]+)"', page)
    assert [len(one.split()) for one in values] == [1, 5]
    ticked = values[1] if action == "aside" else values[0]
    after = pressed(client, where, where, case=ticked, shown=values, action=action)
    assert "5 cases were set aside." in after
    assert TEXT in after
    assert status_of(sqlite_instance, real) is Status.RECEIVED
    assert {status_of(sqlite_instance, one) for one in junk} == {Status.SET_ASIDE}
    back = pressed(client, "/en/cases/alike/undo", "/en/cases/spread")
    assert "5 cases wait again." in back
    assert client.get(f"/en/cases/alike/{uuid4()}").location.endswith("/cases/spread")


def test_a_made_up_place_in_the_list_is_the_beginning(sqlite_instance: Instance) -> None:
    many(sqlite_instance, 1)
    client = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(client, "cedar")
    for made_up in ("-1", "x", "9" * 40, "٣"):
        assert "<tbody>" in client.get(f"/en/cases/spread?start={made_up}").text
