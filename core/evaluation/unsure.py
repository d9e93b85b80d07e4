"""When a model should rather say nothing: how often it answers, and is right, from a certainty on.

Classification with a reject option (Chow 1970, "On Optimum Recognition Error and Reject Tradeoff"). The curve
and the suggestion come from validation rows; test rows only report what a choice is worth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.errors import UserError
from core.evaluation.intervals import of_share
from core.evaluation.metrics import Floats
from core.tasks import Task

STEPS = tuple(round(k / 100, 2) for k in range(100))  # the limits that are tried, 0 to 0.99
WANTED = 0.95  # of the answers that are given shall be right
FEWEST = 20  # answers that this has to be seen on
UNSURE = "unsure"


def checked(below: object) -> float:
    """A limit that a person typed or a browser sent. Raises UserError for what is none."""
    try:
        limit = float(str(below))
    except ValueError:
        limit = math.nan
    if not 0 <= limit < 1:
        raise UserError("unsure_limit", given=str(below)[:40])
    return limit


def curve(sure: Floats, right: Any) -> dict[str, Any]:
    """Of validation rows, ready for JSON: for each of STEPS the share that is "answered" and how many of the
    answers are "right" (None without an answer); the "suggested" limit, None where none will do; and "rows".

    `sure` and `right` [rows]: how sure each answer is (0 to 1), and whether it is true.
    """
    right = np.asarray(right, bool)
    answered = [sure >= step for step in STEPS]
    found = [float(right[some].mean()) if some.any() else None for some in answered]
    good = (
        step
        for step, some, share in zip(STEPS, answered, found, strict=True)
        if share is not None and share >= WANTED and some.sum() >= FEWEST
    )
    return {
        "rows": len(right),
        "answered": [float(some.mean()) for some in answered],
        "right": found,
        "suggested": next(good, None),
    }


def at(sure: Floats, right: Any, below: float) -> dict[str, Any]:
    """What a limit is worth on other rows: "rows" in all, those "answered", the share of the answers that is
    "right" and its "interval" (None without an answer)."""
    some = np.asarray(right, bool)[np.asarray(sure) >= below]
    share, interval = of_share(some) if len(some) else (None, None)
    return {
        "below": below,
        "rows": len(right),
        "answered": len(some),
        "right": share,
        "interval": interval and list(interval),
    }


def word(labels: Sequence[str]) -> str:
    """What stands in place of a label; no label is called so."""
    said = UNSURE
    while said in labels:
        said = f"({said})"
    return said


def answers(
    task: Task, probabilities: Floats, threshold: float | None, below: float | None
) -> tuple[list[str], Floats]:
    """What a person reads for each row, and how sure the model is of its answer: [rows].

    An answer that is less sure than `below` is withheld.
    """
    said, sure = task.said(probabilities, threshold), task.sure(probabilities, threshold)
    if below:
        instead = word(task.names)
        said = [
            label if p >= below else instead for label, p in zip(said, sure.tolist(), strict=True)
        ]
    return said, sure
