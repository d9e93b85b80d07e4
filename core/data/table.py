"""A table: the rows of a file as text, and how it is kept in a file of its own."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.data.pictures.store import PICTURES_FILE, Pictures
from core.data.read.grid import MAX_CELLS, MAX_TEXT, BadRow, check_size
from core.data.read.options import FOUND_OUT, ReadOptions
from core.io.json_files import Damaged
from core.words import Message

MAX_STORED = MAX_TEXT + 16 * MAX_CELLS  # bytes of a table of ours in memory
METADATA = b"ticktune"
# What of a table JSON keeps as it is.
PLAIN = (
    *("name", "encoding", "delimiter", "format", "sheet", "sheets", "header_line", "modality"),
    "inputs",
)


@dataclass(frozen=True)
class Change:
    """A step by which a person had the table changed: what was asked for, as `core.data.checkup.edits` keeps
    it, and what it did."""

    edit: Mapping[str, Any]
    said: Message


@dataclass(frozen=True)
class Table:
    """A file's rows as text, and what was met on the way.

    `frame` holds only str; its index, named "line", is where each row starts, 1-based: the line of a text
    file, the row number of a sheet, the place of the row in Parquet or in an array of JSON. `delimiter` is
    empty for a file of one column, `encoding` for one that is no text file. `bad_rows` could not be read
    and are not in `frame`; `notes` say what was repaired or guessed. `format` is what people call the kind
    of file; of a workbook, `sheet` was read and `sheets` are all there are; `header_line` is where the
    names of the columns stand, 0 where no line has them; `read_with` is what the person said of how to read
    it. Where a person had it changed, `changes` say how, and `original` is the table as it was read.
    `modality` is what its rows are to be read as (`core.modalities`). Rows of `pictures` have no other
    `inputs` than the columns with the name and the sha256 of a picture.
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
    header_line: int = 0
    read_with: ReadOptions = FOUND_OUT
    changes: tuple[Change, ...] = ()
    original: Table | None = field(default=None, repr=False)
    modality: str = "text"
    pictures: Pictures | None = field(default=None, repr=False)
    inputs: tuple[str, ...] = ()

    @property
    def hidden(self) -> tuple[str, ...]:
        """The columns that only the program reads: the sha256 of pictures."""
        return self.inputs[1:]

    def named(self, text: Sequence[str]) -> tuple[str, ...]:
        """The columns that say to a person what a row is, where `text` is learned from."""
        return self.inputs[:1] or tuple(text)

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256 of column names and cells, whatever format, encoding and delimiter they came in."""
        digest = hashlib.sha256(json.dumps(list(self.frame.columns)).encode())
        for position in range(self.frame.shape[1]):
            cells = to_arrow(self.frame.iloc[:, position])
            # The lengths tell ["ab", "c"] from ["a", "bc"].
            for chunk in cells.chunks:
                digest.update(pc.utf8_length(chunk).cast(pa.int64()).to_numpy().tobytes())
            for chunk in cells.chunks:
                digest.update(_bytes_of(chunk))
        return digest.hexdigest()


def to_arrow(cells: pd.Series) -> pa.ChunkedArray:
    """A column of text as Arrow has it: nothing is copied."""
    array = pa.array(cells, pa.large_string(), from_pandas=False)
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])


def _bytes_of(chunk: pa.LargeStringArray) -> memoryview:
    """All strings of an array, one after the other, in UTF-8."""
    _, offsets, data = chunk.buffers()
    if data is None or not len(chunk):
        return memoryview(b"")
    places = memoryview(offsets).cast("q")
    start, end = places[chunk.offset], places[chunk.offset + len(chunk)]
    return memoryview(data)[start:end]


def write_table(table: Table, path: Path) -> None:
    """Write a table as parquet, with all that is known about it; its pictures go into a file beside it."""
    if table.pictures is not None:
        table.pictures.save(path.with_name(PICTURES_FILE))
    about = {
        **{name: getattr(table, name) for name in PLAIN},
        "bad_rows": [row.to_json() for row in table.bad_rows],
        "notes": [note.to_json() for note in table.notes],
        "read_with": table.read_with.to_json(),
        "changes": [[dict(change.edit), change.said.to_json()] for change in table.changes],
    }
    stored = pa.Table.from_pandas(table.frame, preserve_index=True)
    metadata = {**(stored.schema.metadata or {}), METADATA: json.dumps(about).encode()}
    pq.write_table(stored.replace_schema_metadata(metadata), path, compression="zstd")


def read_parquet(path: Path) -> pa.Table:
    """A file of ours, one column of which may be the index. Raises UserError as `check_size` does, and
    Damaged, for more than any table that we write has."""
    with pq.ParquetFile(path) as file:
        check_size(file.metadata.num_rows, len(file.schema_arrow) - 1)
        batches, size = [], 0
        for batch in file.iter_batches():
            batches.append(batch)
            size += batch.nbytes
            if size > MAX_STORED:  # a few bytes of a file can say a long text often
                raise Damaged(path.name)
        return pa.Table.from_batches(batches, file.schema_arrow)


def load_changes(path: Path) -> tuple[Change, ...]:
    """What was changed of the table that `write_table` wrote, without reading its rows."""
    return _changes_in(json.loads(pq.read_schema(path).metadata[METADATA]))


def load_table(path: Path) -> Table:
    """Read what `write_table` wrote: all but `original`, which is a table of its own."""
    pictures = path.with_name(PICTURES_FILE)
    stored = read_parquet(path)
    about = json.loads(stored.schema.metadata[METADATA])
    return Table(
        **{name: _frozen(about[name]) for name in PLAIN},
        frame=stored.to_pandas(),
        bad_rows=tuple(map(BadRow.from_json, about["bad_rows"])),
        notes=tuple(Message.from_json(note) for note in about["notes"]),
        read_with=ReadOptions.from_json(about["read_with"]),
        changes=_changes_in(about),
        pictures=Pictures(pictures) if pictures.is_file() else None,
    )


def _changes_in(about: Mapping[str, Any]) -> tuple[Change, ...]:
    return tuple(Change(edit, Message.from_json(said)) for edit, said in about["changes"])


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
