"""Sheets, and their merged cells: what stands in the first of them holds for all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from core.data.read.grid import Grid, RowCollector, name_some
from core.errors import UserError
from core.words import message

MAX_SHEETS_NAMED = 20  # in an error
MAX_RANGES = 100_000  # that are heeded; a person who merges cells has a few hundred
HEADER_ROWS = 5  # that the merged cells of a header may reach down

Row = tuple[int, list[str]]
Place = tuple[int, int]  # row and column of a sheet, from 0
Range = tuple[Place, Place]  # its first and last cell


class Merged:
    """Rows of a sheet, each with its number from 1, in which merged cells are filled in. To be iterated once;
    `filled` is then how many cells.

    A row without a cell of its own stays blank: it is the lower part of a row that is merged as a whole. So
    does the rest of a row that is merged over the whole width of the table: that is a title. The table has
    `width` columns, the first of which is the column `left` of the sheet, from 0.
    """

    def __init__(
        self, rows: Iterable[Row], ranges: Iterable[Range], width: int, left: int = 0
    ) -> None:
        self.filled = 0
        self._rows = rows
        self._width = width
        self._left = left
        self._starts = self._by_row(ranges)

    def _by_row(self, ranges: Iterable[Range]) -> dict[int, list[tuple[int, int, int]]]:
        """Last row, first and last column of each range of several cells, by its first row; columns count
        from the table's first."""
        starts: dict[int, list[tuple[int, int, int]]] = {}
        for (top, left), (bottom, right) in islice(ranges, MAX_RANGES):
            first, last = max(0, left - self._left), min(right - self._left, self._width - 1)
            title = self._width > 1 and (first, last) == (0, self._width - 1)
            if first <= last and not title:
                starts.setdefault(top + 1, []).append((bottom + 1, first, last))
        return starts

    def __iter__(self) -> Iterator[Row]:
        held: dict[int, tuple[int, str]] = {}  # by column: the last row of its range, and the value
        for line, cells in self._rows:
            for bottom, first, last in self._starts.get(line, ()):
                held.update(dict.fromkeys(range(first, last + 1), (bottom, cells[first])))
            if held:
                self._fill(line, cells, held)
            yield line, cells

    def _fill(self, line: int, cells: list[str], held: dict[int, tuple[int, str]]) -> None:
        own = any(map(str.strip, cells))
        for column, (bottom, value) in list(held.items()):
            if line > bottom:
                del held[column]
            elif own and value and not cells[column].strip():
                cells[column] = value
                self.filled += 1

    def header(self, line: int, cells: list[str], rows: Iterator[Row]) -> list[str]:
        """The names of the columns where the cells of the header, which stands in row `line`, are merged with
        some below: the parts of each, from the top, each once. Takes those rows from `rows`."""
        depth = max((bottom for bottom, _, _ in self._starts.get(line, ())), default=line) - line
        if not 0 < depth < HEADER_ROWS:
            return cells
        names = [[cell.strip()] for cell in cells]
        for _, below in islice(rows, depth):
            for name, cell in zip(names, below, strict=True):
                if cell.strip() not in name:
                    name.append(cell.strip())
        return [" ".join(filter(None, name)) for name in names]


def sheet_grid(kind: str, merged: Merged, name: str, names: list[str], chosen: bool) -> Grid:
    """The table of the sheet `name`, one of `names`, which was `chosen` by a person; its first row that is
    not blank names the columns. `lines` are row numbers. Raises UserError `sheet_empty`, and as
    `RowCollector` does."""
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
