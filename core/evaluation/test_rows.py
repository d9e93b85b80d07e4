"""Test rows of a run, with the answers of each of its models: "model" (the fine-tuned one), "tfidf" ..."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from core.evaluation.verdict import RIVALS, against
from core.runs.result import FILE as RESULT_FILE
from core.runs.result import Compared, Lead, Result, Scores
from core.runs.run import LabelColumn, Run
from core.tasks import Task, of_names
from core.tasks.metrics import Numbers

ANSWER = ("predicted", "confidence")


def task(column: LabelColumn) -> Task:
    """The task of the label column. Raises UserError for a run that was not measured."""
    result = column.measured()
    return of_names(result.labels, result.separator)


def rows_of(column: LabelColumn, which: str = "model") -> pd.DataFrame:
    """`ColumnFolder.test_rows` with the answers of one of the models as "predicted" and "confidence". Raises
    UserError where there are none."""
    with column.reading("test.parquet") as file:
        rows = column.test_rows()
        if rows is None:
            raise FileNotFoundError(file)
        if which == "model":
            return rows
        own = {name: rows.pop(f"{name}:{which}") for name in ANSWER}  # none is its own rival
        return rows.assign(**own)


def result_of(column: LabelColumn, which: str = "model") -> Result | Compared:
    """Scores and more that were measured of one of a run's models. Raises UserError for a run that was not
    measured."""
    result = column.measured()
    if which == "model":
        return result
    with column.reading(RESULT_FILE):
        return result.baselines[which]


def scores_of(column: LabelColumn, which: str = "model") -> Scores:
    """The scores of one of a run's models."""
    result = result_of(column, which)
    return result.test if isinstance(result, Result) else result


@dataclass(frozen=True)
class Outcome:
    """A run in one line: the means over its label columns of the scores on the test rows, from 0 to 1, and
    the macro-F1 of the plain simple model (`core.runs.result.PLAIN`) on the same."""

    columns: tuple[str, ...]
    accuracy: float
    macro_f1: float
    plain: float


def outcome(run: Run) -> Outcome | None:
    """The outcome of a run; None while nothing was measured."""
    tasks = [
        (label_column.recipe().task.column, label_column.result()) for label_column in run.columns()
    ]
    known = {column: result for column, result in tasks if result}
    if not known:
        return None
    scores = [
        (
            measured.test.accuracy,
            measured.test.macro_f1,
            measured.baselines[measured.plain].macro_f1,
        )
        for measured in known.values()
    ]
    accuracy, macro_f1, rival = (sum(values) / len(values) for values in zip(*scores, strict=True))
    return Outcome(tuple(known), accuracy, macro_f1, rival)


def against_rivals(labels: Task, rows: pd.DataFrame) -> dict[str, Lead]:
    """Leads over rivals (`core.evaluation.verdict.against`), of whatever rivals have answers in `rows`."""

    def encoded(column: str) -> Numbers:
        return labels.encode(rows[column].tolist())

    others = {
        name: encoded(f"predicted:{name}") for name in RIVALS if f"predicted:{name}" in rows.columns
    }
    return against(labels, encoded("label"), encoded("predicted"), others)
