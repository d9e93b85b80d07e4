"""Texts as vectors: what a pretrained encoder makes of them before anybody has trained it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.modalities.text import as_input

if TYPE_CHECKING:
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

ACCELERATOR = 50  # times as much is done in the same time where there is a GPU
BATCH = 32


def budget(model: Any, work: float) -> float:
    """What an encoder may do where `work` (tokens times parameters, forward only) is what a CPU may."""
    return work * (1 if model.device.type == "cpu" else ACCELERATOR)


def embed(
    model: Any,
    tokenizer: Any,
    texts: Sequence[tuple[str, str | None]],
    max_length: int,
    *,
    bf16: bool = False,
    between: Callable[[], None] = lambda: None,
) -> Vectors:
    """The mean of the last hidden states over each text's tokens, at length 1: [texts, hidden size].

    `model` is any transformers model; what a classifier has above its encoder is left out. It is left
    as it was. Texts of similar length share a batch, so that little is spent on padding. `between` is
    called before each batch: it may raise, to stop. Mean pooling and unit length are what
    Sentence-BERT does (Reimers and Gurevych 2019); the bundled MiniLM was trained for it.
    """
    import torch

    encoder, was_training = model.base_model, model.training
    order = np.argsort([len(a) + len(b or "") for a, b in texts], kind="stable")[::-1]
    vectors: Vectors = np.zeros((len(texts), 0), dtype=np.float32)
    model.eval()
    try:
        for start in range(0, len(order), BATCH):
            between()
            batch = order[start : start + BATCH]
            inputs = tokenizer(
                as_input([texts[i] for i in batch]),
                padding=True,
                truncation=True,
                max_length=max_length,
                return_tensors="pt",
            ).to(model.device)
            with (
                torch.inference_mode(),
                torch.autocast(model.device.type, torch.bfloat16, enabled=bf16),
            ):
                answer = encoder(**inputs)
            states = getattr(answer, "last_hidden_state", None)
            states = (answer[0] if states is None else states).float()
            mask = inputs["attention_mask"].unsqueeze(-1).float()
            pooled = (states * mask).sum(1) / mask.sum(1).clamp(min=1)
            unit = torch.nn.functional.normalize(pooled, dim=1).cpu().numpy()
            if not start:
                vectors = np.zeros((len(texts), unit.shape[1]), dtype=np.float32)
            vectors[batch] = unit
    finally:
        model.train(was_training)
    return vectors
