"""Paired comparison of two runs: their answers to the same test rows, their time, size and speed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from core.evaluation.intervals import paired
from core.runs.result import Lead
from core.runs.run import Run
from core.tasks import task_of

FEWEST = 10  # test rows that both have


@dataclass(frozen=True)
class Difference:
    """Paired difference of two runs on the test rows that both have."""

    lead: Lead
    rows: int


@dataclass(frozen=True)
class Delivered:
    """What a run has to offer: its model, or the small form of it that a technique made instead.

    Scores are from 0 to 1, on the test rows; `size` is in bytes of the weights, `latency` in seconds for one
    text, `seconds` are those of the whole run. `predicted` are the answers by the line of the row in the
    person's file.
    """

    accuracy: float
    macro_f1: float
    size: int
    latency: float
    seconds: float
    predicted: dict[int, str]


def delivered(run: Run) -> Delivered | None:
    """None while nothing was measured."""
    result, rows = run.result(), run.test_rows()
    if result is None or rows is None:
        return None
    shown = result.small or result.test
    predicted = result.small.predicted if result.small else rows["predicted"].tolist()
    weights = result.small or result
    return Delivered(
        accuracy=shown.accuracy,
        macro_f1=shown.macro_f1,
        size=weights.size,
        latency=weights.latency,
        seconds=result.seconds,
        predicted=dict(zip(rows["line"].tolist(), predicted, strict=True)),
    )


def difference(run: Run, other: Run) -> Difference | None:
    """Of a run to another, on the test rows that both have; None where they are too few, or a run is not
    done.
    """
    ours, theirs, rows = delivered(run), delivered(other), run.test_rows()
    if ours is None or theirs is None or rows is None:
        return None
    rows = rows[rows["line"].isin(list(theirs.predicted))]
    if len(rows) < FEWEST:
        return None
    lines = rows["line"].tolist()
    said = [
        rows["label"].tolist(),
        *([each.predicted[line] for line in lines] for each in (ours, theirs)),
    ]
    task = task_of(chain(*said), run.recipe().task.separator)
    truth, one, two = (task.encode(cells) for cells in said)
    return Difference(paired(task, truth, one, two), len(truth))
