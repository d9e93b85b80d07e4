"""What the card says of a further file of texts without labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.data.read.unlabelled import read_unlabelled, text_columns
from core.words import say
from tests.ui.test_pieces import harmless
from ui.steps.techniques.form import Extra
from ui.steps.techniques.step import unlabelled


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_was_guessed_and_what_could_not_be_read_is_said(tmp_path: Path, lang: str) -> None:
    file = tmp_path / "more.csv"
    lines = ["text,shop", *(f"un café très bon {n},ville" for n in range(30)), "a,b,c,d", "e,f,g,h"]
    file.write_bytes("\n".join(lines).encode("cp1252"))
    table = read_unlabelled(file)
    assert table.notes
    assert len(table.bad_rows) == 2
    shown = harmless(unlabelled(Extra(table, text_columns(table, ("text",))), lang)[1])
    for note in table.notes:
        assert say(note, lang) in shown
    assert say("ui.extra.unreadable", lang, rows=2) in shown
    assert "a,b,c,d" in shown
