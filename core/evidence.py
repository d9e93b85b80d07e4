"""Evidence: what a technique can show for itself, in blocks of a few kinds, which know no technique."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from core.words import Message

PICTURE = 96  # pixels of the longer side of a picture in a grid


@dataclass(frozen=True)
class Sentence:
    said: Message
    kind: Literal["sentence"] = field(default="sentence", init=False)


@dataclass(frozen=True)
class Table:
    """Cells are plain text, or messages that every reader gets in their own language."""

    title: Message
    head: Sequence[Message]
    rows: Sequence[Sequence[Message | str]]
    numeric: Sequence[int] = ()  # columns of numbers
    wide: int = -1  # the column of long texts
    kind: Literal["table"] = field(default="table", init=False)


@dataclass(frozen=True)
class Chart:
    """A line through `points`, or a dot at each, and a vertical line with a word on it at `mark`."""

    title: Message
    x: Message
    y: Message
    points: Sequence[tuple[float, float]]
    log_x: bool = False
    mark: tuple[float, Message] | None = None
    dots: bool = False
    kind: Literal["chart"] = field(default="chart", init=False)


@dataclass(frozen=True)
class Pictures:
    """A grid of small JPEGs in base64: in each row one as it was, and what became of it."""

    title: Message
    rows: Sequence[Sequence[str]]
    kind: Literal["pictures"] = field(default="pictures", init=False)


Block = Sentence | Table | Chart | Pictures


def pictures(title: Message, rows: Sequence[Sequence[np.ndarray]]) -> Pictures:
    """A grid of pixels [height, width, 3] in 8 bits."""
    return Pictures(title, tuple(tuple(map(_inline, row)) for row in rows))


def _inline(pixels: np.ndarray) -> str:
    import base64
    import io

    from PIL import Image

    image = Image.fromarray(np.asarray(pixels))
    image.thumbnail((PICTURE, PICTURE))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return base64.b64encode(out.getvalue()).decode()
