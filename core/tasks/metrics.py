"""Metrics: scores of probabilities or logits against the true classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
Numbers = npt.NDArray[np.integer[Any]]


def log_softmax(logits: Floats) -> Floats:
    """Natural logarithms of the probabilities: [rows, classes] like `logits`, in float64."""
    shifted = logits.astype(np.float64)
    shifted -= shifted.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


def softmax(logits: Floats) -> Floats:
    """Probabilities [rows, classes] in float64; each row sums to 1."""
    return np.asarray(np.exp(log_softmax(logits)))


def sigmoid(logits: Floats) -> Floats:
    """The probability of each class by itself, in float64: [rows, classes]."""
    return np.asarray(0.5 * (1 + np.tanh(logits.astype(np.float64) / 2)))


def divide(some: Any, of: Any) -> Floats:
    """`some / of` in float64; NaN for 0 / 0."""
    some, of = np.asarray(some, np.float64), np.asarray(of, np.float64)
    unknown = np.full(np.broadcast_shapes(some.shape, of.shape), np.nan)
    return np.asarray(np.divide(some, of, out=unknown, where=of > 0))


def mean_of_known(values: Floats) -> Floats:
    """The mean over the last axis of what is a number; NaN where nothing is."""
    known = ~np.isnan(values)
    return divide(np.where(known, values, 0).sum(axis=-1), known.sum(axis=-1))


def quick_score(logits: Floats, truth: Numbers) -> dict[str, float]:
    """The "accuracy" and "macro_f1" (0 to 1) of logits [rows, classes].

    Raises ValueError when there are no rows or the shapes disagree.
    """
    _check(logits, truth)
    given = logits.argmax(axis=1)
    *_, present, f1 = _per_class(_confusion(given, truth, logits.shape[1]))
    return {"accuracy": float((given == truth).mean()), "macro_f1": float(f1[present].mean())}


def macro_f1(truth: Numbers, predicted: Numbers) -> float:
    """Macro-F1 (0 to 1) of class numbers [rows]; see `score`."""
    classes = int(max(truth.max(), predicted.max())) + 1
    *_, present, f1 = _per_class(_confusion(predicted, truth, classes))
    return float(f1[present].mean())


def score(probabilities: Floats, truth: Numbers, labels: Sequence[str]) -> dict[str, Any]:
    """Everything that the result page shows, ready for JSON.

    `probabilities` [rows, classes], `truth` [rows] class numbers, `labels` [classes]. Returns
    "rows", "accuracy", "macro_f1", "loss" (mean cross-entropy, nats), "confidence" (mean
    probability of the answers), "per_class" (label, precision, recall, f1, rows) and "confusion" (rows: the
    true class, columns: the predicted one).

    Macro-F1 is the mean over the classes that occur in `truth` or among the predictions, which is
    what scikit-learn does by default: a class without a test row says nothing about the model
    unless the model answers it, and then every such answer is wrong and counts as an F1 of 0. 0/0
    counts as 0.

    Raises ValueError when there are no rows or the shapes disagree.
    """
    _check(probabilities, truth)
    if probabilities.shape[1] != len(labels):
        raise ValueError(f"{probabilities.shape[1]} columns of probabilities, {len(labels)} labels")
    confusion = _confusion(probabilities.argmax(axis=1), truth, len(labels))
    precision, recall, present, f1 = _per_class(confusion)
    of_truth = probabilities[np.arange(len(truth)), truth].astype(np.float64)
    return {
        "rows": len(truth),
        "accuracy": float(np.trace(confusion) / len(truth)),
        "macro_f1": float(f1[present].mean()),
        "loss": _cross_entropy(of_truth),
        "confidence": float(probabilities.max(axis=1).mean()),
        "per_class": _by_class(labels, precision, recall, f1, confusion.sum(axis=1)),
        "confusion": confusion.tolist(),
    }


def multi_label_f1(given: Any, truth: Any) -> float:
    """Macro-F1 (0 to 1) of answers and truth [rows, classes], true where a row has the class; see `score`."""
    *_, present, f1 = _of_counts((given & truth).sum(0), given.sum(0), truth.sum(0))
    return float(f1[present].mean()) if present.any() else 0.0


def multi_label_score(
    probabilities: Floats, truth: Numbers, labels: Sequence[str], threshold: float
) -> dict[str, Any]:
    """As `score`, for rows that have any number of the classes: `truth` [rows, classes] is 0 or 1.

    A class is given from the probability `threshold` on. "accuracy" is the share of rows of which every class
    is right, "confidence" the mean over all (row, class) pairs, "micro_f1" the F1 of all (row, class) pairs
    together, "loss" the mean binary cross-entropy in nats. There is no confusion matrix. Raises ValueError
    when there are no rows or the shapes disagree.
    """
    if len(truth) == 0 or probabilities.shape != truth.shape or truth.shape[1] != len(labels):
        raise ValueError(f"cannot score {probabilities.shape} against {truth.shape}")
    given, there = probabilities >= threshold, truth == 1
    hits = (given & there).sum(0)
    precision, recall, present, f1 = _of_counts(hits, given.sum(0), there.sum(0))
    of_truth = np.where(there, probabilities, 1 - probabilities).astype(np.float64)
    return {
        "rows": len(truth),
        "accuracy": float((given == there).all(axis=1).mean()),
        "macro_f1": float(f1[present].mean()) if present.any() else 0.0,
        "micro_f1": float(2 * hits.sum() / max(1, given.sum() + there.sum())),
        "loss": _cross_entropy(of_truth),
        "confidence": float(np.where(given, probabilities, 1 - probabilities).mean()),
        "threshold": threshold,
        "per_class": _by_class(labels, precision, recall, f1, there.sum(0)),
    }


def _by_class(
    labels: Sequence[str], precision: Floats, recall: Floats, f1: Floats, rows: Numbers
) -> list[dict[str, Any]]:
    numbers = zip(labels, precision.tolist(), recall.tolist(), f1.tolist(), rows, strict=True)
    return [
        {"label": label, "precision": p, "recall": r, "f1": f, "rows": int(count)}
        for label, p, r, f, count in numbers
    ]


def _cross_entropy(of_truth: Floats) -> float:
    """The mean, in nats. As in scikit-learn's log_loss: a probability of 0 must not make it infinite."""
    # Not "-mean": that would make a perfect score -0.0.
    return 0.0 - float(np.log(of_truth.clip(np.finfo(np.float64).eps, 1.0)).mean())


def _check(scores: Floats, truth: Numbers) -> None:
    if len(truth) == 0 or scores.ndim != 2 or len(scores) != len(truth):
        raise ValueError(f"cannot score {scores.shape} against {truth.shape}")


def _confusion(predicted: Numbers, truth: Numbers, classes: int) -> npt.NDArray[np.int64]:
    counts = np.bincount(truth * classes + predicted, minlength=classes * classes)
    return counts.reshape(classes, classes)


def _per_class(
    confusion: npt.NDArray[np.int64],
) -> tuple[Floats, Floats, npt.NDArray[np.bool_], Floats]:
    """Precision, recall, whether the class occurs at all, F1; each [classes]."""
    return _of_counts(np.diag(confusion), confusion.sum(axis=0), confusion.sum(axis=1))


def _of_counts(
    hits: Any, answered: Any, true: Any
) -> tuple[Floats, Floats, npt.NDArray[np.bool_], Floats]:
    """The same from counts of rows, each [classes]."""
    hits = hits.astype(np.float64)
    return (
        hits / np.maximum(answered, 1),
        hits / np.maximum(true, 1),
        (answered + true) > 0,
        2 * hits / np.maximum(answered + true, 1),
    )
