"""Names of any direction and length, in questions, lists, titles, file names: none widens or overlaps."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import pytest
from builders import a_submission
from cases import a_case, a_mark, a_person
from end_to_end.browser import PHONE, Findings, overflow, watch
from end_to_end.conftest import Portal
from end_to_end.media import a_photo
from playwright.sync_api import Page

NAMES = {
    "turned about": "\u202eرضا Reza 1367\u202c \u2067زندان Evin (بند ۷)\u2066 [Ward 7]",
    "never closed": "\u202e\u2067\u2066Nasrin نسرین ۱۲۳ 123",
    "one long word": "Hosseinzadehtabrizimoghaddam" * 7,
    "one long Persian word": "حسینزاده‌تبریزی‌مقدم" * 9,
    "signs": "👩‍👩‍👧‍👦🏳️‍🌈" * 16 + "\u200c\u200c\u200d علی‌\u200cرضا",
}
LONGEST = " ".join(NAMES.values())
FILE = "\u202eجپگ." + "عکسِ_Khavaran" * 9 + ".jpg"

# Lines of text that lie over one another: each line's box without its upper and lower quarter.
OVERLAPS = """() => {
  // What stays while the page moves, or is there for screen readers only, lies over others by intent.
  const apart = (one) => one !== document.documentElement && (
    ['sticky', 'fixed'].includes(getComputedStyle(one).position) || getComputedStyle(one).clipPath !== 'none'
    || apart(one.parentElement));
  // What of a box is not scrolled away in an inner pane.
  const seen = ({top, bottom, left, right}, one) => {
    for (; one !== document.body; one = one.parentElement) {
      if (getComputedStyle(one).overflowY === 'visible') continue;
      const pane = one.getBoundingClientRect();
      [top, bottom] = [Math.max(top, pane.top), Math.min(bottom, pane.bottom)];
      [left, right] = [Math.max(left, pane.left), Math.min(right, pane.right)];
    }
    return {top, bottom, left, right};
  };
  const lines = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const home = node.parentElement;
    if (!node.data.trim() || home.closest('.skip, .unseen, option, script, title')) continue;
    if (!home.checkVisibility({visibilityProperty: true}) || apart(home)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const boxes = [...range.getClientRects()].map((box) => seen(box, home));
    lines.push(...boxes.filter((box) => box.right - box.left > 2).map((box) => ({node, box})));
  }
  const found = [];
  lines.forEach((one, at) => lines.slice(at + 1).forEach((two) => {
    if (one.node === two.node) return;
    const wide = Math.min(one.box.right, two.box.right) - Math.max(one.box.left, two.box.left);
    const cut = ({top, bottom}) => [top + (bottom - top) / 4, bottom - (bottom - top) / 4];
    const [a, b] = [cut(one.box), cut(two.box)];
    if (wide > 2 && Math.min(a[1], b[1]) - Math.max(a[0], b[0]) > 1)
      found.push(one.node.data.trim().slice(0, 40) + ' | ' + two.node.data.trim().slice(0, 40));
  }));
  return found.slice(0, 3);
}"""


def look(page: Page, findings: Findings) -> None:
    """Note what is wider than the telephone, and what lies over something else."""
    where = urlsplit(page.url).path
    overflow(page, where, findings)
    for pair in page.evaluate(OVERLAPS):
        findings.add(where, f"lies over another: {pair}")
    findings.pages += 1


def on_phone(portal: Portal, language: str) -> Page:
    context = portal.browser.new_context(viewport=PHONE, locale=language, java_script_enabled=False)
    portal.people.callback(context.close)
    watch(context, (portal.intake, portal.desk), portal.findings)
    page = context.new_page()
    page.set_default_timeout(10_000)
    return page


def fill(page: Page, values: Mapping[str, str], press: str) -> None:
    for name, value in values.items():
        page.fill(f"main [name='{name}']", value)
    with page.expect_navigation():
        page.locator(press).first.click()


@pytest.mark.parametrize("language", ["fa", "en"])
def test_no_name_that_a_source_types_breaks_a_page(portal: Portal, language: str) -> None:
    page, base = on_phone(portal, language), f"{portal.intake}/{language}"
    page.goto(f"{base}/people")
    for name in NAMES.values():
        fill(page, {"name": name[:200]}, "main button[value=add]")
    look(page, portal.findings)
    page.goto(f"{base}/account")
    fill(page, {"narrative": LONGEST}, "main button[value=continue]")
    page.goto(f"{base}/documents")
    page.set_input_files("input[type=file]", {"name": FILE, "mimeType": "image/jpeg", "buffer": a_photo()})
    fill(page, {"caption": NAMES["never closed"]}, "[data-upload] button[type=submit]")
    for way in ("documents", "people", "check", "reaching"):
        page.goto(f"{base}/{way}")
        look(page, portal.findings)
    portal.findings.check()


@pytest.mark.parametrize("language", ["fa", "en"])
def test_no_name_in_an_account_or_in_the_registry_breaks_the_desk(portal: Portal, language: str) -> None:
    instance = portal.instance
    case_id = a_case(instance, f"Said of {LONGEST}.")
    mark_id = a_mark(instance, case_id, NAMES["one long word"])
    persons = [a_person(instance, name) for name in NAMES.values()]
    with instance.database.session(write=True) as session:
        a_submission(instance, session, LONGEST)
    reviewer = portal.staff(language, "cedar")
    page = on_phone(portal, language)
    page.context.add_cookies(reviewer.context.cookies())  # type: ignore[arg-type]
    ways = ["cases", f"cases/{case_id}", f"cases/{case_id}/links/new?annotation={mark_id}", "registry"]
    for way in [*ways, *(f"registry/{one}" for one in persons), f"registry/{persons[1]}/edit"]:
        answer = page.goto(f"{portal.desk}/{language}/{way}")
        assert answer is not None
        assert answer.status == 200, way
        look(page, portal.findings)
    portal.findings.check()
