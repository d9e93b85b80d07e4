"""Workbooks and other files, written by hand: what is tested is read by a library, not written by it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
STYLES = {"date": 1, "moment": 2}
Cell = str | float | bool | None | tuple[str, str]


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


def sheet(rows: Mapping[int, Sequence[Cell]]) -> str:
    """A sheet's XML, of rows by their numbers."""
    body = ""
    for number, cells in rows.items():
        inner = "".join(cell(f"{letters(k)}{number}", value) for k, value in enumerate(cells))
        body += f'<row r="{number}">{inner}</row>'
    return f'<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData></worksheet>'


def xlsx(
    sheets: Mapping[str, Mapping[int, Sequence[Cell]] | Sequence[Sequence[Cell]]],
    hidden: Sequence[str] = (),
    extra: Mapping[str, bytes] | None = None,
) -> bytes:
    """A workbook. Rows without numbers are those from 1 on."""
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
        files[f"xl/worksheets/sheet{number}.xml"] = sheet(numbered)
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
            archive.writestr(path, content)
    return out.getvalue()
