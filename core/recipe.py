"""Recipe: everything that decides a run. The same recipe, data and seed give the same run."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import UserError
from core.options import option, parse

MAX_NAME = 80


@dataclass(frozen=True)
class DataSpec:
    """Which rows: the file's name as shown to people, the table's fingerprint, the columns in use."""

    file: str
    fingerprint: str
    text: tuple[str, ...]
    split: str | None = None


@dataclass(frozen=True)
class TaskSpec:
    """What is learned: the label column, and how it is read."""

    column: str
    kind: str = "single_label"


@dataclass(frozen=True)
class ModelSpec:
    """Which pretrained model: a key of the catalogue, a hub id, or `run:ID`; and its exact commit."""

    key: str
    revision: str | None = None


@dataclass(frozen=True)
class TrainSpec:
    """Settings of the training loop. `None` means: chosen by `core.training.auto` from data and model."""

    epochs: float | None = option(None, minimum=0.1, maximum=200, step=1)
    learning_rate: float | None = option(None, minimum=1e-7, maximum=1e-2)
    head_learning_rate: float = option(1e-3, minimum=1e-7, maximum=1e-1)
    batch_size: int | None = option(None, minimum=1, maximum=256, step=1)
    max_length: int | None = option(None, minimum=8, maximum=8192, step=8)
    evaluations: float | None = option(None, minimum=0.1, maximum=50)  # per epoch
    warmup: float = option(0.1, minimum=0, maximum=0.9, step=0.05)
    weight_decay: float = option(0.01, minimum=0, maximum=1)
    accumulation: int = option(1, minimum=1, maximum=64, step=1)
    seed: int = option(42, minimum=0, maximum=2**31 - 1)


@dataclass(frozen=True)
class Recipe:
    data: DataSpec
    task: TaskSpec
    model: ModelSpec
    train: TrainSpec = TrainSpec()
    # key of a technique -> its options as plain values, in the order of the registry
    techniques: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    name: str = ""

    def validate(self) -> None:
        """Raise a UserError for the first thing that the person has to mend.

        Techniques are checked by `core.techniques.resolve`, models by `core.models.catalog.resolve`.
        """
        if not self.data.text:
            raise UserError("no_text_column")
        if not self.task.column:
            raise UserError("no_label_column")
        if self.task.column in self.data.text:
            raise UserError("label_is_text", column=self.task.column)
        if self.data.split in (*self.data.text, self.task.column):
            raise UserError("split_is_used", column=self.data.split)
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
            data = raw["data"]
            recipe = cls(
                data=DataSpec(
                    data["file"], data["fingerprint"], tuple(data["text"]), data["split"]
                ),
                task=TaskSpec(**raw["task"]),
                model=ModelSpec(**raw["model"]),
                train=parse(TrainSpec, raw["train"], "train"),
                techniques={str(key): dict(value) for key, value in raw["techniques"].items()},
                name=str(raw["name"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise UserError("recipe_unreadable") from None
        recipe.validate()
        return recipe
