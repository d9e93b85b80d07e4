"""Files that are read back: JSON Lines that are appended to, JSON that is replaced as a whole, and the check
that what is read has the shape of what was written.

In between anything may have happened to them: a full disk, a killed process, another program. What cannot be
read raises `Damaged`, whatever is wrong with it.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MAX_BYTES = 256 * 2**20  # of a file that is read as a whole: ours have a few megabytes at most
log = logging.getLogger(__name__)
_told: set[tuple[Path, bytes]] = set()


class Damaged(ValueError):
    """A file that is not what was written."""


def append_line(path: Path, line: str, durable: bool = False) -> None:
    """Add a line in one write. A line that a crash left half written is ended first, so that the new
    one stands on its own.

    `durable`: it is on the disk when this returns, for what a person is told is saved. Raises OSError, and
    leaves nothing of the line then.
    """
    # What stands for no character is written as JSON's own escape of it.
    data = line.encode("utf-8", "backslashreplace") + b"\n"
    with path.open("ab+", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        if size and not _ends_line(file):
            data = b"\n" + data
        try:
            if file.write(data) != len(data):  # the disk is full
                raise OSError(28, os.strerror(28))
            if durable:
                os.fsync(file.fileno())
        except OSError:
            file.truncate(size)
            raise


def _ends_line(file: Any) -> bool:
    file.seek(-1, os.SEEK_END)
    return bool(file.read(1) == b"\n")


def parse_lines(data: bytes, path: Path) -> Iterator[Any]:
    """What the lines of JSON in `data` say; one that is torn is left out, and the log says so once.

    `path` is where they come from.
    """
    # Not splitlines: a text may hold what Unicode calls the end of a line.
    for line in data.split(b"\n"):
        if not line.strip():
            continue
        try:
            yield json.loads(line)
        except (ValueError, RecursionError):
            left_out(path, line)


def left_out(path: Path, line: bytes) -> None:
    """Say once in the log that a line of a file is none of ours."""
    known = path, line[:100]
    if known not in _told:
        _told.add(known)
        log.warning("%s: a damaged line is left out: %r", path.name, line[:100])


def read_bytes(path: Path) -> bytes:
    """A file's content. Raises FileNotFoundError, OSError, and Damaged for one that is far too large."""
    check_length(path)
    return path.read_bytes()


def check_length(path: Path, limit: int = MAX_BYTES) -> None:
    """Raises FileNotFoundError, OSError, and Damaged for what is no file or has more bytes than `limit`."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode) or status.st_size > limit:
        raise Damaged(path.name)


def read_json(path: Path) -> Any:
    """Raises FileNotFoundError, OSError, and Damaged for what is no JSON in UTF-8."""
    try:
        # What stands for no character may be in texts of people: `replace` writes it, so it is read.
        return json.loads(read_bytes(path).decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise Damaged(path.name) from error


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Atomic write: the place to write a file to, which then replaces the one at `path`. A crash in between
    must not cost what was there. Whatever is raised, nothing of the new one is left then."""
    new = path.with_name(f".{path.name}.new")
    try:
        yield new
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def replace(path: Path, data: bytes) -> None:
    """Write a whole file or leave the old one. Raises OSError."""
    with replacing(path) as new:
        new.write_bytes(data)


def replace_json(path: Path, what: Any, indent: int | None = None) -> None:
    """The same of JSON."""
    text = json.dumps(what, ensure_ascii=False, indent=indent)
    replace(path, text.encode("utf-8", "surrogatepass"))
