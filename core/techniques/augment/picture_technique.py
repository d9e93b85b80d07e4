"""Data augmentation for pictures: in every epoch each is seen a little differently."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.data.profile.profile import Profile
from core.errors import UserError
from core.evidence import Block, Sentence, pictures
from core.options import option
from core.recipe import Recipe
from core.techniques.augment.augmentation import AlteredRows, Augmentation
from core.techniques.augment.pictures import METHODS, alter
from core.techniques.linear_probe import LinearProbe
from core.words import Message, message

if TYPE_CHECKING:
    import torch

VIEWS = 4  # that are shown of an example


class AlteredPictures(AlteredRows):
    def view(self, row: int, epoch: int) -> np.ndarray:
        """Pixels [height, width, 3] of a row in an epoch."""
        technique = self._technique
        pixels = self._rows[row]["pixel_values"]
        draw = self._draw(row, epoch)
        return alter(pixels, technique.chosen, technique.options.strength, draw)

    def row(self, number: int) -> dict[str, Any]:
        return {**self._rows[number], "pixel_values": self.view(number, self._epoch)}


class AugmentPictures(Augmentation):
    """Random crops, flips, colours and turns; MixUp (Zhang et al. 2018) and CutMix (Yun et al. 2019) of the
    pictures of a batch. Validation and test rows are never touched."""

    key = "augment_pictures"
    modalities = ("image",)
    methods, examples = tuple(METHODS), 4
    altered = AlteredPictures

    @dataclass(frozen=True)
    class Options:
        crop: bool = option(True)
        flip: bool = option(True)
        colour: bool = option(False)
        rotate: bool = option(False)
        mix: str = option("none", choices=("none", "mixup", "cutmix"))
        strength: float = option(0.3, minimum=0.05, maximum=0.9, step=0.05)

    @property
    def mixes(self) -> bool:
        return bool(self.options.mix != "none")

    @classmethod
    def advice(cls, profile: Profile) -> Message:
        return message("technique.augment_pictures.advice")

    def check(self, recipe: Recipe) -> None:
        if LinearProbe.key in recipe.techniques:  # each picture is seen once there
            raise UserError("augment_pictures_fast")

    def shown(self, rows: Any, altered: Any, places: Sequence[int]) -> list[Block]:
        grid = [
            [rows[row]["pixel_values"], *(altered.view(row, epoch) for epoch in range(VIEWS))]
            for row in places
        ]
        return [
            Sentence(message("technique.augment_pictures.rows", rows=len(rows))),
            pictures(message("technique.augment_pictures.examples"), grid),
        ]

    def join(
        self, ones: torch.Tensor, others: torch.Tensor, share: float
    ) -> tuple[torch.Tensor, float]:
        from core.techniques.augment.mixing import cutmix

        join = cutmix if self.options.mix == "cutmix" else super().join
        return join(ones, others, share)

    def hook(self, model: torch.nn.Module) -> Any:
        def mixed(module: torch.nn.Module, args: Any, given: dict[str, Any]) -> Any:
            return args, {**given, "pixel_values": self.mix(module, given["pixel_values"])}

        return model.register_forward_pre_hook(mixed, with_kwargs=True)
