"""Preprocessing of pictures: when they come in, and by the scripts of the downloads, which so see the same.

A copy of this file goes into the downloads. It imports nothing of TickTune: Pillow and NumPy do.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

# Pixels of the longer side as it is kept: models see 224 of them, or a part of the picture.
SIDE = 384
ORIENTATION = 0x0112  # EXIF: which side is up
BINS = 4  # of each colour, in `colours`
GLANCE = 64  # pixels of a side that `colours` looks at


def opened(file: Path) -> Image.Image:
    """The picture in a file, as `upright` makes it."""
    with Image.open(file) as image:
        return upright(image)


def upright(image: Image.Image) -> Image.Image:
    """The first frame, turned upright, on white where it is transparent, its longer side at most SIDE pixels.

    Small first, then turned and put on white: of a large picture, each copy takes much memory.
    """
    image.draft("RGB", (2 * SIDE, 2 * SIDE))  # a JPEG is decoded at a fraction of its size
    image.load()
    exif = image.getexif()
    if image.mode.startswith("I"):  # 16 bits a pixel, which would be cut and not scaled
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    clear = image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info
    small = image.convert("RGBA" if clear else "RGB")
    small.thumbnail((SIDE, SIDE))
    if clear:
        white = Image.new("RGB", small.size, "white")
        white.paste(small, mask=small.getchannel("A"))
        small = white
    small.info.clear()
    if exif.get(ORIENTATION, 1) != 1:
        small.getexif()[ORIENTATION] = exif[ORIENTATION]
        small = ImageOps.exif_transpose(small)
    return small


def fitted(image: Image.Image, how: Mapping[str, Any]) -> np.ndarray:
    """A picture as a model's image processor brings it to `how["size"]`, [height, width, 3] in 8 bits.

    `how["shortest"]` is what the shorter side becomes before the middle is cut out; None: all of the picture
    is brought to that size. `how["resample"]` is Pillow's number of a way to resize.
    """
    width, height = how["size"]
    size, short = (width, height), min(image.size)
    if how["shortest"]:
        wide, high = (int(how["shortest"] * side / short) for side in image.size)
        size = wide, high
    image = image.resize(size, Image.Resampling(how["resample"]))
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    return np.asarray(image.crop((left, top, left + width, top + height)))


def colours(image: Image.Image) -> np.ndarray:
    """What is in a picture but for its shapes: how often each of some colours occurs (as a square root, so
    that rare ones count), the mean and the deviation of the channels, and the mean of 16 fields: [features].
    """
    small = np.asarray(image.resize((GLANCE, GLANCE)), dtype=np.float32)
    codes = (small // (256 // BINS)).astype(int) @ (BINS**2, BINS, 1)
    shares = np.bincount(codes.ravel(), minlength=BINS**3) / codes.size
    flat = small.reshape(-1, 3) / 255
    fields = small.reshape(4, GLANCE // 4, 4, GLANCE // 4, 3).mean((1, 3)).ravel() / 255
    return np.concatenate([np.sqrt(shares), flat.mean(0), flat.std(0), fields])
