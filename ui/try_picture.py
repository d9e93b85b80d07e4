"""The box to try a model on a picture: a file, what was copied, or the camera."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from core.data.picture_table import read_files
from core.modalities import modality_of
from core.runs import Run
from ui.thumbs import thumbnail
from ui.words import i18n

SIDE = 240  # pixels of the picture that was asked about


def build() -> gr.Image:
    return gr.Image(
        label=i18n("result.try.picture"),
        sources=["upload", "clipboard", "webcam"],
        type="filepath",
        image_mode=None,  # the file as it came: it is opened by core, which looks at its size first
        height=280,
        visible=False,
        elem_id="try-picture",
    )


def ask(run: Run, which: str, path: str) -> tuple[Any, tuple[str, str | None], str]:
    """The probabilities [1, classes], the picture as a model is given it, and what it looks like.

    Raises UserError for a file that is no picture.
    """
    from core.predict import opened

    table = read_files([Path(path)])
    each = modality_of(table).inputs(table.frame, table.inputs)[0]
    assert table.pictures is not None
    shown = thumbnail(table.pictures, str(each[1]), each[0], SIDE)
    return opened(run.folder(which)).over(table).probabilities([each]), each, shown
