"""Thumbnails inside of a page's own text, so that nothing is served by name."""

from __future__ import annotations

from collections.abc import Sequence

from core.data.pictures.store import Pictures, StoredPicture, Thumbnail
from core.report.html import esc
from core.runs.run import Run

SIDE = 72  # pixels of the longer side


def thumbnail(pictures: Pictures, sha256: str, name: str, side: int = SIDE) -> str:
    """An image, described by its name; nothing where the picture is gone."""
    try:
        return _image(pictures.thumbnail(sha256, side), name)
    except (KeyError, OSError):
        return ""


def of_kept(picture: StoredPicture | None, name: str, side: int = SIDE) -> str:
    """The thumbnail of one picture, if there is one."""
    try:
        return _image(picture.thumbnail(side), name) if picture else ""
    except OSError:
        return ""


def of_run(run: Run, names: Sequence[str], side: int = SIDE) -> list[str]:
    """Thumbnails of pictures by their names in a run's table; nothing for what has none."""
    thumbnails = zip(run.thumbnails(names, side), names, strict=True)
    return [_image(small, name) if small else "" for small, name in thumbnails]


def _image(small: Thumbnail, name: str) -> str:
    return (
        f'<img class="tt-thumb" src="{small.address}" alt="{esc(name)}" '
        f'width="{small.width}" height="{small.height}">'
    )
