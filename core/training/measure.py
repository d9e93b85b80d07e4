"""Size, latency and scores of models beside each other, on the validation rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from core.evaluation.speed import latencies
from core.evidence import Block, Table
from core.modalities.base import Input, Modality
from core.modalities.text import TEXT
from core.technique import Fit
from core.words import Message, message, percent


@dataclass(frozen=True)
class TorchModel:
    """A classifier of transformers, to be timed."""

    model: Any
    processor: Any
    max_length: int
    modality: Modality = TEXT

    def tokens(self, texts: Sequence[Input]) -> Any:
        batch = self.modality.tensors(self.processor, texts, self.max_length)
        return batch.to(self.model.device)

    def logits(self, tokens: Any) -> Any:
        with torch.inference_mode():
            return self.model.eval()(**tokens).logits.cpu()


def size_of(model: Any) -> int:
    """Bytes of the weights, those that are used twice counted once."""
    return sum(parameter.numel() * parameter.element_size() for parameter in model.parameters())


def compared(title: Message, fit: Fit, models: Sequence[tuple[Message, Any]]) -> Block:
    """Size, seconds for one text alone, and scores on the validation rows, in full precision: a row for each
    of the named models, the first being what the others are compared with."""
    splits, heads = fit.splits, ("model", "size", "seconds", "times", "accuracy", "macro_f1")
    texts = splits.rows.texts_at(splits.rows.validation_rows)
    truth = np.array(splits.validation["labels"])
    length, modality = fit.spec.max_length, fit.modality
    timed = [TorchModel(model, fit.processor, length, modality) for _, model in models]
    seconds = latencies(timed, texts)
    rows: list[list[Message | str]] = []
    for (name, model), own in zip(models, seconds, strict=True):
        scores = splits.joint.scores(fit.logits(model, splits.validation), truth)
        rows.append(
            [
                name,
                f"{size_of(model) / 1e6:.1f} MB",
                f"{own * 1000:.1f} ms",
                f"{seconds[0] / own:.2f}",
                percent(scores["accuracy"]),
                f"{scores['macro_f1']:.3f}",
            ]
        )
    return Table(title, [message(f"evidence.{name}") for name in heads], rows)
