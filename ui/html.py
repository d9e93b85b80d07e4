"""Small pieces of HTML: tiles, bars, tables, cards. Whatever comes from data goes through `esc`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from core.errors import UserError
from core.words import ASSETS, say
from ui.words import esc, explain, fragment

CELL = 280  # characters of a cell that a table shows

_ACTIONS_JS = Path(ASSETS / "actions.js").read_text(encoding="utf-8")


def piece(value: object = None, **kwargs: Any) -> gr.HTML:
    """HTML without gradio's own styles for text, which fight with ours."""
    return gr.HTML(value, apply_default_css=False, **kwargs)


def actions(value: object = None, **kwargs: Any) -> gr.HTML:
    """HTML whose buttons and radio buttons with `data-` attributes report to Python.

    A click on `<button data-do="open" data-id="7">` triggers `.click` with an event that has the
    fields `do` and `id`; read them with `data_of`. They come from the browser: check them.
    (Not a subclass: gradio would write a .pyi file beside this one.)
    """
    return piece(value, js_on_load=_ACTIONS_JS, **kwargs)


def data_of(event: gr.EventData, name: str) -> str:
    """One field of an event of `actions` or `live_plot`, as text; empty where it is missing."""
    data = event._data if isinstance(event._data, dict) else {}
    return str(data.get(name, ""))


def clip(text: str, limit: int = CELL) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def heading(key: str, note: str = "") -> None:
    """Draw a heading and a sentence below it, both keys of the locales."""

    def render(lang: str) -> str:
        small = f'<p class="tt-note">{esc(say(note, lang))}</p>' if note else ""
        return f'<h3 class="tt-heading">{esc(say(key, lang))}</h3>{small}'

    piece(fragment(render))


def tiles(items: Iterable[tuple[str, str, str]]) -> str:
    """Stat tiles of (label, value, note)."""
    cells = "".join(
        f'<div class="tt-tile"><dt>{esc(label)}</dt><dd>{esc(value)}</dd>'
        + (f'<dd class="tt-note">{esc(note)}</dd>' if note else "")
        + "</div>"
        for label, value, note in items
    )
    return f'<dl class="tt-tiles">{cells}</dl>'


def bars(rows: Sequence[tuple[str, float, str]], highlight: int | None = None) -> str:
    """Horizontal bars of (label, share from 0 to 1, what stands at the end of the bar)."""
    items = "".join(
        f'<li class="tt-bar{" tt-bar-on" if index == highlight else ""}">'
        f'<span class="tt-bar-label" title="{esc(label)}"><bdi>{esc(clip(label, 60))}</bdi></span>'
        f'<span class="tt-bar-track"><span style="width:{max(0.0, min(1.0, share)):.2%}"></span>'
        f'</span><span class="tt-bar-value">{esc(value)}</span></li>'
        for index, (label, share, value) in enumerate(rows)
    )
    return f'<ul class="tt-bars">{items}</ul>'


def columns(heights: Sequence[tuple[str, float]], label: str) -> str:
    """A histogram: (tooltip, height from 0 to 1) for each column."""
    bars = "".join(
        f'<span title="{esc(tip)}" style="height:{max(0.0, min(1.0, height)):.2%}"></span>'
        for tip, height in heights
    )
    return f'<div class="tt-columns" role="img" aria-label="{esc(label)}">{bars}</div>'


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    label: str,
    numeric: Sequence[int] = (),
    wide: int = -1,
    before: Sequence[str] = (),
) -> str:
    """A table that scrolls by itself. Cells are plain text; `numeric` columns are set right.

    The column `wide` holds the long texts; `before` is HTML that stands before each of them. Each cell is
    written in the direction of its own script.
    """
    lead = list(before) or [""] * len(rows)

    def mark(index: int) -> str:
        kind = "tt-num" if index in numeric else "tt-wide" if index == wide else ""
        own = "" if index in numeric else ' dir="auto"'
        return (f' class="{kind}"' if kind else "") + own

    return raw_table(
        [f'<th scope="col"{mark(i)}>{esc(cell)}</th>' for i, cell in enumerate(head)],
        [
            "".join(
                f"<td{mark(i)}>{lead[n] if i == wide else ''}{esc(clip(cell))}</td>"
                for i, cell in enumerate(row)
            )
            for n, row in enumerate(rows)
        ],
        label,
    )


def raw_table(head: Sequence[str], rows: Sequence[str], label: str) -> str:
    """The frame of a table around cells that are HTML already."""
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return (
        f'<div class="tt-scroll" tabindex="0" role="region" aria-label="{esc(label)}">'
        f'<table class="tt-table"><thead><tr>{"".join(head)}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def card(title: str, body: str, note: str = "") -> str:
    """A titled card around HTML."""
    small = f'<p class="tt-note">{esc(note)}</p>' if note else ""
    return f'<section class="tt-card"><h3>{esc(title)}</h3>{small}{body}</section>'


def notice(lines: Sequence[str], kind: str = "info", title: str = "") -> str:
    """A coloured card of plain sentences. `kind`: info, good, warning or error."""
    if not lines and not title:
        return ""
    head = f"<strong>{esc(title)}</strong>" if title else ""
    text = "".join(f"<p>{esc(line)}</p>" for line in lines if line)
    role = ' role="alert"' if kind == "error" else ""
    return f'<div class="tt-notice tt-{kind}"{role}>{head}{text}</div>'


def trouble(error: UserError, language: str) -> str:
    """An error as a card: what happened, and what to do."""
    what, hint = explain(error, language)
    return notice([hint] if hint else [], "error", what)


def unexpected(language: str) -> str:
    """The card of a mistake of ours; the details are in the server's log."""
    return notice([say("ui.crash.hint", language)], "error", say("ui.crash", language))
