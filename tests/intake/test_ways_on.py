"""From every page one can leave, rest, go back, change the language; who would rather show, shows first."""

import re
from html.parser import HTMLParser

import pytest
from builders import Instance
from sqlalchemy import select
from visits import STORY, Source, said

from portal.intake.journey import STEPS, Step, after, before, path
from portal.intake.models import SealedField
from portal.intake.permission_forms import PAGES


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
    assert "The words are not right yet Go to what I typed" in shown, "at the top, the way to it"
    assert shown.index("They open what you saved") < shown.index("Word number 4"), "beside the field, once"
    places = [page.text.index(one) for one in ('href="#words"', 'id="words-error"', 'id="words"')]
    assert places == sorted(places)
    assert 'aria-describedby="words-help words-error"' in page.text
    assert 'id="words-error"' in page.text
    assert f"{words[3]}x" in page.text, "what was typed is still there"


def test_a_wrong_word_that_is_one_of_ours_is_said_once(source: Source) -> None:
    source.submit()
    other = Source(source.instance)
    first, second, *rest = source.words()
    shown = said(other.post("return", words=" ".join([second, first, *rest])))
    assert shown.count("Perhaps words number 1 and 2 have changed places.") == 1
    assert "One of the words is not right" not in shown, "what it may be says so already"
    assert shown.index("Perhaps words number 1 and 2") < shown.index("If it is not that")


class Forms(HTMLParser):
    """The buttons of each form in the page's order: what Enter presses in a field of it is the first."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.inside, self.buttons = "", dict[str, list[dict[str, str | None]]]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "form":
            self.inside = told.get("id") or f"form {len(self.buttons)}"
        elif tag == "button" and told.get("type") == "submit":
            self.buttons.setdefault(told.get("form") or self.inside, []).append(told)

    def handle_endtag(self, tag: str) -> None:
        self.inside = "" if tag == "form" else self.inside


@pytest.mark.parametrize("page", ["people", "people?card=1", "places", "responsible", "told", "group"])
def test_enter_in_a_field_goes_on(source: Source, page: str) -> None:
    source.post("people", name="Simin", action="add")
    first, *others = Forms(source.get(page).text).buttons["journey"]
    assert "value" not in first
    assert (first["tabindex"], first["aria-hidden"]) == ("-1", "true"), "it is for no eye and no Tab"
    assert "continue" in {one["value"] for one in others}


def test_enter_keeps_a_card_that_is_changed_and_leads_back_to_the_cards(source: Source) -> None:
    source.post("people", name="Simin", action="add")
    assert source.post("people?card=1", name="Simin Rad").location == "/en/people"
    assert "Simin Rad" in source.get("people").text
    assert source.post("people", name="Behrang").location == "/en/places"
    assert "Kept: 2 cards" in said(source.get("people"))


def test_enter_on_the_pages_of_permissions_goes_on_before_any_other_button(source: Source) -> None:
    source.write()
    for page in PAGES:
        first = Forms(source.get(f"{page}?change=1").text).buttons["rows"][0]
        assert first.get("value") in {None, "continue"}, page
    assert source.post("lasting?change=1", until="1410").location == "/en/check"
    source.post("check")
    source.come_back(" ".join(source.words()))
    for page in ("", *(f"/{step}" for step in PAGES if step is not Step.PERMISSIONS)):
        first = Forms(source.get(f"folder/permissions{page}").text).buttons["rows"][0]
        assert first.get("value") in {None, "continue"}, page


def test_who_has_a_list_of_names_says_so_once_and_keeps_the_card_that_was_begun(source: Source) -> None:
    page = said(source.get("people"))
    assert page.count("I have a list of names") == 1
    assert source.post("people", name="Simin", action="many").location == "/en/people/many?at=people"
    assert "Simin" in source.get("people").text
    assert "I have a list of names" not in said(source.get("people?card=1"))


def test_nothing_can_be_skipped_that_is_answered(source: Source) -> None:
    for page, answer in {
        "you": {"relation": "sibling"},
        "told": {"told_to": "court"},
        "people": {"name": "Simin"},
        "group": {"group": "none that I know of"},
    }.items():
        assert 'value="skip"' in source.get(page).text, page
        source.post(page, action="continue", **answer)
        assert 'value="skip"' not in source.get(f"{page}?change=1").text, page
        assert 'value="skip"' not in source.get(page).text, page
    source.attach()
    page = file_page(source)
    assert 'value="skip"' in source.get(page).text
    source.post(page, kind="letter", action="continue")
    assert 'value="skip"' not in source.get(page).text


def test_speaking_and_attaching_stand_before_the_way_on(source: Source) -> None:
    page = source.get("account").text
    assert page.index('value="voice"') < page.index('value="documents"') < page.index('value="continue"')
    for page in ("voice", "documents"):
        shown = source.get(page).text
        assert shown.index('type="file"') < shown.index('value="continue"')


def test_what_later_means_is_said_before_it_can_be_pressed(source: Source) -> None:
    page = source.get("code").text
    assert page.index("“Later”") < page.index('value="later"')
    source.take_code()
    page = source.get("code/words").text
    assert page.index("“Later”") < page.index(">Later</a>")


def test_the_page_of_the_voice_says_what_becomes_of_a_recording(source: Source) -> None:
    page = source.get("voice")
    for words in ("we do not change it", "only if you allow reading", "“Delete” erases it at once"):
        assert words in said(page)
    assert page.text.index("<h2>Send a recording that you have</h2>") < page.text.index('type="file"')
