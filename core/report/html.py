"""HTML: the pieces that the page and the reports are made of. Whatever comes from data goes through `esc`."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from core.words import ASSETS

CELL = 280  # characters of a cell that a table shows

# Templates of gr.HTML evaluate `${...}` and `{{...}}` in whatever they show.
_TEMPLATE = str.maketrans({"{": "&#123;", "}": "&#125;", "$": "&#36;", "`": "&#96;"})


def esc(text: object) -> str:
    """Text from anywhere, made harmless inside HTML and inside the templates of gr.HTML."""
    return html.escape(str(text)).translate(_TEMPLATE)


def clip(text: str, limit: int = CELL) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


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
    drawn = "".join(
        f'<span title="{esc(tip)}" style="height:{max(0.0, min(1.0, height)):.2%}"></span>'
        for tip, height in heights
    )
    return f'<div class="tt-columns" role="img" aria-label="{esc(label)}">{drawn}</div>'


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    label: str,
    numeric: Sequence[int] = (),
    wide: int = -1,
) -> str:
    """A table that scrolls by itself. Cells are plain text; `numeric` columns are set right.

    The column `wide` holds the long texts. Each cell is written in the direction of its own script.
    """

    def mark(index: int) -> str:
        kind = "tt-num" if index in numeric else "tt-wide" if index == wide else ""
        own = "" if index in numeric else ' dir="auto"'
        return (f' class="{kind}"' if kind else "") + own

    return raw_table(
        [f'<th scope="col"{mark(i)}>{esc(cell)}</th>' for i, cell in enumerate(head)],
        [
            "".join(f"<td{mark(i)}>{esc(clip(cell))}</td>" for i, cell in enumerate(row))
            for row in rows
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


def th(name: str, numeric: bool = False) -> str:
    """The head of a column."""
    kind = ' class="tt-num"' if numeric else ""
    return f'<th scope="col"{kind}>{esc(name)}</th>'


def small(text: str) -> str:
    """A sentence in small print."""
    return f'<p class="tt-note">{esc(text)}</p>'


def card(title: str, body: str, note: str = "") -> str:
    """A titled card around HTML."""
    below = small(note) if note else ""
    return f'<section class="tt-card"><h3>{esc(title)}</h3>{below}{body}</section>'


def notice(lines: Sequence[str], kind: str = "info", title: str = "") -> str:
    """A coloured card of plain sentences. `kind`: info, good, warning or error."""
    if not lines and not title:
        return ""
    head = f"<strong>{esc(title)}</strong>" if title else ""
    text = "".join(f"<p>{esc(line)}</p>" for line in lines if line)
    role = ' role="alert"' if kind == "error" else ""
    return f'<div class="tt-notice tt-{kind}"{role}>{head}{text}</div>'


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Names with their values, those without one left out."""
    items = "".join(
        f'<div><dt>{esc(name)}</dt><dd dir="auto">{esc(value)}</dd></div>'
        for name, value in pairs
        if value
    )
    return f'<dl class="tt-facts">{items}</dl>'


def interval(
    label: str, ends: tuple[float, float, float], mark: float, text: str, kind: str = ""
) -> str:
    """An item of a list: the value as a dot on its interval, beside a line at `mark`.

    `ends` are low, value and high; all are shares of the width. `label` is HTML.
    """
    low, value, high = ends
    return (
        f'<li class="{kind}"><span class="tt-bar-label">{label}</span>'
        f'<span class="tt-interval-track"><i class="tt-zero" style="left:{mark:.2%}"></i>'
        f'<i class="tt-interval" style="left:{low:.2%};width:{high - low:.2%}"></i>'
        f'<i class="tt-dot" style="left:{value:.2%}"></i></span>'
        f'<span class="tt-bar-value">{esc(text)}</span></li>'
    )


def page(title: str, body: str, language: str) -> str:
    """A whole page without scripts and without anything from elsewhere."""
    style = (ASSETS / "report.css").read_text(encoding="utf-8")
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{esc(title)}</title><style>{style}</style><h1>{esc(title)}</h1>{body}</html>"
    )
