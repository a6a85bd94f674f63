"""Where two differ and nobody is left to decide, and what nobody may be told who may not know of a record."""

from uuid import UUID

import pytest
from builders import Instance
from cases import a_case, a_link, a_mark, a_person, a_second_look, at_desk
from sqlalchemy import select

from portal.casework import service
from portal.config import Face
from portal.errors import RefusedError
from portal.linking import reviewing, thirds
from portal.linking import service as linking
from portal.linking.models import LinkState
from portal.linking.vocabulary import Answer, Outcome
from portal.registry.models import Record
from portal.staff.models import Staff


def differing(instance: Instance, first: str, second: str) -> tuple[UUID, UUID]:
    """A case and a link on which these two differ."""
    case_id, person = a_case(instance), a_person(instance)
    mark_id = a_mark(instance, case_id)
    if first != "cedar":
        with at_desk(instance, first) as (session, by):
            service.claim(session, by=by, case_id=case_id, now=instance.clock(), take_over=True)
    link_id = a_link(instance, case_id, person, mark_id=mark_id, holder=first, second="")
    state = a_second_look(instance, case_id, link_id, answer=Answer.NONE, comment="Not him.", name=second)
    assert state is LinkState.DISPUTED
    return case_id, link_id


def missing(instance: Instance, name: str) -> tuple[int, int] | None:
    with at_desk(instance, name, write=False) as (session, by):
        found = thirds.waiting_for_a_third(session, by=by)
        return (found.count, found.leads) if found else None


def own(instance: Instance, name: str) -> list[tuple[UUID, bool]]:
    with at_desk(instance, name, write=False) as (session, by):
        return [(one.case_id, one.nobody) for one in thirds.own(session, by=by)]


def test_two_leads_who_differ_are_told_that_a_third_is_missing_and_everybody_else_sees_how_many(
    instance: Instance,
) -> None:
    assert missing(instance, "maple") is None
    case_id, link_id = differing(instance, "maple", "willow")
    for name in ("maple", "willow"):
        assert own(instance, name) == [(case_id, True)]
        assert missing(instance, name) == (1, 2)
        with at_desk(instance, name) as (session, by), pytest.raises(RefusedError):
            reviewing.settle(
                session,
                by=by,
                case_id=case_id,
                link_id=link_id,
                outcome=Outcome.FIRST,
                reason="mine",
                now=instance.clock(),
            )
    assert missing(instance, "rowan") == (1, 2)
    assert missing(instance, "cedar") is None
    assert missing(instance, "olive") is None
    with at_desk(instance, "cedar", write=False) as (session, by), pytest.raises(RefusedError):
        thirds.own(session, by=by)


def test_where_another_lead_is_there_it_is_said_that_they_decide(sqlite_instance: Instance) -> None:
    case_id, _ = differing(sqlite_instance, "cedar", "maple")
    assert own(sqlite_instance, "maple") == [(case_id, False)]
    assert own(sqlite_instance, "willow") == []
    with sqlite_instance.database.session(write=True) as session:
        session.scalars(select(Staff).where(Staff.name == "willow")).one().active = False
    assert own(sqlite_instance, "maple") == [(case_id, True)]


def test_the_pages_say_that_a_third_is_missing(sqlite_instance: Instance) -> None:
    differing(sqlite_instance, "maple", "willow")
    app = sqlite_instance.app(Face.DESK)
    said = {}
    for name, path in (("maple", "/cases/"), ("rowan", "/staff"), ("cedar", "/cases/")):
        client = app.test_client()
        sqlite_instance.sign_in(client, name)
        said[name] = client.get(f"/en{path}").text
        if name == "maple":
            page = client.get("/en/cases/second-looks").text
            assert "A third person is missing" in page
            assert "nobody is there yet" in page
            assert "Omid Rastegar" in page
    assert "Waits for a third person" in said["maple"]
    assert "There are 2 leads here." in said["rowan"]
    assert "Omid" not in said["rowan"]
    assert "third" not in said["cedar"]


def test_who_may_not_know_of_a_record_is_not_told_that_the_words_wait_for_a_look_at_it(
    instance: Instance,
) -> None:
    """A lead said a restricted record; the reviewer who holds the case meets nothing of it."""
    hidden, other = a_person(instance), a_person(instance)
    with instance.database.session(write=True) as session:
        session.get_one(Record, hidden).restricted = True
    case_id = a_case(instance)
    mark_id = a_mark(instance, case_id)
    before = linking_of(instance, case_id, "cedar")
    with at_desk(instance, "maple") as (session, by):
        service.claim(session, by=by, case_id=case_id, now=instance.clock(), take_over=True)
    secret = a_link(instance, case_id, hidden, mark_id=mark_id, holder="maple", second="")
    with at_desk(instance, "maple") as (session, by):
        service.release(session, by=by, case_id=case_id)
    with at_desk(instance, "cedar") as (session, by):
        service.claim(session, by=by, case_id=case_id, now=instance.clock())
    assert linking_of(instance, case_id, "cedar") == before == []
    own_link = a_link(instance, case_id, other, mark_id=mark_id, second="")
    assert linking_of(instance, case_id, "cedar") == [own_link]
    # Whoever may know of both is asked both, and neither answer is lost.
    with at_desk(instance, "willow") as (session, by):
        asked = {one.link_id for one in reviewing.waiting(session, by=by)[0]}
    assert asked == {secret, own_link}
    assert a_second_look(instance, case_id, secret, hidden, name="willow") is LinkState.CURRENT
    assert a_second_look(instance, case_id, own_link, other) is LinkState.CURRENT


def linking_of(instance: Instance, case_id: UUID, name: str) -> list[UUID]:
    with at_desk(instance, name) as (session, by):
        return [one.id for one in linking.links_of(session, by=by, case_id=case_id)]


def test_the_page_says_where_it_stops_looking(
    sqlite_instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = a_person(sqlite_instance)
    for _ in range(3):
        a_link(sqlite_instance, a_case(sqlite_instance), person, second="")
    client = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(client, "birch")
    said = "More cases ask for a look"
    assert said not in client.get("/en/cases/second-looks").text
    monkeypatch.setattr(reviewing, "MOST", 2)
    page = client.get("/en/cases/second-looks").text
    assert said in page
    assert page.count("Look in case") == 2
