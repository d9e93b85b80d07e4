"""Files of binary formats are opened in a process of their own, with bounded memory and time.

A few kilobytes can ask for more memory than there is (a cell far out, one long text in a million cells), and
libraries that meet this end their whole process. It is then this one, and not the page with its training.
"""

from __future__ import annotations

import contextlib
import json
import logging
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa

from core.data.excel import read_excel
from core.data.grid import BadRow, Grid
from core.data.parquet import read_parquet
from core.errors import UserError
from core.words import ASSETS, Message

MEMORY = 4 * 1024**3  # bytes of address space, where the system can limit it
SECONDS = 300
LONGEST_NAME = 1_000  # characters of a sheet's name, whoever sends it; Excel allows 31
READERS: Mapping[str, Callable[[bytes, str | None], Grid]] = {
    "excel": read_excel,
    "parquet": read_parquet,
}
log = logging.getLogger(__name__)


def read_apart(kind: str, data: bytes, sheet: str | None = None) -> Grid:
    """What a reader of READERS makes of the bytes. Raises its UserErrors, `file_needs_memory`, `file_slow`,
    `file_damaged`."""
    asked = json.dumps(None if sheet is None else sheet[:LONGEST_NAME])
    command = [sys.executable, "-m", __name__, kind, asked]
    with tempfile.TemporaryFile() as answer:
        try:
            done = subprocess.run(  # noqa: S603 - our own module; a sheet's name is only compared
                command,
                input=data,
                stdout=answer,
                stderr=subprocess.PIPE,
                cwd=ASSETS.parent,
                timeout=SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise UserError("file_slow", minutes=SECONDS // 60) from None
        answer.seek(0)
        if done.returncode == 0:
            return _unpack(answer)
    last = done.stderr.decode("utf-8", "replace")[-2000:]
    log.warning("reading %s ended with %s: %s", kind, done.returncode, last)
    if done.returncode < 0 or "MemoryError" in last or "memory allocation" in last:
        raise UserError("file_needs_memory", limit=MEMORY // 2**30)
    raise UserError("file_damaged", kind=kind.capitalize())


def _work(kind: str, sheet: str | None) -> None:
    """In the child: bytes on stdin, the answer on stdout."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # not every system has limits
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    answer = sys.stdout.buffer
    try:
        _pack(READERS[kind](sys.stdin.buffer.read(), sheet), answer)
    except UserError as error:
        about = {"error": error.what.key.removeprefix("error."), "values": dict(error.what.values)}
        _write(pa.table({}), about, answer)


def _pack(grid: Grid, answer: Any) -> None:
    about = {
        "format": grid.format,
        "header": grid.header,
        "bad": [row.to_json() for row in grid.bad],
        "notes": [note.to_json() for note in grid.notes],
        "first_row": grid.first_row,
        "sheet": grid.sheet,
        "sheets": list(grid.sheets),
    }
    names = ["line", *map(str, range(len(grid.columns)))]
    _write(pa.table([pa.array(grid.lines), *grid.columns], names=names), about, answer)


def _write(table: pa.Table, about: Mapping[str, Any], answer: Any) -> None:
    table = table.replace_schema_metadata({b"about": json.dumps(about).encode()})
    with pa.ipc.new_stream(answer, table.schema) as stream:
        stream.write_table(table)


def _unpack(answer: Any) -> Grid:
    with pa.ipc.open_stream(answer) as stream:
        table = stream.read_all()
    about = json.loads(table.schema.metadata[b"about"])
    if "error" in about:
        raise UserError(about["error"], **about["values"])
    line, *columns = table.columns
    return Grid(
        format=about["format"],
        header=about["header"],
        columns=columns,
        lines=line.to_numpy(),
        bad=list(map(BadRow.from_json, about["bad"])),
        notes=list(map(Message.from_json, about["notes"])),
        first_row=about["first_row"],
        sheet=about["sheet"],
        sheets=about["sheets"],
    )


if __name__ == "__main__":
    _work(sys.argv[1], json.loads(sys.argv[2]))
