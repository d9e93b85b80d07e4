"""Files whose rows get their labels in the background, for a page that looks in now and then.

Two files are at work at a time, and only these are in memory; further ones wait their turn. What is done lies
in a folder that goes with the program: nothing of it outlives a restart.
"""

from __future__ import annotations

import logging
import re
import secrets
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.data.grid import BadRow
from core.data.picture_table import read_given
from core.errors import UserError
from core.whole_file import Written, missing, predict_file

AT_ONCE = 2
MOST = 50  # files that are kept, waiting or done
KEPT = 24 * 3600.0  # seconds after which what is done is thrown away
WAITING, READING, ASKING, ANSWERING, DONE, FAILED = (
    "waiting",
    "reading",
    "asking",
    "answering",
    "done",
    "failed",
)
log = logging.getLogger(__name__)


@dataclass
class Job:
    """One file. `state` is one of the above: ASKING waits for a person to say which column is the text."""

    source: Path
    name: str  # of the file, as shown to people
    model: Path  # folder of the model
    title: str  # what the model is called
    out: Path
    text: tuple[str, ...] = ()  # columns; empty: those that the model was trained on
    state: str = WAITING
    columns: tuple[str, ...] = ()  # of the file, for ASKING
    wanted: int = 1  # how many of them the model reads
    done: int = 0
    rows: int = 0
    started: float = 0.0  # of time.monotonic(), when the first row was answered
    changed: float = field(default_factory=time.monotonic)
    unreadable: tuple[BadRow, ...] = ()  # they are not in the output
    written: Written | None = None
    error: Exception | None = None
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def over(self) -> bool:
        return self.state in (DONE, FAILED)

    @property
    def seconds_left(self) -> float | None:
        """From how quick it was so far; None while there is nothing to go by."""
        if self.state != ANSWERING or not self.done:
            return None
        return (time.monotonic() - self.started) / self.done * (self.rows - self.done)


class FileJobs:
    """The files of everybody who looks at the page. An id is a secret of whoever was given it."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._room = threading.Semaphore(AT_ONCE)
        self._folder = tempfile.TemporaryDirectory(prefix="ticktune-files-")

    def submit(self, source: Path, model: Path, title: str) -> str:
        """Let a model answer each row of a file; the id to find it by. Raises UserError when it is full."""
        self._tidy()
        key = secrets.token_urlsafe(18)
        stem = re.sub(r"[^\w-]+", "-", source.stem).strip("-")[:60] or "table"
        kind = source.suffix.lower() if source.suffix.lower() in (".tsv", ".txt") else ".csv"
        place = Path(self._folder.name, secrets.token_hex(8))
        place.mkdir()
        job = Job(source, source.name, model, title, place / f"{stem}-answered{kind}")
        with self._lock:
            if len(self._jobs) >= MOST:
                raise UserError("files_full", limit=MOST)
            self._jobs[key] = job
        self._begin(job)
        return key

    def get(self, key: object) -> Job | None:
        """The file of an id that may come from anywhere."""
        with self._lock:
            return self._jobs.get(str(key))

    def choose(self, key: object, text: Sequence[str]) -> None:
        """Say which columns are the text, where that was asked. Raises UserError for a wrong choice."""
        job = self.get(key)
        if job is None or job.state != ASKING:
            return
        if len(text) != job.wanted or not set(text) <= set(job.columns):
            raise UserError("file_columns", wanted=job.wanted)
        job.text, job.state = tuple(text), WAITING
        self._begin(job)

    def stop(self, key: object) -> None:
        """End it soon; what is done stays. One that has not begun is done with nothing."""
        job = self.get(key)
        if job is not None and not job.over:
            job.stop.set()
            if job.state == ASKING:
                job.state = DONE

    def forget(self, key: object) -> None:
        """Throw away a file and its answers."""
        self.stop(key)
        with self._lock:
            job = self._jobs.pop(str(key), None)
        if job is not None:
            job.out.unlink(missing_ok=True)

    def _tidy(self) -> None:
        now = time.monotonic()
        with self._lock:
            old = [
                key
                for key, job in self._jobs.items()
                if (job.over or job.state == ASKING) and now - job.changed > KEPT
            ]
        for key in old:
            self.forget(key)

    def _begin(self, job: Job) -> None:
        # A daemon: a file that is at work does not keep the program from ending.
        threading.Thread(target=self._work, args=(job,), name="file", daemon=True).start()

    def _work(self, job: Job) -> None:
        with self._room:
            try:
                state = DONE if job.stop.is_set() else self._answer(job)
            except Exception as error:  # shown by the page
                if not isinstance(error, UserError):
                    log.exception("a file could not be answered")
                job.error, state = error, FAILED
        job.changed = time.monotonic()
        job.state = state  # last: whoever sees it may go on at once

    def _answer(self, job: Job) -> str:
        """The state that it ends in: DONE, or ASKING."""
        from core.predict import opened

        job.state = READING
        table = read_given([job.source], None, None)
        predictor = opened(job.model).over(table)
        text = job.text or table.inputs or predictor.text_columns
        if not text or missing(table, text):
            job.columns = tuple(map(str, table.frame.columns))
            job.wanted = max(1, len(predictor.text_columns))
            if job.wanted > len(job.columns):
                raise UserError("predict_no_column", column=text[0], columns=", ".join(job.columns))
            return ASKING
        job.unreadable = table.bad_rows
        job.rows, job.started, job.state = len(table.frame), time.monotonic(), ANSWERING

        def count(done: int, rows: int) -> None:
            job.done = done

        job.written = predict_file(predictor, table, text, job.out, count, job.stop.is_set)
        return DONE
