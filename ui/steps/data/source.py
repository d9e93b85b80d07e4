"""Where the table comes from: a file, what was pasted, or one of the samples."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from core.data.any_file import read_any
from core.data.read.table import MAX_BYTES, pasted_bytes, read_pasted
from core.data.samples import SAMPLES, path_of
from core.data.table import Table
from core.errors import UserError
from core.words import ASSETS, say
from ui.kit import html
from ui.kit.answer import Answer, fill
from ui.kit.errors import errors_to, problem
from ui.kit.html import actions, data_of
from ui.kit.upload import UploadFile, given_name
from ui.kit.words import esc, fragment, i18n, language
from ui.session import CLICK, QUIET
from ui.steps.data import empty
from ui.steps.shared import read_options as reading

_GUARD_JS = (ASSETS / "too_large.js").read_text(encoding="utf-8")
# Shows a table that was read, with its request and the file or the bytes that it is from.
Take = Callable[[Table, gr.Request, Path | bytes], Answer]


@dataclass(frozen=True)
class Source:
    file: gr.File  # of any type: core looks at the content, and says what is wrong with it
    guard: gr.HTML
    asked: reading.Reading  # how the file that comes next is read
    pasted: gr.Textbox
    use_pasted: gr.Button
    samples: gr.HTML


def build(shared: bool) -> Source:
    """Draw the empty step. `shared` says whether others can open the page."""
    guard = html.piece(js_on_load=_GUARD_JS.replace("{{limit}}", str(MAX_BYTES)))
    html.piece(fragment(lambda lang: f'<p class="tt-lead">{esc(say("ui.data.lead", lang))}</p>'))
    html.piece(fragment(lambda lang: who_sees(shared, lang)), elem_id="who-sees")
    with gr.Row(elem_classes="tt-halves"):
        file = UploadFile(label=i18n("ui.data.drop"), elem_id="data-file", height=246)
        html.piece(fragment(empty.example))
    asked = reading.ask("reading-first")
    asked.render()
    pasted, use_pasted = empty.paste_box()
    samples = actions(fragment(empty.sample_cards), elem_id="samples")
    return Source(file, guard, asked, pasted, use_pasted, samples)


def who_sees(shared: bool, lang: str) -> str:
    """A sentence on where the data go, before any are there."""
    sentence = say("ui.data.shared", lang) if shared else say("ui.data.stays", lang)
    return html.small(sentence)


def wire(source: Source, trouble: gr.HTML, outputs: Sequence[Any], take: Take) -> None:
    """Connect what a table can come from. `take` answers for `outputs`, `trouble` is the place of errors."""
    how = source.asked
    refused = errors_to(trouble, lambda *_: {source.file: None})

    def upload(
        path: str | None,
        encoding: str | None,
        delimiter: str | None,
        header: str | None,
        request: gr.Request,
    ) -> Answer:
        """What is said of how to read a file is of this one alone; it is asked where it cannot be read."""
        if path is None:
            return {}
        try:
            options = reading.said_of(encoding, delimiter, header)
            table = dataclasses.replace(read_any(Path(path), options), name=given_name(path))
            taken = take(table, request, Path(path))
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            box = gr.Accordion(open=reading.may_help(error))
            return {how.box: box, source.file: None, trouble: problem(error, language(request))}
        unasked = fill(how.fields, (reading.FIND_OUT, reading.FIND_OUT, ""))
        return {**taken, how.box: gr.Accordion(open=False), **unasked}

    @refused
    def paste(text: str | None, request: gr.Request) -> Answer:
        table = read_pasted(text or "", say("ui.paste.name", language(request)))
        return take(table, request, pasted_bytes(text or ""))

    @refused
    def sample(event: gr.EventData, request: gr.Request) -> Answer:
        key = data_of(event, "key")
        if key not in {known.key for known in SAMPLES}:
            return {}
        return take(read_any(path_of(key)), request, path_of(key))

    def too_large(event: gr.EventData, request: gr.Request) -> str:
        size = data_of(event, "size")
        error = UserError(
            "file_too_large",
            size=int(size[:15]) / 2**20 if size.isdecimal() else 0.0,
            limit=MAX_BYTES // 2**20,
        )
        return problem(error, language(request))

    asked = [source.file, *how.fields]
    source.file.upload(upload, asked, [*outputs, how.box, *how.fields], **CLICK)
    source.guard.click(too_large, None, trouble, **QUIET)
    source.use_pasted.click(paste, source.pasted, outputs, **CLICK)
    source.samples.click(sample, None, outputs, **CLICK)
