"""Neuron pruning in an encoder's layers: which of them matter, and what is left without the others, in place.

What comes of it is a standard configuration with smaller numbers in it: it loads anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from core.models.surgery.layers import layers, settings

SIZES = ("intermediate_size", "hidden_dim")  # what configurations call the neurons of a layer
# What others call how many times the layer's inputs they are: in networks of convolutions, one number for
# each stage or one for all, and in those of linear layers. Whole numbers.
EXPANDED, WIDENED = ("expand_ratios", "expand_ratio"), ("mlp_ratio",)
LOWEST_EXPANDED = 2  # with 1 a network of convolutions has no neurons of its own
# What modules call how many numbers come out of them, and go in.
OUTPUTS = ("out_features", "out_channels", "num_features")
INPUTS = ("in_features", "in_channels", "num_features")
ROUND = 8  # neurons are kept in multiples of it: processors work on so many numbers at a time


@dataclass(frozen=True)
class Neurons:
    """Those of a layer: numbers that are worked out in it and used up in it. Of a convolutional network they
    are the channels between the layer's first and its last convolution.

    `giving` are the modules with one output for each, the first of them from the layer's inputs; `taking`
    those with one input for each, the last of them into the layer's outputs. `ratio` is how many times the
    layer's inputs they are, where the configuration says it so; else 0.
    """

    giving: tuple[Any, ...]
    taking: tuple[Any, ...]
    ratio: int

    @property
    def count(self) -> int:
        return _inputs(self.taking[-1])


def neurons(model: Any) -> list[Neurons] | None:
    """Those of each layer that has any, from the bottom; None where layers are built otherwise.

    What follows the layers may be one more of the same configuration (the pooling of SigLIP)."""
    known, above = settings(model), layers(model)
    if _first(known, EXPANDED):
        if any(sum(map(_alone, _parts(layer))) != 1 for layer in above):
            return None
        each = [_of(_parts(layer), *_expanded(layer)) for layer in above]
        return [groups for groups in each if groups.giving and groups.taking] or None
    inside = {part for layer in above for part in layer.modules()}
    rest = [part for part in model.base_model.modules() if part not in inside]
    *groups, last = (_of(parts, *_widened(known)) for parts in (*map(_parts, above), rest))
    if last.giving or last.taking:
        groups.append(last)
    if any((len(group.giving), len(group.taking)) != (1, 1) for group in groups):
        return None
    return groups or None


def _parts(layer: nn.Module) -> list[nn.Module]:
    return list(layer.modules())


def _of(parts: Sequence[nn.Module], width: int, ratio: int) -> Neurons:
    return Neurons(
        tuple(part for part in parts if _gives(part, width)),
        tuple(part for part in parts if _takes(part, width)),
        ratio,
    )


def _expanded(layer: nn.Module) -> tuple[int, int]:
    """Neurons of a layer of convolutions, and how many times its inputs they are; 0 where it has none."""
    inside = [part for part in layer.modules() if isinstance(part, nn.Conv2d)]
    # The convolution of each channel by itself is between the first and the last.
    alone = next(part for part in inside if _alone(part))
    if alone is inside[0]:
        return 0, 0
    return alone.groups, alone.groups // inside[0].in_channels


def _alone(part: nn.Module) -> bool:
    """Is it a convolution of each channel by itself?"""
    return isinstance(part, nn.Conv2d) and part.groups > 1


def _widened(known: Any) -> tuple[int, int]:
    """The same of every layer of linear ones, from the configuration."""
    if _first(known, WIDENED):
        times = known.mlp_ratio if isinstance(known.mlp_ratio, int | float) else 0
        return int(times) * int(getattr(known, "hidden_size", 0)), int(times)
    name = _first(known, SIZES)
    return (int(getattr(known, name)) if name else 0), 0


def _first(known: Any, names: Sequence[str]) -> str | None:
    return next((name for name in names if getattr(known, name, None)), None)


def _outputs(part: nn.Module) -> int:
    return int(getattr(part, _first(part, OUTPUTS) or "", 0))


def _inputs(part: nn.Module) -> int:
    return int(getattr(part, _first(part, INPUTS) or "", 0))


def _each_alone(part: nn.Module) -> bool:
    """Is each output made of the one input with the same number?"""
    return isinstance(part, nn.BatchNorm2d) or _alone(part)


def _gives(part: nn.Module, width: int) -> bool:
    return _outputs(part) == width > 0 and (_each_alone(part) or _inputs(part) != width)


def _takes(part: nn.Module, width: int) -> bool:
    return _inputs(part) == width > 0 and not _each_alone(part) and _outputs(part) != width


def neuron_importance(
    model: Any,
    batches: Iterable[Mapping[str, torch.Tensor]],
    loss: Callable[[Mapping[str, torch.Tensor]], torch.Tensor],
) -> list[torch.Tensor]:
    """How much the loss would change without each neuron, to first order: [neurons] for every layer that has
    any.

    The sum over rows of |sum over tokens, or places of a picture, of activation times gradient| (Molchanov et
    al. 2017, "Pruning Convolutional Neural Networks for Resource Efficient Inference"). `loss` gives the mean
    loss of a batch. Raises ValueError where `neurons` is None.
    """
    there = neurons(model)
    if there is None:
        raise ValueError("no neurons to tell apart")
    activations: list[torch.Tensor] = []

    def look(_: nn.Module, given: tuple[torch.Tensor, ...]) -> None:
        given[0].retain_grad()
        activations.append(given[0])

    hooks = [group.taking[-1].register_forward_pre_hook(look) for group in there]
    totals = [torch.zeros(group.count) for group in there]
    try:
        for batch in batches:
            activations.clear()
            loss(batch).backward()
            for group, total, activation in zip(there, totals, activations, strict=True):
                if activation.grad is None:  # what comes of it is not in the answer
                    continue
                change = (activation * activation.grad).detach().float()
                pixels = isinstance(group.taking[-1], nn.Conv2d)
                change = change.sum(dim=(-1, -2) if pixels else -2)
                total += change.abs().reshape(-1, len(total)).sum(dim=0).cpu()
    finally:
        for hook in hooks:
            hook.remove()
        model.zero_grad(set_to_none=True)
    return totals


def keep_neurons(model: Any, importance: Sequence[torch.Tensor], share: float) -> list[int]:
    """Leave about the most important `share` of the neurons; returns how many that is of each layer.

    As many in every layer; where the configuration says how many times the inputs they are, by `fewer`.
    Raises ValueError where `neurons` is None.
    """
    there, known = neurons(model), settings(model)
    if there is None:
        raise ValueError("no neurons to take out")
    counts = []
    for group, of_layer in zip(there, importance, strict=True):
        size = group.count
        if group.ratio:
            count = size // group.ratio * fewer(known, group.ratio, share)
        else:
            count = max(1, min(size, round(share * size / ROUND) * ROUND or ROUND))
        keep = torch.sort(torch.topk(of_layer, count).indices).values
        for part in group.giving:
            _cut(part, keep, rows=True)
        for part in group.taking:
            _cut(part, keep, rows=False)
        counts.append(count)
    name = _first(known, (*EXPANDED, *WIDENED))
    if name is None:
        setattr(known, str(_first(known, SIZES)), counts[0])
        return counts
    times = getattr(known, name)
    many = isinstance(times, list | tuple)
    less = [fewer(known, int(ratio), share) for ratio in (times if many else [times])]
    setattr(known, name, less if many else less[0])
    return counts


def fewer(known: Any, ratio: int, share: float) -> int:
    """Of a whole number of times the inputs, as a configuration says it: about a share of it, but at least
    one less, and no less than can be."""
    lowest = LOWEST_EXPANDED if _first(known, EXPANDED) else 1
    return min(ratio, max(lowest, min(ratio - 1, round(share * ratio))))


def can_lose(model: Any, share: float) -> bool:
    """Would there be fewer neurons with `share` of them left?"""
    there, known = neurons(model), settings(model)
    return there is not None and any(
        not group.ratio or fewer(known, group.ratio, share) < group.ratio for group in there
    )


def _cut(part: Any, keep: torch.Tensor, *, rows: bool) -> None:
    """Of a linear layer, convolution or batch normalisation: leave the outputs (`rows`), or the inputs, that
    are kept."""
    keep = keep.to(part.weight.device)
    taken = ("weight", "bias", "running_mean", "running_var") if rows else ("weight",)
    for name in taken:
        value = getattr(part, name, None)
        if value is not None:
            less = value.detach()[keep] if rows else value.detach()[:, keep]
            setattr(part, name, nn.Parameter(less.clone()) if name in part._parameters else less)
    alone = _each_alone(part)
    for name in (*(OUTPUTS if rows else ()), *(INPUTS[:2] if alone or not rows else ())):
        if hasattr(part, name):
            setattr(part, name, len(keep))
    if alone and hasattr(part, "groups"):
        part.groups = len(keep)
