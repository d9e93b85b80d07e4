"""Naming of files: tables of an archive that name its files in a column, and several of them as one."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from core.data.archives.archive import Member
from core.data.archives.file_names import FileMatch, FileNames, column_score, match_notes
from core.data.archives.tables import ArchivedTable, concatenate_tables, other_members_note
from core.data.column_names import FILE_NAMES, rank
from core.data.read.grid import quote_cells
from core.words import Message, message

MIN_SHARE = 0.5  # of a column's cells that name a file of the archive, from which on it is meant
GLANCE, SAMPLE = 50, 2_000  # rows by which that is looked at first, and then found out
NAME_BONUS = 0.05  # what it is worth in doubt that a column is called "image" or "file"


@dataclass(frozen=True)
class Naming:
    """A table of which a column names files."""

    inside: ArchivedTable
    column: str
    matches: Mapping[str, FileMatch]  # of each different cell

    def why(self, cell: str) -> Message:
        """Why a cell names no file."""
        return message(f"data.archive.{self.matches[cell].reason}", file=quote_cells([cell]))

    def said(self) -> list[Message]:
        """In which ways its names were found."""
        return match_notes(self.matches[cell] for cell in self.inside.table.frame[self.column])


def tables_naming_files(
    tables: Sequence[ArchivedTable], members: Sequence[Member], way: str | None = None
) -> list[Naming]:
    """The tables of an archive that name files of it: from their own folder on, or from the outermost."""
    own_names = {inside.member.line for inside in tables}
    files = [member for member in members if member.line not in own_names]
    known: dict[tuple[str, ...], FileNames] = {}
    namings = []
    for inside in tables:
        for own in dict.fromkeys((inside.member.parts[:-1], ())):
            if own not in known:
                beside = [file for file in files if file.parts[: len(own)] == own]
                known[own] = FileNames(beside, len(own), way)
            column = file_name_column(inside.table.frame, known[own])
            if column is not None:
                cells = inside.table.frame[column]
                namings.append(Naming(inside, column, known[own].all(cells.unique())))
                break
    return namings


def file_name_column(frame: pd.DataFrame, names: FileNames) -> str | None:
    """The column whose cells name files of the archive; of several, the one that names most and surest."""
    few, sample = (frame.iloc[:: max(1, len(frame) // size)] for size in (GLANCE, SAMPLE))
    best: tuple[float, str | None] = (0.0, None)
    for column in sample.columns:
        if sum(match.reason != "missing" for match in names.all(few[column]).values()) == 0:
            continue
        counts = Counter(map(str, sample[column]))
        share, sure = column_score(names.all(counts), counts)
        sure += NAME_BONUS * rank(str(column), FILE_NAMES)
        if share >= MIN_SHARE and sure > best[0]:
            best = sure, str(column)
    return best[1]


def merge_naming(by: Sequence[Naming]) -> Naming:
    """One table, or all those with the same columns as one: a name is then written with its folders."""
    groups: defaultdict[tuple[str, frozenset[str]], list[Naming]] = defaultdict(list)
    for naming in by:
        columns = frozenset(map(str, naming.inside.table.frame.columns))
        groups[naming.column, columns].append(naming)
    best = max(groups.values(), key=lambda group: sum(len(one.matches) for one in group))
    others = [naming.inside.member.name for naming in by if naming not in best]
    if len(best) == 1:
        one = best[0]
        inside, matches = one.inside, dict(one.matches)
    else:
        parts, matches = [], {}
        for naming in best:
            full = {cell: _full(naming, cell) for cell in naming.matches}
            cells = naming.inside.table.frame[naming.column].map(full).astype("str")
            frame = naming.inside.table.frame.assign(**{naming.column: cells})
            parts.append(
                ArchivedTable(
                    naming.inside.member, dataclasses.replace(naming.inside.table, frame=frame)
                )
            )
            matches |= {full[cell]: one for cell, one in naming.matches.items()}
        inside = ArchivedTable(parts[0].member, concatenate_tables(parts))
    if others:
        said = (*inside.table.notes, other_members_note(others))
        inside = ArchivedTable(inside.member, dataclasses.replace(inside.table, notes=said))
    return Naming(inside, best[0].column, matches)


def _full(by: Naming, cell: str) -> str:
    """A cell with the folders before it, so that it names the same file in any table."""
    member = by.matches[cell].member
    return member.name if member else "/".join((*by.inside.member.parts[:-1], cell))
