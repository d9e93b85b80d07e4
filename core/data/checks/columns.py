"""The columns in use: do they hold what they are used for?"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from core.data.checks.finding import EXAMPLES, Finding, Seen, Severity, finding
from core.data.edits import Bin
from core.data.roles import MANY_NUMBERS, MAX_LABELS
from core.data.split import name_some

NUMBER = r"[-+]?\d+(?:[.,]\d+)?%?"
PICTURE = r"(?i).+\.(?:jpe?g|png|webp|gif|bmp)"
LOOKED_AT = 1_000  # rows in which names of pictures are looked for
MOSTLY = 0.95
PROSE = 60  # characters of a label, on average, from which on it looks like free text
CLASSES = 3  # low, middle and high


def check(seen: Seen) -> Iterator[Finding]:
    columns = {column.name: column for column in seen.profile.columns}
    empty = [column.name for column in columns.values() if column.role == "empty"]
    if empty:
        yield finding("empty_columns", "note", len(empty), names=name_some(empty))
    for name, cells in seen.table.frame.head(LOOKED_AT).items():
        if len(cells) and cells.str.strip().str.fullmatch(PICTURE).mean() > MOSTLY:
            examples = tuple((int(line), cell) for line, cell in cells.head(EXAMPLES).items())
            yield finding("picture_names", "serious", 1, examples, column=str(name))
    for name in seen.profile.text:
        cells = seen.rows[name].str.strip()
        filled = cells[cells != ""]
        examples = tuple((int(line), cell) for line, cell in filled.head(EXAMPLES).items())
        if columns[name].role == "id":
            yield finding("id_as_text", "serious", len(filled), examples, column=name)
        elif len(filled) and filled.str.fullmatch(NUMBER).mean() > MOSTLY:
            yield finding("numbers_as_text", "serious", len(filled), examples, column=name)
    if seen.profile.label and len(seen.labels):
        yield from _label(seen, columns[seen.profile.label].role)


def _label(seen: Seen, role: str) -> Iterator[Finding]:
    label, cells, classes = seen.profile.label or "", seen.labels, len(seen.profile.classes)
    examples = tuple((int(line), str(cell)) for line, cell in cells.head(EXAMPLES).items())
    numeric = float(cells.str.fullmatch(NUMBER).mean()) > MOSTLY
    different = cells.nunique() > MOSTLY * len(cells)
    many = classes > MAX_LABELS or classes * 2 > len(cells)
    if numeric and classes > MANY_NUMBERS and not (role == "id" and _counts_up(cells)):
        fixes = [Bin(label, CLASSES)]
        severity: Severity = "serious" if many else "warning"
        yield finding("label_is_number", severity, classes, examples, fixes, column=label)
    elif role == "id" and different:
        yield finding("id_as_label", "serious", classes, examples, column=label)
    elif many or cells.str.len().mean() > PROSE:
        yield finding("label_is_free_text", "serious", classes, examples, column=label)


def _counts_up(cells: pd.Series) -> bool:
    """Whether the cells are all different whole numbers: the number of the row, not a quantity."""
    return bool(cells.is_unique and cells.str.fullmatch(r"\d+").all())
