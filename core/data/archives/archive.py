"""Archive: the files in a ZIP of any sender, one by one, and why some are not read.

Nothing is unpacked to the disk: members are read into memory by the name that the archive gives them.
"""

from __future__ import annotations

import contextlib
import io
import mmap
import re
import stat
import struct
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from core.data.pictures.store import MAX_BYTES
from core.data.read.grid import quote_cells
from core.data.read.office import BROKEN
from core.data.read.sniff import kind_error, kind_of, unreadable
from core.errors import UserError
from core.words import Message, message

MAX_ARCHIVE = 1024**3  # bytes of the file
MAX_FILES = 50_000
MAX_NAMES = 32 * 1024 * 1024  # bytes of the list of names, which is held in memory
MAX_RATIO = 200  # times that a member of more than SMALL_MEMBER bytes may shrink: pictures are packed already
SMALL_MEMBER = 1024 * 1024
MAX_NAME_LENGTH = 255  # characters of a part of a name: no disk takes a longer one
# How a member begins, the first of several files of an archive, one that could have been, and the end.
MEMBER, PART, MARK, END = b"PK\x03\x04", b"PK\x07\x08", b"PK00", b"PK\x05\x06"
END_64, WHERE_64 = b"PK\x06\x06", b"PK\x06\x07"  # the end of a large archive, and where that is
HEAD_BYTES = 512  # bytes that tell another kind of file
TAIL_BYTES = 22 + 65_535 + 20 + 56  # bytes within which the ends stand
SYSTEM_FILES = ("__MACOSX", "Thumbs.db", "desktop.ini", "Icon\r")  # what systems put into folders
# What names are mostly made of in the encodings of Windows in Japan and Russia: letters in a row, other than
# those with accents of the West, which stand alone.
OTHER_ENCODINGS = (("cp932", re.compile("[ぁ-ヺー]{2,}")), ("cp866", re.compile("[А-яЁё]{3,}")))


@dataclass(frozen=True)
class Member:
    """A file of the archive. `line` is its place among those that are no folders and of no system, `parts`
    its name, from folder to folder; `wrong` says why it is not read."""

    line: int
    parts: tuple[str, ...]
    info: zipfile.ZipInfo
    wrong: Message | None

    @property
    def name(self) -> str:
        return "/".join(self.parts) or "?"


@dataclass(frozen=True)
class Members:
    """The files of an archive, and what is to be said of others."""

    members: tuple[Member, ...]
    notes: tuple[Message, ...]


def is_archive(data: bytes) -> bool:
    return data.startswith((MEMBER, PART, MARK, END))


def is_archive_file(source: Path) -> bool:
    """Whether a file is an archive; one that unpacks itself has a program in front of it."""
    try:
        with source.open("rb") as file:
            if is_archive(file.read(4)):
                return True
            if source.suffix.lower() not in (".zip", ".exe"):
                return False
            return _end_at(_tail(file)) >= 0
    except OSError:  # whoever reads it says so
        return False


def open_archive(source: Path | bytes, name: str) -> zipfile.ZipFile:
    """The archive, once its size and that of its list of names are known to be bearable.

    Raises UserError `file_unreadable`, `archive_too_large`, `archive_names`, `archive_parts`,
    `archive_damaged`, and that of another kind of file.
    """
    try:
        size = len(source) if isinstance(source, bytes) else source.stat().st_size
        if size > MAX_ARCHIVE:
            raise UserError("archive_too_large", size=size / 2**20, limit=MAX_ARCHIVE // 2**20)
        file = io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")
    except OSError as error:
        raise unreadable(name, error) from error
    try:
        _check_end(file, name)
        return zipfile.ZipFile(file)
    except BROKEN:
        file.close()
        raise UserError("archive_damaged", name=name) from None
    except UserError:
        file.close()
        raise


def _check_end(file: IO[bytes], name: str) -> None:
    """zipfile holds all names in memory; a small archive can have more of them than there is room for."""
    file.seek(0)
    head = file.read(HEAD_BYTES)
    kind = kind_of(head)
    if kind and kind.key != "program":  # one that unpacks itself is both
        raise kind_error(kind)
    try:
        part, _, size = _end(file)
    except zipfile.BadZipFile:
        if not head.startswith(PART):
            raise
        part, size = 1, 0
    if part:
        raise UserError("archive_parts", name=name)
    if size > MAX_NAMES:
        raise UserError("archive_names", limit=MAX_FILES)


def _tail(file: IO[bytes]) -> bytes:
    file.seek(max(0, file.seek(0, io.SEEK_END) - TAIL_BYTES))
    return file.read()


def _end_at(tail: bytes) -> int:
    """The place of the end record; -1 where there is none."""
    at = len(tail) - 22
    return at if tail[at : at + 4] == END and tail[-2:] == b"\0\0" else tail.rfind(END)


def _end(file: IO[bytes]) -> tuple[int, int, int]:
    """What the end of an archive says: which part of several it is, from 0, how many members there are, and
    the bytes of the list of their names. Raises zipfile.BadZipFile where there is no end."""
    tail = _tail(file)
    file.seek(0)
    head = file.read(len(MEMBER))
    file.seek(0)
    at = _end_at(tail)
    record = tail[at : at + 22] if at >= 0 else b""
    if len(record) < 22:
        raise zipfile.BadZipFile
    part, _, _, count, size, _, _ = struct.unpack("<4x4H2LH", record)
    if not count and head.startswith(MEMBER):  # an end of nothing, behind that of something
        raise zipfile.BadZipFile
    if tail[max(0, at - 20) : at].startswith(WHERE_64):
        # More than 4 GB or 65,535 files, or of a writer that could not know beforehand.
        large = tail[max(0, at - 76) : at - 20]
        if len(large) < 56 or not large.startswith(END_64):
            raise zipfile.BadZipFile
        _, _, _, part, _, _, count, size, _ = struct.unpack("<4xQ2H2L4Q", large)
    return part, count, size


def list_members(archive: zipfile.ZipFile) -> Members:
    """What is in an archive. Raises UserError `archive_names`."""
    infos, members, folders, skipped = archive.infolist(), list[Member](), set[tuple[str, ...]](), 0
    encoding = _encoding(infos)
    names = [_name(info, encoding).replace("\\", "/") for info in infos]
    latest = {_parts(name): place for place, name in enumerate(names)}  # as programs that unpack it
    for place, (info, name) in enumerate(zip(infos, names, strict=True)):
        parts = _parts(name)
        wrong = _leads_out(name, parts)
        if wrong is None and name.endswith("/") and not info.file_size:
            folders.add(parts)
            continue
        if wrong is None and _of_a_system(parts):
            skipped += 1
            continue
        wrong = wrong or _unsafe(info, name, parts)
        if wrong is None and latest[parts] != place:
            wrong = message("data.archive.replaced")
        _add(members, parts, info, wrong)
    lost, missing = _lost(archive)
    for name in lost:
        gone = message("data.archive.lost")
        _add(members, _parts(name), zipfile.ZipInfo(name or "?"), gone)
    notes = [message("data.note.skipped", files=skipped)] if skipped else []
    if missing:
        notes.append(message("data.note.files_gone", files=missing))
    if empty := _empty_folders(folders, members):
        notes.append(message("data.note.empty_folders", names=quote_cells([", ".join(empty)])))
    return Members(tuple(members), tuple(notes))


def _add(
    members: list[Member], parts: tuple[str, ...], info: zipfile.ZipInfo, wrong: Message | None
) -> None:
    if len(members) == MAX_FILES:
        raise UserError("archive_names", limit=MAX_FILES)
    members.append(Member(len(members) + 1, parts, info, wrong))


def _lost(archive: zipfile.ZipFile) -> tuple[list[str], int]:
    """Of a damaged archive: the names of files that its end counts and its list lacks, and how many more
    there should be of which nothing is left."""
    file = archive.fp
    assert file is not None
    missing = _end(file)[1] - len(archive.infolist())
    known = {info.header_offset for info in archive.infolist()}
    names: list[str] = []
    for place in _places(file) if missing > 0 else ():
        if place in known:
            continue
        file.seek(place)
        header = file.read(30)
        if len(header) < 30 or len(names) == min(missing, MAX_FILES):
            break
        names.append(file.read(int.from_bytes(header[26:28], "little")).decode("utf-8", "replace"))
    return names, max(0, missing - len(names))


def _places(file: IO[bytes]) -> Iterator[int]:
    """The places where the members of an archive seem to begin."""
    with contextlib.ExitStack() as stack:
        data: Any
        if isinstance(file, io.BytesIO):
            data = file.getvalue()
        else:
            data = stack.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        at = data.find(MEMBER)
        while at >= 0:
            yield at
            at = data.find(MEMBER, at + 4)


def _empty_folders(folders: set[tuple[str, ...]], members: Sequence[Member]) -> list[str]:
    """The names of folders in which there is no file, not even one that is not read."""
    filled = {member.parts[:end] for member in members for end in range(1, len(member.parts))}
    empty = {folder for folder in folders - filled if folder and not _of_a_system(folder)}
    return sorted("/".join(folder) for folder in empty if folder[:-1] not in empty)


def _parts(name: str) -> tuple[str, ...]:
    return tuple(part for part in name.split("/") if part not in ("", "."))


def _of_a_system(parts: tuple[str, ...]) -> bool:
    return any(part.startswith(".") or part in SYSTEM_FILES for part in parts)


def _marked(info: zipfile.ZipInfo) -> bool:
    """Does the archive say in which encoding the name is?"""
    return info.filename.isascii() or bool(info.flag_bits & 0x800)


def _encoding(infos: Sequence[zipfile.ZipInfo]) -> str:
    """Of the names that do not say: zipfile takes them for those of DOS, but archives from Windows in East
    Asia or Russia, and old ones from macOS, have others. All names together tell; one alone may read well in
    several."""
    raw = "\n".join(info.filename for info in infos if not _marked(info)).encode("cp437", "replace")
    try:
        raw.decode("utf-8")
        return "utf-8"
    except UnicodeError:
        chars = [char for char in raw.decode("gb18030", "replace") if not char.isascii()]
    # Letters with accents, taken for Chinese, become characters that hardly anybody uses.
    if 2 * sum(bool(char.encode("gb2312", "ignore")) for char in chars) > len(chars):
        return "gb18030"
    for encoding, letters in OTHER_ENCODINGS:
        text = raw.decode(encoding, "replace")
        beyond = sum(not char.isascii() for char in text)
        if 2 * sum(map(len, letters.findall(text))) > beyond:
            return encoding
    return "cp437"


def _name(info: zipfile.ZipInfo, encoding: str) -> str:
    if _marked(info):
        return info.filename
    return info.filename.encode("cp437", "replace").decode(encoding, "replace")


def _leads_out(name: str, parts: tuple[str, ...]) -> Message | None:
    if name.startswith("/") or ".." in parts or (parts and parts[0].endswith(":")):
        return message("data.archive.path")
    return None


def _unsafe(info: zipfile.ZipInfo, name: str, parts: tuple[str, ...]) -> Message | None:
    """Why a member is not read, whatever is in it."""
    if not parts:
        return message("data.archive.no_name")
    if name.endswith("/"):
        return message("data.archive.folder")
    # zipfile ends a name at NUL.
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in name + info.orig_filename):
        return message("data.archive.control")
    if max(map(len, parts)) > MAX_NAME_LENGTH:
        return message("data.archive.long_name", limit=MAX_NAME_LENGTH)
    if stat.S_ISLNK(info.external_attr >> 16):
        return message("data.archive.link")
    if info.flag_bits & 0x1:
        return message("data.archive.locked")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return message("data.archive.packing")
    return None


def read_member(
    archive: zipfile.ZipFile, member: Member, limit: int = MAX_BYTES, ratio: float = MAX_RATIO
) -> bytes | Message:
    """The bytes of a member, or why they cannot be had; never more than its own size says, nor than `limit`,
    nor `ratio` times as many as they are packed, if they are more than SMALL_MEMBER."""
    if member.wrong is not None:
        return member.wrong
    size = member.info.file_size
    if size > limit:
        return message("data.archive.bytes", size=size / 2**20, limit=limit // 2**20)
    if size > SMALL_MEMBER and size > ratio * max(1, member.info.compress_size):
        return message("data.archive.ratio")
    try:
        with archive.open(member.info) as file:
            data = file.read(size + 1)
    except BROKEN:
        return message("data.archive.damaged")
    return data if len(data) <= size else message("data.archive.damaged")
