"""From every page one can leave, rest, go back, change the language; who would rather show, shows first."""

import re

import pytest
from builders import Instance
from sqlalchemy import select
from visits import STORY, Source, said

from portal.intake.journey import STEPS, Step, after, before, path
from portal.intake.models import SealedField


@pytest.fixture
def source(sqlite_instance: Instance) -> Source:
    return Source(sqlite_instance)


def file_page(source: Source) -> str:
    found = re.search(r"documents/[0-9a-f-]{36}(?=\")", source.get("documents").text)
    assert found
    return found[0]


# ways


def test_from_every_page_one_can_leave_rest_go_back_and_change_the_language(source: Source) -> None:
    source.attach(caption="a letter")
    beside = ["people/many", "voice", file_page(source)]
    before_words = {Step.SAFE, Step.CODE}  # nothing is written there yet
    for page in [*STEPS, *beside]:
        shown = source.get(page).text
        assert "data-leave" in shown, page
        assert 'class="languages"' in shown, page
        assert 'value="back"' in shown or re.search(r"<a[^>]*>Back</a>", shown), page
        rests = 'value="rest"' in shown or "/en/rest?at=" in shown
        assert rests or page in before_words, page


def test_resting_on_the_page_of_documents_takes_the_file_along(source: Source) -> None:
    answer = source.attach(name="letter.jpg", action="rest")
    assert answer.headers["Location"] == "/en/rest?at=documents"
    assert "letter.jpg" in said(source.get("documents"))


def test_resting_needs_no_file(source: Source) -> None:
    for page in ("documents", "voice"):
        answer = source.attach(b"", name="", path=page, action="rest")
        assert answer.headers["Location"].startswith("/en/rest"), page


def test_what_a_file_is_stays_when_one_rests_or_goes_back(source: Source) -> None:
    source.attach(name="letter.jpg")
    page = file_page(source)
    assert source.post(page, caption="from my brother", action="rest").location.startswith("/en/rest")
    assert source.post(page, caption="from my sister", action="back").location == "/en/documents"
    assert "from my sister" in said(source.get("documents"))


@pytest.mark.parametrize(("action", "way"), [("back", "/en/people"), ("rest", "/en/rest?at=people")])
def test_names_that_were_typed_come_along_with_back_and_with_rest(
    source: Source, action: str, way: str
) -> None:
    assert source.post("people/many", names="", action=action).location == way
    assert source.post("people/many", names="Simin Rad\nBehrang", action=action).location == way
    assert "Simin Rad" in said(source.get("people"))


def test_without_scripts_one_can_save_and_go_on_writing(source: Source) -> None:
    page = source.get("account").text
    [plain] = re.findall(r"<noscript>(.*?)</noscript>", page, re.DOTALL)
    assert 'value="save"' in plain
    assert "“Try again”" in plain
    answer = source.post("account", narrative="Half of it.", action="save")
    assert answer.location == "/en/account"
    page = source.get("account").text
    assert "Half of it." in page
    assert "Saved. You can go on writing." in page
    assert "“Try again”" in source.get("people").text


# showing and speaking first


def test_who_would_rather_show_or_speak_meets_that_page_before_the_one_to_write_on() -> None:
    show, speak, write = ({"how": how} for how in ("show", "speak", "write"))
    assert after(Step.TOLD, show) is Step.DOCUMENTS
    assert after(Step.DOCUMENTS, show) is Step.ACCOUNT
    assert before(Step.PERMISSIONS, show) is Step.RESPONSIBLE
    assert path(show).count(Step.DOCUMENTS) == 1
    assert after(Step.TOLD, speak) is Step.VOICE
    assert after(Step.VOICE, speak) is Step.ACCOUNT
    assert after(Step.RESPONSIBLE, speak) is Step.DOCUMENTS
    assert Step.VOICE not in path(write)
    assert sorted(path(show)) == sorted(path(write))


@pytest.mark.parametrize(("how", "first"), [("show", "documents"), ("speak", "voice")])
def test_what_is_shown_first_is_enough_and_one_can_still_write(source: Source, how: str, first: str) -> None:
    source.post("how", how=how, action="continue")
    assert source.post("told", action="skip").location == f"/en/{first}"
    assert "On the next page you can write something beside it" in said(source.get(first))
    assert source.attach(b"", name="", path=first, action="back").location == "/en/told"
    source.post("told", action="skip")
    source.attach(name="first.jpg", path=first, action="add")
    assert "first.jpg" in said(source.get(first)), "one comes back to the page one was on"
    assert source.attach(b"", name="", path=first, action="continue").location == "/en/account"
    page = said(source.get("account"))
    assert "leave this page empty and go on" in page
    assert source.post("account", narrative=STORY, action="back").location == f"/en/{first}"
    assert source.post("account", narrative="", action="continue").location == "/en/pause"


def test_resting_at_the_first_page_leads_back_to_it(source: Source) -> None:
    source.post("how", how="speak", action="continue")
    source.post("told", action="skip")
    answer = source.attach(b"", name="", path="voice", action="rest")
    assert answer.location == "/en/rest?at=voice"
    assert 'href="/en/voice"' in source.get("rest?at=voice").text
    assert 'href="/en/voice"' in source.get("").text


# the last look


def test_a_question_that_is_its_pages_heading_is_said_once_on_the_last_page(source: Source) -> None:
    source.write()
    page = said(source.get("check"))
    [asked] = {"Who are you in this story?"} & {page[page.index("Who are you") :][:26]}
    assert page.count(asked) - page.count(f"Change {asked}") - page.count(f"Add {asked}") == 1


def test_nobody_sends_without_knowing_what_the_words_will_open(
    source: Source, sqlite_instance: Instance
) -> None:
    source.write(reread="")
    page = source.get("check")
    assert "should they also show what you sent?" in said(page)
    assert said(page).count("Send it.") == 2
    assert source.post("check").location == "/en/check#opens"
    assert source.post("check", reread="perhaps").location == "/en/check#opens"
    assert source.post("check", reread="yes").location == "/en/received"
    words = source.words()
    assert "they also show what you sent" in said(source.get("received"))
    source.come_back(" ".join(words))
    folder = said(source.get("folder"))
    assert "I do not remember the day." in folder
    assert "Your nine words do not show it" not in folder
    with sqlite_instance.database.session(write=False) as session:
        assert session.scalars(select(SealedField)).first() is not None


def test_who_keeps_it_closed_reads_why_and_what_can_be_done(source: Source) -> None:
    source.write(reread="")
    source.post("check", reread="no")
    words = source.words()
    assert "whoever finds them cannot read it" in said(source.get("received"))
    source.come_back(" ".join(words))
    folder = said(source.get("folder"))
    assert "so that nobody who finds them can read it" in folder
    assert "write a message" in folder
    assert "I do not remember the day." not in folder


def test_whoever_answered_before_is_not_asked_again(source: Source) -> None:
    source.write(reread="no")
    page = source.get("check").text
    assert 'id="opens"' not in page
    assert source.post("check").location == "/en/received"


# afterwards


def test_the_words_are_printed_alone_and_a_short_receipt_says_nothing_of_the_matter(source: Source) -> None:
    source.attach()
    words = source.submit()
    page = source.get("received").text
    column = page[page.index('<div class="column">') : page.index("</main>")]
    assert not re.findall(
        r"<(?:h1|h2|p)(?! class=\"(?:screen|buttons)\")", column.split('<div class="screen">')[0]
    )
    done = source.post("received/words", words=" ".join(words))
    assert 'href="/en/return"' in done.text
    assert 'href="#receipt"' in done.text
    receipt = done.text[done.text.index('id="receipt"') :]
    receipt = said_of(receipt[: receipt.index("</section>")])
    assert "Received 22 November 2026" in receipt
    assert "Texts 1" in receipt
    assert "Files 1" in receipt


def said_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def test_a_folder_that_waits_for_a_yes_leads_to_where_it_is_said(source: Source) -> None:
    words = source.submit(read="no", contact="yes")
    source.come_back(" ".join(words))
    page = source.get("folder").text
    stands = page[page.index("Where it stands") : page.index("Who opened it")]
    assert 'href="/en/folder/permissions"' in stands


# the words


def test_a_misspelt_word_is_said_once_and_the_words_it_may_be_come_first(source: Source) -> None:
    words = source.submit()
    typed = " ".join([*words[:3], words[3] + "x", *words[4:]])
    page = source.post("return", words=typed)
    shown = said(page)
    assert shown.count("Word number 4 is not one of ours") == 1
    assert "look again" not in shown.lower()
    assert "another look" not in shown
    assert shown.index("Word number 4") < shown.index("They open what you saved")
    assert 'aria-describedby="words-help words-error"' in page.text
    assert 'id="words-error"' in page.text
    assert f"{words[3]}x" in page.text, "what was typed is still there"


def test_a_wrong_word_that_is_one_of_ours_is_said_once(source: Source) -> None:
    source.submit()
    other = Source(source.instance)
    first, second, *rest = source.words()
    shown = said(other.post("return", words=" ".join([second, first, *rest])))
    assert shown.count("One of the words is not right") == 1
    assert shown.index("Perhaps words number 1 and 2") < shown.index("One of the words is not right")
