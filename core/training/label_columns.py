"""Multi-task heads: several label columns at once, one encoder, and a piece of the last layer's outputs for
each column.

The classes of all columns stand side by side in the logits: [rows, classes of all], and so does what is true
of the rows: [rows, ...]. With one column, logits and truth are just that column's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.tasks import Task
from core.tasks.base import head
from core.technique import Loss

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class LabelColumns:
    """`tasks` are what is learned from each column, `counts` its training rows by class, [classes]."""

    columns: tuple[str, ...]
    tasks: tuple[Task, ...]
    counts: tuple[np.ndarray, ...]
    known: tuple[int, ...]  # training rows with a label, of each column
    rows: int  # in training

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes in the order of the logits; with several columns each with its column's name."""
        if len(self.columns) == 1:
            return self.tasks[0].names
        pairs = zip(self.columns, self.tasks, strict=True)
        return tuple(f"{column}: {name}" for column, task in pairs for name in task.names)

    def head(self) -> dict[str, Any]:
        """What a model's configuration needs to know."""
        return head(self.labels, self.tasks[0].problem)

    @property
    def places(self) -> tuple[slice, ...]:
        """Where in the logits the classes of each column are."""
        return _one_after_the_other([len(task.names) for task in self.tasks])

    @property
    def nothing(self) -> float:
        """The loss of knowing nothing, in nats."""
        return sum(task.nothing for task in self.tasks)

    def encode(self, truths: Sequence[np.ndarray]) -> np.ndarray:
        """What is true in each column, side by side."""
        return truths[0] if len(truths) == 1 else np.column_stack(truths)

    def truths(self, truth: Any) -> list[Any]:
        """Each column's part of what `encode` made, as its task wants it."""
        if len(self.tasks) == 1:
            return [truth]
        wide = [len(task.names) if task.separator else 0 for task in self.tasks]
        places = _one_after_the_other([width or 1 for width in wide])
        return [
            truth[:, place] if width else truth[:, place.start]
            for place, width in zip(places, wide, strict=True)
        ]

    def loss(self, losses: Sequence[Loss]) -> Loss:
        """The sum over the columns of the mean over the rows that have its label, from the loss of each."""
        if len(losses) == 1:
            return losses[0]
        # A batch is averaged over all of its rows: a label that few have would otherwise weigh little.
        scales = [self.rows / max(1, known) for known in self.known]

        def total(logits: torch.Tensor, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
            truths = self.truths(batch["labels"])
            parts = [
                scale * loss(logits[:, place], {**batch, "labels": truth})
                for loss, place, scale, truth in zip(
                    losses, self.places, scales, truths, strict=True
                )
            ]
            return sum(parts[1:], parts[0])

        return total

    def scores(self, logits: Any, truth: Any) -> dict[str, float]:
        """Accuracy and macro-F1, the means over the columns; of column K alone as well, as `taskK_...`."""
        scores: dict[str, float] = {}
        parts = zip(self.tasks, self.places, self.truths(truth), strict=True)
        for k, (task, place, own) in enumerate(parts):
            there = task.known(own)
            for name, value in task.quick_score(logits[there, place], own[there]).items():
                scores[f"task{k}_{name}"] = value
        for name in ("accuracy", "macro_f1"):
            scores[name] = float(
                np.mean([scores[f"task{k}_{name}"] for k in range(len(self.columns))])
            )
        return scores


def _one_after_the_other(widths: Sequence[int]) -> tuple[slice, ...]:
    ends = np.cumsum(widths)
    return tuple(slice(int(end) - width, int(end)) for end, width in zip(ends, widths, strict=True))
