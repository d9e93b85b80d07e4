"""Step 1: a table, and which of its columns to learn from."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from core.data.checkup.edits import undo_edit
from core.data.checkup.fix import apply_fix, profile_again, read_again
from core.data.profile.profile import Profile, dropped_csv, profile, ready
from core.data.table import Table
from core.io import temporary
from core.runs.store import RunStore
from core.words import say
from core.workflow.model_choice import foretold
from ui.kit import html
from ui.kit.answer import Answer, Part, fill
from ui.kit.download import written
from ui.kit.errors import errors_to
from ui.kit.html import actions, data_of
from ui.kit.words import esc, fragment, i18n, language
from ui.open_run import OpenRun
from ui.session import CLICK, LATEST, QUIET, Loaded, Session
from ui.steps.data import columns, label_names, overview, preview, source
from ui.steps.shared import read_options as reading
from ui.steps.shared.checkup import checkup_html, fix_of


@dataclass(frozen=True)
class Shown(Part):
    """What `show` fills."""

    problem: gr.HTML
    empty: gr.Column
    filled: gr.Column
    title: gr.HTML
    columns: columns.Columns
    reading: reading.Reading
    overview: gr.HTML
    checkup: gr.HTML
    dropped: gr.DownloadButton
    preview: preview.Preview
    hint: gr.HTML
    next: gr.Button


@dataclass(frozen=True)
class DataStep:
    source: source.Source
    shown: Shown
    other: gr.Button

    @property
    def view(self) -> list[Any]:
        return self.shown.view


def build(shared: bool = False) -> DataStep:
    """Draw the step. `shared` says whether others can open the page."""
    trouble = html.piece(elem_id="data-problem")
    with gr.Column(elem_id="data-empty") as empty:
        given = source.build(shared)
    with gr.Column(visible=False, elem_id="data-filled") as filled:
        with gr.Row(elem_classes="tt-title-row"):
            title = html.piece(elem_id="data-title")
            other = gr.Button(i18n("ui.data.other"), size="sm", scale=0, elem_id="data-other")
        chosen, how = columns.build(), reading.build()
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
    view = (trouble, empty, filled, title, chosen, how, seen, findings, dropped, rows)
    return DataStep(given, Shown(*view, hint, following), other)


def show(loaded: Loaded, store: RunStore, lang: str) -> tuple[Any, ...]:
    """Everything that the step shows for a table, in the order of `view`."""
    table, seen = loaded.table, loaded.profile
    return (
        "",
        gr.Column(visible=False),
        gr.Column(visible=True),
        title_html(table, seen, lang),
        *columns.show(loaded, lang),
        *reading.show(loaded, lang),
        overview.overview(seen, lang) + model_hint(seen, store, lang),
        checkup_html(loaded, lang),
        left_out(table, seen, lang),
        *preview.show(loaded, lang),
        missing(seen, lang),
        gr.Button(interactive=ready(seen)),
    )


def model_hint(seen: Profile, store: RunStore, lang: str) -> str:
    """The model that the next step picks for texts that the usual one does not read."""
    said = foretold(seen, store) if ready(seen) else None
    return html.notice([say(said, lang)], "info") if said else ""


def missing(seen: Profile | None, lang: str) -> Any:
    """Why one cannot go on yet, beside the button that is grey; empty when one can."""

    def line(key: str, lang: str) -> str:
        return html.small(say(key, lang))

    if seen is None:
        return fragment(lambda each: line("ui.data.missing", each))
    return "" if ready(seen) else line("ui.data.mend", lang)


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
    owner, name = (table.original or table).fingerprint, f"{Path(table.name).stem}-left-out"
    file = written(temporary.TABLES, owner, name, dropped_csv(seen, lang))
    # The file goes with the last run of the table.
    temporary.made_of(temporary.TABLES, owner, Path(file))
    label = say("ui.data.download_left_out", lang)
    return gr.DownloadButton(label, value=file, visible=True)


def _changed(loaded: Loaded, do: str, key: str, number: str) -> tuple[Table, Profile]:
    """The table and its profile after a click in the check-up: a fix, or undoing one."""
    table, seen = loaded.table, loaded.profile
    if do == "fix":
        return apply_fix(fix_of(loaded, key, number), table, seen, loaded.reread)
    if do == "reread" and number in dict(table.read_with.asked()):
        options = dataclasses.replace(table.read_with, **{number: None})
        return read_again(options, table, seen, loaded.reread)
    table = undo_edit(table, int(number) if number.isdecimal() else -1)
    return table, profile_again(table, seen)


def wire(step: DataStep, session: Session) -> Any:
    """Connect the step. Returns the event after which the person goes on with what the step shows."""
    shown, file, chosen = step.shown, step.source.file, step.shown.columns
    outputs = [session.loaded, file, *step.view]

    def view(loaded: Loaded, request: gr.Request) -> Answer:
        return fill(step.view, show(loaded, session.store, language(request)))

    def take(table: Table, request: gr.Request, given: Path | bytes | None) -> Answer:
        loaded = Loaded(table, profile(table), given)
        temporary.made_of(temporary.TABLES, (table.original or table).fingerprint, given)
        return {session.loaded: loaded, file: None, **view(loaded, request)}

    def change(loaded: Loaded, table: Table, seen: Profile, request: gr.Request) -> Answer:
        changed = dataclasses.replace(loaded, table=table, profile=seen)
        return {session.loaded: changed, **view(changed, request)}

    def still_used(loaded: Loaded, *args: Any) -> Answer:
        """The lists show it again."""
        return {file: None, **view(loaded, args[-1])}

    def still_sheet(loaded: Loaded, _sheet: str, request: gr.Request) -> Answer:
        return {file: None, chosen.sheet: columns.sheets(loaded, language(request))}

    refused = errors_to(shown.problem, lambda *_: {file: None})

    @errors_to(shown.problem, still_sheet)
    def other_sheet(loaded: Loaded | None, sheet: str, request: gr.Request) -> Answer:
        if loaded is None or loaded.reread is None:
            return {}
        table = loaded.reread(reading.of_sheet(loaded.table, str(sheet)))
        return take(table, request, loaded.source)

    @errors_to(shown.problem, still_used)
    def read_as(
        loaded: Loaded | None,
        encoding: str | None,
        delimiter: str | None,
        header: str | None,
        request: gr.Request,
    ) -> Answer:
        """The file is read as the lists say; columns and changes stay where they fit."""
        if loaded is None:
            return {}
        options = reading.options_of(loaded.table, encoding, delimiter, header)
        if options == loaded.table.read_with:
            return {}
        table, seen = read_again(options, loaded.table, loaded.profile, loaded.reread)
        return change(loaded, table, seen, request)

    def choose(
        loaded: Loaded | None,
        text: list[str],
        label: str | None,
        split: str,
        mark: str | None,
        request: gr.Request,
    ) -> Answer:
        if loaded is None:
            return {}
        seen = columns.profile_of(loaded, text, label, split, mark)
        return {} if seen is loaded.profile else change(loaded, loaded.table, seen, request)

    @functools.wraps(choose)  # gradio goes by its parameters
    def leave(*given: Any) -> Answer:
        """What was chosen a moment ago may still be under way. A card that is there afterwards is of that."""
        return {shown.problem: "", **choose(*given)}

    kept_lists = errors_to(shown.problem, still_used)

    @refused
    def mend(loaded: Loaded | None, event: gr.EventData, request: gr.Request) -> Answer:
        """A fix of the check-up, or undoing one."""
        if loaded is None:
            return {}
        asked = (data_of(event, field) for field in ("do", "key", "number"))
        return change(loaded, *_changed(loaded, *asked), request)

    @refused
    def name(loaded: Loaded | None, given: str, request: gr.Request) -> Answer:
        if loaded is None:
            return {}
        return change(loaded, *label_names.name_labels(loaded, given), request)

    source.wire(step.source, shown.problem, outputs, take)
    chosen.names.submit(name, [session.loaded, chosen.names], outputs, **CLICK)
    shown.checkup.click(mend, session.loaded, outputs, **CLICK)
    # Its input event comes twice: the second answer could come after that to a new file.
    once = {**CLICK, "trigger_mode": "always_last"}
    chosen.sheet.select(other_sheet, [session.loaded, chosen.sheet], outputs, **once)
    lists = shown.reading.fields
    gr.on([choice.select for choice in lists], read_as, [session.loaded, *lists], outputs, **LATEST)
    preview.wire(shown.preview, session)
    asked = [session.loaded, *chosen.chosen]
    typed = [choice.input for choice in chosen.chosen]
    gr.on(typed, kept_lists(choose), asked, outputs, **LATEST)
    start_over(step.other.click(None), step, session)
    return shown.next.click(kept_lists(leave), asked, outputs, **QUIET)


def listen(step: DataStep, session: Session, opened: OpenRun) -> None:
    """Show the data of a run that is opened."""
    opened.settings.add(
        step.view,
        lambda settings, lang: fill(step.view, show(settings.loaded, session.store, lang)),
    )


def start_over(event: Any, step: DataStep, session: Session, more: Answer | None = None) -> Any:
    """After an event: the empty step again, ready for another file; nothing of the old one is used. What is
    to be shown `more` comes in the same moment. Returns the event after which it is."""
    shown = step.shown

    def clear() -> Answer:
        return {
            session.loaded: None,
            shown.problem: "",
            shown.empty: gr.update(visible=True),
            shown.filled: gr.update(visible=False),
            shown.hint: missing(None, ""),
            shown.next: gr.update(interactive=False),
            **(more or {}),
        }

    return event.then(clear, None, list(clear()), trigger_mode="multiple", **QUIET)
