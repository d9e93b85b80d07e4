"""What a run has written down of each of its models: "model" (the fine-tuned one), "tfidf", "embedding"."""

from __future__ import annotations

from typing import Any

import pandas as pd

from core.evaluation.metrics import Numbers
from core.evaluation.verdict import RIVALS, against
from core.runs import Run
from core.tasks import Task, of_names

ANSWER = ("predicted", "confidence")


def task(run: Run) -> Task:
    """What is learned from the label column. Raises KeyError for a run that was not measured."""
    metrics = run.metrics() or {}
    return of_names(metrics["labels"], str(metrics.get("separator", "")))


def rows_of(run: Run, which: str = "model") -> pd.DataFrame | None:
    """`Run.test_rows` with the answers of one of the models as "predicted" and "confidence". None where they
    were not kept: in runs of earlier versions those of the simple ones were not."""
    rows = run.test_rows()
    if rows is None or which == "model":
        return rows
    own = {f"{name}:{which}": name for name in ANSWER}
    if not set(own) <= set(rows.columns):
        return None
    return rows.drop(columns=list(ANSWER)).rename(columns=own)


def scores_of(run: Run, which: str = "model") -> dict[str, Any]:
    """Scores on the test rows; empty where there are none."""
    metrics = run.metrics() or {}
    found = metrics.get("test") if which == "model" else metrics.get("baselines", {}).get(which)
    return dict(found or {})


def calibration_of(run: Run, which: str = "model") -> dict[str, Any] | None:
    """See `core.evaluation.calibrate.described`; None in runs of earlier versions."""
    found = (run.metrics() or {}) if which == "model" else scores_of(run, which)
    return found.get("calibration")


def curve_of(run: Run, which: str = "model") -> dict[str, Any] | None:
    """See `core.evaluation.unsure.curve`; None without validation rows and in runs of earlier versions."""
    found = (run.metrics() or {}) if which == "model" else scores_of(run, which)
    return found.get("unsure")


def against_rivals(task: Task, rows: pd.DataFrame) -> dict[str, Any]:
    """See `core.evaluation.verdict.against`, of whatever rivals have answers in `rows`."""

    def encoded(column: str) -> Numbers:
        return task.encode(rows[column].tolist())

    others = {
        name: encoded(f"predicted:{name}") for name in RIVALS if f"predicted:{name}" in rows.columns
    }
    return against(task, encoded("label"), encoded("predicted"), others)
