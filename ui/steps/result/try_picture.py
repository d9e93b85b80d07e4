"""The box to try a model on a picture: a file, what was copied, or the camera."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from core.data.pictures.rows import read_files
from core.modalities import modality_of
from core.report.thumbs import thumbnail
from core.runs.run import LabelColumn
from ui.kit.words import i18n
from ui.steps.result.answer import Asked, opened

SIDE = 240  # pixels of the picture that was asked about


class Picture(gr.Image):
    """One that hands over whatever was uploaded: core opens it, and says what is wrong with it. Of what is no
    picture gradio would say “Error”."""

    is_template = True  # to the browser it is an Image

    def preprocess(self, payload: Any) -> Any:
        return payload.path if payload and payload.path else super().preprocess(payload)


def build() -> gr.Image:
    return Picture(
        label=i18n("result.try.picture"),
        sources=["upload", "clipboard", "webcam"],
        type="filepath",
        image_mode=None,  # the file as it came: it is opened by core, which looks at its size first
        height=280,
        visible=False,
        elem_id="try-picture",
    )


def ask(column: LabelColumn, which: str, path: str) -> Asked:
    """The picture as a model is given it, and what the model says. Raises UserError for another file."""
    table = read_files([Path(path)])
    picture = modality_of(table).inputs(table.frame, table.inputs)[0]
    assert table.pictures is not None
    shares = opened(column, which).over(table).probabilities([picture])
    shown = thumbnail(table.pictures, str(picture[1]), picture[0], SIDE)
    return Asked(column, which, (picture,), shares, shown, table, label=int(shares[0].argmax()))
