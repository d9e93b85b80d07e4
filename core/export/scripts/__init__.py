"""What goes into the downloads, so that they answer without TickTune: a script for each kind of model.

`put` copies one as predict.py, and beside it what all of them share. None of it imports anything of TickTune.
"""

from __future__ import annotations

import shutil
from pathlib import Path

HERE = Path(__file__).resolve().parent


def put(kind: str, folder: Path, name: str = "predict.py") -> None:
    """Write the script of a kind of model into a folder."""
    shutil.copyfile(HERE / f"{kind}.py", folder / name)
    shutil.copyfile(HERE / "asked.py", folder / "asked.py")
