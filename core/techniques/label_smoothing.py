"""Label smoothing: the model is asked to be nearly sure, not quite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.evidence import Sentence
from core.options import option
from core.runs.result import Result
from core.technique import Context, Fit, Loss, Technique
from core.words import message

if TYPE_CHECKING:
    import torch


class LabelSmoothing(Technique):
    """Szegedy et al. 2016, "Rethinking the Inception Architecture for Computer Vision", section 7.

    A share `amount` of the loss asks for all classes alike: of one row it is (1 - amount) * cross-entropy -
    amount * mean over the classes of log(probability).
    """

    key = "label_smoothing"
    group = "loss"

    @dataclass(frozen=True)
    class Options:
        amount: float = option(0.1, minimum=0.05, maximum=0.5, step=0.05)

    def exported(self, fit: Fit, folder: Path, result: Result) -> None:
        test = result.test
        facts = {"sure": test.confidence, "right": test.accuracy, "rows": test.rows}
        self.evidence[:] = [Sentence(message(f"technique.{self.key}.done", **facts))]

    def loss(self, loss: Loss, context: Context) -> Loss:
        amount, task = self.options.amount, context.task

        def smooth(logits: torch.Tensor, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
            alike = task.indifference(logits) * task.known(batch["labels"])
            return (1 - amount) * loss(logits, batch) + amount * alike

        return smooth
