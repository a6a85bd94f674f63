"""Many write at once: with scripts nobody notices, without them one waits kindly."""

import pytest
from end_to_end.browser import Person
from end_to_end.conftest import Portal
from end_to_end.walks import ON
from playwright.sync_api import Response, expect

from portal.intake import letting_in
from portal.intake.letting_in_words import kinds

LANGUAGES = pytest.mark.parametrize("language", ["fa", "en"])
ACCOUNT = {"fa": "تابستان ۶۷ برادرم را دیگر ندیدیم.", "en": "In the summer of 1988 the visits ended."}


@pytest.fixture
def crowded(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> Portal:
    """A portal to which somebody has just written, and where one is a crowd."""
    level = letting_in.Load.level
    monkeypatch.setattr(letting_in.Load, "level", lambda load, now, _quiet: level(load, now, 0.01))
    monkeypatch.setattr(letting_in, "PACE", 90.0)
    monkeypatch.setattr(letting_in, "QUIET_BITS", 8)
    monkeypatch.setattr(letting_in, "MOST_BITS", 8)
    first = portal.source("en", looked_at=False)
    write(first)
    first.go("/check")
    first.press(ON)
    assert first.page.url.endswith("/received")
    return portal


def write(person: Person) -> None:
    person.go("/account")
    person.fill({"narrative": ACCOUNT[person.language]})
    person.press(ON)
    person.go("/reaching")
    person.choose({"reread": "no"})
    person.press(ON)


@LANGUAGES
def test_without_scripts_one_waits_chooses_a_word_and_sends(crowded: Portal, language: str) -> None:
    person = crowded.source(language, looked_at=False)
    write(person)
    person.go("/check")
    person.looked_at = True
    person.press(ON)
    assert person.page.url.endswith("/wait?then=check")
    person.press("main a[href*='still=1']")
    crowded.instance.clock.advance(seconds=91)
    person.go("/wait?then=check")
    person.press(ON)  # nothing chosen yet
    asked = person.text("legend")
    kind = next(one for one in kinds(language).values() if one.ask == asked)
    labels = person.page.locator("label.card")
    words = labels.all_inner_texts()
    [right] = [place for place, word in enumerate(words) if word in kind.words]
    labels.nth((right + 1) % len(words)).click()
    person.press(ON)  # a wrong word costs another question
    kind = next(one for one in kinds(language).values() if one.ask == person.text("legend"))
    [word] = [one for one in labels.all_inner_texts() if one in kind.words]
    person.page.locator("label.card", has_text=word).click()
    person.press(ON)
    person.press(ON)
    assert person.page.url.endswith("/received")
    crowded.findings.check()


@LANGUAGES
def test_with_scripts_the_work_is_done_while_one_writes(crowded: Portal, language: str) -> None:
    context = crowded.browser.new_context(locale=language)
    crowded.people.callback(context.close)
    page, answers = context.new_page(), list[Response]()
    page.on("response", lambda answer: answers.append(answer) if "/wait/proof" in answer.url else None)
    with page.expect_response("**/wait/proof"):
        page.goto(f"{crowded.intake}/{language}/account")
    page.fill("[name=narrative]", ACCOUNT[language])
    with page.expect_navigation():
        page.click(ON)
    page.goto(f"{crowded.intake}/{language}/check")
    page.click("main button[name=reread][value=no]")
    page.wait_for_url("**/received")
    assert [one.status for one in answers] == [204]


def test_who_comes_to_the_waiting_page_before_the_work_is_done_goes_on_from_there(crowded: Portal) -> None:
    context = crowded.browser.new_context()
    crowded.people.callback(context.close)
    page = context.new_page()
    page.route("**/proof.js*", lambda route: route.abort())
    page.goto(f"{crowded.intake}/en/account")
    page.fill("[name=narrative]", ACCOUNT["en"])
    with page.expect_navigation():
        page.click(ON)
    page.goto(f"{crowded.intake}/en/check")
    page.unroute("**/proof.js*")
    page.click("main button[name=reread][value=no]")
    expect(page.locator("main form[action$='/check']")).to_be_visible()
    page.click(ON)
    page.wait_for_url("**/received")
