"""Data augmentation: altered copies of the training rows, drawn afresh in every epoch."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import UserError
from core.modalities.text_augmentation import METHODS, alter
from core.options import option
from core.techniques.base import Context
from core.techniques.evidence import sentence, table
from core.techniques.mixing import Mixing
from core.words import Message, message

if TYPE_CHECKING:
    import torch

    from core.modalities.text import Text

EXAMPLES = 5  # that are shown
EXAMPLE_LENGTH = 300  # characters of a text that is shown


@dataclass(frozen=True)
class Options:
    delete: bool = option(True)
    swap: bool = option(True)
    punctuate: bool = option(True)
    mistype: bool = option(False)
    mixup: bool = option(False)
    strength: float = option(0.1, minimum=0.05, maximum=0.5, step=0.05)  # share of words changed
    copies: int = option(1, minimum=1, maximum=4, step=1)  # of each row, beside the row itself


class Augment(Mixing):
    """EDA without synonyms (Wei and Zou 2019), AEDA (Karimi, Rossi and Prati 2021), typing errors, and MixUp
    of what the head is given (Zhang et al. 2018; Guo, Mao and Zhang 2019).

    One of the ticked ways is drawn for every copy. Validation and test rows are never touched.
    """

    key = "augment"
    group = "data"
    Options = Options

    def __init__(self, options: Any = None) -> None:
        super().__init__(options)
        chosen = dataclasses.asdict(self.options)
        self.methods = [name for name in METHODS if chosen[name]]
        if not self.methods and not self.mixes:
            raise UserError("augment_nothing")

    @property
    def mixes(self) -> bool:
        return bool(self.options.mixup)

    @property
    def multiple(self) -> int:
        return 1 + self.options.copies if self.methods else 1

    def altered(self, text: Text, draw: np.random.Generator) -> tuple[Text, str]:
        """A text or pair, changed in one of the ticked ways, and which way that was."""
        method = str(draw.choice(self.methods))
        first, second = (
            alter(each, method, self.options.strength, draw) if each else each for each in text
        )
        return (str(first), second), method

    def rows(self, rows: Any, context: Context) -> Any:
        self.evidence.clear()  # of the stage before, which had the same rows
        if not self.methods:
            return rows
        made = Altered(rows, self, context)
        picked = np.linspace(0, len(rows) - 1, min(EXAMPLES, len(rows))).astype(int)
        text, changed, way = (message(f"evidence.{name}") for name in ("before", "after", "way"))
        self.evidence += [
            sentence(message("technique.augment.rows", rows=len(rows), made=len(made) - len(rows))),
            table(
                message("technique.augment.examples"),
                [text, changed, way],
                [made.example(int(row)) for row in picked],
            ),
        ]
        return made

    def model(self, model: torch.nn.Module, context: Context) -> None:
        if not self.mixes:
            return

        def mix(module: torch.nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
            self._mixed = None
            if not module.training:
                return given
            others, share = self._mixed = self.partners(len(given[0]))
            return (share * given[0] + (1 - share) * given[0][others], *given[1:])

        self.evidence.append(sentence(message("technique.augment.mixed")))
        self._hook = _head(model).register_forward_pre_hook(mix)


class Altered:
    """The rows, and after them `copies` altered ones of each, made when they are asked for.

    What a copy looks like follows from seed, epoch and number alone: a resumed run sees the same.
    """

    def __init__(self, rows: Any, technique: Augment, context: Context) -> None:
        self._rows, self._technique, self._context = rows, technique, context
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._rows) * self._technique.multiple

    def _altered(self, number: int, epoch: int) -> tuple[Text, str]:
        draw = np.random.default_rng([self._context.train.seed, epoch, number])
        return self._technique.altered(self._context.texts[number % len(self._rows)], draw)

    def __getitem__(self, number: int | str) -> Any:
        if isinstance(number, str):  # a column; copies are about as long as what they are copies of
            return list(self._rows[number]) * self._technique.multiple
        copy, row = divmod(number, len(self._rows))
        if not copy:
            return self._rows[row]
        made, _ = self._altered(number, self._epoch)
        encoded = self._context.encode([made])
        return {**self._rows[row], **{name: column[0] for name, column in encoded.items()}}

    def example(self, row: int) -> list[str | Message]:
        """A row before and after, as its first copy in the first epoch, and the way it was changed."""
        made, method = self._altered(len(self._rows) + row, 0)
        before, after = (_shown(each) for each in (self._context.texts[row], made))
        return [before, after, message(f"technique.augment.{method}")]


def _shown(text: Sequence[str | None]) -> str:
    return "\n".join(each for each in text if each)[:EXAMPLE_LENGTH]


def _head(model: Any) -> torch.nn.Module:
    """The lowest part above the encoder that has weights: what it is given is what gets mixed."""
    base = model.base_model
    found: torch.nn.Module = next(
        child
        for child in model.children()
        if child is not base and any(True for _ in child.parameters())
    )
    return found
