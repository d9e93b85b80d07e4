"""Evidence of techniques in HTML: sentences, tables, small charts and pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from core.evidence import Block, Chart, Pictures, Sentence, Table
from core.report import svg
from core.report.html import card, esc, table
from core.words import Message, has, say


def evidence(techniques: Mapping[str, Sequence[Block]], language: str) -> str:
    """A card for each technique; empty where there is nothing to show."""
    cards = [
        card(say(f"technique.{key}.title", language), "".join(block(b, language) for b in blocks))
        for key, blocks in techniques.items()
        if blocks and has(f"technique.{key}.title")
    ]
    return f'<div class="tt-evidence">{"".join(cards)}</div>' if cards else ""


def block(what: Block, language: str) -> str:
    """A piece of evidence."""
    if isinstance(what, Sentence):
        return f"<p>{esc(say(what.said, language))}</p>"
    drawn = (
        table_of(what, language)
        if isinstance(what, Table)
        else _chart(what, language)
        if isinstance(what, Chart)
        else _pictures(what, language)
    )
    return drawn and f'<p class="tt-note">{esc(say(what.title, language))}</p>{drawn}'


def words(what: Message | str, language: str) -> str:
    """A cell as a person reads it."""
    return say(what, language) if isinstance(what, Message) else what


def table_of(what: Table, language: str) -> str:
    """A table as it stands by itself."""
    head = [say(title, language) for title in what.head]
    rows = [[words(cell, language) for cell in row] for row in what.rows]
    return table(head, rows, say(what.title, language), what.numeric, what.wide)


def _pictures(what: Pictures, language: str) -> str:
    """A row for each picture: as it was, and what became of it."""
    names = [esc(say(f"evidence.{name}", language)) for name in ("before", "after")]
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td><img class="tt-thumb" alt="{names[min(1, place)]}" '
            f'src="data:image/jpeg;base64,{esc(data)}"></td>'
            for place, data in enumerate(row)
        )
        + "</tr>"
        for row in what.rows
    )
    return f'<table class="tt-pictures">{rows}</table>'


def _chart(what: Chart, language: str) -> str:
    points = [(a, b) for a, b in what.points if math.isfinite(a) and math.isfinite(b)]
    if len(points) < (1 if what.dots else 2):
        return ""
    line = svg.Line(say(what.y, language), points, dots=what.dots, joined=not what.dots)
    title, x = say(what.title, language), say(what.x, language)
    mark = what.mark and (what.mark[0], say(what.mark[1], language))
    return svg.chart([line], title, x, log_x=what.log_x, mark=mark)
