"""The public side as a browser without scripts meets it: the whole journey, the way back, the folder."""

import html
import os
import re
from collections.abc import Callable
from contextvars import Context
from pathlib import Path

import pytest
from builders import Instance
from sqlalchemy import select
from visits import PERMISSIONS, STORY, Source, said, token
from werkzeug.test import TestResponse

from portal.intake import opening, service
from portal.intake.models import Consent, Document, Message, Speaker, Status, Submission
from portal.intake.permission_forms import PAGES
from portal.permissions import Group
from portal.vault import receipt as receipts
from portal.web import edge

LETTER = b"\xff\xd8\xff" + os.urandom(5000)
PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


@pytest.fixture
def source(sqlite_instance: Instance) -> Source:
    return Source(sqlite_instance)


def leads_to(answer: TestResponse, path: str) -> None:
    assert (answer.status_code, answer.headers["Location"]) == (303, path), said(answer)


def submissions(instance: Instance) -> list[Submission]:
    with instance.database.session(write=False) as session:
        return list(session.scalars(select(Submission)))


def typed(page: TestResponse, name: str = "narrative") -> str:
    found = re.search(rf'<textarea[^>]*name="{name}"[^>]*>\r?\n?(.*?)</textarea>', page.text, re.DOTALL)
    assert found, said(page)
    return html.unescape(found[1])


# the journey


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_source_tells_sends_and_comes_back(sqlite_instance: Instance, language: str) -> None:
    source = Source(sqlite_instance, language)
    assert source.get().status_code == 200
    leads_to(source.post("account", narrative=STORY, action="continue"), f"/{language}/pause")
    leads_to(source.post("you", relation="survivor", action="continue"), f"/{language}/how")
    leads_to(source.attach(LETTER, name="نامه.jpg", caption="the last one"), f"/{language}/documents")
    assert "نامه.jpg" in source.get("documents").text
    leads_to(source.permit(**PERMISSIONS), f"/{language}/reaching")
    reaching = {"called": "Nasrin", "contact": "by letter", "reread": "yes"}
    leads_to(source.post("reaching", action="continue", **reaching), f"/{language}/check")
    last_look = source.get("check").text
    for shown in (html.escape(STORY.split("\n")[0], quote=False), "نامه.jpg", "Nasrin", "by letter"):
        assert shown in last_look
    leads_to(source.post("check"), f"/{language}/received")
    words = source.words()
    assert len(words) == 9
    done = source.post("received/words", words=" ".join(words))
    assert done.status_code == 200
    leads_to(source.get("received"), f"/{language}/")
    leads_to(source.come_back(" ".join(words)), f"/{language}/folder")
    folder = source.get("folder").text
    assert html.escape(STORY.split("\n")[0], quote=False) in folder
    assert "<b>نام" not in folder
    assert len(submissions(sqlite_instance)) == 1


def test_only_something_to_tell_is_required(source: Source, sqlite_instance: Instance) -> None:
    source.post("account", narrative="One sentence.", action="continue")
    for page in ("you", *PAGES, "reaching"):
        assert source.post(page, action="skip").status_code == 303
    leads_to(source.post("check", reread="no"), "/en/received")
    assert len(submissions(sqlite_instance)) == 1


def test_an_empty_account_is_asked_for_again(source: Source) -> None:
    for narrative in ("", "  \n "):
        page = source.post("account", narrative=narrative, action="continue")
        assert page.status_code == 200
        assert "even one sentence" in said(page)


def test_nothing_written_cannot_be_sent(source: Source, sqlite_instance: Instance) -> None:
    source.get("account")
    leads_to(source.post("check"), "/en/account")
    assert "Write something first" in said(source.get("account"))
    assert submissions(sqlite_instance) == []
    leads_to(source.get("received"), "/en/check")


def test_sending_what_is_no_longer_there_says_so_and_begins_again(source: Source) -> None:
    leads_to(source.post("check"), "/en/")
    assert "no longer here" in said(source.get(""))


def test_a_page_that_was_open_too_long_is_shown_again_before_it_is_sent(
    source: Source, sqlite_instance: Instance
) -> None:
    source.post("account", narrative=STORY, action="continue")
    leads_to(source.send("check", csrf_token="stale"), "/en/check")
    assert "Look at it once more" in said(source.get("check"))
    assert submissions(sqlite_instance) == []


def test_a_word_that_was_left_out_is_told_as_a_count(source: Source) -> None:
    words = source.submit()
    assert "We count 8 words" in said(source.post("received/words", words=" ".join(words[1:])))


@pytest.mark.parametrize(("action", "where"), [("back", "/en/told"), ("continue", "/en/pause")])
def test_going_back_keeps_the_text(source: Source, action: str, where: str) -> None:
    leads_to(source.post("account", narrative=STORY, action=action), where)
    assert typed(source.get("account")) == STORY


@pytest.mark.parametrize(
    ("page", "before"),
    [
        ("you", "code"),
        ("code", "safe"),
        ("account", "told"),
        ("people", "pause"),
        ("permissions", "documents"),
        ("sharing", "permissions"),
        ("public", "sharing"),
        ("lasting", "public"),
        ("reaching", "lasting"),
    ],
)
def test_back_leads_to_the_page_before(source: Source, page: str, before: str) -> None:
    leads_to(source.post(page, action="back"), f"/en/{before}")


def test_skipping_keeps_what_was_typed_too(source: Source) -> None:
    source.post("reaching", called="Nasrin", contact="a friend\r\nabroad", action="skip")
    page = source.get("reaching")
    assert 'value="Nasrin"' in page.text
    assert typed(page, "contact") == "a friend\nabroad"


def test_a_change_from_the_last_look_leads_back_to_it(source: Source) -> None:
    source.write()
    page = "account?change=1"
    leads_to(source.post(page, narrative="Another story.", action="continue"), "/en/check")
    assert "Another story." in source.get("check").text
    leads_to(source.attach(b"", name="", path="documents?change=1", action="continue"), "/en/check")
    leads_to(source.post("people?change=1", name="One more name", action="continue"), "/en/check")
    assert "One more name" in source.get("check").text


@pytest.mark.parametrize(
    ("page", "field"),
    [("you", "relation"), ("permissions", "read"), ("public", "publish"), ("reaching", "reread")],
)
def test_an_answer_that_is_none_of_ours_is_shown_again_and_never_kept(
    source: Source, page: str, field: str
) -> None:
    answer = source.post(page, action="continue", **{field: "<script>"})
    assert answer.status_code == 200
    assert "leave it open" in said(answer)
    source.post(page, action="back", **{field: "<script>"})
    assert "&lt;script" not in source.get(page).text


def test_changing_the_language_midway_keeps_everything(source: Source) -> None:
    source.write()
    source.language = "fa"
    assert typed(source.get("account")) == STORY
    leads_to(source.post("check"), "/fa/received")


def test_lines_are_kept_with_one_kind_of_end(source: Source) -> None:
    source.post("account", narrative="one\r\ntwo\rthree\nfour", action="continue")
    assert typed(source.get("account")) == "one\ntwo\nthree\nfour"


def test_pages_are_counted(source: Source) -> None:
    source.language = "fa"
    assert "۱۸" in said(source.get("check"))


def test_going_on_is_offered_to_who_has_begun(source: Source) -> None:
    assert "Go on with what you began" not in source.get().text
    source.get("account")
    assert "Go on with what you began" in source.get().text


# a session that has ended


@pytest.mark.parametrize("page", ["account", "you", "permissions", "reaching"])
def test_a_page_that_was_open_for_too_long_is_shown_again(source: Source, page: str) -> None:
    fields = {"narrative": STORY, "relation": "survivor", "read": "no", "called": "Nasrin"}
    source.get(page)
    source.instance.clock.advance(hours=4)
    answer = source.send(page, csrf_token="of the old session", action="continue", **fields)
    assert answer.status_code == 200
    assert "You were away for a long time" in said(answer)


def test_what_was_typed_before_the_session_ended_is_kept_by_one_more_press(source: Source) -> None:
    source.get("account")
    source.instance.clock.advance(hours=4)
    again = source.send("account", csrf_token="of the old session", narrative=STORY, action="continue")
    assert typed(again) == STORY
    given = token(again)
    leads_to(source.send("account", csrf_token=given, narrative=typed(again), action="continue"), "/en/pause")
    assert typed(source.get("account")) == STORY


def test_a_forged_form_keeps_nothing(source: Source) -> None:
    source.send("account", narrative="forged", action="continue")
    assert "forged" not in source.get("account").text


# sending


def test_pressing_send_twice_sends_once(source: Source, sqlite_instance: Instance) -> None:
    source.write()
    given = token(source.get("check"))
    for _ in range(3):
        leads_to(source.send("check", csrf_token=given), "/en/received")
    assert len(submissions(sqlite_instance)) == 1
    assert len(source.words()) == 9


def test_after_sending_every_page_leads_to_the_words(source: Source) -> None:
    source.submit()
    for page in ("account", "you", "documents", "permissions", "reaching", "check"):
        leads_to(source.get(page), "/en/received")
    given = token(source.get("received/words"))
    leads_to(source.send("documents", csrf_token=given), "/en/received")


def test_a_send_that_could_not_be_kept_is_never_called_received(
    source: Source, sqlite_instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.write()

    def full() -> None:
        raise OSError(28, "no space left")

    given = token(source.get("check"))
    with monkeypatch.context() as patch:
        patch.setattr(edge, "finish", full)
        answer = source.send("check", csrf_token=given)
        assert answer.status_code == 503
        assert "Nothing was lost" in said(answer)
    assert submissions(sqlite_instance) == []
    leads_to(source.get("received"), "/en/check")
    assert typed(source.get("account")) == STORY
    leads_to(source.post("check"), "/en/received")
    assert len(submissions(sqlite_instance)) == 1


def test_the_words_are_not_shown_before_there_is_anything_to_open(source: Source) -> None:
    leads_to(source.get("received"), "/en/")
    leads_to(source.get("received/words"), "/en/")


def test_the_words_typed_back_wrongly_are_told_by_their_place(source: Source) -> None:
    words = source.submit()
    other = next(word for word in ("abandon", "ability") if word not in words)
    wrong = [*words[:2], other, *words[3:]]
    assert "word number 3" in said(source.post("received/words", words=" ".join(wrong)))
    assert "Type the nine words" in said(source.post("received/words", words=" "))
    none_right = said(source.post("received/words", words="nothing"))
    assert "not the nine words" in none_right
    assert source.words() == words


# files


def test_a_file_is_added_shown_and_taken_out_again(source: Source, sqlite_instance: Instance) -> None:
    source.attach(LETTER, name="one.jpg", caption="first")
    page = source.get("documents").text
    assert "one.jpg" in page
    assert len(list(sqlite_instance.files.names())) == 1
    [removing] = re.findall(r'action="/en/(documents/[0-9a-f-]+/remove)"', page)
    leads_to(source.post(removing, seen="documents"), "/en/documents")
    assert "one.jpg" not in source.get("documents").text
    assert list(sqlite_instance.files.names()) == []
    leads_to(source.post(removing, seen="documents"), "/en/documents")


def test_no_file_or_an_empty_one_is_said_kindly(source: Source, sqlite_instance: Instance) -> None:
    for name in ("", "empty.jpg"):
        answer = source.attach(b"", name=name)
        assert answer.status_code == 400
        assert "file" in said(answer)
    assert list(sqlite_instance.files.names()) == []


@pytest.mark.parametrize("over", [1, 200_000])
def test_a_file_over_the_limit_is_said_with_the_limit_and_leaves_nothing(
    sqlite_instance: Instance, over: int
) -> None:
    object.__setattr__(sqlite_instance.settings, "file_limit", 1024 * 1024)
    source = Source(sqlite_instance)
    answer = source.attach(b"x" * (1024 * 1024 + over))
    assert answer.status_code == 413
    assert "larger than 1 megabytes" in said(answer)
    assert list(sqlite_instance.files.names()) == []


def test_there_are_as_many_files_as_the_settings_say(sqlite_instance: Instance) -> None:
    object.__setattr__(sqlite_instance.settings, "files_per_submission", 1)
    source = Source(sqlite_instance)
    source.attach(LETTER)
    given = token(source.get("documents"))
    answer = source.send("documents", csrf_token=given)
    assert answer.status_code == 400
    assert "as many files" in said(answer)


def test_an_upload_without_the_sessions_token_is_refused(source: Source, sqlite_instance: Instance) -> None:
    from io import BytesIO  # noqa: PLC0415

    source.get("documents")
    answer = source.client.post("/en/documents", data={"csrf_token": "x", "file": (BytesIO(b"x"), "x")})
    assert answer.status_code == 400
    assert list(sqlite_instance.files.names()) == []


def during_upload(monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], object]) -> None:
    """Let something happen in another window while a file is on its way."""
    from portal.intake import arriving  # noqa: PLC0415

    real = arriving.take_files

    def slow(*args: object, **how: object) -> object:
        file = real(*args, **how)  # type: ignore[arg-type]
        Context().run(meanwhile)  # a request of its own, with a session of its own
        return file

    monkeypatch.setattr(arriving, "take_files", slow)


def test_what_another_window_wrote_while_a_file_was_on_its_way_is_kept(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.post("account", narrative="first", action="continue")
    during_upload(monkeypatch, lambda: source.post("account", narrative=STORY, action="continue"))
    leads_to(source.attach(LETTER, name="one.jpg"), "/en/documents")
    assert typed(source.get("account")) == STORY
    assert "one.jpg" in source.get("documents").text


def test_a_file_that_arrives_after_sending_is_not_called_kept(
    source: Source, sqlite_instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.write()
    during_upload(monkeypatch, lambda: source.post("check"))
    leads_to(source.attach(LETTER), "/en/received")
    assert "file" not in said(source.get("received"))
    assert list(sqlite_instance.files.names()) == []


def test_a_file_that_arrives_after_the_visitor_has_left_is_erased(
    source: Source, sqlite_instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.write()
    during_upload(monkeypatch, lambda: source.get("leave"))
    leads_to(source.attach(LETTER), "/en/received")
    assert list(sqlite_instance.files.names()) == []
    assert "Go on with what you began" not in source.get().text


# coming back


def returned(instance: Instance, words: str, language: str = "en") -> TestResponse:
    return Source(instance, language).come_back(words)


@pytest.fixture
def kept(sqlite_instance: Instance) -> list[str]:
    """The words of an account that was sent."""
    return Source(sqlite_instance).submit()


def forms(words: list[str]) -> dict[str, str]:
    receipt = receipts.parse(" ".join(words))
    numbered = "\n".join(f"{place}. {word}" for place, word in enumerate(words, 1))
    return {
        "as shown": " ".join(words),
        "in capitals with commas": ", ".join(words).upper(),
        "in Persian": " ".join(receipt.words("fa")),
        "in digits": receipt.digits(),
        "in Persian digits": receipt.digits().translate(PERSIAN),
        "with their numbers": numbered,
        "half and half": " ".join([*words[:4], *receipt.words("fa")[4:]]),
    }


@pytest.mark.parametrize(
    "how",
    [
        "as shown",
        "in capitals with commas",
        "in Persian",
        "in digits",
        "in Persian digits",
        "with their numbers",
        "half and half",
    ],
)
def test_the_words_open_the_folder_however_they_are_typed(
    sqlite_instance: Instance, kept: list[str], how: str
) -> None:
    leads_to(returned(sqlite_instance, forms(kept)[how], "fa"), "/fa/folder")


def wrong(words: list[str], how: str) -> str:
    other = next(one for one in ("abandon", "ability") if one not in words)
    return {
        "empty": " ",
        "too few": " ".join(words[:8]),
        "too many": " ".join([*words, words[0]]),
        "misspelt": " ".join(["xx" + words[0][:1] + "qqq", *words[1:]]),
        "a slip": " ".join([words[0] + "x", *words[1:]]) if len(words[0]) > 3 else words[0] + "xx",
        "another word": " ".join([other, *words[1:]]),
        "changed places": " ".join([words[1], words[0], *words[2:]]),
    }[how]


HELP = {
    "empty": ("Type your nine words", "نُه"),
    "too few": ("We count 8 words", "۸"),
    "too many": ("We count 10 words", "۱۰"),
    "misspelt": ("Word number 1 is not one of ours", "۱"),
}


@pytest.mark.parametrize("how", HELP)
def test_words_typed_wrongly_are_helped_in_the_language_of_the_page(
    sqlite_instance: Instance, kept: list[str], how: str
) -> None:
    for language, help_ in zip(("en", "fa"), HELP[how], strict=True):
        answer = returned(sqlite_instance, wrong(kept, how), language)
        assert answer.status_code == 200
        errors = answer.text[answer.text.index('id="errors"') :]
        assert help_ in said(answer) if language == "en" else help_ in errors


def test_a_slip_of_one_letter_is_answered_with_the_word_it_may_be(
    sqlite_instance: Instance, kept: list[str]
) -> None:
    place = max(range(9), key=lambda one: len(kept[one]))
    typo = kept[place][:-1] + ("q" if kept[place][-1] != "q" else "z")
    words = [*kept[:place], typo, *kept[place + 1 :]]
    told = said(returned(sqlite_instance, " ".join(words)))
    assert f"Word number {place + 1} is not one of ours. Is it " in told
    assert kept[place] in told


def test_words_that_are_all_ours_but_not_a_receipt_are_told_so(
    sqlite_instance: Instance, kept: list[str]
) -> None:
    for other in receipts.word_list("en")[:200]:
        try:
            receipts.parse(" ".join([other, *kept[1:]]))
        except receipts.ReceiptError as problem:
            if not problem.near and not problem.swapped:  # else a guess is told, as tested elsewhere
                break
    told = said(returned(sqlite_instance, " ".join([other, *kept[1:]])))
    assert "not right, or two have changed places" in told


def test_a_receipt_that_opens_nothing_is_told_so(sqlite_instance: Instance) -> None:
    nobody = " ".join(receipts.generate().words("en"))
    told = said(returned(sqlite_instance, nobody))
    assert "We know no account with these words" in told


def test_coming_back_changes_the_cookie(sqlite_instance: Instance, kept: list[str]) -> None:
    source = Source(sqlite_instance)
    source.get("account")
    before = source.client.get_cookie("intake")
    source.come_back(" ".join(kept))
    after = source.client.get_cookie("intake")
    assert before
    assert after
    assert before.value != after.value


def test_the_words_stand_in_no_address_and_in_no_page_of_the_folder(
    sqlite_instance: Instance, kept: list[str]
) -> None:
    source = Source(sqlite_instance)
    answer = source.come_back(" ".join(kept))
    assert kept[0] not in answer.headers["Location"]
    assert " ".join(kept) not in said(source.get("folder"))


# the folder


@pytest.fixture
def folder(sqlite_instance: Instance, kept: list[str]) -> Source:
    """A source in the folder of an account that was sent, with permission to read it again."""
    source = Source(sqlite_instance)
    source.come_back(" ".join(kept))
    return source


def ask(instance: Instance, text: str) -> None:
    """Let the people who read write into the folder."""
    with instance.database.session(write=True) as session:
        submission = opening.load(session, session.scalars(select(Submission.id)).one())
        seed = instance.secrets.group_seeds[Group.INTAKE]
        thread = opening.thread_of(opening.part_keys(session, submission, seed))
        service.add_message(
            session, thread=thread, speaker=Speaker.STAFF, text=text, day=instance.clock().date()
        )
        submission.status = Status.AWAITING_SOURCE


def test_a_question_is_read_and_answered(folder: Source, sqlite_instance: Instance) -> None:
    ask(sqlite_instance, "Which <ward> was it?")
    page = folder.get("folder")
    assert "There is a question for you" in said(page)
    assert "Which &lt;ward&gt; was it?" in page.text
    leads_to(folder.post("folder/reply", seen="folder", text="Ward seven.\r\nI am sure."), "/en/folder")
    page = said(folder.get("folder"))
    assert page.index("Which <ward>") < page.index("Ward seven.")
    assert "Someone is reading it" in page
    assert "Your message is in the folder" in page


def test_an_empty_or_endless_message_is_shown_again(folder: Source, sqlite_instance: Instance) -> None:
    for text in ("", "x" * 20_001):
        answer = folder.post("folder/reply", seen="folder", text=text)
        assert answer.status_code == 200
        assert "One more look" in said(answer)
    assert 'href="/fa/folder" lang="fa"' in answer.text
    with sqlite_instance.database.session(write=False) as session:
        assert session.scalars(select(Message)).all() == []


def test_a_message_that_could_not_be_kept_is_not_called_kept(
    folder: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise OSError(28, "no space left")

    given = token(folder.get("folder"))
    with monkeypatch.context() as patch:
        patch.setattr(edge, "finish", full)
        assert folder.send("folder/reply", csrf_token=given, text="words").status_code == 503
    assert "Your message is in the folder" not in said(folder.get("folder"))


def test_a_file_is_added_to_the_folder_and_read_again(folder: Source) -> None:
    leads_to(folder.attach(LETTER, name="نامه.jpg", path="folder/file", seen="folder"), "/en/folder")
    page = folder.get("folder").text
    [link] = re.findall(r'href="/en/(folder/files/[0-9a-f-]+)"', page)
    answer = folder.get(link)
    assert answer.data == LETTER
    answer.close()
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "filename*=UTF-8''%D9%86" in answer.headers["Content-Disposition"]
    part = folder.client.get(f"/en/{link}", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.data) == (206, LETTER[10:20])
    part.close()
    assert folder.get("folder/files/00000000-0000-4000-8000-000000000000").status_code == 404


def test_files_that_cannot_be_taken_are_said_in_the_folder(
    sqlite_instance: Instance, kept: list[str]
) -> None:
    object.__setattr__(sqlite_instance.settings, "file_limit", 1024 * 1024)
    source = Source(sqlite_instance)
    source.come_back(" ".join(kept))
    for content, status in ((b"x" * (1024 * 1024 + 1), 413), (b"", 400)):
        answer = source.attach(content, path="folder/file", seen="folder")
        assert answer.status_code == status
        assert "Add files" in said(answer)
    object.__setattr__(sqlite_instance.settings, "files_per_submission", 0)
    answer = source.attach(LETTER, path="folder/file", seen="folder")
    assert answer.status_code == 400
    assert "as many files" in said(answer)


def test_who_chose_not_to_reread_sees_messages_and_no_account(sqlite_instance: Instance) -> None:
    source = Source(sqlite_instance)
    source.attach(LETTER, name="one.jpg")
    words = source.submit(reread="no")
    other = Source(sqlite_instance)
    other.come_back(" ".join(words))
    page = said(other.get("folder"))
    assert "Your nine words do not show it" in page
    assert "with 1 file" in page
    assert "one.jpg" not in page
    assert "Nasrin" not in page
    with sqlite_instance.database.session(write=False) as session:
        [document] = session.scalars(select(Document.id))
    assert other.get(f"folder/files/{document}").status_code == 404


def test_nobody_opens_a_file_of_another_folder(sqlite_instance: Instance, folder: Source) -> None:
    other = Source(sqlite_instance)
    other.attach(LETTER)
    other.submit()
    with sqlite_instance.database.session(write=False) as session:
        [document] = session.scalars(select(Document.id))
    assert folder.get(f"folder/files/{document}").status_code == 404


def test_permissions_are_shown_as_they_are_and_changed_from_now_on(
    folder: Source, sqlite_instance: Instance
) -> None:
    paths = [f"folder/permissions/{step}" for step in ("sharing", "public", "lasting")]
    shown = [folder.get(path).text.count("checked") for path in ("folder/permissions", *paths)]
    assert shown == [5, 2, 4, 1]
    leads_to(folder.change(**PERMISSIONS), "/en/folder")
    assert "Nothing was changed" in said(folder.get("folder"))
    folder.change(publish="no")
    assert "They hold from now on" in said(folder.get("folder"))
    refused = folder.post("folder/permissions/public", publish="perhaps")
    assert refused.status_code == 200
    assert "leave it open" in said(refused)
    with sqlite_instance.database.session(write=False) as session:
        assert len(session.scalars(select(Consent)).all()) == len(PERMISSIONS) + 1


def test_everything_is_taken_back_once_and_for_all(sqlite_instance: Instance, kept: list[str]) -> None:
    source = Source(sqlite_instance)
    source.come_back(" ".join(kept))
    source.attach(LETTER, path="folder/file", seen="folder")
    unsure = source.post("folder/withdraw")
    assert unsure.status_code == 200
    assert "nothing has changed" in said(unsure)
    assert source.post("folder/withdraw", sure="").status_code == 200
    assert submissions(sqlite_instance)[0].status is Status.RECEIVED
    page = source.get("folder/withdraw")
    given = token(page)
    for _ in range(2):
        leads_to(source.send("folder/withdraw", csrf_token=given, sure="yes"), "/en/folder")
    assert "You have taken everything back" in said(source.get("folder"))
    assert list(sqlite_instance.files.names()) == []
    leads_to(source.get("folder/permissions"), "/en/folder")
    assert source.send("folder/reply", csrf_token=given, text="again").status_code == 403
    again = Source(sqlite_instance)
    leads_to(again.come_back(" ".join(kept)), "/en/folder")
    assert "You have taken everything back" in said(again.get("folder"))


def test_taking_back_takes_what_this_browser_still_had_of_it(sqlite_instance: Instance) -> None:
    source = Source(sqlite_instance)
    words = source.submit()
    source.come_back(" ".join(words))  # in the same visit, which still shows the words
    assert words[0] in source.get("received").text
    leads_to(source.post("folder/withdraw", sure="yes"), "/en/folder")
    assert words[0] not in source.get("received").text
    assert typed(source.get("account")) == ""


def test_a_closed_folder_needs_the_words_again(folder: Source) -> None:
    answer = folder.post("folder/close", seen="folder")
    leads_to(answer, "/en/")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    leads_to(folder.get("folder"), "/en/return")
    assert "Thank you" not in said(folder.get("return"))


def test_leaving_forgets_everything_at_once_and_goes_elsewhere(source: Source) -> None:
    source.write()
    answer = source.get("leave")
    leads_to(answer, source.instance.settings.exit_address)
    assert answer.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert "Go on with what you began" not in source.get().text
    assert typed(source.get("account")) == ""


@pytest.mark.parametrize("page", ["folder", "folder/permissions", "folder/withdraw"])
def test_strangers_are_asked_for_the_words(source: Source, page: str) -> None:
    leads_to(source.get(page), "/en/return")


# what is not kept


def test_no_cookie_outlives_the_browser(sqlite_instance: Instance) -> None:
    source = Source(sqlite_instance)
    seen = [source.get(page) for page in ("", "account", "return")]
    words = source.submit()
    seen += [source.come_back(" ".join(words)), source.get("folder")]
    cookies = [cookie for page in seen for cookie in page.headers.getlist("Set-Cookie")]
    assert cookies
    for cookie in cookies:
        assert not re.search(r"expires|max-age|domain", cookie, re.IGNORECASE)
        assert re.search(r"HttpOnly", cookie)
        assert re.search(r"SameSite=Strict", cookie)


def test_no_address_no_browser_and_no_word_is_kept_anywhere_in_the_instance(
    sqlite_instance: Instance, caplog: pytest.LogCaptureFixture
) -> None:
    source = Source(sqlite_instance)
    source.client.environ_base |= {
        "REMOTE_ADDR": "203.0.113.77",
        "HTTP_USER_AGENT": "Telltale/1988 (browser of a survivor)",
        "HTTP_X_FORWARDED_FOR": "198.51.100.23",
    }
    source.attach(b"%PDF the only letter", name="telltale-name.pdf", caption="telltale-caption")
    words = source.submit("the only telltale-sentence")
    source.come_back(" ".join(words))
    source.post("folder/reply", seen="folder", text="telltale-reply")
    told = [
        "203.0.113.77",
        "198.51.100.23",
        "Telltale/1988",
        "telltale-",
        "Nasrin",
        "the only letter",
        words[0] + " ",
    ]
    folder: Path = sqlite_instance.settings.instance
    sqlite_instance.database.dispose()
    for path in [one for one in folder.rglob("*") if one.is_file()]:
        content = path.read_bytes()
        for word in told:
            assert word.encode() not in content, (path.name, word)
    assert "203.0.113.77" not in caplog.text
    assert "telltale" not in caplog.text


def test_no_time_finer_than_the_day_is_kept(sqlite_instance: Instance) -> None:
    Source(sqlite_instance).submit()
    with sqlite_instance.database.main.connect() as connection:
        for table in ("submission", "part", "document", "consent", "message", "tombstone"):
            for row in connection.exec_driver_sql(f"SELECT * FROM {table}"):  # noqa: S608 - our own names
                assert not [
                    value for value in row if isinstance(value, str) and re.search(r"\d\d:\d\d", value)
                ]
