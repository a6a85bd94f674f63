"""Many names at once: every line is read or kept as it is, whatever it was written with."""

import zipfile
from contextlib import suppress
from io import BytesIO
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.errors import InvalidError
from portal.intake.journey import LINE, TEXT
from portal.intake.listing import LINE_OF, NOTE_OF, Line, Unusual, pasted, sheet

CELL = st.text(st.characters(categories=("L", "N", "P")), max_size=20)
SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
ROWS = [["نام", "نام پدر", "Prison", "رنگ چشم"], ["سیمین راد", "کاوه", "Evin", "سبز"], ["", "", "Evin", ""]]


def workbook(rows: list[list[str]], *, head: str = "", shared: bool = True) -> bytes:
    """Write an XLSX workbook as spreadsheets do: texts stand in one place, or in the cells."""
    texts = [cell for row in rows for cell in row]
    cells, number = "", 0
    for line, row in enumerate(rows, 1):
        cells += f'<row r="{line}">'
        for column, cell in enumerate(row):
            where = f'r="{chr(65 + column)}{line}"'
            if cell and shared:
                cells += f'<c {where} t="s"><v>{number}</v></c>'
            elif cell:
                cells += f'<c {where} t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
            number += 1
        cells += "</row>"
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr(
            "xl/worksheets/sheet1.xml",
            f'{head}<worksheet xmlns="{SPACE}"><sheetData>{cells}</sheetData></worksheet>',
        )
        strings = "".join(f"<si><t>{escape(text)}</t></si>" for text in texts)
        book.writestr("xl/sharedStrings.xml", f'<sst xmlns="{SPACE}">{strings}</sst>')
    return made.getvalue()


def said(lines: list[Line]) -> str:
    return "\n".join(value for line in lines for card in line.cards for value in card.values())


def test_one_name_a_line_becomes_one_card_a_line() -> None:
    lines = pasted("سیمین راد\n\n  Behrang, of Karaj \n")
    assert [(line.number, line.cards[0]["name"]) for line in lines] == [
        (1, "سیمین راد"),
        (3, "Behrang, of Karaj"),
    ]


def as_csv(encoding: str, delimiter: str) -> bytes:
    return "\r\n".join(delimiter.join(row) for row in ROWS).encode(encoding)


@pytest.mark.parametrize(
    "data",
    [
        as_csv("utf-8", ","),
        as_csv("utf-8-sig", ";"),
        as_csv("utf-16", "\t"),
        as_csv("utf-8", ",").replace("ی".encode(), "ي".encode()).replace("ي".encode(), "ی".encode()),
        workbook(ROWS),
        workbook(ROWS, shared=False),
    ],
    ids=["csv", "semicolons", "utf-16", "letters", "xlsx", "xlsx with texts in the cells"],
)
def test_columns_are_known_by_their_headings_and_others_are_kept(data: bytes) -> None:
    [first, second] = sheet(data)
    assert first.cards == (
        {"name": "سیمین راد", "father": "کاوه", "prison": "Evin", "more": "رنگ چشم: سبز", LINE_OF: "2"},
    )
    assert second.cards == ({"prison": "Evin", LINE_OF: "3", NOTE_OF: Unusual.NO_NAME},)


def test_an_old_persian_spreadsheet_is_read() -> None:
    [line] = sheet("نام;شهر\r\nبهرنگ;كرج".encode("cp1256"))
    assert line.cards[0]["city"] == "كرج"


def test_a_line_that_is_too_long_is_kept_whole_on_several_cards() -> None:
    words = "".join(chr(0x600 + place % 200) for place in range(LINE + 2 * TEXT))
    [line] = pasted(words)
    assert "".join(card["more"] for card in line.cards) == words.strip()
    assert {card[NOTE_OF] for card in line.cards} == {Unusual.LONG}


@settings(deadline=None)
@given(st.lists(st.lists(CELL, max_size=5), max_size=9))
def test_no_word_of_a_pasted_sheet_is_lost(rows: list[list[str]]) -> None:
    kept = said(pasted("\n".join("\t".join(row) for row in [["no heading"], *rows])))
    assert [cell for row in rows for cell in row if cell.strip() not in kept] == []


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_whatever_is_sent_is_read_or_refused_in_words(data: bytes) -> None:
    for content in (data, b"PK\x03\x04" + data):
        with suppress(InvalidError):
            sheet(content)


HOSTILE = {
    "a document type": workbook(ROWS, head='<!DOCTYPE x [<!ENTITY a "aaaa">]>'),
    "far too large inside": workbook([["x" * (17 * 1024 * 1024)]]),
    "no sheet": b"PK\x05\x06" + bytes(18),
    "cut off": workbook(ROWS)[:-30],
}


@pytest.mark.parametrize("name", list(HOSTILE))
def test_a_hostile_workbook_is_refused(name: str) -> None:
    with pytest.raises(InvalidError, match="line by line"):
        sheet(HOSTILE[name])


def test_a_formula_is_read_as_what_it_shows_and_a_number_as_it_is_written() -> None:
    made = BytesIO()
    cell = '<c r="A1"><f>HYPERLINK("http://x")</f><v>1340</v></c><c r="C1" t="str"><v>سیمین</v></c>'
    with zipfile.ZipFile(made, "w") as book:
        book.writestr(
            "xl/worksheets/sheet1.xml",
            f'<worksheet xmlns="{SPACE}"><sheetData><row>{cell}</row></sheetData></worksheet>',
        )
    [line] = sheet(made.getvalue())
    assert line.cards[0]["name"] == "1340"
    assert line.cards[0]["more"] == "سیمین"
