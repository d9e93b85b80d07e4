"""Abstention: how often a model answers, and is right, where it says nothing below a certainty.

Classification with a reject option (Chow 1970, "On Optimum Recognition Error and Reject Tradeoff"). The curve
and the suggestion come from validation rows; test rows only report what a choice is worth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import UserError
from core.evaluation.intervals import of_share
from core.runs.result import AbstentionCurve, Interval
from core.tasks import Task
from core.tasks.metrics import Floats

STEPS = tuple(round(k / 100, 2) for k in range(100))  # the limits that are tried, 0 to 0.99
WANTED = 0.95  # of the answers that are given shall be right
FEWEST = 20  # answers that this has to be seen on
WITHHELD = "unsure"


def checked(below: object) -> float:
    """A limit that a person typed or a browser sent. Raises UserError for what is none."""
    try:
        limit = float(str(below))
    except ValueError:
        limit = math.nan
    if not 0 <= limit < 1:
        raise UserError("abstention_limit", given=str(below)[:40])
    return limit


def curve(sure: Floats, right: Any) -> AbstentionCurve:
    """Reject curve of validation rows.

    `sure` and `right` [rows]: how sure each answer is (0 to 1), and whether it is true.
    """
    right = np.asarray(right, bool)
    answered = [sure >= step for step in STEPS]
    accuracies = [float(right[some].mean()) if some.any() else None for some in answered]
    good = (
        step
        for step, some, share in zip(STEPS, answered, accuracies, strict=True)
        if share is not None and share >= WANTED and some.sum() >= FEWEST
    )
    shares = tuple(float(some.mean()) for some in answered)
    return AbstentionCurve(len(right), shares, tuple(accuracies), next(good, None))


@dataclass(frozen=True)
class Abstained:
    """Coverage and accuracy at the limit `below`: of the `rows` so many are `answered`, of which the share
    `right` is, with its interval (None without an answer)."""

    below: float
    rows: int
    answered: int
    right: float | None
    interval: Interval | None


def at(sure: Floats, right: Any, below: float) -> Abstained:
    """Coverage and accuracy of other rows than those of the curve."""
    some = np.asarray(right, bool)[np.asarray(sure) >= below]
    share, interval = of_share(some) if len(some) else (None, None)
    return Abstained(below, len(right), len(some), share, interval)


def placeholder(labels: Sequence[str]) -> str:
    """The word that stands in place of a label; no label is called so."""
    word = WITHHELD
    while word in labels:
        word = f"({word})"
    return word


def answers(
    task: Task, probabilities: Floats, threshold: float | None, below: float | None
) -> tuple[list[str], Floats]:
    """Labels as a person reads them, and the confidence of each: [rows].

    An answer that is less sure than `below` is withheld.
    """
    labels, sure = task.said(probabilities, threshold), task.sure(probabilities, threshold)
    if below:
        instead = placeholder(task.names)
        labels = [
            label if p >= below else instead for label, p in zip(labels, sure.tolist(), strict=True)
        ]
    return labels, sure
