"""The formula guard: nothing that a spreadsheet reads, however it divides the lines, begins a formula."""

from __future__ import annotations

import csv
import io

import pytest

from core.data.spreadsheet import csv_text, harmless

BEGINNINGS = "=+-@\uff1d\uff0b\uff0d\uff20"
EVIL = [
    *(f"{begin}1+1" for begin in BEGINNINGS),
    *("\t=1", "\r=1", "\n=1", " =1+1", "\ufeff=1+1", "\u200b@x", '"=1+1"', "\t", "\rx"),
    *(f"a{mark}=cmd|'/C calc'!A0" for mark in (";", "\t", "\n", "\r\n", "|", ",")),
    *("a; =1", 'a;"=1', "a;b;+x", "a;\uff1d1", "one, two;@SUM(A1)", "-5;=1", "a;-5;=1", "=1;=2"),
    "- a dash",
]
PLAIN = ["", "good", "-5", "-0.3", "+4.5e3", "-12 %", "1,234", "-.5", "a;-5", "a = b", "x-y; z+1"]
PLAIN += ["3-4", "a@b.org", "好，=", 'he said "no"', "line\nanother", "a, b"]


def cells_as(text: str, delimiter: str, quotes: bool) -> list[str]:
    """All cells as a spreadsheet may find them that divides at another mark, or knows no quotes."""
    rows = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        quoting=csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE,
    )
    return [cell for row in rows for cell in row]


@pytest.mark.parametrize("own", [",", ";", "\t"])
@pytest.mark.parametrize("cell", EVIL)
def test_no_cell_begins_a_formula_however_the_lines_are_divided(cell: str, own: str) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=own)
    writer.writerow(["first", harmless(cell, own), "last"])
    text = out.getvalue()
    divided = [cells_as(text, own, quotes=True)]
    divided += [cells_as(text, other, quotes=True) for other in ",;\t" if other != own]
    for found in divided:
        for each in found:
            begins = each.lstrip(' "\ufeff\u200b')
            numeric = begins.strip().lstrip("+-").replace(".", "").isdigit()
            assert not begins.startswith(tuple(BEGINNINGS)) or numeric, (found, text)
            assert not each.startswith(("\t", "\r", "\n=")), (found, text)


@pytest.mark.parametrize("cell", PLAIN)
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert harmless(cell) == cell


def test_a_guarded_text_is_recognisable() -> None:
    for cell in EVIL:
        assert harmless(cell).replace("'", "") == cell.replace("'", "")
        assert harmless(harmless(cell)) == harmless(cell)


def test_numbers_are_numbers() -> None:
    assert csv_text([["a", "=b"], [-0.5, "=1"]]) == "a,'=b\r\n-0.5,'=1\r\n"
