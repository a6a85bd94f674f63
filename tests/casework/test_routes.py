"""The desk's pages: what each role meets, and that everything works without scripts."""

from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from builders import EVERYTHING, Instance, token_of
from cases import PICTURE, TEXT, a_case, a_mark, a_sheet, acts_of, at_desk, send_with_file, text_of
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.casework import reading
from portal.casework.coding import Pattern
from portal.casework.models import Annotation, Claim
from portal.config import Face
from portal.intake.models import Status, Submission
from portal.staff.models import Staff


@pytest.fixture
def desk(sqlite_instance: Instance) -> FlaskClient:
    return sqlite_instance.app(Face.DESK).test_client()


def at(case_id: UUID, rest: str = "", language: str = "en") -> str:
    return f"/{language}/cases/{case_id}{rest}"


def press(desk: FlaskClient, case_id: UUID, rest: str, **data: object) -> str:
    """Press a button on the page of a case; returns where it led, or the page."""
    token = token_of(desk.get(at(case_id)))
    answer = desk.post(at(case_id, rest), data={"csrf_token": token, **data})
    return answer.headers.get("Location") or f"{answer.status_code} {answer.get_data(as_text=True)}"


def test_the_queue_and_a_case_in_both_languages(sqlite_instance: Instance, desk: FlaskClient) -> None:
    case_id = a_case(sqlite_instance)
    a_mark(sqlite_instance, case_id)
    sqlite_instance.sign_in(desk, "cedar")
    assert case_id.hex[:8] in desk.get("/en/cases/").get_data(as_text=True)
    for language in ("en", "fa"):
        page = desk.get(at(case_id, language=language)).get_data(as_text=True)
        assert '<mark class="person"' in page
        assert "was held in Gohardasht" in page
    assert "پرونده" in page


def test_the_queue_begins_with_what_is_not_complete(sqlite_instance: Instance, desk: FlaskClient) -> None:
    done = a_case(sqlite_instance)
    with at_desk(sqlite_instance) as (session, _by):
        session.get_one(Submission, done).status = Status.COMPLETE
    sqlite_instance.sign_in(desk, "cedar")
    shown = {
        ask: done.hex[:8] in desk.get(f"/en/cases/{ask}").get_data(as_text=True)
        for ask in ("", "?status=all", "?status=complete", "?status=in-review")
    }
    assert shown == {"": False, "?status=all": True, "?status=complete": True, "?status=in-review": False}


def test_who_waits_for_a_key_is_told_so(sqlite_instance: Instance, desk: FlaskClient) -> None:
    with sqlite_instance.database.session(write=True) as session:
        person = session.scalars(select(Staff).where(Staff.name == "cedar")).one()
        for one in list(person.memberships):
            session.delete(one)
    sqlite_instance.sign_in(desk, "cedar")
    page = desk.get("/en/cases/")
    assert page.status_code == 403
    assert "No key has reached you yet" in page.get_data(as_text=True)


@pytest.mark.parametrize(("name", "status"), [("rowan", 403), ("olive", 403), ("", 303)])
def test_nobody_else_meets_a_case(
    sqlite_instance: Instance, desk: FlaskClient, name: str, status: int
) -> None:
    case_id = a_case(sqlite_instance)
    if name:
        sqlite_instance.sign_in(desk, name)
    pages = ["/en/cases/", at(case_id), at(case_id, "/sheet"), at(case_id, "/identity")]
    pages += [at(case_id, f"/documents/{uuid4()}"), at(case_id, f"/links/new?annotation={uuid4()}")]
    assert {desk.get(page).status_code for page in pages} == {status}


def test_a_reviewer_does_not_meet_who_the_source_is(sqlite_instance: Instance, desk: FlaskClient) -> None:
    case_id = a_case(sqlite_instance, called="Ashk", contact="Oslo")
    sqlite_instance.sign_in(desk, "cedar")
    assert desk.get(at(case_id, "/identity")).status_code == 403
    assert "Ashk" not in desk.get(at(case_id)).get_data(as_text=True)


def test_a_lead_opens_who_the_source_is_only_by_a_press(sqlite_instance: Instance, desk: FlaskClient) -> None:
    case_id = a_case(sqlite_instance, called="Ashk", contact="Oslo")
    sqlite_instance.sign_in(desk, "maple")
    page = desk.get(at(case_id, "/identity"))
    assert "Ashk" not in page.get_data(as_text=True)
    assert "identity.read" not in acts_of(sqlite_instance)
    opened = desk.post(at(case_id, "/identity"), data={"csrf_token": token_of(page)})
    assert "Ashk" in opened.get_data(as_text=True)
    assert acts_of(sqlite_instance)[-1] == "identity.read"


def test_an_unknown_case_is_a_page_that_is_not_there(sqlite_instance: Instance, desk: FlaskClient) -> None:
    sqlite_instance.sign_in(desk, "cedar")
    for rest in ("", "/sheet", f"/documents/{uuid4()}"):
        assert desk.get(at(uuid4(), rest)).status_code == 404


def test_taking_up_moving_and_handing_back(sqlite_instance: Instance, desk: FlaskClient) -> None:
    case_id = a_case(sqlite_instance, holder="")
    sqlite_instance.sign_in(desk, "cedar")
    assert press(desk, case_id, "/claim").endswith(str(case_id))
    press(desk, case_id, "/move", to="awaiting-source")
    press(desk, case_id, "/move", to="in-review")
    assert press(desk, case_id, "/move", to="complete").startswith("409")
    assert press(desk, case_id, "/move", to="nowhere").startswith("404")
    assert press(desk, case_id, "/release").endswith("/cases/")
    with sqlite_instance.database.session(write=False) as session:
        assert session.get_one(Submission, case_id).status is Status.RECEIVED
        assert session.get(Claim, case_id) is None


def test_without_a_token_nothing_is_done(sqlite_instance: Instance, desk: FlaskClient) -> None:
    case_id = a_case(sqlite_instance, holder="")
    sqlite_instance.sign_in(desk, "cedar")
    for rest in ("/claim", "/release", "/move", "/marks", "/message", "/notes", "/links", "/identity"):
        assert desk.post(at(case_id, rest)).status_code in {400, 403}
    with sqlite_instance.database.session(write=False) as session:
        assert session.get(Claim, case_id) is None


def field_of(instance: Instance, case_id: UUID) -> UUID:
    with at_desk(instance) as (session, by):
        return text_of(session, by, case_id).field_id


def test_words_are_marked_by_pasting_them(sqlite_instance: Instance, desk: FlaskClient) -> None:
    case_id = a_case(sqlite_instance)
    field_id = field_of(sqlite_instance, case_id)
    sqlite_instance.sign_in(desk, "cedar")
    given = {"text": field_id, "kind": "person", "start": "", "end": "", "comment": ""}
    assert "#mark-" in press(desk, case_id, "/marks", quote="Omid   Rastegar", **given)
    missing = press(desk, case_id, "/marks", quote="Behrang", **given)
    assert missing.startswith("422")
    assert "These words are not in the text." in missing
    which = press(desk, case_id, "/marks", quote="Gohardasht", **given)
    assert which.startswith("200")
    second = TEXT.rindex("Gohardasht")
    place = f"{second}-{second + len('Gohardasht')}"
    assert f'value="{place}"' in which
    assert "#mark-" in press(desk, case_id, "/marks", quote="Gohardasht", at=place, **given)
    with at_desk(sqlite_instance) as (session, by):
        content = reading.read(session, by=by, case_id=case_id).content
    assert content is not None
    assert [mark.at.start for mark in content.marks] == [TEXT.index("Omid"), second]


@pytest.mark.parametrize("wrong", ["٣", "-1", "1e3", "9" * 30, "a"])
def test_a_span_that_is_none_falls_back_to_the_words(
    sqlite_instance: Instance, desk: FlaskClient, wrong: str
) -> None:
    case_id = a_case(sqlite_instance)
    field_id = field_of(sqlite_instance, case_id)
    sqlite_instance.sign_in(desk, "cedar")
    led = press(
        desk, case_id, "/marks", text=field_id, kind="person", quote="Omid Rastegar", start=wrong, end=wrong
    )
    assert "#mark-" in led


def test_a_mark_is_taken_off_by_a_press(sqlite_instance: Instance, desk: FlaskClient) -> None:
    case_id = a_case(sqlite_instance)
    mark_id = a_mark(sqlite_instance, case_id)
    sqlite_instance.sign_in(desk, "cedar")
    press(desk, case_id, f"/marks/{mark_id}/remove")
    with sqlite_instance.database.session(write=False) as session:
        assert session.scalars(select(Annotation)).all() == []


def test_messages_and_notes_are_written_and_shown(sqlite_instance: Instance, desk: FlaskClient) -> None:
    case_id = a_case(sqlite_instance)
    sqlite_instance.sign_in(desk, "cedar")
    press(desk, case_id, "/message", message="Who gave the <b>paper</b>?", wait="y")
    press(desk, case_id, "/notes", note="see <b>two</b> <script>x</script>")
    page = desk.get(at(case_id)).get_data(as_text=True)
    assert "Who gave the &lt;b&gt;paper&lt;/b&gt;?" in page
    assert "see <b>two</b> &lt;script&gt;" in page
    assert "waiting for the source" in page
    assert press(desk, case_id, "/notes", note=" ").startswith("422")
    assert press(desk, case_id, "/message", message="").startswith("422")


def test_a_sheet_goes_its_way_through_the_pages(sqlite_instance: Instance, desk: FlaskClient) -> None:
    case_id = a_case(sqlite_instance, relation="sibling")
    sqlite_instance.sign_in(desk, "cedar")
    page = desk.get(at(case_id, "/sheet"))
    answers = {pattern.value: "not said" for pattern in Pattern} | {"threats": "yes"}
    given = {"csrf_token": token_of(page), "revision": "0", "prison": "", "relation": "sibling", **answers}
    wrong = desk.post(at(case_id, "/sheet"), data={**given, "year": "1988", "month": "5"})
    assert wrong.status_code == 422
    sent = {**given, "year": "۱۳۶۷", "month": "5", "action": "submit"}
    assert desk.post(at(case_id, "/sheet"), data=sent).status_code == 303
    assert desk.post(at(case_id, "/sheet"), data=sent).status_code == 409
    lead = desk.application.test_client()
    sqlite_instance.sign_in(lead, "maple")
    page = lead.get(at(case_id)).get_data(as_text=True)
    assert "Mordad 1367" in page
    assert "Threats beforehand" in page
    assert press(lead, case_id, "/sheet/return", revision="1", reason="Which threats?").endswith(str(case_id))
    assert press(lead, case_id, "/sheet/approve", revision="1").startswith("409")
    assert "Which threats?" in desk.get(at(case_id)).get_data(as_text=True)


def test_a_lead_approves_through_the_page(sqlite_instance: Instance, desk: FlaskClient) -> None:
    case_id = a_case(sqlite_instance)
    a_sheet(sqlite_instance, case_id)
    sqlite_instance.sign_in(desk, "maple")
    press(desk, case_id, "/sheet/approve", revision="1")
    with sqlite_instance.database.session(write=False) as session:
        assert session.get_one(Submission, case_id).status is Status.COMPLETE


@pytest.mark.parametrize(("answer", "words"), [("no", "not to be read"), ("ask", "asked first")])
def test_a_case_that_is_not_to_be_read_shows_nothing_of_it(
    sqlite_instance: Instance, desk: FlaskClient, answer: str, words: str
) -> None:
    case_id = a_case(sqlite_instance, consent={**EVERYTHING, "read": answer})
    sqlite_instance.sign_in(desk, "cedar")
    page = desk.get(at(case_id)).get_data(as_text=True)
    assert words in page
    assert "Gohardasht" not in page
    assert desk.get(at(case_id, "/sheet")).status_code == 303


def test_a_document_is_saved_under_its_persian_name(sqlite_instance: Instance, desk: FlaskClient) -> None:
    case_id, document_id = send_with_file(sqlite_instance)
    sqlite_instance.sign_in(desk, "cedar")
    with desk.get(at(case_id, f"/documents/{document_id}")) as answer:
        assert answer.data == PICTURE
        assert answer.mimetype == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert f"filename*=UTF-8''{quote('نامه.png')}" in answer.headers["Content-Disposition"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
    assert acts_of(sqlite_instance)[-1] == "document.read"


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [("bytes=0-9", 0, 10), ("bytes=100-", 100, len(PICTURE)), ("bytes=-7", len(PICTURE) - 7, len(PICTURE))],
)
def test_a_range_of_a_document_is_given(
    sqlite_instance: Instance, desk: FlaskClient, asked: str, start: int, stop: int
) -> None:
    case_id, document_id = send_with_file(sqlite_instance)
    sqlite_instance.sign_in(desk, "cedar")
    with desk.get(at(case_id, f"/documents/{document_id}"), headers={"Range": asked}) as answer:
        assert answer.status_code == 206
        assert answer.data == PICTURE[start:stop]
        assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(PICTURE)}"


def test_a_range_outside_a_document_is_refused(sqlite_instance: Instance, desk: FlaskClient) -> None:
    case_id, document_id = send_with_file(sqlite_instance)
    sqlite_instance.sign_in(desk, "cedar")
    headers = {"Range": f"bytes={len(PICTURE)}-"}
    with desk.get(at(case_id, f"/documents/{document_id}"), headers=headers) as answer:
        assert answer.status_code == 416


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (PICTURE, "image/png"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", ""),
        (b"%PDF-1.7", ""),
        (b"", ""),
    ],
)
def test_only_harmless_pictures_are_shown(
    sqlite_instance: Instance, desk: FlaskClient, content: bytes, shown: str
) -> None:
    case_id, document_id = send_with_file(sqlite_instance, content or b"\x00", "a.png")
    sqlite_instance.sign_in(desk, "cedar")
    with desk.get(at(case_id, f"/documents/{document_id}?show=1")) as answer:
        if shown:
            assert answer.mimetype == shown
            assert answer.headers["Content-Disposition"].startswith("inline")
            assert "sandbox" in answer.headers["Content-Security-Policy"]
        else:
            assert answer.mimetype == "application/octet-stream"
            assert answer.headers["Content-Disposition"].startswith("attachment")


def test_a_document_that_was_changed_on_the_disk_is_not_given_out(
    sqlite_instance: Instance, desk: FlaskClient
) -> None:
    case_id, document_id = send_with_file(sqlite_instance)
    for path in sqlite_instance.settings.files.rglob("*"):
        if path.is_file():
            content = bytearray(path.read_bytes())
            content[-1] ^= 1
            path.write_bytes(content)
    sqlite_instance.sign_in(desk, "cedar")
    with desk.get(at(case_id, f"/documents/{document_id}")) as answer:
        assert answer.status_code == 400
        assert PICTURE[:8] not in answer.data
