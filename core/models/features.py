"""What the last layer of a classifier is given: the features of a picture, from whatever model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from core.models.heads import last_layer

if TYPE_CHECKING:
    import torch


def features(model: Any, batch: Mapping[str, Any]) -> tuple[torch.Tensor, torch.Tensor]:
    """The features [rows, hidden size] and the logits [rows, classes] of a batch.

    Raises ValueError for a classifier without a linear layer above its encoder.
    """
    found = last_layer(model)
    if found is None:
        raise ValueError("a classifier without a last linear layer")
    given: list[torch.Tensor] = []

    def keep(_: Any, inputs: tuple[Any, ...]) -> None:
        given[:] = inputs[:1]

    hook = found[1].register_forward_pre_hook(keep)
    try:
        logits = model(**batch).logits
    finally:
        hook.remove()
    return given[0], logits


def embed(
    model: Any,
    batches: Iterable[Mapping[str, Any]],
    *,
    bf16: bool = False,
    between: Callable[[], None] = lambda: None,
) -> np.ndarray:
    """The features of batches of tensors, one after the other, at length 1: [rows, hidden size].

    The model is left as it was. `between` is called before each batch: it may raise, to stop.
    """
    import torch

    was_training = model.training
    model.eval()
    found = []
    try:
        for batch in batches:
            between()
            there = {name: value.to(model.device) for name, value in batch.items()}
            with (
                torch.inference_mode(),
                torch.autocast(model.device.type, torch.bfloat16, enabled=bf16),
            ):
                vectors, _ = features(model, there)
            found.append(torch.nn.functional.normalize(vectors.float(), dim=1).cpu().numpy())
    finally:
        model.train(was_training)
    return np.concatenate(found) if found else np.zeros((0, 0), dtype=np.float32)
