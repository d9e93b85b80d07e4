"""Integrity check: which files of a run cannot be read, as far as a quick look tells.

JSON is read and held against its schema, and so are the test rows, which whatever sets runs side by side
reads. Of what is large only the ends are looked at: the footer of Parquet, the header of safetensors and
their length, the directory of a zip. Whoever reads such a file later may still find it damaged
(`core.runs.run.ColumnFolder.reading`).
"""

from __future__ import annotations

import errno
import functools
import json
import logging
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from core.data.pictures.store import PICTURES_FILE
from core.data.table import METADATA
from core.errors import UserError
from core.io.json_files import Damaged, read_json
from core.io.typed import decode
from core.runs import events
from core.runs.progress import Progress
from core.runs.result import FILE as RESULT_FILE
from core.runs.result import OtherFormat
from core.runs.run import COLUMNS, UNREADABLE, LabelColumn, Run

ARROW = b"ARROW1"  # at both ends of a file of Arrow
LOOKS = 3  # at a run that is being written meanwhile
# Why a sound file may not be read at the moment.
PASSING = {
    getattr(errno, name, None)
    for name in ("EIO", "EMFILE", "ENFILE", "ENOMEM", "EACCES", "EPERM", "ESTALE", "ETIMEDOUT")
}
log = logging.getLogger(__name__)


def damaged_files(run: Run) -> tuple[str, ...]:
    """Names of the run's damaged files, below its folder; empty for a sound run, whatever its status."""
    damaged: tuple[str, ...] = ()
    for _ in range(LOOKS):
        written = _written(run.path)
        try:
            damaged = _damaged(run, written)
        except _Passing as error:
            damaged = error.args
        if not damaged or written == _written(run.path):
            break
    return damaged


def check(run: Run) -> None:
    """Raise UserError `run_damaged` for a run with a damaged file, `run_format` for another version's."""
    if files := damaged_files(run):
        try:
            run.result()
        except OtherFormat:
            raise
        except UserError:
            pass
        raise UserError("run_damaged", run=run.id, files=", ".join(files)[:300])


def sound_archive(run: Run) -> Path | None:
    """The zip to download of a run that may be damaged; None where it is damaged itself, or there is none."""
    try:
        return run.archive()
    except UserError:
        return None


class _Passing(Exception):
    """Files (`args`) that cannot be read, and perhaps can at the next look."""


def _written(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Name, size and time of every file: files are looked at again only after a change.

    The time is that of the last change of any kind, which nobody can set: who damages or restores a file may
    keep its size and the time it was written.
    """
    files = []
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                about = os.stat(os.path.join(place, name))
            except OSError:  # it has just gone
                continue
            files.append((os.path.join(place, name), about.st_size, about.st_ctime_ns))
    return tuple(sorted(files))


@functools.lru_cache(maxsize=1024)
def _damaged(run: Run, written: tuple[tuple[str, int, int], ...]) -> tuple[str, ...]:
    """Names of damaged files. Raises _Passing: such an answer is not kept."""
    damaged, passing = [], False
    for name, look in _looks(run):
        try:
            look(run.path / name)
        except UNREADABLE as error:
            log.info("run %s: %s is damaged: %s", run.id, name, repr(error))
            damaged.append(name)
            cause = error.__cause__ or error
            passing |= isinstance(cause, MemoryError) or getattr(cause, "errno", None) in PASSING
    names = tuple(dict.fromkeys(damaged))
    if passing:
        raise _Passing(*names)
    return names


def _looks(run: Run) -> Iterator[tuple[str, Callable[[Path], object]]]:
    """Each file that should be there, and what raises one of UNREADABLE when it is not what it should be."""
    yield "recipe.json", lambda file: run.recipe()
    yield "events.jsonl", lambda file: _events(run)
    try:
        recipe, progress = run.recipe(), run.progress()
    except UserError:
        return
    about: dict[str, Any] = {}
    yield "table.parquet", lambda file: about.update(_table(file))
    if about.get("changes"):
        yield "original.parquet", _table
    if recipe.data.extra:
        yield "extra.parquet", _table
    if about.get("inputs"):  # rows are names of what lies there
        yield PICTURES_FILE, _arrow
    if (run.path / "corrections.jsonl").exists():
        yield "corrections.jsonl", _lines
    # A run that went on after a stop, or failed while it wrote, may have some of it.
    whole = progress.status == "finished" or (
        progress.status == "stopped" and (run.path / RESULT_FILE).exists()
    )
    for number in range(len(recipe.tasks)):
        for name, look in _measured(LabelColumn(run, number)):
            if whole or (run.path / name).exists():
                yield name, look
    for archive in run.path.glob("*.zip"):
        yield archive.name, _zip


def _measured(column: LabelColumn) -> Iterator[tuple[str, Callable[[Path], object]]]:
    """Files of a label column, and checks, as `_looks` gives them."""
    place = f"{COLUMNS}/{column.number}/" if column.number else ""
    yield f"{place}{RESULT_FILE}", lambda file: _some(column.result())
    yield f"{place}test.parquet", lambda file: _some(column.test_rows())
    yield (
        f"{place}model/config.json",
        lambda file: decode(str, read_json(file)["model_type"]),
    )
    yield f"{place}model", _weights
    if place:
        yield f"{place}recipe.json", lambda file: column.recipe()
    for which in column.models():
        if which != "model":
            yield f"{place}simple/{which}/classifier.skops", _zip
            yield (
                f"{place}simple/{which}/labels.json",
                lambda file: decode(tuple[str, ...], read_json(file)),
            )


def _some(content: object) -> None:
    if content is None:
        raise Damaged


def _events(run: Run) -> None:
    """Check the events: a torn line is no damage; a file without any event is, and so is none where there is
    a result."""
    if run.progress() != Progress():
        return
    if events.read(run.events)[0]:  # of a run that waits for its turn they add up to nothing yet
        return
    written = run.events.exists() and run.events.stat().st_size
    if written or (run.path / RESULT_FILE).exists():
        raise Damaged(run.events.name)


def _table(file: Path) -> dict[str, Any]:
    """Check the footer of a table."""
    about = json.loads((pq.read_schema(file).metadata or {})[METADATA])
    decode(str, about["name"])
    decode(list[list[Any]], about["changes"])
    return dict(about)


def _arrow(file: Path) -> None:
    with file.open("rb") as opened:
        begins = opened.read(len(ARROW))
        opened.seek(-len(ARROW), os.SEEK_END)
        if begins != ARROW or opened.read() != ARROW:
            raise Damaged(file.name)


def _lines(file: Path) -> None:
    """Check lines of JSON: a damaged one is left out and the others count; a file without one that is whole
    is damaged."""
    with file.open("rb") as opened:
        head = opened.read(2**20).split(b"\n")
    for line in head:
        try:
            raw = json.loads(line)
            decode(tuple[str, ...], [raw["id"], raw["column"], raw["label"], *raw["texts"]])
            return
        except (ValueError, LookupError, TypeError, RecursionError):
            continue
    if any(line.strip() for line in head):
        raise Damaged(file.name)


def _weights(folder: Path) -> None:
    files = list(folder.glob("*.safetensors"))
    if not files:
        raise Damaged(folder.name)
    for file in files:
        with file.open("rb") as opened:
            size = int.from_bytes(opened.read(8), "little")
            if size > 100_000_000:  # safetensors' own limit
                raise Damaged(file.name)
            header = json.loads(opened.read(size))
        ends = [
            about["data_offsets"][1] for name, about in header.items() if name != "__metadata__"
        ]
        if file.stat().st_size != 8 + size + max(ends, default=0):
            raise Damaged(file.name)


def _zip(file: Path) -> None:
    with zipfile.ZipFile(file):
        pass
