"""Tables in a terminal."""

from __future__ import annotations

from core.evidence import Table
from core.report.text import table
from core.words import message


def test_columns_stand_below_each_other() -> None:
    head = [message("card.label"), message("card.rows")]
    shown = table(Table(message("result.classes"), head, [["a long label", "1"], ["b", "2,000"]]))
    lines = shown.splitlines()
    assert lines[0].index("Test rows") == lines[1].index("1") == lines[2].index("2,000")
