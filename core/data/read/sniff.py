"""Sniffing: the kind of a file by how it begins, for readers, and for errors that name the kind.

Each kind that is no table has two sentences, `error.kind.KEY` and `error.kind.KEY.hint`: what it is, and what
to do with a file of that kind.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from core.errors import UserError

HEAD_BYTES = 64 * 1024  # bytes that are looked at
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
# That are read: see `core.data.pictures.store.FORMATS`.
PICTURES = ("JPEG", "PNG", "GIF", "WebP", "BMP")
OLE = b"\xd0\xcf\x11\xe0"  # the container of older Office files


class Kind(NamedTuple):
    key: str  # of `error.kind.KEY`
    name: str  # as people call the format


# How files begin that hold no text.
MAGIC_PATTERNS: tuple[tuple[re.Pattern[bytes], Kind], ...] = tuple(
    (re.compile(pattern, re.DOTALL), kind)
    for pattern, kind in (
        (rb"\xff\xd8\xff", Kind("picture", "JPEG")),
        (rb"\x89PNG", Kind("picture", "PNG")),
        (rb"GIF8[79]a", Kind("picture", "GIF")),
        (rb"RIFF....WEBP", Kind("picture", "WebP")),
        (rb"BM....\0\0\0\0", Kind("picture", "BMP")),
        (rb"II\*\0|MM\0\*", Kind("picture", "TIFF")),
        (rb"\0\0..ftyp(hei|mif1)", Kind("picture", "HEIC")),
        (rb"\0\0..ftypavi", Kind("picture", "AVIF")),
        (rb"8BPS\0", Kind("picture", "Photoshop")),
        (rb"RIFF....WAVE", Kind("sound", "WAV")),
        (rb"\0\0..ftypM4A", Kind("sound", "M4A")),
        (rb"fLaC\0", Kind("sound", "FLAC")),
        (rb"OggS\0", Kind("sound", "Ogg")),
        (rb"ID3[\0-\x10]|\xff[\xfb\xf3][\x10-\xef][\0-\x08@-\xff]", Kind("sound", "MP3")),
        (rb"\0\0..ftyp", Kind("sound", "MP4")),
        (rb"\x1aE\xdf\xa3", Kind("sound", "WebM")),
        (rb"RIFF....AVI ", Kind("sound", "AVI")),
        (rb"%PDF", Kind("pdf", "PDF")),
        (rb"\{\\rtf", Kind("document", "RTF")),
        (rb"\x1f\x8b", Kind("packed", "GZIP")),
        (rb"7z\xbc\xaf", Kind("packed", "7-Zip")),
        (rb"Rar!\x1a", Kind("packed", "RAR")),
        (rb"BZh[1-9]1AY&SY", Kind("packed", "bzip2")),
        (rb"\xfd7zXZ\0", Kind("packed", "XZ")),
        (rb"\x28\xb5\x2f\xfd", Kind("packed", "Zstandard")),
        (rb".{257}ustar[\0 ]", Kind("packed", "TAR")),
        (rb"SQLite format 3\0", Kind("database", "SQLite")),
        (rb"\0\x01\0\0Standard ", Kind("database", "Access")),
        (rb"\$FL[23]@\(#\)", Kind("statistics", "SPSS")),
        (rb"<stata_dta>|[q-w][\x01\x02]\x01\0", Kind("statistics", "Stata")),
        (rb"RD[AX]\d\n", Kind("statistics", "R")),
        (rb"FEA1\0", Kind("frame", "Feather")),
        (rb"Obj\x01", Kind("frame", "Avro")),
        (rb"ORC[\0-\x1f]", Kind("frame", "ORC")),
        (rb"\x89HDF\r\n", Kind("frame", "HDF5")),
        (rb"\x93NUMPY", Kind("frame", "NumPy")),
        (rb"\x80[\x02-\x05][\x95\]}c(X\x8c]", Kind("frame", "pickle")),
        (rb"\x7fELF", Kind("program", "ELF")),
        (rb"MZ.{0,80}\0", Kind("program", "EXE")),
        (rb"bplist00", Kind("plist", "Property List")),
    )
)

COMMENTS = r"(<!--(?:[^-]|-(?!->))*+-->\s*)*+"  # of HTML and XML
# Kinds of text that are no table, by the start of the text.
TEXTS: tuple[tuple[re.Pattern[str], Kind], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (r"-- (mysql|postgresql|phpmyadmin|sqlite)|((create|drop) table|insert into) |begin transaction;",
         Kind("database", "SQL")),
        (r"(%[^\n]*\n|\s)*@relation\s", Kind("arff", "ARFF")),
        (r"<svg\b", Kind("picture", "SVG")),
        (rf"(<\?xml[^>]*>\s*)?{COMMENTS}<(!doctype html|(html|head|body|table|meta|style|div)\b)",
         Kind("web", "HTML")),
        (rf"(<\?xml[^>]*>\s*){COMMENTS}(<!doctype svg|<svg)", Kind("picture", "SVG")),
        (rf"{COMMENTS}(<\?xml\b|<[a-z][\w:.-]*(\s[^<>]*)?>\s*<)", Kind("xml", "XML")),
        (r"---\s*\n|- [\w\"']+:\s|[\w-]+:[^\n,;\t]*\n(\s*\n)*[\w-]+:\s*\n\s*- ", Kind("yaml", "YAML")),
        (r"\\documentclass|\\begin\{", Kind("document", "LaTeX")),
        (r"%!ps", Kind("pdf", "PostScript")),
        (r"version https://git-lfs", Kind("pointer", "Git LFS")),
        (r"\[internetshortcut\]", Kind("link", "URL")),
        (r"\{'[^'\n]{1,80}':\s", Kind("python", "Python")),
        (r"(\[?\d{1,4}([./-]\d{1,4}){2},? \d{1,2}(:\d{2}){1,2}(\s?[ap]m)?(\]| -) [^:\n]{1,60}: .*\n){2}",
         Kind("chat", "WhatsApp")),
        (r"from \S+@\S+ +(mon|tue|wed|thu|fri|sat|sun) ", Kind("mail", "mbox")),
        (r"begin:(vcard|vcalendar)", Kind("document", "vCard")),
        (r"(from|return-path|received|delivered-to|mime-version): .*\n(.+\n)*(subject|date|to): ",
         Kind("mail", "E-Mail")),
    )
)  # fmt: skip
SVMLIGHT = re.compile(r"[^\s:]+(\s+qid:\d+)?(\s+\d+:[-+.\deE]+)+\s*(#.*)?")
TAGGED_LINE = re.compile(r"\S+([ \t]\S+)*[ \t](O|[BIESLUM]-\S+)")
SAMPLE_LINES = 60  # that are looked at to tell what a text is


def kind_of(data: bytes) -> Kind | None:
    """The kind of what is no text and read by nobody here; None for all else."""
    return next((kind for magic, kind in MAGIC_PATTERNS if magic.match(data[:512])), None)


def is_picture(head: bytes) -> bool:
    """Whether a file is a picture of a format that is read, by its first bytes, 16 or more; what is in
    the rest is another question."""
    kind = kind_of(head)
    return kind is not None and kind.name in PICTURES


def kind_of_text(text: str) -> Kind | None:
    """The kind of a text that is no table; None for what may be one."""
    start = text[:HEAD_BYTES].lstrip("\ufeff \t\r\n")
    for pattern, kind in TEXTS:
        if pattern.match(start) and not (kind.name == "YAML" and not _is_yaml(start)):
            return kind
    lines = start.splitlines()[:SAMPLE_LINES]
    filled = [line.strip() for line in lines if line.strip()]
    if len(filled) < 3:
        return None
    if sum(SVMLIGHT.fullmatch(line) is not None for line in filled) >= 0.95 * len(filled):
        return Kind("svmlight", "SVMlight")
    tagged = sum(TAGGED_LINE.fullmatch(line) is not None for line in filled)
    if tagged >= 0.8 * len(filled) and any(line.endswith((" O", "\tO")) for line in filled):
        return Kind("conll", "CoNLL")
    return None


def kind_error(kind: Kind) -> UserError:
    """The error that names a kind of file and says what to do with it."""
    return UserError(f"kind.{kind.key}", kind=kind.name)


def unreadable(name: str, error: OSError) -> UserError:
    """The error of a file that the system does not give."""
    return UserError("file_unreadable", name=name, reason=error.strerror or type(error).__name__)


def _is_yaml(start: str) -> bool:
    """Whether most lines are a name with a value, or an entry of a list."""
    lines = [line for line in start.splitlines()[:SAMPLE_LINES] if line.strip()]
    named = sum(re.match(r"\s*(- )?[\w\"' ]+:(\s|$)|\s*- |---", line) is not None for line in lines)
    return named >= 0.8 * len(lines) and len(lines) > 2
