"""Parquet: typed columns -> text. Runs in a process of its own: see `core.data.apart`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from core.data.grid import BLOCK, Grid, check_size, collect, quote, shorten, text_of
from core.errors import UserError

FORMAT = "Parquet"


def is_parquet(data: bytes) -> bool:
    return data.startswith(b"PAR1")


def read_parquet(data: bytes, sheet: str | None = None) -> Grid:
    """All rows; `lines` count them from 1. Raises UserError `file_damaged`, `file_empty`, `too_many_rows`,
    `too_many_columns`, `too_many_cells`."""
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        check_size(file.metadata.num_rows, len(file.schema_arrow))
        names = [quote([shorten(name)]) for name in file.schema_arrow.names]
        if not names:
            raise UserError("file_empty")
        rows = itertools.chain.from_iterable(
            map(_rows, file.iter_batches(batch_size=BLOCK, use_threads=False))
        )
        kept, bad = collect(enumerate(rows, 1), names)
    except (pa.ArrowException, OSError, ValueError, OverflowError):
        raise UserError("file_damaged", kind=FORMAT) from None
    return Grid(
        format=FORMAT, header=names, columns=kept.columns(len(names)), lines=kept.lines, bad=bad
    )


def _rows(batch: pa.RecordBatch) -> Iterator[tuple[str, ...]]:
    return zip(*map(_cells, batch.columns), strict=True)


def _cells(column: pa.Array) -> list[str]:
    if pa.types.is_float32(column.type) or pa.types.is_float16(column.type):
        # 0.1 is the shortest way to write what is stored; as a wider number it would have more digits.
        column = column.cast(pa.string()).cast(pa.float64())
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = column.cast(pa.large_binary())  # files need not keep the promise that it is UTF-8
    return list(map(text_of, column.to_pylist()))
