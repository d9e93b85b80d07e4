"""Fast CSV parser: a regular file, read by Arrow. It finds the rows and lines that
`core.data.read.csv_repair` finds, much sooner.

A file is regular when every row is as wide as the header and its quotes mean the same to any reader: none of
them opens a cell, or each that opens one is closed right before a delimiter or the end of the line and those
inside are doubled. For any other `read_fast` gives None, and the parser that mends files has its turn.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from core.data.read.csv_repair import SAMPLE_LINES, Layout, find_layout, split_lines
from core.data.read.grid import MAX_CELL, Lines, check_size
from core.errors import UserError

WINDOW_BYTES = 1 << 24  # bytes that are looked at together
PART_BYTES = 1 << 24  # bytes, about, that Arrow is given at once
MAX_QUOTES = 20_000_000  # 8 bytes each, several times
SPARE_LINES = 200  # blank ones before the header, and the header itself
NEWLINE, RETURN, QUOTE = b'\n\r"'
ABSENT_DELIMITER = b"\x1f"  # the delimiter of a single column; a text that holds it is not regular

Bytes = npt.NDArray[np.uint8]


class Regular(NamedTuple):
    layout: Layout
    columns: list[pa.ChunkedArray]
    lines: Lines
    blank: int


def first_lines(data: bytes) -> list[str]:
    """The first lines of UTF-8 text: enough to find the delimiter and the layout by."""
    ends = _line_ends(np.frombuffer(data, np.uint8), SAMPLE_LINES + SPARE_LINES)
    start = data if len(ends) < SAMPLE_LINES + SPARE_LINES else data[: ends[-1] + 1]
    return split_lines(start.decode())


def read_fast(data: bytes, head: list[str], delimiter: str, start: int = 0) -> Regular | None:
    """Read valid UTF-8 without a byte order mark, whose first lines are `head`; None if it is not regular.

    Raises UserError `too_many_columns`.
    """
    mark = delimiter.encode() or ABSENT_DELIMITER
    if (not delimiter and mark in data) or data.count(b'"') > MAX_QUOTES:
        return None
    if not any(map(str.strip, head[start:SPARE_LINES])):
        return None
    layout = find_layout(head, delimiter, start, plain=False)
    if layout.first != start + layout.blank + 1:
        return None
    skipped = sum(len(line.encode()) for line in head[: layout.first])
    skipped_header = skipped - len(head[layout.first - 1].encode())
    buffer = np.frombuffer(data, np.uint8)
    ends = _line_ends(buffer)
    quoted = _inside_quotes(buffer[skipped_header:], ord(mark), ends - skipped_header)
    if quoted is None or quoted.inside[layout.first - 1 : layout.first].any():
        return None
    starts, lines, blank = _rows(buffer, ends, quoted.inside, skipped, layout.first)
    if not len(lines) or _too_many(len(lines), layout.width):
        return None
    table = _parse(data, starts, mark, layout.width, quoted.opens)
    if table is None or table.num_rows != len(lines):
        return None
    longest = max(pc.max(pc.utf8_length(column)).as_py() for column in table.columns)
    if longest > MAX_CELL:
        return None
    return Regular(layout, table.columns, lines, layout.blank + blank)


def _too_many(rows: int, columns: int) -> bool:
    """Whether there may be too many rows: some may be bad ones, which the parser does not count."""
    try:
        check_size(rows, columns)
    except UserError:
        return True
    return False


def _positions(buffer: Bytes, byte: int) -> Lines:
    """The positions of a byte, found in windows, so that no mask is as large as the file."""
    blocks = [
        np.flatnonzero(buffer[start : start + WINDOW_BYTES] == byte) + start
        for start in range(0, len(buffer), WINDOW_BYTES)
    ]
    return np.concatenate(blocks) if blocks else np.empty(0, np.int64)


def _line_ends(buffer: Bytes, most: int | None = None) -> Lines:
    r"""Where the last byte of each line end is (\n, \r\n or \r); of the first `most`, if that is given."""
    if most is not None:
        for size in (1 << 16, 1 << 20, len(buffer)):
            first_ends = _line_ends(buffer[:size])[:most]
            if len(first_ends) == most:
                break
        return first_ends
    returns = _positions(buffer, RETURN)
    alone = returns[buffer[np.minimum(returns + 1, len(buffer) - 1)] != NEWLINE]
    ends = _positions(buffer, NEWLINE)
    return np.sort(np.concatenate([ends, alone])) if len(alone) else ends


class _Quoted(NamedTuple):
    opens: bool  # whether quotes enclose cells in this file
    inside: npt.NDArray[np.bool_]  # whether each line end is inside a cell


def _inside_quotes(buffer: Bytes, mark: int, ends: Lines) -> _Quoted | None:
    """Which line ends are inside of quotes; None where the quotes are not regular."""
    quotes = _positions(buffer, QUOTE)
    outside = np.zeros(len(ends), dtype=bool)
    if not len(quotes):
        return _Quoted(False, outside)
    edges = np.zeros(256, dtype=bool)
    edges[[mark, NEWLINE, RETURN]] = True
    before = buffer[np.maximum(quotes - 1, 0)]
    opening = edges[before] | (quotes == 0)
    if not opening.any():
        return _Quoted(False, outside)
    edges[QUOTE] = True
    after = buffer[np.minimum(quotes + 1, len(buffer) - 1)]
    closing = edges[after] | (quotes == len(buffer) - 1)
    # Every second quote closes; between two that touch, the cell goes on.
    regular = len(quotes) % 2 == 0 and (opening | (before == QUOTE))[::2].all()
    if not regular or not closing[1::2].all():
        return None
    return _Quoted(True, np.searchsorted(quotes, ends) % 2 == 1)


def _rows(
    buffer: Bytes, ends: Lines, inside: npt.NDArray[np.bool_], skipped: int, first: int
) -> tuple[Lines, Lines, int]:
    """The first byte and the 1-based line of each row after `skipped` bytes, and how many lines are blank."""
    places = np.flatnonzero(~inside[first:]) + first
    starts = np.concatenate([[skipped], ends[places] + 1])
    lines = np.concatenate([[first + 1], places + 2])
    there = starts < len(buffer)
    starts, lines = starts[there], lines[there]
    blank = np.isin(buffer[starts], (NEWLINE, RETURN))
    return starts[~blank], lines[~blank], int(blank.sum())


def _parse(data: bytes, starts: Lines, mark: bytes, width: int, quotes: bool) -> pa.Table | None:
    """In parts that end where a row ends: where Arrow cuts by itself, it loses the line feed of a return and
    line feed inside of a cell."""
    whole = pa.py_buffer(data)
    cuts = np.searchsorted(starts, np.arange(starts[0], len(data), PART_BYTES))
    edges = [*np.unique(starts[cuts[cuts < len(starts)]]).tolist(), len(data)]
    names = list(map(str, range(width)))
    convert = csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.large_string()),
        null_values=[],
        strings_can_be_null=False,
    )
    parse = csv.ParseOptions(
        delimiter=mark.decode(),
        quote_char='"' if quotes else False,
        newlines_in_values=quotes,
    )
    try:
        return pa.concat_tables(
            csv.read_csv(
                pa.BufferReader(whole.slice(start, end - start)),
                csv.ReadOptions(use_threads=False, block_size=end - start + 1, column_names=names),
                parse,
                convert,
            )
            for start, end in itertools.pairwise(edges)
        )
    except pa.ArrowException:
        return None
