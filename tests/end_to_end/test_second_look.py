"""Two people and a lead, with the keyboard and without scripts: the question, the answer, the decision."""

import re

from cases import a_case, a_link, a_person
from end_to_end.conftest import Portal


def test_a_question_is_answered_and_a_difference_settled_with_the_keyboard(portal: Portal) -> None:
    instance = portal.instance
    case_id, person = a_case(instance), a_person(instance, father_name="Rahim")
    a_link(instance, case_id, person, second="")
    birch = portal.staff("en", "birch")
    birch.go("/cases/second-looks")
    birch.page.locator("ol.hits a").first.focus()
    with birch.page.expect_navigation():
        birch.page.keyboard.press("Enter")
    assert birch.page.url.endswith("/second")
    assert "cedar" not in birch.text()
    boxes = [one.bounding_box() for one in birch.page.locator(".decide .button").all()[:3]]
    sizes = {round(box["height"]) for box in boxes if box}
    assert len(sizes) == 1, "the choices are not of one size"
    unsure = birch.page.get_by_role("button", name="Unsure")
    unsure.focus()
    with birch.page.expect_navigation():
        birch.page.keyboard.press("Enter")
    assert "A lead looks at both answers." in birch.text()
    maple = portal.staff("fa", "maple")
    maple.go("/cases/second-looks")
    maple.page.locator("ol.hits a").first.focus()
    with maple.page.expect_navigation():
        maple.page.keyboard.press("Enter")
    assert re.search(r"cedar.*birch", maple.text(), re.DOTALL)
    maple.page.locator("[name=outcome][value=first]").focus()
    maple.page.keyboard.press("Space")
    maple.page.locator("[name=reason]").fill("نام پدر در نامه آمده است.")
    maple.page.locator("main form button[type=submit]").last.focus()
    with maple.page.expect_navigation():
        maple.page.keyboard.press("Enter")
    assert "تصمیم گرفته شد" in maple.text()
    birch.go(f"/cases/{case_id}/links")
    assert "holds" in birch.text()
