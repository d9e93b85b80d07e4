"""A technique: one checkbox, one file. Hooks are optional; `train` calls them in this order:

    model -> loss -> callbacks

Torch and transformers are imported inside the hooks: the page draws the checkboxes without them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from core.data.profile import Profile
from core.recipe import TrainSpec
from core.words import Message

if TYPE_CHECKING:
    import numpy as np
    import torch

    Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Context:
    """What a hook may know about the run it is part of.

    `class_counts` are training rows per class, shape [classes]; `patience` are evaluations without a better
    score that this run can afford; `note` tells the person something.
    """

    train: TrainSpec
    labels: tuple[str, ...]
    class_counts: np.ndarray
    evaluations_per_epoch: float
    patience: int
    note: Callable[[Message], None]


@dataclass(frozen=True)
class NoOptions:
    """A technique without settings."""


class Technique:
    """Subclass it, set `key` and `Options`, override the hooks that are needed."""

    key: ClassVar[str]
    Options: ClassVar[type] = NoOptions

    def __init__(self, options: Any = None) -> None:
        self.options = self.Options() if options is None else options

    @classmethod
    def unavailable(cls, profile: Profile) -> Message | None:
        """Why it cannot be used on this data, or None."""
        return None

    @classmethod
    def suggested(cls, profile: Profile) -> bool:
        """Is it ticked for a newcomer with this data, as long as nothing else is said?"""
        return False

    @classmethod
    def advice(cls, profile: Profile) -> Message | None:
        """Whether to use it on this data, and why; None where the data says nothing about it."""
        return None

    def model(self, model: torch.nn.Module, context: Context) -> None:
        """Change the loaded model in place, before the optimizer is made."""

    def loss(self, context: Context) -> Loss | None:
        """A loss of (logits [rows, classes], labels [rows]) -> scalar, in place of cross-entropy."""
        return None

    def callbacks(self, context: Context) -> list[Any]:
        """transformers' TrainerCallbacks to add."""
        return []
