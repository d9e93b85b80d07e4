"""Data augmentation: altered copies of the training rows, drawn afresh in every epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.evidence import Block, Sentence, Table
from core.options import option
from core.techniques.augment.augmentation import AlteredRows, Augmentation
from core.techniques.augment.texts import METHODS, alter
from core.words import Message, message

if TYPE_CHECKING:
    import torch

    from core.modalities.text import Text

EXAMPLE_LENGTH = 300  # characters of a text that is shown


class AlteredTexts(AlteredRows):
    """The rows, and after them `copies` altered ones of each."""

    def altered(self, number: int, epoch: int) -> tuple[Text, str]:
        """A text or pair, changed in one of the ticked ways, and which way that was."""
        draw, technique = self._draw(number, epoch), self._technique
        method = str(draw.choice(technique.chosen))
        first, second = (
            alter(part, method, technique.options.strength, draw) if part else part
            for part in self._context.texts[number % len(self._rows)]
        )
        return (str(first), second), method

    def row(self, number: int) -> dict[str, Any]:
        copy, row = divmod(number, len(self._rows))
        if not copy:
            return dict(self._rows[row])
        encoded = self._context.encode([self.altered(number, self._epoch)[0]])
        return {**self._rows[row], **{name: column[0] for name, column in encoded.items()}}

    def example(self, row: int) -> list[str | Message]:
        """A row before and after, as its first copy in the first epoch, and the way it was changed."""
        altered, method = self.altered(len(self._rows) + row, 0)
        before, after = (
            "\n".join(part for part in text if part)[:EXAMPLE_LENGTH]
            for text in (self._context.texts[row], altered)
        )
        return [before, after, message(f"technique.augment.{method}")]


class Augment(Augmentation):
    """EDA without synonyms (Wei and Zou 2019), AEDA (Karimi, Rossi and Prati 2021), typing errors, and MixUp
    of what the head is given (Zhang et al. 2018; Guo, Mao and Zhang 2019).

    One of the ticked ways is drawn for every copy. Validation and test rows are never touched.
    """

    key = "augment"
    modalities = ("text",)
    methods, examples = tuple(METHODS), 5
    altered = AlteredTexts

    @dataclass(frozen=True)
    class Options:
        delete: bool = option(True)
        swap: bool = option(True)
        punctuate: bool = option(True)
        mistype: bool = option(False)
        mixup: bool = option(False)
        # share of words changed
        strength: float = option(0.1, minimum=0.05, maximum=0.5, step=0.05)
        copies: int = option(1, minimum=1, maximum=4, step=1)  # of each row, beside the row itself

    @property
    def mixes(self) -> bool:
        return bool(self.options.mixup)

    @property
    def multiple(self) -> int:
        return 1 + self.options.copies if self.chosen else 1

    def shown(self, rows: Any, altered: Any, places: Sequence[int]) -> list[Block]:
        more = len(altered) - len(rows)
        return [
            Sentence(message("technique.augment.rows", rows=len(rows), made=more)),
            Table(
                message("technique.augment.examples"),
                [message(f"evidence.{name}") for name in ("before", "after", "way")],
                [altered.example(row) for row in places],
            ),
        ]

    def hook(self, model: Any) -> Any:
        """On the lowest part above the encoder that has weights: what it is given is what gets mixed."""
        head: torch.nn.Module = next(
            child
            for child in model.children()
            if child is not model.base_model and any(True for _ in child.parameters())
        )

        def mixed(module: torch.nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
            return (self.mix(module, given[0]), *given[1:])

        return head.register_forward_pre_hook(mixed)
