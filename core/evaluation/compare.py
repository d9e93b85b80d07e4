"""What sets two runs apart: their answers to the same test rows, their time, size and speed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from core.evaluation.intervals import Change, paired
from core.runs import Run
from core.tasks import task_of

FEWEST = 10  # test rows that both have


@dataclass(frozen=True)
class Difference:
    accuracy: Change
    macro_f1: Change
    rows: int


@dataclass(frozen=True)
class Delivered:
    """What a run has to offer: its model, or the small form of it that a technique made instead.

    Scores are from 0 to 1, on the test rows; `size` is in bytes of the weights, `latency` in seconds for one
    text, `seconds` are those of the whole run. What an earlier version did not measure is None. `predicted`
    are the answers by the line of the row in the person's file.
    """

    accuracy: float
    macro_f1: float
    size: int | None
    latency: float | None
    seconds: float
    predicted: dict[int, str]


def delivered(run: Run) -> Delivered | None:
    """None while nothing was measured."""
    metrics, rows = run.metrics(), run.test_rows()
    if metrics is None or rows is None:
        return None
    found = metrics.get("small") or {**metrics["test"], "predicted": rows["predicted"].tolist()}
    return Delivered(
        accuracy=found["accuracy"],
        macro_f1=found["macro_f1"],
        size=found.get("size", metrics.get("size")),
        latency=found.get("latency", metrics.get("latency")),
        seconds=float(metrics["seconds"]),
        predicted=dict(zip(rows["line"].tolist(), found["predicted"], strict=True)),
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
    found = paired(task, truth, one, two)
    return Difference(found["accuracy"], found["macro_f1"], len(truth))
