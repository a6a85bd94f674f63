"""Files made to harm, hands that are too many, power that fails: nothing doubles, nothing hangs."""

import io
import os
import signal
import subprocess
import sys
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from builders import Instance
from cases import at_once
from click.testing import CliRunner
from exchanged import House, a_file
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from portal.errors import InvalidError
from portal.registry.exchange import reading
from portal.registry.exchange.cells import BrokenRowError, Reason
from portal.registry.exchange.given import Given, in_memory
from portal.registry.exchange.models import ImportedRow
from portal.registry.exchange.reading import Mapped
from portal.registry.models import Record
from portal.registry_cli import registry

HUGE = 1 << (31 if os.environ.get("PORTAL_REQUIRE_EVERYTHING") and os.environ.get("PORTAL_HUGE") else 26)
SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData>'
)
CELL = '<c r="A1" t="inlineStr"><is><t>{}</t></is></c>'


def persons(house: House) -> int:
    with house.open(write=False) as (session, _):
        return session.scalar(select(func.count()).select_from(Record)) or 0


class Endless(io.RawIOBase):
    """A heading, one line without end, and one row; made as it is read."""

    def __init__(self) -> None:
        self._left, self._head, self._tail = HUGE, b"name\n", b"\nSara Yari\n"

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type] # any buffer
        given, self._head = self._head[: len(view)], self._head[len(view) :]
        if not given:
            given = b"a" * min(len(view), self._left)
            self._left -= len(given)
        if not given:
            given, self._tail = self._tail[: len(view)], self._tail[len(view) :]
        view[: len(given)] = given
        return len(given)


def test_a_line_without_end_is_passed_over_in_little_memory() -> None:
    endless = Given("x.csv", HUGE, lambda: io.BufferedReader(Endless()))
    tracemalloc.start()
    rows = list(reading.rows(endless, Mapped()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(row.line, row.problem and row.problem.reason) for row in rows] == [(2, Reason.LONG), (3, None)]
    assert peak < 24 * 1024 * 1024


@pytest.mark.parametrize(
    "data", [b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\n\n\n", b"\0\0\0\0", b"PK\x05\x06" + bytes(18)]
)
def test_a_file_of_nothing_has_no_rows_or_is_refused_in_words(data: bytes) -> None:
    with suppress(InvalidError):
        assert list(reading.rows(in_memory("x.csv", data), Mapped())) == []


def test_nul_half_letters_and_other_encodings_break_their_row_alone(house: House) -> None:
    good, other = b"name,father\nSara Yari,Hassan\n", "مينا روشن,حسن\n"
    run = house.bring(
        good + b"Nul\0Person,x\n" + other.encode("cp1256") + b"\xed\xa0\x80Half,x\nKaveh Sadr,x\n"
    )
    assert (run.added, run.broken) == (2, 3)
    assert (
        house.bring("name,father\n".encode("cp1256") + other.encode("cp1256"), encoding="cp1256").added == 1
    )
    cut = ("name,father\n" + other).encode("utf-16")
    assert house.bring(cut[:-1]).ended
    assert persons(house) == 3


def a_workbook(sheet: str, **parts: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet1.xml", sheet)
        for name, text in parts.items():
            book.writestr(f"xl/{name}.xml", text)
    return data.getvalue()


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="99999999999999999999">{}</row>',
        '<row r="2">{}</row><row r="1">{}</row>',
        '<row r="-5">{}</row>',
        '<row r="1"><c r="A1" t="s"><v>-1</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>0</v></c></row>',
        '<row r="1"><c r="A1" s="99999999999999999999999x"><v>1</v></c></row>',
    ],
)
def test_a_workbook_that_lies_about_its_rows_is_refused(rows: str) -> None:
    cells = CELL.format("name")
    book = a_workbook(SHEET.format(rows.format(cells, cells)), sharedStrings="<sst/>")
    with pytest.raises(InvalidError):
        list(reading.rows(in_memory("x.xlsx", book), Mapped()))


def test_a_workbook_that_unpacks_to_a_thousand_times_its_size_is_read_in_little_memory() -> None:
    blank = " " * (1 << 16)
    rows = (
        f'<row r="1">{CELL.format("name")}</row>'
        + blank * 200
        + f'<row r="2">{CELL.format(blank + "x")}</row>'
    )
    book = a_workbook(
        SHEET.format(rows) + "</worksheet>", sharedStrings="<sst>" + "<si><t>x</t></si>" * 9 + "</sst>"
    )
    assert len(book) < 100_000
    tracemalloc.start()
    (row,) = reading.rows(in_memory("x.xlsx", book), Mapped())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(row.problem, BrokenRowError)
    assert peak < 8 * 1024 * 1024


def test_a_mapping_whose_column_is_gone_is_said_before_anything_is_read(
    sqlite_instance: Instance, tmp_path: Path
) -> None:
    table, mapping = tmp_path / "list.csv", tmp_path / "mapping.json"
    table.write_text("نام,شهر\nسارا یاری,ساری\n", encoding="utf-8")
    mapping.write_text('{"columns": {"نام": "name.official", "پدر": "father", "x": ""}}', encoding="utf-8")
    words = ["import", str(table), "--source", "A list", "--mapping", str(mapping)]
    answer = CliRunner().invoke(registry, [*words, "--instance", str(sqlite_instance.settings.instance)])
    assert (answer.exit_code, "does not have: پدر." in answer.output) == (1, True)
    assert persons(House(sqlite_instance)) == 0


def test_two_who_bring_the_same_file_in_at_once_double_nothing(instance: Instance) -> None:
    house = House(instance)
    table = "code,name\n" + "".join(f"{number},Person {number} Nobody\n" for number in range(60))
    file = a_file(table + "61,\n62,\n")

    def bring(number: int) -> None:
        house.bring(file, size=7, who=("cedar", "birch", "cedar")[number])

    met = at_once(3, bring)
    assert met == [None] * 3
    assert persons(house) == 60
    assert house.rows_that_differ() == []


STARTED = """
import sys
from functools import partial
from portal.registry.exchange import carrying
from portal.registry_cli import registry
carrying.pieces = partial(carrying.pieces, size=10)
registry(sys.argv[1:])
"""


def test_a_process_that_is_killed_half_way_is_gone_on_with(sqlite_instance: Instance, tmp_path: Path) -> None:
    house, table = House(sqlite_instance), tmp_path / "list.csv"
    table.write_text(
        "name\n" + "".join(f"Person {number} Nobody\n" for number in range(400)), encoding="utf-8"
    )
    words = ["import", str(table), "--source", "A list", "--instance", str(sqlite_instance.settings.instance)]
    started = subprocess.Popen([sys.executable, "-c", STARTED, *words], stderr=subprocess.PIPE)
    assert started.stderr is not None
    with started.stderr as said:
        for _ in range(3):
            assert said.readline().startswith(b"line ")
        started.send_signal(signal.SIGKILL)
        started.wait()
    half = persons(house)
    assert 30 <= half < 400
    answer = CliRunner().invoke(registry, words)
    assert (answer.exit_code, '"added": 400' in answer.stdout) == (0, True)
    assert persons(house) == 400
    with house.open(write=False) as (session, _):
        assert session.scalar(select(func.count()).select_from(ImportedRow)) == 400
    assert house.rows_that_differ() == []


BEGINNINGS = (b"", b"PK\x03\x04", b"[", b'{"schema":', b"\xff\xfe", b"name,father\n", b'"', b"\xef\xbb\xbf")


@given(st.sampled_from(BEGINNINGS), st.binary(max_size=400))
def test_every_file_of_chance_is_read_to_its_end_or_refused(beginning: bytes, rest: bytes) -> None:
    with suppress(InvalidError):
        assert all(row.line > 0 for row in reading.rows(in_memory("x", beginning + rest), Mapped()))
