"""Class balance: mistakes on rare classes cost more, so that they are not drowned by common ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.data.profile import Profile
from core.options import option
from core.techniques.base import Context, Technique
from core.words import Message, message

if TYPE_CHECKING:
    from core.techniques.base import Loss

UNEQUAL = 3  # times as many rows as the rarest class has


@dataclass(frozen=True)
class Options:
    # 1 weighs every class the same in sum ("balanced"), 0 changes nothing
    strength: float = option(1.0, minimum=0.1, maximum=1.0, step=0.1)


class ClassBalance(Technique):
    """Cross-entropy weighted by inverse class frequency (King and Zeng 2001), softened by `strength`.

    Weights are (rows / (classes * rows of the class)) ** strength, scaled so that an average row weighs 1.
    """

    key = "class_balance"
    Options = Options

    @classmethod
    def unavailable(cls, profile: Profile) -> Message | None:
        counts = [count for _, count in profile.classes]
        if counts and max(counts) <= 1.05 * min(counts):
            return message("technique.class_balance.unavailable")
        return None

    @classmethod
    def advice(cls, profile: Profile) -> Message | None:
        if len(profile.classes) < 2:
            return None
        most, fewest = profile.classes[0][1], profile.classes[-1][1]
        kind = "unequal" if most >= UNEQUAL * fewest else "equal"
        return message(f"technique.class_balance.advice.{kind}", most=most, fewest=fewest)

    def loss(self, context: Context) -> Loss:
        import numpy as np
        import torch

        counts = np.maximum(context.class_counts, 1).astype(float)
        weights = (counts.sum() / (len(counts) * counts)) ** self.options.strength
        weights *= counts.sum() / (weights * counts).sum()
        tensor = torch.tensor(weights, dtype=torch.float32)

        def weighted(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
            losses = torch.nn.functional.cross_entropy(logits.float(), labels, reduction="none")
            # Not divided by the weights of the batch: the gradient must not depend on its make-up.
            return (losses * tensor.to(labels.device)[labels]).mean()

        return weighted
