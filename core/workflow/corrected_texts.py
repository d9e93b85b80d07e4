"""Corrected texts: how a trained model answers what a person had corrected before its training."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from core.data.checkup.edits import added_lines
from core.data.checkup.row_edits import AddRows
from core.data.normalize import normalize
from core.runs.answers import Corrected, Tally
from core.runs.run import Run
from core.tasks.metrics import Floats
from core.training.fit import Fitter
from core.training.rows import Rows


def corrected_rows(run: Run, rows: Rows) -> np.ndarray:
    """Positions of the `rows` of a run that hold corrections, [texts]."""
    # A large table is read again, and all that was changed of it done again, only where there are such.
    if not any(change.edit["kind"] == AddRows.kind for change in run.changes()):
        return np.array([], dtype=np.int64)
    return np.flatnonzero(rows.frame.index.isin(added_lines(run.table())))


def logits_of(fit: Fitter, model: Any, where: np.ndarray) -> Floats:
    """Logits [rows, classes of all label columns] of some rows, from a fitted model."""
    rows, length = fit.splits.rows, fit.spec.max_length
    file = fit.run.tokens / "corrected.arrow"
    texts, truth = rows.texts_at(where), rows.answers(where)
    encoded, _ = fit.modality.encode(fit.processor, texts, truth, length, file)
    return fit.logits(model, encoded)


def corrected(rows: Rows, where: np.ndarray, logits: Floats, threshold: float | None) -> Corrected:
    """The tally of one label column, of rows at `where` with `logits` [rows, classes]. A text counts once, as
    it was corrected last; a row that has no label in this column does not count."""
    task, truth = rows.task, rows.truth[where]
    given = task.given(task.probabilities(logits), threshold)
    right = (task.has(given) == task.has(truth)).all(axis=1)
    tested = set(_texts(rows, rows.split.test))
    known = task.known(truth)
    # By text, and not by row: one that is tested on is left out of training where it stands there too.
    by_text = {text: bool(right[k]) for k, text in enumerate(_texts(rows, where)) if known[k]}
    return Corrected(
        seen=_tally(was_right for text, was_right in by_text.items() if text not in tested),
        unseen=_tally(was_right for text, was_right in by_text.items() if text in tested),
    )


def _texts(rows: Rows, where: np.ndarray) -> list[str]:
    return [normalize(rows.modality.identity(text)) for text in rows.texts_at(where)]


def _tally(answers: Iterable[bool]) -> Tally:
    right = list(answers)
    return Tally(len(right), sum(right))
