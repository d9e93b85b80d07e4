"""What sets two runs apart: their answers to the same test rows, their time, size and speed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

import numpy as np

from core.evaluation.metrics import Numbers
from core.runs import Run
from core.tasks import task_of

DRAWS = 1_000
FEWEST = 10  # test rows that both have


@dataclass(frozen=True)
class Change:
    """A score (0 to 1) minus another one on the same rows, with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Is it more than chance?"""
        return self.low > 0 or self.high < 0


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

    Paired bootstrap over the test rows (Berg-Kirkpatrick, Burkett and Klein 2012): both lose or gain the
    same rows in every draw.
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

    def right(given: Numbers, where: Numbers) -> float:
        same = given[where] == truth[where]
        return float((same if same.ndim == 1 else same.all(axis=1)).mean())

    def f1(given: Numbers, where: Numbers) -> float:
        return task.macro_f1(given[where], truth[where])

    def change(score: Callable[[Numbers, Numbers], float]) -> Change:
        everything = np.arange(len(truth))
        random = np.random.default_rng(0)
        draws = [random.choice(everything, len(everything)) for _ in range(DRAWS)]
        gains = [score(one, where) - score(two, where) for where in draws]
        low, high = np.quantile(gains, (0.025, 0.975))
        value = score(one, everything) - score(two, everything)
        return Change(value, float(low), float(high))

    return Difference(change(right), change(f1), len(truth))
