"""Recipe: everything that decides a run. The same recipe, data and seed give the same run."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import UserError
from core.io.typed import decode
from core.options import option, parse

MAX_NAME = 80


@dataclass(frozen=True)
class ExtraSpec:
    """A further file of texts without labels, for continued pre-training."""

    file: str
    fingerprint: str
    text: tuple[str, ...]


@dataclass(frozen=True)
class Fold:
    """One part of a repeated k-fold cross-validation: of the `of` parts of the rows, that of
    `number` (0 to `of` - 1) is tested on. Another `repeat` divides the rows anew."""

    number: int
    of: int
    repeat: int = 0


@dataclass(frozen=True)
class DataSpec:
    """Which rows: the file's name as shown to people, the table's fingerprint, the columns in use.

    `text` are the columns that the model is given, `modality` what kind of thing they hold
    (`core.modalities`). `edits` are the changes (`core.data.checkup.edits`) that made the table with this
    fingerprint
    out of the file's.
    """

    file: str
    fingerprint: str
    text: tuple[str, ...]
    split: str | None = None
    extra: ExtraSpec | None = None
    edits: tuple[Mapping[str, Any], ...] = ()
    fold: Fold | None = None
    modality: str = "text"


@dataclass(frozen=True)
class TaskSpec:
    """What is learned: the label column, and what is between the labels of a cell if it has several."""

    column: str
    separator: str = ""


@dataclass(frozen=True)
class ModelSpec:
    """Which pretrained model: a key of the catalogue, a hub id, or `run:ID`; and its exact commit."""

    key: str
    revision: str | None = None


@dataclass(frozen=True)
class TrainSpec:
    """Settings of the training loop. `None` means: chosen by `core.training.plan` from data and model."""

    epochs: float | None = option(None, minimum=0.1, maximum=200, step=1)
    learning_rate: float | None = option(None, minimum=1e-7, maximum=1e-2)
    head_learning_rate: float | None = option(None, minimum=1e-7, maximum=1e-1)
    batch_size: int | None = option(None, minimum=1, maximum=256, step=1)
    max_length: int | None = option(None, minimum=8, maximum=8192, step=8)
    weight_decay: float | None = option(None, minimum=0, maximum=10)
    evaluations: float | None = option(None, minimum=0.1, maximum=50)  # per epoch
    warmup: float = option(0.1, minimum=0, maximum=0.9, step=0.05)
    accumulation: int = option(1, minimum=1, maximum=64, step=1)
    seed: int = option(42, minimum=0, maximum=2**31 - 1)


@dataclass(frozen=True)
class Settings(TrainSpec):
    """The settings of a training, none of them open."""

    epochs: float
    learning_rate: float
    head_learning_rate: float
    batch_size: int
    max_length: int
    weight_decay: float
    evaluations: float


@dataclass(frozen=True)
class Recipe:
    data: DataSpec
    task: TaskSpec
    model: ModelSpec
    train: TrainSpec = TrainSpec()
    also: tuple[
        TaskSpec, ...
    ] = ()  # further label columns, which the same encoder learns (multitask)
    # key of a technique -> its options as plain values, in the order of the registry
    techniques: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    name: str = ""

    @property
    def title(self) -> str:
        """What a run of it is called where it has no name of its own: as its file."""
        return self.name or self.data.file

    @property
    def tasks(self) -> tuple[TaskSpec, ...]:
        """The label columns, the main one first."""
        return (self.task, *self.also)

    def validate(self) -> None:
        """Raise a UserError for the first thing that the person has to mend.

        Techniques are checked by `core.techniques.checked`, models by `core.models.locate.resolve`.
        """
        if not self.data.text:
            raise UserError("no_text_column")
        if not self.task.column:
            raise UserError("no_label_column")
        if self.task.column in self.data.text:
            raise UserError("label_is_text", column=self.task.column)
        columns = [task.column for task in self.tasks]
        for task in self.also:
            if task.column in self.data.text or columns.count(task.column) > 1:
                raise UserError("also_is_used", column=task.column)
        if self.data.split in (*self.data.text, *columns):
            raise UserError("split_is_used", column=self.data.split)
        if self.data.fold and not _is_fold(self.data.fold):
            raise UserError("recipe_unreadable")
        if self.data.fold and self.data.split:
            raise UserError("fold_with_split", column=self.data.split)
        if not self.model.key:
            raise UserError("no_model")
        if len(self.name) > MAX_NAME or re.search(r"[\x00-\x1f\ud800-\udfff]", self.name):
            raise UserError("run_name", limit=MAX_NAME)
        parse(TrainSpec, dataclasses.asdict(self.train), "train")

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False, indent=2)

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """Read a recipe back. Raises UserError when the text is not one."""
        try:
            raw = json.loads(text)
            train = parse(TrainSpec, raw["train"], "train")
            recipe = decode(cls, {**raw, "train": dataclasses.asdict(train)})
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise UserError("recipe_unreadable") from None
        recipe.validate()
        return recipe


def _is_fold(fold: Fold) -> bool:
    numbers = (fold.number, fold.of, fold.repeat)
    return all(type(number) is int for number in numbers) and 0 <= fold.number < fold.of > 1
