"""Label errors: what simple models that have not learned a row say against its label."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from core.data.split import folds
from core.data.spreadsheet import csv_text
from core.runs import answers
from core.simple_models.out_of_fold import LabelledRows, Progress, out_of_fold
from core.tasks import strata

FOLDS = 5
COLUMNS = ("line", "given", "suggested", "confidence", "wrong", "side", "text")  # of the file


@dataclass(frozen=True)
class Suspect:
    """A row whose label looks wrong. `row` is its place among the rows given.

    `confidence` is the probability of what is suggested, `wrong` that the label is wrong, both from 0 to 1.
    """

    row: int
    given: str
    suggested: str
    confidence: float
    wrong: float


@dataclass(frozen=True)
class Suspects:
    """Suspects, the most doubtful first. `judged` rows could be looked at: a label with a handful of rows
    cannot, nor one that the models do not recognise."""

    suspects: tuple[Suspect, ...]
    judged: int


def suspects(known: LabelledRows, seed: int, tell: Progress) -> Suspects:
    """The rows whose labels look wrong.

    Every row is judged by word counts and by the frozen encoder with logistic regressions (the mean of both)
    that have learned the four fifths of the rows without it; identical texts are in one part, so that a wrong
    label cannot speak for itself through a copy. How a label is judged is in `core.tasks.label_noise`.
    """
    cells = known.task.spoken(known.truth)
    parts = folds(known.texts, strata(cells, known.task.separator), FOLDS, seed)
    doubts = known.task.doubts(out_of_fold(known, parts, seed, tell), known.truth)
    suggested = known.task.spoken(doubts.suggested)
    order = np.argsort(-doubts.wrong, kind="stable")
    listed = tuple(
        Suspect(
            int(row),
            cells[row],
            suggested[row],
            float(doubts.confidence[row]),
            float(doubts.wrong[row]),
        )
        for row in order[doubts.doubtful[order]]
    )
    return Suspects(listed, int(doubts.judged.sum()))


def to_csv(suspected: Iterable[answers.Suspect]) -> str:
    """Suspects of `core.workflow.diagnostics.suspects` for spreadsheets; no cell runs as a formula."""
    return csv_text(
        [COLUMNS, *([str(getattr(suspect, name)) for name in COLUMNS] for suspect in suspected)]
    )
