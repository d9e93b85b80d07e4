"""Image augmentation: pictures altered a little, what the label says stays true of them.

All work on pixels [height, width, 3] in 8 bits, as a model is about to be given them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageEnhance

FILL = (127, 127, 127)  # what a turned picture has in its corners
DEGREES = 45.0  # that strength 1 turns a picture by, at most


def crop(image: Image.Image, strength: float, draw: np.random.Generator) -> Image.Image:
    """A part of the picture, at its size: of its area, 1 - `strength` at least (Szegedy et al. 2015, section
    6, where it is a twelfth)."""
    share = np.sqrt(draw.uniform(1 - strength, 1))
    ratio = np.exp(draw.uniform(-0.15, 0.15) * strength)
    width = min(image.width, max(1, round(image.width * share * ratio)))
    height = min(image.height, max(1, round(image.height * share / ratio)))
    left = int(draw.integers(image.width - width + 1))
    top = int(draw.integers(image.height - height + 1))
    box = (left, top, left + width, top + height)
    return image.resize(image.size, Image.Resampling.BICUBIC, box)


def flip(image: Image.Image, strength: float, draw: np.random.Generator) -> Image.Image:
    """Left for right, every other time."""
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if draw.random() < 0.5 else image


def colour(image: Image.Image, strength: float, draw: np.random.Generator) -> Image.Image:
    """Brighter or darker, with more contrast and colour or less (Krizhevsky, Sutskever and Hinton 2012, and
    the colour jitter of later work)."""
    kinds = (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color)
    for place in draw.permutation(len(kinds)):
        image = kinds[place](image).enhance(1 + draw.uniform(-strength, strength))
    return image


def rotate(image: Image.Image, strength: float, draw: np.random.Generator) -> Image.Image:
    """By a few degrees, to either side."""
    turned = draw.uniform(-1, 1) * strength * DEGREES
    return image.rotate(turned, Image.Resampling.BILINEAR, fillcolor=FILL)


METHODS: dict[str, Callable[[Image.Image, float, np.random.Generator], Image.Image]] = {
    "crop": crop,
    "flip": flip,
    "colour": colour,
    "rotate": rotate,
}


def alter(
    pixels: np.ndarray, methods: Sequence[str], strength: float, draw: np.random.Generator
) -> np.ndarray:
    """All methods, one after the other."""
    image = Image.fromarray(np.asarray(pixels))
    for method in methods:
        image = METHODS[method](image, strength, draw)
    return np.asarray(image)
