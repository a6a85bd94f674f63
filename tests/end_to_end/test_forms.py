"""What people do to forms: send them twice, go back, stay away too long, use keys alone, huge files."""

import re
import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, build_opener

import pytest
from builders import Instance
from end_to_end.browser import Person
from end_to_end.conftest import Portal
from end_to_end.walks import ON, come_back, confirm, sample, send, tell
from playwright.sync_api import Route
from sqlalchemy import func, select

from portal.intake.models import Message, Submission

LANGUAGES = pytest.mark.parametrize("language", ["fa", "en"])
MEGABYTE = 1024 * 1024


def _how_many(instance: Instance, what: type[Submission] | type[Message]) -> int:
    with instance.database.session(write=False) as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


def _cookies(person: Person) -> str:
    return "; ".join(f"{one['name']}={one['value']}" for one in person.context.cookies())


def _token(person: Person) -> str:
    return person.page.locator("form [name=csrf_token]").first.input_value()


@LANGUAGES
def test_an_account_sent_with_two_quick_presses_is_kept_once(portal: Portal, language: str) -> None:
    source = portal.source(language, looked_at=False)
    tell(source, files=False)
    source.page.locator(ON).dblclick()
    source.page.wait_for_url("**/received")
    kept = source.page.locator(".words bdi").all_inner_texts()
    assert len(kept) == 9
    assert _how_many(portal.instance, Submission) == 1


def test_an_account_sent_eight_times_at_once_is_kept_once(portal: Portal) -> None:
    source = portal.source("en", looked_at=False)
    tell(source, files=False)
    with ThreadPoolExecutor(8) as pool:
        led = [one.result() for one in [pool.submit(_posted_from, *_what(source)) for _ in range(8)]]
    assert {urlsplit(one).path for one in led} == {"/en/received"}
    assert _how_many(portal.instance, Submission) == 1
    source.go("/check")
    assert source.page.url.endswith("/received")
    confirm_words = source.page.locator(".words bdi").all_inner_texts()
    returning = portal.source("en", looked_at=False)
    returning.go("/return")
    returning.fill({"words": " ".join(confirm_words)})
    returning.press(ON)
    assert sample("en")["narrative"] in returning.text(".narrative")


def _what(person: Person) -> tuple[str, str, str]:
    return person.page.url, _token(person), _cookies(person)


def _posted_from(address: str, token: str, cookies: str) -> str:
    body = urlencode({"csrf_token": token, "action": "continue"}).encode()
    asked = Request(address, data=body, headers={"Cookie": cookies})  # noqa: S310 - loopback
    with build_opener().open(asked) as answer:
        return str(answer.url)


@LANGUAGES
def test_going_back_loses_no_text(portal: Portal, language: str) -> None:
    source, narrative = portal.source(language, looked_at=False), sample(language)["narrative"]
    source.go("/account")
    source.fill({"narrative": narrative})
    source.press("main form button[value=back]")
    assert source.page.url.endswith("/told")
    source.choose({"told_to": "court"})
    source.fill({"when": "۱۳۹۱"})
    source.press(ON)
    assert source.page.input_value("[name=narrative]") == narrative
    source.fill({"narrative": narrative + "\n\nمادرم"})
    source.press("main form button[value=back]")
    assert source.page.is_checked("input[name=told_to][value=court]")
    assert source.page.input_value("[name=when]") == "۱۳۹۱"
    source.press(ON)
    source.press(ON)
    source.back()
    assert source.page.input_value("[name=narrative]") == narrative + "\n\nمادرم"
    source.go("/people")
    source.fill({"name": "سیمین"})
    source.press("main form button[value=back]")
    source.press(ON)
    assert "سیمین" in source.text(".files")
    assert not source.page.input_value("[name=name]"), "a kept card is not shown as a new one"
    source.go("/reaching")
    source.fill({"called": "Seagull", "contact": "after dark"})
    source.press("main form button[value=back]")
    source.press(ON)
    assert source.page.input_value("[name=contact]") == "after dark"
    portal.findings.check()


@LANGUAGES
def test_what_was_typed_is_shown_again_when_the_session_has_ended(portal: Portal, language: str) -> None:
    source, narrative = portal.source(language), sample(language)["narrative"]
    source.go("/account")
    source.fill({"narrative": narrative})
    portal.instance.clock.advance(hours=4)
    source.press(ON)
    assert source.page.locator("#errors").is_visible()
    assert source.page.input_value("[name=narrative]") == narrative
    source.press(ON)
    assert source.page.url.endswith("/pause")
    source.go("/account")
    assert source.page.input_value("[name=narrative]") == narrative
    portal.findings.check()


def test_a_message_to_a_folder_that_closed_meanwhile_is_not_sent(portal: Portal) -> None:
    source = portal.source("en", looked_at=False)
    tell(source, files=False)
    kept = send(source)
    confirm(source, kept)
    come_back(source, kept)
    source.fill({"text": "One more thing."})
    portal.instance.clock.advance(hours=4)
    source.press("form[action$='/folder/reply'] button")
    assert source.page.url.endswith("/return")
    assert _how_many(portal.instance, Message) == 0
    portal.findings.check()


@LANGUAGES
def test_a_file_over_the_limit_is_refused_on_a_page_that_can_be_read(
    small_portal: Portal, language: str
) -> None:
    source = small_portal.source(language)
    source.go("/documents")
    source.attach("film.mp4", b"\0" * (3 * MEGABYTE), "A film")
    assert source.status == 413
    said = source.text("#errors")
    assert ("۱ مگابایت" if language == "fa" else "1 megabyte") in said
    assert source.page.locator(".files").count() == 0
    source.press("[data-upload] button[type=submit]")
    assert source.status == 400, "no file was chosen"
    assert source.page.locator("#errors").is_visible()
    source.attach("film.mp4", b"\0" * (MEGABYTE // 2), "A shorter film")
    assert source.status == 200
    assert "A shorter film" in source.text(".files")
    assert len([*small_portal.instance.files.names()]) == 1
    small_portal.findings.check()


@LANGUAGES
def test_a_file_that_cannot_be_added_to_a_folder_is_refused_on_a_page_that_can_be_read(
    small_portal: Portal, language: str
) -> None:
    source = small_portal.source(language)
    tell(source, files=False)
    come_back(source, send(source))
    source.go("/folder/file")
    source.attach("film.mp4", b"\0" * (3 * MEGABYTE), "A film")
    assert source.status == 413
    assert source.page.locator("#errors").is_visible()
    source.press("[data-upload] button[type=submit]")
    assert source.status == 400
    assert source.page.locator("#errors").is_visible()
    assert not [*small_portal.instance.files.names()]
    source.attach("letter.txt", b"A letter", "From my brother")
    assert "From my brother" in source.text()
    small_portal.findings.check()


def test_a_file_over_the_limit_is_refused_before_any_of_it_is_read(small_portal: Portal) -> None:
    where = urlsplit(small_portal.intake)
    head = (
        f"POST /en/documents HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Length: {2**31}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    with socket.create_connection((str(where.hostname), int(where.port or 0)), timeout=10) as line:
        line.sendall(head.encode())
        answer = line.recv(200).decode()
    assert re.match(r"HTTP/1\.[01] 413 ", answer)
    assert not [*small_portal.instance.files.names()]


@LANGUAGES
def test_the_keyboard_alone_is_enough_to_tell(portal: Portal, language: str) -> None:
    source, narrative = portal.source(language), "به یاد می‌آورم" if language == "fa" else "I remember"
    keys = source.page.keyboard
    source.go("/account")
    keys.press("Tab")
    assert _focused(source) == "leave"
    _tab_to(source, "narrative")
    keys.type(narrative)
    _tab_to(source, "action", "save")
    _tab_to(source, "action", "continue")
    with source.page.expect_navigation():
        keys.press("Enter")
    assert source.page.url.endswith("/pause")
    source.go("/you")
    keys.press("Tab")
    assert _focused(source) == "leave"
    _tab_to(source, "relation")
    keys.press("ArrowDown")
    _tab_to(source, "action")
    with source.page.expect_navigation():
        keys.press("Enter")
    source.go("/check")
    assert narrative in source.text(".narrative")
    _tab_to(source, "reread", "yes")
    _tab_to(source, "reread", "no")
    with source.page.expect_navigation():
        keys.press("Enter")
    assert source.page.url.endswith("/received")
    portal.findings.check()


def _focused(person: Person) -> str:
    """Return the name, or else the class, of what has the focus; it must be seen to have it."""
    found = person.page.evaluate(
        """() => { const one = document.activeElement;
        const outlined = (it) => it && getComputedStyle(it).outlineStyle !== 'none';
        const seen = outlined(one) || outlined(one.closest('.card, .segments > label'));
        return [one.getAttribute('name') || one.className, seen]; }"""
    )
    assert found[1], f"{found[0]} does not show that it has the focus"
    return str(found[0])


def _tab_to(person: Person, name: str, value: str = "") -> None:
    for _ in range(30):
        person.page.keyboard.press("Tab")
        if _focused(person) == name and value in {"", _value(person)}:
            return
    raise AssertionError(f"the keyboard does not reach {name} {value}")


def _value(person: Person) -> str:
    return str(person.page.evaluate("document.activeElement.value"))


@LANGUAGES
def test_the_journey_works_with_fonts_pictures_media_and_scripts_shut_off(
    portal: Portal, language: str
) -> None:
    source = portal.source(language, without=frozenset({"font", "image", "media"}))
    tell(source)
    kept = send(source)
    confirm(source, kept)
    come_back(source, kept)
    assert sample(language)["narrative"] in source.text(".narrative")
    source.fill({"text": "سلام"})
    source.press("form[action$='/folder/reply'] button")
    assert "سلام" in source.text("#messages")
    portal.findings.check()


def test_what_is_wrong_with_a_page_would_be_found(portal: Portal) -> None:
    spoiled = (
        '<img src="/static/favicon.png"><p class="scroll"></p><script>1</script>'
        '<img alt="" src="http://127.0.0.2:9/x.png"><textarea></textarea>'
        f'<table><tr><td><bdi dir="ltr">{"wide " * 40}</bdi></td></tr></table>'
    )

    def spoil(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("</main>", spoiled + "</main>"))

    source = portal.source("en")
    source.page.route("**/en/return", spoil)
    source.go("/return")
    found = " ".join(portal.findings.lines)
    for sign in ("image-alt", "label: <textarea", "wider than 390", "to another place", "Content Security"):
        assert sign in found, found
    portal.findings.lines.clear()
    source.go("/account")
    portal.findings.check()


_CUT = """() => [...document.querySelectorAll('.words bdi')].filter((one) => {
    const [here, room] = [one.getBoundingClientRect(), one.closest('ol').getBoundingClientRect()];
    return one.getClientRects().length > 1 || here.left < room.left || here.right > room.right;
  }).map((one) => one.textContent)"""
_LINES = "() => new Set([...document.querySelectorAll('.words li')].map((one) => one.offsetTop)).size"
_LETTERS = "() => parseFloat(getComputedStyle(document.querySelector('.words bdi')).fontSize)"


@LANGUAGES
def test_on_a_phone_the_nine_words_are_large_one_a_line_and_never_cut(portal: Portal, language: str) -> None:
    source = portal.source(language, looked_at=False)
    source.go("/code")
    for width in (390, 320):
        source.page.set_viewport_size({"width": width, "height": 800})
        for size in ("100%", "200%"):
            source.page.evaluate("(size) => { document.documentElement.style.fontSize = size; }", size)
            assert source.page.evaluate(_LINES) == 9
            assert source.page.evaluate(_CUT) == []
            assert source.page.evaluate(_LETTERS) >= 28


@LANGUAGES
def test_enter_in_a_field_of_a_card_goes_on_with_scripts_and_without(portal: Portal, language: str) -> None:
    for scripts in (False, True):
        context = portal.browser.new_context(java_script_enabled=scripts)
        portal.people.callback(context.close)
        page = context.new_page()
        page.goto(f"{portal.intake}/{language}/people")
        page.fill("[name=name]", "سیمین")
        with page.expect_navigation(url="**/places"):
            page.press("[name=name]", "Enter")
        page.goto(f"{portal.intake}/{language}/people")
        assert "سیمین" in page.locator(".files").inner_text()
