"""Tables as text, for a terminal."""

from __future__ import annotations

from core.evidence import Table
from core.report.evidence import words
from core.words import say


def table(what: Table, language: str = "en") -> str:
    """A table as text, its columns below each other."""
    head = [say(title, language) for title in what.head]
    rows = [head, *([words(cell, language) for cell in row] for row in what.rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)
