"""Tables in an archive: the one that is meant, or several that are parts of one."""

from __future__ import annotations

import dataclasses
import time
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from core.data.archives.archive import Member, Members, read_member
from core.data.column_names import free_name, split_word
from core.data.read.grid import BadRow, quote_cells
from core.data.read.options import ReadOptions
from core.data.read.table import MAX_BYTES, read
from core.data.table import Table
from core.errors import UserError
from core.words import Message, message

ENDINGS = (
    *(".csv", ".tsv", ".tab", ".xlsx", ".xlsm", ".xls", ".json", ".jsonl", ".ndjson", ".parquet"),
)
PACKED = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst")  # archives, by name
MEMBERS = "members"  # of a note: tables that can be asked for
MAX_OFFERED = 5
MAX_SECONDS = 30  # after which none is begun
MAX_TABLES = 200  # tables of an archive that are looked at, the largest
SPLIT, TABLE = "split", "table"  # the columns that say which of several tables a row is from


@dataclass(frozen=True)
class ArchivedTable:
    """A table of an archive."""

    member: Member
    table: Table

    @property
    def stem(self) -> str:
        """Its name with its folders, without its ending."""
        return self.member.name.rpartition(".")[0] or self.member.name

    @property
    def content(self) -> tuple[str, str | None]:
        """A key that is equal for tables with the same cells and of the same split."""
        return self.table.fingerprint, self.side

    @property
    def side(self) -> str | None:
        """The split that its name, or else that of its folder, says."""
        names = reversed(self.stem.split("/"))
        return next((side for name in names if (side := split_word(name))), None)


def is_table(member: Member) -> bool:
    """Whether a file is a table, by its name."""
    return member.wrong is None and member.name.lower().endswith(ENDINGS)


def find_member(members: Sequence[Member], asked: str) -> Member:
    """The one that a person names, with its folders or without. Raises UserError `member_unknown`."""
    named = [member for member in members if member.name == asked]
    ends = [member for member in members if member.name.endswith(f"/{asked}")]
    if len(matches := named or ends) != 1:
        known = ", ".join(member.name for member in members)[:200]
        raise UserError("member_unknown", name=asked[:60], known=known or "-")
    return matches[0]


def tables_of(
    archive: zipfile.ZipFile, members: Sequence[Member], options: ReadOptions
) -> tuple[list[ArchivedTable], list[tuple[Member, Message]]]:
    """The tables among these files, the largest first, and why others cannot be read; not more of them than
    there is time and room for."""
    tables, failed, total = list[ArchivedTable](), list[tuple[Member, Message]](), 0
    largest = sorted(members, key=lambda entry: -entry.info.file_size)
    begun = time.monotonic()
    for number, member in enumerate(largest):
        total += member.info.file_size
        late = time.monotonic() - begun > MAX_SECONDS
        if number >= MAX_TABLES or (number and (late or total > MAX_BYTES)):
            break
        data = read_member(archive, member, MAX_BYTES, float("inf"))
        if isinstance(data, Message):
            failed.append((member, data))
            continue
        try:
            inside = ArchivedTable(member, read(data, member.parts[-1], options))
        except UserError as error:
            failed.append((member, error.what))
            continue
        # The same table in two formats, or twice, is one.
        if inside.content not in [table.content for table in tables]:
            tables.append(inside)
    return sorted(tables, key=lambda table: table.member.line), failed


def read_tables(
    archive: zipfile.ZipFile,
    inside: Members,
    members: Sequence[Member],
    name: str,
    options: ReadOptions,
) -> Table:
    """Of the tables `members` the one that is asked for, or that seems to be meant. Several with the same
    columns are one, if not asked otherwise.

    Of others, one for training goes before the rest, and then the largest. Raises UserError
    `member_unknown`, `archive_table`.
    """
    asked = [find_member(members, options.member)] if options.member else members
    tables, failed = tables_of(archive, asked, options)
    if not tables:
        member, reason = failed[0]
        raise UserError("archive_table", file=quote_cells([member.name]), reason=reason)
    chosen = _together(tables)
    table = concatenate_tables(chosen) if len(chosen) > 1 else chosen[0].table
    notes = [*table.notes, *inside.notes]
    for member, reason in failed[:MAX_OFFERED]:
        file = quote_cells([member.name])
        notes.append(message("data.note.member_failed", file=file, reason=reason))
    others = [other.name for other in members if other not in [one.member for one in chosen]]
    if len(chosen) == 1:
        notes.append(message("data.note.member", name=quote_cells([chosen[0].member.name])))
    if others:
        notes.append(other_members_note(others))
    packed = [other.name for other in inside.members if other.name.lower().endswith(PACKED)]
    if packed:
        notes.append(message("data.note.packed_inside", names=list_names(packed)))
    if left := len(inside.members) - len(members):
        notes.append(message("data.note.members_left", files=left))
    return dataclasses.replace(table, name=name, notes=tuple(notes), read_with=options)


def other_members_note(names: Sequence[str]) -> Message:
    """What other tables there are; those named under MEMBERS can be asked for."""
    return Message(
        "data.note.members_other", {"names": list_names(names), MEMBERS: list(names[:MAX_OFFERED])}
    )


def list_names(names: Iterable[str]) -> str:
    return quote_cells([", ".join(names)])


def _together(tables: Sequence[ArchivedTable]) -> list[ArchivedTable]:
    """The tables that are read as one: of equal columns, and of a split where some are."""
    groups: defaultdict[frozenset[str], list[ArchivedTable]] = defaultdict(list)
    for table in tables:
        groups[frozenset(map(str, table.table.frame.columns))].append(table)

    def rank(group: list[ArchivedTable]) -> tuple[bool, int]:
        rows = sum(len(inside.table.frame) for inside in group)
        return any(inside.side == "train" for inside in group), rows

    best = max(groups.values(), key=rank)
    split = [inside for inside in best if inside.side]
    return split if len({inside.side for inside in split}) > 1 else best


def concatenate_tables(parts: Sequence[ArchivedTable]) -> Table:
    """Tables one after the other. A further column says of which split, or else of which table, each row is;
    lines are counted on from table to table."""
    sides = [part.side or "" for part in parts]
    split = all(sides) and len(set(sides)) > 1
    stems = [part.stem.rpartition("/")[2] for part in parts]
    stems = stems if len(set(stems)) == len(stems) else [part.stem for part in parts]
    first = parts[0].table
    column = free_name(SPLIT if split else TABLE, first.frame.columns, "{}_{}")
    frames, bad, notes, before = [], list[BadRow](), dict[str, Message](), 0
    for table, value in zip(parts, sides if split else stems, strict=True):
        frame = table.table.frame[list(first.frame.columns)].copy()
        frame[column] = pd.Series(value, index=frame.index, dtype="str")
        frame.index = pd.Index(frame.index + before, name=frame.index.name, dtype="int64")
        frames.append(frame)
        bad_rows = [
            dataclasses.replace(row, line=row.line + before) for row in table.table.bad_rows
        ]
        bad += bad_rows
        notes |= {str(note): note for note in table.table.notes}
        before = max([before, *frame.index[-1:], *(row.line for row in bad_rows)])
    frame = pd.concat(frames)
    frame.columns = pd.Index(frame.columns, dtype="str")
    names = list_names(part.member.name for part in parts)
    offered = [part.member.name for part in parts[:MAX_OFFERED]]
    said = Message("data.note.tables_joined", {"names": names, "column": column, MEMBERS: offered})
    return dataclasses.replace(
        first, frame=frame, bad_rows=tuple(bad), notes=(*notes.values(), said)
    )
