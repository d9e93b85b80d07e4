"""A technique: one checkbox, one file. Hooks are optional; `train` calls them in this order:

    before -> rows -> model -> arguments, rates, loss, callbacks -> finish -> after -> exported

Torch and transformers are imported inside the hooks: the page draws the checkboxes without them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeAlias

from core.data.profile.profile import Profile
from core.evidence import Block, Sentence
from core.recipe import Recipe, Settings
from core.runs.result import Result, SmallModel
from core.runs.run import Run
from core.tasks import Task
from core.words import Message

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import torch

    from core.modalities.base import Input, Modality

# (logits [rows, classes], batch) -> a loss for each row; "labels" of the batch are the truth as the task
# encodes it, MISSING in rows without this label: their loss is 0
Loss: TypeAlias = "Callable[[torch.Tensor, Mapping[str, torch.Tensor]], torch.Tensor]"


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
    train: Settings
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
    """What a technique may use, and change, of the training that it is part of: see `core.training.fit`."""

    run: Run
    splits: Any  # core.training.encoded.EncodedSplits
    modality: Modality
    processor: Any  # what transformers calls the tokenizer or the image processor of a model
    collate: Callable[[list[Any]], Any]
    plan: Any  # core.training.plan.Plan
    spec: Settings
    machine: Any  # core.training.machine.Machine
    stages: Any  # core.training.stages.Stages
    # without what techniques make of it; batches have "labels" as `core.training.label_columns` says
    base_loss: Loss
    slowed: bool

    @property
    def frozen(self) -> bool:
        """Does the whole encoder stay as it came?"""

    def note(self, what: Message) -> None:
        """Tell the person something."""

    def raise_if_stopped(self) -> None:
        """Raise Stopped when the person has asked for it."""

    def settle(self, spec: Settings, why: Mapping[str, Message]) -> None:
        """Other settings from now on, with what follows from them; `why` says it of those that changed."""

    def trained_part(self, model: Any) -> tuple[Any, Any, Callable[[list[Any]], Any]]:
        """What of a model will be trained, its rows and how they become a batch: the model itself, or in fast
        mode the last layer of a copy, on cached features. The model stays as it is."""

    def attempt(self, model: Any, spec: Settings, callbacks: Sequence[Any]) -> None:
        """Train a model that is thrown away with other settings; `callbacks` see how far that gets."""

    def logits(self, model: Any, rows: Any) -> np.ndarray:
        """Logits [rows, classes] of a whole model, in full precision.

        Goes on when the person has asked to stop: it is the score of the model that Stop keeps.
        """

    def train_again(self, model: Any, stage: str, share: float, before: Fitted) -> Fitted:
        """Train another model, in place and all of it, for a share of the run's epochs; its curve goes on
        after `before`."""

    def encode_again(self, processor: Any) -> None:
        """Make the splits anew with another processor, which goes into the export as well."""


@dataclass(frozen=True)
class TrainingCost:
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
    modalities: ClassVar[tuple[str, ...]] = ("text", "image")  # that it can be used on
    rate: ClassVar[float] = 1.0  # times the learning rate that is chosen without it
    head_rate: ClassVar[float] = 1.0  # the same of the head
    decay: ClassVar[float] = 1.0  # times the weight decay that is chosen without it
    frozen: ClassVar[bool] = False  # does the whole encoder stay as it came?
    changes_encoder: ClassVar[bool] = False  # then it does not go together with what leaves it so
    fast: ClassVar[bool] = False  # is it suggested where a run takes long, or too much memory?
    early: ClassVar[bool] = False  # may it end the training before the last epoch?
    joint: ClassVar[bool] = False  # are further label columns learned with it?
    unlabelled: ClassVar[bool] = False  # does it read a further file, of texts without labels?
    # The fits whose rows, model, loss ... it changes: "train", or a stage that a technique adds; () for all.
    stages: tuple[str, ...] = ()

    def __init__(self, options: Any = None) -> None:
        """Raises UserError for options that do not go together."""
        self.options = self.Options() if options is None else options
        # What it has to show for itself, see core.evidence.
        self.evidence: list[Block] = []

    def tell(self, where: Context | Fit, said: Message) -> None:
        """Tell the person something while it trains, and keep it with what it has to show."""
        where.note(said)
        self.evidence.append(Sentence(said))

    def check(self, recipe: Recipe) -> None:
        """Raise UserError for a recipe that it cannot be part of."""

    @property
    def multiple(self) -> int:
        """How many rows it makes of one training row."""
        return 1

    @property
    def frozen_layers(self) -> float:
        """The share of the lower layers that hold nothing back for gradients, from 0 to 1."""
        return 0.0

    def planned(self, plan: Any) -> tuple[Message, Message] | None:
        """What the settings of a run (`core.training.plan.Plan`) say of it under its title, and why; None for
        nothing."""
        return None

    @property
    def averaged(self) -> int:
        """How many of the best evaluations' models are kept, for their average to be tried at the end."""
        return 1

    @property
    def more(self) -> float:
        """Epochs that it trains after the training, as a share of the run's."""
        return 0.0

    def takes(self, training: TrainingCost) -> float:
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
        """A stage of its own after the training: another model, perhaps trained on with `fit.train_again`."""
        return fitted

    def exported(self, fit: Fit, folder: Path, result: Result) -> SmallModel | None:
        """Add to the exported folder, before it is proven and packed. Perhaps another form of the model, to
        be judged instead."""
        return None

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
