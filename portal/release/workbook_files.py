"""A table as an XLSX workbook (ECMA-376 part 1): one sheet of texts and whole numbers, and nothing besides.

It is written here, and by no library, because of what libraries add: when and by whom a workbook was made,
texts that no cell uses, cells that become links and formulas, and working files in clear beside it.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from xml.sax.saxutils import escape

from portal.errors import InvalidError
from portal.release.tables import entry

MOST_ROWS, MOST_COLUMNS, LONGEST = 1_048_576, 16_384, 32_767
"""What spreadsheets hold: rows and columns of a sheet, letters of a cell."""

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET = "xl/worksheets/sheet1.xml"
_PARTS: Mapping[str, str] = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
    f'<Override PartName="/{_SHEET}" ContentType="{_TYPES}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_SHEETS}" xmlns:r="{_OFFICE}">'
    '<sheets><sheet name="table" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    # The second format is text with a quote before it, so that no cell becomes a formula when it is edited.
    "xl/styles.xml": f'<styleSheet xmlns="{_SHEETS}"><fonts count="1"><font/></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1"/>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>",
}
_ODD = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
"""What XML cannot hold, and what would be read as the way around it (part 1, 22.9.2.19)."""
_AT_ONCE = 2_000

Line = Sequence[str | int]


def write_workbook(heads: Sequence[Line], rows: Sequence[Line]) -> bytes:
    """Write the lines of the head and the rows below; text is never a formula, a link or a date.

    What a spreadsheet cannot hold is an `InvalidError`.
    """
    if len(heads) + len(rows) > MOST_ROWS or len(heads[0]) > MOST_COLUMNS:
        raise InvalidError("A workbook holds 1,048,576 rows and 16,384 columns at most. Take another format.")
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as book:
        for name, part in _PARTS.items():
            told = entry(name)
            told.compress_type = zipfile.ZIP_DEFLATED
            book.writestr(told, _HEAD + part)
        told = entry(_SHEET)
        told.compress_type = zipfile.ZIP_DEFLATED
        try:
            with book.open(told, "w") as sheet:
                for piece in _pieces(heads, rows):
                    sheet.write(piece)
        except RuntimeError:  # the limit of a ZIP that every program reads
            raise InvalidError("This table is too big for a workbook. Take another format.") from None
    return sink.getvalue()


def _pieces(heads: Sequence[Line], rows: Sequence[Line]) -> Iterator[bytes]:
    cells = _Cells()
    yield f'{_HEAD}<worksheet xmlns="{_SHEETS}"><sheetData>'.encode()
    yield _lines(heads, cells)
    for start in range(0, len(rows), _AT_ONCE):
        yield _lines(rows[start : start + _AT_ONCE], cells)
    yield b"</sheetData></worksheet>"


def _lines(lines: Iterable[Line], cells: "_Cells") -> bytes:
    try:
        return "".join(f"<row>{''.join(map(cells.__getitem__, line))}</row>" for line in lines).encode()
    except UnicodeEncodeError as error:
        raise InvalidError("a cell or name holds something that is no text") from error


class _Cells(dict[str | int, str]):
    """Cells as they are written; a table says few things many times."""

    def __missing__(self, cell: str | int) -> str:
        self[cell] = made = f"<c><v>{cell}</v></c>" if isinstance(cell, int) else _text(cell)
        return made


def _text(cell: str) -> str:
    if len(cell) > LONGEST:
        raise InvalidError("A cell of a workbook holds 32,767 letters at most. Take another format.")
    said = escape(_ODD.sub(lambda found: f"_x{ord(found[0]):04X}_", cell))
    return f'<c s="1" t="inlineStr"><is><t xml:space="preserve">{said}</t></is></c>'
