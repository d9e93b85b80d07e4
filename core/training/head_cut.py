"""Everything below the last layer is frozen: its features are computed once, and only that layer is trained.

It has the same parts as `core.training.cache.Cut`. The features are brought to one scale while the layer
learns: the same learning rate then suits any model. What the layer answers is the same before and after.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from transformers.modeling_outputs import ImageClassifierOutput

from core.models.features import features
from core.models.heads import last_layer
from core.training.batching import for_model
from core.training.cache import DISK_SHARE, PROBES, TOLERANCE, TooLarge

BATCH = 8  # rows that go through the frozen part at a time; of more, fewer a second
SMALLEST = 1e-6  # of all features together: below it they say nothing
FEATURES = "features"


class _Last(nn.Module):
    """The last layer alone, on scaled features [rows, hidden size]."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, features: torch.Tensor) -> ImageClassifierOutput:
        return ImageClassifierOutput(logits=self.layer(features))


@dataclass(frozen=True)
class Standard:
    """What was taken off the features and what they were divided by ([hidden size] each), and the frozen part
    that they came from."""

    mean: torch.Tensor
    spread: torch.Tensor
    frozen: float  # see `HeadCut._below`


class HeadCut:
    """A model whose last layer alone is trained."""

    def __init__(self, model: Any, layer: nn.Linear) -> None:
        self.model, self.layer = model, layer
        self.standard: Standard | None = None  # once something is kept

    @classmethod
    def of(cls, model: Any) -> HeadCut | None:
        """None when something else is trained as well."""
        found = last_layer(model)
        if found is None:
            return None
        own = {id(p) for p in found[1].parameters()}
        trained = {id(p) for p in model.parameters() if p.requires_grad}
        return cls(model, found[1]) if trained == own else None

    def follows(self, earlier: Standard | None) -> bool:
        """Is what an earlier one has kept good for this one, as its frozen part is the same? Then it
        scales by the same numbers, those of `earlier`."""
        if earlier is None or self._below() != earlier.frozen:
            return False
        self.standard = earlier
        return True

    def _below(self) -> float:
        """A number that is another one for other weights of the frozen part."""
        own = {id(p) for p in self.layer.parameters()}
        return sum(
            float(p.detach().double().sum()) for p in self.model.parameters() if id(p) not in own
        )

    def agrees(self, collate: Callable[[list[Any]], Any], rows: Any) -> bool:
        """Is what the layer says of its features what the model says?"""
        batch = collate([rows[i] for i in range(min(PROBES, len(rows)))])
        self.model.eval()
        with torch.inference_mode():
            given, said = features(self.model, self._inputs(batch))
            if given.dim() != 2:
                return False
            return bool((self.layer(given) - said).abs().max() <= TOLERANCE)

    def _inputs(self, batch: Any) -> dict[str, torch.Tensor]:
        device = self.model.device
        return {name: value.to(device) for name, value in for_model(batch).items()}

    def keep(
        self,
        rows: Any,
        collate: Callable[[list[Any]], Any],
        file: Path,
        autocast: Callable[[], Any],
        should_stop: Callable[[], None] = lambda: None,
    ) -> Features:
        """Compute the features of all `rows` and keep them in `file`. The first rows that are kept, those of
        the training, say by what all are scaled: the deviation of each feature, but no less than that of all
        together, or features that hardly ever say anything would be as loud as the others.

        `should_stop` is called between batches and may raise. Raises TooLarge when the disk has no room.
        """
        hidden = self.layer.in_features
        if 4 * len(rows) * hidden > DISK_SHARE * shutil.disk_usage(file.parent).free:
            raise TooLarge
        kept = np.lib.format.open_memmap(
            file, mode="w+", dtype=np.float32, shape=(len(rows), hidden)
        )
        self.model.eval()
        for start in range(0, len(rows), BATCH):
            should_stop()
            end = min(start + BATCH, len(rows))
            batch = self._inputs(collate([rows[i] for i in range(start, end)]))
            with autocast(), torch.inference_mode():
                kept[start:end] = features(self.model, batch)[0].float().cpu().numpy()
        if self.standard is None:
            deviation = np.asarray(kept.std(axis=0))
            together = float(np.sqrt(np.mean(deviation**2)))
            deviation = np.maximum(deviation, together if together > SMALLEST else 1.0)
            mean = np.asarray(kept.mean(axis=0))
            # What is taken off the features has to go into the bias; a layer without one keeps it.
            mean = mean if self.layer.bias is not None else 0 * mean
            self.standard = Standard(
                torch.from_numpy(mean), torch.from_numpy(deviation), self._below()
            )
        for start in range(0, len(rows), 1 << 14):
            part = kept[start : start + (1 << 14)]
            part -= self.standard.mean.numpy()
            part /= self.standard.spread.numpy()
        return Features(kept, rows["labels"])

    def _mean_and_spread(self) -> tuple[torch.Tensor, torch.Tensor]:
        assert self.standard is not None
        device = self.layer.weight.device
        return self.standard.mean.to(device), self.standard.spread.to(device)

    def apply(self) -> nn.Module:
        """What is to be trained: the layer, which from now on is given scaled features."""
        mean, spread = self._mean_and_spread()
        with torch.no_grad():
            if self.layer.bias is not None:
                self.layer.bias += self.layer.weight @ mean
            self.layer.weight *= spread
        return _Last(self.layer)

    def undo(self) -> None:
        """The whole model again: the layer is given the features as they are."""
        mean, spread = self._mean_and_spread()
        with torch.no_grad():
            self.layer.weight /= spread
            if self.layer.bias is not None:
                self.layer.bias -= self.layer.weight @ mean

    def collate(self, rows: list[Mapping[str, Any]]) -> dict[str, torch.Tensor]:
        """A batch of `Features` rows."""
        return {
            FEATURES: torch.from_numpy(np.stack([row[FEATURES] for row in rows])),
            "labels": torch.tensor([row["labels"] for row in rows]),
        }

    def width(self, batch: Mapping[str, Any]) -> int:
        """A row is one vector."""
        return 1


class Features(torch.utils.data.Dataset[dict[str, Any]]):
    """Rows as the last layer sees them: `features` [hidden size], `labels`."""

    def __init__(self, kept: np.ndarray, labels: Any) -> None:
        self._kept, self._labels = kept, list(labels)

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, row: int) -> dict[str, Any]:
        return {FEATURES: np.array(self._kept[row]), "labels": self._labels[row]}
