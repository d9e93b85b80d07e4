"""Layer dropping and magnitude pruning: layers or single weights are taken out, in place. For neurons see
`core.models.surgery.neurons`.

What comes of it is a standard configuration with smaller numbers in it: it loads anywhere.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from core.models.surgery.layers import layers, settings, stack


def droppable(model: Any) -> list[int]:
    """Places of the layers that may be left out, counted from the bottom.

    In a network of stages the first layer of each changes the size of what goes through it, and has to stay;
    where the stages are the layers, all have to.
    """
    stages = _stages(model)
    if stages is not None:
        return [place for stage in stages for place in stage[1:]]
    known = settings(model)
    if hasattr(known, "depths") or not hasattr(known, "num_hidden_layers"):
        return []
    return list(range(len(layers(model))))


def keep_layers(model: Any, places: Sequence[int]) -> None:
    """Leave only the layers at `places`, counted from the bottom. Raises ValueError where others have to
    stay."""
    listed, stages, known = stack(model), _stages(model), settings(model)
    if listed is None or not set(range(len(layers(model)))) - set(places) <= set(droppable(model)):
        raise ValueError("layers that cannot be taken out")
    holder, name = listed
    left = nn.ModuleList(getattr(holder, name)[place] for place in places)
    setattr(holder, name, left)
    kinds = getattr(known, "layer_types", None)
    if kinds:
        known.layer_types = [kinds[place] for place in places]
    if stages is None:
        known.num_hidden_layers = len(left)
        return
    known.num_block_repeats = [len(set(stage) & set(places)) for stage in stages]
    known.depth_coefficient = 1.0
    # The blocks that are padded evenly, by their new numbers.
    known.depthwise_padding = [k for k, p in enumerate(places) if p in known.depthwise_padding]


def _stages(model: Any) -> list[list[int]] | None:
    """Places of the layers of each stage, where the configuration says how often it repeats its layer."""
    known = settings(model)
    repeats = getattr(known, "num_block_repeats", None)
    if repeats is None:
        return None
    stages, start = [], 0
    for repeat in repeats:
        end = start + math.ceil(known.depth_coefficient * repeat)
        stages.append(list(range(start, end)))
        start = end
    return stages


def smallest_weights(model: Any, share: float) -> dict[str, torch.Tensor]:
    """Which weights of the encoder's linear layers and convolutions are kept when the smallest `share` of
    each is set to zero: a mask for each by the name of the parameter (Han et al. 2015, "Learning both Weights
    and Connections")."""
    masks = {}
    for number, layer in enumerate(layers(model)):
        for name, part in layer.named_modules():
            if isinstance(part, nn.Linear | nn.Conv2d):
                size = part.weight.detach().abs()
                bound = torch.kthvalue(size.flatten(), max(1, round(share * size.numel()))).values
                masks[f"{number}.{name}"] = size > bound
    return masks


def apply_masks(model: Any, masks: Mapping[str, torch.Tensor]) -> None:
    """Set to zero what the masks of `smallest_weights` leave out."""
    for number, layer in enumerate(layers(model)):
        for name, part in layer.named_modules():
            mask = masks.get(f"{number}.{name}")
            if mask is not None:
                with torch.no_grad():
                    part.weight.mul_(mask.to(part.weight.device))
