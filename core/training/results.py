"""What a fitted model is worth and what is taken away: for each label column its scores, files and rows."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.evaluation import calibrate, verdict
from core.evaluation.intervals import measure
from core.evaluation.metrics import Floats
from core.evaluation.speed import latencies
from core.export import bundle
from core.models.heads import narrow
from core.recipe import Recipe
from core.runs import Run
from core.techniques.base import Fitted, Technique
from core.training import events as ev
from core.training.complete import complete
from core.training.decide import Decided, decide
from core.training.fit import Fit
from core.training.rows import Rows
from core.training.simple import Simple
from core.training.weigh import TorchModel

PROBES = 8  # test rows on which the exported model must give the same answers


@dataclass(frozen=True)
class Column:
    """A label column: where its results go, the rows that have its label, its simple models."""

    run: Run
    rows: Rows
    simple: Simple

    @classmethod
    def all(cls, run: Run, rows: Rows, recipe: Recipe) -> list[Column]:
        """The main column's place is the run itself, that of another a folder in it."""
        columns = []
        for number, view in enumerate(rows.views()):
            place = run if number == 0 else run.new_task(number, _of(recipe, number))
            columns.append(cls(place, view, Simple(place, view, recipe.train.seed)))
        return columns


def _of(recipe: Recipe, number: int) -> Recipe:
    """The recipe as that of another of its label columns."""
    others = tuple(each for k, each in enumerate(recipe.tasks) if k != number)
    return dataclasses.replace(recipe, task=recipe.tasks[number], also=others)


def write(
    run: Run,
    columns: Sequence[Column],
    rows: Rows,
    fit: Fit,
    fitted: Fitted,
    chosen: Sequence[Technique],
    started: float,
) -> None:
    """Score the test rows, export, and write down what was measured. `started` is of time.monotonic().

    Raises OSError, and RuntimeError when something that was exported answers differently.
    """
    sets, joint = fit.sets, fit.sets.joint
    run.append(ev.StageStarted(stage="test", rows=len(sets.test)))
    decided = decide(fit, fitted.model)
    model = complete(fit, fitted, decided)
    logits = sets.in_order(fit.answers(model, sets.test))
    shared = {
        "epochs": fitted.epochs,
        "steps": fitted.steps,
        "seconds": time.monotonic() - started,
        "max_length": fit.spec.max_length,
        "settings": dataclasses.asdict(fit.spec),
        "why": {name: reason.to_json() for name, reason in fit.planned.why.items()},
        "truncated": sets.truncated,
        "techniques": {technique.key: technique.evidence for technique in chosen},
        "stopped": fitted.stopped,
        "on_all": model is not fitted.model,
    }
    run.append(ev.StageStarted(stage="export"))
    if len(columns) > 1:
        about = {
            column: {"labels": task.names, "separator": task.separator, "threshold": each.threshold}
            for column, task, each in zip(joint.columns, joint.tasks, decided, strict=True)
        }
        recipe = dataclasses.replace(run.recipe(), train=fit.spec)
        bundle.export_joint(run, model, fit.processor, about, recipe)
    for number, column in enumerate(columns):
        place = joint.places[number]
        said = logits[np.isin(rows.split.test, column.rows.split.test)][:, place]
        _write_one(
            column,
            narrow(model, place) if len(columns) > 1 else model,
            said,
            decided[number],
            fit,
            {**shared, "best": _best(fitted.best, number)},
            [] if number else chosen,  # what they add to the folder is made for the main column
        )
    bundle.zip_model(run, run.recipe().name or run.recipe().data.file)


def _best(best: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Which evaluation is kept, and the macro-F1 of a column there."""
    macro_f1 = best[f"eval_task{number}_macro_f1"]
    return {"step": best["step"], "epoch": best["epoch"], "macro_f1": macro_f1}


def _write_one(
    column: Column,
    model: Any,
    logits: Floats,
    decided: Decided,
    fit: Fit,
    shared: Mapping[str, Any],
    chosen: Sequence[Technique],
) -> None:
    run, rows, simple = column.run, column.rows, column.simple
    task, texts, truth = rows.task, rows.texts_at(rows.split.test), rows.truth[rows.split.test]
    probabilities, threshold = task.probabilities(logits), decided.threshold
    simple.test()
    timed = TorchModel(model, fit.processor, int(fit.spec.max_length or 0), fit.modality)
    metrics: dict[str, Any] = {
        "labels": list(rows.labels),
        "separator": task.separator,
        "threshold": threshold,
        "rows": rows.counts(),
        "train_rows": len(fit.sets.train),
        "test": measure(task, probabilities, truth, threshold),
        "baselines": simple.compared,
        "against": verdict.against(
            task, truth, task.given(probabilities, threshold), simple.answers()
        ),
        "calibration": calibrate.described(
            task, logits * decided.temperature.value, truth, decided.temperature
        ),
        "unsure": decided.unsure,
        "latency": latencies([timed], texts)[0],
        "recommended": simple.recommended(shared["best"]["macro_f1"]),
        **shared,
    }

    def add(folder: Path) -> None:
        metrics["size"] = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
        for technique in chosen:
            metrics.update(technique.exported(fit, folder, metrics))

    # What is taken away says what was chosen; the run's own recipe stays what was asked for.
    recipe = dataclasses.replace(run.recipe(), train=fit.spec)
    bundle.export(
        run,
        model,
        fit.processor,
        task,
        recipe,
        metrics,
        texts[:PROBES],
        probabilities[:PROBES],
        add,
        fit.modality,
    )
    simple.export(recipe, metrics)
    rows.write_test(run, probabilities, threshold, simple.tested())
    run.write_metrics(metrics)
