"""Freeze: the embeddings and the lower layers stay as they were pretrained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.data.profile import Profile
from core.options import option
from core.techniques.base import Context, Technique
from core.words import Message, message

if TYPE_CHECKING:
    import torch

FEW = 1_000  # usable rows below which it saves little time and costs score (benchmarks/README.md)


@dataclass(frozen=True)
class Options:
    share: float = option(0.5, minimum=0.0, maximum=1.0, step=0.1)  # of the layers, from the bottom


class Freeze(Technique):
    """Lee, Tang and Lin 2019, "What Would Elsa Do? Freezing Layers During Transformer Fine-Tuning"."""

    key = "freeze"
    Options = Options

    @classmethod
    def advice(cls, profile: Profile) -> Message:
        kind = "few" if profile.usable < FEW else "many"
        return message(f"technique.freeze.advice.{kind}", rows=profile.usable)

    def model(self, model: torch.nn.Module, context: Context) -> None:
        from core.models.layers import embeddings, layers

        above = layers(model)
        frozen = above[: round(self.options.share * len(above))]
        block = embeddings(model)
        below = getattr(model.base_model, block) if block else model.get_input_embeddings()
        for module in [below, *frozen]:
            module.requires_grad_(False)
        trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
        total = sum(p.numel() for p in model.parameters())
        context.note(
            message(
                "technique.freeze.done",
                frozen=len(frozen),
                layers=len(above),
                share=trained / total,
            )
        )
