"""Freeze: the lower layers, and what is below them, stay as they were pretrained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.data.profile import Profile
from core.options import option
from core.recipe import Recipe
from core.techniques.base import Context, Technique
from core.techniques.evidence import sentence
from core.techniques.linear_probe import LinearProbe
from core.words import Message, message

if TYPE_CHECKING:
    import torch

FEW = 1_000  # usable rows below which it saves little time and costs score (benchmarks/README.md)


@dataclass(frozen=True)
class Options:
    share: float = option(0.5, minimum=0.0, maximum=1.0, step=0.1)  # of the layers, from the bottom
    gradual: bool = option(False)  # are the other layers frozen at first, too?


class Freeze(Technique):
    """Lee, Tang and Lin 2019, "What Would Elsa Do? Freezing Layers During Transformer Fine-Tuning".

    `gradual`: the layers that are trained begin one after the other, from the top, evenly over the first half
    of the steps (Howard and Ruder 2018, section 3.3; there it is one an epoch).
    """

    key = "freeze"
    group = "course"
    modalities = ("text", "image")
    stages = ("train",)
    Options = Options

    @classmethod
    def advice(cls, profile: Profile) -> Message:
        kind = "few" if profile.usable < FEW else "many"
        usual = message(f"technique.freeze.advice.{kind}", rows=profile.usable)
        return LinearProbe.apart(profile) or usual

    def check(self, recipe: Recipe) -> None:
        LinearProbe.rule_out(self, recipe)

    def model(self, model: torch.nn.Module, context: Context) -> None:
        from core.models.layers import heights, layers

        above, height = layers(model), heights(model)
        frozen = above[: round(self.options.share * len(above))]
        self._waiting = above[len(frozen) :]
        for module in frozen:
            module.requires_grad_(False)
        for parameter in model.parameters():
            if height.get(id(parameter)) == 0:  # what is below the layers
                parameter.requires_grad_(False)
        trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
        total = sum(p.numel() for p in model.parameters())
        done = message(
            "technique.freeze.done", frozen=len(frozen), layers=len(above), share=trained / total
        )
        context.note(done)
        self.evidence[:] = [sentence(done)]

    def callbacks(self, context: Context) -> list[Any]:
        if not self.options.gradual:
            return []
        from transformers import TrainerCallback

        waiting = [[p for p in each.parameters() if p.requires_grad] for each in self._waiting]

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
