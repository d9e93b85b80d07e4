"""What augmentations of all kinds of data share: the ticked methods, rows that differ by epoch, mixed
batches."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from core.data.sampling import evenly_spaced
from core.errors import UserError
from core.evidence import Block, Sentence
from core.technique import Context, Loss, Technique
from core.words import message

if TYPE_CHECKING:
    import torch


class AlteredRows:
    """The rows, each or some of them altered when they are asked for.

    What becomes of one follows from seed, epoch and number alone: a resumed run sees the same.
    """

    def __init__(self, rows: Any, technique: Any, context: Context) -> None:
        self._rows, self._technique, self._context = rows, technique, context
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._rows) * int(self._technique.multiple)

    def _draw(self, number: int, epoch: int) -> np.random.Generator:
        return np.random.default_rng([self._context.train.seed, epoch, number])

    def __getitem__(self, number: int | str) -> Any:
        if isinstance(number, str):  # a column; copies are about as long as what they are copies of
            return list(self._rows[number]) * self._technique.multiple
        return self.row(int(number))

    @abstractmethod
    def row(self, number: int) -> dict[str, Any]:
        """A row as it is in this epoch."""


class Augmentation(Technique):
    """Methods that alter rows, by their names among the options, and MixUp and its kin (Zhang et al. 2018):
    rows of a batch are mixed with others, and so is their loss."""

    group = "data"
    methods: ClassVar[Sequence[str]]
    examples: ClassVar[int]  # rows that are shown
    altered: ClassVar[type[AlteredRows]]

    def __init__(self, options: Any = None) -> None:
        super().__init__(options)
        chosen = dataclasses.asdict(self.options)
        self.chosen = [name for name in self.methods if chosen[name]]
        if not self.chosen and not self.mixes:
            raise UserError("augment_nothing")
        self._mixed: tuple[Any, float] | None = None  # which rows with which, and their share
        self._hook: Any = None

    @property
    @abstractmethod
    def mixes(self) -> bool:
        """Do the options ask for mixed batches?"""

    @abstractmethod
    def shown(self, rows: Any, altered: Any, places: Sequence[int]) -> list[Block]:
        """What became of the rows at `places`."""

    @abstractmethod
    def hook(self, model: torch.nn.Module) -> Any:
        """Let the model mix each batch that it is trained on, by `mix`; what undoes it."""

    def join(
        self, ones: torch.Tensor, others: torch.Tensor, share: float
    ) -> tuple[torch.Tensor, float]:
        """How two rows become one, and the share of the first that is in it."""
        return share * ones + (1 - share) * others, share

    def rows(self, rows: Any, context: Context) -> Any:
        self.evidence.clear()  # of the stage before, which had the same rows
        if not self.chosen:
            return rows
        altered = self.altered(rows, self, context)
        places = evenly_spaced(len(rows), self.examples).tolist()
        self.evidence += self.shown(rows, altered, places)
        return altered

    def model(self, model: torch.nn.Module, context: Context) -> None:
        if self.mixes:
            self.evidence.append(Sentence(message("technique.augment.mixed")))
            self._hook = self.hook(model)

    def mix(self, module: torch.nn.Module, values: torch.Tensor) -> torch.Tensor:
        """What a module is given of a batch, each row mixed with another while it trains."""
        from core.techniques.augment.mixing import partners

        self._mixed = None
        if not module.training:
            return values
        others, share = partners(len(values))
        mixed, share = self.join(values, values[others], share)
        self._mixed = others, share
        return mixed

    def loss(self, loss: Loss, context: Context) -> Loss:
        if not self.mixes:
            return loss

        def mixed(logits: torch.Tensor, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
            if self._mixed is None:
                return loss(logits, batch)
            others, share = self._mixed
            swapped = {name: value[others] for name, value in batch.items()}
            return share * loss(logits, batch) + (1 - share) * loss(logits, swapped)

        return mixed

    def finish(self, model: torch.nn.Module, context: Context) -> None:
        if self._hook:
            self._hook.remove()
