"""Single-label classification: every row has exactly one of the classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from core.tasks import label_noise, metrics
from core.tasks.base import MISSING, Floats, Numbers, Task

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class SingleLabel(Task):
    """What is true of a row is the number of its class: [rows]."""

    names: tuple[str, ...]
    problem: ClassVar[str] = "single_label_classification"

    @property
    def separator(self) -> str:
        return ""

    @property
    def nothing(self) -> float:
        return float(np.log(max(2, len(self.names))))

    def encode(self, cells: Sequence[str]) -> Numbers:
        number = {"": MISSING, **{name: index for index, name in enumerate(self.names)}}
        return np.array([number[cell] for cell in cells], dtype=np.int64)

    def known(self, truth: Numbers) -> Any:
        return truth != MISSING

    def counts(self, truth: Numbers) -> Numbers:
        return np.bincount(truth[self.known(truth)], minlength=len(self.names))

    def commonest(self, truth: Numbers) -> Floats:
        """The shares of the classes: DummyClassifier's "prior"."""
        counts = self.counts(truth)
        return np.asarray(counts / max(1, counts.sum()))

    def spoken(self, truth: Numbers) -> list[str]:
        return [self.names[k] for k in truth]

    def losses(self, logits: torch.Tensor, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        from torch.nn.functional import cross_entropy

        truth = batch["labels"]
        return cross_entropy(logits.float(), truth, ignore_index=MISSING, reduction="none")

    def indifference(self, logits: torch.Tensor) -> torch.Tensor:
        return -logits.float().log_softmax(-1).mean(-1)

    def imitation(
        self, logits: torch.Tensor, wanted: torch.Tensor, temperature: float
    ) -> torch.Tensor:
        """Kullback-Leibler divergence, times the temperature squared."""
        ours = (logits.float() / temperature).log_softmax(-1)
        theirs = (wanted.float() / temperature).log_softmax(-1)
        return (theirs.exp() * (theirs - ours)).sum(-1) * temperature**2

    def weigh(self, weights: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        return weights.to(truth.device)[truth.clamp(min=0)]

    def probabilities(self, logits: Floats) -> Floats:
        return metrics.softmax(logits)

    def threshold(self, probabilities: Floats, truth: Numbers) -> float | None:
        return None

    def score(
        self, probabilities: Floats, truth: Numbers, threshold: float | None
    ) -> dict[str, Any]:
        return metrics.score(probabilities, truth, self.names)

    def quick_score(self, logits: Floats, truth: Numbers) -> dict[str, float]:
        return metrics.quick_score(logits, truth)

    def given(self, probabilities: Floats, threshold: float | None) -> Numbers:
        return np.asarray(probabilities.argmax(axis=1))

    def has(self, truth: Numbers) -> Any:
        return truth.reshape(-1, 1) == np.arange(len(self.names))

    def balanced_accuracy(self, hits: Any, answered: Any, true: Any, rows: int) -> Floats:
        """The mean recall of the classes that have rows."""
        return metrics.mean_of_known(metrics.divide(hits, true))

    def logits(self, probabilities: Floats) -> Floats:
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(probabilities.astype(np.float64)))

    def nats(self, logits: Floats, truth: Numbers) -> Floats:
        return np.asarray(-metrics.log_softmax(logits)[np.arange(len(truth)), truth])

    def claims(self, probabilities: Floats, truth: Numbers) -> tuple[Floats, Any]:
        """The answer of each row."""
        return np.asarray(probabilities.max(axis=1)), probabilities.argmax(axis=1) == truth

    def sure(self, probabilities: Floats, threshold: float | None) -> Floats:
        return np.asarray(probabilities.max(axis=1))

    def doubts(self, probabilities: Floats, truth: Numbers) -> label_noise.Doubts:
        return label_noise.doubts(probabilities, truth)
