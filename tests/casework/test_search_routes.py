"""Pages of searching, without scripts: what was asked for stays in the session, what is wrong is said."""

from uuid import UUID

import pytest
from builders import Instance, token_of
from cases import TEXT, a_case, a_link, a_person, acts_of
from flask.testing import FlaskClient
from indexed import read_in, segments
from sqlalchemy import delete

from portal.casework import search, search_routes
from portal.config import Face
from portal.linking import speaking
from portal.store.segments import IndexSegment


@pytest.fixture
def desk(sqlite_instance: Instance) -> FlaskClient:
    client = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(client, "cedar")
    return client


def ask(desk: FlaskClient, words: str, language: str = "en") -> str:
    """Type words on the page of the queue; returns the page that it leads to."""
    token = token_of(desk.get(f"/{language}/cases/"))
    answer = desk.post(f"/{language}/cases/search", data={"csrf_token": token, "words": words})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/{language}/cases/search")
    return desk.get(answer.headers["Location"]).get_data(as_text=True)


def press(desk: FlaskClient, url: str, **data: str) -> str:
    token = token_of(desk.get("/en/cases/search"))
    answer = desk.post(url, data={"csrf_token": token, **data})
    assert answer.status_code == 303
    return desk.get(answer.headers["Location"]).get_data(as_text=True)


def test_words_lead_from_the_queue_to_where_they_stand(sqlite_instance: Instance, desk: FlaskClient) -> None:
    case_id = a_case(sqlite_instance)
    for language, said in (("en", "1 case"), ("fa", "۱ پرونده")):
        page = ask(desk, "گوهردشت", language)
        assert '<mark class="claim">Gohardasht</mark>' in page
        assert f"/{language}/cases/{case_id}" in page
        assert said in page
        assert 'value="گوهردشت"' in page


def test_words_stay_until_others_are_asked_for_or_the_session_ends(
    sqlite_instance: Instance, desk: FlaskClient
) -> None:
    a_case(sqlite_instance)
    ask(desk, "Zarrinkhat")
    assert "No case that you may read" in desk.get("/en/cases/search").get_data(as_text=True)
    assert 'value="Zarrinkhat"' in desk.get("/en/cases/search?page=zarrinkhat").get_data(as_text=True)
    assert 'value=""' in ask(desk, "")
    ask(desk, "Zarrinkhat")
    desk.post("/en/sign-out", data={"csrf_token": token_of(desk.get("/en/cases/search"))})
    sqlite_instance.sign_in(desk, "cedar")
    assert "Zarrinkhat" not in desk.get("/en/cases/search").get_data(as_text=True)


def test_words_that_are_too_long_ask_for_nothing(sqlite_instance: Instance, desk: FlaskClient) -> None:
    a_case(sqlite_instance)
    assert 'value=""' in ask(desk, "word " * 200)
    assert "case.search" not in acts_of(sqlite_instance)


def test_pages_of_an_answer(sqlite_instance: Instance, desk: FlaskClient) -> None:
    for number in range(12):
        a_case(sqlite_instance, f"Gohardasht, account {number}", holder="")
    assert 'rel="next" href="/en/cases/search?page=2"' in ask(desk, "gohardasht")
    second = desk.get("/en/cases/search?page=2").get_data(as_text=True)
    assert 'rel="prev" href="/en/cases/search?page=1"' in second
    assert "account" in second


def test_an_empty_desk_says_so(desk: FlaskClient) -> None:
    assert "There is no case here yet that you may read." in desk.get("/en/cases/search").get_data(
        as_text=True
    )


def test_a_visit_reads_a_little_in_and_a_press_the_rest(
    sqlite_instance: Instance, desk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "VISIT", 2)
    monkeypatch.setattr(search_routes, "_AT_A_TIME", 0.0)
    for number in range(7):
        a_case(sqlite_instance, f"account {number}", holder="")
    page = desk.get("/en/cases/search").get_data(as_text=True)
    assert "2 of 7 cases are read in." in page
    assert "data-onward" not in page
    page = press(desk, "/en/cases/search/read-in")
    assert "7 cases are searched." in page
    press(desk, "/en/cases/search/read-in")


def test_what_is_missing_is_said_in_plain_words_until_it_is_read_in_again(
    sqlite_instance: Instance, desk: FlaskClient
) -> None:
    a_case(sqlite_instance)
    read_in(sqlite_instance)
    with sqlite_instance.database.session(write=True) as session:
        session.connection().execute(
            delete(IndexSegment).where(IndexSegment.id.in_(segments(sqlite_instance)))
        )
    page = ask(desk, "gohardasht")
    assert "A part of the index is missing or was changed" in page
    assert "1 case is not searched. Please tell an auditor" in page
    assert "index.damaged" in acts_of(sqlite_instance)
    assert "گم شده یا دست خورده" in desk.get("/fa/cases/search").get_data(as_text=True)
    page = press(desk, "/en/cases/search/read-in", repair="1")
    assert "A part of the index" not in page
    assert "index.repair" in acts_of(sqlite_instance)
    assert "Gohardasht</mark>" in page


def test_a_case_gets_words_of_its_own_that_the_queue_shows(
    sqlite_instance: Instance, desk: FlaskClient
) -> None:
    case_id = a_case(sqlite_instance)
    url = f"/en/cases/{case_id}/title"
    assert url in desk.get(f"/en/cases/{case_id}").get_data(as_text=True)
    too_long = desk.post(url, data={"csrf_token": token_of(desk.get(url)), "title": "word " * 40})
    assert (too_long.status_code, "make it shorter" in too_long.get_data(as_text=True)) == (422, True)
    answer = desk.post(url, data={"csrf_token": token_of(desk.get(url)), "title": "Two brothers, Karaj"})
    assert answer.headers["Location"] == f"/en/cases/{case_id}"
    assert "Two brothers, Karaj" in desk.get(f"/en/cases/{case_id}").get_data(as_text=True)
    assert "Two brothers" not in desk.get("/en/cases/").get_data(as_text=True)
    assert "Two brothers, Karaj" in ask(desk, "brothers")
    assert "Two brothers, Karaj" in desk.get("/en/cases/").get_data(as_text=True)


def test_a_case_that_may_not_be_read_gets_no_words(sqlite_instance: Instance, desk: FlaskClient) -> None:
    case_id = a_case(sqlite_instance, consent={"read": "no"})
    assert desk.get(f"/en/cases/{case_id}/title").headers["Location"] == f"/en/cases/{case_id}"


def test_a_record_leads_to_the_cases_that_speak_of_it(sqlite_instance: Instance, desk: FlaskClient) -> None:
    person = a_person(sqlite_instance)
    url = f"/en/cases/about/{person}"
    assert url in desk.get(f"/en/registry/{person}").get_data(as_text=True)
    assert "No case that you may read speaks of it." in desk.get(url).get_data(as_text=True)
    linked, named = a_case(sqlite_instance), a_case(sqlite_instance, "Then امید رستگار came.")
    a_link(sqlite_instance, linked, person)
    page = desk.get(url).get_data(as_text=True)
    assert "1 case is linked to it" in page
    assert "1 more case has the name in its words" in page
    assert page.index(str(linked)) < page.index(str(named))
    assert '<mark class="claim">امید</mark>' in page
    assert acts_of(sqlite_instance)[-1] == "case.speak-of"
    assert desk.get(f"/en/cases/about/{linked}").status_code == 404


def test_the_cases_that_speak_of_a_record_come_in_pages(
    sqlite_instance: Instance, desk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that are linked come first, then those that have the name; each once, and none is left out."""
    monkeypatch.setattr(speaking, "PAGE", 2)
    person = a_person(sqlite_instance)
    linked = {str(a_case(sqlite_instance)) for _ in range(3)}
    for case_id in linked:
        a_link(sqlite_instance, UUID(case_id), person)
    named = {str(a_case(sqlite_instance, "Then امید رستگار came.")) for _ in range(2)}
    url, seen = f"/en/cases/about/{person}", list[str]()
    for number in (1, 2, 3):
        page = desk.get(url if number == 1 else f"{url}?page={number}").get_data(as_text=True)
        main = page.partition("<main")[2]
        here = [one for one in linked | named if one in main]
        assert len(here) == (1 if number == 3 else 2)
        assert ('rel="next"' in main, 'rel="prev"' in main) == (number < 3, number > 1)
        seen += here
    assert sorted(seen) == sorted(linked | named)
    assert set(seen[:2]) < linked


def test_who_may_not_read_cases_is_not_led_to_them(sqlite_instance: Instance) -> None:
    person = a_person(sqlite_instance)
    client = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(client, "rowan")
    page = client.get(f"/en/registry/{person}")
    assert (page.status_code, "about" in page.get_data(as_text=True)) == (200, False)
    assert client.get(f"/en/cases/about/{person}").status_code == 403


def test_the_words_of_an_answer_are_escaped(sqlite_instance: Instance, desk: FlaskClient) -> None:
    a_case(sqlite_instance, f"<b>Zarrin</b> & {TEXT}")
    page = ask(desk, "zarrin <script>")
    assert "<b>" not in page
    assert "<script>" not in page.split("</head>")[1].replace('<script type="module"', "")
    assert "&lt;b&gt;Zarrin" in page.replace('<mark class="claim">', "").replace("</mark>", "")
