"""Step 1: a table, and which of its columns to learn from."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from core.data.checkup import again
from core.data.edits import change, undo
from core.data.picture_table import read_any
from core.data.profile import Profile, dropped_csv, profile, separator_of
from core.data.read import MAX_BYTES, Table, read, read_pasted
from core.data.roles import SEPARATORS
from core.data.samples import load
from core.errors import UserError
from core.words import ASSETS, say
from ui import html, no_table, overview, preview
from ui.checkup import checkup_html, fix_of
from ui.download import written
from ui.html import actions, data_of
from ui.session import CLICK, QUIET, Loaded, Session, problem
from ui.words import esc, fragment, i18n, info, language

_GUARD_JS = (ASSETS / "too_large.js").read_text(encoding="utf-8")
ONE = ""  # of the separator dropdown: a label for each cell
NO_SPLIT = ""  # of the split dropdown: rows are shared out by chance


@dataclass(frozen=True)
class DataStep:
    file: gr.File  # of any type: core looks at the content, and says what is wrong with it
    guard: gr.HTML
    pasted: gr.Textbox
    use_pasted: gr.Button
    samples: gr.HTML
    problem: gr.HTML
    empty: gr.Column
    filled: gr.Column
    title: gr.HTML
    sheet: gr.Dropdown  # of a workbook; hidden where there is nothing to choose
    text: gr.Dropdown
    label: gr.Dropdown
    split: gr.Dropdown
    separator: gr.Dropdown  # between the labels of a cell; hidden where each seems to have one
    overview: gr.HTML
    checkup: gr.HTML
    dropped: gr.DownloadButton
    preview: preview.Preview
    other: gr.Button
    hint: gr.HTML
    next: gr.Button

    @property
    def view(self) -> list[Any]:
        """What `show` fills."""
        return [
            self.problem,
            self.empty,
            self.filled,
            self.title,
            self.sheet,
            self.text,
            self.label,
            self.split,
            self.separator,
            self.overview,
            self.checkup,
            self.dropped,
            *self.preview.view,
            self.hint,
            self.next,
        ]


def build() -> DataStep:
    """Draw the step."""
    trouble = html.piece(elem_id="data-problem")
    guard = html.piece(js_on_load=_GUARD_JS.replace("{{limit}}", str(MAX_BYTES)))
    with gr.Column(elem_id="data-empty") as empty:
        html.piece(
            fragment(lambda lang: f'<p class="tt-lead">{esc(say("ui.data.lead", lang))}</p>')
        )
        with gr.Row(elem_classes="tt-halves"):
            file = gr.File(
                label=i18n("ui.data.drop"),
                elem_id="data-file",
                height=246,
            )
            html.piece(fragment(no_table.example))
        pasted, use_pasted = no_table.paste_box()
        samples = actions(fragment(no_table.sample_cards), elem_id="samples")
    with gr.Column(visible=False, elem_id="data-filled") as filled:
        with gr.Row(elem_classes="tt-title-row"):
            title = html.piece(elem_id="data-title")
            other = gr.Button(i18n("ui.data.other"), size="sm", scale=0, elem_id="data-other")
        with gr.Row(elem_classes="tt-fields"):
            sheet = gr.Dropdown([], label=i18n("ui.sheet"), visible=False, **_field("sheet"))
            text = gr.Dropdown(
                [], multiselect=True, label=i18n("ui.text_columns"), **_field("text")
            )
            label = gr.Dropdown([], label=i18n("ui.label_column"), **_field("label"))
            split = gr.Dropdown([], label=i18n("ui.split_column"), **_field("split"))
            separator = gr.Dropdown(
                [], label=i18n("ui.separator"), visible=False, **_field("separator")
            )
        seen = html.piece(elem_id="overview")
        findings = actions(elem_id="checkup")
        dropped = gr.DownloadButton(
            i18n("ui.data.download_left_out"), size="sm", visible=False, elem_id="dropped"
        )
        rows = preview.build()
    with gr.Row(elem_classes="tt-foot"):
        hint = html.piece(missing(None, ""), elem_id="next-hint")
        following = gr.Button(
            i18n("ui.next"), variant="primary", interactive=False, elem_id="next-1", min_width=180
        )
    return DataStep(
        file,
        guard,
        pasted,
        use_pasted,
        samples,
        trouble,
        empty,
        filled,
        title,
        sheet,
        text,
        label,
        split,
        separator,
        seen,
        findings,
        dropped,
        rows,
        other,
        hint,
        following,
    )


def _field(name: str) -> dict[str, Any]:
    return {"elem_id": f"column-{name}", "interactive": True, "min_width": 240, "info": " "}


def show(loaded: Loaded, lang: str) -> tuple[Any, ...]:
    """Everything that the step shows for a table, in the order of `view`."""
    table, seen = loaded.table, loaded.profile
    names = [column.name for column in seen.columns]
    # A column that is chosen already is not offered for another part.
    text = [name for name in names if name not in (seen.label, seen.split)]
    label = [name for name in names if name not in (*seen.text, seen.split)]
    split = [name for name in names if name not in (*seen.text, seen.label)]
    return (
        "",
        gr.Column(visible=False),
        gr.Column(visible=True),
        title_html(table, seen, lang),
        sheets(loaded, lang),
        gr.Dropdown(
            text,
            multiselect=True,
            value=list(seen.text),
            info=info(say(seen.why_text, lang)),
            visible=not table.inputs,  # of pictures there is nothing to choose
        ),
        gr.Dropdown(
            label,
            value=seen.label,
            info=info(say(seen.why_label, lang)),
            visible=not table.inputs or label != [seen.label],  # folders leave no choice
        ),
        gr.Dropdown(
            [(say("ui.data.no_split", lang), NO_SPLIT), *split],
            value=seen.split or NO_SPLIT,
            info=info(say("ui.data.split" if seen.split else "ui.data.by_chance", lang)),
            visible=not table.inputs or bool(split),
        ),
        separator(seen, lang),
        overview.overview(seen, lang),
        checkup_html(loaded, lang),
        left_out(table, seen, lang),
        *preview.show(loaded, lang),
        missing(seen, lang),
        gr.Button(interactive=overview.ready(seen)),
    )


def sheets(loaded: Loaded, lang: str) -> gr.Dropdown:
    """Which sheet was read, where another one can be."""
    table = loaded.table
    asked = loaded.source is not None and len(table.sheets) > 1
    why = say("ui.sheet.why", lang, sheets=len(table.sheets))
    return gr.Dropdown(list(table.sheets), value=table.sheet or None, visible=asked, info=why)


def separator(seen: Profile, lang: str) -> gr.Dropdown:
    """Whether the label cells hold one label or several, where that is a question."""
    asked = seen.separator or separator_of(seen, seen.label or "")
    choices = [(say("ui.separator.one", lang), ONE)]
    choices += [(say("ui.separator.several", lang, mark=mark), mark) for mark in SEPARATORS]
    if seen.separator and seen.separator not in SEPARATORS:  # of a run that was started elsewhere
        choices.append((say("ui.separator.several", lang, mark=seen.separator), seen.separator))
    why = say("ui.separator.why" if seen.separator else "ui.separator.off", lang)
    return gr.Dropdown(choices, value=seen.separator, visible=bool(asked), info=info(why))


def missing(seen: Profile | None, lang: str) -> Any:
    """Why one cannot go on yet, beside the button that is grey; empty when one can."""

    def line(key: str, lang: str) -> str:
        return f'<p class="tt-note">{esc(say(key, lang))}</p>'

    if seen is None:
        return fragment(lambda each: line("ui.data.missing", each))
    return "" if overview.ready(seen) else line("ui.data.mend", lang)


def title_html(table: Table, seen: Profile, lang: str) -> str:
    """The file's name and what it is."""
    kind = (
        table.format,
        say("ui.sheet.named", lang, sheet=html.clip(table.sheet, 40)) if table.sheet else "",
        table.encoding.upper(),
    )
    facts = say(
        f"ui.data.facts.{seen.modality}",
        lang,
        rows=seen.rows,
        columns=len(seen.columns),
        kind=" · ".join(filter(None, kind)),
    )
    return (
        f'<div class="tt-run-head"><h2>{esc(html.clip(table.name, 80))}</h2>'
        f'<span class="tt-note">{esc(facts)}</span></div>'
    )


def left_out(table: Table, seen: Profile, lang: str) -> gr.DownloadButton:
    """The rows that cannot be used, to take away."""
    if not seen.dropped:
        return gr.DownloadButton(visible=False)
    file = written(f"{Path(table.name).stem}-left-out", dropped_csv(seen, lang))
    label = say("ui.data.download_left_out", lang)
    return gr.DownloadButton(label, value=file, visible=True)


def wire(step: DataStep, session: Session) -> None:
    """Connect the step."""
    outputs = [session.loaded, step.file, *step.view]

    def take(table: Table, lang: str, source: Path | None = None) -> tuple[Any, ...]:
        loaded = Loaded(table, profile(table), source)
        return loaded, None, *show(loaded, lang)

    def refuse(error: Exception, lang: str) -> tuple[Any, ...]:
        return gr.skip(), None, problem(error, lang), *[gr.skip()] * (len(step.view) - 1)

    def upload(path: str | None, request: gr.Request) -> tuple[Any, ...]:
        lang = language(request)
        if path is None:
            return (gr.skip(),) * len(outputs)
        try:
            return take(read_any(Path(path)), lang, Path(path))
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            return refuse(error, lang)

    def paste(text: str | None, request: gr.Request) -> tuple[Any, ...]:
        lang = language(request)
        try:
            return take(read_pasted(text or "", say("ui.paste.name", lang)), lang)
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            return refuse(error, lang)

    def other_sheet(loaded: Loaded | None, sheet: str, request: gr.Request) -> tuple[Any, ...]:
        lang = language(request)
        if loaded is None or loaded.source is None:
            return (gr.skip(),) * len(outputs)
        try:
            table = read(loaded.source, loaded.table.name, str(sheet))
            return take(table, lang, loaded.source)
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            values = list(refuse(error, lang))
            values[outputs.index(step.sheet)] = sheets(loaded, lang)  # the one that is still shown
            return tuple(values)

    def sample(event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        lang = language(request)
        try:
            return take(load(data_of(event, "key")), lang)
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            return refuse(error, lang)

    def columns(
        loaded: Loaded | None,
        text: list[str],
        label: str | None,
        split: str,
        separator: str | None,
        request: gr.Request,
    ) -> tuple[Any, ...]:
        lang = language(request)
        if loaded is None:
            return (gr.skip(),) * len(outputs)
        # Another label column has cells of its own.
        kept = (separator or "") if label == loaded.profile.label else None
        try:
            seen = profile(loaded.table, text, label or "", split or "", kept)
            chosen = dataclasses.replace(loaded, profile=seen)
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            return refuse(error, lang)
        return chosen, gr.skip(), *show(chosen, lang)

    def too_large(event: gr.EventData, request: gr.Request) -> str:
        size = data_of(event, "size")
        error = UserError(
            "file_too_large",
            size=int(size[:15]) / 2**20 if size.isdecimal() else 0.0,
            limit=MAX_BYTES // 2**20,
        )
        return problem(error, language(request))

    def mend(loaded: Loaded | None, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """A fix of the check-up, or undoing one."""
        lang, number = language(request), data_of(event, "number")
        if loaded is None:
            return (gr.skip(),) * len(outputs)
        try:
            if data_of(event, "do") == "fix":
                table = change(loaded.table, [fix_of(loaded, data_of(event, "key"), number)])
            else:
                table = undo(loaded.table, int(number) if number.isdecimal() else -1)
            seen = again(table, loaded.profile)
            changed = dataclasses.replace(loaded, table=table, profile=seen)
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            return refuse(error, lang)
        return changed, gr.skip(), *show(changed, lang)

    step.checkup.click(mend, session.loaded, outputs, **CLICK)
    step.guard.click(too_large, None, step.problem, **QUIET)
    step.file.upload(upload, step.file, outputs, **CLICK)
    step.use_pasted.click(paste, step.pasted, outputs, **CLICK)
    # Its input event comes twice: the second answer could come after that to a new file.
    asked = [session.loaded, step.sheet]
    step.sheet.select(other_sheet, asked, outputs, **CLICK)
    preview.wire(step.preview, session)
    step.samples.click(sample, None, outputs, **CLICK)
    asked = [session.loaded, step.text, step.label, step.split, step.separator]
    for dropdown in asked[1:]:
        dropdown.input(columns, asked, outputs, trigger_mode="always_last", **QUIET)
    start_over(step.other.click(None), step)


def start_over(event: Any, step: DataStep) -> None:
    """After an event: the empty step again, ready for another file."""

    def clear() -> tuple[Any, ...]:
        waiting = gr.Button(interactive=False)
        return gr.Column(visible=True), gr.Column(visible=False), missing(None, ""), waiting

    event.then(clear, None, [step.empty, step.filled, step.hint, step.next], **QUIET)
