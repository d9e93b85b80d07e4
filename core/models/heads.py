"""A classifier for one label column, out of one that answers several."""

from __future__ import annotations

import copy
from typing import Any

import torch


def narrow(model: Any, place: slice) -> Any:
    """A copy of a classifier that answers a part of its classes: the last layer's rows at `place`.

    The last layer is the linear one, above the encoder, with as many outputs as there are classes.
    """
    model = copy.deepcopy(model)
    below = {id(module) for module in model.base_model.modules()}
    name, last = next(
        (name, module)
        for name, module in reversed(list(model.named_modules()))
        if isinstance(module, torch.nn.Linear)
        and id(module) not in below
        and module.out_features == model.config.num_labels
    )
    part = torch.nn.Linear(last.in_features, place.stop - place.start, last.bias is not None)
    part.weight.data = last.weight.data[place].clone()
    if last.bias is not None:
        part.bias.data = last.bias.data[place].clone()
    model.set_submodule(name, part)
    model.num_labels = model.config.num_labels = part.out_features
    return model
