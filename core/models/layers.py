"""Where an encoder has its layers and its embeddings, whatever the names they go by."""

from __future__ import annotations

from typing import Any

from torch import nn


def stack(model: Any) -> tuple[nn.Module, str] | None:
    """The module that holds the list of layers and the list's name there; None when there is no list."""
    lists = [
        (module, name)
        for module in model.base_model.modules()
        for name, child in module.named_children()
        if isinstance(child, nn.ModuleList)
    ]
    return max(lists, key=lambda each: len(getattr(*each)), default=None)


def layers(model: Any) -> list[nn.Module]:
    """From the bottom to the top."""
    found = stack(model)
    return list(getattr(*found)) if found else []


def embeddings(model: Any) -> str | None:
    """The name in the base model of the whole block of embeddings (words, positions, norm), if it has one."""
    base, above = model.base_model, layers(model)
    try:
        table = model.get_input_embeddings()
    except NotImplementedError:  # transformers' way to say that there is none: not for pictures
        return None
    for name, child in base.named_children():
        inside = list(child.modules())
        if any(each is table for each in inside) and not any(each in inside for each in above):
            return str(name)
    return None
