"""Embeddings: what a pretrained encoder makes of texts, or gives the last layer of a classifier of
pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from core.models.surgery.heads import last_layer
from core.models.surgery.layers import layers
from core.models.tokenizer import as_input

if TYPE_CHECKING:
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

ACCELERATOR_FACTOR = 50  # times as much is done in the same time where there is a GPU
BATCH = 32


def budget(model: Any, work: float) -> float:
    """What an encoder may do where `work` (tokens times parameters, forward only) is what a CPU may."""
    return work * (1 if model.device.type == "cpu" else ACCELERATOR_FACTOR)


def embed(
    model: Any,
    tokenizer: Any,
    texts: Sequence[tuple[str, str | None]],
    max_length: int,
    *,
    bf16: bool = False,
    between: Callable[[], None] = lambda: None,
) -> Vectors:
    """Two means over each text's tokens side by side, each at length 1: of the hidden states in the middle of
    the encoder and of the last [texts, 2 * hidden size]. The last alone where there is no middle layer (one
    that is used again and again, one that has another number of states than there are tokens).

    `model` is any transformers model; what a classifier has above its encoder is left out. Texts of similar
    length share a batch, so that little is spent on padding. Mean pooling and unit length are what
    Sentence-BERT does (Reimers and Gurevych 2019); the bundled MiniLM was trained for it. Middle layers know
    of words and their order what the last has given up for the task that it was trained for (Tenney, Das and
    Pavlick 2019).
    """
    order = np.argsort([len(a) + len(b or "") for a, b in texts], kind="stable")[::-1]

    def batches() -> Iterable[Mapping[str, Any]]:
        for start in range(0, len(order), BATCH):
            some = as_input([texts[i] for i in order[start : start + BATCH]])
            kwargs = {"padding": True, "truncation": True, "max_length": max_length}
            yield tokenizer(some, return_tensors="pt", **kwargs)

    middle: list[torch.Tensor] = []

    def keep(_module: Any, _inputs: Any, states: Any) -> None:
        middle[:] = [states if isinstance(states, torch.Tensor) else states[0]]

    def pooled(batch: Mapping[str, Any]) -> torch.Tensor:
        answer = model.base_model(**batch)
        last = getattr(answer, "last_hidden_state", None)
        last = answer[0] if last is None else last
        mask = batch["attention_mask"].unsqueeze(-1).float()
        means = [
            (states.float() * mask).sum(1) / mask.sum(1).clamp(min=1)
            for states in (*(each for each in middle if each.shape == last.shape), last)
        ]
        return torch.cat([torch.nn.functional.normalize(mean, dim=1) for mean in means], dim=1)

    listed = layers(model)
    # (Asked for all of them, a model would hold all of them.)
    hook = listed[len(listed) // 2 - 1].register_forward_hook(keep) if len(listed) > 1 else None
    try:
        vectors = _vectors(model, batches(), pooled, bf16, between)
    finally:
        if hook:
            hook.remove()
    in_order = np.empty_like(vectors)
    in_order[order] = vectors
    return in_order


def features(model: Any, batch: Mapping[str, Any]) -> torch.Tensor:
    """What the last layer of a classifier is given of a batch: [rows, hidden size].

    Raises ValueError for a classifier without a linear layer above its encoder.
    """
    named = last_layer(model)
    if named is None:
        raise ValueError("a classifier without a last linear layer")
    given: list[torch.Tensor] = []

    def keep(_: Any, inputs: tuple[Any, ...]) -> None:
        given[:] = inputs[:1]

    hook = named[1].register_forward_pre_hook(keep)
    try:
        model(**batch)
    finally:
        hook.remove()
    return given[0]


def embed_features(
    model: Any,
    batches: Iterable[Mapping[str, Any]],
    *,
    bf16: bool = False,
    between: Callable[[], None] = lambda: None,
) -> Vectors:
    """The features of batches of tensors, one after the other, at length 1: [rows, hidden size]."""

    def at_length_one(batch: Mapping[str, Any]) -> torch.Tensor:
        return torch.nn.functional.normalize(features(model, batch).float(), dim=1)

    return _vectors(model, batches, at_length_one, bf16, between)


def _vectors(
    model: Any,
    batches: Iterable[Mapping[str, Any]],
    vectors_of: Callable[[Mapping[str, Any]], torch.Tensor],
    bf16: bool,
    between: Callable[[], None],
) -> Vectors:
    """[rows of all batches, size of a vector]. The model is left as it was. `between` is called before each
    batch: it may raise, to stop."""
    was_training, vectors = model.training, []
    model.eval()
    try:
        for batch in batches:
            between()
            inputs = {name: value.to(model.device) for name, value in batch.items()}
            with (
                torch.inference_mode(),
                torch.autocast(model.device.type, torch.bfloat16, enabled=bf16),
            ):
                vectors.append(vectors_of(inputs).float().cpu().numpy())
    finally:
        model.train(was_training)
    return np.concatenate(vectors) if vectors else np.zeros((0, 0), dtype=np.float32)
