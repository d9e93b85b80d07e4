"""Leftovers of killed processes and full disks in the folders of runs: what they are, and their removal."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import Timeout

from core.data.pictures.store import PICTURES_FILE
from core.runs.run import ID, LOOK, Run

NEW, DELETED = ".new-", ".deleted-"  # before the id of a run that is being made, or removed
OLD = re.compile(r"\.(\w+)-old")  # what a new folder takes the place of
LEFT = re.compile(rf"\.((zip|joint|model|simple-\w+)-new|attempt-.*|onnx-.*|.*\.new)|{OLD.pattern}")
STILL_WRITTEN = 60.0  # seconds in which a new file or folder may still be at work
# What a run is begun with.
BEGUN = {"lock", "table.parquet", "original.parquet", "extra.parquet", PICTURES_FILE}


def is_run(folder: Path) -> bool:
    """Is it a run's folder, be it damaged? What is left of one that was never finished being made is none."""
    try:
        return not {"recipe.json", "events.jsonl", "model"}.isdisjoint(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:  # a folder that cannot be looked into
        return True


def _unfinished(run: Run) -> bool:
    """Does it hold nothing but what a run is begun with?"""
    names = {file.name for file in run.path.iterdir()} if run.path.is_dir() else {"none"}
    return not is_run(run.path) and all(name in BEGUN or name.startswith(".") for name in names)


def _leftovers(run: Run) -> Iterator[Path]:
    """Half-written files and folders of a run, and what only a run at work has a use for. One that is
    written without the run's lock counts once it is old."""
    if run.tokens.exists():
        yield run.tokens
    for place, folders, names in os.walk(run.path):
        for name in filter(LEFT.fullmatch, (*folders, *names)):
            file = Path(place, name)
            if file.suffix != ".new" or time.time() - file.lstat().st_mtime >= STILL_WRITTEN:
                yield file


def _tidy(run: Run) -> None:
    for file in list(_leftovers(run)):
        old = OLD.fullmatch(file.name)
        if old and not (place := file.with_name(old[1])).exists():
            file.rename(place)  # killed between the two steps that put a new one in its place
        elif file.is_dir():
            shutil.rmtree(file, ignore_errors=True)
        else:
            file.unlink(missing_ok=True)


def _remove(run: Run) -> None:
    shutil.rmtree(run.path, ignore_errors=True)


def _with_lock(run: Run, work: Callable[[Run], object]) -> None:
    """Do something with a folder unless another process works on it, or has only just made it."""
    lock = run.lock()
    with contextlib.suppress(OSError, Timeout):
        fresh = time.time() - run.path.stat().st_mtime < STILL_WRITTEN
        if run.id.startswith(NEW) and fresh and not Path(lock.lock_file).exists():
            return
        with LOOK, lock.acquire(timeout=0):
            work(run)


def remove_leftovers(run: Run) -> None:
    """Remove the leftovers of one folder of a store, whatever it is called. Raises OSError."""
    if run.id.startswith(DELETED):
        _remove(run)
    elif run.id.startswith(NEW) or (ID.fullmatch(run.id) and _unfinished(run)):
        _with_lock(run, _remove)
    elif ID.fullmatch(run.id) and any(_leftovers(run)):
        _with_lock(run, _tidy)
