"""What a technique can show for itself, ready for JSON: the page and the report draw it as it is.

A technique makes blocks of it; whoever shows them knows the kinds of blocks and no technique.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core.words import Message

Block = dict[str, Any]
PICTURE = 96  # pixels of the longer side of a picture in a grid


def sentence(said: Message) -> Block:
    return {"kind": "sentence", "said": said.to_json()}


def table(
    title: Message, head: Sequence[Message], rows: Sequence[Sequence[Message | str]]
) -> Block:
    """Cells are plain text, or messages that every reader gets in their own language."""
    return {
        "kind": "table",
        "title": title.to_json(),
        "head": [each.to_json() for each in head],
        "rows": [[c.to_json() if isinstance(c, Message) else c for c in row] for row in rows],
    }


def chart(
    title: Message,
    x: Message,
    y: Message,
    points: Sequence[tuple[float, float]],
    *,
    log_x: bool = False,
    mark: tuple[float, Message] | None = None,
    dots: bool = False,
) -> Block:
    """A line through `points`, or a dot at each, and a vertical line with a word on it at `mark`."""
    return {
        "kind": "chart",
        "title": title.to_json(),
        "x": x.to_json(),
        "y": y.to_json(),
        "points": [[float(a), float(b)] for a, b in points],
        "log_x": log_x,
        "dots": dots,
        "mark": [mark[0], mark[1].to_json()] if mark else None,
    }


def pictures(title: Message, rows: Sequence[Sequence[np.ndarray]]) -> Block:
    """A grid of pictures, pixels [height, width, 3] in 8 bits: in each row one as it was, and what became of
    it."""
    return {
        "kind": "pictures",
        "title": title.to_json(),
        "rows": [[_inline(pixels) for pixels in row] for row in rows],
    }


def _inline(pixels: np.ndarray) -> str:
    """A small JPEG in base64."""
    import base64
    import io

    from PIL import Image

    image = Image.fromarray(np.asarray(pixels))
    image.thumbnail((PICTURE, PICTURE))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return base64.b64encode(out.getvalue()).decode()


Evidence = Mapping[str, Sequence[Block]]  # by the key of the technique, in metrics.json
