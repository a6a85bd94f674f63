"""The second look through the pages: the list, the blind answer, the lead's decision, the history."""

import html
import re
from uuid import UUID

import pytest
from builders import Instance, token_of
from cases import a_case, a_link, a_mark, a_person, a_second_look, acts_of
from flask.testing import FlaskClient

from portal.config import Face
from portal.linking.vocabulary import Answer


@pytest.fixture
def signed_in(sqlite_instance: Instance) -> dict[str, FlaskClient]:
    app = sqlite_instance.app(Face.DESK)
    clients = {name: app.test_client() for name in ("cedar", "birch", "maple")}
    for name, client in clients.items():
        sqlite_instance.sign_in(client, name)
    return clients


def read(client: FlaskClient, path: str, language: str = "en") -> str:
    page = client.get(f"/{language}/cases{path}", follow_redirects=True)
    assert page.status_code == 200
    return html.unescape(page.get_data(as_text=True))


ANSWER = {"relation": "victim", "certainty": "certain", "basis": "saw", "comment": ""}


def test_the_pages_lead_from_a_question_to_two_names(
    sqlite_instance: Instance, signed_in: dict[str, FlaskClient]
) -> None:
    case_id, person = a_case(sqlite_instance), a_person(sqlite_instance)
    mark_id = a_mark(sqlite_instance, case_id)
    first, second = signed_in["cedar"], signed_in["birch"]
    page = first.get(f"/en/cases/{case_id}/links/new?annotation={mark_id}&record={person}")
    given = {"csrf_token": token_of(page), "annotation": mark_id, "record": person, **ANSWER}
    said = first.post(f"/en/cases/{case_id}/links", data=given, follow_redirects=True)
    assert "holds once a second reviewer has come to the same" in said.get_data(as_text=True)
    assert "waits for a second look" in read(first, f"/{case_id}")
    assert "· linked" not in read(first, f"/{case_id}")
    assert "Nothing waits for your second look." in read(first, "/second-looks")
    listed = read(second, "/second-looks")
    (link_id,) = re.findall(rf"{case_id}/links/([0-9a-f-]{{36}})/second", listed)
    for shown in (listed, read(second, f"/{case_id}"), read(second, f"/{case_id}/links/{link_id}/second")):
        assert "was killed" not in shown
        assert "· linked" not in shown
        assert "waits for a second look" not in shown
    assert "cedar" not in listed + read(second, f"/{case_id}/links/{link_id}/second")
    way = second.get(f"/en/cases/{case_id}/links/new?annotation={mark_id}&record={person}")
    assert way.headers["Location"].endswith(f"{link_id}/second?record={person}")
    page = second.get(way.headers["Location"])
    given = {"csrf_token": token_of(page), "annotation": mark_id, "record": person}
    missing = second.post(f"/en/cases/{case_id}/links/{link_id}/second", data={**given, "relation": "victim"})
    assert missing.status_code == 422
    said = second.post(
        f"/en/cases/{case_id}/links/{link_id}/second", data={**given, **ANSWER}, follow_redirects=True
    )
    assert "Both of you say the same. The link holds now." in said.get_data(as_text=True)
    assert "· linked" in read(second, f"/{case_id}")
    history = read(second, f"/{case_id}/links")
    assert "cedar" in history
    assert "birch" in history
    again = second.post(
        f"/en/cases/{case_id}/links/{link_id}/second", data={**given, **ANSWER}, follow_redirects=True
    )
    assert "This does not wait for you any more." in again.get_data(as_text=True)
    assert [one for one in acts_of(sqlite_instance) if one in {"link.second", "link.settle"}] == [
        "link.second"
    ]


@pytest.mark.parametrize("answer", ["none", "unsure"])
def test_what_two_see_differently_a_lead_decides_on_the_page(
    sqlite_instance: Instance, signed_in: dict[str, FlaskClient], answer: str
) -> None:
    case_id, person = a_case(sqlite_instance), a_person(sqlite_instance)
    link_id = a_link(sqlite_instance, case_id, person, second="")
    second, lead = signed_in["birch"], signed_in["maple"]
    at = f"/en/cases/{case_id}/links/{link_id}"
    given = {"csrf_token": token_of(second.get(f"{at}/second")), "comment": "His father was Karim."}
    assert second.post(f"{at}/second", data={**given, "answer": "perhaps"}).status_code == 400
    said = second.post(f"{at}/second", data={**given, "answer": answer}, follow_redirects=True)
    assert "A lead looks at both answers." in said.get_data(as_text=True)
    assert f"{link_id}/settle" in read(lead, "/second-looks")
    assert f"{link_id}/settle" not in read(second, "/second-looks")
    page = lead.get(f"{at}/settle")
    shown = page.get_data(as_text=True)
    for words in ("cedar", "birch", "His father was Karim.", "The first answer holds", "Neither holds"):
        assert words in shown
    assert "The second answer holds" not in shown
    given = {"csrf_token": token_of(page), "outcome": "neither"}
    assert lead.post(f"{at}/settle", data=given).status_code == 422
    done = lead.post(f"{at}/settle", data={**given, "reason": "The letter."}, follow_redirects=True)
    assert "What both said stays in the history of the case." in done.get_data(as_text=True)
    late = lead.post(f"{at}/settle", data={**given, "reason": "The letter."}, follow_redirects=True)
    assert "This was decided meanwhile." in late.get_data(as_text=True)
    history = read(second, f"/{case_id}/links", "fa")
    for words in ("The letter.", "maple", "پذیرفته نشد", "هیچ‌کدام برقرار نیست"):
        assert words in history


def test_a_second_look_cannot_be_sent_from_elsewhere(
    sqlite_instance: Instance, signed_in: dict[str, FlaskClient]
) -> None:
    case_id, person = a_case(sqlite_instance), a_person(sqlite_instance)
    link_id = a_link(sqlite_instance, case_id, person, second="")
    answer = signed_in["birch"].post(f"/en/cases/{case_id}/links/{link_id}/second", data={"answer": "none"})
    assert answer.status_code == 400
    a_second_look(sqlite_instance, case_id, link_id, answer=Answer.NONE)
    answer = signed_in["maple"].post(
        f"/en/cases/{case_id}/links/{link_id}/settle", data={"outcome": "first", "reason": "so"}
    )
    assert answer.status_code in {400, 422}


def test_the_page_of_another_case_has_no_such_question(
    sqlite_instance: Instance, signed_in: dict[str, FlaskClient]
) -> None:
    case_id, other = a_case(sqlite_instance), a_case(sqlite_instance)
    link_id = a_link(sqlite_instance, case_id, a_person(sqlite_instance), second="")
    page = read(signed_in["birch"], f"/{other}/links/{link_id}/second")
    assert "This does not wait for you any more." in page


def test_whoever_may_not_open_a_case_sees_the_same_bytes_with_and_without_it(
    sqlite_instance: Instance, signed_in: dict[str, FlaskClient]
) -> None:
    """A question in a case that may not be read changes neither a list nor a count."""
    person = a_person(sqlite_instance)
    before = {name: plain(read(signed_in[name], "/second-looks")) for name in ("birch", "maple")}
    shut = a_case(sqlite_instance)
    link_id = a_link(sqlite_instance, shut, person, second="")
    decide(sqlite_instance, shut)
    for name, page in before.items():
        assert plain(read(signed_in[name], "/second-looks")) == page
        answer = signed_in[name].get(f"/en/cases/{shut}/links/{link_id}/second")
        assert answer.status_code == 403


def plain(page: str) -> str:
    """A page without what is different each time it is asked for."""
    return re.sub(r'(csrf_token" value=|nonce-?=?)"[^"]*"', "", page)


def decide(instance: Instance, case_id: UUID) -> None:
    from portal.intake import service as intake  # noqa: PLC0415 - read only here

    with instance.database.session(write=True) as session:
        intake.decide(
            session,
            submission_id=case_id,
            answers={"read": "no"},
            language="en",
            day=instance.clock().date(),
        )
