"""Tables as people write them, and as enemies do: each row by its line, nothing run, nothing without end."""

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.errors import InvalidError
from portal.registry.exchange import reading, separated, workbook
from portal.registry.exchange.cells import BrokenRowError, Reason, Row
from portal.registry.exchange.drafts import Draft, entry
from portal.registry.exchange.given import in_memory, on_disk
from portal.registry.exchange.reading import Form, Mapped
from portal.registry.records import PersonFacts
from portal.registry.vocabulary import Kind


def read(data: bytes, **more: str) -> list[Row]:
    return list(reading.rows(in_memory("x.csv", data), Mapped(**more)))  # type: ignore[arg-type] # fields of Mapped


def reasons(rows: list[Row]) -> dict[int, Reason]:
    found = {}
    for row in rows:
        try:
            entry(row, Kind.PERSON)
        except BrokenRowError as problem:
            found[row.line] = problem.reason
    return found


@pytest.mark.parametrize(
    ("encoding", "named"),
    [("utf-8", ""), ("utf-8-sig", ""), ("utf-16", ""), ("cp1256", "cp1256")],
)
def test_persian_is_read_in_every_encoding_that_is_said(encoding: str, named: str) -> None:
    (row,) = read("name;father\nسارا پارسا;حسن\n".encode(encoding), encoding=named)
    assert row.values == {"name.official": ["سارا پارسا"], "father": ["حسن"]}


def test_an_encoding_that_was_not_said_breaks_the_rows_and_not_the_file() -> None:
    rows = read("name,father\nسارا,حسن\nSara,Hassan\n".encode("cp1256"))
    assert reasons(rows) == {2: Reason.LETTERS}
    with pytest.raises(InvalidError):
        read(b"name\nx\n", encoding="rot13")


def test_quoted_lines_quotes_and_separators_stay_in_their_cells() -> None:
    text = 'name\tnote\r\n"Sara ""Sari"" Yari"\t"one\ntwo"\r\n\r\nMina\tthree\n'
    rows = read(text.encode())
    assert [(row.line, row.values["name.official"][0]) for row in rows] == [
        (2, 'Sara "Sari" Yari'),
        (5, "Mina"),
    ]
    assert rows[0].values["said.note"] == ["one\ntwo"]


def test_a_cell_of_a_megabyte_breaks_its_row_alone() -> None:
    for cell in ("x" * 1_000_000, '"' + "x\n" * 500_000 + '"', '"' + "y" * 5_000_000 + '"'):
        rows = read(f"name,note\nSara,{cell}\nMina,short\n".encode())
        assert list(reasons(rows).values()) == [Reason.LONG]
        assert rows[-1].values["name.official"] == ["Mina"]


def test_a_quote_that_never_ends_loses_its_line_and_no_other() -> None:
    rows = read(b'name,note\nSara,"oops\nMina,fine\nAli,fine\n')
    assert reasons(rows) == {2: Reason.LONG}
    assert [row.line for row in rows] == [2, 3, 4]


def test_two_hundred_columns_are_read_and_more_are_not() -> None:
    head = ",".join(["name", *(f"c{number}" for number in range(199))])
    rows = read(f"{head}\nSara{',x' * 199}\nMina{',x' * 200}\n".encode())
    assert reasons(rows) == {3: Reason.LONG}
    assert reasons(read(b"name,father\nSara,a,b,c\n")) == {2: Reason.CELLS}


def test_signs_that_steer_a_terminal_are_refused() -> None:
    assert reasons(read(b"name\nSara\x1b[2J\nMi\x00na\n")) == {2: Reason.LETTERS, 3: Reason.LETTERS}


def test_digits_and_dates_of_any_script_are_understood() -> None:
    (row,) = read("نام,تولد\nسارا,۵ مرداد ١٣٤٠\n".encode())
    made = entry(row, Kind.PERSON)
    assert isinstance(made, Draft)
    assert isinstance(made.facts, PersonFacts)
    assert str(made.facts.birth.earliest) == "1961-07-27"


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])), min_size=3, max_size=3)))
def test_what_is_written_by_the_rules_is_read_as_it_was(rows: list[list[str]]) -> None:
    text = "a,b,c\n" + "".join(
        ",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in rows
    )
    kept = [[cell.strip() for cell in row] for row in rows]
    found = reading.rows(in_memory("x", text.encode()), Mapped(columns=dict.fromkeys("abc", "said.note")))
    assert [list(row.cells) for row in found] == [row for row in kept if any(row)]


def a_workbook(sheet: str, shared: str = "", styles: str = "") -> bytes:
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr(
            "xl/worksheets/sheet1.xml", f"<worksheet {space}><sheetData>{sheet}</sheetData></worksheet>"
        )
        book.writestr("xl/sharedStrings.xml", f"<sst {space}>{shared}</sst>")
        book.writestr("xl/styles.xml", f"<styleSheet {space}>{styles}</styleSheet>")
        book.writestr("xl/vbaProject.bin", b"macro")
    return sink.getvalue()


SHARED = (
    "<si><t>name</t></si><si><t>birth</t></si>"
    "<si><r><t>سارا</t></r><r><t> یاری</t></r><rPh><t>x</t></rPh></si>"
)
HEAD = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row>'


def test_a_workbook_is_read_by_what_its_cells_last_showed() -> None:
    sheet = (
        HEAD + '<row r="4"><c r="A4" t="s"><v>2</v></c><c r="C4" s="1"><f>TODAY()</f><v>22500</v></c></row>'
        '<row r="5"><c r="A5" t="inlineStr"><is><t>Mina</t></is></c><c r="C5"><v>1341.0</v></c></row>'
        '<row r="6"><c r="A6" t="e"><v>#REF!</v></c></row>'
    )
    styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
    rows = read(a_workbook(sheet, SHARED, styles))
    assert [(row.line, row.values) for row in rows] == [
        (4, {"name.official": ["سارا یاری"], "birth": ["1961-08-07"]}),
        (5, {"name.official": ["Mina"], "birth": ["1341"]}),
    ]


def test_a_workbook_that_grows_or_points_elsewhere_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = a_workbook(HEAD + "<row><c><v>0</v></c></row>" * 20_000, SHARED)
    monkeypatch.setattr(workbook, "MOST_UNPACKED", 100_000)
    with pytest.raises(InvalidError):
        read(bomb)
    entities = a_workbook(HEAD, SHARED).replace(b"", b"")
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as book:
        book.writestr("xl/worksheets/sheet1.xml", '<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>')
    for data in (sink.getvalue(), entities[:200], b"PK\x03\x04nothing"):
        with pytest.raises(InvalidError):
            read(data)


def test_a_cell_of_a_workbook_that_is_too_long_breaks_its_row_alone() -> None:
    sheet = HEAD + f'<row r="2"><c r="A2" t="str"><v>{"x" * 40_000}</v></c></row>'
    rows = read(a_workbook(sheet + '<row r="3"><c r="A3" t="str"><v>Mina</v></c></row>', SHARED))
    assert reasons(rows) == {2: Reason.LONG}


def test_a_large_file_is_read_as_a_stream(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("name\n" + "Sara Yari\n" * 50_000, encoding="utf-8")
    going = reading.rows(on_disk(path), Mapped())
    assert next(going).line == 2
    assert sum(1 for _ in going) == 49_999


def test_headings_are_guessed_in_persian_and_english_and_each_has_its_own() -> None:
    table = "نام خانوادگي,نام,First name,,نام پدر,نام پدر\na,b,c,d,e,f\n"
    seen = reading.glance(in_memory("x", table.encode()), Mapped())
    assert seen.form is Form.SEPARATED
    assert seen.headings == ("نام خانوادگي", "نام", "First name", "(4)", "نام پدر", "نام پدر (6)")
    assert seen.guessed == ("name.surname", "name.official", "name.given", "", "father", "")


def test_actors_and_locations_of_bayanat_come_as_json_and_as_a_table() -> None:
    actors = """[{"id": 7, "type": "Person", "name": "Sara Yari", "name_ar": "سارا یاری", "sex": "Female",
        "father_name": "Hassan", "father_name_ar": "حسن", "occupation": "nurse",
        "origin_place": {"id": 3, "title": "Rasht"}, "comments": "x",
        "events": [{"title": "Arrest", "from_date": "1982-03-01T00:00", "location": {"title": "Tehran"}}]},
        {"id": 8, "type": "Entity", "name": "An office"}, 5,
        {"id": 3, "title": "Rasht", "title_ar": "رشت", "parent": {"id": 1},
         "latlng": {"lat": 37.28, "lng": 49.58}, "admin_level": {"title": "Governorate"}}]"""
    rows = read(actors.encode())
    assert reasons(rows) == {3: Reason.FORM}
    person = entry(rows[0], Kind.PERSON)
    assert isinstance(person, Draft)
    assert [text for text, _ in person.names] == ["Sara Yari", "سارا یاری"]
    assert isinstance(person.facts, PersonFacts)
    assert (person.facts.father_name, person.facts.origin, person.code) == ("Hassan", "Rasht", "7")
    assert {one.value_en for one in person.said} == {"nurse", "x", "Arrest, Tehran, 1982-03-01"}
    place = entry(rows[3], Kind.PERSON)
    assert isinstance(place, Draft)
    assert (place.kind, place.within) == (Kind.PLACE, "1")
    table = "id,name,name_ar,father_name,sex\n7,Sara Yari,سارا یاری,Hassan,Female\n"
    (row,) = read(table.encode())
    assert row.values["name.official"] == ["Sara Yari", "سارا یاری"]


def test_entities_of_followthemoney_come_line_by_line() -> None:
    text = """{"id": "a", "schema": "Person", "properties": {"name": ["Sara Yari"], "weakAlias": ["Sari"],
"birthDate": ["1961"], "gender": ["female"], "fatherName": ["Hassan"]}}""".replace("\n", " ")
    more = '{"id": "t", "schema": "Family", "properties": {"person": ["a"], "relative": ["b"], '
    more += '"relationship": ["sister"]}}\n{"id": "v", "schema": "Vessel", "properties": {}}\n{nothing\n'
    rows = read(f"{text}\n{more}".encode())
    assert reasons(rows) == {3: Reason.WORD, 4: Reason.FORM}
    assert rows[0].values["birth"] == ["1961"]
    assert rows[1].values["tie.word"] == ["sibling_of"]


def test_quotes_that_never_end_are_not_looked_for_from_every_line_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """That would take the square of the file: hours for four megabytes."""
    looked = []

    def counted(text: str, separator: str, *, inside: bool) -> bool:
        looked.append(inside)
        return is_open(text, separator, inside=inside)

    is_open = separated._open
    monkeypatch.setattr(separated, "_open", counted)
    many = 3_000
    rows = read(("name,father\n" + '"a","b\n' * many).encode())
    assert set(reasons(rows).values()) == {Reason.LONG}
    assert len(rows) == many
    assert len(looked) < 4 * many


def test_a_reference_to_a_cell_that_nobody_could_write_is_damage() -> None:
    assert workbook._column("AB7") == 28
    with pytest.raises(ValueError, match="AAAA"):
        workbook._column("A" * 1_000_000)


def test_of_a_row_only_what_has_a_meaning_is_carried_on() -> None:
    """A list brought by others may have a column for who told it, or where they live."""
    file = in_memory("x.csv", b"name,told by,father\nMina,Zarrin of Oslo,Hassan\n")
    found = reading.rows(file, Mapped(columns={"name": "name.official"}))
    assert [list(row.cells) for row in found] == [["Mina"]]
