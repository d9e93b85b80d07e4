"""Seal: size and CRC-32 of stored files, by which it is found out whether they are still what was written.

Weights and optimizer states that were damaged, on a disk or by a person, mostly load without an error: the
training would go on from nonsense.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

BLOCK = 1 << 22  # bytes that are read at a time


def seal(folder: Path, names: Iterable[str]) -> dict[str, list[int]]:
    """Size and checksum of each file of a folder, ready for JSON. Raises OSError."""
    return {name: _sums(folder / name) for name in names}


def broken(folder: Path, sealed: Any) -> list[str]:
    """Names of the files that are not as they were sealed."""
    if not isinstance(sealed, dict):
        return [""]
    return [name for name, sums in sealed.items() if not _is(folder / name, sums)]


def _is(file: Path, sums: object) -> bool:
    try:
        return _sums(file) == sums
    except OSError:
        return False


def _sums(file: Path) -> list[int]:
    size = crc = 0
    with file.open("rb") as opened:
        while block := opened.read(BLOCK):
            size, crc = size + len(block), zlib.crc32(block, crc)
    return [size, crc]
