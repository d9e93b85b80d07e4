"""Column header: distinct names, none empty, with a note on what had to be done for that."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow.compute as pc

from core.data.column_names import free_name, is_known
from core.data.read.grid import Grid
from core.words import Message, message

LONG_NAME = 80  # characters: longer ones are sentences, not column names


def name_columns(grid: Grid) -> tuple[list[str], list[Message]]:
    """One distinct, non-empty name for every column, and what had to be done for that."""
    notes: list[Message] = []
    names = list(grid.header)
    missing = len(grid.columns) - len(names)
    if missing > 0 and not grid.nameless:
        # R writes row names as a first column without a name; they are all different.
        different = pc.count_distinct(grid.columns[0]).as_py() == len(grid.lines)
        names = ["", *names] if missing == 1 and different else names + [""] * missing
        notes.append(message("data.note.header_short", columns=missing))
    elif missing > 0:
        names += [""] * missing
    tidy = [" ".join(name.replace("\ufeff", "").split()) for name in names]
    padded = [new for new, old in zip(tidy, names, strict=True) if new and new != old]
    if padded:
        notes.append(message("data.note.header_padded", names=", ".join(padded)))
    columns, unnamed, repeated = _distinct(tidy)
    if unnamed:
        notes.append(message("data.note.header_unnamed", names=", ".join(unnamed)))
    if repeated:
        notes.append(message("data.note.header_repeated", names=", ".join(repeated)))
    return columns, notes


def _distinct(tidy: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    """All names, and those of them that were made up or changed."""
    unnamed, repeated, columns = list[str](), list[str](), dict[str, None]()
    for number, column in enumerate(tidy, start=1):
        new = column
        if not column or column in columns:
            new = free_name(column or f"column {number}", (*tidy, *columns))
            (repeated if column else unnamed).append(new)
        columns[new] = None
    return list(columns), unnamed, repeated


def header_is_data(grid: Grid) -> bool:
    """Whether the first row looks like the others: a cell recurs below it, or is a sentence."""
    header = grid.header
    if len(header) != len(grid.columns):
        return False
    # "spam" may be a name and a label: where it recurs, it is no name.
    recurs = any(
        cell.strip() and (pc.sum(pc.equal(column, cell)).as_py() or 0) >= 3
        for cell, column in zip(header, grid.columns, strict=True)
    )
    return recurs or (
        not any(map(is_known, header)) and any(len(cell) > LONG_NAME for cell in header)
    )
