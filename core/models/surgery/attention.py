"""Attention for training on a CPU: the eager one, without the copies that it keeps.

Under autocast, transformers' eager attention adds the mask in 32 bits and takes the softmax there, and keeps
all of it for the backward pass: with long texts most of the memory of a step, and much of its time. The
scores come out of a multiplication in 16 bits, so nothing is lost by staying there. SDPA keeps little, but
its backward pass is slow on a CPU.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from transformers import AttentionInterface
from transformers.masking_utils import AttentionMaskInterface, eager_mask

IMPLEMENTATION = "ticktune_lean"


def lean(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    **_: Any,
) -> tuple[torch.Tensor, torch.Tensor]:
    """As `eager_attention_forward` of transformers' models; the mask is added.

    query, key and value are [rows, heads, tokens, size]; returns [rows, tokens, heads, size] and the weights
    [rows, heads, tokens, tokens]. Where the query is the first token's alone
    (`core.models.surgery.first_token`), the model's own code took the tokens of key and value for more heads:
    [rows, tokens times heads, 1, size].
    """
    rows, heads, _, size = query.shape
    if key.size(1) != heads:
        key, value = (
            states.reshape(rows, -1, heads, size).transpose(1, 2) for states in (key, value)
        )
        attention_mask = None if attention_mask is None else attention_mask[:, :, :1]
    scale = size**-0.5 if scaling is None else scaling
    with torch.autocast(query.device.type, enabled=False):
        scores = torch.matmul(query * scale, key.transpose(2, 3))
        if attention_mask is not None:
            # The lowest number of 32 bits would become minus infinity, and a row of nothing else no number.
            lowest = torch.finfo(scores.dtype).min
            scores += attention_mask.clamp(min=lowest).to(scores.dtype)
        weights = torch.softmax(scores, dim=-1)
        if dropout:
            weights = torch.nn.functional.dropout(weights, dropout, module.training)
        answer = torch.matmul(weights, value)
    return answer.transpose(1, 2).contiguous(), weights


def use(model: Any) -> None:
    """Let a model that was loaded with eager attention use `lean`, if it then gives the same answers. One
    that reads no tokens keeps its own."""
    if getattr(model.config, "vocab_size", None) is None:
        return
    AttentionInterface.register(IMPLEMENTATION, lean)
    AttentionMaskInterface.register(IMPLEMENTATION, eager_mask)
    same = same_answers(model, lambda: model.set_attn_implementation(IMPLEMENTATION))
    if not same and model.config._attn_implementation == IMPLEMENTATION:
        model.set_attn_implementation("eager")


def same_answers(model: Any, change: Callable[[], None]) -> bool:
    """Make a `change` to a model; does it then answer as before? Code that was not made for it may raise."""
    ids = torch.arange(5, 21).reshape(2, 8) % model.config.vocab_size
    probe = {"input_ids": ids, "attention_mask": torch.tensor([[1] * 8, [1] * 5 + [0] * 3])}
    training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            before = model(**probe).logits
            change()
            after = model(**probe).logits
        return bool(torch.allclose(before, after, atol=1e-4, equal_nan=True))
    except Exception:  # noqa: BLE001 - whatever it is, the change is not for this model
        return False
    finally:
        model.train(training)
