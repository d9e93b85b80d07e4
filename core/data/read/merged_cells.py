"""Merged cells of a sheet: what stands in the first of them holds for all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from python_calamine import CalamineSheet

MAX_RANGES = 100_000  # that are heeded; a person who merges cells has a few hundred
HEADER_ROWS = 5  # that the merged cells of a header may reach down

Row = tuple[int, list[str]]


class Merged:
    """Rows of a sheet, each with its number from 1, in which merged cells are filled in. To be iterated once;
    `filled` is then how many cells.

    A row without a cell of its own stays blank: it is the lower part of a row that is merged as a whole. So
    does the rest of a row that is merged over the whole width of the table: that is a title.
    """

    def __init__(self, rows: Iterable[Row], sheet: CalamineSheet) -> None:
        self.filled = 0
        self._rows = rows
        self._width = sheet.width
        self._left = sheet.start[1] if sheet.start else 0
        self._starts = self._by_row(sheet)

    def _by_row(self, sheet: CalamineSheet) -> dict[int, list[tuple[int, int, int]]]:
        """Last row, first and last column of each range of several cells, by its first row; columns count
        from the table's first."""
        starts: dict[int, list[tuple[int, int, int]]] = {}
        for (top, left), (bottom, right) in islice(sheet.merged_cell_ranges or (), MAX_RANGES):
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
