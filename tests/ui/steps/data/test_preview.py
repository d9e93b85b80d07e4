"""A table is shown a page at a time, from any line on; what kind of file it is is said, as text."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from core.data.profile.profile import profile
from core.data.read.table import read
from tests.ui.fake import HOSTILE
from tests.ui.test_pieces import harmless
from ui.session import Loaded
from ui.steps.data import columns, overview, preview
from ui.steps.data import step as data


def loaded(rows: int, gap: str = "", source: Path | bytes | None = None) -> Loaded:
    lines = "".join(f"a text that is number {n},{'ab'[n % 2]}\n{gap}" for n in range(rows))
    table = read(f"text,label\n{lines}".encode(), "t.csv")
    return Loaded(table, profile(table), source)


def shown(at: Loaded, start: int) -> tuple[str, bool, bool, int, bool, int]:
    rows, bar, earlier, line, later, state = preview.show(at, "en", start)
    return harmless(rows), bar.visible, earlier.interactive, line.value, later.interactive, state


@pytest.mark.parametrize(
    ("start", "said", "earlier", "line", "later", "state"),
    [
        (-50, "Rows 1 to 50 of 120", False, 2, True, 0),
        (50, "Rows 51 to 100 of 120", True, 52, True, 50),
        (100, "Rows 101 to 120 of 120", True, 102, False, 100),
        (10**9, "Rows 120 to 120 of 120", True, 121, False, 119),
    ],
)
def test_pages(start: int, said: str, earlier: bool, line: int, later: bool, state: int) -> None:
    text, *rest = shown(loaded(120), start)
    assert said in text
    assert rest == [True, earlier, line, later, state]


def test_one_page_needs_no_buttons() -> None:
    text, bar, *_ = shown(loaded(overview.PAGE_ROWS), 0)
    assert "Rows 1 to 50 of 50" in text
    assert not bar


@pytest.mark.parametrize(
    ("line", "position"), [(None, 0), (-5, 0), (2, 0), (3, 1), (4, 1), (201, 100), (10**12, 70)]
)
def test_a_line_is_found_or_the_next_one(line: Any, position: int) -> None:
    assert preview.position_of_line(loaded(120, gap="\n"), line) == position


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_sheet_is_said_and_can_be_changed_while_the_file_is_there(lang: str) -> None:
    plain = loaded(20, source=b"text,label\n")
    assert not columns.sheets(plain, lang).visible
    assert "CSV · UTF-8" in data.title_html(plain.table, plain.profile, lang)
    book = dataclasses.replace(
        plain.table, format="Excel", encoding="", sheet=HOSTILE, sheets=("a", HOSTILE)
    )
    there = dataclasses.replace(plain, table=book)
    assert columns.sheets(there, lang).visible
    assert columns.sheets(there, lang).value == HOSTILE
    for gone in (None, Path("not-there.csv")):
        assert not columns.sheets(dataclasses.replace(there, source=gone), lang).visible
    title = harmless(data.title_html(book, plain.profile, lang))
    assert "Excel" in title
    assert HOSTILE[:9] in title
