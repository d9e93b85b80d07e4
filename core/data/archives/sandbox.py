"""Sandbox for strangers' archives: read in a process of their own (`core.data.read.child_process`), one at
a time.

Its pictures and its table are put into a folder of the one that asked, which goes with them.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from core.data.pictures.store import TemporaryPictures
from core.data.read import child_process
from core.data.read.options import ReadOptions
from core.data.table import Table, load_table, write_table
from core.errors import UserError

LIMITS = child_process.Limits(child_process.Turns(at_once=1), 300, 600, slow="archive_slow")
TABLE = "table.parquet"


def read_archive_sandboxed(
    module: str, source: Path, options: ReadOptions, pictures: Path | None, labelled: bool
) -> Table:
    """What `module`, run in a child, makes of the file. Raises the UserErrors of its reader, and as
    `core.data.read.child_process.run_child` does."""
    stored = TemporaryPictures()
    folder = stored.path.parent
    beside = None if pictures is None else str(pictures.absolute())
    asked = [str(source.absolute()), options.to_json(), beside, labelled]
    with child_process.run_child(
        module,
        [str(folder), json.dumps(asked)],
        "ZIP",
        LIMITS,
        settings={"TMPDIR": str(folder)},  # what it leaves behind when it is ended
    ) as answer:
        if failure := json.loads(answer.read() or b"null"):
            raise child_process.error_from_json(failure)
    table = load_table(folder / TABLE)
    (folder / TABLE).unlink()
    return table if table.pictures is None else dataclasses.replace(table, pictures=stored)


def answer_with(
    read: Callable[[Path, ReadOptions, Path | None, bool], Table],
    arguments: Sequence[str],
    answer: IO[bytes],
) -> None:
    """The child's part: what was asked for is in the arguments; the answer is an error, or nothing."""
    folder, asked = Path(arguments[0]), json.loads(arguments[1])
    source, options, pictures, labelled = asked
    beside = None if pictures is None else Path(pictures)
    try:
        table = read(Path(source), ReadOptions.from_json(options), beside, labelled)
        write_table(table, folder / TABLE)
    except UserError as error:
        answer.write(json.dumps(child_process.error_to_json(error), default=int).encode())
