"""Files for the person to take away, without ever opening the runs' folder to the web."""

from __future__ import annotations

import functools
import os
import re
import shutil
import tempfile
from pathlib import Path

import gradio as gr

from core.libraries import load_libraries
from core.runs import Run
from core.words import say


def offer(run: Run, which: str, language: str) -> tuple[gr.Button, gr.DownloadButton]:
    """The button that packs a simple model, and the one of a zip that is there; one of them is shown.

    A simple model is packed when it is asked for: the encoder of many would be stored many times.
    """
    if which != "model":
        return gr.Button(visible=True), gr.DownloadButton(visible=False)
    archive = run.archive()
    if archive is None:
        return gr.Button(visible=False), gr.DownloadButton(visible=False)
    return gr.Button(visible=False), _button(archive, lend(archive), language)


def packed(run: Run, which: str, language: str) -> tuple[gr.Button, gr.DownloadButton]:
    """The same after packing a simple model. Raises UserError, OSError and RuntimeError as `pack` does."""
    load_libraries()
    from core.export.simple import pack

    # One place for each: whoever asks again gets it anew, and the temporary folder does not fill up.
    place = Path(_lent().name, "-".join(run.path.relative_to(run.root).parts), which)
    place.mkdir(parents=True, exist_ok=True)
    archive = pack(run, which, place / f"{slug(run, which)}.zip")
    return gr.Button(visible=False), _button(archive, str(archive), language)


def slug(run: Run, which: str) -> str:
    from core.export.bundle import slug as words

    recipe = run.recipe()
    return f"{words(recipe.name or recipe.data.file)}-{which}"


def _button(archive: Path, link: str, language: str) -> gr.DownloadButton:
    megabytes = archive.stat().st_size / 1e6
    size = f"{megabytes:,.0f} MB" if megabytes >= 1 else f"{megabytes * 1000:,.0f} KB"
    label = say("result.download.size", language, size=size)
    return gr.DownloadButton(label, value=link, visible=True)


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


def written(name: str, text: str, kind: str = "csv") -> str:
    """A new text file in the temporary folder, for a download; a table with a BOM, for spreadsheets."""
    safe = re.sub(r"[^\w.-]+", "-", name).strip("-.")[:80] or "table"
    place = _place(f"{safe}.{kind}")
    place.write_text(text, encoding="utf-8-sig" if kind == "csv" else "utf-8", newline="")
    return str(place)
