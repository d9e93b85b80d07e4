"""Classification tasks, what is learned from a label column: its classes, the loss, and what counts as a good
answer.

Nobody outside asks which kind of task it is: what differs between the kinds is asked of the task.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from core.tasks.label_noise import Doubts
from core.tasks.metrics import Floats, Numbers

__all__ = ["MISSING", "Floats", "Numbers", "Task", "head", "ranked"]

if TYPE_CHECKING:
    import torch

MISSING = -100  # in place of the truth of a row without a label


class Task(ABC):
    """`names` are the classes, in the order of the model's outputs; `separator` is between the labels of a
    cell, "" where each has one.

    The truth of rows is an array of whole numbers whose first axis are the rows; probabilities are
    [rows, classes], between 0 and 1.
    """

    names: tuple[str, ...]
    problem: ClassVar[str]  # transformers' name of it

    @property
    @abstractmethod
    def separator(self) -> str: ...

    @property
    @abstractmethod
    def nothing(self) -> float:
        """The loss of knowing nothing, in nats."""

    @abstractmethod
    def encode(self, cells: Sequence[str]) -> Numbers:
        """The truth of rows with these cells; an empty one is MISSING."""

    @abstractmethod
    def known(self, truth: Numbers) -> Any:
        """Which rows have a label: [rows], true or false."""

    @abstractmethod
    def counts(self, truth: Numbers) -> Numbers:
        """Rows of each class: [classes]."""

    @abstractmethod
    def commonest(self, truth: Numbers) -> Floats:
        """Probabilities [classes] of whoever knows these rows and always says the same."""

    @abstractmethod
    def spoken(self, truth: Numbers) -> list[str]:
        """The labels of each row as a person reads them."""

    @abstractmethod
    def losses(self, logits: torch.Tensor, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """In nats, [rows], of logits [rows, classes] and the truth in "labels"; 0 where it is MISSING."""

    @abstractmethod
    def indifference(self, logits: torch.Tensor) -> torch.Tensor:
        """The loss of each row [rows] if all classes were equally true."""

    @abstractmethod
    def imitation(
        self, logits: torch.Tensor, wanted: torch.Tensor, temperature: float
    ) -> torch.Tensor:
        """How far each row [rows] is from what another model says, logits [rows, classes], both softened by
        the temperature (Hinton, Vinyals and Dean 2015): the gradient is about as large with any
        temperature."""

    @abstractmethod
    def weigh(self, weights: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        """What each row counts [rows], from `weights` of the classes [classes]."""

    @abstractmethod
    def probabilities(self, logits: Floats) -> Floats:
        """Of the classes, in float64."""

    @abstractmethod
    def threshold(self, probabilities: Floats, truth: Numbers) -> float | None:
        """From which probability on a class is given, chosen on rows that are not for testing; None where the
        likeliest is."""

    @abstractmethod
    def score(
        self, probabilities: Floats, truth: Numbers, threshold: float | None
    ) -> dict[str, Any]:
        """Everything that the result page shows, ready for JSON: see `core.tasks.metrics`."""

    @abstractmethod
    def quick_score(self, logits: Floats, truth: Numbers) -> dict[str, float]:
        """The "accuracy" and "macro_f1" of an evaluation during the training."""

    @abstractmethod
    def given(self, probabilities: Floats, threshold: float | None) -> Numbers:
        """The answer to each row, encoded like what is true."""

    def said(self, probabilities: Floats, threshold: float | None) -> list[str]:
        """The answer to each row as a person reads it."""
        return self.spoken(self.given(probabilities, threshold))

    @abstractmethod
    def has(self, truth: Numbers) -> Any:
        """Whether a row has a class [rows, classes], true or false, from answers or from what is true."""

    @abstractmethod
    def balanced_accuracy(self, hits: Any, answered: Any, true: Any, rows: int) -> Floats:
        """Every class counted the same, however rare: [...], of counts [..., classes]; NaN where no class can
        be judged."""

    @abstractmethod
    def logits(self, probabilities: Floats) -> Floats:
        """What `probabilities` makes these of, up to what makes no difference; minus infinity for 0."""

    @abstractmethod
    def nats(self, logits: Floats, truth: Numbers) -> Floats:
        """How surprising what is true is [rows]: the cross-entropy."""

    @abstractmethod
    def claims(self, probabilities: Floats, truth: Numbers) -> tuple[Floats, Any]:
        """Everything that is said with a probability, and whether it is true: two arrays [claims]."""

    @abstractmethod
    def sure(self, probabilities: Floats, threshold: float | None) -> Floats:
        """How sure each answer is [rows]: its probability, or that of its least sure part."""

    @abstractmethod
    def doubts(self, probabilities: Floats, truth: Numbers) -> Doubts:
        """What models that have not learned these rows say against their labels."""


def head(names: Sequence[str], problem: str = "single_label_classification") -> dict[str, Any]:
    """What a model's configuration needs to know of the task."""
    return {
        "num_labels": len(names),
        "id2label": dict(enumerate(names)),
        "label2id": {name: index for index, name in enumerate(names)},
        "problem_type": problem,
    }


def last_evaluation(history: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The newest one among the rows of the Trainer's history."""
    return next(row for row in reversed(history) if "eval_loss" in row)


def ranked(history: Sequence[Mapping[str, Any]]) -> list[Any]:
    """The evaluations among the rows of the Trainer's history, the best first: highest macro-F1, then lowest
    loss, then the earliest.

    Macro-F1 ties often on few validation rows; the loss then says which model is surer of the truth.
    """
    rows = [row for row in history if "eval_loss" in row]
    return sorted(rows, key=lambda row: (-row["eval_macro_f1"], row["eval_loss"], row["step"]))
