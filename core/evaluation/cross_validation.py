"""Repeated stratified k-fold cross-validation: the same recipe on parts of the rows, in runs of their own.

Each run tests on one part and learns from the others, so that together they test on every row. A group of
runs (`core.runs.run_group`) in the folder folds.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from core.evaluation.verdict import RIVALS
from core.options import option
from core.recipe import MAX_NAME, Fold, Recipe
from core.runs.result import FILE as RESULT_FILE
from core.runs.run import LabelColumn, Run
from core.runs.run_group import RunGroup, RunGroupStore
from core.tasks import task_of
from core.tasks.metrics import Floats, divide, mean_of_known

SMALL_TEST = 100  # test rows below which one test says little
DRAWS = 1_000
SCORES = ("accuracy", "macro_f1")


@dataclass(frozen=True)
class Asked:
    """Repeats and folds: how often the rows are divided, and into how many parts."""

    folds: int = option(5, minimum=2, maximum=10, step=1)
    repeats: int = option(1, minimum=1, maximum=5, step=1)


@dataclass(frozen=True)
class Member:
    fold: Fold
    run: str


CrossValidation = RunGroup[Member]


@dataclass(frozen=True)
class Line:
    """A fold; what is not known yet is None. Scores are from 0 to 1, on its test rows."""

    fold: Fold
    run: str
    status: str  # of the run, or "deleted", or "damaged"
    rows: int | None = None
    accuracy: float | None = None
    macro_f1: float | None = None


@dataclass(frozen=True)
class Score:
    """A score (0 to 1) of all answers together, its 95 % interval, and what the parts say.

    `mean` and `spread` (standard deviation) are over the parts: how much it matters which rows were learned
    from. The interval is a bootstrap over the rows: what other rows might have said.
    """

    value: float
    low: float
    high: float
    mean: float
    spread: float


@dataclass(frozen=True)
class Summary:
    """Scores over all folds: `rows` were tested on, each by a model that had not learned it; `rivals` are the
    mean scores of the simple models, by name and score."""

    rows: int
    parts: int
    accuracy: Score
    macro_f1: Score
    rivals: Mapping[str, Mapping[str, float]]


def recipes(recipe: Recipe, asked: Asked) -> list[tuple[Fold, Recipe]]:
    """The recipe for each fold. A split that the table names is not followed: every row is tested on."""
    name = recipe.title
    per_fold = []
    for repeat in range(asked.repeats):
        for number in range(asked.folds):
            part = Fold(number, asked.folds, repeat)
            data = dataclasses.replace(recipe.data, split=None, fold=part)
            ending = f" · {number + 1}/{asked.folds}"
            if asked.repeats > 1:
                ending += f" ({repeat + 1})"
            called = name[: MAX_NAME - len(ending)] + ending
            per_fold.append((part, dataclasses.replace(recipe, data=data, name=called)))
    return per_fold


class FoldStore(RunGroupStore[Member]):
    """All cross-validations of the runs of one store."""

    kind, unknown = "folds", "folds_unknown"
    member = Member

    def about(self, run: Run) -> CrossValidation | None:
        """The newest cross-validation that measures a run, or that the run is part of."""
        for group in self.all():
            if group.base == run.id or any(member.run == run.id for member in group.members):
                return group
        return None

    def lines(self, group: CrossValidation, column: int = 0) -> list[Line]:
        """The scores of each fold, as far as the runs have come, of the label column of that number."""
        return [self._line(member, column) for member in group.members]

    def _line(self, member: Member, column: int) -> Line:
        run = self.run_of(member)
        if run is None:
            return Line(member.fold, member.run, self.lost(member))
        line = Line(member.fold, member.run, run.status())
        result = (
            LabelColumn(run, column).result() if line.status in ("finished", "stopped") else None
        )
        if result is None:
            return line
        test = result.test
        return dataclasses.replace(
            line, rows=test.rows, accuracy=test.accuracy, macro_f1=test.macro_f1
        )

    def summary(self, group: CrossValidation, column: int = 0) -> Summary | None:
        """The summary of folds that were trained to their end; None where these are fewer than two."""
        runs = [run for member in group.members if (run := self.run_of(member))]
        done = [LabelColumn(run, column) for run in runs if run.status() == "finished"]
        done = [
            label_column
            for label_column in done
            if label_column.result() and (label_column.path / "test.parquet").is_file()
        ]
        if len(done) < 2:
            return None
        written = tuple(
            (label_column, (label_column.path / RESULT_FILE).stat().st_mtime_ns)
            for label_column in done
        )
        return _summary(written)


@functools.lru_cache(maxsize=8)
def _summary(written: tuple[tuple[LabelColumn, int], ...]) -> Summary:
    """The summary of finished runs. The time of writing is an argument, so that an answer can be kept."""
    columns = [column for column, _ in written]
    results = [column.measured() for column in columns]
    rows = pd.concat([frame for column in columns if (frame := column.test_rows()) is not None])
    task = task_of([*rows["label"], *rows["predicted"]], columns[0].recipe().task.separator)
    truth, given = (
        np.asarray(task.has(task.encode(rows[name].tolist()))) for name in ("label", "predicted")
    )
    exact = (truth == given).all(axis=1)
    lines, place = np.unique(rows["line"].to_numpy(), return_inverse=True)

    def scores(times: np.ndarray) -> tuple[float, float]:
        """Accuracy and macro-F1, of how often each answer counts."""
        hits, answered, true = (times @ counted for counted in (truth & given, given, truth))
        f1 = float(np.nan_to_num(mean_of_known(divide(2 * hits, answered + true))))
        return float(times @ exact / times.sum()), f1

    # A row that was answered in several repeats is drawn with all of its answers.
    random = np.random.default_rng(0)
    drawn = []
    for _ in range(DRAWS):
        times = np.bincount(random.integers(len(lines), size=len(lines)), minlength=len(lines))
        drawn.append(scores(times[place].astype(np.float64)))
    ends = np.quantile(np.array(drawn), (0.025, 0.975), axis=0)
    pooled = [
        _score(value, ends[:, k], np.array([getattr(one.test, name) for one in results]))
        for k, (name, value) in enumerate(zip(SCORES, scores(np.ones(len(rows))), strict=True))
    ]
    shared = set.intersection(*(set(one.baselines) for one in results))
    rivals = {
        which: {
            name: float(np.mean([getattr(one.baselines[which], name) for one in results]))
            for name in SCORES
        }
        for which in RIVALS
        if which in shared
    }
    return Summary(len(lines), len(columns), pooled[0], pooled[1], rivals)


def _score(value: float, ends: Floats, parts: Floats) -> Score:
    return Score(
        value, float(ends[0]), float(ends[1]), float(parts.mean()), float(parts.std(ddof=1))
    )


def to_json(lines: list[Line], summary: Summary | None) -> dict[str, Any]:
    """The summary for programs: scores from 0 to 1."""
    return {
        "folds": [dataclasses.asdict(line) for line in lines],
        "summary": None if summary is None else dataclasses.asdict(summary),
    }
