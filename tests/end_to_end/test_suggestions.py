"""Suggestions in a text, by mouse and by key: they lead on, and words are marked across them as before."""

from cases import a_case
from end_to_end.browser import DESKTOP
from end_to_end.conftest import Portal
from playwright.sync_api import Page

TEXT = "من خواهر بهرنگ سروستانی هستم. پاییز ۱۳۶۱ بود. 😶 Then Behrang Sarvestani came to Gohardasht at last."


def drag(page: Page, first: float, last: float) -> None:
    """Drag over the last suggestion, from one part of its width to another, as a hand does."""
    page.locator(".narrative a.hint").last.evaluate("(one) => one.scrollIntoView({block: 'center'})")
    box = page.locator(".narrative a.hint").last.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + first * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + last * box["width"], middle, steps=3)
    page.mouse.up()
    page.wait_for_timeout(100)


def filled(page: Page) -> tuple[str, str]:
    """Give the words that the form to mark has, and those at its offsets."""
    values = [page.locator(f"#marking [name={name}]").input_value() for name in ("quote", "start", "end")]
    return values[0], TEXT[int(values[1]) : int(values[2])]


def test_a_suggestion_is_followed_by_mouse_and_key_and_never_in_the_way_of_selecting(portal: Portal) -> None:
    case_id = a_case(portal.instance, TEXT)
    context = portal.browser.new_context(viewport=DESKTOP, service_workers="block")
    context.add_cookies(portal.staff("en", "cedar").context.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    address = f"{portal.desk}/en/cases/{case_id}"
    page.goto(address)
    hints = page.locator(".narrative a.hint")
    assert hints.all_inner_texts() == ["بهرنگ سروستانی", "پاییز ۱۳۶۱", "Behrang Sarvestani", "Gohardasht"]
    assert page.locator(".narrative").text_content() == TEXT
    drag(page, 0.02, 1.3)
    assert page.url == address
    words, there = filled(page)
    assert words == there
    assert words.startswith("Gohardasht")
    page.goto(address)
    hints.nth(1).click()
    assert "#told-" in page.url
    page.goto(address)
    hints.last.click()
    page.wait_for_url(lambda url: "/links/mention" in url)
    page.go_back()
    hints.first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/links/mention" in url)
    page.locator("button[name=verdict][value=this]").first.click()
    page.wait_for_url(lambda url: "annotation=" in url)
    context.close()
