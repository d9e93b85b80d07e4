"""Pixel values as a model wants them: what its image processor makes of a picture, in 8 bits and in full.

Every processor first brings a picture to one size and then computes a line a channel (a factor, a mean, a
deviation). Pictures are kept between the two, in a quarter of the room; the line is found by asking the
processor about black and white.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.data.pictures.preprocess import fitted
from core.errors import UserError

if TYPE_CHECKING:
    from PIL import Image

PATCH = 16  # pixels of a side of what counts as a token: those of vision transformers
MIN_TOKENS = 8  # no recipe has a smaller length
PROBE_SIZES = ((300, 260), (90, 120), (64, 200))  # height and width of pictures of noise
MAX_ERROR = 1e-3  # between what a processor answers and what is computed here
DISK_SHARE = 0.5  # of what is free that may be used


class PixelProcessor:
    """What an image processor does, in two steps. Raises UserError `pictures_read_otherwise` for one that
    does something else."""

    def __init__(self, processor: Any) -> None:
        from PIL import Image

        self.processor = processor
        # What some do besides, unless they are told not to.
        known = getattr(processor, "valid_kwargs", None)
        names = getattr(known, "__annotations__", {})
        self._off = {"do_rescale": False, "do_normalize": False}
        self._off |= {name: False for name in ("include_top",) if name in names}
        dark, light = (
            self._whole([Image.new("RGB", (64, 64), (shade,) * 3)])[0].mean((1, 2))
            for shade in (0, 255)
        )
        self.scale = ((light - dark) / 255).astype(np.float32)  # [channels]
        self.offset = dark.astype(np.float32)
        noise = np.random.default_rng(0).integers(0, 256, (300, 260, 3), dtype=np.uint8)
        probe = [Image.fromarray(noise)]
        seen = self.pixels(probe)
        self.height, self.width = seen.shape[1:3]
        off = np.abs(seen * self.scale + self.offset - self._whole(probe).transpose(0, 2, 3, 1))
        if not off.max() <= MAX_ERROR:
            raise UserError("pictures_read_otherwise")

    @property
    def tokens(self) -> int:
        """How much work a picture is."""
        return token_count(self.height, self.width)

    def _whole(self, images: Sequence[Image.Image]) -> np.ndarray:
        values = self.processor(list(images), return_tensors="np")["pixel_values"]
        return np.asarray(values, dtype=np.float32)

    def pixels(self, images: Sequence[Image.Image]) -> np.ndarray:
        """[images, height, width, 3] in 8 bits."""
        values = self.processor(list(images), return_tensors="np", **self._off)["pixel_values"]
        flat = np.clip(np.rint(np.asarray(values)), 0, 255).astype(np.uint8)
        return np.ascontiguousarray(flat.transpose(0, 2, 3, 1))

    def description(self) -> dict[str, Any]:
        """What `core.data.pictures.preprocess.fitted` has to know, with the line of each channel, to make of
        a picture what the processor makes of it; ready for JSON. Raises ValueError where it makes something
        else."""
        from PIL import Image

        draw = np.random.default_rng(0)
        probes = [
            Image.fromarray(draw.integers(0, 256, (*size, 3), dtype=np.uint8))
            for size in PROBE_SIZES
        ]
        seen = [self.pixels([probe])[0].astype(int) for probe in probes]
        shortest = (getattr(self.processor, "size", None) or {}).get("shortest_edge")
        share = getattr(self.processor, "crop_pct", None)  # of what is resized, that is kept
        resample = self.processor.resample
        for side in (None, shortest, int(shortest / share) if shortest and share else None):
            how = {
                "size": [self.width, self.height],
                "shortest": side,
                "resample": int(Image.Resampling.BILINEAR if resample is None else resample),
            }
            pairs = zip(probes, seen, strict=True)
            if all(np.abs(fitted(probe, how) - expected).max() <= 1 for probe, expected in pairs):
                return {**how, "scale": self.scale.tolist(), "offset": self.offset.tolist()}
        raise ValueError("an image processor that does more than to resize and to crop")

    def collate(self, rows: Sequence[Mapping[str, Any]]) -> Any:
        """Rows with `pixel_values` in 8 bits and other columns -> tensors; the channels lie last in memory,
        which convolutions read twice as fast on a processor."""
        import torch
        from transformers import BatchFeature

        pixels = torch.from_numpy(np.stack([row["pixel_values"] for row in rows])).float()
        pixels = pixels.mul_(torch.from_numpy(self.scale)).add_(torch.from_numpy(self.offset))
        batch = {
            name: torch.tensor([row[name] for row in rows])
            for name in rows[0]
            if name not in ("pixel_values", "length")
        }
        return BatchFeature({"pixel_values": pixels.permute(0, 3, 1, 2), **batch})


def token_count(height: int, width: int) -> int:
    """How much work a picture of that size is."""
    return max(MIN_TOKENS, height * width // PATCH**2)


class PictureRows:
    """Rows of pixels that lie in a file: `pixel_values` [height, width, 3] in 8 bits, `labels`, `length`."""

    def __init__(self, pixels: np.ndarray, labels: Sequence[Any], length: int) -> None:
        self._pixels, self._labels, self._length = pixels, list(labels), length
        self._where = np.arange(len(self._labels))

    def __len__(self) -> int:
        return len(self._where)

    def __getitem__(self, number: int | str) -> Any:
        if isinstance(number, str):
            lists: dict[str, list[Any]] = {
                "length": [self._length] * len(self),
                "labels": [self._labels[i] for i in self._where],
            }
            return lists[number]
        place = int(self._where[number])
        return {
            "pixel_values": self._pixels[place],
            "labels": self._labels[place],
            "length": self._length,
        }

    def select(self, numbers: Sequence[int]) -> PictureRows:
        chosen = PictureRows(self._pixels, self._labels, self._length)
        chosen._where = self._where[np.asarray(numbers, dtype=int)]
        return chosen


def store_pixels(
    eye: PixelProcessor,
    images: Callable[[int, int], Sequence[Image.Image]],
    labels: np.ndarray,
    file: Path,
    between: Callable[[], None],
    chunk: int,
) -> PictureRows:
    """The pixels of as many pictures as there are labels, in `file`; `images` gives those from one number to
    another. Raises UserError where the disk has no room."""
    shape = (len(labels), eye.height, eye.width, 3)
    file.parent.mkdir(parents=True, exist_ok=True)
    # A file that is mapped into memory ends the program where the disk is full.
    if np.prod(shape) > DISK_SHARE * shutil.disk_usage(file.parent).free:
        raise UserError("disk_full")
    if not len(labels):
        return PictureRows(np.zeros(shape, dtype=np.uint8), [], eye.tokens)
    pixels = np.lib.format.open_memmap(file, mode="w+", dtype=np.uint8, shape=shape)
    for start in range(0, len(labels), chunk):
        between()
        end = min(start + chunk, len(labels))
        pixels[start:end] = eye.pixels(images(start, end))
    return PictureRows(pixels, labels.astype(int).tolist(), eye.tokens)
