"""What the techniques of a run have to show for themselves, as HTML: sentences, tables and small charts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from core.techniques.evidence import chart
from core.training.progress import Progress
from core.words import Message, has, message, say
from ui import html
from ui.words import esc

WIDTH, HEIGHT = 640, 220  # of a chart, in its own units: it grows with the page
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 18, 40


def evidence(found: Mapping[str, Sequence[Mapping[str, Any]]], lang: str) -> str:
    """A card for each technique; empty where there is nothing to show."""
    cards = [
        html.card(say(f"technique.{key}.title", lang), "".join(_block(b, lang) for b in blocks))
        for key, blocks in found.items()
        if blocks and has(f"technique.{key}.title")
    ]
    return f'<div class="tt-evidence">{"".join(cards)}</div>' if cards else ""


def stages(progress: Progress, lang: str) -> str:
    """The curves of the stages that have their own, as far as they have come."""
    drawn = ""
    for stage, points in progress.charts.items():
        title, x, y = (message(f"stage.{stage}.{part}") for part in ("title", "x", "y"))
        first, places = points[0], [(each.x, each.y) for each in points]
        block = chart(title, x, y, places, log_x=first.log_x, dots=first.dots)
        drawn += _block(block, lang)
    return f'<div class="tt-card">{drawn}</div>' if drawn else ""


def _block(block: Mapping[str, Any], lang: str) -> str:
    draw = {"sentence": _sentence, "table": _table, "chart": _chart, "pictures": _pictures}
    return draw[block["kind"]](block, lang)


def _say(what: Any, lang: str) -> str:
    return say(Message.from_json(what), lang) if isinstance(what, Mapping) else str(what)


def _sentence(block: Mapping[str, Any], lang: str) -> str:
    return f"<p>{esc(_say(block['said'], lang))}</p>"


def _table(block: Mapping[str, Any], lang: str) -> str:
    title = _say(block["title"], lang)
    rows = [[_say(cell, lang) for cell in row] for row in block["rows"]]
    head = [_say(each, lang) for each in block["head"]]
    return f'<p class="tt-note">{esc(title)}</p>{html.table(head, rows, title)}'


def _pictures(block: Mapping[str, Any], lang: str) -> str:
    """A row for each picture: as it was, and what became of it."""
    title = esc(_say(block["title"], lang))
    words = [esc(say(f"evidence.{name}", lang)) for name in ("before", "after")]
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td><img class="tt-thumb" alt="{words[min(1, place)]}" '
            f'src="data:image/jpeg;base64,{esc(data)}"></td>'
            for place, data in enumerate(row)
        )
        + "</tr>"
        for row in block["rows"]
    )
    return f'<p class="tt-note">{title}</p><table class="tt-pictures">{rows}</table>'


def _chart(block: Mapping[str, Any], lang: str) -> str:
    """A line or dots in SVG: it is part of the page's own text, so it prints and is saved with it."""
    points = [(a, b) for a, b in block["points"] if math.isfinite(a) and math.isfinite(b)]
    dotted = block.get("dots", False)  # which charts of earlier versions do not say
    if len(points) < (1 if dotted else 2):
        return ""
    across: list[float] = [math.log10(a) if block["log_x"] else a for a, _ in points]
    up: list[float] = [b for _, b in points]
    left, right, low, high = min(across), max(across), min(up), max(up)

    def at_x(value: float) -> float:
        place: float = math.log10(value) if block["log_x"] else value
        return float(LEFT + (place - left) / ((right - left) or 1) * (WIDTH - LEFT - RIGHT))

    def at_y(value: float) -> float:
        return TOP + (high - value) / ((high - low) or 1) * (HEIGHT - TOP - BOTTOM)

    if dotted:
        drawn = "".join(f'<circle cx="{at_x(a):.1f}" cy="{at_y(b):.1f}" r="5"/>' for a, b in points)
    else:
        line = " ".join(f"{at_x(a):.1f},{at_y(b):.1f}" for a, b in points)
        drawn = f'<polyline points="{line}"/>'
    foot = HEIGHT - BOTTOM
    ends = [
        (at_x(points[0][0]), points[0][0], "start"),
        (at_x(points[-1][0]), points[-1][0], "end"),
    ]
    ticks = "".join(
        f'<text x="{x:.1f}" y="{foot + 16}" text-anchor="{anchor}">{value:.3g}</text>'
        for x, value, anchor in ends
    ) + "".join(
        f'<text x="{LEFT - 6}" y="{at_y(value) + 4:.1f}" text-anchor="end">{value:.3g}</text>'
        for value in {low, high}
    )
    marked = ""
    if block["mark"]:
        value, word = block["mark"]
        x = at_x(value)
        anchor, shift = ("end", -5) if x > WIDTH / 2 else ("start", 5)
        marked = (
            f'<line class="tt-mark" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{foot}"/>'
            f'<text class="tt-mark" x="{x + shift:.1f}" y="{TOP + 10}" text-anchor="{anchor}">'
            f"{esc(_say(word, lang))}</text>"
        )
    title, x_title, y_title = (_say(block[name], lang) for name in ("title", "x", "y"))
    return (
        f'<p class="tt-note">{esc(title)}</p>'
        f'<svg class="tt-chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{esc(title)}">'
        f'<line x1="{LEFT}" y1="{foot}" x2="{WIDTH - RIGHT}" y2="{foot}"/>'
        f"{drawn}{ticks}{marked}"
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">{esc(x_title)}'
        f'</text><text x="{LEFT}" y="{TOP - 6}">{esc(y_title)}</text></svg>'
    )
