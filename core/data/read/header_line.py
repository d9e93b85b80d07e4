"""Header line: which one holds the column names, and which lines above, below and between are no rows.

The same for every format whose header is what happens to stand in a row: CSV, Excel, lists of values in JSON.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import median

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from core.data.column_names import is_known
from core.data.read.column_header import LONG_NAME
from core.data.read.grid import BadRow, Grid, quote_cells
from core.data.read.options import ReadOptions
from core.errors import UserError
from core.words import Message, message

TOP_ROWS = 40  # rows at the top
LAST_ROWS = 5  # rows at the end
NAMED_LINES = 12  # lines that an error lists
# What other programs write below the names: a type for each column ...
_TYPES = """
    string continuous discrete numeric number float float64 double int integer int64 bool boolean varchar char
    nvarchar object datetime timestamp enum categorical str nominal real bigint smallint decimal
"""
TYPES = frozenset(_TYPES.split())
SHORT_TYPES = frozenset(("c", "d", "s", "t", "n", "text", "time", "date", "meta", "category"))
# ... and what part it has.
FLAG = re.compile(r"(class|meta|ignore|weight|i|c|m|w)(\s+[^\s=]+=\S+)*", re.IGNORECASE)
UNIT = re.compile(r"[\[(][^\])]{0,20}[\])]")
ANSWERS = ("open-ended response", "response", "antwort", "réponse", "respuesta")
TOTAL = re.compile(
    r"((grand|sub)[ -]?)?(totals?|sum|summe|gesamt|gesamtsumme|insgesamt|zwischensumme|suma|somme|totale)"
    r"(\s*[:：])?(\s*\(?[\d.,].*)?|(合计|总计|总数|小计|共计|汇总).{0,20}",
    re.IGNORECASE,
)
ROW_COUNT = re.compile(
    r"\(?\d+ (rows?|records?|lines?|zeilen|datensätze)"
    r"( affected| selected| returned| fetched| in set.*)?\)?\.?"
    r"|-*\s*(end of (file|report|data)|eof)\s*-*|共\s*\d+\s*(行|条).{0,4}",
    re.IGNORECASE,
)
RULE = re.compile(r"[-+=:|_ ]{3,}")  # a line that is drawn between rows
NUMBER = re.compile(r"[-+]?[.,:/%\s-]*\d[\d.,:/%\s-]*")


def place_header(grid: Grid, options: ReadOptions) -> Grid:
    """The grid with the line that a person asks for as its header, or the one that seems to be it.

    Lines that are no rows become bad rows, unless `options` want every row. Raises UserError `header_named`
    for a format whose columns have names of their own, `header_line` for a line that is none of the table,
    `header_number` for what is no line.
    """
    if not grid.first_row:
        if options.header is not None or options.every_row is not None:
            raise UserError("header_named", format=grid.format)
        return grid
    wanted = _line(options.header)
    if wanted == 0:
        return _without_header(grid)
    place = _find(grid) if wanted is None else _asked(grid, wanted)
    placed = grid if place is None else _moved(grid, place, said=wanted is None)
    return _only_rows(placed, every=bool(options.every_row))


def _line(asked: object) -> int | None:
    """The number of a line, from anywhere."""
    if asked is None:
        return None
    text = str(asked).strip()
    if not re.fullmatch(r"\d{1,9}", text):
        raise UserError("header_number", value=text[:40])
    return int(text)


def _asked(grid: Grid, line: int) -> int | None:
    """The row that is on a line; None for the header itself."""
    if line == grid.header_line:
        return None
    places = np.flatnonzero(grid.lines == line)
    if not len(places):
        known = [grid.header_line, *grid.lines[:NAMED_LINES].tolist()]
        raise UserError("header_line", line=line, lines=", ".join(map(str, known)))
    return int(places[0])


def _top(grid: Grid) -> list[list[str]]:
    """The first rows under the header."""
    columns = [column.slice(0, TOP_ROWS).to_pylist() for column in grid.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def _without_header(grid: Grid) -> Grid:
    columns = [
        pa.chunked_array([pa.array([cell], pa.large_string()), *column.chunks])
        for cell, column in zip(grid.full_header, grid.columns, strict=True)
    ]
    lines = np.concatenate([[grid.header_line], grid.lines]).astype(np.int64)
    return replace(grid, header=[], columns=columns, lines=lines, first_row=False, nameless=True)


def _moved(grid: Grid, place: int, said: bool) -> Grid:
    """The row of index `place` as the header; what stands above it is listed."""
    header, reason = grid.row(place), message("data.bad.above_header")
    bad = [BadRow(grid.header_line, reason, quote_cells(grid.header))]
    bad += [grid.bad_row(above, reason) for above in range(min(place, TOP_ROWS))]
    columns = [column.slice(place + 1) for column in grid.columns]
    # A title may be wider than the table.
    used = [at for at, name in enumerate(header) if name.strip() or _any(columns[at])]
    line = int(grid.lines[place])
    note = message("data.note.header_found", line=line, first=grid.header_line)
    notes = [note, *grid.notes] if said else list(grid.notes)
    return replace(
        grid,
        header=[header[at] for at in used],
        columns=[columns[at] for at in used],
        lines=grid.lines[place + 1 :],
        bad=sorted([*grid.bad, *bad], key=lambda row: row.line),
        notes=notes,
        header_line=line,
        padded=[number for number in grid.padded if number > line],
    )


def _any(column: pa.ChunkedArray) -> bool:
    return pc.any(pc.not_equal(column, "")).as_py() is True


def _filled(row: Iterable[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _find(grid: Grid) -> int | None:
    """The row that seems to hold the names; None where the first line does."""
    rows = _top(grid)
    names = [name.strip() for name in grid.header if name.strip()]
    once = len(set(names)) == len(names) == len(grid.columns)
    known_here = sum(map(is_known, set(names)))
    if len(rows) < 3 or len(grid.columns) < 2 or (known_here and (once or known_here > 1)):
        return None
    typical = median(map(_filled, rows))
    sparse = _filled(grid.header) <= typical / 2 or (
        grid.header[0].startswith("#") and rows[0][0].startswith("#")
    )
    for place, row in enumerate(rows[:-2]):
        known = sum(is_known(cell) for cell in row if cell.strip())
        if known >= 2 and _are_names(grid, row):
            return place
    if known_here:
        return None
    for place, row in enumerate(rows[:-2]):
        if sparse and _filled(row) >= max(2, 0.75 * typical) and not row[0].startswith("#"):
            # The first row that is as full as the others is the header, or there is none.
            return place if _are_names(grid, row) else None
    return None


def _are_names(grid: Grid, row: Sequence[str]) -> bool:
    """Whether cells may be names: short, different, no numbers, and not what stands in the rows."""
    names = [cell.strip() for cell in row if cell.strip()]
    if len({name.casefold() for name in names}) < len(names):
        return False
    if any(len(name) > LONG_NAME or NUMBER.fullmatch(name) for name in names):
        return False
    there = [
        pc.equal(column, cell)
        for cell, column in zip(row, grid.columns, strict=True)
        if cell.strip()
    ]
    # A file that was put together repeats its header as a whole.
    again = pc.sum(functools.reduce(pc.and_, there)).as_py()
    return all(pc.sum(same).as_py() == again for same in there)


def _only_rows(grid: Grid, every: bool) -> Grid:
    """The grid without lines that are no rows, or with a note that `every` one is kept."""
    gone = np.zeros(len(grid.lines), dtype=bool)
    notes, bad = list[Message](), list[BadRow]()
    header = grid.header
    for key, rows, named in (
        ("below_header", *_below(grid)),
        ("header_again", _repeated(grid), None),
        ("below_table", _last(grid), None),
    ):
        places = [place for place in rows if not gone[place]]
        if not places or len(places) + gone.sum() >= len(grid.lines):
            continue
        gone[places] = True
        header = named or header
        bad += [grid.bad_row(place, message(f"data.bad.{key}")) for place in places]
        said = ", ".join(str(int(grid.lines[place])) for place in places[:NAMED_LINES])
        notes.append(message(f"data.note.{key}", rows=len(places), lines=said))
    if not gone.any():
        return grid
    if every:
        note = message("data.note.every_row", rows=int(gone.sum()))
        return replace(grid, notes=[*grid.notes, note])
    keep = pa.array(~gone)
    return replace(
        grid,
        header=header,
        columns=[column.filter(keep) for column in grid.columns],
        lines=grid.lines[~gone],
        bad=sorted([*grid.bad, *bad], key=lambda row: row.line),
        notes=[*grid.notes, *notes],
        padded=[line for line in grid.padded if line not in {row.line for row in bad}],
    )


def _below(grid: Grid) -> tuple[list[int], list[str] | None]:
    """The rows right below the header that say something of the columns, and the header if it is another."""
    rows = _top(grid)[:3]
    filled = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    for place, cells in enumerate(filled):
        if cells and all(cell.startswith('{"ImportId"') for cell in cells):
            return list(range(place + 1)), None
    if not rows or len(grid.columns) < 2:
        return [], None
    flags = len(filled) > 1 and bool(filled[1]) and all(map(FLAG.fullmatch, filled[1]))
    if _are_types(grid, rows[0], flags):
        return list(range(2 if flags else 1)), None
    if filled[0] and (all(map(UNIT.fullmatch, filled[0])) or all(map(RULE.fullmatch, filled[0]))):
        return [0], None
    answers = [cell.casefold() for cell in filled[0]]
    if len(filled[0]) < len(rows[0]) and any(cell in ANSWERS for cell in answers):
        return [0], _joined(grid.full_header, rows[0])
    return [], None


def _are_types(grid: Grid, row: Sequence[str], flags: bool) -> bool:
    """Whether each cell names the type of its column, or lists its values."""

    def has(at: int, value: str) -> bool:
        return pc.any(pc.equal(grid.columns[at], value)).as_py() is True

    cells = [(at, cell.strip()) for at, cell in enumerate(row) if cell.strip()]
    sure = [cell for _, cell in cells if cell.partition("(")[0].casefold() in TYPES]
    short = [cell for _, cell in cells if cell.casefold() in SHORT_TYPES]
    if len(cells) < 2 or not (sure or (flags and short)):
        return False
    others = [(at, cell) for at, cell in cells if cell not in sure and cell not in short]
    return all(
        len(cell.split()) > 1 and all(has(at, word) for word in set(cell.split()))
        for at, cell in others
    )


def _joined(header: Sequence[str], below: Sequence[str]) -> list[str]:
    """Names of two lines: a question, and under it each of its answers."""
    names, question = [], ""
    for name, part in zip(header, below, strict=True):
        question = name.strip() or question
        said = part.strip()
        names.append(f"{question}: {said}" if said and said.casefold() not in ANSWERS else question)
    return names


def _repeated(grid: Grid) -> list[int]:
    """Rows that are the header again: the file was put together from several."""
    names = grid.full_header
    if sum(bool(name.strip()) for name in names) < 2:
        return []
    same: npt.NDArray[np.bool_] = np.ones(len(grid.lines), dtype=bool)
    for name, column in zip(names, grid.columns, strict=True):
        same &= np.asarray(pc.equal(column, name))
        if not same.any():
            return []
    return np.flatnonzero(same).tolist()


def _last(grid: Grid) -> list[int]:
    """Rows at the end with a sum, or with the number of rows."""
    typical = median(map(_filled, _top(grid))) if len(grid.lines) else 0
    places = []
    for place in range(len(grid.lines) - 1, max(-1, len(grid.lines) - 1 - LAST_ROWS), -1):
        row = [cell.strip() for cell in grid.row(place)]
        cells = [cell for cell in row if cell]
        drawn = cells and all(map(RULE.fullmatch, cells))
        counted = len(cells) == 1 and ROW_COUNT.fullmatch(cells[0])
        total = cells and TOTAL.fullmatch(cells[0]) and len(cells) < typical
        if not (drawn or counted or total or (cells and _adds_up(grid, row, cells[0]))):
            break
        places.append(place)
    return places[::-1]


def _adds_up(grid: Grid, row: Sequence[str], first: str) -> bool:
    """A total beside a number, in a column that holds none otherwise."""
    if not TOTAL.fullmatch(first):
        return False
    tops = list(zip(*_top(grid), strict=True))
    return any(
        NUMBER.fullmatch(cell) and not any(NUMBER.fullmatch(other) for other in tops[at])
        for at, cell in enumerate(row)
        if cell
    )
