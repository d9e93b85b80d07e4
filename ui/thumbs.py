"""Pictures on the page: small ones inside of its own text, so that nothing is served by name."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping

from core.data.pictures import FILE, Pictures
from core.data.read import Table
from core.runs import Run
from ui.words import esc

SIDE = 72  # pixels of the longer side


def thumbnail(pictures: Pictures, sha256: str, name: str, side: int = SIDE) -> str:
    """An image, described by its name; nothing where the picture is gone."""
    try:
        small = pictures.image(sha256)
    except (KeyError, OSError):
        return ""
    small.thumbnail((2 * side, 2 * side))  # screens have several dots to a pixel
    out = io.BytesIO()
    small.save(out, "JPEG", quality=80)
    width, height = (max(1, round(each * side / max(small.size))) for each in small.size)
    data = base64.b64encode(out.getvalue()).decode()
    return (
        f'<img class="tt-thumb" src="data:image/jpeg;base64,{data}" alt="{esc(name)}" '
        f'width="{width}" height="{height}">'
    )


def by_name(table: Table) -> Mapping[str, str]:
    """The sha256 of each picture of a table by its name; empty for a table without pictures."""
    if table.pictures is None:
        return {}
    name, sha256 = table.inputs
    return dict(zip(table.frame[name], table.frame[sha256], strict=True))


class Shown:
    """The pictures of a run's rows; without pictures there is nothing to show."""

    def __init__(self, run: Run) -> None:
        # Reading a large table only to see that it has none would keep the page waiting.
        has_pictures = (run.whole().path / FILE).is_file()
        table = run.whole().table() if has_pictures else None
        self._pictures = table.pictures if table else None
        self._known = by_name(table) if table else {}

    def html(self, name: str, side: int = SIDE) -> str:
        if self._pictures is None or name not in self._known:
            return ""
        return thumbnail(self._pictures, self._known[name], name, side)
