"""Suggestions beside an account: who sees what, where they lead, and that nothing of them is kept."""

import html
import re
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from builders import EVERYTHING, Instance, token_of
from cases import a_case, a_link, a_mark, a_person, a_prison, acts_of, at_desk
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.casework.marking import MarkKind
from portal.casework.models import Annotation
from portal.config import Face
from portal.errors import RefusedError
from portal.intake.models import Answer, Use
from portal.linking import noticing, service
from portal.registry import service as registry
from portal.registry.names import fold, forms, joined, loose
from portal.registry.phonetics import form
from portal.registry.records import PersonFacts, Spelling

STORY = (
    "<b>My brother</b> Omid Rastegar was held in Gohardasht. In Mordad 1367 the visits ended. "
    "Mr. Rastegar's friend بهرنگ سروستانی‌ها said nothing of Gohardasht."
)


@pytest.fixture
def desk(sqlite_instance: Instance) -> FlaskClient:
    client = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(client, "cedar")
    return client


def shown(client: FlaskClient, case_id: UUID, language: str = "en") -> str:
    return client.get(f"/{language}/cases/{case_id}").get_data(as_text=True)


def hints(page: str) -> list[tuple[str, str]]:
    """Give the words of each suggestion in the text, and where it leads."""
    narrative = page[page.index('class="narrative"') : page.index("</div>", page.index('class="narrative"'))]
    found = re.findall(r'<a class="hint \w+" href="([^"]+)"[^>]*>(.*?)</a>', narrative)
    return [(html.unescape(words), html.unescape(way)) for way, words in found]


def words(page: str) -> list[str]:
    return [one for one, _ in hints(page)]


def notice(instance: Instance, case_id: UUID, name: str = "cedar") -> list[str]:
    """Give the names of what is suggested to somebody."""
    with at_desk(instance, name, write=False) as (session, by):
        opened = service.open_to_link(session, by=by, case_id=case_id)
        field_id = opened.submission.parts[0].fields[0].id
        for part in opened.submission.parts:
            for one in part.fields:
                field_id = one.id if one.name == "narrative" else field_id
        found = noticing.notice(session, by=by, case_id=case_id, field_id=field_id)
        return [record.names[0].text for one in found.noticed for record in one.records]


def test_the_text_stays_letter_for_letter_and_each_suggestion_leads_somewhere(
    sqlite_instance: Instance, desk: FlaskClient
) -> None:
    a_person(sqlite_instance, "امید رستگار")
    a_person(sqlite_instance, "Behrang Sarvestani")
    a_prison(sqlite_instance, "گوهردشت")
    case_id = a_case(sqlite_instance, STORY)
    page = shown(desk, case_id)
    assert words(page) == [
        "Omid Rastegar",
        "Gohardasht",
        "Mordad 1367",
        "Mr. Rastegar",
        "بهرنگ سروستانی‌ها",
        "Gohardasht",
    ]
    narrative = page[page.index('class="narrative"') :]
    narrative = narrative[narrative.index(">") + 1 : narrative.index("</div>")]
    assert html.unescape(re.sub(r"<[^>]+>", "", narrative)).strip() == STORY
    assert "4 suggestions" in page
    assert "23 July 1988" in page
    for _, way in hints(page):
        answer = desk.get(way) if not way.startswith("#") else None
        assert answer is None or answer.status_code == 200
    assert "۴ پیشنهاد" in shown(desk, case_id, "fa")


def test_a_suggestion_leads_to_ranked_candidates_and_a_decision_marks_the_words(
    sqlite_instance: Instance, desk: FlaskClient
) -> None:
    person = a_person(sqlite_instance, "امید رستگار", father_name="رحیم")
    case_id = a_case(sqlite_instance, STORY)
    way = dict(hints(shown(desk, case_id)))["Omid Rastegar"]
    seen = len(acts_of(sqlite_instance))
    page = desk.get(way)
    assert f'value="{person}"' in page.get_data(as_text=True)
    assert marks(sqlite_instance) == []
    assert acts_of(sqlite_instance)[seen:] == ["mark.read"]
    given = dict(re.findall(r'name="(text|at|kind)" value="([^"]+)"', page.get_data(as_text=True)))
    said = {**given, "csrf_token": token_of(page), "q": "Omid Rastegar", "record": [str(person)]}
    address = way.split("?")[0]
    for acts in (["mark.read", "mark.add"], ["mark.read"]):  # twice marks once
        seen = len(acts_of(sqlite_instance))
        answer = desk.post(address, data={**said, "verdict": "this"})
        assert acts_of(sqlite_instance)[seen:] == acts
        assert answer.status_code == 303
        assert f"record={person}" in answer.headers["Location"]
    (mark,) = marks(sqlite_instance)
    assert f"annotation={mark}" in answer.headers["Location"]
    assert desk.get(answer.headers["Location"]).status_code == 200
    assert "Omid Rastegar" not in words(shown(desk, case_id))
    new = desk.post(address, data={**said, "verdict": "new-person"})
    assert "/registry/add/person" in new.headers["Location"]
    assert marks(sqlite_instance) == [mark]


def marks(instance: Instance) -> list[UUID]:
    with instance.database.session(write=False) as session:
        return [*session.scalars(select(Annotation.id))]


def test_what_is_refused_or_linked_is_not_suggested_again(
    sqlite_instance: Instance, desk: FlaskClient
) -> None:
    person, prison = a_person(sqlite_instance, "امید رستگار"), a_prison(sqlite_instance, "گوهردشت")
    case_id = a_case(sqlite_instance, f"{STORY} Omid Rastegar again, and again Gohardasht.")
    assert words(shown(desk, case_id)).count("Omid Rastegar") == 2
    way = dict(hints(shown(desk, case_id)))["Omid Rastegar"]
    page = desk.get(way)
    given = dict(re.findall(r'name="(text|at|kind)" value="([^"]+)"', page.get_data(as_text=True)))
    said = {**given, "csrf_token": token_of(page), "q": "", "record": [str(person)], "verdict": "not"}
    assert desk.post(way.split("?")[0], data=said).status_code == 303
    assert "Omid Rastegar" not in words(shown(desk, case_id))
    other = a_person(sqlite_instance, "Omid Rastegar")
    assert words(shown(desk, case_id)).count("Omid Rastegar") == 1
    assert str(other) in html.unescape(str(desk.get(dict(hints(shown(desk, case_id)))["Omid Rastegar"]).data))
    place = a_mark(sqlite_instance, case_id, "Gohardasht", MarkKind.PLACE)
    assert words(shown(desk, case_id)).count("Gohardasht") == 2
    a_link(sqlite_instance, case_id, prison, mark_id=place, relation=service.LinkRelation.HELD_AT)
    assert words(shown(desk, case_id)).count("Gohardasht") == 0


def test_a_claim_that_was_marked_keeps_the_suggestions_in_it(
    sqlite_instance: Instance, desk: FlaskClient
) -> None:
    a_person(sqlite_instance, "امید رستگار")
    case_id = a_case(sqlite_instance, STORY)
    a_mark(sqlite_instance, case_id, "Omid Rastegar was held in Gohardasht.", MarkKind.CLAIM)
    page = shown(desk, case_id)
    assert "Omid Rastegar" in words(page)
    assert re.search(r'<mark class="claim"[^>]*><a class="hint person"', page)


def test_suggestions_are_turned_off_and_on(sqlite_instance: Instance, desk: FlaskClient) -> None:
    a_person(sqlite_instance, "امید رستگار")
    case_id = a_case(sqlite_instance, STORY)
    page = desk.get(f"/en/cases/{case_id}")
    text = re.search(r'name="text" value="([^"]+)"', page.get_data(as_text=True))
    given = {"csrf_token": token_of(page), "text": text[1] if text else ""}
    for show, expected in (("no", False), ("no", False), ("yes", True), ("yes", True)):
        seen = acts_of(sqlite_instance)
        answer = desk.post(f"/en/cases/{case_id}/links/suggestions", data={**given, "show": show})
        assert answer.status_code == 303
        assert acts_of(sqlite_instance) == seen
        page_now = desk.get(answer.headers["Location"]).get_data(as_text=True)
        assert bool(words(page_now)) is expected
        assert ("Suggestions are turned off." in page_now) is not expected


def test_only_who_works_on_the_case_with_leave_to_link_is_shown_suggestions(
    sqlite_instance: Instance, desk: FlaskClient
) -> None:
    a_person(sqlite_instance, "امید رستگار")
    held = a_case(sqlite_instance, STORY, holder="birch")
    assert words(shown(desk, held)) == []
    unlinked = a_case(sqlite_instance, STORY, consent={**EVERYTHING, Use.LINK.value: Answer.NO.value})
    assert words(shown(desk, unlinked)) == []
    with pytest.raises(RefusedError):
        notice(sqlite_instance, unlinked)


def test_a_restricted_record_is_not_hinted_at(sqlite_instance: Instance, desk: FlaskClient) -> None:
    case_id = a_case(sqlite_instance, STORY)
    before = words(shown(desk, case_id))
    with at_desk(sqlite_instance, "maple") as (session, by):
        names = [Spelling("امید رستگار"), Spelling("Omid Rastegar")]
        now = sqlite_instance.clock()
        registry.add(session, by=by, names=names, facts=PersonFacts(), note="", now=now, restricted=True)
    assert words(shown(desk, case_id)) == before
    assert notice(sqlite_instance, case_id) == []
    assert notice(sqlite_instance, case_id, "maple") == ["امید رستگار"] * 2


@pytest.mark.parametrize(
    "change",
    [
        {"at": "x"},
        {"at": "5"},
        {"at": "-3-9"},
        {"at": "9-3"},
        {"at": "9" * 5000 + "-3"},
        {"at": "0-99999"},
        {"at": "٣-٩"},
        {"kind": "date"},
        {"kind": ""},
        {"text": "x"},
        {"text": str(uuid4())},
    ],
)
def test_an_address_that_points_at_nothing_is_refused(
    sqlite_instance: Instance, desk: FlaskClient, change: dict[str, str]
) -> None:
    a_person(sqlite_instance, "امید رستگار")
    case_id = a_case(sqlite_instance, STORY)
    way = dict(hints(shown(desk, case_id)))["Omid Rastegar"]
    given = dict(one.split("=") for one in way.split("?")[1].split("&"))
    answer = desk.get(way.split("?")[0], query_string={**given, **change})
    assert answer.status_code in {400, 404}
    page = desk.get(way)
    data = {**given, **change, "csrf_token": token_of(page), "verdict": "not"}
    assert desk.post(way.split("?")[0], data=data).status_code in {400, 404}
    assert desk.post(way.split("?")[0], data={**data, **given, "verdict": "?"}).status_code == 400
    other = a_case(sqlite_instance, STORY)
    moved = way.replace(str(case_id), str(other))
    assert desk.get(moved).status_code == 404
    assert marks(sqlite_instance) == []


def test_no_key_of_a_name_in_the_account_is_written_anywhere(
    sqlite_instance: Instance, desk: FlaskClient
) -> None:
    secret = "زبردست کوهیاری"
    a_person(sqlite_instance, "زبردست کوهیار")
    case_id = a_case(sqlite_instance, f"برادرم {secret} را بردند. Zebardast Kuhyari, گوهردشت.")
    page = shown(desk, case_id, "fa")
    assert words(page)
    assert desk.get(hints(page)[0][1]).status_code == 200
    folder = Path(sqlite_instance.settings.instance)
    kept = b"".join(one.read_bytes() for one in folder.rglob("*") if one.is_file())
    last, latin = secret.split()[1], "Kuhyari"
    keys = {last, latin, fold(last), joined(secret), loose(last), *forms(secret)[:2], latin.lower()}
    for one in keys | {form(last), form(latin), loose(latin)}:
        if len(one) >= 5:
            assert one.encode() not in kept
