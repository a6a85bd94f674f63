"""A source's own pages: questions answered, words added, who opened it, and a copy of everything."""

import io
import re
import zipfile
from uuid import UUID

import pytest
from builders import Instance
from cases import PICTURE, at_desk
from sqlalchemy import select
from visits import STORY, Source, said

from portal.casework import asking, reading
from portal.casework import service as cases
from portal.intake import wordings
from portal.intake.models import Consent, Question, SealedField, Submission, Telling, Use
from portal.intake.permission_forms import PAGES


def opened(instance: Instance, language: str = "en", *, reread: str = "yes", **consent: str) -> Source:
    """A source who has sent an account and come back."""
    source = Source(instance, language)
    words = source.submit(reread=reread, **consent)
    NINE[source] = words
    again(source)
    return source


NINE: dict[Source, list[str]] = {}


def again(source: Source) -> None:
    """Come back with the nine words, as after some days."""
    assert source.come_back(" ".join(NINE[source])).status_code == 303


def the_case(instance: Instance) -> UUID:
    with instance.database.session(write=False) as session:
        return session.scalars(select(Submission.id)).one()


def a_question(instance: Instance, case_id: UUID, use: Use = Use.LINK, who: str = "cedar") -> UUID:
    with at_desk(instance, who) as (session, by):
        return asking.ask(
            session, by=by, case_id=case_id, use=use, reason="A <grave> was found.", now=instance.clock()
        )


def hold(instance: Instance, case_id: UUID, who: str = "cedar") -> None:
    with at_desk(instance, who) as (session, by):
        cases.claim(session, by=by, case_id=case_id, now=instance.clock())


@pytest.mark.parametrize(("press", "answer"), [("yes", "yes"), ("no", "no"), ("later", None)])
def test_a_question_waits_in_the_folder_until_it_is_answered(
    sqlite_instance: Instance, press: str, answer: str | None
) -> None:
    source = opened(sqlite_instance, read="yes", contact="yes")
    case_id = the_case(sqlite_instance)
    hold(sqlite_instance, case_id)
    question = a_question(sqlite_instance, case_id)
    page = source.get("folder")
    assert "Questions for you" in said(page)
    assert "A <grave> was found." in said(page)
    assert "May they connect your account" in said(page)
    source.post(f"folder/questions/{question}", seen="folder", said=press)
    assert ("Questions for you" in said(source.get("folder"))) is (answer is None)
    with sqlite_instance.database.session(write=False) as session:
        made = session.scalars(select(Consent).where(Consent.use == Use.LINK)).all()
        assert [one.answer.value for one in made] == ([answer] if answer else [])
        assert session.scalars(select(Question)).one().waits is (None if answer else True)


def test_an_answer_that_is_none_and_a_second_one_are_said_kindly(sqlite_instance: Instance) -> None:
    source = opened(sqlite_instance, read="yes", contact="yes")
    hold(sqlite_instance, the_case(sqlite_instance))
    question = a_question(sqlite_instance, the_case(sqlite_instance))
    source.post(f"folder/questions/{question}", seen="folder", said="perhaps")
    assert "Choose yes, no or later." in said(source.get("folder"))
    source.post(f"folder/questions/{question}", seen="folder", said="no")
    source.post(f"folder/questions/{question}", seen="folder", said="yes")
    assert "This question was answered already." in said(source.get("folder"))


def test_another_s_question_is_not_found(sqlite_instance: Instance) -> None:
    source = opened(sqlite_instance, read="yes", contact="yes")
    hold(sqlite_instance, the_case(sqlite_instance))
    question = a_question(sqlite_instance, the_case(sqlite_instance))
    stranger = opened(sqlite_instance)
    assert stranger.post(f"folder/questions/{question}", seen="folder", said="yes").status_code == 404
    assert "Questions for you" in said(source.get("folder"))


def test_changing_a_permission_answers_the_question_about_it(sqlite_instance: Instance) -> None:
    source = opened(sqlite_instance, read="yes", contact="yes")
    hold(sqlite_instance, the_case(sqlite_instance))
    a_question(sqlite_instance, the_case(sqlite_instance))
    source.post("folder/permissions", read="yes", contact="yes", link="no")
    assert "Questions for you" not in said(source.get("folder"))


# adding


def test_what_is_added_stands_beside_the_account_and_overwrites_nothing(sqlite_instance: Instance) -> None:
    source = opened(sqlite_instance, read="yes", contact="yes")
    with sqlite_instance.database.session(write=False) as session:
        before = {one.id: one.blob for one in session.scalars(select(SealedField))}
    sqlite_instance.clock.advance(days=2, hours=-1)
    again(source)
    source.post("folder/add", text="It was not Mordad but Shahrivar.")
    page = said(source.get("folder"))
    assert "Added on 24 November 2026" in page
    assert page.index("I do not remember the day.") < page.index("It was not Mordad but Shahrivar.")
    with sqlite_instance.database.session(write=False) as session:
        after = {one.id: one.blob for one in session.scalars(select(SealedField))}
    assert before.items() < after.items()
    with at_desk(sqlite_instance) as (session, by):
        content = reading.read(session, by=by, case_id=the_case(sqlite_instance)).content
        assert content is not None
        assert [one.text for one in content.texts][1:] == ["It was not Mordad but Shahrivar."]


def test_nothing_is_added_to_an_empty_page(sqlite_instance: Instance) -> None:
    source = opened(sqlite_instance)
    assert "Write something first" in said(source.post("folder/add", text="  "))


def test_what_is_added_opens_to_the_source_only_as_they_chose(sqlite_instance: Instance) -> None:
    source = opened(sqlite_instance, reread="no")
    source.post("folder/add", text="One more thing.")
    assert "One more thing." not in said(source.get("folder"))


# who opened it


def test_a_source_sees_who_opened_it_by_role_and_day_and_never_by_name(sqlite_instance: Instance) -> None:
    source = opened(sqlite_instance)
    assert "Nobody has opened it yet." in said(source.get("folder/who"))
    hold(sqlite_instance, the_case(sqlite_instance))
    for _ in range(3):
        with at_desk(sqlite_instance) as (session, by):
            reading.read(session, by=by, case_id=the_case(sqlite_instance))
    sqlite_instance.clock.advance(days=1, hours=-2)
    with at_desk(sqlite_instance, "maple") as (session, by):
        reading.read(session, by=by, case_id=the_case(sqlite_instance))
        reading.identity(session, by=by, case_id=the_case(sqlite_instance))
    again(source)
    page = source.get("folder/who")
    assert said(page).count("Somebody who reads accounts read your account") == 1
    assert said(page).count("Somebody who leads the reading") == 2
    assert "22 November 2026" in said(page)
    assert "cedar" not in page.get_data(as_text=True)
    assert "maple" not in page.get_data(as_text=True)


def test_only_the_receipt_opens_what_a_source_is_told(sqlite_instance: Instance) -> None:
    opened(sqlite_instance)
    with at_desk(sqlite_instance) as (session, by):
        reading.read(session, by=by, case_id=the_case(sqlite_instance))
    with sqlite_instance.database.session(write=False) as session:
        blob = session.scalars(select(Telling)).one().blob
    assert b"reviewer" not in blob
    assert len(blob) == 1393


def test_a_case_that_is_not_read_tells_of_no_reading(sqlite_instance: Instance) -> None:
    source = opened(sqlite_instance, read="no", contact="yes")
    with at_desk(sqlite_instance) as (session, by):
        reading.read(session, by=by, case_id=the_case(sqlite_instance))
    assert "Nobody has opened it yet." in said(source.get("folder/who"))


# a copy


def copy_of(source: Source) -> dict[str, bytes]:
    answer = source.get("folder/copy/all.zip")
    assert answer.headers["Content-Disposition"] == "attachment; filename=all.zip"
    with zipfile.ZipFile(io.BytesIO(answer.get_data())) as made:
        assert made.testzip() is None
        assert {one.date_time for one in made.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        return {name: made.read(name) for name in made.namelist()}


def test_a_copy_has_the_words_the_files_the_messages_and_every_decision(sqlite_instance: Instance) -> None:
    source = opened(sqlite_instance)
    source.attach(PICTURE, name="نامه.png", path="folder/file", seen="folder")
    source.post("folder/reply", seen="folder", text="A word more.")
    source.post("folder/add", text="And this.")
    source.post("folder/permissions", link="no")
    assert source.get("folder/copy").status_code == 200
    made = copy_of(source)
    assert list(made) == ["1-text.txt", "2-messages.txt", "3-permissions.txt", "file-1.png"]
    assert made["file-1.png"] == PICTURE
    text = made["1-text.txt"].decode("utf-8-sig").replace("\r\n", "\n")
    assert STORY in text
    assert "And this." in text
    assert "A word more." in made["2-messages.txt"].decode()
    lines = made["3-permissions.txt"].decode().splitlines()
    assert sum("May they connect your account" in line for line in lines) == 2
    assert lines[-1].endswith("No")


def test_a_copy_holds_no_more_than_the_nine_words_show(sqlite_instance: Instance) -> None:
    source = opened(sqlite_instance, reread="no")
    source.attach(PICTURE, name="letter.png", path="folder/file", seen="folder")
    assert "that is not in it" in said(source.get("folder/copy"))
    made = copy_of(source)
    assert not any(name.startswith("file") for name in made)
    assert "remember" not in made["1-text.txt"].decode()


def test_nothing_of_what_was_taken_back_is_copied(sqlite_instance: Instance) -> None:
    source = opened(sqlite_instance)
    source.post("folder/withdraw", sure="yes")
    assert source.get("folder/copy/all.zip").status_code in {403, 404}


# the matrix


def test_one_button_keeps_everything_private(sqlite_instance: Instance) -> None:
    source = opened(sqlite_instance)
    source.post("folder/permissions", action="private")
    with sqlite_instance.database.session(write=False) as session:
        rows = session.scalars(select(Consent).order_by(Consent.number)).all()
    assert {one.answer.value for one in rows[-10:]} == {"no"}
    assert "You allow this" not in said(source.get("folder"))


def test_an_end_and_a_wish_for_later_are_kept_and_shown_again(sqlite_instance: Instance) -> None:
    source = opened(sqlite_instance, "fa")
    wish = {"after-death": "years", "years": "۳۰", "until": "۱ فروردین ۱۴۰۸"}
    source.change(read="yes", **wish)
    page = source.get("folder/permissions/lasting").get_data(as_text=True)
    assert 'value="۱ فروردین ۱۴۰۸"' in page
    assert 'value="۳۰"' in page
    with sqlite_instance.database.session(write=False) as session:
        rows = session.scalars(select(Consent).order_by(Consent.number)).all()
    kept = {one.use: one for one in rows}
    assert str(kept[Use.READ].until) == "2029-03-20"
    assert (kept[Use.READ].language, kept[Use.READ].wording) == ("fa", wordings.VERSION)
    assert kept[Use.AFTER_DEATH].years == 30


def test_a_trusted_person_is_named_under_seal(sqlite_instance: Instance) -> None:
    source = opened(sqlite_instance)
    source.change(**{"after-death": "ask", "trusted": "My daughter Mahin"})
    assert "\u2068My daughter Mahin\u2069 decides." in said(source.get("folder"))
    with sqlite_instance.database.session(write=False) as session:
        rows = session.scalars(select(Consent).order_by(Consent.number)).all()
    row = {one.use: one for one in rows}[Use.AFTER_DEATH]
    assert row.condition is not None
    assert b"Mahin" not in row.condition


@pytest.mark.parametrize("wrong", [{"until": "yesterday"}, {"until": "1 May 1999"}, {"years": "many"}])
def test_what_is_no_end_is_asked_for_again(sqlite_instance: Instance, wrong: dict[str, str]) -> None:
    source = opened(sqlite_instance, read="yes")
    page = said(source.change(read="yes", **wrong))
    assert re.search(r"still to come|number of years", page)


def test_nothing_is_chosen_before_the_source_chooses(sqlite_instance: Instance) -> None:
    source = Source(sqlite_instance)
    source.get("account")
    pages = [source.get(step).get_data(as_text=True) for step in PAGES]
    assert [page.count('type="radio"') for page in pages] == [5 * 3, 2 * 3, 4 * 3, 4]
    assert not any(" checked" in page for page in pages)
