"""Bytes -> table: CSV, TSV, Excel, JSON Lines or Parquet, with everything in it kept as text."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.data.apart import read_apart
from core.data.decode import decode
from core.data.delimited import read_delimited
from core.data.excel import is_excel
from core.data.grid import BadRow, Grid
from core.data.header import LONG_NAME, header_is_data, name_columns
from core.data.jsonl import is_json, read_json
from core.data.parquet import is_parquet
from core.data.pictures import FILE, Pictures
from core.errors import UserError
from core.words import Message, message

MAX_BYTES = 256 * 1024 * 1024
METADATA = b"ticktune"


@dataclass(frozen=True)
class Change:
    """A step by which a person had the table changed: what was asked for, as `core.data.edits` keeps it, and
    what it did."""

    edit: Mapping[str, Any]
    said: Message


@dataclass(frozen=True)
class Table:
    """A file's rows as text, and what was met on the way.

    `frame` holds only str; its index, named "line", is where each row starts, 1-based: the line of a text
    file, the row number of a sheet, the place of the row in Parquet or in an array of JSON. `delimiter` is
    empty for a file of one column, `encoding` for one that is no text file. `bad_rows` could not be read and
    are not in `frame`; `notes` say what was repaired or guessed. `format` is what people call the kind of
    file; of a workbook, `sheet` was read and `sheets` are all there are. Where a person had it changed,
    `changes` say how, and `original` is the table as it was read. `modality` is what its rows are to be read
    as (`core.modalities`). Rows of `pictures` have no other `inputs` than the columns with the name and the
    sha256 of a picture.
    """

    name: str
    frame: pd.DataFrame
    encoding: str
    delimiter: str
    bad_rows: tuple[BadRow, ...]
    notes: tuple[Message, ...]
    format: str = "CSV"
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    original: Table | None = field(default=None, repr=False)
    modality: str = "text"
    pictures: Pictures | None = field(default=None, repr=False)
    inputs: tuple[str, ...] = ()

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256 of column names and cells, whatever format, encoding and delimiter they came in."""
        digest = hashlib.sha256(json.dumps(list(self.frame.columns)).encode())
        for position in range(self.frame.shape[1]):
            cells = arrow(self.frame.iloc[:, position])
            # The lengths tell ["ab", "c"] from ["a", "bc"].
            for chunk in cells.chunks:
                digest.update(pc.utf8_length(chunk).cast(pa.int64()).to_numpy().tobytes())
            for chunk in cells.chunks:
                digest.update(_bytes_of(chunk))
        return digest.hexdigest()


def arrow(cells: pd.Series) -> pa.ChunkedArray:
    """A column of text as Arrow has it: nothing is copied."""
    found = pa.array(cells, pa.large_string(), from_pandas=False)
    return found if isinstance(found, pa.ChunkedArray) else pa.chunked_array([found])


def _bytes_of(chunk: pa.LargeStringArray) -> memoryview:
    """All strings of an array, one after the other, in UTF-8."""
    _, offsets, data = chunk.buffers()
    if data is None or not len(chunk):
        return memoryview(b"")
    places = memoryview(offsets).cast("q")
    start, end = places[chunk.offset], places[chunk.offset + len(chunk)]
    return memoryview(data)[start:end]


def read(source: Path | bytes, name: str | None = None, sheet: str | None = None) -> Table:
    """Read a file of up to 256 MB; `name` is what to call it, `sheet` which one of a workbook to take.

    What kind of file it is, its encoding and its delimiter are found out from its content. Rows that cannot
    be read become `bad_rows`. Raises UserError `file_unreadable`, `file_too_large`, `file_empty`,
    `file_office`, `file_binary`, `file_damaged`, `file_locked`, `file_unpacked`, `file_needs_memory`,
    `file_slow`, `json_broken`, `json_twice`, `no_sheets`, `sheet_unknown`, `sheet_empty`, `no_rows`,
    `all_rows_bad`, `too_many_columns`, `too_many_lines`, `too_many_rows`, `too_many_cells`.
    """
    if name is None:
        name = "table.csv" if isinstance(source, bytes) else source.name
    data = source if isinstance(source, bytes) else bytes_of(source)
    _check_size(len(data))
    if not data.strip():
        raise UserError("file_empty")
    kept = next(reader for fits, reader in FORMATS if fits(data))(data, sheet)
    if sheet is not None and not kept.sheets:
        raise UserError("no_sheets", format=kept.format)
    return _table(kept, name)


def read_pasted(text: str, name: str) -> Table:
    """A table that was copied from a spreadsheet, or the content of a file, as if it were a file `name`.

    Raises UserError `paste_empty`, and as `read` does.
    """
    if not text.strip():
        raise UserError("paste_empty")
    return read(text.encode("utf-8", "replace"), name)


def _table(kept: Grid, name: str) -> Table:
    columns, notes = name_columns(kept)
    if not len(kept.lines):
        if not kept.bad:
            raise UserError("no_rows")
        first = kept.bad[0]
        raise UserError("all_rows_bad", rows=len(kept.bad), line=first.line, reason=first.reason)
    notes += kept.notes
    if kept.first_row and header_is_data(kept):
        notes.append(message("data.note.no_header", start=", ".join(kept.header)[:LONG_NAME]))
    frame = pa.table(kept.columns, names=list(map(str, range(len(columns))))).to_pandas()
    frame.columns = pd.Index(columns, dtype="str")
    frame.index = pd.Index(kept.lines, name="line", dtype="int64")
    return Table(
        # File systems allow bytes that are no text.
        name=re.split(r"[\\/]", name)[-1].encode("utf-8", "replace").decode(),
        frame=frame,
        encoding=kept.encoding,
        delimiter=kept.delimiter,
        bad_rows=tuple(kept.bad),
        notes=tuple(notes),
        format=kept.format,
        sheet=kept.sheet,
        sheets=tuple(kept.sheets),
    )


def _may_be_json(data: bytes) -> bool:
    return data[:4096].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0").startswith((b"{", b"["))


def _read_text(data: bytes, sheet: str | None) -> Grid:
    if _may_be_json(data):
        decoded = decode(data)
        if is_json(decoded.text):
            return read_json(decoded)
    return read_delimited(data)


# Which reader has its turn is said by the content: a name may lie. The first that fits.
FORMATS: tuple[tuple[Callable[[bytes], bool], Callable[[bytes, str | None], Grid]], ...] = (
    (is_excel, functools.partial(read_apart, "excel")),
    (is_parquet, functools.partial(read_apart, "parquet")),
    (lambda data: True, _read_text),
)


def bytes_of(path: Path) -> bytes:
    """The file's content; one that is too large is refused without being read."""
    try:
        _check_size(path.stat().st_size)
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UserError("file_unreadable", name=path.name, reason=reason) from error


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        raise UserError("file_too_large", size=size / 2**20, limit=MAX_BYTES // 2**20)


def write_table(table: Table, path: Path) -> None:
    """Write a table as parquet, with all that is known about it; its pictures go into a file beside it."""
    if table.pictures is not None:
        table.pictures.save(path.with_name(FILE))
    about = {
        "name": table.name,
        "encoding": table.encoding,
        "delimiter": table.delimiter,
        "bad_rows": [row.to_json() for row in table.bad_rows],
        "notes": [note.to_json() for note in table.notes],
        "format": table.format,
        "sheet": table.sheet,
        "sheets": list(table.sheets),
        "changes": [[dict(each.edit), each.said.to_json()] for each in table.changes],
        "modality": table.modality,
        "inputs": list(table.inputs),
    }
    stored = pa.Table.from_pandas(table.frame, preserve_index=True)
    metadata = {**(stored.schema.metadata or {}), METADATA: json.dumps(about).encode()}
    pq.write_table(stored.replace_schema_metadata(metadata), path, compression="zstd")


def load_table(path: Path) -> Table:
    """Read what `write_table` wrote: all but `original`, which is a table of its own."""
    pictures = path.with_name(FILE)
    stored = pq.read_table(path)
    about = json.loads(stored.schema.metadata[METADATA])
    return Table(
        name=about["name"],
        frame=stored.to_pandas(),
        encoding=about["encoding"],
        delimiter=about["delimiter"],
        bad_rows=tuple(map(BadRow.from_json, about["bad_rows"])),
        notes=tuple(Message.from_json(note) for note in about["notes"]),
        # Of earlier versions, which read nothing else.
        format=about.get("format", "CSV"),
        sheet=about.get("sheet", ""),
        sheets=tuple(about.get("sheets", ())),
        changes=tuple(
            Change(edit, Message.from_json(said)) for edit, said in about.get("changes", ())
        ),
        modality=about.get("modality", "text"),
        pictures=Pictures(pictures) if pictures.is_file() else None,
        inputs=tuple(about.get("inputs", ())),
    )
