"""Workbooks and other files, written by hand: what is tested is read by a library, not written by it."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
STYLES = {"date": 1, "moment": 2}
Cell = str | float | bool | None | tuple[str, str]


def undated(path: str) -> zipfile.ZipInfo:
    """So that the same content gives the same file."""
    return zipfile.ZipInfo(path)


def letters(column: int) -> str:
    """A, B, ... for 0, 1, ..."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def cell(place: str, value: Cell) -> str:
    """A cell's XML; (kind, value) are a "date" or "moment" by its number, a "formula", an "error", or "raw"
    XML."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, str):
        text = escape(value)
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    if not isinstance(value, tuple):
        return f'<c r="{place}"><v>{value}</v></c>'
    kind, inner = value
    if kind in STYLES:
        return f'<c r="{place}" s="{STYLES[kind]}"><v>{inner}</v></c>'
    if kind == "error":
        return f'<c r="{place}" t="e"><v>{inner}</v></c>'
    if kind == "formula":
        return f'<c r="{place}"><f>1+1</f><v>{inner}</v></c>'
    return inner


def sheet(rows: Mapping[int, Sequence[Cell]], merged: Sequence[str] = ()) -> str:
    """A sheet's XML, of rows by their numbers."""
    body, below = "", "".join(f'<mergeCell ref="{each}"/>' for each in merged)
    for number, cells in rows.items():
        inner = "".join(cell(f"{letters(k)}{number}", value) for k, value in enumerate(cells))
        body += f'<row r="{number}">{inner}</row>'
    below = f"<mergeCells>{below}</mergeCells>" if below else ""
    return f'<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData>{below}</worksheet>'


def xlsx(
    sheets: Mapping[str, Mapping[int, Sequence[Cell]] | Sequence[Sequence[Cell]]],
    hidden: Sequence[str] = (),
    extra: Mapping[str, bytes] | None = None,
    merged: Sequence[str] = (),
) -> bytes:
    """A workbook. Rows without numbers are those from 1 on; `merged` are ranges of every sheet."""
    listed = relations = ""
    files: dict[str, str | bytes] = {}
    for number, (name, rows) in enumerate(sheets.items(), 1):
        state = ' state="hidden"' if name in hidden else ""
        listed += f'<sheet name="{escape(name)}" sheetId="{number}" r:id="r{number}"{state}/>'
        relations += (
            f'<Relationship Id="r{number}" Type="{RELATIONS}/worksheet" '
            f'Target="worksheets/sheet{number}.xml"/>'
        )
        numbered = rows if isinstance(rows, Mapping) else dict(enumerate(rows, 1))
        files[f"xl/worksheets/sheet{number}.xml"] = sheet(numbered, merged)
    relations += f'<Relationship Id="styles" Type="{RELATIONS}/styles" Target="styles.xml"/>'
    files["xl/workbook.xml"] = (
        f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{listed}</sheets></workbook>'
    )
    files["xl/_rels/workbook.xml.rels"] = (
        f'<Relationships xmlns="{PACKAGE}/relationships">{relations}</Relationships>'
    )
    files["xl/styles.xml"] = (
        f'<styleSheet xmlns="{MAIN}"><cellXfs count="3"><xf numFmtId="0"/>'
        '<xf numFmtId="14"/><xf numFmtId="22"/></cellXfs></styleSheet>'
    )
    files["[Content_Types].xml"] = f'<Types xmlns="{PACKAGE}/content-types"/>'
    files["_rels/.rels"] = (
        f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    )
    files |= extra or {}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(undated(path), content, archive.compression)
    return out.getvalue()


def ods(rows: Sequence[Sequence[str]], extra: str = "") -> bytes:
    """A spreadsheet of OpenDocument with one sheet; `extra` is XML behind its rows."""
    cells = (
        "".join(
            '<table:table-cell office:value-type="string">'
            f"<text:p>{escape(each)}</text:p></table:table-cell>"
            for each in row
        )
        for row in rows
    )
    body = "".join(f"<table:table-row>{each}</table:table-row>" for each in cells)
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(undated("mimetype"), "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            undated("content.xml"),
            f"<office:document-content {spaces}><office:body><office:spreadsheet>"
            f'<table:table table:name="S">{body}{extra}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
        archive.writestr(undated("META-INF/manifest.xml"), "<manifest/>")
    return out.getvalue()


def record(kind: int, content: bytes = b"") -> bytes:
    """A record of a binary workbook: its kind and its length, each in groups of seven bits."""
    size = len(content)
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    while size > 127:
        head, size = head + bytes([size & 0x7F | 0x80]), size >> 7
    return head + bytes([size]) + content


def wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def xlsb(
    rows: Mapping[int, Sequence[str]], merged: Sequence[tuple[int, int, int, int]] = ()
) -> bytes:
    """A binary workbook with one sheet, of rows by their numbers; `merged` are ranges by their first and
    last row, and first and last column, from 0."""
    body = b""
    for number, cells in rows.items():
        body += record(0, struct.pack("<I", number - 1) + bytes(21))
        for column, each in enumerate(cells):
            body += record(6, struct.pack("<II", column, 0) + wide(each))
    width = max(map(len, rows.values()))
    size = struct.pack("<4I", min(rows) - 1, max(rows) - 1, 0, width - 1)
    below = b"".join(record(176, struct.pack("<4I", *each)) for each in merged)
    if below:
        below = record(177, struct.pack("<I", len(merged))) + below + record(178)
    sheet = record(129) + record(148, size) + record(145) + body + record(146) + below + record(130)
    named = struct.pack("<II", 0, 1) + wide("r1") + wide("S")
    book = record(131) + record(143) + record(156, named) + record(144) + record(132)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(
            undated("[Content_Types].xml"), f'<Types xmlns="{PACKAGE}/content-types"/>'
        )
        archive.writestr(undated("xl/workbook.bin"), book)
        archive.writestr(
            undated("xl/_rels/workbook.bin.rels"),
            f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
            f'Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.bin"/></Relationships>',
        )
        archive.writestr(undated("xl/worksheets/sheet1.bin"), sheet)
    return out.getvalue()
