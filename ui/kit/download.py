"""Files for the person to take away, without ever opening the runs' folder to the web."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from urllib.parse import quote

import gradio as gr

from core.errors import UserError
from core.export.formats import available, choose
from core.io.json_files import replace
from core.io.temporary import lend, served
from core.libraries import load_libraries
from core.runs.run import LabelColumn, Run
from core.words import ASSETS, say
from ui.kit import html

_FETCH_JS = (ASSETS / "fetch.js").read_text(encoding="utf-8")


def fetcher() -> gr.HTML:
    """Takes a file that the person has asked for already: see `fetched`."""
    return html.piece("", html_template="<span hidden></span>", js_on_load=_FETCH_JS)


def fetched(button: gr.DownloadButton) -> str:
    """The value of a fetcher that takes what a button has just been given."""
    path = quote(str(button.constructor_args["value"]))
    return f"gradio_api/file={path}?{secrets.token_hex(4)}"  # another value each time


def offer(
    column: LabelColumn, which: str, language: str, key: str | None = None
) -> tuple[gr.Button, gr.DownloadButton, gr.Radio]:
    """The button that packs one of a run's models, the one of a zip that is there (one of them is shown), and
    the choice of the export format where there are several; `key` is the one that is picked."""
    chosen = choose(column, which, key)
    formats, archive = _formats(column, which, chosen.key, language), chosen.stored(column, which)
    if archive is None:
        return gr.Button(visible=True), gr.DownloadButton(visible=False), formats
    return gr.Button(visible=False), kept(column.run, archive, language), formats


def kept(run: Run, archive: Path, language: str) -> gr.DownloadButton:
    """The button of a zip that is kept with the run. Raises UserError where it cannot be handed out."""
    try:
        return _button(archive, str(lend(run.store.root, run.id, archive)), language)
    except OSError as error:
        raise _unwritable(archive.name, error) from error


def packed(
    column: LabelColumn, which: str, language: str, key: str | None = None
) -> tuple[gr.Button, gr.DownloadButton, gr.Radio]:
    """The same after packing. Raises UserError, OSError and RuntimeError as `Format.write` does."""
    load_libraries()
    chosen = choose(column, which, key)
    # One place for each: whoever asks again gets it anew, and the temporary folder does not fill up.
    place = served(
        column.run.store.root,
        f"{column.run.id}/{column.number}",
        f"{chosen.name(column, which)}.zip",
    )
    chosen.write(column, which, place)
    button = _button(place, str(place), language)
    return gr.Button(visible=False), button, _formats(column, which, chosen.key, language)


def _formats(column: LabelColumn, which: str, key: str, language: str) -> gr.Radio:
    """Those that a model can leave in; there is nothing to choose of a single one."""
    choices = [(say(f"format.{form.key}", language), form.key) for form in available(column, which)]
    return gr.Radio(choices, value=key, visible=len(choices) > 1)


def _button(archive: Path, link: str, language: str) -> gr.DownloadButton:
    megabytes = archive.stat().st_size / 1e6
    size = f"{megabytes:,.0f} MB" if megabytes >= 1 else f"{megabytes * 1000:,.0f} KB"
    label = say("result.download.size", language, size=size)
    return gr.DownloadButton(label, value=link, visible=True)


def written(store: Path, owner: str, name: str, text: str, kind: str = "csv") -> str:
    """A text file to download, which belongs to an owner (see `core.io.temporary.served`); a table with a
    BOM, for spreadsheets. Raises UserError where it cannot be written."""
    safe = re.sub(r"[^\w.-]+", "-", name).strip("-.")[:80] or "table"
    encoding = "utf-8-sig" if kind == "csv" else "utf-8"
    try:
        place = served(store, owner, f"{safe}.{kind}")
        replace(place, text.encode(encoding, "surrogatepass"))
    except OSError as error:
        raise _unwritable(f"{safe}.{kind}", error) from error
    return str(place)


def _unwritable(name: str, error: OSError) -> UserError:
    return UserError("predict_write", name=name, reason=error.strerror or str(error))
