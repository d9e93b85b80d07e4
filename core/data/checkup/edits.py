"""Edits of a table that a person asked for: each a step that can be seen and undone, kept in the recipe.

An edit is one of the classes of `EDITS`; in a recipe and in a file it is plain values, with its `kind`. What
it does not fit (a line that is not there, a label that nobody has) stays as it is.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from core.data.checkup.edit import Edit
from core.data.checkup.label_edits import (
    Bin,
    Blank,
    FillDown,
    JoinColumns,
    MergeLabels,
    NamePlaces,
    NoneOfThem,
    Relabel,
)
from core.data.checkup.row_edits import (
    AddRows,
    DropConflicts,
    DropLabels,
    DropLines,
    DropRepeats,
    DropShort,
)
from core.data.checkup.text_edits import MASKS, Mask
from core.data.table import Change, Table
from core.errors import UserError

EDITS: dict[str, Any] = {
    edit_type.kind: edit_type
    for edit_type in (
        *(DropRepeats, DropConflicts, DropShort, DropLines, DropLabels),
        *(MergeLabels, Blank, FillDown, NoneOfThem, NamePlaces, JoinColumns, Mask, Bin),
        *(Relabel, AddRows),
    )
}


def edit_to_json(edit: Edit) -> dict[str, Any]:
    """An edit as a recipe keeps it."""
    return {"kind": edit.kind, **dataclasses.asdict(typing.cast(Any, edit))}


def edit_from_json(values: Mapping[str, Any]) -> Edit:
    """The edit of plain values from anywhere. Raises UserError for what is no edit."""
    try:
        kind = EDITS[values["kind"]]
        given = {str(name): value for name, value in values.items() if name != "kind"}
        hints = typing.get_type_hints(kind)
        edit: Edit = kind(**{name: _as(hints[name], value) for name, value in given.items()})
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UserError("edit_unknown") from None
    if isinstance(edit, Mask) and (not edit.what or set(edit.what) - set(MASKS)):
        raise UserError("edit_unknown")
    return edit


def _as(kind: Any, value: Any) -> Any:
    """`value` as the field of an edit holds it; JSON knows no numbers as keys, and no tuples."""
    if kind in (str, int):
        if isinstance(value, bool) or not isinstance(value, kind):
            raise TypeError(value)
        return value
    inner = typing.get_args(kind)
    if typing.get_origin(kind) is tuple:
        if isinstance(value, str):
            raise TypeError(value)
        return tuple(_as(inner[0], item) for item in value)
    return {inner[0](name): _as(inner[1], item) for name, item in value.items()}


def apply_edits(table: Table, edits: Iterable[Edit]) -> Table:
    """The table after further edits: `changes` has one more for each, `original` is the table as it was read.

    Raises UserError for an edit that names a column which is not there, or that leaves no row.
    """
    frame, changes = table.frame, list(table.changes)
    for edit in edits:
        frame, rows = edit.apply(frame)
        changes.append(Change(edit_to_json(edit), edit.said(rows)))
    if frame.empty:
        raise UserError("edit_no_rows")
    original = table.original or table
    return dataclasses.replace(table, frame=frame, changes=tuple(changes), original=original)


def added_lines(table: Table) -> pd.Index:
    """Lines of the rows that a person added (`AddRows`) to the table, those that are still there."""
    frame = (table.original or table).frame
    lines = frame.index[:0]
    for change in table.changes:
        edit = edit_from_json(change.edit)
        frame, rows = edit.apply(frame)
        # A row that was dropped leaves its line to one that is added.
        lines = lines.intersection(frame.index)
        if isinstance(edit, AddRows):
            lines = lines.append(frame.index[len(frame) - rows :])
    return lines


def edits_to_json(table: Table) -> tuple[Mapping[str, Any], ...]:
    """What a recipe says of how the table was changed."""
    return tuple(change.edit for change in table.changes)


def undo_edit(table: Table, number: int) -> Table:
    """The table without its change of that number (0 is the first); the later ones are done again."""
    edits = [
        edit_from_json(change.edit) for place, change in enumerate(table.changes) if place != number
    ]
    original = table.original or table
    return apply_edits(original, edits) if edits else original
