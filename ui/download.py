"""Files for the person to take away, without ever opening the runs' folder to the web."""

from __future__ import annotations

import functools
import os
import re
import shutil
import tempfile
from pathlib import Path

import gradio as gr

from core.runs import Run
from core.words import say


def offer(run: Run, language: str) -> gr.DownloadButton:
    """The button of a run's zip, with its size; hidden while there is none."""
    archive = run.archive()
    if archive is None:
        return gr.DownloadButton(visible=False)
    size = f"{archive.stat().st_size / 1e6:,.0f} MB"
    label = say("result.download.size", language, size=size)
    return gr.DownloadButton(label, value=lend(archive), visible=True)


@functools.cache
def _lent() -> tempfile.TemporaryDirectory[str]:
    """A folder that goes with the program."""
    return tempfile.TemporaryDirectory(prefix="ticktune-")


def _place(name: str) -> Path:
    return Path(tempfile.mkdtemp(dir=_lent().name)) / name


def lend(file: Path) -> str:
    """A link to (or a copy of) a file in the temporary folder, from which gradio may serve it."""
    place = _place(file.name)
    try:
        os.link(file, place)
    except OSError:  # another disk
        shutil.copyfile(file, place)
    return str(place)


def written(name: str, text: str) -> str:
    """A new text file in the temporary folder, for a download; with a BOM, for spreadsheets."""
    safe = re.sub(r"[^\w.-]+", "-", name).strip("-.")[:80] or "table"
    place = _place(f"{safe}.csv")
    place.write_text(text, encoding="utf-8-sig", newline="")
    return str(place)
