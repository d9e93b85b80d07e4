"""Columnar files: typed columns of Parquet or Arrow (Feather) -> text. Runs in a process of its own: see
`core.data.read.sandbox`."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.data.read.class_names import class_name, class_names
from core.data.read.grid import (
    BLOCK,
    Grid,
    RowCollector,
    cell_text,
    check_size,
    quote_cells,
    shorten,
)
from core.data.read.options import FOUND_OUT, ReadOptions
from core.data.read.sniff import is_picture
from core.errors import UserError
from core.words import Message, message

PARQUET, ARROW = "Parquet", "Arrow"
STREAM = b"\xff\xff\xff\xff"  # how Arrow's format for streams begins
BATCH_BYTES = 16 * 1024 * 1024  # bytes of rows that are looked at together, about
SAMPLE_ROWS = 1_000  # rows by which it is told whether bytes are text
PICTURES = "data.note.picture_column"  # which column holds pictures, and its place from 0
MAX_PICTURES = 512 * 1024 * 1024  # bytes of all pictures of a file
NAMED_COLUMNS = 20  # columns that a note names
# What Arrow raises for files that are damaged, or of kinds that it does not know.
DAMAGED = (
    *(pa.ArrowException, OSError, ValueError, OverflowError, LookupError, NotImplementedError),
)


def is_columnar(data: bytes) -> bool:
    return data.startswith((b"PAR1", b"ARROW1", STREAM))


def read_columnar(data: bytes, options: ReadOptions = FOUND_OUT) -> Grid:
    """All rows; `lines` count them from 1. A column of what is no text (bytes, values that nothing can be
    made of) is empty, and named.

    Raises UserError `file_damaged`, `file_empty`, `too_many_rows`, `too_many_columns`, `too_many_cells`,
    `too_much_text`.
    """
    with _opened(data) as (file, kind):
        return _grid(file, kind)


@contextlib.contextmanager
def _opened(data: bytes) -> Iterator[tuple[_Parquet | _Arrow, str]]:
    """A file, and what people call its format. Raises UserError `file_damaged`, also while it is read."""
    kind = PARQUET if data.startswith(b"PAR1") else ARROW
    try:
        yield (_Parquet(data) if kind == PARQUET else _Arrow(data)), kind
    except pa.ArrowMemoryError:
        raise MemoryError from None
    except DAMAGED:
        raise UserError("file_damaged", kind=kind) from None


class _Parquet:
    """A Parquet file by its batches of rows."""

    def __init__(self, data: bytes) -> None:
        self.file = pq.ParquetFile(pa.BufferReader(data))
        self.schema: pa.Schema = self.file.schema_arrow
        self.rows: int = self.file.metadata.num_rows
        groups = range(self.file.metadata.num_row_groups)
        size = sum(self.file.metadata.row_group(group).total_byte_size for group in groups)
        self.block = min(BLOCK, max(1, BATCH_BYTES // max(1, size // max(1, self.rows))))

    def batches(self, names: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """With the columns of these names alone, where these are given."""
        yield from self.file.iter_batches(batch_size=self.block, columns=names, use_threads=False)


class _Arrow:
    """A file or a stream of Arrow (Feather is one)."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.schema: pa.Schema = self._opened().schema
        self.rows = 0  # it does not say

    def _opened(self) -> pa.RecordBatchReader:
        source = pa.BufferReader(self.data)
        if self.data.startswith(STREAM):
            return pa.ipc.open_stream(source)
        return pa.ipc.open_file(source)

    def batches(self, names: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """With the columns of these names alone, where these are given. Nothing in such a file keeps it from
        pointing outside of itself: each batch is checked before it is used."""
        opened = self._opened()
        stream = self.data.startswith(STREAM)
        whole = opened if stream else map(opened.get_batch, range(opened.num_record_batches))
        for batch in whole:
            batch.validate(full=True)
            batch = batch if names is None else batch.select(names)
            for start in range(0, len(batch), BLOCK):
                yield batch.slice(start, BLOCK)


def _grid(file: _Parquet | _Arrow, kind: str) -> Grid:
    schema = file.schema
    if not len(schema):
        raise UserError("file_empty")
    check_size(file.rows, len(schema))
    known = class_names(schema)
    shown = _picture_place(file)
    ignored = {place for place in _no_text(file) if place != shown}
    names = [quote_cells([shorten(name)]) for name in schema.names]
    columns = [_Column(known.get(name)) for name in schema.names]
    unread = ignored if shown is None else ignored | {shown}
    rows = itertools.chain.from_iterable(
        _rows(batch, columns, unread) for batch in _read(file, unread)
    )
    collector = RowCollector(names)
    for line, cells in enumerate(rows, 1):
        collector.take(line, cells)
    ignored.update(place for place, column in enumerate(columns) if column.unread)
    notes = []
    if ignored:
        left_out = [names[place] for place in sorted(ignored)]
        notes.append(message("data.note.no_text", names=_listed(left_out), columns=len(left_out)))
    if shown is not None:
        notes.append(Message(PICTURES, {"column": names[shown], "place": shown}))
    if coded := [name for name, column in zip(names, columns, strict=True) if column.named]:
        notes.append(message("data.note.class_names", names=_listed(coded), columns=len(coded)))
    return collector.grid(kind, names, notes)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMED_COLUMNS]) + (", …" if len(names) > NAMED_COLUMNS else "")


def _is_picture(kind: pa.DataType) -> bool:
    """Whether this is how the library datasets keeps a picture: its bytes, and what its file was called."""
    if not pa.types.is_struct(kind) or kind.num_fields != 2:
        return False
    return {kind.field(place).name for place in range(2)} == {"bytes", "path"}


def _picture_place(file: _Parquet | _Arrow) -> int | None:
    """Which column holds pictures, by its first value: the first one that does."""
    names = file.schema.names
    for place, field in enumerate(file.schema):
        plain = pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type)
        if names.count(field.name) > 1 or not (plain or _is_picture(field.type)):
            continue
        cells = itertools.chain.from_iterable(
            _pictures(batch.column(0))[0] for batch in file.batches([field.name])
        )
        some = filter(None, (cell.as_py() for cell in itertools.islice(cells, SAMPLE_ROWS)))
        if is_picture(next(some, b"")):
            return place
    return None


def _pictures(column: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The bytes of pictures, and what their files were called."""
    if pa.types.is_struct(column.type):
        content, path = (pc.struct_field(column, name) for name in ("bytes", "path"))
        return content.cast(pa.large_binary()), path.cast(pa.large_binary())
    return column.cast(pa.large_binary()), pa.nulls(len(column), pa.large_binary())


def read_pictures(data: bytes, options: ReadOptions = FOUND_OUT) -> Grid:
    """The pictures of a file that `read_columnar` names: columns of bytes, of what they are called and of
    what they show. Raises UserError `file_damaged`, `file_unpacked`."""
    with _opened(data) as (file, kind):
        place = _picture_place(file)
        names = [] if place is None else [file.schema.names[place]]
        size, parts = 0, []
        for batch in file.batches(names):
            content, path = _pictures(batch.column(0))
            size += content.nbytes
            if size > MAX_PICTURES:
                raise UserError("file_unpacked", size=size / 2**20, limit=MAX_PICTURES // 2**20)
            parts.append((path, content))
    columns = [pa.chunked_array(chunks, pa.large_binary()) for chunks in zip(*parts, strict=True)]
    rows = len(columns[0]) if columns else 0
    return Grid(kind, ["path", "bytes"], columns, np.arange(1, rows + 1))


def _holds_bytes(kind: pa.DataType) -> bool:
    """Whether values have bytes in them, which need not be text."""
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    if pa.types.is_dictionary(kind):
        return _holds_bytes(kind.value_type)
    if pa.types.is_nested(kind):
        return any(_holds_bytes(kind.field(place).type) for place in range(kind.num_fields))
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_binary_view(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


def _no_text(file: _Parquet | _Arrow) -> Iterator[int]:
    """The places of columns with bytes of which most are no text, by the first that have any."""
    for place, field in enumerate(file.schema):
        if not _holds_bytes(field.type) or file.schema.names.count(field.name) > 1:
            continue
        column = _Column(None)
        cells = itertools.chain.from_iterable(
            column.cells(batch.column(0)) for batch in file.batches([field.name])
        )
        odd = [_odd(cell) for cell in itertools.islice(filter(None, cells), SAMPLE_ROWS)]
        if column.unread or (odd and 2 * sum(odd) >= len(odd)):
            yield place


def _odd(cell: str) -> bool:
    """Whether this is hardly what a person wrote."""
    return any(
        (char < " " and char not in "\t\r\n\f\v") or "\ud800" <= char <= "\udfff" for char in cell
    )


def _read(file: _Parquet | _Arrow, ignored: set[int]) -> Iterator[pa.RecordBatch]:
    """The batches, without reading the columns that are ignored where the others can be named."""
    names = file.schema.names
    if not ignored or len(set(names)) < len(names):
        return file.batches()
    return file.batches([name for place, name in enumerate(names) if place not in ignored])


def _rows(
    batch: pa.RecordBatch, columns: Sequence[_Column], ignored: set[int]
) -> Iterator[tuple[str, ...]]:
    blank = [""] * len(batch)
    whole = batch.num_columns == len(columns)
    given = iter(batch.columns)
    cells = []
    for place, column in enumerate(columns):
        values = next(given) if whole or place not in ignored else None
        cells.append(blank if values is None or place in ignored else column.cells(values))
    return zip(*cells, strict=True)


class _Column:
    """Cells of one column as text. `names` are those that its numbers stand for; `named` tells whether any
    was used, `unread` whether there were values that nothing could be made of."""

    def __init__(self, names: Sequence[str] | None) -> None:
        self.names = names
        self.named = self.unread = False

    def cells(self, values: pa.Array) -> list[str]:
        try:
            items = _values(values)
        except (MemoryError, UserError):
            raise
        except Exception:  # noqa: BLE001 - years without a calendar, time zones of nowhere, kinds of the future
            items = self._written(values)
        if self.names is not None:
            self.named = True
            items = [class_name(value, self.names) for value in items]
        return list(map(cell_text, items))

    def _written(self, values: pa.Array) -> list[Any]:
        """The values as Arrow writes them, where Python knows no such values."""
        try:
            if pa.types.is_timestamp(values.type):  # without the zone, which may be of nowhere
                values = values.cast(pa.timestamp(values.type.unit))
            return list(values.cast(pa.string()).to_pylist())
        except (pa.ArrowException, ValueError):
            self.unread = True
            return [""] * len(values)


def _values(column: pa.Array) -> list[Any]:
    if isinstance(column, pa.DictionaryArray):
        # Each value once, however often it occurs: as an array, they could be larger than memory.
        distinct = [*_values(column.dictionary), None]
        return [distinct[-1 if place is None else place] for place in column.indices.to_pylist()]
    if pa.types.is_float32(column.type) or pa.types.is_float16(column.type):
        # 0.1 is the shortest way to write what is stored; as a wider number it would have more digits.
        column = column.cast(pa.string()).cast(pa.float64())
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = column.cast(pa.large_binary())  # files need not keep the promise that it is UTF-8
    return list(column.to_pylist())
