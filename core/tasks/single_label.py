"""Single-label classification: every row has exactly one of the classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def classes(labels: Sequence[str]) -> tuple[str, ...]:
    """The classes in the order of the model's outputs: sorted, so that the order is always the same."""
    return tuple(sorted(set(labels)))


def encode(labels: Sequence[str], names: Sequence[str]) -> np.ndarray:
    """Label names -> class numbers, shape [rows]."""
    number = {name: index for index, name in enumerate(names)}
    return np.array([number[label] for label in labels], dtype=np.int64)


def head(names: Sequence[str]) -> dict[str, Any]:
    """What a model's configuration needs to know of the task."""
    return {
        "num_labels": len(names),
        "id2label": dict(enumerate(names)),
        "label2id": {name: index for index, name in enumerate(names)},
        "problem_type": "single_label_classification",
    }


def losses(logits: Any, batch: Mapping[str, Any]) -> Any:
    """Cross-entropy in nats [rows] of logits [rows, classes] and the batch's "labels" [rows]."""
    from torch.nn.functional import cross_entropy

    return cross_entropy(logits.float(), batch["labels"], reduction="none")


def best(evaluations: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The evaluation whose model is kept: highest macro-F1, then lowest loss, then the earliest.

    Macro-F1 ties often on few validation rows; the loss then says which model is surer of the truth.
    """
    if not evaluations:
        return None
    return max(evaluations, key=lambda row: (row["eval_macro_f1"], -row["eval_loss"], -row["step"]))
