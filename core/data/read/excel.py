"""Workbooks: one sheet of an Excel file (.xlsx, .xlsm, .xlsb, .xls) or an OpenDocument one (.ods). Runs in a
process of its own: see `core.data.read.sandbox`.

Cells have the values that were saved with them: no formula is computed, no macro run.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from core.data.read.grid import MAX_ROWS, Grid, cell_text, check_size, name_some
from core.data.read.merged_cells import MAX_SHEETS_NAMED, Merged, sheet_grid
from core.data.read.office import BROKEN, SPREADSHEET, refuse_container, refuse_document
from core.data.read.options import FOUND_OUT, ReadOptions
from core.data.read.sniff import OLE
from core.errors import UserError
from core.words import message

FORMAT = "Excel"
MAX_UNPACKED = 1024 * 1024 * 1024  # bytes of all that a workbook packs
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384  # of any sheet of Excel: XFD is the column's name
# Where a row or a cell says that it stands, as far as that could be beyond the last ones.
FAR_CELL = re.compile(rb"""\br\s*=\s*["']\s*([A-Za-z]{3,}|[A-Za-z]{0,2}(?=\d{7}))(\d*)""")
# Where merged cells stand: in OpenDocument, and as the first of the records in a sheet of a binary workbook.
MERGED = (
    (
        re.compile(r"content\.xml"),
        re.compile(rb"""number-(?:rows|columns)-spanned\s*=\s*["'](?!1["'])"""),
    ),
    (
        re.compile(r"xl/worksheets/[^/]*\.bin"),
        re.compile(rb"\xb1\x01\x04.{4}\xb0\x01\x10", re.DOTALL),
    ),
)
CHUNK = 1 << 20
OVERLAP = 200  # bytes that are looked at again: a tag may stand across two chunks


def read_excel(data: bytes, options: ReadOptions = FOUND_OUT) -> Grid:
    """The sheet that is asked for; by default the one with the most cells. `lines` are its row numbers.

    Raises UserError `file_damaged`, `file_locked`, `file_unpacked`, `file_far_cell`,
    `sheet_unknown`, `file_empty`, `too_many_rows`, `too_many_columns`, `too_many_cells`, `too_much_text`.
    """
    try:
        _check_archive(data)
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        name, names, sheet = _choose(book, options.sheet)
        if sheet.total_height > LAST_ROW:
            raise UserError("file_far_cell", place=sheet.total_height)
        check_size(min(sheet.height, MAX_ROWS), sheet.width)  # blank rows do not count
        kind = "OpenDocument" if SPREADSHEET in data[:200] else FORMAT
        grid = _grid(sheet, name, names, chosen=options.sheet is not None, kind=kind)
        unfilled = [message("data.note.merged_unfilled")] if _unfilled(data) else []
        return dataclasses.replace(grid, notes=[*grid.notes, *unfilled])
    except PasswordError:
        raise UserError("file_locked") from None
    except CalamineError:
        refuse_container(data)
        refuse_document(data)
        raise UserError("file_damaged", kind=FORMAT) from None


def _check_archive(data: bytes) -> None:
    """A small archive may unpack to more than there is memory: it says itself how much that is. For one that
    lies there is the limit of `core.data.read.sandbox`."""
    if data.startswith(OLE):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            size = sum(member.file_size for member in members)
            if size > MAX_UNPACKED:
                limit = MAX_UNPACKED // 2**20
                raise UserError("file_unpacked", size=size / 2**20, limit=limit)
            for member in members:
                if member.filename.startswith("xl/worksheets/"):
                    _check_far(archive, member)
    except BROKEN:
        raise UserError("file_damaged", kind=FORMAT) from None


def _check_far(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Raise UserError `file_far_cell` for a sheet with a row or a cell where no sheet has one.

    Rows up to there would be made, each of them, before anything could be said of them.
    """
    for seen in _pieces(archive, member):
        for match in FAR_CELL.finditer(seen):
            letters, digits = (group.decode() for group in match.groups())
            tag = seen[max(0, match.start() - OVERLAP) : match.start()].rpartition(b"<")[2]
            far = len(letters) > 3 or _column(letters) > LAST_COLUMN
            far = far or int(digits[:20] or 0) > LAST_ROW
            if far and re.match(rb"(?:\w+:)?(?:row|c)\s", tag):
                raise UserError("file_far_cell", place=f"{letters}{digits}"[:30])


def _column(letters: str) -> int:
    """The number of a column by its name: 1 for A; 0 for no name."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter.upper()) - 64
    return number


def _choose(book: CalamineWorkbook, wanted: str | None) -> tuple[str, list[str], CalamineSheet]:
    """The sheet of a name, or the visible one with the most cells; and the names of all."""
    tables = [info for info in book.sheets_metadata if info.typ == SheetTypeEnum.WorkSheet]
    names = [table.name for table in tables]
    if wanted is not None:
        if wanted not in names:
            raise UserError(
                "sheet_unknown", sheet=wanted, sheets=name_some(names, MAX_SHEETS_NAMED)
            )
        return wanted, names, book.get_sheet_by_name(wanted)
    seen = [table.name for table in tables if table.visible == SheetVisibleEnum.Visible]
    best: tuple[str, CalamineSheet] | None = None
    for name in seen or names:
        sheet = book.get_sheet_by_name(name)
        if best is None or sheet.height * sheet.width > best[1].height * best[1].width:
            best = name, sheet
    if best is None:
        raise UserError("file_empty")
    return best[0], names, best[1]


def _grid(sheet: CalamineSheet, name: str, names: list[str], chosen: bool, kind: str) -> Grid:
    left = sheet.start[1] if sheet.start else 0
    merged = Merged(_rows(sheet), sheet.merged_cell_ranges or (), sheet.width, left)
    return sheet_grid(kind, merged, name, names, chosen)


def _unfilled(data: bytes) -> bool:
    """Are cells merged in a file of a kind of which python-calamine does not tell which ones?"""
    if data.startswith(OLE):
        return False
    with contextlib.suppress(*BROKEN), zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.namelist():
            marks = [mark for name, mark in MERGED if name.fullmatch(member)]
            if marks and any(map(marks[0].search, _pieces(archive, member))):
                return True
    return False


def _pieces(archive: zipfile.ZipFile, member: zipfile.ZipInfo | str) -> Iterator[bytes]:
    """What a file of an archive holds, a piece at a time, each with the end of the one before."""
    with archive.open(member) as file:
        seen = b""
        while chunk := file.read(CHUNK):
            seen = seen[-OVERLAP:] + chunk
            yield seen


def _rows(sheet: CalamineSheet) -> Iterator[tuple[int, list[str]]]:
    for line, cells in enumerate(sheet.iter_rows(), 1):
        yield line, list(map(_text, cells))


def _text(value: Any) -> str:
    """Numbers with the 15 digits that Excel shows and guarantees."""
    return cell_text(float(f"{value:.15g}") if isinstance(value, float) else value)
