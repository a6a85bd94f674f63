"""Where people begin after they have signed in, in the whole desk."""

import pytest
from builders import Instance

from portal.config import Face


@pytest.mark.parametrize(
    ("name", "first"),
    [("cedar", "/cases/"), ("maple", "/cases/"), ("rowan", "/staff"), ("olive", "/figures")],
)
def test_everybody_begins_at_the_page_of_their_work(sqlite_instance: Instance, name: str, first: str) -> None:
    desk = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(desk, name)
    assert desk.get("/en/").headers["Location"] == f"/en{first}"
