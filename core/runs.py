"""RunStore: one folder a run. The folder is the only channel between the worker and everything else.

RUNS/20261123-142501-3f9a/
    recipe.json  table.parquet     what was asked for
    pictures.arrow                 the pictures that the table names, where it does
    original.parquet               the table as it was read, where the person had it changed
    extra.parquet                  a further file of texts without labels, where there is one
    events.jsonl  log.txt          what happened
    lock                           held by the process that works on it
    stop                           present when somebody asked it to stop
    checkpoint-N/  stages/         to go on from; removed when the run has ended well
    model/                         the standard transformers folder
    simple/tfidf/  embedding/ ...  the simple models that it was compared with
    tasks/1/ ...  joint/           with several label columns: the same for each further one; all in one model
    metrics.json  test.parquet     what was measured, and the test rows with their predictions
    corrections.jsonl  corrections/      answers that a person put right, and the pictures that they are about
    suspects.json  learning_curve.json   what was found out when somebody asked (core/study.py)
    NAME.zip                       the download
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import platformdirs
from filelock import FileLock, Timeout

from core.data.picture_table import thumbnails
from core.data.pictures import FILE, Thumbnail
from core.data.read import Table, load_table, write_table
from core.errors import UserError
from core.recipe import Recipe
from core.training import events as ev
from core.training.progress import Progress

log = logging.getLogger(__name__)
TASKS = "tasks"
ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")


def home() -> Path:
    """Where runs are kept: TICKTUNE_HOME, or the platform's folder for user data."""
    return Path(
        os.environ.get("TICKTUNE_HOME") or platformdirs.user_data_dir("ticktune", appauthor=False)
    )


@dataclass(frozen=True)
class Run:
    """One run's folder and what is in it."""

    path: Path

    def whole(self) -> Run:
        """The run itself, for what stands for one of its label columns as well."""
        return Run(self.path.parents[1]) if self.path.parent.name == TASKS else self

    @property
    def id(self) -> str:
        return self.whole().path.name

    @property
    def root(self) -> Path:
        """The folder of the store that it is in."""
        return self.whole().path.parent

    def tasks(self) -> list[Run]:
        """What was measured of each label column, the main one first: each to be read like a run."""
        folders = sorted(
            (self.path / TASKS).glob("*/metrics.json"), key=lambda file: int(file.parent.name)
        )
        return [self, *(Run(file.parent) for file in folders)]

    def task(self, column: str | None) -> Run:
        """What was measured of a label column, the main one for None. Raises UserError for an unknown one."""
        tasks = {task.recipe().task.column: task for task in self.tasks()}
        if column is not None and column not in tasks:
            raise UserError("predict_no_label", column=column[:60], columns=", ".join(tasks)[:300])
        return tasks[column] if column is not None else self

    def new_task(self, number: int, recipe: Recipe) -> Run:
        """The place for what is measured of a further label column."""
        task = Run(self.path / TASKS / str(number))
        task.path.mkdir(parents=True, exist_ok=True)
        task.write_recipe(recipe)
        return task

    @property
    def events(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def model(self) -> Path:
        return self.path / "model"

    @property
    def log(self) -> Path:
        return self.path / "log.txt"

    @property
    def stop_file(self) -> Path:
        return self.path / "stop"

    def recipe(self) -> Recipe:
        return Recipe.from_json((self.path / "recipe.json").read_text(encoding="utf-8"))

    def write_recipe(self, recipe: Recipe) -> None:
        _replace(self.path / "recipe.json", recipe.to_json().encode())

    def write_metrics(self, metrics: Mapping[str, Any]) -> None:
        text = json.dumps(metrics, ensure_ascii=False, indent=2)
        _replace(self.path / "metrics.json", text.encode())

    def write_test_rows(self, frame: pd.DataFrame) -> None:
        _replace(self.path / "test.parquet", frame.to_parquet())

    def table(self) -> Table:
        table, original = load_table(self.path / "table.parquet"), self.path / "original.parquet"
        return dataclasses.replace(table, original=load_table(original)) if table.changes else table

    def thumbnails(self, names: Sequence[str], side: int) -> list[Thumbnail | None]:
        """Small pictures of these names in the table; None for what has none."""
        whole = self.whole()
        # Reading a large table only to see that it has none would keep a page waiting.
        if not (whole.path / FILE).is_file():
            return [None] * len(names)
        return thumbnails(whole.table(), names, side)

    def extra(self) -> Table | None:
        """The further file of texts without labels, if there is one."""
        path = self.path / "extra.parquet"
        return load_table(path) if path.exists() else None

    def metrics(self) -> dict[str, Any] | None:
        """What was measured, or None while there is nothing."""
        try:
            return dict(json.loads((self.path / "metrics.json").read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError):
            return None

    def archive(self) -> Path | None:
        """The zip to download, once it is there."""
        return next(iter(self.whole().path.glob("*.zip")), None)

    def folder(self, which: str) -> Path:
        """Where "model" (the fine-tuned one), "tfidf", "colours" or "embedding" is."""
        return self.model if which == "model" else self.path / "simple" / which

    def kept(self) -> tuple[str, ...]:
        """Which of them can be tried and taken away."""
        names = ("embedding", "tfidf", "colours")
        simple = (name for name in names if self.folder(name).is_dir())
        return ("model", *simple)

    def recommended(self) -> str:
        """The one that did best on the validation rows; the fine-tuned one where nothing is known."""
        which = str((self.metrics() or {}).get("recommended"))
        return which if which in self.kept() else "model"

    def append(self, event: ev.Event) -> None:
        if not isinstance(event, ev.Step):
            log.info("%s", event)
        ev.append(self.events, event)

    def mend_events(self) -> None:
        """End a line that a crash left half written, so that the next event stands on its own."""
        self.events.touch()
        with self.events.open("rb+") as file:
            if file.seek(0, os.SEEK_END) and file.seek(-1, os.SEEK_END) and file.read(1) != b"\n":
                file.write(b"\n")

    def lock(self) -> FileLock:
        """Held by the process that works on the run; the system releases it when that process dies."""
        return FileLock(self.path / "lock", thread_local=False, preserve_lock_file=True)

    def owned(self) -> bool:
        """Is some process working on this run, or keeping it in its queue?"""
        # One look at a time: two at once would take each other for the owner. The lock's library would
        # make the folder of a deleted run anew.
        with _LOOK:
            if not self.path.is_dir():
                return False
            try:
                with self.lock().acquire(timeout=0):
                    return False
            except Timeout:
                return True

    def progress(self) -> Progress:
        """Where the run stands. Only the events that are new since the last call are read."""
        return _progress(self)

    def status(self) -> str:
        """queued, running, finished, stopped, failed, or interrupted: its process is gone."""
        progress = self.progress()
        if progress.done or self.owned():
            return progress.status
        # It may have ended between the two looks.
        progress = self.progress()
        return progress.status if progress.done else "interrupted"

    def request_stop(self) -> None:
        self.stop_file.touch()

    def stop_requested(self) -> bool:
        return self.stop_file.exists()

    def write_answer(self, question: str, answer: Mapping[str, Any]) -> None:
        text = json.dumps(answer, ensure_ascii=False)
        _replace(self.path / f"{question}.json", text.encode("utf-8", "surrogatepass"))

    def answer(self, question: str) -> dict[str, Any] | None:
        """What was found out of a question of `core.study`, or None while nobody has asked."""
        try:
            raw = (self.path / f"{question}.json").read_bytes()
            return dict(json.loads(raw.decode("utf-8", "surrogatepass")))
        except (FileNotFoundError, ValueError):
            return None

    def test_rows(self) -> pd.DataFrame | None:
        """The test rows with their predictions, or None while there are none.

        Columns: line (in the person's file), text, label, predicted, confidence (0 to 1) and
        probabilities (a list in the order of the labels in metrics.json). "predicted:NAME" and
        "confidence:NAME" are those of a simple model, "column:NAME" is a column of the file that has few
        values; runs of earlier versions lack both.
        """
        path = self.path / "test.parquet"
        return pd.read_parquet(path) if path.exists() else None


@dataclass
class _Cached:
    lock: threading.Lock
    progress: Progress
    offset: int


_LOOK = threading.Lock()
_CACHE: dict[Path, _Cached] = {}
_CACHE_LOCK = threading.Lock()


def _progress(run: Run) -> Progress:
    """A copy of its own for each caller: another thread may go on folding."""
    with _CACHE_LOCK:
        cached = _CACHE.setdefault(run.path, _Cached(threading.Lock(), Progress(), 0))
    with cached.lock:
        new, cached.offset = ev.read(run.events, cached.offset)
        for event in new:
            cached.progress.add(event)
        return cached.progress.copy()


def _replace(path: Path, data: bytes) -> None:
    """Write a whole file or leave the old one: a crash in between must not cost what was there."""
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(data)
    new.replace(path)


class RunStore:
    """All runs below one folder."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or home() / "runs"

    def create(self, recipe: Recipe, table: Table, extra: Table | None = None) -> Run:
        """A new folder with all that the run needs. Raises UserError when it cannot be written.

        `extra` is the file that `recipe.data.extra` names.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            run = Run(self._new_folder())
            try:
                write_table(table, run.path / "table.parquet")
                if table.original:
                    write_table(table.original, run.path / "original.parquet")
                if recipe.data.extra and extra is not None:
                    write_table(extra, run.path / "extra.parquet")
                run.write_recipe(recipe)  # last: a folder without a recipe is no run
            except BaseException:
                shutil.rmtree(run.path, ignore_errors=True)
                raise
        except OSError as error:
            raise UserError("store_unwritable", reason=error.strerror or str(error)) from error
        return run

    def _new_folder(self) -> Path:
        while True:
            name = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
            try:
                (self.root / name).mkdir()
            except FileExistsError:
                continue
            return self.root / name

    def get(self, run_id: str) -> Run:
        """The run of an id that may come from anywhere. Raises UserError for one that is not there."""
        if ID.fullmatch(str(run_id)) and (self.root / run_id / "recipe.json").is_file():
            return Run(self.root / run_id)
        raise UserError("run_unknown")

    def all(self) -> list[Run]:
        """Every run, the newest first."""
        if not self.root.is_dir():
            return []
        names = (p.name for p in self.root.iterdir() if ID.fullmatch(p.name))
        return [
            Run(self.root / name)
            for name in sorted(names, reverse=True)
            if (self.root / name / "recipe.json").is_file()
        ]

    def delete(self, run_id: str) -> None:
        """Remove a run for good. Raises UserError while it is being worked on."""
        run = self.get(run_id)
        lock = run.lock()
        try:
            with _LOOK, lock.acquire(timeout=1):
                # First out of the list, in one step: removing the files takes a while.
                gone = run.path.with_name(f".deleted-{run_id}")
                run.path.rename(gone)
        except Timeout:
            raise UserError("run_busy") from None
        except OSError as error:
            raise UserError("store_unwritable", reason=error.strerror or str(error)) from error
        shutil.rmtree(gone, ignore_errors=True)
        with _CACHE_LOCK:
            _CACHE.pop(run.path, None)
