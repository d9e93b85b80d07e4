"""A run: a folder. The folder is the only channel between the worker and everything else.

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
    corrected.json                 how it answers the texts that were corrected before it
    suspects.json  learning_curve.json   what was found out when somebody asked (core/workflow/diagnostics.py)
    NAME.zip                       the download"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import re
import threading
import time
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
from filelock import FileLock, Timeout

from core.data.any_file import thumbnails
from core.data.pictures.store import PICTURES_FILE, Thumbnail
from core.data.table import Change, Table, load_changes, load_table, read_parquet
from core.errors import UserError
from core.io.json_files import Damaged, read_bytes, read_json, replace, replace_json
from core.io.typed import decode
from core.recipe import Recipe
from core.runs.answers import ANSWERS
from core.runs.events import Event, Step, append, read
from core.runs.progress import Progress
from core.runs.result import FILE as RESULT_FILE
from core.runs.result import SIMPLE, OtherFormat, Result
from core.runs.test_columns import check_test_rows
from core.words import has

if TYPE_CHECKING:
    from core.runs.store import RunStore

log = logging.getLogger(__name__)
COLUMNS = "tasks"  # the folder of what was measured of further label columns
BUSY = ("queued", "running")  # of `Run.status`: it will change by itself
RESUMABLE = ("stopped", "failed", "interrupted")
ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")
# What is raised while a damaged file is read and made sense of.
UNREADABLE = (
    UserError,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    MemoryError,
    RecursionError,
    zipfile.BadZipFile,
    pa.ArrowException,
)


def when(name: str, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    """The local time at which a run or a group was made, from its id; the id itself, where that names no
    day."""
    try:
        return time.strftime(form, time.strptime(name[:15], "%Y%m%d-%H%M%S"))
    except ValueError:
        return name


class ColumnFolder(ABC):
    """Results of a label column, and the models that answer for it: files of one folder."""

    @property
    @abstractmethod
    def path(self) -> Path: ...

    @property
    @abstractmethod
    def _owner(self) -> Run: ...

    @contextlib.contextmanager
    def reading(self, name: str) -> Iterator[Path]:
        """Context of whatever reads the file `name` of the folder. Raises UserError `run_damaged` where that
        fails, `run_unknown` where the run was deleted meanwhile, `run_format` for a file of another
        version."""
        file = self.path / name
        try:
            yield file
        except OtherFormat:
            raise
        except UNREADABLE as error:
            run = self._owner
            if not run.path.is_dir():
                raise UserError("run_unknown") from error
            # Words alone: a handler that keeps records would keep the frames of the error, with a model.
            log.warning("run %s: %s cannot be read: %s", run.id, name, repr(error))
            named = file.relative_to(run.path).as_posix()
            raise UserError("run_damaged", run=run.id, files=named) from error

    def recipe(self) -> Recipe:
        """Raises UserError, like all that reads a file of the run: see `reading`. An unknown technique is
        damage."""
        with self.reading("recipe.json") as file:
            recipe = Recipe.from_json(read_bytes(file).decode())
            for key in recipe.techniques:
                if not has(f"technique.{key}.name"):  # each of `core.techniques.ALL` has one
                    raise Damaged(key)
        return recipe

    def write_recipe(self, recipe: Recipe) -> None:
        replace(self.path / "recipe.json", recipe.to_json().encode())

    def result(self) -> Result | None:
        """The result, or None while there is none."""
        with self.reading(RESULT_FILE) as file:
            return Result.from_json(read_json(file)) if file.exists() else None

    def measured(self) -> Result:
        """The result. Raises UserError `predict_no_model` while there is none."""
        result = self.result()
        if result is None:
            raise UserError("predict_no_model", name=self._owner.id)
        return result

    def write_result(self, result: Result) -> None:
        replace_json(self.path / RESULT_FILE, result.to_json(), indent=2)

    def test_rows(self) -> pd.DataFrame | None:
        """The test rows with their predictions, or None while there are none.

        Columns: line (in the person's file), text, label, predicted, confidence (0 to 1) and
        probabilities (a list in the order of the labels in metrics.json). "predicted:NAME" and
        "confidence:NAME" are those of a simple model, "column:NAME" is a column of the file that has few
        values.
        """
        result = None
        with contextlib.suppress(UserError):  # whoever reads a damaged one is told
            result = self.result()
        with self.reading("test.parquet") as file:
            if not file.exists():
                return None
            return check_test_rows(read_parquet(file).to_pandas(), result)

    def write_test_rows(self, frame: pd.DataFrame) -> None:
        replace(self.path / "test.parquet", frame.to_parquet())

    @property
    def model(self) -> Path:
        return self.path / "model"

    def folder(self, which: str) -> Path:
        """The folder of "model" (the fine-tuned one), "tfidf", "colours" or "embedding"."""
        return self.model if which == "model" else self.path / "simple" / which

    def models(self) -> tuple[str, ...]:
        """Models that can be tried and downloaded."""
        simple = (name for name in reversed(SIMPLE) if self.folder(name).is_dir())
        return ("model", *simple)

    def recommended(self) -> str:
        """The model that did best on the validation rows; the fine-tuned one where nothing is known."""
        result = self.result()
        return result.recommended if result and result.recommended in self.models() else "model"

    def answer(self, question: str) -> Any:
        """The answer to one of `core.runs.answers.ANSWERS`, or None while nobody has asked. A damaged
        answer is none: it is found out anew when somebody asks."""
        try:
            return decode(ANSWERS[question], read_json(self.path / f"{question}.json"))
        except FileNotFoundError:
            return None
        except (OSError, Damaged) as error:
            name = self._owner.id
            log.warning("run %s: the answer to %s is damaged: %s", name, question, repr(error))
            return None

    def write_answer(self, question: str, answer: Any) -> None:
        replace_json(self.path / f"{question}.json", dataclasses.asdict(answer))


@dataclass(frozen=True)
class LabelColumn(ColumnFolder):
    """A label column of a run; number 0 is the main one, whose files lie in the run's folder itself."""

    run: Run
    number: int = 0

    @property
    def path(self) -> Path:
        path = self.run.path
        return path / COLUMNS / str(self.number) if self.number else path

    @property
    def _owner(self) -> Run:
        return self.run


@dataclass(frozen=True)
class Run(ColumnFolder):
    """A run of a store. It can be read like its main label column."""

    store: RunStore
    id: str

    @property
    def path(self) -> Path:
        return self.store.root / self.id

    @property
    def _owner(self) -> Run:
        return self

    @property
    def main(self) -> LabelColumn:
        """Its main label column."""
        return LabelColumn(self)

    def columns(self) -> list[LabelColumn]:
        """The label columns, the main one first, and further ones that were measured."""
        files = (self.path / COLUMNS).glob(f"*/{RESULT_FILE}")
        numbers = sorted(int(name) for file in files if (name := file.parent.name).isdecimal())
        return [LabelColumn(self, number) for number in (0, *numbers)]

    def column(self, name: str | None) -> LabelColumn:
        """The label column of a name, the main one for None. Raises UserError for an unknown one."""
        if name is None:
            return self.main
        columns = {column.recipe().task.column: column for column in self.columns()}
        if name not in columns:
            raise UserError("predict_no_label", column=name[:60], columns=", ".join(columns)[:300])
        return columns[name]

    def new_column(self, number: int, recipe: Recipe) -> LabelColumn:
        """A further label column, of a recipe as that of this column."""
        column = LabelColumn(self, number)
        column.path.mkdir(parents=True, exist_ok=True)
        column.write_recipe(recipe)
        return column

    @property
    def events(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def tokens(self) -> Path:
        """Encoded texts, while it is at work: they are made anew when it goes on."""
        return self.path / "tokens"

    @property
    def log(self) -> Path:
        return self.path / "log.txt"

    @property
    def stop_file(self) -> Path:
        return self.path / "stop"

    def table(self) -> Table:
        with self.reading("table.parquet") as file:
            table = load_table(file)
        if table.inputs:
            with self.reading(PICTURES_FILE) as file:
                if table.pictures is None:
                    raise FileNotFoundError(file)
                len(table.pictures)  # opens it
        if table.changes:
            with self.reading("original.parquet") as file:
                table = dataclasses.replace(table, original=load_table(file))
        return table

    def changes(self) -> tuple[Change, ...]:
        """What was changed of the table before the training."""
        with self.reading("table.parquet") as file:
            return load_changes(file)

    def thumbnails(self, names: Sequence[str], side: int) -> list[Thumbnail | None]:
        """Small pictures of these names in the table; None for what has none."""
        # Reading a large table only to see that it has none would keep a page waiting.
        if not (self.path / PICTURES_FILE).is_file():
            return [None] * len(names)
        return thumbnails(self.table(), names, side)

    def extra(self) -> Table | None:
        """The further file of texts without labels, if there is one."""
        if self.recipe().data.extra is None:
            return None
        with self.reading("extra.parquet") as file:
            return load_table(file)

    def archive(self) -> Path | None:
        """The zip to download, once it is there. Raises UserError for a damaged one."""
        archive = next(iter(self.path.glob("*.zip")), None)
        if archive is not None:
            with self.reading(archive.name) as file, zipfile.ZipFile(file):
                pass
        return archive

    def append(self, event: Event) -> None:
        if not isinstance(event, Step):
            log.info("%s", event)
        append(self.events, event)

    def lock(self) -> FileLock:
        """The lock that the process holds which works on the run; the system releases it when that process
        dies."""
        return FileLock(self.path / "lock", thread_local=False, preserve_lock_file=True)

    def owned(self) -> bool:
        """Is some process working on this run, or keeping it in its queue?"""
        # One look at a time: two at once would take each other for the owner. The lock's library would
        # make the folder of a deleted run anew.
        with LOOK:
            if not self.path.is_dir():
                return False
            try:
                with self.lock().acquire(timeout=0):
                    return False
            except Timeout:
                return True
            except OSError:  # something else stands in the place of the lock: nobody holds it
                return False

    def progress(self) -> Progress:
        """Progress of the run: a copy of its own for each caller. Only the events that are new since the
        last call are read."""
        with _PROGRESS_LOCK:
            cached = _PROGRESS.setdefault(self.path, _CachedProgress())
        with cached.lock:
            with self.reading("events.jsonl") as file:
                new, cached.offset = read(file, cached.offset)
            for event in new:
                cached.progress.add(event)
            return cached.progress.copy()

    def forget_progress(self) -> None:
        """Once the run was deleted."""
        with _PROGRESS_LOCK:
            _PROGRESS.pop(self.path, None)

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


@dataclass
class _CachedProgress:
    lock: threading.Lock = field(default_factory=threading.Lock)
    progress: Progress = field(default_factory=Progress)
    offset: int = 0  # of the events that are not yet in it, in bytes


LOOK = threading.Lock()  # held while it is tried whether a run's lock is free
_PROGRESS: dict[Path, _CachedProgress] = {}
_PROGRESS_LOCK = threading.Lock()
