"""Grid: what a reader of any format hands over: a header, columns of text, rows that cannot be read."""

from __future__ import annotations

import itertools
import json
import math
import re
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from core.data.read.decode import MARKED, Encoding, escape_undecodable
from core.errors import UserError
from core.words import Message, message

MAX_ROWS = 1_000_000
MAX_COLUMNS = 500
MAX_CELL = 100_000  # characters
MAX_CELLS = 50_000_000  # of a whole table: 8 bytes each, even where they are empty
MAX_TEXT = 512 * 1024**2  # bytes of all cells together, in UTF-8: twice the largest file
MAX_HELD = 32_000_000  # characters of such rows, of which some cells can be read
MAX_BAD = 100_000  # rows that cannot be read: what has more is no such table
QUOTED_LENGTH = 200  # characters of a row that a report quotes
BLOCK = 10_000  # rows that are Python objects at the same time
LONG_BLOCK = 8 * 1024**2  # characters of such rows
MAX_EXACT = 1e15  # whole numbers beyond are not exact in a spreadsheet
NO_TEXT = re.compile("[\0\ud800-\udfff]")  # stands for no character

NAMED_AT_MOST = 5  # classes, columns or values that a note names

NO_ENCODING = Encoding("")
Lines = npt.NDArray[np.int64]


@dataclass(frozen=True)
class BadRow:
    """A row that could not be read: `line` is 1-based, `text` its first 200 characters.

    Where only some of its cells are `wrong`, a reader hands over the `cells`, with these empty: see
    `core.data.read.unused_columns`.
    """

    line: int
    reason: Message
    text: str
    cells: tuple[str, ...] = ()
    wrong: tuple[int, ...] = ()

    @classmethod
    def of(cls, line: int, reason: Message, text: str, cells: Sequence[str]) -> BadRow:
        """A row of these cells, of which one at least is wrong."""
        wrong = tuple(place for place, cell in enumerate(cells) if wrong_cell(place, cell))
        held = tuple("" if place in wrong else cell for place, cell in enumerate(cells))
        return cls(line, reason, text, held, wrong) if any(held) else cls(line, reason, text)

    def to_json(self) -> list[Any]:
        held = [list(self.cells), list(self.wrong)] if self.cells else []
        return [self.line, self.reason.to_json(), self.text, *held]

    @classmethod
    def from_json(cls, values: Sequence[Any]) -> BadRow:
        line, reason, text, *held = values
        return cls(line, Message.from_json(reason), text, *map(tuple, held))


@dataclass(frozen=True)
class Grid:
    """A file's content before its columns have their final names.

    `columns` are Arrow's large strings; there may be more of them than names in `header`, whose characters
    are all ones that Arrow takes. `lines` is where each row starts, 1-based. `format` is what people call the
    kind of file.
    """

    format: str
    header: list[str]
    columns: list[pa.ChunkedArray]
    lines: Lines
    bad: Sequence[BadRow] = ()
    notes: Sequence[Message] = ()
    encoding: str = ""
    delimiter: str = ""
    first_row: bool = False  # whether the header is what happened to stand in the first row
    header_line: int = 0  # where it stands
    nameless: bool = False  # whether a person says that there are no names
    padded: Sequence[int] = ()  # the lines of rows whose cells at the end are missing
    sheet: str = ""
    sheets: Sequence[str] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "header", [NO_TEXT.sub("\ufffd", name) for name in self.header])

    @property
    def full_header(self) -> list[str]:
        """The header with an empty name for each column that it lacks."""
        return [*self.header, *[""] * (len(self.columns) - len(self.header))]

    def row(self, place: int) -> list[str]:
        return [column[place].as_py() for column in self.columns]

    def bad_row(self, place: int, reason: Message) -> BadRow:
        """A row that is none, for a reason."""
        return BadRow(int(self.lines[place]), reason, quote_cells(self.row(place)))


class BadRows(list[BadRow]):
    """Rows that cannot be read, as they are met. Raises UserError `too_many_bad`."""

    def __init__(self) -> None:
        super().__init__()
        self._held = 0

    def append(self, row: BadRow) -> None:
        self._held += sum(map(len, row.cells))
        if row.cells and self._held > MAX_HELD:
            row = BadRow(row.line, row.reason, row.text)
        if len(self) == MAX_BAD:
            raise UserError("too_many_bad", limit=MAX_BAD, line=self[0].line, reason=self[0].reason)
        super().append(row)


class ColumnBuilder:
    """Takes rows one by one and keeps them as Arrow columns; only the last BLOCK rows, or less where they are
    long, are Python objects.

    Rows may grow wider as they come: cells that are missing are empty. Raises UserError `too_many_rows`,
    `too_many_columns`, `too_many_cells`, `too_much_text`.
    """

    def __init__(self) -> None:
        self.width = 0
        self._bytes = self._characters = 0
        self._lines = array("q")
        self._waiting: list[Sequence[str]] = []
        self._made: list[pa.Table] = []

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, line: int, cells: Sequence[str]) -> None:
        if len(self._lines) == MAX_ROWS:
            raise UserError("too_many_rows", limit=MAX_ROWS)
        self._lines.append(line)
        self._waiting.append(cells)
        self._characters += sum(map(len, cells))
        if len(self._waiting) == BLOCK or self._characters > LONG_BLOCK:
            self._store()

    def _store(self) -> None:
        columns = [
            pa.array(column, pa.large_string())
            for column in itertools.zip_longest(*self._waiting, fillvalue="")
        ]
        self.width = max(self.width, len(columns))
        check_size(len(self), self.width)
        self._made.append(pa.table(columns, names=list(map(str, range(len(columns))))))
        self._waiting.clear()
        self._characters = 0
        self._bytes += sum(map(text_bytes, columns))
        if self._bytes > MAX_TEXT:
            raise UserError("too_much_text", limit=MAX_TEXT // 2**20)

    def columns(self, width: int) -> list[pa.ChunkedArray]:
        """All rows, at least `width` wide."""
        if self._waiting:
            self._store()
        width = max(self.width, width)
        check_size(len(self), width)
        whole = pa.concat_tables(self._made, promote_options="default") if self._made else None
        self._made.clear()
        filled = [] if whole is None else [pc.fill_null(column, "") for column in whole.columns]
        blank = pa.chunked_array([pa.repeat(pa.scalar("", pa.large_string()), len(self))])
        return [*filled, *[blank] * (width - len(filled))]

    @property
    def lines(self) -> Lines:
        return np.array(self._lines, dtype=np.int64)


class RowCollector(ColumnBuilder):
    """Takes the rows of a file: those with a cell that is no text become bad rows, blank ones are counted.

    `names` are those of the columns, words or numbers, as a reason calls them. Raises UserError as its parts
    do.
    """

    def __init__(self, names: Sequence[object]) -> None:
        super().__init__()
        self.names = names
        self.bad = BadRows()
        self.blank = 0

    def take(
        self, line: int, cells: Sequence[str], source: str = "", reason: Message | None = None
    ) -> None:
        """A row, or the `reason` why it is none; a report quotes its `source`, where that is known."""
        able = () if reason else cells  # cells that may be of use in a bad row
        reason = reason or next(filter(None, map(wrong_cell, self.names, cells)), None)
        if reason:
            shown = quote_cells([shorten(source)] if source else cells)
            self.bad.append(BadRow.of(line, reason, shown, able))
        else:
            self.add(line, cells)

    def take_filled(self, rows: Iterable[tuple[int, Sequence[str]]]) -> None:
        """All rows that are not blank."""
        for line, cells in rows:
            if any(map(str.strip, cells)):
                self.take(line, cells)
            else:
                self.blank += 1

    def grid(
        self,
        kind: str,
        header: list[str],
        notes: Sequence[Message] = (),
        encoding: Encoding = NO_ENCODING,
        **further: Any,
    ) -> Grid:
        """The rows as a grid of a format, with notes on blank lines and on a guessed encoding."""
        blank = [message("data.note.blank_lines", lines=self.blank)] if self.blank else []
        return Grid(
            format=kind,
            header=header,
            columns=self.columns(len(header)),
            lines=self.lines,
            bad=self.bad,
            notes=[*blank, *notes, *encoding.notes()],
            encoding=encoding.name,
            **further,
        )


def text_bytes(column: pa.LargeStringArray) -> int:
    """Bytes of a column that was made here, which begins at the start of its memory."""
    data = column.buffers()[2]
    return data.size if data else 0


def check_size(rows: int, columns: int) -> None:
    """Raise UserError for a table that no memory is meant for."""
    if columns > MAX_COLUMNS:
        raise UserError("too_many_columns", columns=columns, limit=MAX_COLUMNS)
    if rows > MAX_ROWS:
        raise UserError("too_many_rows", limit=MAX_ROWS)
    if rows * columns > MAX_CELLS:
        raise UserError("too_many_cells", rows=rows, columns=columns, limit=MAX_CELLS)


def shorten(text: str) -> str:
    """The start of a row as a report shows it, on one line."""
    text = escape_undecodable(" ".join(text[: QUOTED_LENGTH * 2].split())).replace("\0", "\ufffd")
    return text if len(text) <= QUOTED_LENGTH else text[: QUOTED_LENGTH - 1] + "…"


def quote_cells(cells: Sequence[str]) -> str:
    """A row as a report shows it, where there is no line of the file to quote."""
    text = shorten(" | ".join(cell[:QUOTED_LENGTH] for cell in cells[:QUOTED_LENGTH]))
    return NO_TEXT.sub("\ufffd", text)


def name_some(names: Sequence[str], most: int = NAMED_AT_MOST) -> str:
    """The first of some names, in quotes."""
    shown = ", ".join(f"“{name}”" for name in names[:most])
    return shown + ", …" if len(names) > most else shown


def wrong_cell(name: object, cell: str) -> Message | None:
    """What is wrong with a cell of the column `name`, a word or a number, if anything is."""
    if len(cell) > MAX_CELL:
        return message("data.bad.cell_too_long", column=name, found=len(cell), limit=MAX_CELL)
    if not cell.isascii() and MARKED.search(cell):
        return message("data.bad.bytes", column=name)
    if "\0" in cell or (not cell.isascii() and NO_TEXT.search(cell)):
        return message("data.bad.no_character", column=name)
    return None


def cell_text(value: Any) -> str:
    """A cell of any type as a person writes it: 3 for 3.0, 2026-11-23 for that day, nothing for no value.

    What is nested becomes its JSON text. Dates are in the order of ISO 8601. Raises UserError `cell_nested`.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | Decimal):
        return _number(value)
    if isinstance(value, datetime):
        midnight = value.time() == time() and value.tzinfo is None
        return value.date().isoformat() if midnight else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "ticktune.mark")
    if isinstance(value, Mapping | list | tuple):
        try:
            return json.dumps(value, ensure_ascii=False, default=cell_text)
        except RecursionError:
            raise UserError("cell_nested") from None
    return str(value)


def _number(value: Any) -> str:
    if not math.isfinite(value):
        return "" if math.isnan(value) else str(value)
    if abs(value) < MAX_EXACT and value == int(value):
        return str(int(value))
    return str(value)
