"""Small pieces of a report in HTML. Whatever comes from data goes through `esc`."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence


def esc(text: str) -> str:
    return html.escape(text)


def clip(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def heading(text: str, level: int = 2) -> str:
    return f"<h{level}>{esc(text)}</h{level}>"


def paragraph(text: str) -> str:
    return f"<p>{esc(text)}</p>" if text else ""


def pairs(found: Iterable[tuple[str, str]]) -> str:
    """Names with their values."""
    items = "".join(f"<dt>{esc(name)}</dt><dd dir=auto>{esc(value)}</dd>" for name, value in found)
    return f"<dl>{items}</dl>" if items else ""


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], text: int = -1, before: Sequence[str] = ()
) -> str:
    """Cells are plain text, each in the direction of its own script. The column `text` holds the long ones;
    `before` is HTML that goes before each."""
    lead = list(before) or [""] * len(rows)

    def mark(place: int) -> str:
        return f"{' class=text' if place == text else ''} dir=auto"

    heads = "".join(f"<th{mark(place)}>{esc(each)}</th>" for place, each in enumerate(head))
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{mark(place)}>{first if place == text else ''}{esc(cell)}</td>"
            for place, cell in enumerate(row)
        )
        + "</tr>"
        for row, first in zip(rows, lead, strict=True)
    )
    return f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'
