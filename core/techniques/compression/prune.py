"""Pruning: neurons and layers that matter least are taken out, and what is left learns once more."""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.data.profile.profile import Profile
from core.data.sampling import evenly_spaced
from core.errors import UserError
from core.evidence import Sentence
from core.options import option
from core.technique import Context, Fit, Fitted, Technique
from core.techniques.linear_probe import LinearProbe
from core.words import Message, message

if TYPE_CHECKING:
    import torch

STAGE = "recover"
IMPORTANCE_ROWS = 512  # training rows that the importance of a neuron is measured on


class Prune(Technique):
    """Structured pruning: whole neurons of the feed-forward parts, or channels inside the blocks of a network
    of convolutions, by first-order Taylor importance (Molchanov et al. 2017), as many in every layer, and
    whole layers from the top (Sajjad et al. 2023, "On the Effect of Dropping Layers of Pre-trained
    Transformer Models"; of a network of stages those that change no size). `weights` sets single weights to
    zero by their size (Han et al. 2015) for comparison: what is zero is still stored and multiplied.
    """

    key = "prune"
    changes_encoder = True
    group = "compression"

    @dataclass(frozen=True)
    class Options:
        neurons: float = option(0.5, minimum=0.0, maximum=0.9, step=0.05)  # share taken out
        layers: int = option(0, minimum=0, maximum=12, step=1)  # taken out, from the top
        weights: float = option(0.0, minimum=0.0, maximum=0.95, step=0.05)  # share set to zero
        recovery: float = option(0.5, minimum=0.1, maximum=2.0, step=0.1)  # of the run's epochs

    def __init__(self, options: Any = None) -> None:
        super().__init__(options)
        chosen = self.options
        if not (chosen.neurons or chosen.layers or chosen.weights):
            raise UserError("prune_nothing")
        self._masks: dict[str, torch.Tensor] = {}

    @property
    def more(self) -> float:
        return float(self.options.recovery)

    @classmethod
    def advice(cls, profile: Profile) -> Message | None:
        return LinearProbe.apart(profile, "smaller")

    def before(self, fit: Fit, model: torch.nn.Module) -> None:
        """Say what cannot be done now, not after the training."""
        from core.models.surgery.layers import layers
        from core.models.surgery.neurons import can_lose
        from core.models.surgery.shrink import droppable

        if self.options.neurons and not can_lose(model, 1 - self.options.neurons):
            raise UserError("prune_built_otherwise")
        there = len(layers(model))
        most = min(len(droppable(model)), there - 1)
        if self.options.layers > most:
            raise UserError("prune_too_many_layers", layers=there, most=most)

    def after(self, fit: Fit, fitted: Fitted) -> Fitted:
        from core.models.surgery import shrink
        from core.models.surgery.layers import layers
        from core.models.surgery.neurons import keep_neurons, neuron_importance
        from core.training.measure import compared

        chosen = self.options
        whole = fitted.model
        model = copy.deepcopy(whole)
        model.requires_grad_(True)  # what was frozen has neurons as well
        if chosen.layers:
            out = shrink.droppable(model)[-chosen.layers :]
            kept = [place for place in range(len(layers(model))) if place not in out]
            shrink.keep_layers(model, kept)
        if chosen.neurons:
            loss = functools.partial(_loss, fit, model)
            importance = neuron_importance(model, _batches(fit, model), loss)
            keep_neurons(model, importance, 1 - chosen.neurons)
        if chosen.weights:
            self._masks = shrink.smallest_weights(model, chosen.weights)
            shrink.apply_masks(model, self._masks)
        cut = copy.deepcopy(model)
        pruned = fit.train_again(model, STAGE, self.more, fitted)
        models = {"whole": whole, "cut": cut, "recovered": pruned.model}
        named = [
            (message(f"technique.prune.{name}"), compared_model)
            for name, compared_model in models.items()
        ]
        self.evidence[:] = [compared(message("technique.prune.before_after"), fit, named)]
        if chosen.weights:
            zero = sum(int((~mask).sum()) for mask in self._masks.values())
            total = sum(mask.numel() for mask in self._masks.values())
            said = message("technique.prune.zero", share=zero / max(1, total))
            self.evidence.append(Sentence(said))
        return pruned

    def callbacks(self, context: Context) -> list[Any]:
        if context.stage != STAGE or not self._masks:
            return []
        from transformers import TrainerCallback

        from core.models.surgery.shrink import apply_masks

        masks = self._masks

        class KeepZero(TrainerCallback):
            def on_step_end(self, *_: Any, model: Any = None, **__: Any) -> None:
                apply_masks(model, masks)

        return [KeepZero()]


def _batches(fit: Fit, model: Any) -> Iterator[Any]:
    """Training rows, evenly spread over the table, in batches as they are trained on."""
    rows, size = fit.splits.train, fit.spec.batch_size
    places = evenly_spaced(len(rows), IMPORTANCE_ROWS)
    for start in range(0, len(places), size):
        fit.raise_if_stopped()
        some = [rows[int(place)] for place in places[start : start + size]]
        yield fit.collate(some).to(model.device)


def _loss(fit: Fit, model: Any, batch: Any) -> Any:
    from core.training.batching import for_model

    return fit.base_loss(model(**for_model(batch)).logits, batch).mean()
