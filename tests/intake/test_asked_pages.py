"""The pages that ask beside the account: each can be skipped, none forgets, the desk reads what was said."""

import html
import re
from uuid import UUID

import pytest
from builders import Instance
from sqlalchemy import select
from visits import PERMISSIONS, STORY, Source, said
from werkzeug.test import TestResponse

from portal.config import Face
from portal.intake.journey import ASKED, MOST_CARDS, Step
from portal.intake.models import Submission
from portal.intake.permission_forms import PAGES

SHEET = "نام,نام پدر,رنگ\nسیمین راد,کاوه,سبز\n,,زرد\n".encode()


@pytest.fixture
def source(sqlite_instance: Instance) -> Source:
    return Source(sqlite_instance)


def leads_to(answer: TestResponse, path: str) -> None:
    assert (answer.status_code, answer.headers["Location"]) == (303, path), said(answer)


def shown(page: TestResponse, name: str) -> str:
    found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', page.text)
    assert found, said(page)
    return html.unescape(found[1])


def read_at_the_desk(instance: Instance, language: str = "en") -> TestResponse:
    desk = instance.app(Face.DESK).test_client()
    instance.sign_in(desk, "cedar")
    with instance.database.session(write=False) as session:
        case_id: UUID = session.scalars(select(Submission.id)).one()
    return desk.get(f"/{language}/cases/{case_id}")


@pytest.mark.parametrize("language", ["en", "fa"])
def test_every_page_can_be_skipped_and_only_the_account_is_asked_for(
    sqlite_instance: Instance, language: str
) -> None:
    source = Source(sqlite_instance, language)
    walked, page = [], "safe"
    while page != "check":
        walked.append(page)
        if page == "safe":
            page = "you"
        elif page == "account":
            page = source.post(page, narrative="One sentence.", action="continue").headers["Location"][4:]
        elif page == "documents":
            page = "permissions"
        else:
            page = source.post(page, action="skip").headers["Location"][4:]
    told = ["safe", "you", "how", "told", "account", "pause"]
    assert walked == [*told, "documents", *PAGES, "reaching"]
    leads_to(source.post("check", reread="no"), f"/{language}/received")


def test_who_goes_on_after_the_note_meets_every_page_and_can_go_back_through_all(source: Source) -> None:
    pages = ["pause", "people", "places", "group", "responsible"]
    for here, there in zip(pages, [*pages[1:], "documents"], strict=True):
        leads_to(source.post(here, action="continue"), f"/en/{there}")
        if here != "pause":
            leads_to(source.post(here, action="back"), f"/en/{pages[pages.index(here) - 1]}")


def test_a_helper_is_asked_whose_words_these_are(source: Source) -> None:
    leads_to(source.post("you", relation="helper", action="continue"), "/en/helping")
    page = source.get("helping")
    assert "Page 4 of 19" in said(page)
    fields = {"agrees": "beside", "words": "verbatim", "spoken": "کردی", "helper": "Nasrin"}
    leads_to(source.post("helping", action="continue", **fields), "/en/how")
    assert shown(source.get("helping"), "spoken") == "کردی"
    leads_to(source.post("you", relation="survivor", action="continue"), "/en/how")


def test_where_one_writes_from_is_kept_nowhere(source: Source) -> None:
    for where, words in (("own", "private window"), ("shared", "another device"), ("iran", "Tor Browser")):
        page = source.post("safe", where=where)
        assert page.status_code == 200
        assert words in said(page)
    assert "/en/leave" in source.get("safe").text
    assert "Tor Browser, or a VPN" not in said(source.get("safe"))


def test_cards_are_added_changed_and_taken_out(source: Source) -> None:
    leads_to(source.post("people", name="سیمین", basis="saw", action="add"), "/en/people")
    leads_to(source.post("people", name="Behrang", action="add"), "/en/people")
    assert "Kept: 2 cards" in said(source.get("people"))
    leads_to(source.post("people?card=1", name="سیمین راد", action="continue"), "/en/people")
    assert shown(source.get("people?card=1"), "name") == "سیمین راد"
    leads_to(source.post("people?card=2", action="remove"), "/en/people")
    assert "Behrang" not in source.get("people").text
    leads_to(source.post("people", action="continue"), "/en/places")
    for number in ("0", "9", "-1", "x", "9" * 40):
        assert source.get(f"people?card={number}").status_code == 200


def test_a_card_that_was_sent_twice_is_kept_once(source: Source) -> None:
    for _ in range(2):
        source.post("responsible", name="a tall man", deed="he read the names", action="continue")
    assert source.get("responsible").text.count("a tall man") == 1


def test_resting_keeps_what_was_typed_and_leads_back(source: Source) -> None:
    leads_to(source.post("places", ward="هفت", action="rest"), "/en/rest?at=places")
    page = source.get("rest?at=places").text
    assert 'href="/en/places"' in page
    assert "هفت" in source.get("places").text
    assert source.get("rest?at=https://elsewhere").status_code == 200
    assert "Samaritans" in said(source.get("support"))


def test_speaking_instead_leads_to_the_recorder_and_loses_no_word(source: Source) -> None:
    answer = source.post("account", narrative="A beginning.", action="voice")
    assert answer.headers["Location"].startswith("/en/voice")
    assert "A beginning." in source.get("account").text
    assert source.post("account", narrative="", action="documents").status_code == 303


def test_a_file_alone_is_something_to_tell(source: Source, sqlite_instance: Instance) -> None:
    source.attach(name="letter.jpg")
    leads_to(source.post("account", narrative="", action="continue"), "/en/pause")
    source.permit(**PERMISSIONS)
    leads_to(source.post("check", reread="yes"), "/en/received")
    assert read_at_the_desk(sqlite_instance).status_code == 200


def test_many_names_are_pasted_and_each_line_is_answered(source: Source) -> None:
    leads_to(source.post("people", name="Simin", action="many"), "/en/people/many?at=people")
    leads_to(source.post("people/many", names="سیمین راد\r\n\r\nBehrang\tof Karaj"), "/en/people/many")
    page = said(source.get("people/many"))
    assert "Line 1: سیمین راد" in page
    assert "Line 3: Behrang" in page
    source.post("people/many", names="سیمین راد\n\nBehrang\tof Karaj")
    assert "Kept: 3 cards" in said(source.get("people"))
    assert "at least one name" in said(source.post("people/many", names=" "))
    too_many = source.post("people/many", names="\n".join(f"name {one}" for one in range(MOST_CARDS)))
    assert "more names than one account" in said(too_many)
    assert "name 499" in too_many.text, "what was typed is shown again"


def test_a_table_is_read_line_by_line_and_kept_as_a_document(
    source: Source, sqlite_instance: Instance
) -> None:
    sent = source.attach(SHEET, name="نام‌ها.csv", path="people/sheet", seen="people/many")
    leads_to(sent, "/en/people/many")
    page = said(source.get("people/many"))
    assert "Line 2: سیمین راد" in page
    assert "Line 3: رنگ: زرد no name found" in page
    assert "نام‌ها.csv" in source.get("documents").text
    assert len(list(sqlite_instance.files.names())) == 1


def test_a_table_that_cannot_be_read_is_kept_as_a_document_and_said_so(source: Source) -> None:
    answer = source.attach(b"PK\x03\x04 broken", name="list.xlsx", path="people/sheet", seen="people/many")
    assert answer.status_code == 400
    assert "line by line. The file itself is kept" in said(answer)
    assert "list.xlsx" in source.get("documents").text


def test_a_table_that_is_too_large_or_empty_leaves_nothing(source: Source, sqlite_instance: Instance) -> None:
    for content, status in ((b"x" * (1024 * 1024 + 1), 413), (b"", 400)):
        answer = source.attach(content, path="people/sheet", seen="people/many")
        assert answer.status_code == status
    assert list(sqlite_instance.files.names()) == []


def test_a_draft_carries_so_much_and_no_more(source: Source) -> None:
    assert source.post("account", narrative="x" * 399_000, action="continue").status_code == 303
    assert source.post("account", narrative="y" * 399_000, action="continue").status_code == 303
    many = "\n".join("z" * 499 for _ in range(420))
    assert "more names than one account" in said(source.post("people/many", names=many))


def test_the_last_look_shows_every_answer_with_a_way_to_change_it(source: Source) -> None:
    source.post("account", narrative=STORY, action="continue")
    source.post("people", name="سیمین راد", born="۱۳۴۰", action="continue")
    source.post("places", when="summer of 1988", action="continue")
    page = source.get("check")
    assert "Nothing has been sent yet" in said(page)
    assert 'href="/en/people?change=1&amp;card=1"' in page.text
    assert "we read this as 1340 (from 21 March 1961 to 20 March 1962)" in said(page)
    assert "Left open" in said(page)
    leads_to(source.post("people?change=1&card=1", name="سیمین", action="continue"), "/en/check")
    assert "سیمین راد" not in source.get("check").text


def test_the_desk_reads_the_answers_with_their_questions_told_apart(
    source: Source, sqlite_instance: Instance
) -> None:
    source.language = "fa"
    source.post("told", told_to="court", where="دادگاه استکهلم", action="continue")
    source.post("account", narrative=STORY, action="continue")
    source.post("people", name="<b>سیمین</b>", basis="saw", action="continue")
    source.post("places", when="تابستان ۶۷", action="continue")
    source.permit(**PERMISSIONS)
    leads_to(source.post("check", reread="no"), "/fa/received")
    page = read_at_the_desk(sqlite_instance)
    text = said(page)
    assert "do not ask for it again" in text
    assert text.index("Before the account") < text.index("دادگاه استکهلم")
    assert text.index("دادگاه استکهلم") < text.index("After the account, when asked")
    assert "I saw it" in text
    assert "از چه کسانی می‌خواهید بگویید؟" in text, "the question stands there as it was asked"
    assert "read as: from" in text
    assert "have not been asked" in text
    assert "<b>سیمین" not in page.text


@pytest.mark.parametrize("page", [one.step.value for one in ASKED if one.step is not Step.ACCOUNT])
def test_an_answer_that_is_too_long_is_shown_again_whole(source: Source, page: str) -> None:
    fields = next(one for one in ASKED if one.step == page).fields
    name = next((one.name for one in fields if not one.choices), "")
    if name:
        answer = source.post(page, action="continue", **{name: "x" * 5000})
        assert answer.status_code == 200
        assert "x" * 5000 in answer.text
