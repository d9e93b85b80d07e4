"""Results of a fitted model: for each label column its scores, the files of the model, and the test rows."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.evaluation import calibrate, verdict
from core.evaluation.intervals import measure
from core.evaluation.speed import latencies
from core.export import bundle, formats
from core.models.surgery.heads import narrow
from core.runs import events
from core.runs.result import Best, Result
from core.runs.run import Run
from core.tasks.metrics import Floats
from core.technique import Fitted, Technique
from core.training.fit import Fitter
from core.training.measure import TorchModel
from core.training.rows import Rows
from core.workflow.corrected_texts import corrected, corrected_rows, logits_of
from core.workflow.decisions import Decided, decide
from core.workflow.model_choice import unread
from core.workflow.refit_on_all_rows import refit_on_all_rows
from core.workflow.simple_models import Baselines

PROBES = 8  # test rows on which the exported model must give the same answers


def write(
    run: Run,
    baselines: Sequence[Baselines],
    rows: Rows,
    fit: Fitter,
    fitted: Fitted,
    chosen: Sequence[Technique],
    started: float,
) -> None:
    """Score the test rows, export, and write down what was measured. `started` is of time.monotonic().

    Raises OSError, and RuntimeError when something that was exported answers differently.
    """
    sets, joint = fit.splits, fit.splits.joint
    run.append(events.StageStarted(stage="test", rows=len(sets.test)))
    decided = decide(fit, fitted.model)
    model = refit_on_all_rows(fit, fitted, decided)
    logits = sets.in_order(fit.logits(model, sets.test))
    where = corrected_rows(run, rows)
    answers = logits_of(fit, model, where) if len(where) else None
    trouble = unread(run.recipe().model.key, rows.profile, run.store)
    shared = {
        "epochs": fitted.epochs,
        "steps": fitted.steps,
        "seconds": time.monotonic() - started,
        "max_length": fit.spec.max_length,
        "settings": fit.spec,
        "why": fit.plan.why,
        "truncated": sets.truncated,
        "stopped": fitted.stopped,
        "on_all": model is not fitted.model,
        "unread": trouble,
    }
    run.append(events.StageStarted(stage="export"))
    formats.drop(run)
    if len(baselines) > 1:
        about = {
            column: {
                "labels": task.names,
                "separator": task.separator,
                "threshold": decision.threshold,
            }
            for column, task, decision in zip(joint.columns, joint.tasks, decided, strict=True)
        }
        recipe = dataclasses.replace(run.recipe(), train=fit.spec)
        bundle.export_joint(run, model, fit.processor, about, recipe)
    for number, simple in enumerate(baselines):
        column, place = simple.column, joint.places[number]
        column_logits = logits[np.isin(rows.split.test, column.rows.split.test)][:, place]
        _write_one(
            simple,
            narrow(model, place) if len(baselines) > 1 else model,
            column_logits,
            decided[number],
            fit,
            {**shared, "best": _best(fitted.best, number)},
            chosen,
            main=number == 0,
        )
        if answers is not None:
            threshold = decided[number].threshold
            tally = corrected(column.rows, where, answers[:, place], threshold)
            column.place.write_answer("corrected", tally)
    formats.store(run)


def _best(best: Mapping[str, Any], number: int) -> Best:
    """The evaluation that is kept, and the macro-F1 of a column there."""
    return Best(best["step"], best["epoch"], best[f"eval_task{number}_macro_f1"])


def _write_one(
    simple: Baselines,
    model: Any,
    logits: Floats,
    decided: Decided,
    fit: Fitter,
    shared: Mapping[str, Any],
    chosen: Sequence[Technique],
    *,
    main: bool,
) -> None:
    place, rows = simple.column.place, simple.column.rows
    task, texts, truth = rows.task, rows.texts_at(rows.split.test), rows.truth[rows.split.test]
    probabilities, threshold = task.probabilities(logits), decided.threshold
    timed = TorchModel(model, fit.processor, fit.spec.max_length, fit.modality)
    result = Result(
        labels=rows.labels,
        separator=task.separator,
        threshold=threshold,
        rows=rows.counts(),
        train_rows=len(fit.splits.train),
        test=measure(task, probabilities, truth, threshold),
        baselines=simple.test(),
        against=verdict.against(
            task, truth, task.given(probabilities, threshold), simple.answers()
        ),
        calibration=calibrate.described(
            task, logits * decided.temperature.value, truth, decided.temperature
        ),
        abstention=decided.abstention,
        latency=latencies([timed], texts)[0],
        recommended=simple.recommended(shared["best"].macro_f1),
        techniques={},
        **shared,
    )

    def finished(folder: Path) -> Result:
        """The result, with what techniques add to the folder of the main column, and what they show."""
        size = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
        whole, small = dataclasses.replace(result, size=size), None
        for technique in chosen if main else ():
            small = technique.exported(fit, folder, whole) or small
        shown = {technique.key: tuple(technique.evidence) for technique in chosen}
        return dataclasses.replace(whole, small=small, techniques=shown)

    # What is taken away says what was chosen; the run's own recipe stays what was asked for.
    recipe = dataclasses.replace(simple.column.recipe, train=fit.spec)
    result = bundle.export(
        place,
        model,
        fit.processor,
        task,
        recipe,
        finished,
        texts[:PROBES],
        probabilities[:PROBES],
        fit.modality,
    )
    simple.export(recipe, result)
    rows.write_test(place, probabilities, threshold, simple.tested())
    place.write_result(result)
