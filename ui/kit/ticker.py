"""A timer that rests while nobody looks at what it redraws. (`gr.Timer` asks from hidden pages too.)"""

from __future__ import annotations

import gradio as gr

from core.words import ASSETS
from ui.kit import html

_JS = (ASSETS / "ticker.js").read_text(encoding="utf-8")
ON, OFF = "on", ""  # its values


def ticker(seconds: float) -> gr.HTML:
    """Triggers `.click` every so many seconds while its value is ON and the place where it stands is seen."""
    script = _JS.replace("{{seconds}}", str(seconds))
    return html.piece(OFF, html_template="<span hidden></span>", js_on_load=script)


def ticks(active: bool) -> str:
    """Its value."""
    return ON if active else OFF
