"""Class weights and focal loss: mistakes on rare classes, or on hard rows, cost more than those on common and
easy ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.data.profile.profile import Profile
from core.evidence import Table
from core.options import option
from core.runs.result import Result
from core.technique import Context, Fit, Loss, Technique
from core.words import Message, message

if TYPE_CHECKING:
    import torch

MAX_SHOWN_CLASSES = 20  # classes
UNEQUAL_RATIO = 3  # times as many rows as the rarest class has


class ClassBalance(Technique):
    """Cross-entropy weighted by inverse class frequency (King and Zeng 2001), softened by `strength`, or the
    focal loss (Lin et al. 2017).

    Weights are (rows / (classes * rows of the class)) ** strength, scaled so that an average row weighs 1.
    The focal loss weighs a row by (1 - probability of its class) ** focus.
    """

    key = "class_balance"
    group = "loss"

    @dataclass(frozen=True)
    class Options:
        kind: str = option("weighted", choices=("weighted", "focal"))
        # of "weighted": 1 weighs every class the same in sum ("balanced"), 0 changes nothing
        strength: float = option(1.0, minimum=0.1, maximum=1.0, step=0.1)
        focus: float = option(2.0, minimum=0.5, maximum=5.0, step=0.5)  # of "focal": its gamma

    @classmethod
    def unavailable(cls, profile: Profile) -> Message | None:
        counts = [count for _, count in profile.classes]
        if counts and max(counts) <= 1.05 * min(counts):
            return message("technique.class_balance.unavailable")
        return None

    @classmethod
    def suggested(cls, profile: Profile) -> bool:
        counts = [count for _, count in profile.classes]
        return len(counts) > 1 and counts[0] >= UNEQUAL_RATIO * counts[-1]

    @classmethod
    def advice(cls, profile: Profile) -> Message | None:
        if len(profile.classes) < 2:
            return None
        most, fewest = profile.classes[0][1], profile.classes[-1][1]
        kind = "unequal" if cls.suggested(profile) else "equal"
        return message(f"technique.class_balance.advice.{kind}", most=most, fewest=fewest)

    def exported(self, fit: Fit, folder: Path, result: Result) -> None:
        """The rarest classes first: they are what it is for."""
        joint = fit.splits.joint
        counts, weights = joint.counts[0], self._weights(joint.counts[0])
        by_label = {scores.label: scores for scores in result.test.per_class}
        names = joint.tasks[0].names
        head = [
            message(f"technique.{self.key}.{name}")
            for name in ("label", "rows", "weight", "recall")
        ]
        rows = [
            [
                names[k],
                f"{counts[k]:,}",
                "–" if self.options.kind == "focal" else f"{weights[k]:.2f}",
                f"{by_label[names[k]].recall:.2f}" if by_label[names[k]].rows else "–",
            ]
            for k in counts.argsort(kind="stable")[:MAX_SHOWN_CLASSES]
        ]
        self.evidence[:] = [Table(message(f"technique.{self.key}.{self.options.kind}"), head, rows)]

    def loss(self, loss: Loss, context: Context) -> Loss:
        make = self._focal if self.options.kind == "focal" else self._weighted
        return make(loss, context)

    def _weighted(self, loss: Loss, context: Context) -> Loss:
        import torch

        task = context.task
        tensor = torch.tensor(self._weights(context.class_counts), dtype=torch.float32)

        def weighted(logits: torch.Tensor, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
            # Not divided by the weights of the batch: the gradient must not depend on its make-up.
            return loss(logits, batch) * task.weigh(tensor, batch["labels"])

        return weighted

    def _weights(self, class_counts: np.ndarray) -> np.ndarray:
        """Of each class [classes]."""
        counts = class_counts.clip(min=1).astype(float)
        weights = (counts.sum() / (len(counts) * counts)) ** self.options.strength
        return np.asarray(weights * counts.sum() / (weights * counts).sum())

    def _focal(self, loss: Loss, context: Context) -> Loss:
        focus, task = self.options.focus, context.task

        def focal(logits: torch.Tensor, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
            sure = (-task.losses(logits, batch)).exp()
            return loss(logits, batch) * (1 - sure) ** focus

        return focal
