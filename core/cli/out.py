"""What commands say beside their answer: on stderr, so that the answer can be piped on."""

from __future__ import annotations

import sys
from pathlib import Path

from core.errors import UserError


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def unwritable(file: Path, error: OSError) -> UserError:
    return UserError("predict_write", name=file.name, reason=error.strerror or "?")
