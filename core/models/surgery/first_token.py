"""First-token pooling: the last layer of an encoder, worked out for the first token alone.

The heads that transformers puts on BERT, DistilBERT, RoBERTa and ELECTRA look at the first token and at no
other. The last layer needs the keys and values of all tokens, and nothing else of them: with six layers
an eighth of all work goes into vectors that are thrown away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from core.models.surgery.attention import IMPLEMENTATION, same_answers
from core.models.surgery.layers import layers

# What the families call the layers whose outputs are needed of every token.
KEYS_AND_VALUES = ("key", "value", "k_lin", "v_lin")


def first_token_only(model: Any) -> Callable[[], None]:
    """Spare the last layer what the head does not look at, if the answers stay the same.

    Only with our own attention, which knows of it, and in a last layer that is trained: what a frozen one
    says may be wanted of every token. Returns what undoes it.
    """
    above = layers(model)
    if not above or model.config._attn_implementation != IMPLEMENTATION:
        return lambda: None
    last = above[-1]
    if not any(parameter.requires_grad for parameter in last.parameters()):
        return lambda: None
    whole: list[torch.Tensor] = []  # what the last layer is given: [rows, tokens, hidden]

    def narrow(_: Any, given: tuple[Any, ...]) -> tuple[Any, ...]:
        whole[:] = given[:1]
        return (given[0][:, :1], *given[1:])

    def widen(_: Any, __: Any) -> tuple[torch.Tensor]:
        return (whole[0],)

    def forget(*_: Any) -> None:
        whole.clear()

    hooks: list[Any] = []

    def undo() -> None:
        for hook in hooks:
            hook.remove()

    def spare() -> None:
        hooks.append(last.register_forward_pre_hook(narrow))
        hooks.append(last.register_forward_hook(forget))
        for name, module in last.named_modules():
            if name.rpartition(".")[2] in KEYS_AND_VALUES:
                hooks.append(module.register_forward_pre_hook(widen))

    if not same_answers(model, spare):
        undo()
    return undo
