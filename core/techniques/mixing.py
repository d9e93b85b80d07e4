"""MixUp and its kin (Zhang et al. 2018): rows of a batch are mixed with others, and so is their loss."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.techniques.base import Context, Technique

if TYPE_CHECKING:
    import torch

    from core.techniques.base import Loss

SPREAD = 0.4  # of the Beta distribution of the shares: mostly one row, with a little of another


class Mixing(Technique):
    """What mixes in a hook of the model: that draws with `partners` and is kept in `_hook`, for `finish`."""

    def __init__(self, options: Any = None) -> None:
        super().__init__(options)
        self._mixed: tuple[Any, float] | None = None  # which rows with which, and their share
        self._hook: Any = None

    @property
    @abstractmethod
    def mixes(self) -> bool:
        """Do the options ask for it?"""

    def partners(self, rows: int) -> tuple[torch.Tensor, float]:
        """For a batch: which other row each is mixed with [rows], and the share of the row itself, 0 to 1."""
        import torch

        others = torch.randperm(rows)
        return others, float(torch.distributions.Beta(SPREAD, SPREAD).sample())

    def loss(self, loss: Loss, context: Context) -> Loss:
        if not self.mixes:
            return loss

        def mixed(logits: torch.Tensor, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
            if self._mixed is None:
                return loss(logits, batch)
            others, share = self._mixed
            swapped = {name: value[others] for name, value in batch.items()}
            return share * loss(logits, batch) + (1 - share) * loss(logits, swapped)

        return mixed

    def finish(self, model: torch.nn.Module, context: Context) -> None:
        if self._hook:
            self._hook.remove()
