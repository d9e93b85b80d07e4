"""A ZIP of any sender: its files, one by one, and why some are not read.

Nothing is unpacked to the disk: members are read into memory by the name that the archive gives them.
"""

from __future__ import annotations

import io
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.data.grid import wrong_cell
from core.data.pictures import MAX_BYTES
from core.errors import UserError
from core.words import Message, message

MAX_ARCHIVE = 1024**3  # bytes of the file
MAX_PICTURES = 50_000
MAX_NAMES = 32 * 1024 * 1024  # bytes of the list of names, which is held in memory
RATIO = 200  # times that a member of more than SMALL bytes may shrink: pictures are packed already
SMALL = 1024 * 1024
END, END_64 = b"PK\x05\x06", b"PK\x06\x07"
SYSTEM = ("__MACOSX", "Thumbs.db", "desktop.ini")  # what systems put into folders
# What zipfile raises for archives that are damaged, or made to be.
BROKEN = (
    zipfile.BadZipFile,
    RuntimeError,  # and what is one: versions, packings and locks that it does not know
    ValueError,
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
)


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
        return "/".join(self.parts)


def is_archive(data: bytes) -> bool:
    return data.startswith((b"PK\x03\x04", END))


def opened(source: Path | bytes, name: str) -> zipfile.ZipFile:
    """The archive, once its size and that of its list of names are known to be bearable."""
    try:
        size = len(source) if isinstance(source, bytes) else source.stat().st_size
        if size > MAX_ARCHIVE:
            raise UserError("archive_too_large", size=size / 2**20, limit=MAX_ARCHIVE // 2**20)
        file = io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UserError("file_unreadable", name=name, reason=reason) from error
    try:
        _check_names(file)
        return zipfile.ZipFile(file)
    except BROKEN:
        file.close()
        raise UserError("archive_damaged", name=name) from None
    except UserError:
        file.close()
        raise


def _check_names(file: io.IOBase) -> None:
    """zipfile holds all names in memory; a small archive can have more of them than there is room for."""
    end = file.seek(0, io.SEEK_END)
    file.seek(max(0, end - 65557 - 20))
    tail = file.read()
    file.seek(0)
    at = len(tail) - 22
    if tail[at : at + 4] != END or tail[-2:] != b"\0\0":
        at = tail.rfind(END)
    record = tail[at : at + 22] if at >= 0 else b""
    if len(record) < 22:
        raise zipfile.BadZipFile
    # The form for more than 4 GB or 65,535 files has its own figures elsewhere; nothing that is read needs
    # it.
    if (
        tail[max(0, at - 20) : at].startswith(END_64)
        or struct.unpack("<L", record[12:16])[0] > MAX_NAMES
    ):
        raise UserError("archive_names", limit=MAX_PICTURES)


def list_members(archive: zipfile.ZipFile) -> tuple[list[Member], int]:
    """The files of an archive, and how many of a system's own were left out. Raises UserError
    `archive_names`."""
    members: list[Member] = []
    skipped = 0
    infos = archive.infolist()
    encoding = _encoding(infos)
    for info in infos:
        raw = _name(info, encoding).replace("\\", "/")
        parts = tuple(part for part in raw.split("/") if part not in ("", "."))
        wrong = _unsafe(info, raw, parts)
        if wrong is None and (info.is_dir() or not parts):
            continue
        if wrong is None and any(part.startswith(".") or part in SYSTEM for part in parts):
            skipped += 1
            continue
        if len(members) == MAX_PICTURES:
            raise UserError("archive_names", limit=MAX_PICTURES)
        members.append(Member(len(members) + 1, parts, info, wrong))
    return members, skipped


def empty_folders(archive: zipfile.ZipFile, members: Sequence[Member]) -> list[str]:
    """The names of folders in which there is no file, not even one that is not read."""
    infos = archive.infolist()
    encoding = _encoding(infos)
    filled = {each.parts[:end] for each in members for end in range(1, len(each.parts))}
    empty = set()
    for info in infos:
        parts = tuple(part for part in _name(info, encoding).split("/") if part not in ("", "."))
        hidden = any(part.startswith(".") or part in SYSTEM for part in parts)
        if info.is_dir() and parts and not hidden and parts not in filled:
            empty.add(parts)
    return sorted("/".join(each) for each in empty if each[:-1] not in empty)


def _marked(info: zipfile.ZipInfo) -> bool:
    """Does the archive say in which encoding the name is?"""
    return info.filename.isascii() or bool(info.flag_bits & 0x800)


def _encoding(infos: Sequence[zipfile.ZipInfo]) -> str:
    """Of the names that do not say: zipfile takes them for those of DOS, but archives from Chinese Windows,
    and old ones from macOS, have others. All names together tell; one alone may read well in several."""
    raw = "\n".join(info.filename for info in infos if not _marked(info)).encode("cp437", "replace")
    try:
        raw.decode("utf-8")
        return "utf-8"
    except UnicodeError:
        found = [each for each in raw.decode("gb18030", "replace") if not each.isascii()]
    # Letters with accents, taken for Chinese, become characters that hardly anybody uses.
    usual = sum(bool(each.encode("gb2312", "ignore")) for each in found)
    return "gb18030" if 2 * usual > len(found) else "cp437"


def _name(info: zipfile.ZipInfo, encoding: str) -> str:
    if _marked(info):
        return info.filename
    return info.filename.encode("cp437", "replace").decode(encoding, "replace")


def _unsafe(info: zipfile.ZipInfo, raw: str, parts: tuple[str, ...]) -> Message | None:
    """Why a member is not read, whatever is in it."""
    if raw.startswith("/") or ".." in parts or (parts and parts[0].endswith(":")):
        return message("data.archive.path")
    if (reason := wrong_cell("file", raw)) is not None:
        return reason
    if stat.S_ISLNK(info.external_attr >> 16):
        return message("data.archive.link")
    if info.flag_bits & 0x1:
        return message("data.archive.locked")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return message("data.archive.packing")
    if info.file_size > MAX_BYTES:
        size, limit = info.file_size / 2**20, MAX_BYTES // 2**20
        return message("data.picture.bytes", size=size, limit=limit)
    if info.file_size > SMALL and info.file_size > RATIO * max(1, info.compress_size):
        return message("data.archive.ratio")
    return None


def content(archive: zipfile.ZipFile, member: Member) -> bytes | Message:
    """The bytes of a member, or why they cannot be had; never more than its own size says."""
    try:
        with archive.open(member.info) as file:
            found = file.read(member.info.file_size + 1)
    except BROKEN:
        return message("data.archive.damaged")
    return found if len(found) <= member.info.file_size else message("data.archive.damaged")


class Names:
    """Members by what a table may call them: the whole name or the end of it, with the ending or without, and
    in other capitals where no other member is called so."""

    def __init__(self, members: Sequence[Member]) -> None:
        self._found: dict[str, Member | None] = {}
        for member in members:
            parts = member.parts
            called = {"/".join(parts[start:]) for start in range(len(parts))}
            called |= {each.rpartition(".")[0] for each in called}
            for each in called - {""}:
                self._found[each] = None if each in self._found else member
        # What one is called as a whole is its own, whatever others end in.
        self._found |= {member.name: member for member in members}
        self._folded: dict[str, Member | None] = {}
        for each, found in self._found.items():
            key = each.casefold()
            self._folded[key] = found if self._folded.get(key, found) is found else None

    def __contains__(self, cell: str) -> bool:
        return _called(cell).casefold() in self._folded

    def __getitem__(self, cell: str) -> Member | None:
        """None for what none or several are called."""
        called = _called(cell)
        return self._found.get(called, self._folded.get(called.casefold()))


def _called(cell: str) -> str:
    return "/".join(
        part for part in cell.strip().replace("\\", "/").split("/") if part not in ("", ".")
    )
