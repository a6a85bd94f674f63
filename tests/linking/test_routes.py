"""Linking through the pages: candidates, the decision, taking it back."""

import html
import re
from uuid import UUID, uuid4

import pytest
from builders import Instance, token_of
from cases import a_case, a_mark, a_person, a_prison, at_desk
from flask.testing import FlaskClient

from portal.casework.marking import MarkKind
from portal.config import Face
from portal.linking import service
from portal.registry.vocabulary import Sex


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
    missing = desk.post(at(case_id, ""), data={**given, "relation": "about"})
    assert missing.status_code == 422
    said = {**given, "relation": "about", "certainty": "likely", "basis": "told", "comment": "as told"}
    answer = desk.post(at(case_id, ""), data=said)
    assert answer.headers["Location"].endswith(f"/cases/{case_id}#about-{mark_id}")
    assert "is the one the account is about" in desk.get(f"/en/cases/{case_id}").get_data(as_text=True)
    again = desk.post(at(case_id, ""), data=said, follow_redirects=True)
    assert "already linked to this record" in again.get_data(as_text=True)
    (link,) = links_of(sqlite_instance, case_id)
    answer = desk.post(at(case_id, f"/{link.id}/remove"), data={"csrf_token": given["csrf_token"]})
    assert answer.status_code == 303
    assert "is the one the account is about" not in desk.get(f"/en/cases/{case_id}").get_data(as_text=True)


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


def shown(client: FlaskClient, case_id: UUID, mark_id: UUID, language: str = "en") -> str:
    return client.get(at(case_id, f"/new?annotation={mark_id}", language)).get_data(as_text=True)


def test_what_is_set_aside_is_folded_away_and_comes_back(
    sqlite_instance: Instance, desk: FlaskClient
) -> None:
    case_id, person, other = a_case(sqlite_instance), a_person(sqlite_instance), a_person(sqlite_instance)
    mark_id = a_mark(sqlite_instance, case_id)
    page = desk.get(at(case_id, f"/new?annotation={mark_id}"))
    given = {"csrf_token": token_of(page), "annotation": mark_id, "q": "Omid Rastegar"}
    answer = desk.post(at(case_id, "/judge"), data={**given, "record": [person], "verdict": "not"})
    assert answer.status_code == 303
    after = desk.get(answer.headers["Location"]).get_data(as_text=True)
    assert f"record={other}" in after
    assert f"record={person}" not in after
    assert "1 record was set aside" in after
    assert "set aside by cedar" in after
    desk.post(at(case_id, "/judge"), data={**given, "record": [other], "verdict": "unsure"})
    assert "cedar was unsure" in shown(desk, case_id, mark_id)
    desk.post(at(case_id, "/judge"), data={**given, "record": [person], "verdict": ""})
    assert f"record={person}" in shown(desk, case_id, mark_id)
    again = {**given, "record": [person], "verdict": ""}
    stale = desk.post(at(case_id, "/judge"), data=again, follow_redirects=True)
    assert "This was already taken back." in stale.get_data(as_text=True)
    desk.post(at(case_id, "/judge"), data={**given, "record": [person, other], "verdict": "not"})
    assert "The registry has no such name." in shown(desk, case_id, mark_id)


def test_a_judgement_of_something_else_is_refused(sqlite_instance: Instance, desk: FlaskClient) -> None:
    case_id, person = a_case(sqlite_instance), a_person(sqlite_instance)
    mark_id = a_mark(sqlite_instance, case_id)
    page = desk.get(at(case_id, f"/new?annotation={mark_id}"))
    given = {"csrf_token": token_of(page), "annotation": mark_id, "record": person, "verdict": "not"}
    for change, status in (({"verdict": "yes"}, 400), ({"record": "x"}, 404), ({"annotation": uuid4()}, 404)):
        assert desk.post(at(case_id, "/judge"), data={**given, **change}).status_code == status


def test_each_candidate_says_what_agrees_and_what_contradicts_in_both_languages(
    sqlite_instance: Instance, desk: FlaskClient
) -> None:
    text = "برادرم امید رستگار کرجی، فرزند رحیم، در مرداد ۱۳۶۷ در گوهردشت بود. او از آبادان بود."
    case_id = a_case(sqlite_instance, text)
    mark_id = a_mark(sqlite_instance, case_id, "امید رستگار کرجی")
    a_person(sqlite_instance, "رحیم مرادی")
    a_person(sqlite_instance, "Omid Rastegar", father_name="Rahim", origin="Abadan", sex=Sex.MALE)
    a_person(sqlite_instance, "امید رستگار کرجی", father_name="کریم", sex=Sex.FEMALE)
    english, persian = (shown(desk, case_id, mark_id, language) for language in ("en", "fa"))
    for words in (
        "the father&#39;s name agrees",
        "another father",
        "names the home town",
        "which fits",
        "its name has no",
        "these words agree",
        "Contradiction",
        "Something contradicts it.",
    ):
        assert words in english
    for words in ("نام پدر یکی است", "پدر دیگری دارد", "ناسازگار", "که می‌خواند", "هیچ‌کدام", "مطمئن نیستم"):
        assert words in persian
    assert "%" not in re.sub(r"<[^>]*>", "", english)


def test_who_adds_a_person_is_led_back_to_the_decision(sqlite_instance: Instance, desk: FlaskClient) -> None:
    case_id = a_case(sqlite_instance)
    mark_id = a_mark(sqlite_instance, case_id)
    page = shown(desk, case_id, mark_id)
    (way,) = [
        one.split('"')[0] for one in page.split('href="') if "/registry/add/person" in one.split('"')[0]
    ]
    form = desk.get(html.unescape(way))
    fields = {
        "csrf_token": token_of(form),
        "names-0-text": "Omid Rastegar",
        "names-0-kind": "official",
        "sex": "male",
        "role": "victim",
        "living": "unknown",
        "birth-calendar": "solar",
        "new_kind": "book",
        "note": "from a case",
    }
    answer = desk.post(html.unescape(way), data=fields)
    assert answer.status_code == 303
    assert f"/cases/{case_id}/links/new?annotation={mark_id}&record=" in answer.headers["Location"]
    decision = desk.get(answer.headers["Location"]).get_data(as_text=True)
    assert "How sure are you that this is the one?" in decision
    assert "Omid Rastegar" in decision
    elsewhere = html.unescape(way).replace(f"case={case_id}", "case=x")
    assert desk.post(elsewhere, data={**fields, "csrf_token": token_of(form)}).status_code == 404


def test_the_registry_s_search_box_forgives_spelling(sqlite_instance: Instance, desk: FlaskClient) -> None:
    a_person(sqlite_instance, "حمید نوری")
    page = desk.get("/en/registry/?q=Hamid+Noury").get_data(as_text=True)
    assert "حمید نوری" in page
    a_person(sqlite_instance, "Behrang Samadi")
    assert "Behrang Samadi" in desk.get("/fa/registry/?q=بهرنق+صمدی").get_data(as_text=True)
