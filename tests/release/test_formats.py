"""One table in every format: the same cells, the same bytes each time, and nothing besides."""

import io
import json
import sys
import zipfile
from collections.abc import Callable, Sequence

import openpyxl
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.errors import InvalidError
from portal.release import formats
from portal.release.formats import FILES, TAG, Format, available, write_json, write_parquet, written_as
from portal.release.reading_back import format_problems
from portal.release.tables import read_csv
from portal.release.workbook_files import write_workbook

HEADER = ("town", "=HYPERLINK(1)", "count")
ROWS: Sequence[Sequence[str | int]] = [
    ("Evin", "=1+1", 10),
    ("", '"; @SUM(1)\r\n', 20),
    (" x_x000D_ ", "\x00\x1f\ufffe🙂‌ی", 30),
    ("12", "007", -4),
]
TAGS = {"town": "#adm1+name", "count": "#affected+hh"}
texts = st.text() | st.text(st.sampled_from("=+-@|,;\t\r\n '\"_x0D\x00\ufeff\u200cی<&>"))


def said(header: Sequence[str], rows: Sequence[Sequence[str | int]]) -> tuple[list[str], list[list[str]]]:
    return list(header), [[str(cell) for cell in row] for row in rows]


def problems(
    files: dict[str, bytes], header: Sequence[str], rows: Sequence[Sequence[str | int]]
) -> list[str]:
    names, cells = said(header, rows)
    return list(format_problems(files, header=names, rows=cells, tags=TAGS if "town" in names else {}))


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return written_as(tuple(Format), HEADER, ROWS, tags=TAGS)


def test_every_format_is_there_and_says_the_same(files: dict[str, bytes]) -> None:
    assert set(files) == set(FILES.values())
    assert set(available()) == set(Format)
    assert problems(files, HEADER, ROWS) == []


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_the_cells_are_all_formats_read_back_equal(data: st.DataObject) -> None:
    width = data.draw(st.integers(1, 4))
    header = data.draw(st.lists(texts, min_size=width, max_size=width, unique=True))
    cell = texts | st.integers(-(2**53) + 1, 2**53 - 1)
    rows = data.draw(st.lists(st.lists(cell, min_size=width, max_size=width), max_size=5))
    tags = {header[0]: "#meta"}
    once, again = (written_as(tuple(Format), header, rows, tags=tags) for _ in range(2))
    assert once == again
    names, cells = said(header, rows)
    assert list(format_problems(once, header=names, rows=cells, tags=tags)) == []
    assert read_csv(once["table.csv"]) == [names, *cells]
    assert [list(map(str, one.values())) for one in json.loads(once["table.json"])] == cells
    table = pyarrow.parquet.read_table(io.BytesIO(once["table.parquet"]))
    assert [[str(one) for one in row] for row in zip(*table.to_pydict().values(), strict=True)] == cells


def test_another_program_reads_the_workbook_and_finds_neither_formula_nor_name(
    files: dict[str, bytes],
) -> None:
    book = openpyxl.load_workbook(io.BytesIO(files["table.xlsx"]))
    sheet = book["table"]
    assert book.sheetnames == ["table"]
    assert [cell.value for cell in sheet[1]] == list(HEADER)
    assert [cell.value or "" for cell in sheet[2]] == ["#adm1+name", "", "#affected+hh"]
    assert [(cell.value, cell.data_type) for cell in sheet[3]] == [("Evin", "s"), ("=1+1", "s"), (10, "n")]
    assert sheet[3][1].quotePrefix
    assert sheet[3][1].number_format == "@"
    assert book.properties.creator in {None, "openpyxl"}  # what that program says of itself
    assert book.defined_names == {}


def test_a_workbook_tells_no_time_and_holds_nothing_but_its_sheet(files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(files["table.xlsx"])) as book:
        assert {one.date_time for one in book.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert not [name for name in book.namelist() if "docProps" in name or "shared" in name]
        whole = b"".join(book.read(name) for name in book.namelist()).lower()
    for word in (b"creator", b"modified", b"microsoft", b"<f>", b"hyperlink ", b"2026", b"xlsxwriter"):
        assert word not in whole


def test_a_column_file_keeps_no_value_beside_its_cells(files: dict[str, bytes]) -> None:
    told = pyarrow.parquet.ParquetFile(io.BytesIO(files["table.parquet"]))
    assert told.metadata.metadata is None
    assert told.schema_arrow.metadata is None
    assert [str(one) for one in told.schema_arrow.types] == ["string", "string", "int64"]
    assert b"pandas" not in files["table.parquet"]
    assert b"ARROW:schema" not in files["table.parquet"]


def test_tags_stand_in_the_second_line(files: dict[str, bytes]) -> None:
    first, second, third = files["table.hxl.csv"].split(b"\r\n")[:3]
    assert second == b'"#adm1+name","","#affected+hh"'
    assert (first, third) == tuple(files["table.csv"].split(b"\r\n")[:2])
    for tag in ("#adm1", "#respondee+relation", "#indicator+family_told"):
        assert TAG.fullmatch(tag)
    for tag in ("", "adm1", "#", "#Adm1", "#adm1 +name", "#adm1+", '#a"', "#adm1\n"):
        assert not TAG.fullmatch(tag)


def test_tags_without_a_tag_are_refused() -> None:
    with pytest.raises(InvalidError, match="No column has an HXL tag"):
        written_as([Format.HXL], HEADER, ROWS, tags={"elsewhere": "#adm1"})


def test_a_table_without_rows_is_the_same_everywhere() -> None:
    files = written_as(tuple(Format), HEADER, [], tags=TAGS)
    assert problems(files, HEADER, []) == []
    assert json.loads(files["table.json"]) == []


@pytest.mark.parametrize(
    "write",
    [lambda rows: write_json(HEADER, rows), lambda rows: write_workbook([HEADER], rows)],
    ids=["json", "xlsx"],
)
def test_what_is_no_text_is_refused(write: Callable[[object], bytes]) -> None:
    with pytest.raises(InvalidError, match="no text"):
        write([("\ud800", "", 1)])


def test_what_a_spreadsheet_cannot_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidError, match="32,767 letters"):
        write_workbook([HEADER], [("x" * 32_768, "", 1)])
    monkeypatch.setattr("portal.release.workbook_files.MOST_ROWS", 4)
    with pytest.raises(InvalidError, match="1,048,576 rows"):
        write_workbook([HEADER], ROWS)
    monkeypatch.setattr("portal.release.workbook_files.MOST_ROWS", 5)
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 100)
    with pytest.raises(InvalidError, match="too big for a workbook"):
        write_workbook([HEADER], ROWS)


def test_without_its_library_a_format_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"table.parquet": write_parquet(HEADER, ROWS)}
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert Format.PARQUET not in available()
    with pytest.raises(InvalidError, match=r"pip install 'testimony-portal\[parquet\]'"):
        write_parquet(HEADER, ROWS)
    assert problems(files, HEADER, ROWS) == [
        "table.parquet: cannot be checked without a library: pip install 'testimony-portal[parquet]'"
    ]


def test_small_commands_do_not_load_the_library() -> None:
    assert formats.has_parquet()
    assert "pandas" not in sys.modules


# What is put into a file besides, or taken out of it


def changed(files: dict[str, bytes], name: str, data: bytes) -> list[str]:
    return problems({**files, name: data}, HEADER, ROWS)


def rezipped(data: bytes, change: Callable[[str, bytes], bytes | None], **told: object) -> bytes:
    """Write a workbook anew with other parts, or other words about them."""
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as new:
        for one in old.infolist():
            part = change(one.filename, old.read(one.filename))
            if part is not None:
                for name, value in told.items():
                    setattr(one, name, value)
                new.writestr(one, part)
    return sink.getvalue()


def same(_name: str, part: bytes) -> bytes:
    return part


def sheet_with(old: bytes, new: bytes) -> Callable[[str, bytes], bytes]:
    return lambda name, part: part.replace(old, new, 1) if name.endswith("sheet1.xml") else part


WORKBOOKS: dict[str, Callable[[bytes], bytes]] = {
    "another cell": lambda data: rezipped(data, sheet_with(b"Evin", b"Ewin")),
    "a formula": lambda data: rezipped(data, sheet_with(b"<c><v>10</v></c>", b"<c><f>5+5</f><v>10</v></c>")),
    "a number said otherwise": lambda data: rezipped(data, sheet_with(b"<v>10<", b"<v>010<")),
    "a hidden row": lambda data: rezipped(data, sheet_with(b"<row>", b'<row hidden="1">')),
    "a comment": lambda data: rezipped(data, sheet_with(b"<row>", b"<!--SECRET--><row>")),
    "words between cells": lambda data: rezipped(data, sheet_with(b"<row>", b"SECRET<row>")),
    "a row more": lambda data: rezipped(data, sheet_with(b"</sheetData>", b"<row></row></sheetData>")),
    "a row less": lambda data: rezipped(
        data,
        lambda name, part: (
            part[: part.rindex(b"<row>")] + b"</sheetData></worksheet>" if "sheet1" in name else part
        ),
    ),
    "other styles": lambda data: rezipped(data, lambda name, part: part + b" " if "styles" in name else part),
    "another name of the sheet": lambda data: rezipped(
        data, lambda _n, part: part.replace(b'name="table"', b'name="march"')
    ),
    "a part less": lambda data: rezipped(data, lambda name, part: None if "styles" in name else part),
    "a time": lambda data: rezipped(data, same, date_time=(2026, 11, 23, 5, 0, 0)),
    "a note on a part": lambda data: rezipped(data, same, comment=b"SECRET"),
    "an owner": lambda data: rezipped(data, same, create_system=0),
    "extra words of a part": lambda data: rezipped(data, same, extra=b"\x99\x99\x02\x00hi"),
    "a note at the end": lambda data: data[:-2] + b"\x06\x00SECRET",
    "something behind": lambda data: data + b"SECRET",
    "something before": lambda data: b"SECRET" + data,
    "no workbook": lambda _data: b"SECRET",
}


@pytest.mark.parametrize("name", WORKBOOKS)
def test_a_workbook_with_anything_besides_is_noticed(files: dict[str, bytes], name: str) -> None:
    data = WORKBOOKS[name](files["table.xlsx"])
    assert data != files["table.xlsx"]
    found = changed(files, "table.xlsx", data)
    assert [one.partition(":")[0] for one in found] == ["table.xlsx"]
    assert "SECRET" not in found[0]


def test_a_workbook_that_only_was_packed_anew_is_the_same(files: dict[str, bytes]) -> None:
    assert changed(files, "table.xlsx", rezipped(files["table.xlsx"], same)) == []


TEXTS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "another cell": ("table.json", lambda data: data.replace(b"Evin", b"Ewin")),
    "a record more": ("table.json", lambda data: data.replace(b"[\n", b'[\n{"town":"x"},\n')),
    "a blank more": ("table.json", lambda data: data.replace(b'"Evin",', b'"Evin", ')),
    "an escape more": ("table.json", lambda data: data.replace(b"Evin", b"\\u0045vin")),
    "a name twice": (
        "table.json",
        lambda data: data.replace(b'"town":"Evin"', b'"town":"Evin","town":"Evin"'),
    ),
    "a text for a number": ("table.json", lambda data: data.replace(b":10", b":1e1")),
    "a truth for a number": ("table.json", lambda data: data.replace(b":10", b":true")),
    "other columns": ("table.json", lambda data: data.replace(b"town", b"city")),
    "no list": ("table.json", lambda data: data.replace(b"[\n", b"{\n")),
    "no text": ("table.json", lambda _data: b"\xff"),
    "another cell below tags": ("table.hxl.csv", lambda data: data.replace(b"Evin", b"Ewin")),
    "another tag": ("table.hxl.csv", lambda data: data.replace(b"adm1", b"adm2")),
    "other ends of lines": ("table.hxl.csv", lambda data: data.replace(b"\r\n", b"\n")),
    "a line more": ("table.hxl.csv", lambda data: data + b'"x","y",1\r\n'),
    "nothing": ("table.hxl.csv", lambda _data: b""),
    "no columns": ("table.parquet", lambda _data: b"PAR1"),
    "another cell in columns": (
        "table.parquet",
        lambda _data: write_parquet(HEADER, [("Ewin", *ROWS[0][1:]), *ROWS[1:]]),
    ),
    "a row less in columns": ("table.parquet", lambda _data: write_parquet(HEADER, ROWS[1:])),
    "other columns there": ("table.parquet", lambda _data: write_parquet(("a", "b", "c"), ROWS)),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_difference_between_formats_is_noticed(files: dict[str, bytes], name: str) -> None:
    file, change = TEXTS[name]
    data = change(files[file])
    assert data != files[file]
    found = changed(files, file, data)
    assert [one.partition(":")[0] for one in found] == [file]


def parquet_with(**told: object) -> bytes:
    table = pyarrow.Table.from_arrays(
        [pyarrow.array([row[place] for row in ROWS]) for place in range(3)], names=list(HEADER)
    )
    sink = io.BytesIO()
    plain = {"use_dictionary": False, "write_statistics": False, "store_schema": False}
    pyarrow.parquet.write_table(table, sink, **{**plain, **told})
    return sink.getvalue()


@pytest.mark.parametrize(
    "told",
    [{"use_dictionary": True}, {"write_statistics": True}, {"store_schema": True}],
    ids=str,
)
def test_a_column_file_that_keeps_values_beside_its_cells_is_noticed(
    files: dict[str, bytes], told: dict[str, object]
) -> None:
    assert changed(files, "table.parquet", parquet_with()) == []
    assert len(changed(files, "table.parquet", parquet_with(**told))) == 1
