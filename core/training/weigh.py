"""What a model weighs: its size, how quickly it answers, how well it does on the validation rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from core.evaluation.speed import latencies
from core.modalities.base import Input, Modality
from core.modalities.text import TEXT
from core.techniques.base import Fit
from core.techniques.evidence import Block, table
from core.words import Message, message


@dataclass(frozen=True)
class TorchModel:
    """A classifier of transformers, to be timed."""

    model: Any
    processor: Any
    max_length: int
    modality: Modality = TEXT

    def tokens(self, texts: Sequence[Input]) -> Any:
        made = self.modality.tensors(self.processor, texts, self.max_length)
        return made.to(self.model.device)

    def logits(self, tokens: Any) -> Any:
        with torch.inference_mode():
            return self.model.eval()(**tokens).logits.cpu()


@dataclass(frozen=True)
class Weighed:
    """`size` in bytes of the weights, `seconds` for one text alone, scores from 0 to 1."""

    size: int
    seconds: float
    accuracy: float
    macro_f1: float


def size_of(model: Any) -> int:
    """Bytes of the weights, those that are used twice counted once."""
    return sum(each.numel() * each.element_size() for each in model.parameters())


def weigh(fit: Fit, models: Sequence[Any]) -> list[Weighed]:
    """Each on the validation rows, in full precision."""
    sets = fit.sets
    texts = sets.rows.texts_at(sets.rows.chooser)
    length = int(fit.spec.max_length or 0)
    truth = np.array(sets.validation["labels"])
    scores = [sets.joint.scores(fit.answers(each, sets.validation), truth) for each in models]
    seconds = latencies(
        [TorchModel(each, fit.processor, length, fit.modality) for each in models], texts
    )
    return [
        Weighed(size_of(model), of_one, score["accuracy"], score["macro_f1"])
        for model, of_one, score in zip(models, seconds, scores, strict=True)
    ]


def compared(title: Message, names: Sequence[Message], weighed: Sequence[Weighed]) -> Block:
    """A table with a row for each, the first being what the others are compared with."""
    first = weighed[0]
    heads = ("model", "size", "seconds", "times", "accuracy", "macro_f1")
    return table(
        title,
        [message(f"evidence.{name}") for name in heads],
        [
            [
                name,
                f"{each.size / 1e6:.1f} MB",
                f"{each.seconds * 1000:.1f} ms",
                f"{first.seconds / each.seconds:.2f}",
                f"{each.accuracy:.1%}",
                f"{each.macro_f1:.3f}",
            ]
            for name, each in zip(names, weighed, strict=True)
        ],
    )
