"""Reader of tables: CSV, TSV, Excel, JSON Lines or Parquet, with everything in it kept as text."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa

from core.data.read.column_header import LONG_NAME, header_is_data, name_columns
from core.data.read.grid import Grid
from core.data.read.header_line import place_header
from core.data.read.office import is_workbook
from core.data.read.options import FOUND_OUT, ReadOptions
from core.data.read.parquet import is_columnar
from core.data.read.plain_text import read_text
from core.data.read.sandbox import read_sandboxed
from core.data.read.sniff import unreadable
from core.data.read.unused_columns import keep_unused
from core.data.table import Table
from core.errors import UserError
from core.words import message

MAX_BYTES = 256 * 1024 * 1024
# Bytes of text that do no harm here; reading takes fifty times as much.
MAX_HERE_BYTES = 4 * 1024 * 1024
WEB_PAGE = re.compile(rb"[\s\0\x80-\xff]*+<")  # whatever `read_text` passes over before a tag


def read(source: Path | bytes, name: str | None = None, options: ReadOptions = FOUND_OUT) -> Table:
    """Read a file of up to 256 MB; `name` is what to call it.

    What kind of file it is, its encoding and its delimiter are found out from its content, unless `options`
    say it. Rows that cannot be read become `bad_rows`. Raises UserError `file_unreadable`,
    `file_too_large`, `file_empty`, `file_office`, `file_binary`, `file_damaged`, `file_locked`,
    `file_unpacked`, `file_needs_memory`, `file_slow`, `json_broken`, `json_twice`, `no_sheets`,
    `sheet_unknown`, `sheet_empty`, `no_rows`, `all_rows_bad`, `too_many_columns`, `too_many_lines`,
    `too_many_rows`, `too_many_cells`.
    """
    if name is None:
        name = "table.csv" if isinstance(source, bytes) else source.name
    data = source if isinstance(source, bytes) else bytes_of(source)
    _check_size(len(data))
    if not data.strip():
        raise UserError("file_empty")
    grid = next(reader for fits, reader in FORMATS if fits(data))(data, options)
    if options.sheet is not None and not grid.sheets:
        raise UserError("no_sheets", format=grid.format)
    if options.encoding is not None and not grid.encoding:
        raise UserError("no_encoding", format=grid.format)
    if options.delimiter is not None and grid.format not in ("CSV", "TSV"):
        raise UserError("no_delimiter", format=grid.format)
    return table_from_grid(place_header(keep_unused(grid), options), name, options)


def read_pasted(text: str, name: str) -> Table:
    """A table that was copied from a spreadsheet, or the content of a file, as if it were a file `name`.

    Raises UserError `paste_empty`, and as `read` does.
    """
    if not text.strip():
        raise UserError("paste_empty")
    return read(pasted_bytes(text), name)


def pasted_bytes(text: str) -> bytes:
    """What was pasted as the content of a file."""
    return text.encode("utf-8", "replace")


def table_from_grid(grid: Grid, name: str, options: ReadOptions) -> Table:
    """The table of what a reader handed over. Raises UserError `no_rows`, `all_rows_bad`."""
    columns, notes = name_columns(grid)
    if not len(grid.lines):
        if not grid.bad:
            raise UserError("no_rows")
        first = grid.bad[0]
        kind = {"CSV": "", "TSV": "", "JSON": "_json", "JSON Lines": "_json"}.get(
            grid.format, "_other"
        )
        raise UserError(
            f"all_rows_bad{kind}", rows=len(grid.bad), line=first.line, reason=first.reason
        )
    notes += grid.notes
    if grid.padded:
        notes.append(message("data.note.padded_rows", rows=len(grid.padded)))
    if grid.first_row and options.header is None and header_is_data(grid):
        notes.append(message("data.note.no_header", start=", ".join(grid.header)[:LONG_NAME]))
    frame = pa.table(grid.columns, names=list(map(str, range(len(columns))))).to_pandas()
    frame.columns = pd.Index(columns, dtype="str")
    frame.index = pd.Index(grid.lines, name="line", dtype="int64")
    return Table(
        # File systems allow bytes that are no text.
        name=re.split(r"[\\/]", name)[-1].encode("utf-8", "replace").decode(),
        frame=frame,
        encoding=grid.encoding,
        delimiter=grid.delimiter,
        bad_rows=tuple(grid.bad),
        notes=tuple(notes),
        format=grid.format,
        sheet=grid.sheet,
        sheets=tuple(grid.sheets),
        header_line=0 if grid.nameless else grid.header_line,
        read_with=options,
    )


def _takes_long(data: bytes) -> bool:
    """Whether reading a text may take more than this process has: long ones, and web pages, whose parser can
    need the square of their length."""
    return len(data) > MAX_HERE_BYTES or WEB_PAGE.match(data) is not None


# Which reader has its turn is said by the content: a name may lie. The first that fits.
FORMATS: tuple[tuple[Callable[[bytes], bool], Callable[[bytes, ReadOptions], Grid]], ...] = (
    (is_workbook, functools.partial(read_sandboxed, "excel")),
    (is_columnar, functools.partial(read_sandboxed, "columnar")),
    (_takes_long, functools.partial(read_sandboxed, "text")),
    (lambda data: True, read_text),
)


def bytes_of(path: Path) -> bytes:
    """The file's content; one that is too large is refused without being read."""
    try:
        _check_size(path.stat().st_size)
        return path.read_bytes()
    except OSError as error:
        raise unreadable(path.name, error) from error


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        raise UserError("file_too_large", size=size / 2**20, limit=MAX_BYTES // 2**20)
