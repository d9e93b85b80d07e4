"""Paired comparison of two runs: their answers to the same test rows, their time, size and speed."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from itertools import chain

import pandas as pd

from core.evaluation.intervals import paired
from core.runs.result import FILE as RESULT_FILE
from core.runs.result import Lead
from core.runs.run import Run
from core.tasks import task_of

FEWEST = 10  # test rows that both have
MAX_KEPT = 256  # answers of each kind: the page asks for the same ones every two seconds
Written = tuple[tuple[int, int, int], ...]  # inode, size and time of change of a run's files


@dataclass(frozen=True)
class Difference:
    """Paired difference of two runs on the test rows that both have."""

    lead: Lead
    rows: int


@dataclass(frozen=True)
class Delivered:
    """The model that a run delivers: its own, or the small form of it that a technique made instead.

    Scores are from 0 to 1, on the test rows; `size` is in bytes of the weights, `latency` in seconds for one
    text, `seconds` are those of the whole run.
    """

    accuracy: float
    macro_f1: float
    size: int
    latency: float
    seconds: float


def delivered(run: Run) -> Delivered | None:
    """The model that the run delivers; None while nothing was measured. Raises UserError for a damaged
    run."""
    written = _written(run)
    return _delivered(run, written) if written else None


def difference(run: Run, other: Run) -> Difference | None:
    """The difference of a run to another, on the test rows that both have; None where they are too few, or a
    run is not done. Raises UserError for a damaged run.
    """
    ours, theirs = _written(run), _written(other)
    return _difference(run, ours, other, theirs) if ours and theirs else None


def _written(run: Run) -> Written:
    """Times and sizes of the files that are read of a run; empty while one of the files is not there."""
    stats = []
    for name in (RESULT_FILE, "test.parquet"):
        with run.reading(name) as file:
            if not file.exists():
                return ()
            about = file.stat()
            stats.append((about.st_ino, about.st_size, about.st_mtime_ns))
    return tuple(stats)


# When the files were written is part of both questions, so that an answer can be kept.


@functools.lru_cache(maxsize=MAX_KEPT)
def _delivered(run: Run, written: Written) -> Delivered | None:
    result = run.result()
    if result is None:
        return None
    shown, weights = result.small or result.test, result.small or result
    return Delivered(
        accuracy=shown.accuracy,
        macro_f1=shown.macro_f1,
        size=weights.size,
        latency=weights.latency,
        seconds=result.seconds,
    )


@functools.lru_cache(maxsize=MAX_KEPT)
def _difference(run: Run, ours: Written, other: Run, theirs: Written) -> Difference | None:
    mine, others = _answers(run), _answers(other)
    if mine is None or others is None:
        return None
    rows = mine[mine["line"].isin(others["line"])]
    if len(rows) < FEWEST:
        return None
    answered = dict(zip(others["line"], others["given"], strict=True))
    labels = [
        rows["label"].tolist(),
        rows["given"].tolist(),
        [answered[line] for line in rows["line"]],
    ]
    task = task_of(chain(*labels), run.recipe().task.separator)
    truth, one, two = (task.encode(cells) for cells in labels)
    return Difference(paired(task, truth, one, two), len(truth))


def _answers(run: Run) -> pd.DataFrame | None:
    """The test rows, with the answers of what the run delivers as "given"."""
    result, rows = run.result(), run.test_rows()
    if result is None or rows is None:
        return None
    given = result.small.predicted if result.small else rows["predicted"].tolist()
    return rows.assign(given=list(given))
