"""Pieces of the page in HTML: those of the reports (`core.report.html`), and what needs gradio."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from core.errors import UserError
from core.report.html import bars, card, clip, columns, notice, raw_table, small, table, th, tiles
from core.words import ASSETS, say
from ui.kit.words import esc, explain, fragment

__all__ = [
    "actions",
    "bars",
    "button",
    "card",
    "clip",
    "columns",
    "data_of",
    "heading",
    "notice",
    "piece",
    "place",
    "raw_table",
    "small",
    "table",
    "th",
    "tiles",
    "trouble",
    "unexpected",
]

LONGEST = 1_000  # characters of a field of an event

_ACTIONS_JS = Path(ASSETS / "actions.js").read_text(encoding="utf-8")


def piece(value: object = None, **kwargs: Any) -> gr.HTML:
    """HTML without gradio's own styles for text, which fight with ours."""
    return gr.HTML(value, apply_default_css=False, **kwargs)


def actions(value: object = None, script: str = "", **kwargs: Any) -> gr.HTML:
    """HTML whose buttons and radio buttons with `data-` attributes report to Python.

    A click on `<button data-do="open" data-id="7">` triggers `.click` with an event that has the
    fields `do` and `id`; read them with `data_of`. They come from the browser: check them.
    `script` runs beside that. (Not a subclass: gradio would write a .pyi file beside this one.)
    """
    return piece(value, js_on_load=_ACTIONS_JS + script, **kwargs)


def button(do: str, text: str, **data: object) -> str:
    """A button of `actions` with text and further fields of its event."""
    fields = "".join(f' data-{name}="{esc(value)}"' for name, value in data.items())
    return f'<button type="button" class="tt-small" data-do="{do}"{fields}>{esc(text)}</button>'


def data_of(event: gr.EventData, name: str) -> str:
    """One field of an event of `actions` or `live_plot`, as text; empty where it is missing. What is longer
    than any of ours is cut off, since Python reads no number of thousands of digits."""
    data = event._data if isinstance(event._data, dict) else {}
    return str(data.get(name, ""))[:LONGEST]


def heading(key: str, note: str = "") -> None:
    """Draw a heading and a sentence below it, both keys of the locales."""

    def render(lang: str) -> str:
        below = small(say(note, lang)) if note else ""
        return f'<h3 class="tt-heading">{esc(say(key, lang))}</h3>{below}'

    piece(fragment(render))


def place(key: str, step: int = 0) -> None:
    """Draw the heading of a step, or of a tab: who arrives has the focus on it (assets/arrive.js)."""

    def render(lang: str) -> str:
        title = esc(say(key, lang))
        if step:
            lead = esc(say("step.of", lang, n=step))
            title = f'<span class="tt-heard">{lead} </span>{title}'
        return f'<h2 class="tt-place" data-place="{esc(key)}" tabindex="-1">{title}</h2>'

    piece(fragment(render))


def trouble(error: UserError, language: str) -> str:
    """An error as a card: what happened, and what to do."""
    what, hint = explain(error, language)
    return notice([hint] if hint else [], "error", what)


def unexpected(language: str) -> str:
    """The card of a mistake of ours; the details are in the server's log."""
    return notice([say("ui.crash.hint", language)], "error", say("ui.crash", language))
