"""Linking through the pages: candidates, the decision, taking it back."""

from uuid import UUID, uuid4

import pytest
from builders import Instance, token_of
from cases import a_case, a_mark, a_person, a_prison, at_desk
from flask.testing import FlaskClient

from portal.casework.marking import MarkKind
from portal.config import Face
from portal.linking import service


@pytest.fixture
def desk(sqlite_instance: Instance) -> FlaskClient:
    client = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(client, "cedar")
    return client


def at(case_id: UUID, rest: str, language: str = "en") -> str:
    return f"/{language}/cases/{case_id}/links{rest}"


def links_of(instance: Instance, case_id: UUID) -> list[service.OpenedLink]:
    with at_desk(instance) as (session, by):
        return service.links_of(session, by=by, case_id=case_id)


def test_a_link_is_made_shown_and_taken_back(sqlite_instance: Instance, desk: FlaskClient) -> None:
    case_id, person = a_case(sqlite_instance), a_person(sqlite_instance, father_name="Rahim")
    mark_id = a_mark(sqlite_instance, case_id)
    found = desk.get(at(case_id, f"/new?annotation={mark_id}")).get_data(as_text=True)
    assert f"record={person}" in found
    assert "Rahim" in found
    assert "/en/registry/add/person?name=" in found
    page = desk.get(at(case_id, f"/new?annotation={mark_id}&record={person}"))
    assert "somebody was held there" not in page.get_data(as_text=True)
    given = {"csrf_token": token_of(page), "annotation": mark_id, "record": person}
    missing = desk.post(at(case_id, ""), data={**given, "relation": "victim"})
    assert missing.status_code == 422
    said = {**given, "relation": "victim", "certainty": "likely", "basis": "told", "comment": "as told"}
    answer = desk.post(at(case_id, ""), data=said)
    assert answer.headers["Location"].endswith(f"/cases/{case_id}#about-{mark_id}")
    assert "was killed, or disappeared" in desk.get(f"/en/cases/{case_id}").get_data(as_text=True)
    again = desk.post(at(case_id, ""), data=said, follow_redirects=True)
    assert "already linked to this record" in again.get_data(as_text=True)
    (link,) = links_of(sqlite_instance, case_id)
    answer = desk.post(at(case_id, f"/{link.id}/remove"), data={"csrf_token": given["csrf_token"]})
    assert answer.status_code == 303
    assert "was killed, or disappeared" not in desk.get(f"/en/cases/{case_id}").get_data(as_text=True)


def test_a_relation_that_does_not_fit_is_answered_in_words(
    sqlite_instance: Instance, desk: FlaskClient
) -> None:
    case_id, prison = a_case(sqlite_instance), a_prison(sqlite_instance)
    mark_id = a_mark(sqlite_instance, case_id, "Gohardasht", MarkKind.PLACE)
    page = desk.get(at(case_id, f"/new?annotation={mark_id}&record={prison}", "fa"))
    given = {"csrf_token": token_of(page), "annotation": mark_id, "record": prison, "relation": "victim"}
    answer = desk.post(at(case_id, "", "fa"), data={**given, "certainty": "likely", "basis": "told"})
    assert answer.status_code == 422
    assert links_of(sqlite_instance, case_id) == []


def test_what_is_not_there_is_not_found(sqlite_instance: Instance, desk: FlaskClient) -> None:
    case_id = a_case(sqlite_instance)
    mark_id = a_mark(sqlite_instance, case_id)
    for query in ("", "?annotation=x", f"?annotation={uuid4()}", f"?annotation={mark_id}&record={uuid4()}"):
        assert desk.get(at(case_id, f"/new{query}")).status_code == 404


def test_a_search_that_finds_nothing_says_so(sqlite_instance: Instance, desk: FlaskClient) -> None:
    case_id = a_case(sqlite_instance)
    mark_id = a_mark(sqlite_instance, case_id)
    page = desk.get(at(case_id, f"/new?annotation={mark_id}&q=zzzz")).get_data(as_text=True)
    assert "The registry has no such name." in page
