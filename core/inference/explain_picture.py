"""Occlusion of a picture: what becomes of the answer of a model once a part is covered.

A window of a quarter of each side goes over the picture in steps of half of its own size, and is filled with
the picture's mean colour (occlusion: Zeiler and Fergus 2014). Nothing but answers is needed, so it works for
every model, and nothing is drawn at random.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from core.tasks.metrics import Floats

FIELDS = 8  # of each side
WINDOW = 2  # fields of each side that are covered at a time: of one alone, an object hardly loses anything
STEPS = FIELDS - WINDOW + 1  # places of the window along each side
LEAST = 0.01  # of the probability: what changes it by less decided nothing

Ask = Callable[[Sequence[Image.Image]], Floats]  # pictures -> probabilities [pictures, classes]
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class Occlusion:
    """`sure` is the probability of a label for the whole picture, `left` [STEPS, STEPS] what is left of it
    with the window at each place, from the top left on."""

    sure: float
    left: Floats

    @property
    def decided(self) -> bool:
        """Does any part speak for the label?"""
        return bool(self.sure - self.left.min() >= LEAST)

    @property
    def opposed(self) -> bool:
        """Does any part speak against it?"""
        return bool(self.left.max() - self.sure >= LEAST)

    @property
    def falls(self) -> Floats:
        """Fall of the probability where a field is covered, 0 where it rises: the mean over the
        windows that cover the field, [FIELDS, FIELDS]."""
        total, windows = np.zeros((FIELDS, FIELDS)), np.zeros((FIELDS, FIELDS))
        for row, column in np.ndindex(STEPS, STEPS):
            where = slice(row, row + WINDOW), slice(column, column + WINDOW)
            total[where] += max(0.0, self.sure - float(self.left[row, column]))
            windows[where] += 1
        return np.asarray(total / windows)


def occlusion(
    ask: Ask, image: Image.Image, label: int, on_progress: OnProgress = lambda done, total: None
) -> Occlusion:
    """Occlusion: which parts of an RGB picture made a model give the label of this number, or kept it from
    it.

    A row of windows is asked about at a time. `on_progress` is told how many pictures were asked
    about, and how many will be.
    """
    mean = np.asarray(image, dtype=np.float64).mean((0, 1))
    colour = tuple(int(part) for part in np.rint(mean))
    total = 1 + STEPS * STEPS
    sure = float(ask([image])[0, label])
    on_progress(1, total)
    left = np.empty((STEPS, STEPS))
    for row in range(STEPS):
        pictures = [covered(image, row, column, colour) for column in range(STEPS)]
        left[row] = ask(pictures)[:, label]
        on_progress(1 + (row + 1) * STEPS, total)
    return Occlusion(sure, left)


def covered(image: Image.Image, row: int, column: int, colour: tuple[int, ...]) -> Image.Image:
    """A copy with the window at that place filled."""
    left, right = _ends(image.width, column)
    top, bottom = _ends(image.height, row)
    copy = image.copy()
    copy.paste(colour, (left, top, right, bottom))
    return copy


def _ends(size: int, place: int) -> tuple[int, int]:
    return round(size * place / FIELDS), round(size * (place + WINDOW) / FIELDS)


def third(place: int) -> int:
    """The third of a side that the middle of a window lies in: 0, 1 or 2."""
    return min(2, int((place + WINDOW / 2) / FIELDS * 3))
