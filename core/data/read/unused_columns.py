"""Unused columns: a cell there that cannot be read does no harm. Its row stays, the cell is empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa

from core.data.column_names import LABEL_NAMES, TEXT_NAMES, rank
from core.data.profile.roles import choose_label, choose_split, choose_text, describe
from core.data.read.column_header import name_columns
from core.data.read.grid import BadRow, Grid
from core.words import message

SAMPLE_ROWS = 5_000  # rows by which it is told what the columns are
NAMED_LINES = 12
NAME_RANK = 0.9  # rank of a name that says what a column is for


def keep_unused(grid: Grid) -> Grid:
    """The grid with the rows whose cells are wrong only in columns that are neither text, label nor split.

    These cells are empty, which a note says: a person may choose such a column later.
    """
    held = [row for row in grid.bad if row.cells]
    if not held:
        return grid
    names, _ = name_columns(grid)
    used = _used(grid, names, held)
    back = [row for row in held if used and not used & set(row.wrong)]
    back_ids = {id(row) for row in back}
    bad = [
        BadRow(row.line, row.reason, row.text) if row.cells else row
        for row in grid.bad
        if id(row) not in back_ids
    ]
    if not back:
        return replace(grid, bad=bad)
    lines = np.concatenate([grid.lines, [row.line for row in back]]).astype(np.int64)
    order = np.argsort(lines, kind="stable")
    columns = []
    for place, column in enumerate(grid.columns):
        cells = [row.cells[place] if place < len(row.cells) else "" for row in back]
        whole = pa.chunked_array([*column.chunks, pa.array(cells, pa.large_string())])
        columns.append(whole.take(pa.array(order)))
    empty = sorted({place for row in back for place in row.wrong})
    note = message(
        "data.note.unused_cells",
        rows=len(back),
        names=", ".join(names[place] for place in empty[:NAMED_LINES]),
        lines=", ".join(str(row.line) for row in back[:NAMED_LINES]),
    )
    return replace(grid, columns=columns, lines=lines[order], bad=bad, notes=[*grid.notes, note])


def _used(grid: Grid, names: Sequence[str], held: Sequence[BadRow]) -> set[int]:
    """The places of the columns that seem to be text, label and split; none where there is no text."""
    frame = pd.DataFrame(
        {
            name: [
                *column.slice(0, SAMPLE_ROWS).to_pylist(),
                *(row.cells[at] if at < len(row.cells) else "" for row in held[:SAMPLE_ROWS]),
            ]
            for at, (name, column) in enumerate(zip(names, grid.columns, strict=True))
        },
        dtype="str",
    )
    columns = describe(frame)
    split = choose_split(columns, [])
    text, _ = choose_text(columns, [*filter(None, [split])])
    label, _ = choose_label(columns, [*filter(None, [split, text])])
    if not text:
        return set()
    # In a few rows a form says little, and a name all the more.
    named = list[str]()
    for known in (TEXT_NAMES, LABEL_NAMES):
        ranks = [rank(name, known) for name in names]
        if max(ranks) > NAME_RANK:
            named.append(names[ranks.index(max(ranks))])
    return {names.index(name) for name in (text, label, split, *named) if name}
