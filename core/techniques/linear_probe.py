"""Fast mode for pictures: the pretrained network stays as it came, and one layer learns from its features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.data.profile import Profile
from core.errors import UserError
from core.recipe import Recipe
from core.techniques.base import Context, Technique
from core.techniques.evidence import sentence
from core.words import Message, message

if TYPE_CHECKING:
    import torch


class LinearProbe(Technique):
    """Linear probing (Alain and Bengio 2016; Kornblith, Shlens and Le 2019, "Do Better ImageNet Models
    Transfer Better?"). The features of every picture are computed once and brought to one scale; in the end
    that goes into the layer's own weights, so that the download is a standard model.
    """

    key = "linear_probe"
    group = "course"
    modalities = ("image",)
    stages = ("train",)
    frozen = True
    # Nothing else moves meanwhile, and all features are of one scale (benchmarks/README.md, "Pictures").
    head_rate = 5.0
    decay = 300.0  # a thousand features and a few hundred rows: else it soon knows these by heart

    @classmethod
    def suggested(cls, profile: Profile) -> bool:
        return True

    @classmethod
    def apart(cls, profile: Profile, kind: str = "apart") -> Message | None:
        """What to know of a technique that it rules out, where it can be used at all: that, and of one that
        makes the model "smaller" what does so at less cost (benchmarks/README.md)."""
        if profile.modality not in cls.modalities:
            return None
        return message(f"technique.linear_probe.{kind}")

    @classmethod
    def rule_out(cls, other: Technique, recipe: Recipe) -> None:
        """Raise UserError where another technique, which changes what is frozen here, is in its recipe."""
        if cls.key in recipe.techniques:
            raise UserError("linear_probe_with", other=message(f"technique.{other.key}.name"))

    def model(self, model: torch.nn.Module, context: Context) -> None:
        from core.models.heads import last_layer

        found = last_layer(model)
        if found is None:
            raise UserError("linear_probe_no_layer")
        model.requires_grad_(False)
        found[1].requires_grad_(True)
        trained = sum(p.numel() for p in found[1].parameters())
        total = sum(p.numel() for p in model.parameters())
        done = message(
            "technique.linear_probe.done",
            features=found[1].in_features,
            trained=trained,
            share=trained / total,
        )
        context.note(done)
        self.evidence[:] = [sentence(done)]
