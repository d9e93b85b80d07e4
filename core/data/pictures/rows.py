"""Rows of pictures: those of an archive, of a column of bytes, and single files."""

from __future__ import annotations

import dataclasses
import zipfile
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from core.data.archives.archive import Member, is_archive, read_member
from core.data.archives.rows import (
    FILE,
    LABEL,
    SPLIT,
    Cell,
    FileReader,
    frame_of,
    split_bad_rows,
    with_columns,
)
from core.data.column_names import free_name
from core.data.pictures.store import (
    MAX_BYTES,
    Pictures,
    PictureWriter,
    StoredPicture,
    TemporaryPictures,
    Unreadable,
    read_picture,
)
from core.data.read.grid import Grid, quote_cells
from core.data.table import Table
from core.errors import UserError
from core.words import Message, message

MAX_UNPACKED = 4 * 1024**3  # bytes of all pictures together that are read
SHA256 = "sha256"
NO_PICTURES = "archive_no_pictures"


class PictureReader(FileReader):
    """Reader of the pictures in an archive: the cells are their sha256, the pictures go into a file of their
    own. Raises UserError `archive_unpacked`, `archive_no_pictures`."""

    column = SHA256
    order = (FILE, LABEL, SPLIT, SHA256)
    error = NO_PICTURES

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._pictures = TemporaryPictures()

    def read(self, members: Sequence[Member], wanted: Container[int]) -> Mapping[int, Cell]:
        return store_pictures(self._pictures, self._contents(members, wanted))

    def _contents(
        self, members: Sequence[Member], wanted: Container[int]
    ) -> Iterator[tuple[int, bytes | Message]]:
        read_bytes = 0
        for member in members:
            content = member.wrong or (
                read_member(self._archive, member)
                if member.line in wanted
                else message("data.archive.no_folder")
            )
            if isinstance(content, bytes):
                read_bytes += len(content)
                if is_archive(content):
                    content = message("data.archive.nested")
            if read_bytes > MAX_UNPACKED:
                raise UserError("archive_unpacked", limit=MAX_UNPACKED // 2**30)
            yield member.line, content

    def table(self, rows: Table, inputs: tuple[str, str]) -> Table:
        return _table(rows, self._pictures, inputs)


def store_pictures(
    pictures: Pictures, contents: Iterable[tuple[int, bytes | Message]]
) -> dict[int, Cell]:
    """The sha256 of each picture, which is put into the file of `pictures`, or why there is none."""
    cells: dict[int, Cell] = {}
    with PictureWriter(pictures.path) as writer:
        for line, content in contents:
            try:
                stored = read_picture(content) if isinstance(content, bytes) else content
            except Unreadable as error:
                stored = error.reason
            if isinstance(stored, StoredPicture):
                writer.add(stored)
            cells[line] = stored.sha256 if isinstance(stored, StoredPicture) else stored
    return cells


def columnar_rows(table: Table, place: int, given: Grid) -> Table:
    """The rows of a table whose pictures lie in its own column at `place`, as `core.data.read.parquet` gives
    them. Raises UserError `archive_no_pictures`."""
    column = str(table.frame.columns[place])
    paths, contents = given.columns
    lines = [int(line) for line in table.frame.index]
    called = [bytes(paths[line - 1].as_py() or b"").decode("utf-8", "replace") for line in lines]
    if len(set(called)) < len(called):
        numbered = zip(map(str, lines), called, strict=True)
        called = ["/".join(filter(None, parts)) for parts in numbered]
    names = {line: quote_cells([name]) for line, name in zip(lines, called, strict=True)}
    pictures = TemporaryPictures()
    cells = store_pictures(pictures, ((line, contents[line - 1].as_py() or b"") for line in lines))
    named = ((line, name, cells[line]) for line, name in names.items())
    good_cells, bad = split_bad_rows(named, table.name, NO_PICTURES, table.bad_rows)
    hashes = free_name(SHA256, table.frame.columns, "{}_{}")
    new = {column: [names[line] for line in good_cells], hashes: list(good_cells.values())}
    frame = with_columns(table.frame.loc[list(good_cells)], new)
    return dataclasses.replace(
        table,
        frame=frame,
        bad_rows=bad,
        modality="image",
        pictures=pictures,
        inputs=(column, hashes),
    )


def read_files(files: Sequence[Path]) -> Table:
    """Single pictures, to be answered. Raises UserError `picture_unusable` where none can be read."""
    pictures = TemporaryPictures()
    cells = store_pictures(
        pictures, ((line, _bytes_of(file)) for line, file in enumerate(files, 1))
    )
    name = quote_cells([files[0].name]) if files else ""
    named = ((line, file.name, cells[line]) for line, file in enumerate(files, 1))
    good_cells, bad = split_bad_rows(named, name, "picture_unusable")
    columns = {
        FILE: [quote_cells([files[line - 1].name]) for line in good_cells],
        SHA256: list(good_cells.values()),
    }
    rows = Table(name, frame_of(good_cells, columns), "", "", bad, ())
    return _table(rows, pictures, (FILE, SHA256))


def _bytes_of(file: Path) -> bytes | Message:
    try:
        # One byte more than may be: it is refused without reading the rest.
        with file.open("rb") as opened_file:
            return opened_file.read(MAX_BYTES + 1)
    except OSError as error:
        return message("data.picture.unopened", reason=error.strerror or type(error).__name__)


def _table(rows: Table, pictures: Pictures, inputs: tuple[str, str]) -> Table:
    """A table of pictures. Of one that named them only its rows and what became of them count."""
    return Table(
        name=rows.name.encode("utf-8", "replace").decode(),
        frame=rows.frame,
        encoding="",
        delimiter="",
        bad_rows=rows.bad_rows,
        notes=rows.notes,
        format="ZIP",
        modality="image",
        pictures=pictures,
        inputs=inputs,
        read_with=rows.read_with,
    )
