"""Classification head: the last layer, what is below it, a part of it for one label column, or softer
answers."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch


def last_layer(model: Any) -> tuple[str, Any] | None:
    """Name and module of the linear layer, above the encoder, with as many outputs as there are classes."""
    # Of some classifiers (SigLIP) the encoder has no name of its own: they are their own base model.
    base = model.base_model
    encoder = {id(module) for module in base.modules()} if base is not model else set()
    return next(
        (
            (name, module)
            for name, module in reversed(list(model.named_modules()))
            if isinstance(module, torch.nn.Linear)
            and id(module) not in encoder
            and module.out_features == model.config.num_labels
        ),
        None,
    )


def below(model: Any) -> set[int]:
    """The ids of the parameters below the head: the encoder's, or those of all but the last layer where a
    classifier is its own base model."""
    base = model.base_model
    known = {id(parameter) for parameter in base.parameters()}
    last = last_layer(model) if base is model else None
    return known - {id(parameter) for parameter in last[1].parameters()} if last else known


def narrow(model: Any, place: slice) -> Any:
    """A copy of a classifier that answers a part of its classes: the last layer's rows at `place`."""
    model = copy.deepcopy(model)
    named = last_layer(model)
    if named is None:
        raise ValueError("a classifier without a last linear layer")
    name, last = named
    part = torch.nn.Linear(last.in_features, place.stop - place.start, last.bias is not None)
    part.weight.data = last.weight.data[place].clone()
    if last.bias is not None:
        part.bias.data = last.bias.data[place].clone()
    model.set_submodule(name, part)
    model.num_labels = model.config.num_labels = part.out_features
    return model


def apply_temperature(model: Any, places: Sequence[slice], temperatures: Sequence[float]) -> bool:
    """Divide the logits at each of `places` by its temperature, in place, in the last layer's own weights: so
    every way to load the model has it. False, and nothing changed, where that layer is another one's too.
    """
    named = last_layer(model)
    if named is None:
        return False
    _, last = named
    shared = sum(getattr(module, "weight", None) is last.weight for module in model.modules()) > 1
    if shared:
        return False
    with torch.no_grad():
        for place, temperature in zip(places, temperatures, strict=True):
            last.weight[place] /= temperature
            if last.bias is not None:
                last.bias[place] /= temperature
    return True
