"""Office files, told by their content: which are workbooks, and what the others are called."""

from __future__ import annotations

import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable

from core.data.read.sniff import OLE, ZIP, Kind, kind_error
from core.errors import UserError

# What zipfile raises for archives that are damaged, or made to be.
BROKEN = (
    zipfile.BadZipFile,
    RuntimeError,  # and what is one: versions, packings and locks that it does not know
    ValueError,
    ArithmeticError,
    LookupError,
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
)
WORKBOOK = re.compile(rb"xl/workbook\d*\.(?:xml|bin)")
SPREADSHEET = b"application/vnd.oasis.opendocument.spreadsheet"
OPENDOCUMENT = b"mimetypeapplication/vnd.oasis.opendocument."
# What only such files hold, by the name of the program.
PARTS = {
    "word/document.xml": "Word",
    "ppt/presentation.xml": "PowerPoint",
    "META-INF/container.xml": "EPUB",
}
STREAMS = {
    "WordDocument": "Word",
    "PowerPoint Document": "PowerPoint",
    "__properties_version1.0": "Outlook",
}
LOCKED_STREAM = "EncryptedPackage"
SHEETS = ("Workbook", "Book")


def is_workbook(data: bytes) -> bool:
    """An archive with the name of a workbook's main part, or the container of older Office files.

    The archive is not opened here: its list of names alone may be larger than memory.
    """
    if data.startswith(OLE):
        return True
    return data.startswith(ZIP) and (SPREADSHEET in data[:200] or WORKBOOK.search(data) is not None)


def is_document(names: Iterable[str]) -> bool:
    """Whether these are the files in a document of an office, which is an archive too."""
    held = set(names)
    return bool(held & {"[Content_Types].xml", "mimetype"}) or any(map(_iwork, held))


def _iwork(name: str) -> bool:
    return name.endswith(".iwa") or name == "Index.zip"


def refuse_document(data: bytes) -> None:
    """Raise the error of its kind for an archive that is a document, and no workbook."""
    if not data.startswith(ZIP):
        return
    if (b".iwa" in data and b"Index/" in data) or b"Index.zip" in data[:4096]:
        raise kind_error(Kind("iwork", "Numbers"))
    for part, kind in PARTS.items():
        if part.encode() in data:
            raise kind_error(Kind("document", kind))
    if OPENDOCUMENT in data[:200] and SPREADSHEET not in data[:200]:
        raise kind_error(Kind("document", "OpenDocument"))


def refuse_container(data: bytes) -> None:
    """Raise UserError `file_locked`, or the error of its kind, for the container of older Office files where
    it holds no sheet that can be read."""
    if not data.startswith(OLE):
        return
    if _named(LOCKED_STREAM, data):
        raise UserError("file_locked")
    if any(_named(name, data) for name in SHEETS):
        return
    for name, kind in STREAMS.items():
        if _named(name, data):
            raise kind_error(Kind("document", kind))


def _named(stream: str, data: bytes) -> bool:
    """Whether the directory of the container has a stream of that name: it ends with a zero."""
    return f"{stream}\0".encode("utf-16-le") in data
