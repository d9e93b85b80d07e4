"""Output of commands beside their answer: on stderr, so that the answer can be piped on."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from core.errors import UserError
from core.io.json_files import replace, replacing
from core.io.terminal import over


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def print_json(answer: Any) -> None:
    """The answer, on one line of stdout; dataclasses as their fields."""
    print(json.dumps(answer, ensure_ascii=False, default=dataclasses.asdict))


def tell_share(share: float) -> None:
    """The share that is done, on a line that moves, where there is a terminal."""
    if sys.stderr.isatty():
        over(f"{share:4.0%}")


def write(file: Path, content: str | Path, encoding: str = "utf-8") -> None:
    """Write a text, or a copy of a file, whole or not at all. Raises UserError where that cannot be."""
    try:
        if file.exists() and not file.is_file():  # a pipe or a device, such as /dev/stdout
            data = content.read_bytes() if isinstance(content, Path) else content.encode(encoding)
            file.write_bytes(data)
        elif isinstance(content, Path):
            with replacing(file) as new:
                shutil.copyfile(content, new)
        else:
            replace(file, content.encode(encoding, "surrogatepass"))
    except OSError as error:
        raise unwritable(file, error) from error


def unwritable(file: Path, error: OSError) -> UserError:
    return UserError("predict_write", name=file.name, reason=error.strerror or "?")
