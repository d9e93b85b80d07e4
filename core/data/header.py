"""The names of columns: each distinct and not empty, with a note on what had to be done for that."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow.compute as pc

from core.data.columns import is_known
from core.data.decode import readable
from core.data.grid import Grid
from core.words import Message, message

LONG_NAME = 80  # characters: longer ones are sentences, not column names


def name_columns(grid: Grid) -> tuple[list[str], list[Message]]:
    """One distinct, non-empty name for every column, and what had to be done for that."""
    notes: list[Message] = []
    names = list(grid.header)
    missing = len(grid.columns) - len(names)
    if missing > 0:
        # R writes row names as a first column without a name; they are all different.
        different = pc.count_distinct(grid.columns[0]).as_py() == len(grid.lines)
        names = ["", *names] if missing == 1 and different else names + [""] * missing
        notes.append(message("data.note.header_short", columns=missing))
    tidy = [" ".join(readable(name).replace("\ufeff", "").split()) for name in names]
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
    unnamed: list[str] = []
    repeated: list[str] = []
    used = set(tidy)
    columns: list[str] = []
    for number, column in enumerate(tidy, start=1):
        if column and column not in columns:
            columns.append(column)
            continue
        stem = column or f"column {number}"
        count = 2 if column else 1
        new = f"{column} ({count})" if column else stem
        while new in used:
            count += 1
            new = f"{stem} ({count})"
        used.add(new)
        columns.append(new)
        (repeated if column else unnamed).append(new)
    return columns, unnamed, repeated


def header_is_data(grid: Grid) -> bool:
    """Whether the first row looks like the others: a cell recurs below it, or is a sentence."""
    header = grid.header
    if len(header) != len(grid.columns) or any(map(is_known, header)):
        return False
    recurs = any(
        cell.strip() and (pc.sum(pc.equal(column, readable(cell))).as_py() or 0) >= 3
        for cell, column in zip(header, grid.columns, strict=True)
    )
    return recurs or any(len(cell) > LONG_NAME for cell in header)
