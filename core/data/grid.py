"""What a reader of any format hands over: a header, columns of text, and the rows that cannot be read."""

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

from core.data.decode import MARKED, readable
from core.errors import UserError
from core.words import Message, message

MAX_ROWS = 1_000_000
MAX_COLUMNS = 500
MAX_CELL = 100_000  # characters
MAX_CELLS = 50_000_000  # of a whole table: 8 bytes each, even where they are empty
SHOWN = 200  # characters of a row that a report quotes
BLOCK = 10_000  # rows that are Python objects at the same time
EXACT = 1e15  # whole numbers beyond are not exact in a spreadsheet
NO_TEXT = re.compile("[\0\ud800-\udfff]")  # stands for no character

Lines = npt.NDArray[np.int64]


@dataclass(frozen=True)
class BadRow:
    """A row that could not be read: `line` is 1-based, `text` its first 200 characters."""

    line: int
    reason: Message
    text: str

    def to_json(self) -> list[Any]:
        return [self.line, self.reason.to_json(), self.text]

    @classmethod
    def from_json(cls, told: Sequence[Any]) -> BadRow:
        line, reason, text = told
        return cls(line, Message.from_json(reason), text)


@dataclass(frozen=True)
class Grid:
    """A file's content before its columns have their final names.

    `columns` are Arrow's large strings; there may be more of them than names in `header`. `lines` is where
    each row starts, 1-based. `format` is what people call the kind of file.
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
    sheet: str = ""
    sheets: Sequence[str] = ()


class Blocks:
    """Takes rows one by one and keeps them as Arrow columns; only the last BLOCK rows are Python objects.

    Rows may grow wider as they come: cells that are missing are empty. Raises UserError `too_many_rows`,
    `too_many_columns`, `too_many_cells`.
    """

    def __init__(self) -> None:
        self.width = 0
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
        if len(self._waiting) == BLOCK:
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

    def columns(self, width: int) -> list[pa.ChunkedArray]:
        """All rows, at least `width` wide."""
        if self._waiting:
            self._store()
        width = max(self.width, width)
        check_size(len(self), width)
        whole = pa.concat_tables(self._made, promote_options="default") if self._made else None
        self._made.clear()
        found = [] if whole is None else [pc.fill_null(column, "") for column in whole.columns]
        blank = pa.chunked_array([pa.repeat(pa.scalar("", pa.large_string()), len(self))])
        return [*found, *[blank] * (width - len(found))]

    @property
    def lines(self) -> Lines:
        return np.array(self._lines, dtype=np.int64)


def collect(
    rows: Iterable[tuple[int, Sequence[str]]], names: Sequence[object]
) -> tuple[Blocks, list[BadRow]]:
    """Rows of text, each with its line, and those of them with a cell that is none."""
    kept, bad = Blocks(), []
    for line, cells in rows:
        reason = next(filter(None, map(wrong_cell, names, cells)), None)
        if reason:
            bad.append(BadRow(line, reason, quote(cells)))
        else:
            kept.add(line, cells)
    return kept, bad


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
    text = readable(" ".join(text[: SHOWN * 2].split()))
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def quote(cells: Sequence[str]) -> str:
    """A row as a report shows it, where there is no line of the file to quote."""
    text = shorten(" | ".join(cell[:SHOWN] for cell in cells[:SHOWN]))
    return NO_TEXT.sub("\ufffd", text)


def wrong_cell(name: object, cell: str) -> Message | None:
    """What is wrong with a cell of the column `name`, a word or a number, if anything is."""
    if len(cell) > MAX_CELL:
        return message("data.bad.cell_too_long", column=name, found=len(cell), limit=MAX_CELL)
    if not cell.isascii() and MARKED.search(cell):
        return message("data.bad.bytes", column=name)
    if "\0" in cell or (not cell.isascii() and NO_TEXT.search(cell)):
        return message("data.bad.no_character", column=name)
    return None


def text_of(value: Any) -> str:
    """A cell of any type as a person writes it: 3 for 3.0, 2026-11-23 for that day, nothing for no value.

    What is nested becomes its JSON text. Dates are in the order of ISO 8601.
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
        return json.dumps(value, ensure_ascii=False, default=text_of)
    return str(value)


def _number(value: Any) -> str:
    if not math.isfinite(value):
        return "" if math.isnan(value) else str(value)
    if abs(value) < EXACT and value == int(value):
        return str(int(value))
    return str(value)
