"""Linear probing: everything below the last layer is frozen, and only that layer is trained on its features.

The features are brought to one scale while the layer learns: the same learning rate then suits any model.
What the layer answers is the same before and after.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from transformers.modeling_outputs import ImageClassifierOutput

from core.models.embed import features as features_of
from core.models.surgery.heads import last_layer
from core.training.frozen_features import CachedFeatures, FrozenPart

MIN_SPREAD = 1e-6  # of all features together: below it they say nothing


class _Last(nn.Module):
    """The last layer alone, on scaled features [rows, 1, hidden size]."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, inputs_embeds: torch.Tensor, **_: torch.Tensor) -> ImageClassifierOutput:
        return ImageClassifierOutput(logits=self.layer(inputs_embeds[:, 0]))


@dataclass(frozen=True)
class Scaling:
    """Standardisation: what was taken off the features and what they were divided by ([hidden size] each),
    and a number that is another one for other weights of the frozen part that they came from."""

    mean: torch.Tensor
    spread: torch.Tensor
    frozen: float


class FrozenEncoder(FrozenPart):
    """Everything but the last layer of a classifier. One vector is kept of each row."""

    dtype, vectors_at_once = np.float32, 8  # of more, fewer a second
    scaling: Scaling | None  # once something is kept

    def __init__(self, model: Any, layer: nn.Linear) -> None:
        super().__init__(model, layer.in_features)
        self.layer = layer

    @classmethod
    def of(cls, model: Any) -> FrozenEncoder | None:
        """None when something else is trained as well."""
        named = last_layer(model)
        if named is None:
            return None
        own = {id(p) for p in named[1].parameters()}
        trained = {id(p) for p in model.parameters() if p.requires_grad}
        return cls(model, named[1]) if trained == own else None

    def follows(self, scaling: Scaling | None) -> bool:
        if scaling is None or self._checksum() != scaling.frozen:
            return False
        self.scaling = scaling
        return True

    def _checksum(self) -> float:
        own = {id(p) for p in self.layer.parameters()}
        return sum(
            float(p.detach().double().sum()) for p in self.model.parameters() if id(p) not in own
        )

    def outputs(self, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """The features that the last layer is given. Raises ValueError where they are not one vector a
        row."""
        features = features_of(self.model, batch)
        if features.dim() != 2:
            raise ValueError("more than one vector a row")
        return features.float()[:, None], torch.ones(len(features), 1)

    def compute(self, *args: Any, **kwargs: Any) -> CachedFeatures:
        """The same, scaled. The first rows, those of the training, say by what: the deviation of each
        feature, but no less than that of all together, or features that hardly ever say anything would be as
        loud as the others."""
        features = super().compute(*args, **kwargs)
        vectors = features.vectors
        if self.scaling is None:
            deviation = np.asarray(vectors.std(axis=0))
            together = float(np.sqrt(np.mean(deviation**2)))
            deviation = np.maximum(deviation, together if together > MIN_SPREAD else 1.0)
            mean = np.asarray(vectors.mean(axis=0))
            # What is taken off the features has to go into the bias; a layer without one keeps it.
            mean = mean if self.layer.bias is not None else 0 * mean
            mean, spread = torch.from_numpy(mean), torch.from_numpy(deviation)
            self.scaling = Scaling(mean, spread, self._checksum())
        for start in range(0, len(vectors), 1 << 14):
            part = vectors[start : start + (1 << 14)]
            part -= self.scaling.mean.numpy()
            part /= self.scaling.spread.numpy()
        return features

    def _mean_and_spread(self) -> tuple[torch.Tensor, torch.Tensor]:
        scaling, like = self.scaling, self.layer.weight
        if scaling is None:
            return like.new_zeros(self.hidden), like.new_ones(self.hidden)
        return scaling.mean.to(like.device), scaling.spread.to(like.device)

    def apply(self) -> nn.Module:
        """The layer, which from now on is given scaled features."""
        mean, spread = self._mean_and_spread()
        with torch.no_grad():
            if self.layer.bias is not None:
                self.layer.bias += self.layer.weight @ mean
            self.layer.weight *= spread
        return _Last(self.layer)

    def undo(self) -> None:
        """The layer is given the features as they are."""
        mean, spread = self._mean_and_spread()
        with torch.no_grad():
            self.layer.weight /= spread
            if self.layer.bias is not None:
                self.layer.bias -= self.layer.weight @ mean

    def lengths(self, rows: Any) -> np.ndarray:
        return np.ones(len(rows), dtype=np.int64)
