"""Gzip: the table that is packed in a .gz file."""

from __future__ import annotations

import zlib
from pathlib import Path

from core.data.read.sniff import Kind, kind_error, kind_of, unreadable
from core.errors import UserError

GZIP = b"\x1f\x8b\x08"
HEAD_BYTES = 512  # bytes that tell the kind of what is in it
CHUNK = 1 << 20


def is_gzip(head: bytes) -> bool:
    return head.startswith(GZIP)


def gunzip(source: Path, limit: int) -> bytes:
    """The content of a .gz file, of at most `limit` bytes.

    Raises UserError `file_unreadable`, `file_unpacked`, `file_gzip`, and that of a tar archive.
    """
    unpacked, undo = bytearray(), zlib.decompressobj(wbits=31)
    try:
        with source.open("rb") as file:
            while data := undo.unconsumed_tail or undo.unused_data or file.read(CHUNK):
                if undo.eof:  # another one may follow, which belongs to it
                    data += file.read(CHUNK) if len(data) < len(GZIP) else b""
                    if not is_gzip(data):
                        break
                    undo = zlib.decompressobj(wbits=31)
                unpacked += undo.decompress(data, CHUNK)
                if len(unpacked) > limit:
                    raise UserError(
                        "file_unpacked", size=len(unpacked) / 2**20, limit=limit // 2**20
                    )
    except OSError as error:
        raise unreadable(source.name, error) from error
    except zlib.error:
        raise UserError("file_gzip", name=source.name) from None
    if not undo.eof:
        raise UserError("file_gzip", name=source.name)
    kind = kind_of(bytes(unpacked[:HEAD_BYTES]))
    if kind and kind.key == "packed":
        raise kind_error(Kind(kind.key, f"{kind.name}.GZ"))
    return bytes(unpacked)
