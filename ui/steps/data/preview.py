"""The rows of a table, a page at a time, from any line on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np

from core.words import say
from ui.kit import html
from ui.kit.answer import Answer, Part, fill
from ui.kit.errors import errors_to
from ui.kit.words import i18n, language
from ui.session import QUIET, Loaded, Session
from ui.steps.data import overview


@dataclass(frozen=True)
class Preview(Part):
    rows: gr.HTML
    bar: gr.Row  # hidden where all rows are on one page
    earlier: gr.Button
    line: gr.Number  # of the first row that is shown; another one can be typed
    later: gr.Button
    start: gr.State  # position of that row in the table


def build() -> Preview:
    rows = html.piece(elem_id="preview")
    with gr.Row(visible=False, elem_id="preview-pages", elem_classes="tt-pages") as bar:
        earlier = gr.Button(i18n("ui.data.earlier"), size="sm", elem_id="preview-earlier")
        line = gr.Number(
            label=i18n("ui.data.from_line.text"), precision=0, minimum=1, elem_id="preview-line"
        )
        later = gr.Button(i18n("ui.data.later"), size="sm", elem_id="preview-later")
    return Preview(rows, bar, earlier, line, later, gr.State(0))


def show(loaded: Loaded, lang: str, start: int = 0) -> tuple[Any, ...]:
    """A page from a position on, in the order of `view`; a position beyond the table is its last page."""
    frame = loaded.table.frame
    start = max(0, min(start, len(frame) - 1))
    return (
        overview.preview(loaded.table, loaded.profile, lang, start),
        gr.Row(visible=len(frame) > overview.PAGE_ROWS),
        gr.Button(interactive=start > 0),
        gr.Number(
            int(frame.index[start]) if len(frame) else 1,
            label=say(f"ui.data.from_line.{loaded.profile.modality}", lang),
        ),
        gr.Button(interactive=start + overview.PAGE_ROWS < len(frame)),
        start,
    )


def position_of_line(loaded: Loaded, line: float | None) -> int:
    """The position of the first row on this line or a later one; the last page where there is none."""
    after = np.flatnonzero(loaded.table.frame.index.to_numpy() >= (line or 0))
    return int(after[0]) if len(after) else len(loaded.table.frame) - overview.PAGE_ROWS


def wire(preview: Preview, session: Session) -> None:
    """Connect the buttons and the field."""

    def turn(loaded: Loaded | None, start: int, request: gr.Request) -> Answer:
        if loaded is None:
            return {}
        return fill(preview.view, show(loaded, language(request), start))

    @errors_to(preview.rows)
    def earlier(loaded: Loaded | None, start: int, request: gr.Request) -> Answer:
        return turn(loaded, start - overview.PAGE_ROWS, request)

    @errors_to(preview.rows)
    def later(loaded: Loaded | None, start: int, request: gr.Request) -> Answer:
        return turn(loaded, start + overview.PAGE_ROWS, request)

    @errors_to(preview.rows)
    def to_line(loaded: Loaded | None, line: float | None, request: gr.Request) -> Answer:
        return turn(loaded, position_of_line(loaded, line) if loaded else 0, request)

    preview.earlier.click(earlier, [session.loaded, preview.start], preview.view, **QUIET)
    preview.later.click(later, [session.loaded, preview.start], preview.view, **QUIET)
    preview.line.submit(to_line, [session.loaded, preview.line], preview.view, **QUIET)
