"""Prepared languages in a browser: open to all, set in the shipped face, and readable without it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from builders import an_instance, without_limits
from end_to_end.conftest import Portal, _portal
from playwright.sync_api import Browser, Page

from portal.web import catalogues
from portal.web.languages import LANGUAGES

ARABIC = [code for code, one in LANGUAGES.items() if one.direction == "rtl"]
USED = """(text) => {
  const line = document.createElement('p');
  line.id = 'every-letter';
  line.textContent = text;
  document.querySelector('main').append(line);
  return document.fonts.ready.then(() => getComputedStyle(line).fontFamily);
}"""


@pytest.fixture(scope="module")
def every(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    folder: Path = tmp_path_factory.mktemp("every") / "instance"
    with _portal(without_limits(an_instance(folder), intake_languages=tuple(LANGUAGES)), browser) as served:
        yield served


def test_their_pages_are_open_to_all(every: Portal) -> None:
    for code, ways in {"ckb": ("/safe",), "ar": ("/",), "az": ("/account",), "de": ("/safe",)}.items():
        source = every.source(code)
        for way in ways:
            source.go(way)
            assert source.page.locator(".unfinished").is_visible()
            assert source.page.locator("html").get_attribute("dir") == LANGUAGES[code].direction
    every.findings.check()


def letters(code: str) -> str:
    """Every letter, mark and digit of Arabic script that a language's catalogues use."""
    said = "".join(
        "".join(one.string)
        for feature in catalogues.features(code)
        for one in catalogues.read(code, feature)
        if one.id
    )
    return "".join(sorted({one for one in said if "\u0600" <= one <= "\u06ff"} | set("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩")))


def faces(page: Page, text: str) -> dict[str, bool]:
    """Set a text on the page; return the faces that draw it, and whether each is one that we ship."""
    page.evaluate(USED, text)
    page.wait_for_timeout(200)
    talk = page.context.new_cdp_session(page)
    talk.send("DOM.enable")
    talk.send("CSS.enable")
    root = talk.send("DOM.getDocument")["root"]["nodeId"]
    node = talk.send("DOM.querySelector", {"nodeId": root, "selector": "#every-letter"})["nodeId"]
    used = talk.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
    return {one["familyName"]: one["isCustomFont"] for one in used}


@pytest.mark.parametrize("code", ARABIC)
def test_every_letter_of_a_language_is_in_the_shipped_face(every: Portal, code: str) -> None:
    context = every.browser.new_context(locale=code)
    page = context.new_page()
    page.goto(f"{every.intake}/{code}/safe")
    text = letters(code)
    assert len(text) > 40
    assert faces(page, text) == {"Vazirmatn": True}
    context.close()


def test_without_the_face_the_text_is_still_there(every: Portal) -> None:
    context = every.browser.new_context(locale="fa", java_script_enabled=False)
    context.route("**/*.woff2*", lambda route: route.abort())
    page = context.new_page()
    page.goto(f"{every.intake}/fa/safe")
    heading = page.locator("h1").bounding_box()
    assert heading is not None
    assert 20 < heading["height"] < 160
    context.close()
