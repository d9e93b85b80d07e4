"""Formula guard: CSV in which no cell runs as a formula when a spreadsheet opens it (CSV injection).

A cell is guarded by an apostrophe before what would begin a formula, after OWASP's list: = + - @ and their
full-width forms, a tab, a line end. A plain number such as -5 or -0.3 stays as it is. Where another country's
spreadsheet divides the line elsewhere (`a;=1+1` in a file with commas), quotes do not keep a cell together:
what follows a mark that could divide is guarded as well. The text stays readable.

A copy of this file goes into the downloads. It imports nothing of TickTune.
"""

import csv
import io
import re
from collections.abc import Iterable

FORMULA_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20"  # of a formula, ready for a class of characters
INVISIBLE = '\\s"\ufeff\u200b-\u200f\u2060'  # may stand before it
FORMULA_START = re.compile(f"[{INVISIBLE}]*[{FORMULA_SIGNS}]|[\t\r\n]")
DELIMITED_FORMULA = re.compile(f"([;,|\t\r\n])([{INVISIBLE}]*)(?=[{FORMULA_SIGNS}])")
NUMBER = re.compile(r"\s*[+-]?(\d[\d.,]*|\.\d+)([eE][+-]?\d+)?\s*%?\s*")


def harmless(cell: str, delimiter: str = ",") -> str:
    """The cell with an apostrophe wherever a spreadsheet would begin a formula; else as it is.

    `delimiter` is what is between the cells of the file: there a quoted cell is kept together.
    """

    def guarded(match: re.Match[str]) -> str:
        piece = re.split(r"[;,|\t\r\n]", cell[match.end() :], maxsplit=1)[0]
        if match[1] == delimiter or NUMBER.fullmatch(piece):
            return match[0]
        return f"{match[0]}'"

    if NUMBER.fullmatch(cell):
        return cell
    inside = DELIMITED_FORMULA.sub(guarded, cell)
    return f"'{inside}" if FORMULA_START.match(cell) else inside


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """Rows as CSV with commas, each text guarded."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in row])
    return out.getvalue()
