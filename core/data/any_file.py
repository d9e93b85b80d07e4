"""Reader of any file: a table of texts, or of pictures with their names and sha256.

An archive has one folder a class, or tables of file names, or a table and nothing else. A table of file names
may have its archive beside it, and pictures may come as single files.
"""

from __future__ import annotations

import dataclasses
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from core.data.archives.archive import Member, Members, is_archive_file, list_members, open_archive
from core.data.archives.file_names import PICTURE, FileNames
from core.data.archives.folders import folder_layout
from core.data.archives.naming import Naming, file_name_column, tables_naming_files
from core.data.archives.rows import named_rows, placed_rows, split_bad_rows
from core.data.archives.sandbox import answer_with, read_archive_sandboxed
from core.data.archives.tables import (
    PACKED,
    ArchivedTable,
    find_member,
    is_table,
    read_tables,
    tables_of,
)
from core.data.archives.texts import TextReader, is_text
from core.data.column_names import split_word
from core.data.pictures.rows import NO_PICTURES, PictureReader, columnar_rows, read_files
from core.data.pictures.store import Thumbnail
from core.data.profile.roles import describe
from core.data.read import child_process
from core.data.read.grid import quote_cells
from core.data.read.gzipped import HEAD_BYTES, gunzip, is_gzip
from core.data.read.office import BROKEN, is_document
from core.data.read.options import FOUND_OUT, OF_ARCHIVES, OF_TABLES, ReadOptions, refuse_asked
from core.data.read.parquet import PICTURES
from core.data.read.sandbox import read_sandboxed
from core.data.read.sniff import is_picture
from core.data.read.table import MAX_BYTES, bytes_of, read
from core.data.table import Table
from core.errors import UserError

MAX_UNNAMED_FILES = 20  # files without a folder that may each be a table
NAMED_KINDS = 5  # kinds of files that are named


def read_any(
    source: Path,
    options: ReadOptions = FOUND_OUT,
    pictures: Path | None = None,
    labelled: bool = True,
) -> Table:
    """A table, an archive, or a table with the archive beside it that its names are from.

    Archives are read in a process of their own. Where the rows are not `labelled`, the folders of an archive
    say nothing. Raises UserError as `core.data.read.table.read`, `read_archive`, `read_named` and
    `core.data.read.child_process.run_child` do.
    """
    if pictures is not None or holds_archive(source) or is_gzip(_head(source)):
        return read_archive_sandboxed(__name__, source, options, pictures, labelled)
    return _table(source, options)


def read_here(
    source: Path,
    options: ReadOptions = FOUND_OUT,
    pictures: Path | None = None,
    labelled: bool = True,
) -> Table:
    """Read any file in this process: for files of our own, and within the other one."""
    if pictures is not None:
        of_table = dataclasses.replace(options, folders=None)
        return read_named(_table(source, of_table), pictures, options=options)
    if holds_archive(source):
        return read_archive(source, labelled=labelled, options=options)
    return _table(source, options)


def _table(source: Path, options: ReadOptions) -> Table:
    """A table, which may be packed with gzip."""
    refuse_asked(options, OF_ARCHIVES, "only_archives", name=source.name)
    if is_gzip(_head(source)):
        return read(gunzip(source, MAX_BYTES), source.name, options)
    table = read(source, options=options)
    place = next((note.values["place"] for note in table.notes if note.key == PICTURES), None)
    columns = () if place is None else describe(table.frame)
    if place is None or any(column.role == "text" for column in columns):
        return table
    return columnar_rows(table, place, read_sandboxed("pictures", bytes_of(source)))


def read_given(
    files: Sequence[Path], options: ReadOptions = FOUND_OUT, pictures: Path | None = None
) -> Table:
    """What is to be answered: a file as `read_any` takes it, or any number of pictures. Raises UserError
    `predict_files` for several of other kinds."""
    if all(is_picture(_head(file)) for file in files):
        return read_files(files)
    if len(files) > 1:
        raise UserError("predict_files", files=len(files))
    return read_any(files[0], options, pictures, labelled=False)


def holds_archive(source: Path) -> bool:
    """An archive that is no document of an office: those are archives too."""
    if not is_archive_file(source):
        return False
    try:
        with open_archive(source, source.name) as archive:
            names = {info.filename for info in archive.infolist()}
    except UserError:  # whoever reads it says what is wrong with it
        return source.suffix.lower() == ".zip"
    return not is_document(names)


def _head(source: Path) -> bytes:
    try:
        with source.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError:  # whoever reads it says so
        return b""


def read_archive(
    source: Path | bytes,
    name: str | None = None,
    labelled: bool = True,
    options: ReadOptions = FOUND_OUT,
) -> Table:
    """What is in an archive: pictures or texts in one folder a class (`core.data.archives.folders`; where
    they are not `labelled`, in any folders or none), or tables.

    Tables that name pictures beside them have the labels instead, as in `read_named`. Raises UserError
    `file_unreadable`, `archive_too_large`, `archive_damaged`, `archive_parts`, `archive_names`,
    `archive_unpacked`, `archive_empty`, `archive_no_pictures`, `archive_no_texts`, `archive_nested`,
    `archive_strange`, `file_unpacked`, `folders_unknown`, `encoding_unknown`, `only_tables`, and as
    `core.data.archives.tables.read_tables` does.
    """
    name = name or ("pictures.zip" if isinstance(source, bytes) else source.name)
    with open_archive(source, name) as archive:
        inside = list_members(archive)
        pictures = _pictures(archive, inside.members)
        tables = [member for member in inside.members if is_table(member)]
        texts = [member for member in inside.members if is_text(member)]
        if pictures and len(pictures) >= len(texts):
            layout = folder_layout(inside.members, options.folders) if labelled else None
            if by := _naming(archive, inside.members, tables, options):
                return named_rows(PictureReader(archive), inside, by, name, options, layout)
            # One picture beside a table is its cover.
            meant = len(pictures) > len(tables) and (layout is None or len(layout.labels) > 1)
            if not tables or (meant and not options.member):
                refuse_asked(options, (*OF_TABLES, "encoding"), "only_tables")
                return placed_rows(PictureReader(archive), inside, layout, name, options)
        elif texts and (by := _naming(archive, inside.members, tables, options)):
            return named_rows(TextReader(archive, options.encoding), inside, by, name, options)
        elif not options.member and _are_texts(texts, tables, labelled):
            layout = folder_layout(texts, options.folders) if labelled else None
            rest = tuple(member for member in inside.members if member not in tables)
            refuse_asked(options, OF_TABLES, "only_tables")
            reader = TextReader(archive, options.encoding)
            return placed_rows(reader, Members(rest, inside.notes), layout, name, options)
        if tables or texts:
            return read_tables(archive, inside, tables or texts, name, options)
        raise _strange(inside.members, name)


def _pictures(archive: zipfile.ZipFile, members: Sequence[Member]) -> list[Member]:
    """The pictures by the endings of their names; where none has a known one, by how the first few begin."""
    named = [member for member in members if PICTURE.search(member.name[-5:])]
    if named or any(is_table(member) or member.name.lower().endswith(".txt") for member in members):
        return named
    some = [member for member in members if member.wrong is None][:MAX_UNNAMED_FILES]
    return list(members) if any(is_picture(_start(archive, member)) for member in some) else []


def _start(archive: zipfile.ZipFile, member: Member) -> bytes:
    try:
        with archive.open(member.info) as file:
            return file.read(16)
    except BROKEN:
        return b""


def _naming(
    archive: zipfile.ZipFile,
    members: Sequence[Member],
    tables: Sequence[Member],
    options: ReadOptions,
) -> list[Naming]:
    """The tables of an archive that name its pictures."""
    asked = [find_member(tables, options.member)] if options.member else tables
    return tables_naming_files(tables_of(archive, asked, options)[0], members, options.names)


def _are_texts(texts: Sequence[Member], tables: Sequence[Member], labelled: bool) -> bool:
    """Whether these files are texts, and not tables as train.txt and test.txt are, nor beside them."""
    if len(texts) <= len(tables) or all(split_word(Path(text.name).stem) for text in texts):
        return False
    return len(texts) > 1 and (not tables or not labelled or len(folder_layout(texts).labels) > 1)


def _strange(members: Sequence[Member], name: str) -> UserError:
    """Why there is nothing in an archive that can be read."""
    first = next((member for member in members), None)
    if first is None:
        return UserError("archive_empty", name=name)
    if all(member.wrong for member in members):
        named = ((member.line, member.name, member.wrong or "") for member in members)
        split_bad_rows(named, name, NO_PICTURES)
    kinds = Counter(
        Path(member.parts[-1]).suffix.lower() or "-" for member in members if member.parts
    )
    if all(kind in PACKED for kind in kinds):
        return UserError("archive_nested", name=name, file=quote_cells([first.name]))
    shown = ", ".join(f"{kind} ({count})" for kind, count in kinds.most_common(NAMED_KINDS))
    return UserError("archive_strange", name=name, files=len(members), kinds=quote_cells([shown]))


def read_named(table: Table, source: Path, options: ReadOptions = FOUND_OUT) -> Table:
    """A table of which a column names files of an archive beside it; its other columns stay as they are.

    Rows whose file is not there or cannot be used are `bad_rows`. Raises UserError `archive_no_column`, and
    as `read_archive` does.
    """
    with open_archive(source, source.name) as archive:
        inside = list_members(archive)
        names = FileNames(inside.members, way=options.names)
        column = file_name_column(table.frame, names)
        if column is None:
            columns = ", ".join(map(str, table.frame.columns))[:200]
            raise UserError("archive_no_column", file=table.name, columns=columns)
        matches = names.all(table.frame[column])
        by = Naming(
            ArchivedTable(Member(0, (table.name,), zipfile.ZipInfo(), None), table), column, matches
        )
        placed = folder_layout(inside.members, options.folders)
        return named_rows(PictureReader(archive), inside, [by], table.name, options, placed)


def by_name(table: Table) -> Mapping[str, str]:
    """The sha256 of each picture of a table by its name; empty for a table without pictures."""
    if table.pictures is None:
        return {}
    name, sha256 = table.inputs
    return dict(zip(table.frame[name], table.frame[sha256], strict=True))


def thumbnails(table: Table, names: Sequence[str], side: int) -> list[Thumbnail | None]:
    """Small pictures of these names; None for a name that is not in the table, or whose picture is gone."""
    known, images = by_name(table), list[Thumbnail | None]()
    for name in names:
        try:
            small = table.pictures.thumbnail(known[name], side) if table.pictures else None
        except (KeyError, OSError):
            small = None
        images.append(small)
    return images


def main(arguments: Sequence[str], source: IO[bytes], answer: IO[bytes]) -> None:
    """The child that reads an archive."""
    answer_with(read_here, arguments, answer)


if __name__ == "__main__":
    child_process.serve(main)
