"""The public numbers: read from one table, drawn with their table, and nothing that was to stay hidden."""

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable

import pytest
from builders import Instance
from published import PATTERNS, PLACES, TIMES, a_table, an_edition, invented
from sqlalchemy import event
from visits import said

from portal.config import Face
from portal.intake import numbers
from portal.intake.edition_models import Edition
from portal.intake.numbers import NumbersError, bars, lanes, ticks, when

KB = 1000
WRITTEN = {"Persian": re.compile(r"[۰-۹]+"), "Latin": re.compile(r"[0-9]+")}


def some_numbers(*, hide: bool = False) -> numbers.Numbers:
    table = a_table(hide=hide)
    return numbers.read(numbers.write(table, {}, {} if hide else {"cell": 6, "all": 60})).numbers


def page(instance: Instance, path: str = "numbers", language: str = "en") -> str:
    answer = instance.app(Face.INTAKE).test_client().get(f"/{language}/{path}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_nothing_is_published_yet(sqlite_instance: Instance) -> None:
    assert "Nothing is published yet." in page(sqlite_instance)
    assert "هنوز چیزی منتشر نشده است." in page(sqlite_instance, language="fa")
    for path in ("numbers/reprisals", "numbers/table.csv"):
        assert sqlite_instance.app(Face.INTAKE).test_client().get(f"/en/{path}").status_code == 404


@pytest.mark.parametrize("language", ["fa", "en"])
def test_every_drawing_has_its_table_a_title_and_a_description(
    sqlite_instance: Instance, language: str
) -> None:
    an_edition(sqlite_instance)
    for path in ("numbers", "numbers/transfers"):
        text = page(sqlite_instance, path, language)
        drawings = re.findall(r'<svg [^>]*role="img"[^>]*aria-labelledby="([^"]+)".*?</svg>', text, re.DOTALL)
        assert len(drawings) == 1
        for name in drawings[0].split():
            assert re.search(rf'<(title|desc) id="{name}">[^<]+</', text)
        assert text.count("<table") == 1
        assert "<caption>" in text


def test_all_of_the_table_stands_on_the_pages(sqlite_instance: Instance) -> None:
    an_edition(sqlite_instance)
    client = sqlite_instance.app(Face.INTAKE).test_client()
    table = client.get("/en/numbers/table.csv").get_data(as_text=True)
    _header, *lines = csv.reader(io.StringIO(table, newline=""))
    counts = {(one, place, time): told for one, place, time, told in lines}
    whole = page(sqlite_instance)
    for pattern in PATTERNS:
        assert f">{counts[pattern, 'all', 'all']}</td>" in whole
        cells = re.findall(r'<td class="number[^"]*">(\d+)</td>', page(sqlite_instance, f"numbers/{pattern}"))
        assert len(cells) == (len(PLACES) + 1) * (len(TIMES) + 1)
        assert sorted(cells) == sorted(told for (one, *_), told in counts.items() if one == pattern)


def test_no_hidden_count_is_in_any_byte_of_pages_file_or_headers(sqlite_instance: Instance) -> None:
    """What is counted is thousands, or a number of 1 to 9: were one told, a digit would stand alone."""

    def count(pattern: str, place: str, time: str) -> int:
        seed = invented(pattern, place, time)
        return 0 if seed < 2 else seed % 9 + 1 if seed % 2 else seed * 1000

    an_edition(sqlite_instance, a_table(count=count, hide=True), within={})
    client = sqlite_instance.app(Face.INTAKE).test_client()
    for path in ("numbers", *(f"numbers/{one}" for one in PATTERNS), "numbers/table.csv"):
        answer = client.get(f"/en/{path}")
        text = answer.get_data(as_text=True)
        told = re.findall(r'class="number[^"]*">([^<]*)<', text) or re.findall(r",([^,\r]*)\r", text)[1:]
        assert told
        figures = [one for one in told if one.isdecimal()]
        assert all(int(one) == 0 or int(one) >= 10 for one in figures)
        assert "hidden" in text
        assert not re.search(r"<text[^>]*>[^<]*: [1-9]</text>", text)
        named = {name.lower() for name, _ in answer.headers}
        assert not named & {"etag", "last-modified", "server-timing", "set-cookie", "age"}


def test_hidden_is_hatched_and_never_nothing() -> None:
    found = some_numbers(hide=True)
    hidden = [one for lane in lanes(found, "transfers", mirrored=False) for one in lane.columns if one.hidden]
    assert hidden
    assert all(one.height == 0 for one in hidden)  # how high it would be is not told
    [row] = bars([("x", None)], margin=0, mirrored=False)
    assert (row.value, row.width) == (None, 0)


def test_a_table_in_which_something_small_stands_is_not_read() -> None:
    table = a_table(hide=False)
    with pytest.raises(NumbersError):
        numbers.write(table, {}, {})  # exact counts, and nothing blurred


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "a negative count": lambda table: table.replace(b'"all","all",', b'"all","all",-', 1),
    "half of it": lambda table: table[: len(table) // 2],
    "a cell twice": lambda table: table + b'"transfers","all","all",3\r\n',
    "another header": lambda table: table.replace(b"families", b"people"),
    "a cell of another pattern": lambda table: table.replace(b'"transfers"', b'"other"', 1),
    "nothing": lambda _: b"",
    "other digits": lambda table: table.replace(b'"all","all",', '"all","all",\u0661'.encode(), 1),
}


@pytest.mark.parametrize("what", sorted(CHANGES))
def test_what_is_no_table_is_not_read(what: str) -> None:
    with pytest.raises(NumbersError):
        numbers.write(CHANGES[what](a_table()), {}, {"cell": 6})


@pytest.mark.parametrize("document", [b"", b"{}", b"[]", b"null", b"\xff", b'{"format":"other"}'])
def test_what_is_no_document_is_not_read(document: bytes) -> None:
    with pytest.raises(NumbersError):
        numbers.read(document)


def test_times_stand_in_the_order_in_which_they_passed() -> None:
    times = some_numbers().times
    assert times[0] == "before 1360"
    assert times[-2:] == ("after 1369", "unknown")
    assert times.index("1367-12") + 1 == times.index("1367, season unknown")
    assert list(times) == sorted(times, key=when)


def test_the_drawing_is_mirrored_where_one_reads_from_the_right() -> None:
    found = some_numbers()
    ltr, rtl = (ticks(found, mirrored=one) for one in (False, True))
    assert [round(x + y, 3) for (_, x), (_, y) in zip(ltr, rtl, strict=True)] == [100] * len(ltr)
    [left], [right] = (bars([("x", 5)], margin=1, mirrored=one) for one in (False, True))
    assert left.x == 0
    assert right.x + right.width == pytest.approx(100)
    assert left.low < left.width < left.high


def test_persian_pages_have_persian_digits_and_months(sqlite_instance: Instance) -> None:
    an_edition(sqlite_instance)
    text = said_in(page(sqlite_instance, "numbers/transfers", "fa"))
    assert "مرداد ۱۳۶۷" in text
    assert "تهران" in text
    assert "Tehran" not in text
    assert not WRITTEN["Latin"].search(text)


def said_in(text: str) -> str:
    """The words of a page's content, without what markup holds."""
    main = text[text.index("<main") : text.index("</main>")]
    return re.sub(r"<code>.*?</code>|<[^>]*>", " ", main)


@pytest.mark.parametrize("language", ["fa", "en"])
def test_it_says_how_the_numbers_were_blurred_or_hidden(sqlite_instance: Instance, language: str) -> None:
    an_edition(sqlite_instance)
    text = page(sqlite_instance, language=language)
    assert ("۶" if language == "fa" else "no more than 6") in text
    with sqlite_instance.database.session(write=True) as session:
        session.delete(session.get_one(Edition, 1))
    an_edition(sqlite_instance, a_table(hide=True), within={})
    text = page(sqlite_instance, language=language)
    assert ("پنهان" if language == "fa" else "may be none, a few or many") in text


def test_the_public_page_asks_the_database_for_editions_alone(sqlite_instance: Instance) -> None:
    an_edition(sqlite_instance)
    client, asked = sqlite_instance.app(Face.INTAKE).test_client(), []
    engine = sqlite_instance.database.main

    @event.listens_for(engine, "before_cursor_execute")
    def _listen(_c: object, _k: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    for path in ("numbers", "numbers/reprisals", "numbers/table.csv"):
        assert client.get(f"/en/{path}").status_code == 200
    event.remove(engine, "before_cursor_execute", _listen)
    tables = {name for one in asked for name in re.findall(r"(?:FROM|JOIN|INTO|UPDATE)\s+(\w+)", one)}
    assert tables == {"edition"}


def test_the_public_face_cannot_count_or_open_anything() -> None:
    """What counts, opens and draws noise is not even loaded there."""
    script = """
import sys
import portal.app
from portal.config import Face
portal.app._features(Face.INTAKE)
print(sorted(name for name in sys.modules if name.startswith(("portal.release", "portal.casework"))))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout.replace("'", '"')))
    assert not loaded & {
        f"portal.release.{one}"
        for one in (
            "gathering",
            "preparing",
            "tabulating",
            "pattern_tables",
            "laplace",
            "sealing",
            "patterns",
        )
    }
    assert not loaded & {"portal.casework.sheets", "portal.casework.sealing", "portal.casework.access"}


def test_the_pages_stay_light_and_set_no_cookie(sqlite_instance: Instance) -> None:
    an_edition(sqlite_instance)
    client = sqlite_instance.app(Face.INTAKE).test_client()
    first = client.get("/fa/numbers")
    assert len(first.data) < 20 * KB
    assert len(client.get("/fa/numbers/commission").data) < 45 * KB
    assert first.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in first.headers
    assert "<title>" in first.text
    assert "1988" not in first.text[first.text.index("<title") : first.text.index("</title>")]


def test_a_pattern_that_is_not_in_the_edition_is_not_there(sqlite_instance: Instance) -> None:
    an_edition(sqlite_instance, a_table(patterns=("transfers",)))
    client = sqlite_instance.app(Face.INTAKE).test_client()
    assert client.get("/en/numbers/transfers").status_code == 200
    for other in ("reprisals", "all", "..", "%00", "hidden"):
        assert client.get(f"/en/numbers/{other}").status_code == 404
    assert "Sudden transfers" in said(client.get("/en/numbers"))
