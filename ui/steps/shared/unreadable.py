"""Rows of a file that could not be read, each with the reason."""

from __future__ import annotations

from collections.abc import Sequence

from core.data.checkup.file import describe_bad_row
from core.data.read.grid import BadRow
from core.words import say
from ui.kit.words import esc

LINES = 20  # so many are named


def unreadable_html(rows: Sequence[BadRow], title: str, lang: str) -> str:
    """How many there are, which is the sentence `title`, and the first of them, folded; empty without any."""
    if not rows:
        return ""
    items = "".join(
        f"<li><span>{esc(say('checkup.line', lang, line=row.line))}</span> "
        f'<span dir="auto">{esc(say(describe_bad_row(row), lang))}</span></li>'
        for row in rows[:LINES]
    )
    return (
        f'<details class="tt-notice tt-warning tt-findings"><summary><strong>'
        f"{esc(say(title, lang, rows=len(rows)))}</strong></summary><ul>{items}</ul></details>"
    )
