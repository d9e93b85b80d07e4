"""Files whose rows get their labels in the background, for a page that looks in now and then.

Two files are at work at a time, and only these are in memory; further ones wait their turn. What is done lies
in a folder that goes with the program: nothing of it outlives a restart.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.data.any_file import read_given
from core.data.read.grid import BadRow
from core.data.read.options import FOUND_OUT, ReadOptions
from core.errors import UserError
from core.inference.label_file import Written, missing, predict_file
from core.io.temporary import claim, drop, private, served
from core.jobs.job import Job, Queue, State
from core.runs.run import Run

PLACES = 2  # files at work at a time
MAX_FILES = 50  # that are kept, waiting or done
MAX_AGE = 24 * 3600.0  # seconds after which what is done is thrown away


@dataclass(eq=False)
class FileJob(Job):
    """One file. It asks a person which column is the text where that cannot be told."""

    source: Path
    name: str  # of the file, as shown to people
    model: Path  # folder of the model
    title: str  # what the model is called
    out: Path
    run: Run | None = None  # that the model is one of
    options: ReadOptions = FOUND_OUT  # how the file is read
    upload: Path | None = None  # that the source was claimed of
    text: tuple[str, ...] = ()  # columns; empty: those that the model was trained on
    columns: tuple[str, ...] = ()  # of the file, for `State.ASKING`
    wanted: int = 1  # how many of them the model reads
    done: int = 0
    rows: int = 0
    started: float = 0.0  # of time.monotonic(), when the first row was answered
    changed: float = field(default_factory=time.monotonic)
    unreadable: tuple[BadRow, ...] = ()  # they are not in the output
    written: Written | None = None

    @property
    def seconds_left(self) -> float | None:
        """From how quick it was so far; None while there is nothing to go by."""
        if self.state != State.WORKING or not self.done:
            return None
        return (time.monotonic() - self.started) / self.done * (self.rows - self.done)


def _drop(job: FileJob) -> None:
    if job.upload is not None:
        drop(job.source, job.upload)


_EVERY: weakref.WeakSet[FileJobs] = weakref.WeakSet()


def forget_run(run: Run) -> None:
    """Throw away all files that the models of a run answer or have answered in this process."""
    for files in list(_EVERY):
        files.forget_run(run)


class FileJobs:
    """The files of everybody who looks at the page. An id is a secret of whoever was given it."""

    def __init__(self) -> None:
        self._jobs: dict[str, FileJob] = {}
        self._lock = threading.Lock()
        self._queue = Queue("file", PLACES)
        _EVERY.add(self)

    def submit(
        self,
        source: Path,
        model: Path,
        title: str,
        run: Run | None = None,
        options: ReadOptions = FOUND_OUT,
        name: str = "",
    ) -> str:
        """Let a model answer each row of a file; the id to find it by. Raises UserError when it is full.
        `name` is that of the file as shown to people, where the source has another one.

        The answers of a model of a `run` are where the page may hand them out.
        """
        self._tidy()
        key = secrets.token_urlsafe(18)
        name = name or source.name
        stem = re.sub(r"[^\w-]+", "-", Path(name).stem).strip("-")[:60] or "table"
        kind = source.suffix.lower() if source.suffix.lower() in (".tsv", ".txt") else ".csv"
        answered = f"{stem}-answered{kind}"
        place = private("file-") / answered
        if run is not None:  # the key tells it from other files of that name
            place = served(run.store.root, f"{run.id}/{secrets.token_hex(8)}", answered)
        job = FileJob(
            claim(source), name, model, title, place, run, options, upload=source,
            work=lambda: self._work(job),
        )  # fmt: skip
        with self._lock:
            full = len(self._jobs) >= MAX_FILES
            if not full:
                self._jobs[key] = job
        if full:
            _drop(job)
            raise UserError("files_full", limit=MAX_FILES)
        self._queue.put(job)
        return key

    def get(self, key: object) -> FileJob | None:
        """The file of an id that may come from anywhere."""
        with self._lock:
            return self._jobs.get(str(key))

    def choose(self, key: object, text: Sequence[str]) -> None:
        """Say which columns are the text, where that was asked. Raises UserError for a wrong choice."""
        job = self.get(key)
        if job is None or job.state != State.ASKING:
            return
        if len(text) != job.wanted or not set(text) <= set(job.columns):
            raise UserError("file_columns", wanted=job.wanted)
        job.text = tuple(text)
        self._queue.put(job)

    def stop(self, key: object) -> None:
        """End it soon; what is done stays. One that has not begun is done with nothing."""
        job = self.get(key)
        if job is not None and not job.over:
            self._queue.stop(job)
            if job.state == State.ASKING:
                job.state = State.DONE
            if job.state == State.DONE:
                _drop(job)

    def forget(self, key: object) -> None:
        """Throw away a file and its answers."""
        self.stop(key)
        with self._lock:
            job = self._jobs.pop(str(key), None)
        if job is not None:
            job.out.unlink(missing_ok=True)
            _drop(job)

    def forget_run(self, run: Run) -> None:
        """The same with all files that a run's models answer or have answered."""
        with self._lock:
            keys = [key for key, job in self._jobs.items() if job.run and job.run.id == run.id]
        for key in keys:
            self.forget(key)

    def _tidy(self) -> None:
        now = time.monotonic()
        with self._lock:
            old = [
                key
                for key, job in self._jobs.items()
                if (job.over or job.state == State.ASKING) and now - job.changed > MAX_AGE
            ]
        for key in old:
            self.forget(key)

    def _work(self, job: FileJob) -> State:
        state = State.DONE
        try:
            state = self._answer(job)
        finally:
            if state != State.ASKING:
                _drop(job)
            with self._lock:
                thrown_away = all(other is not job for other in self._jobs.values())
            if thrown_away:  # while it was at work
                job.out.unlink(missing_ok=True)
            job.changed = time.monotonic()
        return state

    def _answer(self, job: FileJob) -> State:
        """The state that it ends in: done, or asking."""
        from core.inference.predictor import opened

        job.state = State.READING
        table = read_given([job.source], job.options)
        predictor = opened(job.model).over(table)
        text = job.text or table.inputs or predictor.text_columns
        if not text or missing(table, text):
            job.columns = tuple(map(str, table.frame.columns))
            job.wanted = max(1, len(predictor.text_columns))
            if job.wanted > len(job.columns):
                raise UserError("predict_no_column", column=text[0], columns=", ".join(job.columns))
            return State.ASKING
        job.unreadable = table.bad_rows
        job.rows, job.started, job.state = len(table.frame), time.monotonic(), State.WORKING

        def count(done: int, rows: int) -> None:
            job.done = done

        job.written = predict_file(predictor, table, text, job.out, count, job.stop.is_set)
        return State.DONE
