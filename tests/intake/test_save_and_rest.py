"""Save and rest: with the nine words everything is there again, whatever happened meanwhile."""

import hashlib
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from builders import Instance
from sqlalchemy import select
from visits import STORY, Source, said, token
from werkzeug.test import TestResponse

from portal import upkeep
from portal.config import Face
from portal.intake.draft_models import DraftKey, KeptDraft
from portal.intake.models import Status, Submission
from portal.store.arrivals import Arrivals
from portal.vault import receipt as receipts
from portal.web.sessions import SealedSessions

AWAY = timedelta(hours=4)
_SEEN = re.compile(r'name="seen" value="([^"]+)"')


@pytest.fixture
def source(sqlite_instance: Instance) -> Source:
    return Source(sqlite_instance)


def text_of(page: TestResponse, name: str = "narrative") -> str:
    found = re.search(
        rf'<textarea[^>]*name="{name}"[^>]*>\r?\n?(.*?)</textarea>', page.get_data(as_text=True), re.DOTALL
    )
    assert found, said(page)
    return found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def leads_to(answer: TestResponse, path: str) -> None:
    assert (answer.status_code, answer.headers.get("Location")) == (303, path), said(answer)


def wait(source: Source, how_long: timedelta = AWAY) -> None:
    """Be away for so long that the visit ends."""
    source.instance.clock.now += how_long


def rows(instance: Instance, kind: type[Any]) -> list[Any]:
    with instance.database.session(write=False) as session:
        return list((session if kind is not DraftKey else session.keys).scalars(select(kind)))


def again(source: Source, words: str) -> Source:
    """The same person in another browser."""
    other = Source(source.instance, source.language)
    answer = other.come_back(words)
    assert answer.status_code == 303, said(answer)
    return other


def seen(page: TestResponse) -> str:
    found = _SEEN.search(page.get_data(as_text=True))
    assert found, said(page)
    return found[1]


def test_the_code_comes_after_safety_and_before_the_first_question(source: Source) -> None:
    page = source.post("safe", where="own")
    assert 'href="/en/code"' in page.get_data(as_text=True)
    words = source.take_code()
    confirm = source.get("code/words")
    assert "nine words" in said(confirm)
    leads_to(source.post("code/words", words=words), "/en/you")


def test_the_page_of_the_code_is_neutral_and_prints_words_only(source: Source) -> None:
    page = source.get("code").get_data(as_text=True)
    assert "<title>Nine words · Notebook</title>" in page
    main = page[page.index("<main") :]
    printed = re.sub(r'<(\w+) class="screen"[^>]*>.*?</\1>', "", main, flags=re.DOTALL)
    assert len(re.findall(r'class="figure"', printed)) == receipts.WORDS
    assert not re.search("account|sealed|1988|testimony", said_of(printed))


def said_of(markup: str) -> str:
    return re.sub(r"<[^>]*>", " ", markup)


def test_a_wrong_word_is_named_when_the_code_is_typed_back(source: Source) -> None:
    words = source.take_code().split()
    wrong = [*words[:3], "zzzzzz", *words[4:]]
    page = source.post("code/words", words=" ".join(wrong))
    assert "word number 4" in said(page)
    wrong[5] = "zzzzzz"
    page = source.post("code/words", words=" ".join(wrong))
    assert "word number 4 and 6" in said(page)
    page = source.post("code/words", words=" ".join([words[1], words[0], *words[2:]]))
    assert words[0] == words[1] or "words number 1 and 2 have changed places" in said(page)
    leads_to(source.post("code/words", words=" ".join(words)), "/en/you")


def test_two_words_that_changed_places_are_named_on_coming_back(source: Source) -> None:
    words = source.take_code().split()
    swapped = [words[1], words[0], *words[2:]]
    page = said(Source(source.instance).come_back(" ".join(swapped)))
    if words[0] != words[1] and "We know no account" not in page:  # one of 128 others is a code as well
        assert "Perhaps words number 1 and 2 have changed places." in page


def test_the_code_put_off_keeps_the_draft_in_the_browser_only_and_says_so(source: Source) -> None:
    assert "kept in this browser only" in said(source.get("code"))
    leads_to(source.post("code", action="later"), "/en/you")
    source.post("account", narrative=STORY, action="continue")
    assert "kept in this browser only" in said(source.get("account"))
    assert "It is gone when you close the browser" in said(source.get("rest"))
    assert rows(source.instance, KeptDraft) == []
    words = source.take_code()
    assert text_of(again(source, words).get("account")) == STORY


def test_another_browser_another_day_leads_to_where_one_was(source: Source) -> None:
    words = source.take_code()
    source.post("account", narrative=STORY, action="continue")
    source.post("pause", action="continue")
    leads_to(source.post("people", name="Simin", action="rest"), "/en/rest?at=people")
    assert "kept until" in said(source.get("rest?at=people"))
    wait(source, timedelta(days=20))
    other = Source(source.instance)
    leads_to(other.come_back(words), "/en/people")
    page = said(other.get("people"))
    assert "Everything you saved is here." in page
    assert "Simin" in page
    assert text_of(other.get("account")) == STORY


def test_days_begin_anew_with_each_page_and_their_end_is_told(source: Source) -> None:
    words = source.take_code()
    source.post("account", narrative=STORY, action="continue")
    wait(source, timedelta(days=27))
    other = again(source, words)
    assert "Not much time is left" in said(other.get("account"))
    other.post("account", narrative=STORY, action="continue")
    assert "Not much time is left" not in said(other.get("account"))
    wait(source, timedelta(days=29))
    again(source, words)


def test_a_draft_whose_time_is_over_opens_no_more_and_is_erased(source: Source) -> None:
    words = source.take_code()
    source.post("account", narrative=STORY, action="continue")
    source.attach()
    name = rows(source.instance, KeptDraft)[0].files
    wait(source, timedelta(days=31))
    other = Source(source.instance)
    assert "We know no account with these words" in said(other.come_back(words))
    swept = upkeep.sweep(
        source.instance.database, source.instance.settings, older_than=48 * 3600, now=source.instance.clock()
    )
    assert swept.drafts == 1
    assert rows(source.instance, KeptDraft) == rows(source.instance, DraftKey) == []
    assert name not in set(source.instance.files.names())


def test_what_was_typed_when_the_visit_had_ended_comes_to_what_was_saved(source: Source) -> None:
    words = source.take_code()
    source.post("account", narrative="The first half.", action="continue")
    page = source.get("account")
    form = {"csrf_token": token(page), "seen": seen(page)}
    wait(source)
    answer = source.send("account", narrative="The first half. And the second.", action="continue", **form)
    assert "What you wrote is here" in said(answer)
    assert "open first what you saved" in said(answer)
    assert text_of(answer) == "The first half. And the second."
    assert "What you typed last" in said(source.get("return"))
    assert "the rest is in order" not in said(answer)
    leads_to(source.come_back(words), "/en/account")
    page = source.get("account")
    assert "What you had just typed is with it." in said(page)
    assert text_of(page) == "The first half. And the second."


def test_permissions_given_after_the_visit_had_ended_lead_to_what_was_saved(source: Source) -> None:
    words = source.take_code()
    source.post("account", narrative=STORY, action="continue")
    form = {"csrf_token": token(source.get("permissions")), "action": "continue", "read": "yes"}
    wait(source)
    assert "open first what you saved" in said(source.send("permissions", **form))
    leads_to(source.post("permissions", read="yes", action="continue"), "/en/sharing")
    assert "open first what you saved" in said(source.get("check"))
    leads_to(source.post("check"), "/en/account")
    assert "Write something first" in said(source.get("account"))
    source.come_back(words)
    assert text_of(source.get("account")) == STORY
    assert 'name="read" value="yes" checked' in source.get("permissions").get_data(as_text=True)


def test_a_page_opened_after_the_visit_ended_asks_for_the_code_once(source: Source) -> None:
    words = source.take_code()
    source.post("account", narrative=STORY, action="continue")
    wait(source)
    leads_to(source.get("people"), "/en/return")
    assert "You were away for a long time" in said(source.get("return"))
    leads_to(source.come_back(words), "/en/pause")
    assert "Everything you saved is here." in said(source.get("pause"))
    assert text_of(source.get("account")) == STORY


def test_a_page_whose_answer_was_lost_is_sent_again_without_doubling(source: Source) -> None:
    source.take_code()
    page = source.get("account")
    form = {"csrf_token": token(page), "seen": seen(page), "action": "continue"}
    for story in ("Half.", "Half.", "Half, with a word changed."):
        leads_to(source.send("account", narrative=story, **form), "/en/pause")
    assert text_of(source.get("account")) == "Half, with a word changed."


def test_two_browsers_at_once_lose_no_words(instance: Instance) -> None:
    one = Source(instance)
    words = one.take_code()
    one.post("account", narrative="Together.", action="continue")
    other = again(one, words)
    shown = [browser.get("account") for browser in (one, other)]
    texts = ("Together. She wrote on.", "Together, he wrote.")
    for browser, page, narrative in zip((one, other), shown, texts, strict=True):
        browser.send(
            "account", narrative=narrative, csrf_token=token(page), seen=seen(page), action="continue"
        )
    page = other.get("account")
    assert "Nothing is lost: both are here" in said(page)
    assert [text_of(page).count(text) for text in texts] == [1, 1]
    cards = [browser.get("people?card=1") for browser in (one, other)]
    for browser, page, name in zip((one, other), cards, ("Simin", "Behrang"), strict=True):
        browser.send("people", name=name, csrf_token=token(page), action="add")
    assert all(name in said(one.get("people")) for name in ("Simin", "Behrang"))
    both = [browser.get("people?card=1") for browser in (one, other)]
    for browser, page, name in zip((one, other), both, ("Simin R", "Simin Rad"), strict=True):
        form = {"csrf_token": token(page), "seen": seen(page), "action": "continue"}
        browser.send("people?card=1", name=name, **form)
    assert all(name in said(one.get("people")) for name in ("Simin R", "Simin Rad", "Behrang"))


def test_permissions_chosen_in_two_browsers_are_all_there(source: Source) -> None:
    words = source.take_code()
    source.permit(read="yes", trusted="Simin", **{"after-death": "ask"})
    other = again(source, words)
    pages = [browser.get("permissions") for browser in (source, other)]
    answers = ({"read": "yes", "contact": "no"}, {"read": "ask"})
    for browser, page, given in zip((source, other), pages, answers, strict=True):
        browser.send("permissions", csrf_token=token(page), seen=seen(page), action="continue", **given)
    assert 'value="Simin"' in other.get("lasting").get_data(as_text=True)
    draft = other.get("permissions").get_data(as_text=True)
    assert 'name="contact" value="no" checked' in draft
    assert 'name="read" value="ask" checked' in draft


def test_sent_once_however_often_and_wherever_it_is_sent(instance: Instance) -> None:
    one = Source(instance)
    words = one.take_code()
    one.post("code/words", words=words)
    one.write()
    other = again(one, words)
    forms = [browser.get("check") for browser in (one, other)]
    done = one.send("check", csrf_token=token(forms[0]))
    leads_to(done, "/en/received")
    done.close()
    leads_to(one.send("check", csrf_token=token(forms[0])), "/en/received")
    assert "It has arrived" in said(one.get("received"))
    late = other.send("check", csrf_token=token(forms[1]))
    leads_to(late, "/en/received?sent=1")
    leads_to(other.get("received?sent=1"), "/en/return")
    assert "This account has been sent" in said(other.get("return"))
    assert len(rows(instance, Submission)) == 1
    assert rows(instance, KeptDraft) == rows(instance, DraftKey) == []
    leads_to(other.come_back(words), "/en/folder")
    assert STORY.splitlines()[0][:20] in said(other.get("folder"))


def test_a_second_press_that_comes_before_the_first_has_answered_leads_to_the_same_page(
    source: Source,
) -> None:
    words = source.take_code()
    source.post("code/words", words=words)
    source.write()
    form = token(source.get("check"))
    sessions = source.client.application.session_interface
    assert isinstance(sessions, SealedSessions)
    halves: Any = sessions.halves
    before = dict(halves._kept)
    leads_to(source.send("check", csrf_token=form), "/en/received")
    after, halves._kept = halves._kept, before  # as the second press found it
    leads_to(source.send("check", csrf_token=form), "/en/received?sent=1")
    halves._kept = after
    assert "It has arrived" in said(source.get("received?sent=1"))
    assert len(rows(source.instance, Submission)) == 1


def test_after_sending_the_session_has_no_words_and_no_keys_left(source: Source) -> None:
    words = source.take_code()
    source.post("code/words", words=words)
    source.write()
    source.post("check")
    assert "It has arrived" in said(source.get("received"))
    with source.client.session_transaction() as held:
        kept = str(dict(held))
    assert STORY[:20] not in kept
    assert "'receipt': ()" in kept or "'receipt': []" in kept
    assert "The nine words that you wrote down open your folder" in said(source.get("received"))
    assert "Begin" in said(source.get(""))
    assert source.get("account").status_code == 200, "one may begin another"


def test_a_code_that_was_not_typed_back_is_asked_for_at_the_end(source: Source) -> None:
    words = source.take_code()
    source.write()
    source.post("check")
    assert " ".join(source.words()) == words
    assert "All is kept" in said(source.post("received/words", words=words))


def test_files_come_along_to_another_browser(source: Source) -> None:
    words = source.take_code()
    source.post("account", narrative=STORY, action="continue")
    source.attach(b"\xff\xd8\xff a letter", name="letter.jpg")
    other = again(source, words)
    assert "letter.jpg" in said(other.get("documents"))
    other.attach(b"\xff\xd8\xff another", name="another.jpg")
    assert "another.jpg" in said(source.get("documents"))
    source.write()
    source.post("check")
    assert len(set(source.instance.files.names())) == 2


def begin_piecewise(source: Source, name: str = "long.mp4") -> str:
    """Begin a file of which one piece comes."""
    csrf = {"X-CSRF-Token": token(source.get("documents"))}
    upload = str(uuid4())
    path = f"/en/documents/arriving/{upload}"
    told = f'{{"name": "{name}", "size": 200000, "piece": 131072}}'
    assert source.client.put(path, data=told, headers=csrf).status_code == 200
    return path


def test_an_upload_goes_on_after_the_visit_ended_in_the_middle(source: Source) -> None:

    words = source.take_code()
    path = begin_piecewise(source)
    pieces = [bytes([65]) * 131072, bytes([66]) * (200000 - 131072)]
    hashes = [hashlib.sha256(piece) for piece in pieces]

    def put(index: int) -> int:
        csrf = {"X-CSRF-Token": token(source.get("documents")), "X-SHA-256": hashes[index].hexdigest()}
        status: int = source.client.put(f"{path}/{index}", data=pieces[index], headers=csrf).status_code
        return status

    assert put(0) == 204
    old = {"X-CSRF-Token": token(source.get("documents")), "X-SHA-256": hashes[1].hexdigest()}
    wait(source, timedelta(hours=11))
    assert 400 <= source.client.put(f"{path}/1", data=pieces[1], headers=old).status_code < 500
    leads_to(source.get("documents"), "/en/return")
    upkeep.sweep(
        source.instance.database, source.instance.settings, older_than=-(10**10), now=source.instance.clock()
    )
    source.come_back(words)
    assert "long.mp4" in said(source.get("documents"))
    assert put(1) == 204
    csrf = {"X-CSRF-Token": token(source.get("documents"))}
    told = b"".join(one.digest() for one in hashes)
    assert source.client.post(f"{path}/finish", data=told, headers=csrf).get_json() == {"done": True}


def test_a_form_with_a_file_that_took_longer_than_the_visit_is_in_the_draft(source: Source) -> None:
    words = source.take_code()
    source.post("account", narrative=STORY, action="continue")
    sessions = source.client.application.session_interface
    assert isinstance(sessions, SealedSessions)
    opened = sessions.open_session

    def slow(app: Any, request: Any) -> Any:
        # The second time that this request asks, its visit has ended.
        if request.path.endswith("/documents") and request.method == "POST":
            if getattr(request, "asked", False):
                wait(source)
            request.asked = True
        return opened(app, request)

    sessions.open_session = slow  # type: ignore[method-assign]
    source.attach(b"\xff\xd8\xff slowly", name="slow.jpg")
    sessions.open_session = opened  # type: ignore[method-assign]
    assert "slow.jpg" in said(again(source, words).get("documents"))


def test_what_came_only_in_part_is_named_before_sending_and_erased_with_it(source: Source) -> None:
    source.take_code()
    source.write()
    begin_piecewise(source, "half.mp4")
    assert "half.mp4" in said(source.get("check"))
    source.post("check").close()
    assert list((source.instance.files.folder / "arriving").glob("*/*")) == []


@pytest.mark.parametrize("coded", [True, False])
def test_erasing_is_a_button_and_leaves_nothing(source: Source, coded: bool) -> None:  # noqa: FBT001
    words = source.take_code() if coded else ""
    source.post("account", narrative=STORY, action="continue")
    source.attach()
    begin_piecewise(source)
    assert "Erase what I wrote" in said(source.get("rest"))
    leads_to(source.post("erase"), "/en/")
    assert "is erased" in said(source.get(""))
    assert rows(source.instance, KeptDraft) == rows(source.instance, DraftKey) == []
    assert list(source.instance.files.names()) == []
    assert list((source.instance.files.folder / "arriving").glob("*/*")) == []
    if coded:
        assert "We know no account" in said(source.come_back(words))


def test_erased_in_one_window_the_other_is_told(source: Source) -> None:
    words = source.take_code()
    source.post("account", narrative=STORY, action="continue")
    other = again(source, words)
    page = other.get("account")
    source.post("erase")
    leads_to(other.send("account", narrative=STORY, csrf_token=token(page), action="continue"), "/en/")
    assert "What was kept here is gone" in said(other.get(""))
    assert other.get("account").status_code == 200


@pytest.mark.parametrize("sent", [True, False])
def test_a_folder_is_taken_back_though_a_draft_begun_beside_it_went_in_another_window(
    source: Source, *, sent: bool
) -> None:
    folder = " ".join(Source(source.instance).submit())
    words = source.take_code()
    other = again(source, words)
    if sent:
        other.write()
        other.post("check").close()
    else:
        other.post("erase")
    leads_to(source.come_back(folder), "/en/folder")
    leads_to(source.post("folder/withdraw", sure="yes"), "/en/folder")
    assert [one.status for one in rows(source.instance, Submission)].count(Status.WITHDRAWN) == 1


def test_a_draft_begun_with_files_is_not_dropped_for_another(source: Source) -> None:
    words = source.take_code()
    other = Source(source.instance)
    other.post("account", narrative="begun without a code", action="continue")
    other.attach()
    leads_to(other.come_back(words), "/en/check")
    assert "another account was begun" in said(other.get("check"))
    assert "begun without a code" in said(other.get("check"))


def test_nothing_of_a_draft_is_seen_at_the_desk(source: Source) -> None:
    source.take_code()
    source.post("account", narrative=STORY, action="continue")
    source.attach(name="Kabootarnameh.jpg")
    with source.instance.database.session(write=False) as session:
        assert session.scalars(select(Submission.id)).all() == []
    desk = Source(source.instance, face=Face.DESK)
    page = desk.client.get("/en/cases/", follow_redirects=True)
    assert STORY[:12] not in said(page)


def test_the_code_is_stretched_once_and_no_page_stretches_it_again(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.take_code()

    def never(*_args: object, **_more: object) -> None:
        pytest.fail("the code was stretched again")

    monkeypatch.setattr(receipts, "derive_key", never)
    source.write()
    leads_to(source.post("check"), "/en/received")


def test_arrivals_of_a_kept_draft_have_a_name_that_only_its_key_gives(source: Source) -> None:
    source.take_code()
    begin_piecewise(source)
    row = rows(source.instance, KeptDraft)[0]
    assert len(Arrivals(source.instance.files.folder).uploads(row.arriving)) == 1
