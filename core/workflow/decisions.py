"""Temperature, threshold and abstention: decided on the validation rows once a model is fitted,
before the test rows are looked at."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.evaluation import abstention, calibrate
from core.evaluation.calibrate import Temperature
from core.models.surgery.heads import apply_temperature
from core.runs.result import AbstentionCurve
from core.tasks import Task
from core.tasks.metrics import Floats, Numbers
from core.training.fit import Fitter
from core.words import message

ASKED = 16  # validation rows that a model is asked again after its last layer was changed
AGREE = 1e-3  # of a logit, as a share of the largest


@dataclass(frozen=True)
class Decided:
    """Decisions for one label column: what logits are divided by, from which probability on a class is given
    (None where the likeliest is), and the curve of `core.evaluation.abstention` (None without validation
    rows)."""

    temperature: Temperature
    threshold: float | None
    abstention: AbstentionCurve | None

    @classmethod
    def of(cls, task: Task, logits: Floats, truth: Numbers, temperature: Temperature) -> Decided:
        """Decisions from the validation rows: `logits` [rows, classes] are those before the temperature."""
        probabilities = task.probabilities(logits / temperature.value)
        threshold = task.threshold(probabilities, truth)
        given = task.given(probabilities, threshold)
        right = (task.has(given) == task.has(truth)).all(axis=1)
        return cls(
            temperature, threshold, abstention.curve(task.sure(probabilities, threshold), right)
        )


def decide(fit: Fitter, model: Any) -> list[Decided]:
    """Decisions for each label column. The temperatures go into the model's last layer, in place."""
    sets, joint = fit.splits, fit.splits.joint
    own = bool(len(sets.rows.split.validation))
    logits, truth = fit.logits(model, sets.validation), np.array(sets.validation["labels"])
    parts = []
    for task, place, true in zip(joint.tasks, joint.places, joint.truths(truth), strict=True):
        there = task.known(true)
        parts.append((task, logits[there, place], true[there]))
    temperatures = [
        calibrate.temperature(*part)
        if own
        else Temperature(skipped=message("calibrate.no_validation"))
        for part in parts
    ]
    temperatures = _put_in(fit, model, logits, temperatures)
    decisions = [
        Decided.of(*part, temperature)
        for part, temperature in zip(parts, temperatures, strict=True)
    ]
    # On rows that it has learned from, a model is always sure and right.
    return (
        decisions
        if own
        else [dataclasses.replace(decision, abstention=None) for decision in decisions]
    )


def _put_in(
    fit: Fitter, model: Any, logits: Floats, temperatures: Sequence[Temperature]
) -> list[Temperature]:
    """Put temperatures into the model, ask it again, and take everything back if it does not do as it
    should."""
    values, places = [temperature.value for temperature in temperatures], fit.splits.joint.places
    if all(value == 1 for value in values):
        return list(temperatures)
    if apply_temperature(model, places, values):
        again = fit.logits(model, fit.splits.validation.select(range(min(ASKED, len(logits)))))
        wanted = logits[: len(again)].copy()
        for place, value in zip(places, values, strict=True):
            wanted[:, place] /= value
        if np.abs(again - wanted).max() <= AGREE * max(1.0, float(np.abs(wanted).max())):
            return list(temperatures)
        apply_temperature(model, places, [1 / value for value in values])
    built = message("calibrate.built_otherwise")
    return [Temperature(1.0, temperature.rows, built) for temperature in temperatures]
