"""Freeze: the lower layers, and what is below them, stay as they were pretrained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.data.profile.profile import Profile
from core.options import option
from core.technique import Context, Technique
from core.techniques.linear_probe import LinearProbe
from core.words import Message, message

if TYPE_CHECKING:
    import torch

# Usable rows below which it saves little time and costs score (benchmarks/README.md).
MIN_ROWS = 1_000


class Freeze(Technique):
    """Lee, Tang and Lin 2019, "What Would Elsa Do? Freezing Layers During Transformer Fine-Tuning".

    `gradual`: the layers that are trained begin one after the other, from the top, evenly over the first half
    of the steps (Howard and Ruder 2018, section 3.3; there it is one an epoch).
    """

    key = "freeze"
    changes_encoder = True
    group = "course"
    fast = True
    stages = ("train",)

    @dataclass(frozen=True)
    class Options:
        # of the layers, from the bottom
        share: float = option(0.5, minimum=0.0, maximum=1.0, step=0.1)
        gradual: bool = option(False)  # are the other layers frozen at first, too?

    @property
    def frozen_layers(self) -> float:
        return float(self.options.share)

    @classmethod
    def advice(cls, profile: Profile) -> Message:
        kind = "few" if profile.usable < MIN_ROWS else "many"
        usual = message(f"technique.freeze.advice.{kind}", rows=profile.usable)
        return LinearProbe.apart(profile) or usual

    def model(self, model: torch.nn.Module, context: Context) -> None:
        from core.models.surgery.layers import heights, layers, trained_share

        above, height = layers(model), heights(model)
        frozen = above[: round(self.options.share * len(above))]
        self._waiting = above[len(frozen) :]
        for module in frozen:
            module.requires_grad_(False)
        for parameter in model.parameters():
            if height.get(id(parameter)) == 0:  # what is below the layers
                parameter.requires_grad_(False)
        facts = {"frozen": len(frozen), "layers": len(above), "share": trained_share(model)[1]}
        self.tell(context, message("technique.freeze.done", **facts))

    def callbacks(self, context: Context) -> list[Any]:
        if not self.options.gradual:
            return []
        from transformers import TrainerCallback

        waiting = [[p for p in layer.parameters() if p.requires_grad] for layer in self._waiting]

        class Unfreeze(TrainerCallback):
            def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
                # From the step alone, so that a resumed run goes on where it was.
                done = min(1.0, 2 * state.global_step / state.max_steps)
                begun = 1 + int(done * (len(waiting) - 1))
                for place, parameters in enumerate(reversed(waiting)):
                    for parameter in parameters:
                        parameter.requires_grad_(place < begun)
                        if place >= begun:
                            parameter.grad = None  # no momentum and no decay before its turn

            def on_train_end(self, *_: Any, **__: Any) -> None:
                for parameters in waiting:
                    for parameter in parameters:
                        parameter.requires_grad_(True)

        return [Unfreeze()]
