"""The map with scripts: moved and made larger by keys, buttons and hand. Without them its views are links."""

from collections.abc import Iterator

import pytest
from end_to_end.browser import DESKTOP, PHONE, watch
from end_to_end.conftest import Portal
from pictured import paint
from playwright.sync_api import Page

VIEW = "() => document.querySelector('.map svg').getAttribute('viewBox').split(' ').map(Number)"
COVERED = """() => { const boxes = [...document.querySelectorAll('.map .mark:not(.spare) text')]
  .filter((one) => one.getAttribute('visibility') !== 'hidden').map((one) => one.getBoundingClientRect());
  return boxes.filter((one, at) => boxes.some((other, place) => place > at && one.left < other.right - 1
    && other.left < one.right - 1 && one.top < other.bottom - 1 && other.top < one.bottom - 1)).length; }"""


@pytest.fixture
def map_page(one_portal: Portal) -> Iterator[Page]:
    person = one_portal.staff("fa", "cedar")
    context = one_portal.browser.new_context(viewport=DESKTOP)
    context.add_cookies(person.context.cookies())  # type: ignore[arg-type]
    watch(context, (one_portal.desk,), one_portal.findings)
    page = context.new_page()
    page.goto(f"{one_portal.desk}/fa/registry/map")
    yield page
    context.close()
    person.close()


def view(page: Page) -> list[float]:
    page.wait_for_timeout(60)  # drawn with the next picture of the screen
    found: list[float] = page.evaluate(VIEW)
    return found


def test_the_map_is_moved_and_made_larger_by_keys_buttons_and_hand(
    map_page: Page, one_portal: Portal
) -> None:
    whole = view(map_page)
    map_page.focus(".map > svg")
    map_page.keyboard.press("+")
    larger = view(map_page)
    assert larger[2] == pytest.approx(whole[2] / 1.6, rel=0.01)
    map_page.keyboard.press("ArrowRight")
    assert view(map_page)[0] > larger[0]
    map_page.keyboard.press("0")
    assert view(map_page) == pytest.approx(whole)
    map_page.click("[data-by=in]")
    before = view(map_page)
    box = map_page.locator(".map > svg").bounding_box()
    assert box
    map_page.mouse.move(box["x"] + 500, box["y"] + 500)
    map_page.mouse.down()
    map_page.mouse.move(box["x"] + 400, box["y"] + 500, steps=4)
    map_page.mouse.up()
    assert view(map_page)[0] > before[0]
    assert "/registry/map" in map_page.url
    one_portal.findings.check()


def test_labels_cover_no_other_at_any_size_and_a_mark_leads_to_its_record(
    map_page: Page, one_portal: Portal
) -> None:
    for size in (DESKTOP, PHONE):
        map_page.set_viewport_size(size)
        map_page.click("[data-by=all]")
        for _ in range(6):
            view(map_page)
            assert map_page.evaluate(COVERED) == 0
            map_page.click("[data-by=in]")
    map_page.click("[data-by=all]")
    view(map_page)
    map_page.locator(".map .mark:not(.spare) a").first.click()
    map_page.wait_for_url(lambda address: "/registry/map" not in address)
    one_portal.findings.check()


def test_where_drawings_are_blocked_the_words_say_the_same(one_portal: Portal) -> None:
    """An unknown element shows its text in its colour, which is none: of a drawing its list is left."""
    drawn = paint(one_portal.instance)
    person = one_portal.staff("en", "birch")
    person.go(f"/registry/{drawn['person']}")
    told = person.page.locator("ol.strands").inner_text()
    for words in (
        "Arrest",
        "Aban 2004",
        "Mehregan 2018",
        "No source says where",
        "Evin Prison",
        "6 July 1988",
    ):
        assert words in told
    colours = person.page.eval_on_selector_all(
        ".drawn svg text", "(all) => [...new Set(all.map((one) => getComputedStyle(one).color))]"
    )
    assert colours == ["rgba(0, 0, 0, 0)"]
    person.close()
    one_portal.findings.check()
