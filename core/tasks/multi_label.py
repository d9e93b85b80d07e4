"""Multi-label classification: a row has any number of the classes, written in one cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from core.data.labels.cells import join_labels, split_labels
from core.tasks import label_noise, metrics
from core.tasks.base import MISSING, Floats, Numbers, Task

if TYPE_CHECKING:
    import torch

THRESHOLDS = tuple(np.linspace(0.05, 0.95, 19).round(2).tolist())


@dataclass(frozen=True)
class MultiLabel(Task):
    """What is true of a row is 0 or 1 for each class: [rows, classes]."""

    names: tuple[str, ...]
    between: str
    problem: ClassVar[str] = "multi_label_classification"

    @property
    def separator(self) -> str:
        return self.between

    @property
    def nothing(self) -> float:
        return float(np.log(2))

    def encode(self, cells: Sequence[str]) -> Numbers:
        place = {name: k for k, name in enumerate(self.names)}
        truth = np.zeros((len(cells), len(self.names)), dtype=np.int64)
        named = {
            cell: [place[part] for part in split_labels(cell, self.separator)]
            for cell in set(cells)
        }
        for row, cell in enumerate(cells):
            truth[row, named[cell]] = 1
            if not cell:
                truth[row] = MISSING
        return truth

    def known(self, truth: Numbers) -> Any:
        return truth[:, 0] != MISSING

    def counts(self, truth: Numbers) -> Numbers:
        return np.asarray(truth[self.known(truth)].sum(axis=0))

    def commonest(self, truth: Numbers) -> Floats:
        """The shares of the classes, on the side of a half on which the commonest set of labels is."""
        known = truth[self.known(truth)]
        sets, counts = np.unique(known, axis=0, return_counts=True)
        usual, shares = sets[counts.argmax()] == 1, known.mean(axis=0)
        return np.asarray(np.where(usual, shares.clip(min=0.5), shares.clip(max=0.49)))

    def spoken(self, truth: Numbers) -> list[str]:
        """ "" for a row that has none of the classes."""
        rows = ([self.names[k] for k in np.flatnonzero(row == 1)] for row in truth)
        return [join_labels(names, self.between) if names else "" for names in rows]

    def losses(self, logits: torch.Tensor, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Binary cross-entropy, the mean over the classes."""
        from torch.nn.functional import binary_cross_entropy_with_logits

        truth = batch["labels"]
        there = truth != MISSING
        wanted = truth.clamp(min=0).float()
        losses = binary_cross_entropy_with_logits(logits.float(), wanted, reduction="none")
        return (losses * there).mean(-1)

    def indifference(self, logits: torch.Tensor) -> torch.Tensor:
        """Every class as likely as not."""
        logits = logits.float()
        return -(logits.sigmoid().log() + (-logits).sigmoid().log()).mean(-1) / 2

    def imitation(
        self, logits: torch.Tensor, wanted: torch.Tensor, temperature: float
    ) -> torch.Tensor:
        """The same for every class by itself; the mean over the classes."""
        from torch.nn.functional import logsigmoid

        ours, theirs = logits.float() / temperature, wanted.float() / temperature
        yes = theirs.sigmoid() * (logsigmoid(theirs) - logsigmoid(ours))
        no = (-theirs).sigmoid() * (logsigmoid(-theirs) - logsigmoid(-ours))
        return (yes + no).mean(-1) * temperature**2

    def weigh(self, weights: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        """The mean weight of the row's classes; 1 for a row that has none."""
        has = (truth == 1).float()
        mean = (has * weights.to(truth.device)).sum(-1) / has.sum(-1).clamp(min=1)
        return mean + (has.sum(-1) == 0).float()

    def probabilities(self, logits: Floats) -> Floats:
        return metrics.sigmoid(logits)

    def threshold(self, probabilities: Floats, truth: Numbers) -> float | None:
        """The one with the highest macro-F1; of equal ones, the nearest to a half."""

        def worth(each: float) -> tuple[float, float]:
            return metrics.multi_label_f1(probabilities >= each, truth == 1), -abs(each - 0.5)

        return float(max(THRESHOLDS, key=worth))

    def score(
        self, probabilities: Floats, truth: Numbers, threshold: float | None
    ) -> dict[str, Any]:
        bound = 0.5 if threshold is None else threshold
        return metrics.multi_label_score(probabilities, truth, self.names, bound)

    def quick_score(self, logits: Floats, truth: Numbers) -> dict[str, float]:
        probabilities = self.probabilities(logits)
        scores = self.score(probabilities, truth, self.threshold(probabilities, truth))
        return {name: scores[name] for name in ("accuracy", "macro_f1")}

    def given(self, probabilities: Floats, threshold: float | None) -> Numbers:
        return np.asarray(probabilities >= (0.5 if threshold is None else threshold), np.int64)

    def has(self, truth: Numbers) -> Any:
        return truth.reshape(-1, len(self.names)) == 1

    def balanced_accuracy(self, hits: Any, answered: Any, true: Any, rows: int) -> Floats:
        """The mean, over the classes that some rows have and some lack, of how many of either are found."""
        lacking = rows - true
        recall = metrics.divide(hits, true)
        specificity = metrics.divide(lacking - answered + hits, lacking)
        return metrics.mean_of_known((recall + specificity) / 2)

    def logits(self, probabilities: Floats) -> Floats:
        shares = probabilities.astype(np.float64)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(shares) - np.log1p(-shares))

    def nats(self, logits: Floats, truth: Numbers) -> Floats:
        """The mean over the classes."""
        signed = np.where(truth == 1, -logits, logits).astype(np.float64)
        return np.asarray(np.logaddexp(0, signed).mean(axis=1))

    def claims(self, probabilities: Floats, truth: Numbers) -> tuple[Floats, Any]:
        """That a row has a class, for every row and class."""
        return probabilities.ravel(), (truth == 1).ravel()

    def sure(self, probabilities: Floats, threshold: float | None) -> Floats:
        given = self.given(probabilities, threshold) == 1
        return np.asarray(np.where(given, probabilities, 1 - probabilities).min(axis=1))

    def doubts(self, probabilities: Floats, truth: Numbers) -> label_noise.Doubts:
        return label_noise.multi_label_doubts(probabilities, truth)
