"""Data augmentation for pictures: in every epoch each is seen a little differently."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.data.profile import Profile
from core.errors import UserError
from core.modalities.picture_augmentation import METHODS, alter
from core.options import option
from core.recipe import Recipe
from core.techniques.base import Context
from core.techniques.evidence import pictures, sentence
from core.techniques.linear_probe import LinearProbe
from core.techniques.mixing import Mixing
from core.words import Message, message

if TYPE_CHECKING:
    import torch


EXAMPLES, VIEWS = 4, 4  # pictures that are shown, and altered views of each


@dataclass(frozen=True)
class Options:
    crop: bool = option(True)
    flip: bool = option(True)
    colour: bool = option(False)
    rotate: bool = option(False)
    mix: str = option("none", choices=("none", "mixup", "cutmix"))
    strength: float = option(0.3, minimum=0.05, maximum=0.9, step=0.05)


class AugmentPictures(Mixing):
    """Random crops, flips, colours and turns; MixUp (Zhang et al. 2018) and CutMix (Yun et al. 2019) of the
    pictures of a batch.

    What a picture looks like follows from seed, epoch and row alone: a resumed run sees the same. Validation
    and test rows are never touched.
    """

    key = "augment_pictures"
    group = "data"
    modalities = ("image",)
    Options = Options

    def __init__(self, options: Any = None) -> None:
        super().__init__(options)
        chosen = dataclasses.asdict(self.options)
        self.methods = [name for name in METHODS if chosen[name]]
        if not self.methods and not self.mixes:
            raise UserError("augment_nothing")

    @property
    def mixes(self) -> bool:
        return bool(self.options.mix != "none")

    @classmethod
    def advice(cls, profile: Profile) -> Message:
        return message("technique.augment_pictures.advice")

    def check(self, recipe: Recipe) -> None:
        if LinearProbe.key in recipe.techniques:
            raise UserError("augment_pictures_fast")

    def rows(self, rows: Any, context: Context) -> Any:
        self.evidence.clear()
        if not self.methods:
            return rows
        made = AlteredPictures(rows, self, context.train.seed)
        picked = np.linspace(0, len(rows) - 1, min(EXAMPLES, len(rows))).astype(int)
        grid = [
            [rows[int(row)]["pixel_values"], *(made.view(int(row), k) for k in range(VIEWS))]
            for row in picked
        ]
        self.evidence += [
            sentence(message("technique.augment_pictures.rows", rows=len(rows))),
            pictures(message("technique.augment_pictures.examples"), grid),
        ]
        return made

    def model(self, model: torch.nn.Module, context: Context) -> None:
        if not self.mixes:
            return
        join = {"mixup": _mixup, "cutmix": _cutmix}[self.options.mix]

        def mix(module: torch.nn.Module, args: Any, given: dict[str, Any]) -> Any:
            self._mixed = None
            if not module.training:
                return None
            pixels = given["pixel_values"]
            others, drawn = self.partners(len(pixels))
            mixed, share = join(pixels, pixels[others], drawn)
            self._mixed = others, share
            return args, {**given, "pixel_values": mixed}

        self.evidence.append(sentence(message("technique.augment.mixed")))
        self._hook = model.register_forward_pre_hook(mix, with_kwargs=True)


def _mixup(ones: torch.Tensor, others: torch.Tensor, share: float) -> tuple[torch.Tensor, float]:
    return share * ones + (1 - share) * others, share


def _cutmix(ones: torch.Tensor, others: torch.Tensor, share: float) -> tuple[torch.Tensor, float]:
    """A rectangle of the others, anywhere, that covers 1 - `share` of the picture; what of it is inside."""
    import torch

    height, width = ones.shape[-2:]
    side = (1 - share) ** 0.5
    top, left = (int(torch.randint(size, (1,))) for size in (height, width))
    tall, wide = round(side * height), round(side * width)
    rows = slice(max(0, top - tall // 2), min(height, top + tall - tall // 2))
    columns = slice(max(0, left - wide // 2), min(width, left + wide - wide // 2))
    mixed = ones.clone()
    mixed[..., rows, columns] = others[..., rows, columns]
    covered = (rows.stop - rows.start) * (columns.stop - columns.start)
    return mixed, 1 - covered / (height * width)


class AlteredPictures:
    """The rows, each as it looks in this epoch."""

    def __init__(self, rows: Any, technique: AugmentPictures, seed: int) -> None:
        self._rows, self._technique, self._seed = rows, technique, seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._rows)

    def view(self, row: int, epoch: int) -> np.ndarray:
        """Pixels [height, width, 3] of a row in an epoch."""
        draw = np.random.default_rng([self._seed, epoch, row])
        pixels = self._rows[row]["pixel_values"]
        return alter(pixels, self._technique.methods, self._technique.options.strength, draw)

    def __getitem__(self, number: int | str) -> Any:
        if isinstance(number, str):
            return self._rows[number]
        row = self._rows[number]
        return {**row, "pixel_values": self.view(int(number), self._epoch)}
