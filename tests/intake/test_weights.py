"""What the pages weigh on a bad line, as they are sent: the first with all it draws in, and each later."""

import gzip
import re
from collections.abc import Iterator

import pytest
from builders import Instance
from visits import Source

from portal.intake.journey import ASKED, Step
from portal.intake.permission_forms import PAGES

KB = 1000
FIRST, LATER = 70 * KB, 10 * KB
PAGE, STYLE, SCRIPTS = 8 * 1024, 8 * 1024, 6 * 1024

PACKED = {"Accept-Encoding": "gzip"}
FONT = "/static/fonts/vazirmatn.woff2"


def sent(source: Source, address: str) -> int:
    answer = source.client.get(address, headers=PACKED, buffered=True)
    assert answer.status_code == 200, address
    return len(answer.data)


def drawn_in(page: str) -> list[str]:
    return re.findall(r'(?:href|src)="(/static/[^"]+)"', page)


BEFORE = ("", "safe", "pause", "rest", "support", "people/many", "documents", "voice", *PAGES, "check")
AFTER = (
    "received",
    "folder",
    "folder/add",
    "folder/permissions",
    *(f"folder/permissions/{step}" for step in PAGES if step is not Step.PERMISSIONS),
    "folder/who",
    "folder/copy",
    "folder/withdraw",
)


def pages(source: Source) -> Iterator[tuple[str, bytes]]:
    """Every page of the journey in the midst of it, and of the folder after it."""
    yield from (
        (one, source.get(one).data) for one in dict.fromkeys((*BEFORE, *(page.step for page in ASKED)))
    )
    assert source.post("check").status_code == 303
    words = source.words()
    yield "received", source.get("received").data
    source.come_back(" ".join(words))
    for one in AFTER:
        answer = source.get(one)
        if answer.status_code == 200:
            yield one, answer.data


def in_the_midst(instance: Instance, language: str) -> Source:
    source = Source(instance, language)
    source.write("به یاد می‌آورم که ما را به راهرو بردند. " * 12)
    source.post("people", name="سیمین راد", action="add")
    source.attach()
    return source


def table(rows: dict[str, tuple[int, int]]) -> str:
    return "\n".join(f"{name:24} {plain:6} {packed:6}" for name, (plain, packed) in rows.items())


@pytest.mark.parametrize("language", ["fa", "en"])
def test_the_first_page_and_every_later_one_stay_light(sqlite_instance: Instance, language: str) -> None:
    source = Source(sqlite_instance, language)
    first = source.get()
    whole = {one: sent(source, one) for one in dict.fromkeys([*drawn_in(first.text), FONT])}
    source = in_the_midst(sqlite_instance, language)
    rows = {name: (len(page), len(gzip.compress(page, 9))) for name, page in pages(source)}
    rows["first, with all it needs"] = (len(first.data) + sum(whole.values()), 0)
    print(f"\n{table(rows)}\n{whole}")  # noqa: T201 - read with -s
    assert {*rows} >= {*PAGES, *AFTER}
    assert rows.pop("first, with all it needs")[0] <= FIRST, table(rows)
    assert all(plain <= LATER for name, (plain, _) in rows.items()), table(rows)
    assert all(packed <= PAGE for _, packed in rows.values()), table(rows)


def test_style_and_the_scripts_of_each_page_keep_their_budget(sqlite_instance: Instance) -> None:
    source = in_the_midst(sqlite_instance, "fa")
    for name, page in pages(source):
        found = {one: sent(source, one) for one in drawn_in(page.decode())}
        assert [one for one in found if ".css" in one], name
        assert sum(weight for one, weight in found.items() if ".css" in one) <= STYLE, found
        assert sum(weight for one, weight in found.items() if ".js" in one) <= SCRIPTS, found
