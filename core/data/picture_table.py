"""Pictures as a table: the name of each, its sha256 and, where it is known, its label.

A ZIP with one folder a class, a table of file names with a ZIP (in it or beside it), or single files.
"""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from core.data.archive import (
    Member,
    Names,
    content,
    empty_folders,
    is_archive,
    list_members,
    opened,
)
from core.data.columns import split_of
from core.data.grid import BadRow, quote
from core.data.pictures import (
    MAX_BYTES,
    Kept,
    Pictures,
    Temporary,
    Thumbnail,
    Unreadable,
    Writer,
    is_picture,
    read_picture,
)
from core.data.read import Table, read
from core.errors import UserError
from core.words import Message, message

MAX_UNPACKED = 4 * 1024**3  # bytes of all pictures together that are read
NAME, LABEL, SPLIT, SHA256 = "file", "label", "split", "sha256"
TABLES = (".csv", ".tsv", ".xlsx", ".jsonl", ".parquet")
FOUND = 0.5  # share of a column's cells that name a file of the archive, from which on it is meant
FORMAT = "ZIP"

# Told how many pictures are read, and how many there are; may raise, to stop.
Tell = Callable[[int, int], None]


def quiet(done: int, total: int) -> None:
    """Tells nobody."""


def read_any(
    source: Path, sheet: str | None = None, pictures: Path | None = None, labelled: bool = True
) -> Table:
    """A table, an archive of pictures, or a table with the archive beside it that its names are from.

    Where the pictures are not `labelled`, their folders say nothing. Raises UserError as
    `core.data.read.read`, `read_archive` and `read_named` do.
    """
    if pictures is not None:
        return read_named(read(source, sheet=sheet), pictures)
    if holds_pictures(source):
        return read_archive(source, labelled=labelled)
    return read(source, sheet=sheet)


def read_given(files: Sequence[Path], sheet: str | None, pictures: Path | None) -> Table:
    """What is to be answered: a file as `read_any` takes it, or any number of pictures. Raises UserError
    `predict_files` for several of other kinds."""
    if all(is_picture(_head(file)) for file in files):
        return read_files(files)
    if len(files) > 1:
        raise UserError("predict_files", files=len(files))
    return read_any(files[0], sheet, pictures, labelled=False)


def holds_pictures(source: Path) -> bool:
    """An archive that is no document of an office: those are archives too."""
    if not is_archive(_head(source)):
        return False
    try:
        with opened(source, source.name) as archive:
            names = {info.filename for info in archive.infolist()}
    except UserError:  # whoever reads it says what is wrong with it
        return source.suffix.lower() == ".zip"
    return not names & {"[Content_Types].xml", "mimetype"}


def _head(source: Path) -> bytes:
    try:
        with source.open("rb") as file:
            return file.read(16)
    except OSError:  # whoever reads it says so
        return b""


def read_archive(
    source: Path | bytes, name: str | None = None, tell: Tell = quiet, labelled: bool = True
) -> Table:
    """Pictures in one folder a class. Folders called train, validation, test above them are the split; one
    folder around everything does not count. Where they are not `labelled`, in any folders or none.

    A table in the archive that names its files has the labels instead, as in `read_named`. Raises UserError
    `file_unreadable`, `archive_too_large`, `archive_damaged`, `archive_names`, `archive_unpacked`,
    `archive_empty`, `archive_no_pictures`.
    """
    name = name or ("pictures.zip" if isinstance(source, bytes) else source.name)
    with opened(source, name) as archive:
        members, skipped = list_members(archive)
        notes = [message("data.note.skipped", files=skipped)] if skipped else []
        if empty := empty_folders(archive, members):
            notes.append(message("data.note.empty_folders", names=quote([", ".join(empty)])))
        inside = _table_in(archive, members)
        if inside is not None:
            table, member = inside
            rest = [each for each in members if each is not member]
            return _named(table, archive, rest, notes, name, tell)
        nowhere = dict.fromkeys((each.line for each in members), ("", ""))
        placed = _placed(members) if labelled else nowhere
        pictures, rows, bad = Temporary(), [], []
        with Writer(pictures.path) as writer:
            for member, kept in _read(archive, members, placed, tell):
                if isinstance(kept, Message):
                    bad.append(BadRow(member.line, kept, quote([member.name])))
                    continue
                writer.add(kept)
                rows.append((member.line, member.name, *placed[member.line], kept.sha256))
    if not rows:
        raise _nothing(bad, name)
    frame = _frame(rows, [NAME, LABEL, SPLIT, SHA256])
    if (frame[SPLIT] == "").all():
        frame = frame.drop(columns=SPLIT)
    if not labelled:
        frame = frame.drop(columns=LABEL)
    return _table(name, frame, pictures, bad, notes, (NAME, SHA256))


def read_named(table: Table, source: Path, tell: Tell = quiet) -> Table:
    """A table of which a column names files of an archive beside it; its other columns stay as they are.

    Rows whose file is not there or cannot be used are `bad_rows`. Raises UserError `archive_no_column`, and
    as `read_archive` does.
    """
    with opened(source, source.name) as archive:
        members, skipped = list_members(archive)
        notes = [message("data.note.skipped", files=skipped)] if skipped else []
        return _named(table, archive, members, notes, table.name, tell)


def read_files(files: Sequence[Path]) -> Table:
    """Single pictures, to be answered. Raises UserError `picture_unusable` where none can be read."""
    pictures, rows, bad = Temporary(), [], []
    with Writer(pictures.path) as writer:
        for line, file in enumerate(files, 1):
            kept = _of_file(file)
            if isinstance(kept, Message):
                bad.append(BadRow(line, kept, quote([file.name])))
                continue
            writer.add(kept)
            rows.append((line, quote([file.name]), kept.sha256))
    name = quote([files[0].name]) if files else ""
    if bad and not rows:
        raise UserError("picture_unusable", name=bad[0].text, reason=bad[0].reason)
    if not rows:
        raise _nothing(bad, name)
    return _table(name, _frame(rows, [NAME, SHA256]), pictures, bad, (), (NAME, SHA256))


def _of_file(file: Path) -> Kept | Message:
    try:
        # One byte more than may be: it is refused without reading the rest.
        with file.open("rb") as opened_file:
            return _picture(opened_file.read(MAX_BYTES + 1))
    except OSError as error:
        return message("data.picture.unopened", reason=error.strerror or type(error).__name__)


def _picture(data: bytes) -> Kept | Message:
    try:
        return read_picture(data)
    except Unreadable as error:
        return error.reason


def _frame(rows: Sequence[Sequence[object]], columns: Sequence[str]) -> pd.DataFrame:
    """Of rows that begin with their line."""
    index = pd.Index([row[0] for row in rows], name="line", dtype="int64")
    frame = pd.DataFrame([row[1:] for row in rows], index=index, dtype="str")
    frame.columns = pd.Index(columns, dtype="str")
    return frame


def _table(
    name: str,
    frame: pd.DataFrame,
    pictures: Pictures,
    bad: Sequence[BadRow],
    notes: Sequence[Message],
    inputs: tuple[str, str],
) -> Table:
    return Table(
        name=name.encode("utf-8", "replace").decode(),
        frame=frame,
        encoding="",
        delimiter="",
        bad_rows=tuple(sorted(bad, key=lambda row: row.line)),
        notes=tuple(notes),
        format=FORMAT,
        modality="image",
        pictures=pictures,
        inputs=inputs,
    )


def _nothing(bad: Sequence[BadRow], name: str) -> UserError:
    if not bad:
        return UserError("archive_empty", name=name)
    first = bad[0]
    return UserError("archive_no_pictures", files=len(bad), name=first.text, reason=first.reason)


def _placed(members: Sequence[Member]) -> Mapping[int, tuple[str, str]]:
    """Label and side of the split ("" where there is none) by the line of each member in the folder of a
    label."""
    folders = {each.line: each.parts[:-1] for each in members if each.wrong is None}
    top = _common(list(folders.values()))
    below = {line: each[top:] for line, each in folders.items()}
    split = any(len(each) > 1 and split_of(each[0]) for each in below.values())
    found = {}
    for line, each in below.items():
        side = split_of(each[0]) if split and each else None
        rest = each[1:] if side else each
        if rest and rest[0].strip():
            found[line] = rest[0].strip(), side or ""
    return found


def _common(folders: Sequence[tuple[str, ...]]) -> int:
    """How many folders lie around all others and are neither a class nor a side of a split."""
    deep = 0
    while any(len(each) > deep + 1 for each in folders):
        names = {each[deep] for each in folders if len(each) > deep}
        if len(names) > 1 or split_of(next(iter(names))):
            break
        deep += 1
    return deep


def _read(
    archive: zipfile.ZipFile,
    members: Sequence[Member],
    placed: Mapping[int, tuple[str, str]],
    tell: Tell,
) -> Iterator[tuple[Member, Kept | Message]]:
    """Each member with its picture, or with the reason why there is none."""
    read_bytes = 0
    for number, member in enumerate(members):
        tell(number, len(members))
        found: bytes | Message
        if member.wrong is not None:
            found = member.wrong
        elif member.line not in placed:
            found = message("data.archive.no_folder")
        else:
            found = content(archive, member)
        if isinstance(found, bytes) and is_archive(found):
            found = message("data.archive.nested")
        if isinstance(found, bytes):
            read_bytes += len(found)
            if read_bytes > MAX_UNPACKED:
                raise UserError("archive_unpacked", limit=MAX_UNPACKED // 2**30)
        yield member, found if isinstance(found, Message) else _picture(found)


def _table_in(archive: zipfile.ZipFile, members: Sequence[Member]) -> tuple[Table, Member] | None:
    """The one table in an archive, if it names files of it."""
    tables = [each for each in members if each.wrong is None and each.name.lower().endswith(TABLES)]
    if len(tables) != 1:
        return None
    data = content(archive, tables[0])
    if isinstance(data, Message):
        return None
    try:
        table = read(data, tables[0].parts[-1])
    except UserError:
        return None  # a file like any other, which is no picture
    return None if _column_of(table, members) is None else (table, tables[0])


def _column_of(table: Table, members: Sequence[Member]) -> str | None:
    """The column whose cells name files of the archive; of several, the one that names most."""
    names = Names(members)
    shares = {
        str(column): float(table.frame[column].map(names.__contains__).mean())
        for column in table.frame.columns
    }
    best = max(shares, key=lambda column: shares[column])
    return best if shares[best] >= FOUND else None


def _named(
    table: Table,
    archive: zipfile.ZipFile,
    members: Sequence[Member],
    notes: Sequence[Message],
    name: str,
    tell: Tell,
) -> Table:
    column, names = _column_of(table, members), Names(members)
    if column is None:
        columns = ", ".join(map(str, table.frame.columns))[:200]
        raise UserError("archive_no_column", file=table.name, columns=columns)
    wanted = {str(cell): names[str(cell)] for cell in table.frame[column].unique()}
    asked = {each.line: each for each in wanted.values() if each is not None}
    read_of: dict[int, str | Message] = {}
    pictures = Temporary()
    with Writer(pictures.path) as writer:
        everywhere = dict.fromkeys(asked, ("", ""))  # folders say nothing here
        for member, kept in _read(archive, list(asked.values()), everywhere, tell):
            if isinstance(kept, Kept):
                writer.add(kept)
            read_of[member.line] = kept if isinstance(kept, Message) else kept.sha256
    shas, bad = [], list(table.bad_rows)
    for line, cell in table.frame[column].items():
        found = wanted[cell]
        known: str | Message
        if found is not None:
            known = read_of[found.line]
        else:
            key = "twice" if cell in names else "missing"
            known = message(f"data.archive.{key}", file=quote([cell]))
        if isinstance(known, Message):
            bad.append(BadRow(int(str(line)), known, quote([cell])))
        shas.append("" if isinstance(known, Message) else known)
    if not any(shas):
        raise _nothing(bad, name)
    frame = table.frame.copy()
    sha = _free(frame.columns)
    frame[sha] = pd.Series(shas, index=frame.index, dtype="str")
    frame.columns = pd.Index(frame.columns, dtype="str")
    unnamed = Counter(each.line in asked for each in members)[False]
    if unnamed:
        notes = [*notes, message("data.note.unnamed", files=unnamed)]
    return _table(
        name, frame[frame[sha] != ""], pictures, bad, [*table.notes, *notes], (column, sha)
    )


def _free(taken: Sequence[str]) -> str:
    number, name = 2, SHA256
    while name in taken:
        name, number = f"{SHA256}_{number}", number + 1
    return name


def by_name(table: Table) -> Mapping[str, str]:
    """The sha256 of each picture of a table by its name; empty for a table without pictures."""
    if table.pictures is None:
        return {}
    name, sha256 = table.inputs
    return dict(zip(table.frame[name], table.frame[sha256], strict=True))


def thumbnails(table: Table, names: Sequence[str], side: int) -> list[Thumbnail | None]:
    """Small pictures of these names; None for a name that is not in the table, or whose picture is gone."""
    known, found = by_name(table), list[Thumbnail | None]()
    for name in names:
        try:
            small = table.pictures.thumbnail(known[name], side) if table.pictures else None
        except (KeyError, OSError):
            small = None
        found.append(small)
    return found
