"""A technique: one checkbox, one file. Hooks are optional; `train` calls them in this order:

    before -> rows -> model -> arguments, rates, loss, callbacks -> finish -> after -> exported

Torch and transformers are imported inside the hooks: the page draws the checkboxes without them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from core.data.profile import Profile
from core.recipe import Recipe, TrainSpec
from core.runs import Run
from core.tasks import Task
from core.techniques.evidence import Block
from core.words import Message

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import torch

    from core.modalities.base import Input, Modality

    # (logits [rows, classes], batch) -> a loss for each row; "labels" of the batch are the truth as the task
    # encodes it, MISSING in rows without this label: their loss is 0
    Loss = Callable[[torch.Tensor, Mapping[str, torch.Tensor]], torch.Tensor]


@dataclass(frozen=True)
class Context:
    """What a hook may know about the run it is part of.

    `task` is what is learned from one of the label `columns`, the one at place `number`: a loss is asked for
    once for each. `class_counts` are its training rows per class, shape [classes], `known` all that have a
    label. `patience` are evaluations without a better score that this run can afford; `texts` are those of
    the training rows, and `encode` makes tokens of texts; `note` tells the person something while it trains.
    `stage` is "train", or that of a technique that trains once more.
    """

    stage: str
    train: TrainSpec
    columns: tuple[str, ...]
    number: int
    task: Task
    class_counts: np.ndarray
    known: int
    evaluations_per_epoch: float
    patience: int
    texts: Sequence[Input]
    encode: Callable[[Sequence[Input]], Mapping[str, list[Any]]]
    note: Callable[[Message], None]


@dataclass(frozen=True)
class Fitted:
    """A whole model in full precision, with the weights of its best evaluation.

    `steps` and `epochs` are those of all stages so far; `best` is a row of the Trainer's history.
    """

    model: Any
    best: Mapping[str, Any]
    steps: int
    epochs: float
    stopped: bool


class Fit(Protocol):
    """What a technique may use, and change, of the training that it is part of: `core.training.fit.Fit`."""

    run: Run
    sets: Any  # core.training.sets.Sets
    modality: Modality
    processor: Any  # what transformers calls the tokenizer or the image processor of a model
    collate: Callable[[list[Any]], Any]
    planned: Any  # core.training.auto.Plan
    spec: TrainSpec
    here: Any  # core.training.machine.Machine
    stages: Any  # core.training.stages.Stages
    plain: Loss  # without what techniques make of it; batches have "labels" as `core.training.joint` says
    slowed: bool

    @property
    def frozen(self) -> bool:
        """Does the whole encoder stay as it came?"""

    def note(self, what: Message) -> None:
        """Tell the person something."""

    def look(self) -> None:
        """Raise Stopped when the person has asked for it."""

    def settle(self, spec: TrainSpec, why: Mapping[str, Message]) -> None:
        """Other settings from now on, with what follows from them; `why` says it of those that changed."""

    def learning(self, model: Any) -> tuple[Any, Any, Callable[[list[Any]], Any]]:
        """What of a model will be trained, its rows and how they become a batch. The model stays as it is."""

    def attempt(self, model: Any, spec: TrainSpec, callbacks: Sequence[Any]) -> None:
        """Train a model that is thrown away with other settings; `callbacks` see how far that gets."""

    def answers(self, model: Any, rows: Any) -> np.ndarray:
        """Logits [rows, classes]."""

    def again(self, model: Any, stage: str, share: float, before: Fitted) -> Fitted:
        """Train another model, in place and all of it, for a share of the run's epochs."""

    def encode_again(self, processor: Any) -> None:
        """Make the sets anew with another processor, which goes into the export as well."""


@dataclass(frozen=True)
class Training:
    """What a training takes, by the pre-flight: `seconds` in all, optimizer `steps`, `epochs`; `texts` is how
    many texts there are, labelled or not, to each training row."""

    seconds: float
    steps: int
    epochs: float
    texts: float


@dataclass(frozen=True)
class NoOptions:
    """A technique without settings."""


# The headings of the page, in their order: what is learned from, how it is learned, what counts as a mistake,
# and what becomes of the model.
GROUPS = ("data", "course", "loss", "compression")


class Technique:
    """Subclass it, set `key`, `group` and `Options`, override the hooks that are needed."""

    key: ClassVar[str]
    Options: ClassVar[type] = NoOptions

    group: ClassVar[str]  # under which heading it stands: one of GROUPS
    modalities: ClassVar[tuple[str, ...]] = ("text",)  # kinds of data that it can be used on
    rate: ClassVar[float] = 1.0  # times the learning rate that is chosen without it
    head_rate: ClassVar[float] = 1.0  # the same of the head
    decay: ClassVar[float] = 1.0  # times the weight decay that is chosen without it
    frozen: ClassVar[bool] = False  # does the whole encoder stay as it came?
    # The fits whose rows, model, loss ... it changes: "train", or a stage that a technique adds; () for all.
    stages: tuple[str, ...] = ()

    def __init__(self, options: Any = None) -> None:
        """Raises UserError for options that do not go together."""
        self.options = self.Options() if options is None else options
        # What it has to show for itself, see core.techniques.evidence.
        self.evidence: list[Block] = []

    def check(self, recipe: Recipe) -> None:
        """Raise UserError for a recipe that it cannot be part of."""

    @property
    def multiple(self) -> int:
        """How many rows it makes of one training row."""
        return 1

    @property
    def averaged(self) -> int:
        """How many of the best evaluations' models are kept, for their average to be tried at the end."""
        return 1

    @property
    def more(self) -> float:
        """Epochs that it trains after the training, as a share of the run's."""
        return 0.0

    def takes(self, training: Training) -> float:
        """About how many seconds its own stages take, before and after the training."""
        return self.more * training.seconds

    @classmethod
    def unavailable(cls, profile: Profile) -> Message | None:
        """Why it cannot be used on this data, of a kind that it is for, or None."""
        return None

    @classmethod
    def suggested(cls, profile: Profile) -> bool:
        """Is it ticked for a newcomer with this data, as long as nothing else is said?"""
        return False

    @classmethod
    def advice(cls, profile: Profile) -> Message | None:
        """Whether to use it on this data, and why; None where the data says nothing about it."""
        return None

    def before(self, fit: Fit, model: torch.nn.Module) -> None:
        """A stage of its own before the training: change the loaded model in place, or `fit.spec`.

        What it found is kept with `fit.stages`: a run that goes on must not do it again.
        """

    def after(self, fit: Fit, fitted: Fitted) -> Fitted:
        """A stage of its own after the training: another model, perhaps trained on with `fit.again`."""
        return fitted

    def exported(self, fit: Fit, folder: Path, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Add to the exported folder, before it is proven and packed. `facts` are the run's metrics; what is
        returned is added to them.

        "small" of them is another form of the model that is to be judged instead: "size" in bytes, "latency"
        in seconds, "accuracy", "macro_f1" and "predicted", its answers to the test rows.
        """
        return {}

    def rows(self, rows: Any, context: Context) -> Any:
        """The training rows, or others in their place: len(), rows[number] -> columns, rows["length"]."""
        return rows

    def model(self, model: torch.nn.Module, context: Context) -> None:
        """Change the loaded model in place, before the optimizer is made."""

    def arguments(self) -> dict[str, Any]:
        """Settings of transformers' TrainingArguments to set."""
        return {}

    def rates(self, model: torch.nn.Module) -> Callable[[str], float]:
        """The factor on the learning rate of a parameter, by its name in the model."""
        return lambda name: 1.0

    def loss(self, loss: Loss, context: Context) -> Loss:
        """The loss, or another that is made of it. Those further down on the page come first."""
        return loss

    def finish(self, model: torch.nn.Module, context: Context) -> None:
        """Make the trained model, with the weights of its best evaluation, a standard one again, in place."""

    def callbacks(self, context: Context) -> list[Any]:
        """transformers' TrainerCallbacks to add."""
        return []
