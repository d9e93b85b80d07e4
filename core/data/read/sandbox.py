"""Sandbox for strangers' tables: each is read in a process of its own (`core.data.read.child_process`).

At most AT_ONCE files are read at a time, whoever sent them.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import IO, Any

import pyarrow as pa

from core.data.read import child_process
from core.data.read.grid import BadRow, Grid
from core.data.read.options import FOUND_OUT, ReadOptions
from core.errors import UserError
from core.words import Message

AT_ONCE = 2
LIMITS = child_process.Limits(child_process.Turns(AT_ONCE), seconds=60, in_all=120)
# Module and function of each reader. A child imports its own alone, and is ready the sooner.
READERS = {
    "excel": ("excel", "read_excel"),
    "columnar": ("parquet", "read_columnar"),
    "pictures": ("parquet", "read_pictures"),
    "text": ("plain_text", "read_text"),
}
# What people call such files.
FORMAT_NAMES = {"excel": "Excel", "columnar": "Parquet", "pictures": "Parquet", "text": "CSV"}
# What a grid has besides its columns, lines, bad rows and notes.
PACKED_APART = {"columns", "lines", "bad", "notes"}
PLAIN = [field.name for field in dataclasses.fields(Grid) if field.name not in PACKED_APART]


def read_sandboxed(kind: str, data: bytes, options: ReadOptions = FOUND_OUT) -> Grid:
    """What a reader of READERS makes of the bytes. Raises its UserErrors, and as
    `core.data.read.child_process.run_child`
    does."""
    if child_process.is_child():
        return _reader(kind)(data, options)
    asked = json.dumps(options.to_json())
    with child_process.run_child(
        __name__, [kind, asked], FORMAT_NAMES[kind], LIMITS, data
    ) as answer:
        return _unpack(answer)


def _reader(kind: str) -> Callable[[bytes, ReadOptions], Grid]:
    module, function = READERS[kind]
    reader: Callable[[bytes, ReadOptions], Grid] = getattr(
        import_module(f"core.data.read.{module}"), function
    )
    return reader


def main(arguments: Sequence[str], source: IO[bytes], answer: IO[bytes]) -> None:
    """The child's work: the bytes come from `source`, and what is made of them goes to `answer`."""
    kind, asked = arguments
    try:
        _pack(_reader(kind)(source.read(), ReadOptions.from_json(json.loads(asked))), answer)
    except UserError as error:
        _write(pa.table({}), {"error": child_process.error_to_json(error)}, answer)


def _pack(grid: Grid, answer: IO[bytes]) -> None:
    about = {
        **{name: getattr(grid, name) for name in PLAIN},
        "bad": [row.to_json() for row in grid.bad],
        "notes": [note.to_json() for note in grid.notes],
    }
    names = ["line", *map(str, range(len(grid.columns)))]
    _write(pa.table([pa.array(grid.lines), *grid.columns], names=names), about, answer)


def _write(table: pa.Table, about: Mapping[str, Any], answer: IO[bytes]) -> None:
    table = table.replace_schema_metadata({b"about": json.dumps(about, default=int).encode()})
    with pa.ipc.new_stream(answer, table.schema) as stream:
        stream.write_table(table)


def _unpack(answer: IO[bytes]) -> Grid:
    with pa.ipc.open_stream(answer) as stream:
        table = stream.read_all()
    about = json.loads(table.schema.metadata[b"about"])
    if "error" in about:
        raise child_process.error_from_json(about["error"])
    line, *columns = table.columns
    return Grid(
        **{name: about[name] for name in PLAIN},
        columns=columns,
        lines=line.to_numpy(),
        bad=list(map(BadRow.from_json, about["bad"])),
        notes=list(map(Message.from_json, about["notes"])),
    )


if __name__ == "__main__":
    child_process.serve(main)
