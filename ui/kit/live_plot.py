"""A plotly chart that is redrawn in place: `gr.Plot` mounts anew each time and loses the zoom."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import gradio as gr
import plotly

from core.words import ASSETS

PLOTLY_JS = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
_JS = (ASSETS / "live_plot.js").read_text(encoding="utf-8")


def live_plot(*, height: int, elem_id: str, **kwargs: Any) -> gr.HTML:
    """Its value is the JSON of a figure. A click on a point triggers `.click` with `row`, `column`.

    The template does not show the value, so gradio never redraws the element: the script does.
    `layout.meta["label"]` of the figure is what a screen reader says.
    """
    return gr.HTML(
        html_template=f'<div class="tt-plot" role="img" style="min-height:{height}px"></div>',
        # In the script and not a prop: gradio drops props of what is updated before it is shown.
        js_on_load=_JS.replace("{{plotly}}", script_url()).replace("{{name}}", elem_id),
        elem_id=elem_id,
        apply_default_css=False,
        **kwargs,
    )


def script_url() -> str:
    """Where the page finds plotly's own script: on this server, nothing is asked elsewhere."""
    return f"gradio_api/file={quote(PLOTLY_JS.as_posix())}"


def serve_script() -> None:
    """Let gradio serve that one file."""
    gr.set_static_paths([PLOTLY_JS])
