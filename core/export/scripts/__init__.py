"""Inference scripts, which go into the downloads so that these answer without TickTune: one for each model
kind.

`put` copies one as predict.py, and beside it what it imports of what several share. None of it imports
anything of TickTune.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from core.data import spreadsheet
from core.data.pictures import preprocess

HERE = Path(__file__).resolve().parent
SHARED = (
    *(HERE / f"{name}.py" for name in ("asked", "int8", "joint", "looked")),
    *(Path(str(module.__file__)) for module in (preprocess, spreadsheet)),
)


def put(kind: str, folder: Path, name: str = "predict.py") -> None:
    """Write the script of a kind of model into a folder."""
    _copy(HERE / f"{kind}.py", folder / name)


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    for file in SHARED:
        if re.search(rf"^from {file.stem} import", source.read_text("utf-8"), re.MULTILINE):
            _copy(file, target.with_name(file.name))
