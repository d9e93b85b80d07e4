"""Encoder layers and embeddings: where they are, whatever the names they go by."""

from __future__ import annotations

from typing import Any

from torch import nn


def stack(model: Any) -> tuple[nn.Module, str] | None:
    """The module that holds the list of layers and the list's name there; None when there is no list.

    A list in a list is of the parts of a layer, such as the blocks of a stage.
    """
    within = {
        id(part)
        for module in model.base_model.modules()
        if isinstance(module, nn.ModuleList)
        for layer in module
        for part in layer.modules()
    }
    lists = [
        (module, name)
        for module in model.base_model.modules()
        for name, child in module.named_children()
        if isinstance(child, nn.ModuleList) and id(child) not in within
    ]
    return max(lists, key=lambda each: len(getattr(*each)), default=None)


def layers(model: Any) -> list[nn.Module]:
    """From the bottom to the top."""
    listed = stack(model)
    return list(getattr(*listed)) if listed else []


def trained_share(model: Any) -> tuple[int, float]:
    """How many numbers are trained, and which share of all that is (0 to 1)."""
    counts = [(p.numel(), p.requires_grad) for p in model.parameters()]
    trained = sum(count for count, trains in counts if trains)
    return trained, trained / sum(count for count, _ in counts)


def settings(model: Any) -> Any:
    """The part of a configuration that is about the encoder: of models for texts and pictures, the eye's."""
    return getattr(model.config, "vision_config", None) or model.config


def heights(model: Any) -> dict[int, int]:
    """How high each of the encoder's parameters lies, by its id: from 0, below the layers, to their number.

    Parameters come in the order of the forward pass. What follows the layers counts as the highest of them,
    but for tables that they all look into, and what normalises them.
    """
    base, above = model.base_model, layers(model)
    height: dict[int, int] = {}
    tables = [module for module in base.modules() if isinstance(module, nn.Embedding)]
    # DeBERTa's table of distances stands beside its norm.
    beside = [module for module in base.modules() if hasattr(module, "rel_embeddings")]
    tables += [module.LayerNorm for module in beside if getattr(module, "LayerNorm", None)]
    in_tables = {id(parameter) for module in tables for parameter in module.parameters()}
    within = {id(p): number for number, layer in enumerate(above, 1) for p in layer.parameters()}
    reached = 0
    for name, parameter in base.named_parameters():
        reached = max(reached, within.get(id(parameter), 0))
        over = "pool" in name.partition(".")[0] or (
            reached == len(above) and id(parameter) not in in_tables
        )
        height[id(parameter)] = within.get(id(parameter), len(above) if over else 0)
    return height


def embeddings(model: Any) -> str | None:
    """The name in the base model of the whole block of embeddings (words, positions, norm), if it has one."""
    base, above = model.base_model, layers(model)
    try:
        table = model.get_input_embeddings()
    except NotImplementedError:  # transformers' way to say that there is none: not for pictures
        return None
    for name, child in base.named_children():
        inside = list(child.modules())
        if any(module is table for module in inside) and not any(
            layer in inside for layer in above
        ):
            return str(name)
    return None
