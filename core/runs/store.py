"""All runs below one folder."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from filelock import Timeout

from core.data.table import Table, write_table
from core.errors import UserError
from core.io import temporary
from core.recipe import Recipe
from core.runs.leftovers import DELETED, NEW, is_run, remove_leftovers
from core.runs.run import COLUMNS, ID, LOOK, LabelColumn, Run


def home() -> Path:
    """The folder of all runs: TICKTUNE_HOME, or the platform's folder for user data."""
    return Path(
        os.environ.get("TICKTUNE_HOME") or platformdirs.user_data_dir("ticktune", appauthor=False)
    )


@dataclass(frozen=True, init=False)
class RunStore:
    """All runs below one folder."""

    root: Path

    def __init__(self, root: Path | None = None) -> None:
        object.__setattr__(self, "root", root or home() / "runs")

    def create(self, recipe: Recipe, table: Table, extra: Table | None = None) -> Run:
        """A new folder with all that the run needs. Raises UserError when it cannot be written.

        `extra` is the file that `recipe.data.extra` names.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            new = self._new_folder()
            try:
                # Whoever tidies up sees by the lock that somebody is at work.
                with new.lock():
                    write_table(table, new.path / "table.parquet")
                    if table.original:
                        write_table(table.original, new.path / "original.parquet")
                    if recipe.data.extra and extra is not None:
                        write_table(extra, new.path / "extra.parquet")
                    new.write_recipe(recipe)
                    if sys.platform != "win32":  # where what is open cannot be renamed
                        run = self._in_place(new)
                if sys.platform == "win32":
                    run = self._in_place(new)
            except BaseException:
                shutil.rmtree(new.path, ignore_errors=True)
                raise
        except OSError as error:
            raise UserError("store_unwritable", reason=error.strerror or str(error)) from error
        temporary.inherit(self.root, run.id, (table.original or table).fingerprint)
        return run

    def _new_folder(self) -> Run:
        """A folder that is not yet a run's: it gets its name when all is in it."""
        while True:
            name = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
            new = Run(self, f"{NEW}{name}")
            with contextlib.suppress(FileExistsError):
                if not (self.root / name).exists():
                    new.path.mkdir()
                    return new

    def _in_place(self, new: Run) -> Run:
        run = Run(self, new.id.removeprefix(NEW))
        new.path.rename(run.path)
        return run

    def clean(self) -> None:
        """Remove leftovers of killed processes and full disks: runs that were never finished being made or
        deleted, and half-written files in runs that nobody works on."""
        try:
            entries = list(self.root.iterdir())
        except OSError:
            return
        for entry in entries:
            with contextlib.suppress(OSError):  # another process removes it, or it cannot be read
                remove_leftovers(Run(self, entry.name))

    def get(self, run_id: str) -> Run:
        """The run of an id that may come from anywhere. Raises UserError for one that is not there."""
        if ID.fullmatch(str(run_id)) and is_run(self.root / run_id):
            return Run(self, run_id)
        raise UserError("run_unknown")

    def all(self) -> list[Run]:
        """Every run, the newest first."""
        names = (entry.name for entry in self.root.iterdir()) if self.root.is_dir() else ()
        ids = sorted((name for name in names if ID.fullmatch(name)), reverse=True)
        return [Run(self, name) for name in ids if is_run(self.root / name)]

    def delete(self, run_id: str) -> None:
        """Remove a run for good. Raises UserError while it is being worked on."""
        run = self.get(run_id)
        lock = run.lock()
        try:
            with LOOK, lock.acquire(timeout=1):
                # First out of the list, in one step: removing the files takes a while.
                gone = run.path.with_name(f"{DELETED}{run_id}")
                run.path.rename(gone)
        except Timeout:
            raise UserError("run_busy") from None
        except OSError as error:
            raise UserError("store_unwritable", reason=error.strerror or str(error)) from error
        shutil.rmtree(gone, ignore_errors=True)
        temporary.forget(self.root, run_id)
        run.forget_progress()


def run_at(folder: Path) -> Run:
    """The run of a folder that may lie anywhere."""
    return Run(RunStore(folder.parent), folder.name)


def column_at(folder: Path) -> LabelColumn:
    """The label column of a folder of `LabelColumn.path`."""
    if folder.parent.name == COLUMNS:
        return LabelColumn(run_at(folder.parents[1]), int(folder.name))
    return run_at(folder).main
