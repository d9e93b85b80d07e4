"""Check of the columns in use: do they hold what they are used for?"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from core.data.checkup.finding import CheckupInput, Finding, Severity, examples_of, finding
from core.data.checkup.label_edits import Bin
from core.data.labels.separators import MAX_LABELS
from core.data.profile.roles import MAX_NUMBERS
from core.data.read.grid import name_some

NUMBER = r"[-+]?\d+(?:[.,]\d+)?%?"
PICTURE = r"(?i).+\.(?:jpe?g|png|webp|gif|bmp)"
SAMPLE_ROWS = 1_000  # rows in which names of pictures are looked for
MOST_OF_CELLS = 0.95
PROSE_LENGTH = 60  # characters of a label, on average, from which on it looks like free text
CLASSES = 3  # low, middle and high


def check_columns(seen: CheckupInput) -> Iterator[Finding]:
    columns = {column.name: column for column in seen.profile.columns}
    empty = [column.name for column in columns.values() if column.role == "empty"]
    if empty:
        yield finding("empty_columns", "note", len(empty), names=name_some(empty))
    for name, cells in seen.table.frame.head(SAMPLE_ROWS).items():
        if len(cells) and cells.str.strip().str.fullmatch(PICTURE).mean() > MOST_OF_CELLS:
            yield finding("picture_names", "serious", 1, examples_of(cells), column=str(name))
    for name in seen.profile.text:
        cells = seen.rows[name].str.strip()
        filled = cells[cells != ""]
        examples = examples_of(filled)
        if columns[name].role == "id":
            yield finding("id_as_text", "serious", len(filled), examples, column=name)
        elif len(filled) and filled.str.fullmatch(NUMBER).mean() > MOST_OF_CELLS:
            yield finding("numbers_as_text", "serious", len(filled), examples, column=name)
    if seen.profile.label and len(seen.labels):
        yield from _label(seen, columns[seen.profile.label].role)


def _label(seen: CheckupInput, role: str) -> Iterator[Finding]:
    label, cells, classes = seen.profile.label or "", seen.labels, len(seen.profile.classes)
    examples = examples_of(cells)
    numeric = float(cells.str.fullmatch(NUMBER).mean()) > MOST_OF_CELLS
    different = cells.nunique() > MOST_OF_CELLS * len(cells)
    many = classes > MAX_LABELS or classes * 2 > len(cells)
    if numeric and classes > MAX_NUMBERS and not (role == "id" and _counts_up(cells)):
        fixes = [Bin(label, CLASSES)]
        severity: Severity = "serious" if many else "warning"
        yield finding("label_is_number", severity, classes, examples, fixes, column=label)
    elif role == "id" and different:
        yield finding("id_as_label", "serious", classes, examples, column=label)
    elif many or cells.str.len().mean() > PROSE_LENGTH:
        yield finding("label_is_free_text", "serious", classes, examples, column=label)


def _counts_up(cells: pd.Series) -> bool:
    """Whether the cells are all different whole numbers: the number of the row, not a quantity."""
    return bool(cells.is_unique and cells.str.fullmatch(r"\d+").all())
