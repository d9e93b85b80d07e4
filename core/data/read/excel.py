"""Workbooks: one sheet of an Excel file (.xlsx, .xlsm, .xlsb, .xls) or an OpenDocument one (.ods). Runs in a
process of its own: see `core.data.read.sandbox`.

Cells have the values that were saved with them: no formula is computed, no macro run.
"""

from __future__ import annotations

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

from core.data.read.grid import MAX_ROWS, Grid, RowCollector, cell_text, check_size, name_some
from core.data.read.merged_cells import Merged
from core.data.read.office import BROKEN, SPREADSHEET, refuse_container, refuse_document
from core.data.read.options import FOUND_OUT, ReadOptions
from core.data.read.sniff import OLE
from core.errors import UserError
from core.words import message

FORMAT = "Excel"
MAX_UNPACKED = 1024 * 1024 * 1024  # bytes of all that a workbook packs
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384  # of any sheet of Excel: XFD is the column's name
MAX_SHEETS_NAMED = 20  # in an error
# Where a row or a cell says that it stands, as far as that could be beyond the last ones.
FAR_CELL = re.compile(rb"""\br\s*=\s*["']\s*([A-Za-z]{3,}|[A-Za-z]{0,2}(?=\d{7}))(\d*)""")
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
        return _grid(sheet, name, names, chosen=options.sheet is not None, kind=kind)
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
    with archive.open(member) as file:
        seen = b""
        while chunk := file.read(CHUNK):
            seen += chunk
            for match in FAR_CELL.finditer(seen):
                letters, digits = (group.decode() for group in match.groups())
                tag = seen[max(0, match.start() - OVERLAP) : match.start()].rpartition(b"<")[2]
                far = len(letters) > 3 or _column(letters) > LAST_COLUMN
                far = far or int(digits[:20] or 0) > LAST_ROW
                if far and re.match(rb"(?:\w+:)?(?:row|c)\s", tag):
                    raise UserError("file_far_cell", place=f"{letters}{digits}"[:30])
            seen = seen[-OVERLAP:]


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
    merged = Merged(_rows(sheet), sheet)
    rows = iter(merged)
    header, header_line, blank = None, 0, 0
    for line, cells in rows:
        if any(map(str.strip, cells)):
            header_line = line
            header = merged.header(line, cells, rows)
            break
        blank += 1
    if header is None:
        raise UserError("sheet_empty", sheet=name, sheets=name_some(names, MAX_SHEETS_NAMED))
    collected = RowCollector(range(1, len(header) + 1))
    collected.blank = blank
    collected.take_filled(rows)
    notes = []
    if merged.filled:
        notes.append(message("data.note.merged", cells=merged.filled))
    if len(names) > 1 and not chosen:
        notes.append(message("data.note.sheet", sheet=name, sheets=len(names)))
    where: dict[str, Any] = {"header_line": header_line, "sheet": name, "sheets": names}
    return collected.grid(kind, header, notes, first_row=True, **where)


def _rows(sheet: CalamineSheet) -> Iterator[tuple[int, list[str]]]:
    for line, cells in enumerate(sheet.iter_rows(), 1):
        yield line, list(map(_text, cells))


def _text(value: Any) -> str:
    """Numbers with the 15 digits that Excel shows and guarantees."""
    return cell_text(float(f"{value:.15g}") if isinstance(value, float) else value)
