"""Texts in an archive: a file for each, in the folder of its label."""

from __future__ import annotations

import codecs
import zipfile
from collections.abc import Container, Iterable, Mapping, Sequence

from core.data.archives.archive import Member, is_archive, read_member
from core.data.archives.rows import FILE, LABEL, SPLIT, Cell, FileReader
from core.data.read.decode import MARKED, Encoding, decode, decodes, find_encoding
from core.data.read.encodings import canonical_encoding
from core.data.read.grid import MAX_CELL, wrong_cell
from core.data.read.sniff import is_picture
from core.data.read.table import MAX_BYTES
from core.errors import UserError
from core.words import Message, message

ENDINGS = (".txt", ".text", ".md")
# What is put beside data to tell of it.
ABOUT = {"readme", "license", "licence", "about", "notice", "citation", "changelog", "sources"}
TEXT = "text"
MAX_TEXT_BYTES = 4 * MAX_CELL  # bytes of one text
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
SAMPLE = 256 * 1024  # bytes of texts that tell the encoding of those that are not in UTF-8


def is_text(member: Member) -> bool:
    """Whether a file is a text by its name, unless that says that it is about the others."""
    if member.wrong is not None or member.parts[-1].lower().partition(".")[0] in ABOUT:
        return False
    return _texty(member)


def _texty(member: Member) -> bool:
    """Whether its name has an ending of texts, or none."""
    name = member.parts[-1].lower()
    return name.endswith(ENDINGS) or "." not in name


class TextReader(FileReader):
    """Reader of the texts in an archive: the cells are what they hold. Raises UserError `file_unpacked`,
    `archive_no_texts`, `encoding_unknown`."""

    column = TEXT
    order = (FILE, TEXT, LABEL, SPLIT)
    error = "archive_no_texts"

    def __init__(self, archive: zipfile.ZipFile, encoding: str | None) -> None:
        self._archive = archive
        self._asked = encoding

    def read(self, members: Sequence[Member], wanted: Container[int]) -> Mapping[int, Cell]:
        raw: dict[int, bytes] = {}
        cells: dict[int, Cell] = {}
        total = 0
        for member in members:
            data = self._bytes(member, wanted)
            if isinstance(data, Message):
                cells[member.line] = data
                continue
            total += len(data)
            if total > MAX_BYTES:
                raise UserError("file_unpacked", size=total / 2**20, limit=MAX_BYTES // 2**20)
            raw[member.line] = data
        texts, encoding = _decoded(raw, self._asked)
        self.notes, self.encoding = encoding.notes(), encoding.name
        for line, text in texts.items():
            blank = None if text.strip() else message("data.archive.blank")
            cells[line] = blank or wrong_cell(TEXT, text) or text
        return cells

    def _bytes(self, member: Member, wanted: Container[int]) -> bytes | Message:
        if member.wrong is not None:
            return member.wrong
        if not _texty(member):
            return message("data.archive.no_text")
        if member.line not in wanted:
            return message("data.archive.no_folder")
        if member.info.file_size > MAX_TEXT_BYTES:
            return message("data.archive.text_too_long", limit=MAX_CELL)
        data = read_member(self._archive, member, MAX_TEXT_BYTES, float("inf"))
        if isinstance(data, Message):
            return data
        if is_archive(data):
            return message("data.archive.nested")
        if is_picture(data):
            return message("data.archive.no_text")
        return data if data.strip() else message("data.archive.blank")


def _decoded(raw: dict[int, bytes], wanted: str | None) -> tuple[dict[int, str], Encoding]:
    """The texts by line, in their order, and the encoding of those that are in no Unicode; a byte that is
    none of it is marked. Raises UserError `encoding_unknown`."""
    texts: dict[int, str] = {}
    if wanted:
        encoding = Encoding(canonical_encoding(wanted))
        texts = {line: _as_asked(data, wanted) for line, data in raw.items()}
    else:
        # These are short, one by one: together they tell what they are in.
        other = {line: data for line, data in raw.items() if not decodes(data)}
        encoding = _together(other.values())
        for line, data in raw.items():
            texts[line] = _one(data, encoding) if line in other else data.decode("utf-8-sig")
    return {line: text.replace("\r\n", "\n") for line, text in texts.items()}, encoding


def _as_asked(data: bytes, wanted: str) -> str:
    try:
        return decode(data, wanted).text
    except UserError:  # of something that is no text
        return "\0"


def _together(files: Iterable[bytes]) -> Encoding:
    sample = b""
    for file in files:
        if len(sample) < SAMPLE and not file.startswith(UTF16_MARKS):
            sample += file + b"\n"
    try:
        return find_encoding(sample) if sample else Encoding("utf-8")
    except UserError:
        return Encoding("utf-8")


def _one(data: bytes, encoding: Encoding) -> str:
    if not data.startswith(UTF16_MARKS):
        text = data.decode(encoding.name, "ticktune.mark")
        if not encoding.guessed or not MARKED.search(text):
            return text
    try:
        return decode(data).text
    except UserError:  # of something that is no text
        return "\0"
