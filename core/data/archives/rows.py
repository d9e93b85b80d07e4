"""Rows of an archive: each file in its place among the folders, or named by a table."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import ClassVar

import pandas as pd

from core.data.archives.archive import Member, Members
from core.data.archives.folders import FolderLayout, Place
from core.data.archives.naming import Naming, merge_naming
from core.data.column_names import free_name
from core.data.profile.roles import choose_label, describe
from core.data.read.grid import BadRow, quote_cells
from core.data.read.options import ReadOptions
from core.data.table import Table
from core.errors import UserError
from core.words import Message, message

FILE, LABEL, SPLIT = "file", "label", "split"
MAY_BE_LABELS = ("text", "label", "split", "other")  # roles of columns, where their cells repeat
Cell = str | Message  # what a file gives to its row, or why it cannot be used


class FileReader(ABC):
    """Reader of the files in an archive: each gives a cell to its row."""

    column: ClassVar[str]  # of these cells
    order: ClassVar[tuple[str, ...]]  # of the columns where each file is a row
    error: ClassVar[str]  # key of the UserError where no file can be used
    notes: Sequence[Message] = ()  # on what was read
    encoding = ""  # that it was read in

    @abstractmethod
    def read(self, members: Sequence[Member], wanted: Container[int]) -> Mapping[int, Cell]:
        """The cell of each member by its line; those whose line is not `wanted` lie in no folder."""

    def table(self, rows: Table, inputs: tuple[str, str]) -> Table:
        """The table of these rows. `inputs` are the columns with the file's name and its cell."""
        return rows


def placed_rows(
    files: FileReader, inside: Members, layout: FolderLayout | None, name: str, options: ReadOptions
) -> Table:
    """A row for each file, with its label and split where it has a place in the layout; None is for files
    that need no label. Raises UserError `archive_empty`, and as the reader does."""
    members = {member.line: member for member in inside.members}
    cells = files.read(inside.members, layout.places if layout else members)
    named = ((line, member.name, cells[line]) for line, member in members.items())
    good_cells, bad = split_bad_rows(named, name, files.error)
    places = [layout.places[line] if layout else Place("") for line in good_cells]
    columns = {
        FILE: [members[line].name for line in good_cells],
        LABEL: [place.label for place in places],
        SPLIT: [place.side for place in places],
        files.column: list(good_cells.values()),
    }
    gone = {LABEL} if layout is None else set()
    gone |= set() if any(columns[SPLIT]) else {SPLIT}
    frame = frame_of(good_cells, {key: columns[key] for key in files.order if key not in gone})
    notes = (*inside.notes, *files.notes, *(layout.notes if layout else ()))
    rows = Table(name, frame, files.encoding, "", bad, notes, format="ZIP", read_with=options)
    return files.table(rows, (FILE, files.column))


def named_rows(
    files: FileReader,
    inside: Members,
    by: Sequence[Naming],
    name: str,
    options: ReadOptions,
    layout: FolderLayout | None = None,
) -> Table:
    """The rows of tables that name files, with a column of what each file gives. Rows whose file is not there
    or cannot be used are `bad_rows`. Where the tables have no labels, those of the folders in the layout
    count. Raises UserError as `placed_rows` does."""
    naming = merge_naming(by)
    table, column = naming.inside.table, naming.column
    asked = {match.member.line: match.member for match in naming.matches.values() if match.member}
    cells = files.read(list(asked.values()), asked)
    named = []
    for line, cell in table.frame[column].items():
        member = naming.matches[cell].member
        named.append((int(line), cell, cells[member.line] if member else naming.why(cell)))
    good_cells, bad = split_bad_rows(named, name, files.error, table.bad_rows)
    frame, guessed = _with_folders(table.frame, naming, layout)
    new = free_name(files.column, frame.columns, "{}_{}")
    frame = with_columns(frame.loc[list(good_cells)], {new: list(good_cells.values())})
    notes = [*table.notes, *inside.notes, *files.notes, *guessed, *naming.said()]
    own = {other.inside.member.line for other in by}
    if unnamed := sum(
        packed.line not in asked and packed.line not in own for packed in inside.members
    ):
        notes.append(message("data.note.unnamed", files=unnamed))
    own_rows = {"name": name, "frame": frame, "read_with": options, "bad_rows": bad}
    return files.table(dataclasses.replace(table, **own_rows, notes=tuple(notes)), (column, new))


def split_bad_rows(
    cells: Iterable[tuple[int, str, Cell]], name: str, error: str, bad: Sequence[BadRow] = ()
) -> tuple[dict[int, str], tuple[BadRow, ...]]:
    """The cells of rows (line, what they are called, cell) that can be used, and all bad rows, by line.

    Raises UserError `archive_empty` where there are none, and `error` where all are bad."""
    good_cells, wrong = dict[int, str](), list(bad)
    for line, called, cell in cells:
        if isinstance(cell, Message):
            wrong.append(BadRow(line, cell, quote_cells([called])))
        else:
            good_cells[line] = cell
    wrong.sort(key=lambda row: row.line)
    if not good_cells and not wrong:
        raise UserError("archive_empty", name=name)
    if not good_cells:
        first = wrong[0]
        raise UserError(error, files=len(wrong), name=first.text, reason=first.reason)
    return good_cells, tuple(wrong)


def frame_of(lines: Iterable[int], columns: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """A table's frame of these columns."""
    index = pd.Index(list(lines), name="line", dtype="int64")
    return with_columns(pd.DataFrame(index=index), columns)


def with_columns(frame: pd.DataFrame, columns: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """A table's frame with further columns, or others under names that it has."""
    frame = frame.copy()
    for name, cells in columns.items():
        frame[name] = pd.Series(cells, frame.index, dtype="str")
    frame.columns = pd.Index(frame.columns, dtype="str")
    return frame


def _with_folders(
    frame: pd.DataFrame, naming: Naming, layout: FolderLayout | None
) -> tuple[pd.DataFrame, Sequence[Message]]:
    """A table with a column of the labels that its files' folders say, where it has no such column."""
    columns = describe(frame.drop(columns=naming.column))
    label, _ = choose_label(columns, ())
    repeated = any(
        column.unique < column.filled and column.role in MAY_BE_LABELS for column in columns
    )
    if layout is None or not layout.tells_apart or label is not None or repeated:
        return frame, ()
    places = [
        layout.places.get(match.member.line if match.member else 0)
        for match in map(naming.matches.__getitem__, frame[naming.column])
    ]
    further = {LABEL: [place.label if place else "" for place in places]}
    if SPLIT not in frame and any(place and place.side for place in places):
        further[SPLIT] = [place.side if place else "" for place in places]
    new = {free_name(name, frame.columns, "{}_{}"): cells for name, cells in further.items()}
    said = message("data.note.labels_of_folders", column=next(iter(new)))
    return with_columns(frame, new), (said, *layout.notes)
