"""Files and voices that come piece by piece, in a real browser: cut lines, pauses, reloads, a microphone."""

import gzip
import os
import re
from collections.abc import Iterator

import pytest
from builders import Instance
from end_to_end.browser import DESKTOP, PHONE, audit, chromium, ready, shoot, watch
from end_to_end.conftest import Portal
from end_to_end.walks import ON
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, Route, expect

from portal.config import PACKAGE

LANGUAGES = pytest.mark.parametrize("language", ["fa", "en"])
PIECE = 256 * 1024
SHORT = FilePayload(name="letter.jpg", mimeType="image/jpeg", buffer=b"\xff\xd8\xff" + bytes(1000))
FILM = FilePayload(name="film.mp4", mimeType="video/mp4", buffer=os.urandom(8 * PIECE + 17))
HERE = "[data-here] .files > li:not([data-upload-id])"


def opened(portal: Portal, language: str, path: str = "documents") -> Page:
    context = portal.browser.new_context(viewport=PHONE, locale=language)
    return _entered(portal, context, language, path)


def _entered(portal: Portal, context: BrowserContext, language: str, path: str) -> Page:
    watch(context, (portal.intake, portal.desk), portal.findings)
    context.set_default_timeout(20_000)
    portal.people.callback(context.close)
    page = context.new_page()
    page.goto(f"{portal.intake}/{language}/{path}")
    return page


def looked_at(portal: Portal, page: Page, where: str) -> None:
    ready(page)
    for viewport in (PHONE, DESKTOP):
        page.set_viewport_size(viewport)
        audit(page, where, portal.findings, strict=True)
        shoot(page, f"arriving {where} {viewport['width']}")
    page.set_viewport_size(PHONE)


def choose(page: Page, *files: FilePayload) -> None:
    page.set_input_files("input[name=file]", list(files))


def kept(instance: Instance) -> int:
    return len([*instance.files.names()])


def in_part(instance: Instance) -> int:
    """How many pieces have come that are no document yet."""
    return len([one for one in (instance.settings.files / "arriving").rglob("0*") if one.is_file()])


@LANGUAGES
def test_several_files_come_at_once_and_are_listed(portal: Portal, language: str) -> None:
    page = opened(portal, language)
    looked_at(portal, page, f"{language} documents empty")
    choose(page, SHORT, FILM, {**SHORT, "name": "نامهٔ دوم.jpg"})
    expect(page.locator(HERE)).to_have_count(3)
    expect(page.locator("[data-coming] > li")).to_have_count(0)
    assert kept(portal.instance) == 3
    assert in_part(portal.instance) == 0
    looked_at(portal, page, f"{language} documents full")
    page.locator(HERE).first.locator("a").click()
    looked_at(portal, page, f"{language} about a file")
    portal.findings.check()


@LANGUAGES
def test_a_cut_line_is_said_and_the_file_goes_on_by_itself(portal: Portal, language: str) -> None:
    page = opened(portal, language)
    cut: list[str] = []

    def cutting(route: Route) -> None:
        if len(cut) < 2 and route.request.url.endswith(("/3", "/4")):
            cut.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    page.route(re.compile(r"/arriving/.*/\d+$"), cutting)
    choose(page, FILM)
    expect(page.locator("[data-coming] [role=status]")).to_contain_text(
        "اینترنت قطع" if language == "fa" else "line is gone"
    )
    looked_at(portal, page, f"{language} documents cut")
    expect(page.locator(HERE)).to_have_count(1)
    assert len(cut) == 2
    portal.findings.check()


def test_a_browser_that_is_offline_for_a_while_loses_nothing(portal: Portal) -> None:
    page = opened(portal, "en")

    def cut(route: Route) -> None:
        page.context.set_offline(True)
        route.abort()

    page.route(re.compile(r"/arriving/.*/2$"), cut)
    choose(page, FILM)
    expect(page.locator("[data-coming] [role=status]")).to_contain_text("line is gone")
    page.unroute_all()
    page.context.set_offline(False)
    expect(page.locator(HERE)).to_have_count(1)


@LANGUAGES
def test_what_was_typed_stays_on_the_page_while_there_is_no_line(portal: Portal, language: str) -> None:
    page, typed = opened(portal, language, "account"), "One word, and no line."
    page.fill("[name=narrative]", typed)
    page.context.set_offline(True)
    page.click(ON)
    expect(page.locator("[data-broken]")).to_be_visible()
    shoot(page, f"no line {language}")
    page.context.set_offline(False)
    page.click("main form button[value=rest]")
    page.wait_for_url("**/rest**")
    page.goto(f"{portal.intake}/{language}/account")
    assert page.input_value("[name=narrative]") == typed


@LANGUAGES
def test_a_file_is_paused_and_goes_on(portal: Portal, language: str) -> None:
    page = opened(portal, language)
    page.route(re.compile(r"/arriving/.*/3$"), lambda _route: None)
    choose(page, FILM)
    page.wait_for_function("() => document.querySelector('[data-coming] progress').value > 20")
    page.locator("[data-pause]").click()
    expect(page.locator("[data-go]")).to_be_visible()
    looked_at(portal, page, f"{language} documents paused")
    assert in_part(portal.instance) == 3
    page.unroute_all(behavior="ignoreErrors")
    page.locator("[data-go]").click()
    expect(page.locator(HERE)).to_have_count(1)
    portal.findings.check()


@LANGUAGES
def test_a_page_loaded_again_in_mid_upload_goes_on_with_the_same_file(portal: Portal, language: str) -> None:
    page = opened(portal, language)
    page.route(re.compile(r"/arriving/.*/5$"), lambda _route: None)
    choose(page, FILM)
    page.wait_for_function("() => document.querySelector('[data-coming] progress').value > 50")
    page.unroute_all(behavior="ignoreErrors")
    page.reload()
    expect(page.locator("[data-upload-id]")).to_be_visible()
    looked_at(portal, page, f"{language} documents in part")
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.url) if one.method == "PUT" else None)
    choose(page, FILM)
    expect(page.locator(HERE)).to_have_count(1)
    assert len([one for one in sent if re.search(r"/\d+$", one)]) <= 4, "only what was missing was sent"
    portal.findings.check()


def test_what_is_on_its_way_is_not_left_behind_unnoticed_and_can_be_left_out(portal: Portal) -> None:
    page = opened(portal, "en")
    page.route(re.compile(r"/arriving/.*/3$"), lambda _route: None)
    choose(page, FILM)
    page.wait_for_function("() => document.querySelector('[data-coming] progress').value > 20")
    page.locator("button[value=continue]").click()
    expect(page.locator("[data-leaving]")).to_be_visible()
    looked_at(portal, page, "en documents leaving")
    page.locator("[data-drop]").click()
    expect(page.locator("[data-coming] > li")).to_have_count(0)
    page.wait_for_timeout(500)
    assert in_part(portal.instance) == 0
    page.locator("button[value=continue]").click()
    page.wait_for_url(lambda url: not url.endswith("/documents"))
    portal.findings.check()


@LANGUAGES
def test_a_file_over_the_limit_is_refused_before_it_is_sent(portal: Portal, language: str) -> None:
    object.__setattr__(portal.instance.settings, "chunked_file_limit", 1024 * 1024)
    page = opened(portal, language)
    choose(page, FILM)
    expect(page.locator("[data-coming] [role=status]")).to_contain_text(
        "بزرگ‌تر" if language == "fa" else "larger than"
    )
    looked_at(portal, page, f"{language} documents too large")
    assert in_part(portal.instance) == 0
    portal.findings.check()


# the voice


@pytest.fixture
def microphone(browser: Browser) -> Iterator[Browser]:
    """A browser with a microphone into which nobody speaks: it beeps."""
    found = browser.browser_type.launch(
        executable_path=chromium(),
        args=[
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
        ],
    )
    yield found
    found.close()


def recorder(portal: Portal, browser: Browser, language: str, *, allowed: bool = True) -> Page:
    context = browser.new_context(viewport=PHONE, locale=language)
    if allowed:
        context.grant_permissions(["microphone"])
    return _entered(portal, context, language, "voice")


@LANGUAGES
def test_a_voice_is_recorded_paused_listened_to_and_kept(
    portal: Portal, microphone: Browser, language: str
) -> None:
    page = recorder(portal, microphone, language)
    looked_at(portal, page, f"{language} voice")
    page.locator(".recorder [data-start]").click()
    expect(page.locator(".recorder [data-heard]")).not_to_be_empty()
    expect(page.locator(".recorder [data-time]")).to_contain_text("۰۳" if language == "fa" else "03")
    looked_at(portal, page, f"{language} voice recording")
    page.locator(".recorder [data-pause]").click()
    expect(page.locator(".recorder [data-go]")).to_be_focused()
    page.wait_for_timeout(500)
    assert in_part(portal.instance) == 1, "what was said before the pause is there already"
    page.locator(".recorder [data-go]").click()
    page.wait_for_timeout(1500)
    page.locator(".recorder [data-stop]").click()
    expect(page.locator("audio")).to_be_visible()
    looked_at(portal, page, f"{language} voice stopped")
    page.evaluate("() => document.querySelector('audio').play()")
    page.wait_for_function("() => document.querySelector('audio').currentTime > 0.5")
    page.locator(".recorder [data-keep]").click()
    page.wait_for_url("**/documents")
    expect(page.locator(HERE)).to_have_count(1)
    assert kept(portal.instance) == 1
    assert in_part(portal.instance) == 0
    portal.findings.check()


def test_a_recording_is_deleted_and_made_again(portal: Portal, microphone: Browser) -> None:
    page = recorder(portal, microphone, "en")
    for _ in range(2):
        page.locator(".recorder [data-start]").click()
        page.wait_for_timeout(1200)
        page.locator(".recorder [data-stop]").click()
        expect(page.locator(".recorder [data-again]")).to_be_visible()
        page.wait_for_timeout(500)
        page.locator(".recorder [data-again]").click()
        expect(page.locator(".recorder [data-start]")).to_be_focused()
        page.wait_for_timeout(300)
        assert in_part(portal.instance) == 0
    assert kept(portal.instance) == 0
    portal.findings.check()


def test_a_line_that_goes_while_somebody_speaks_loses_nothing(portal: Portal, microphone: Browser) -> None:
    page = recorder(portal, microphone, "en")
    page.locator(".recorder [data-start]").click()
    page.wait_for_timeout(1000)
    page.context.set_offline(True)
    page.locator(".recorder [data-pause]").click()
    expect(page.locator(".recorder [data-said]")).to_contain_text("line is gone")
    page.locator(".recorder [data-go]").click()
    page.wait_for_timeout(1000)
    page.context.set_offline(False)
    page.locator(".recorder [data-stop]").click()
    page.locator(".recorder [data-keep]").click()
    page.wait_for_url("**/documents")
    assert kept(portal.instance) == 1


@LANGUAGES
def test_a_page_that_closes_while_somebody_speaks_keeps_what_came(
    portal: Portal, microphone: Browser, language: str
) -> None:
    page = recorder(portal, microphone, language)
    page.locator(".recorder [data-start]").click()
    page.wait_for_timeout(1500)
    page.locator(".recorder [data-pause]").click()
    page.wait_for_timeout(500)
    page.reload()
    looked_at(portal, page, f"{language} voice cut off")
    page.locator("form[action$='/keep'] button").click()
    page.wait_for_url("**/documents")
    expect(page.locator(HERE)).to_have_count(1)
    portal.findings.check()


def test_without_a_microphone_the_page_says_so_and_takes_a_file(portal: Portal) -> None:
    page = opened(portal, "en", "voice")
    page.locator(".recorder [data-start]").click()
    expect(page.locator(".recorder [data-said]")).to_contain_text("does not let us use the microphone")
    choose(page, {**SHORT, "name": "voice.mp3"})
    page.locator("button[value=continue]").click()
    page.wait_for_url("**/documents")
    expect(page.locator(HERE)).to_have_count(1)


def test_the_scripts_of_any_page_of_the_intake_are_small() -> None:
    folder = PACKAGE / "static" / "js"
    sizes = [len(gzip.compress((folder / name).read_bytes(), 9)) for name in ("leave.js", "arriving.js")]
    assert sum(sizes) <= 6 * 1024
