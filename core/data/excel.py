"""Excel: one sheet of a workbook (.xlsx, .xlsm, .xls). Runs in a process of its own: see `core.data.apart`.

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

from core.data.archive import BROKEN
from core.data.grid import MAX_ROWS, Grid, check_size, collect, text_of
from core.errors import UserError
from core.words import message

FORMAT = "Excel"
MAX_UNPACKED = 1024 * 1024 * 1024  # bytes of all that a workbook packs
NAMED = 20  # sheets that an error lists
WORKBOOK = re.compile(rb"xl/workbook\d*\.xml")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def is_excel(data: bytes) -> bool:
    """By content: an archive with the name of a workbook's main part, or the container of older Office files.

    The archive is not opened here: its list of names alone may be larger than memory.
    """
    return data.startswith(OLE) or (
        data.startswith(b"PK\x03\x04") and WORKBOOK.search(data) is not None
    )


def read_excel(data: bytes, sheet: str | None = None) -> Grid:
    """The sheet of that name; by default the one with the most cells. `lines` are row numbers of the sheet.

    Raises UserError `file_damaged`, `file_locked`, `file_unpacked`, `sheet_unknown`, `file_empty`,
    `too_many_rows`, `too_many_columns`, `too_many_cells`.
    """
    try:
        _check_unpacked(data)
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        name, names, found = _choose(book, sheet)
        check_size(min(found.height, MAX_ROWS), found.width)  # blank rows do not count
        return _grid(found, name, names, chosen=sheet is not None)
    except PasswordError:
        raise UserError("file_locked") from None
    except CalamineError:
        raise UserError("file_damaged", kind=FORMAT) from None


def _check_unpacked(data: bytes) -> None:
    """A small archive may unpack to more than there is memory: it says itself how much that is. For one that
    lies there is the limit of `core.data.apart`."""
    if data.startswith(OLE):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(each.file_size for each in archive.infolist())
    except BROKEN:
        raise UserError("file_damaged", kind=FORMAT) from None
    if size > MAX_UNPACKED:
        raise UserError("file_unpacked", size=size / 2**20, limit=MAX_UNPACKED // 2**20)


def _choose(book: CalamineWorkbook, wanted: str | None) -> tuple[str, list[str], CalamineSheet]:
    """The sheet of a name, or the visible one with the most cells; and the names of all."""
    tables = [each for each in book.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]
    names = [each.name for each in tables]
    if wanted is not None:
        if wanted not in names:
            raise UserError("sheet_unknown", sheet=wanted, sheets=_listed(names))
        return wanted, names, book.get_sheet_by_name(wanted)
    seen = [each.name for each in tables if each.visible == SheetVisibleEnum.Visible]
    best: tuple[str, CalamineSheet] | None = None
    for name in seen or names:
        sheet = book.get_sheet_by_name(name)
        if best is None or sheet.height * sheet.width > best[1].height * best[1].width:
            best = name, sheet
    if best is None:
        raise UserError("file_empty")
    return best[0], names, best[1]


def _listed(names: list[str]) -> str:
    return ", ".join(f"“{name}”" for name in names[:NAMED]) + (", …" if len(names) > NAMED else "")


def _grid(found: CalamineSheet, name: str, names: list[str], chosen: bool) -> Grid:
    rows = _rows(found)
    header, blank = None, 0
    for _, cells in rows:
        if any(map(str.strip, cells)):
            header = cells
            break
        blank += 1
    if header is None:
        raise UserError("sheet_empty", sheet=name, sheets=_listed(names))
    filled = Filled(rows)
    kept, bad = collect(filled, range(1, len(header) + 1))
    notes = []
    if blank + filled.blank:
        notes.append(message("data.note.blank_lines", lines=blank + filled.blank))
    if len(names) > 1 and not chosen:
        notes.append(message("data.note.sheet", sheet=name, sheets=len(names)))
    return Grid(
        format=FORMAT,
        header=header,
        columns=kept.columns(len(header)),
        lines=kept.lines,
        bad=bad,
        notes=notes,
        first_row=True,
        sheet=name,
        sheets=names,
    )


class Filled:
    """The rows that are not blank, and how many were."""

    def __init__(self, rows: Iterator[tuple[int, list[str]]]) -> None:
        self.rows = rows
        self.blank = 0

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        for line, cells in self.rows:
            if any(map(str.strip, cells)):
                yield line, cells
            else:
                self.blank += 1


def _rows(sheet: CalamineSheet) -> Iterator[tuple[int, list[str]]]:
    for line, cells in enumerate(sheet.iter_rows(), 1):
        yield line, list(map(_text, cells))


def _text(value: Any) -> str:
    """Numbers with the 15 digits that Excel shows and guarantees; what is true as Excel writes it."""
    if isinstance(value, bool):
        return str(value).upper()
    return text_of(float(f"{value:.15g}") if isinstance(value, float) else value)
