"""Calibration: is a model as often right as it is sure? Temperature scaling, and the error before and after.

Guo, Pleiss, Sun and Weinberger 2017, "On Calibration of Modern Neural Networks": all logits are divided by
one number, the temperature, which is chosen on validation rows. Answers stay the same; only how sure they
are changes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.evaluation.intervals import wilson
from core.runs.result import Bin, Calibration, Reliability
from core.tasks import Task
from core.tasks.metrics import Floats, Numbers
from core.words import Message, message

# Standard deviation of the normal prior of the temperature's logarithm: what a few rows say by chance counts
# little against it, what many say is hardly changed by it.
PRIOR = 1.0
BOUNDS = (0.1, 10.0)  # of the temperature
CLOSE = 1e-3  # of its logarithm
BINS, IN_A_BIN = 10, 20  # at most so many, and about so many claims in each where there are few


@dataclass(frozen=True)
class Temperature:
    """`value` divides the logits; 1 with a reason in `skipped` where nothing could be told. `rows` is how
    many it was chosen on."""

    value: float = 1.0
    rows: int = 0
    skipped: Message | None = None


def temperature(task: Task, logits: Floats, truth: Numbers) -> Temperature:
    """The most probable temperature (maximum a posteriori) given what is true of some rows, `truth` [rows,
    ...], and the `logits` [rows, classes] of these: least cross-entropy, with a prior around 1.

    Skipped where every row is right: the surer the better, as far as they can tell, which is not to be
    believed. A row whose truth the model cannot answer (minus infinity) has no say.
    """
    from scipy.optimize import minimize_scalar

    rows = len(truth)
    if (task.has(task.given(task.probabilities(logits), 0.5)) == task.has(truth)).all():
        return Temperature(1.0, rows, message("calibrate.no_mistakes", rows=rows))
    tells = np.isfinite(task.nats(logits, truth))
    logits, truth = logits[tells], truth[tells]
    if not len(truth):
        return Temperature(1.0, rows, message("calibrate.unanswerable", rows=rows))

    def surprise(logarithm: float) -> float:
        nats: float = task.nats(logits / math.exp(logarithm), truth).sum()
        return nats + (logarithm / PRIOR) ** 2 / 2

    best = minimize_scalar(
        surprise,
        bounds=tuple(map(math.log, BOUNDS)),
        options={"xatol": CLOSE},
    )
    return Temperature(math.exp(best.x), len(truth))


def reliability(task: Task, probabilities: Floats, truth: Numbers) -> Reliability:
    """Reliability diagram and expected calibration error (Naeini, Cooper and Hauskrecht 2015), in bins of
    equal mass (Nguyen and O'Connor 2015), from the least to the most sure; intervals: Wilson 1927.
    """
    confidence, right = task.claims(probabilities, truth)
    order = np.argsort(confidence, kind="stable")
    bins = []
    for some in np.array_split(order, max(1, min(BINS, len(order) // IN_A_BIN))):
        share = float(right[some].mean())
        interval = wilson(share, len(some))
        bins.append(Bin(len(some), float(confidence[some].mean()), share, interval))
    off = sum(binned.rows * abs(binned.confidence - binned.right) for binned in bins)
    return Reliability(off / len(order), tuple(bins))


def described(task: Task, logits: Floats, truth: Numbers, scaling: Temperature) -> Calibration:
    """A temperature and what it brought on the test rows, whose `logits` are those without it."""
    before = reliability(task, task.probabilities(logits), truth)
    after = reliability(task, task.probabilities(logits / scaling.value), truth)
    return Calibration(scaling.value, scaling.rows, scaling.skipped, before, after)
