"""Fast mode for pictures: the pretrained network stays as it came, and one layer learns from its features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.data.profile.profile import Profile
from core.errors import UserError
from core.technique import Context, Technique
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
    frozen = fast = True
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

    def model(self, model: torch.nn.Module, context: Context) -> None:
        from core.models.surgery.heads import last_layer
        from core.models.surgery.layers import trained_share

        named = last_layer(model)
        if named is None:
            raise UserError("linear_probe_no_layer")
        layer = named[1]
        model.requires_grad_(False)
        layer.requires_grad_(True)
        trained, share = trained_share(model)
        counts = {"features": layer.in_features, "trained": trained}
        self.tell(context, message("technique.linear_probe.done", **counts, share=share))
