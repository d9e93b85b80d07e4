"""Smaller encoders: layers, neurons of the feed-forward parts, or single weights are taken out, in place.

What comes of it is a standard configuration with smaller numbers in it: it loads anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from core.models.layers import layers, stack

SIZES = ("intermediate_size", "hidden_dim")  # what configurations call the neurons of a layer
ROUND = 8  # neurons are kept in multiples of it: processors work on so many numbers at a time


def keep_layers(model: Any, places: Sequence[int]) -> None:
    """Leave only the layers at `places`, counted from the bottom."""
    found = stack(model)
    if found is None:
        raise ValueError("the model has no list of layers")
    holder, name = found
    kept = nn.ModuleList(getattr(holder, name)[place] for place in places)
    setattr(holder, name, kept)
    kinds = getattr(model.config, "layer_types", None)
    if kinds:
        model.config.layer_types = [kinds[place] for place in places]
    model.config.num_hidden_layers = len(kept)


def feed_forward(model: Any) -> list[tuple[nn.Linear, nn.Linear]] | None:
    """The linear layers before and after the neurons of each layer; None where it is built otherwise."""
    size = getattr(model.config, _size_name(model) or "", None)
    pairs = []
    for layer in layers(model):
        linear = [part for part in layer.modules() if isinstance(part, nn.Linear)]
        into = [part for part in linear if part.out_features == size != part.in_features]
        out = [part for part in linear if part.in_features == size != part.out_features]
        if len(into) != 1 or len(out) != 1:
            return None
        pairs.append((into[0], out[0]))
    return pairs or None


def neuron_importance(
    model: Any,
    batches: Iterable[Mapping[str, torch.Tensor]],
    loss: Callable[[Mapping[str, torch.Tensor]], torch.Tensor],
) -> list[torch.Tensor]:
    """How much the loss would change without each neuron, to first order: [neurons] for every layer.

    The sum over rows of |sum over tokens of activation times gradient| (Molchanov et al. 2017, "Pruning
    Convolutional Neural Networks for Resource Efficient Inference"). `loss` gives the mean loss of a batch.
    Raises ValueError where `feed_forward` is None.
    """
    pairs = feed_forward(model)
    if pairs is None:
        raise ValueError("no neurons to tell apart")
    seen: list[torch.Tensor] = []

    def look(_: nn.Module, given: tuple[torch.Tensor, ...]) -> None:
        given[0].retain_grad()
        seen.append(given[0])

    hooks = [out.register_forward_pre_hook(look) for _, out in pairs]
    found = [torch.zeros(out.in_features) for _, out in pairs]
    try:
        for batch in batches:
            seen.clear()
            loss(batch).backward()
            for total, activation in zip(found, seen, strict=True):
                assert activation.grad is not None
                change = (activation * activation.grad).detach().float().sum(dim=-2)
                total += change.abs().reshape(-1, len(total)).sum(dim=0).cpu()
    finally:
        for hook in hooks:
            hook.remove()
        model.zero_grad(set_to_none=True)
    return found


def keep_neurons(model: Any, importance: Sequence[torch.Tensor], share: float) -> int:
    """Leave the most important `share` of the neurons, as many in every layer; returns how many that is."""
    pairs, name = feed_forward(model), _size_name(model)
    if pairs is None or name is None:
        raise ValueError("no neurons to take out")
    size = int(pairs[0][1].in_features)
    count = max(1, min(size, round(share * size / ROUND) * ROUND or ROUND))
    for (into, out), of_layer in zip(pairs, importance, strict=True):
        keep = torch.sort(torch.topk(of_layer, count).indices).values.to(into.weight.device)
        _cut(into, keep, rows=True)
        _cut(out, keep, rows=False)
    setattr(model.config, name, count)
    return count


def smallest_weights(model: Any, share: float) -> dict[str, torch.Tensor]:
    """Which weights of the encoder's linear layers are kept when the smallest `share` of each is set to zero:
    a mask for each by the name of the parameter (Han et al. 2015, "Learning both Weights and
    Connections")."""
    masks = {}
    for number, layer in enumerate(layers(model)):
        for name, part in layer.named_modules():
            if isinstance(part, nn.Linear):
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


def _size_name(model: Any) -> str | None:
    return next((name for name in SIZES if getattr(model.config, name, None)), None)


def _cut(linear: nn.Linear, keep: torch.Tensor, *, rows: bool) -> None:
    weight = linear.weight.detach()
    linear.weight = nn.Parameter((weight[keep] if rows else weight[:, keep]).clone())
    if rows:
        if linear.bias is not None:
            linear.bias = nn.Parameter(linear.bias.detach()[keep].clone())
        linear.out_features = len(keep)
    else:
        linear.in_features = len(keep)
