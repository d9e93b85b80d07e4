"""The Compare tab: what each technique brought, measured by runs with and without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from core.data.table import Table
from core.errors import UserError
from core.evaluation.technique_gain import Line, measured
from core.recipe import Recipe
from core.report.comparison import card_csv, card_html, cells, changes, head
from core.runs.run import BUSY, RESUMABLE
from core.words import say
from core.workflow.comparisons import Comparison, ComparisonStore
from ui.kit import html
from ui.kit.answer import Answer, fill
from ui.kit.download import written
from ui.kit.errors import errors_to
from ui.kit.html import actions, data_of
from ui.kit.progress import bar
from ui.kit.ticker import OFF, ticker, ticks
from ui.kit.words import esc, fragment, i18n, language, when
from ui.open_run import OpenRun
from ui.session import CLICK, LATEST, QUIET, Session
from ui.steps.shared.comparison_offer import Opener

TICK = 2.0  # seconds between two looks at runs that are at work


@dataclass(frozen=True)
class CompareTab:
    tab: gr.Tab
    picker: gr.Dropdown
    problem: gr.HTML
    body: gr.HTML
    stop: gr.Button
    resume: gr.Button
    page: gr.DownloadButton
    table: gr.DownloadButton
    delete: gr.Button
    timer: gr.HTML

    @property
    def view(self) -> list[Any]:
        """What `show` fills."""
        return [
            self.picker,
            self.body,
            self.stop,
            self.resume,
            self.page,
            self.table,
            self.delete,
            self.timer,
        ]


def build() -> CompareTab:
    """Draw the tab."""
    with gr.Tab(i18n("compare.title"), id="compare", elem_id="tab-compare") as tab:
        html.place("compare.title")
        html.piece(
            fragment(lambda lang: f'<p class="tt-lead">{esc(say("compare.lead", lang))}</p>')
        )
        picker = gr.Dropdown(
            [],
            label=i18n("compare.which"),
            visible=False,
            interactive=True,
            elem_id="compare-which",
        )
        trouble = html.piece(elem_id="compare-problem")
        body = actions("", elem_id="compare-body")
        timer = ticker(TICK)
        with gr.Row(elem_classes="tt-foot"):
            delete = gr.Button(i18n("compare.delete"), visible=False, elem_id="compare-delete")
            stop = gr.Button(
                i18n("compare.stop"), variant="stop", visible=False, elem_id="compare-stop"
            )
            resume = gr.Button(
                i18n("folds.resume"), variant="primary", visible=False, elem_id="compare-resume"
            )
            table = gr.DownloadButton(i18n("compare.csv"), visible=False, elem_id="compare-csv")
            page = gr.DownloadButton(
                i18n("compare.html"), variant="primary", visible=False, elem_id="compare-html"
            )
    return CompareTab(tab, picker, trouble, body, stop, resume, page, table, delete, timer)


def show(session: Session, asked: object, lang: str) -> tuple[Any, ...]:
    """The comparison of an id, or the newest where there is none of that id, in the order of `view`."""
    store = ComparisonStore(session.store)
    every, damaged = store.all(), store.damaged()
    names = [(f"{comparison.name} · {when(comparison.id)}", comparison.id) for comparison in every]
    names += [(f"{when(key)} · {say('status.damaged', lang)}", key) for key in damaged]
    if not every and not damaged:
        empty = f'<p class="tt-empty">{esc(say("compare.empty", lang))}</p>'
        hidden = gr.Button(visible=False)
        return (gr.Dropdown([], visible=False), empty, *_no_buttons(), hidden, OFF)
    if asked in damaged or not every:
        return _damaged(store, asked if asked in damaged else damaged[0], names, lang)
    shown = next((one for one in every if one.id == str(asked)), every[0])
    lines = store.lines(shown)
    busy = any(line.status in BUSY for line in lines)
    return (
        gr.Dropdown(names, value=shown.id, visible=True),
        body_html(store, shown, lines, lang),
        gr.Button(visible=busy),
        gr.Button(visible=bool(_unfinished(lines)) and not busy),
        *files(store, shown, lines, busy, lang),
        gr.Button(visible=not busy),
        ticks(busy),
    )


def _damaged(
    store: ComparisonStore, shown: object, names: list[tuple[str, str]], lang: str
) -> tuple[Any, ...]:
    """The same of a comparison that cannot be read: what is wrong, and the button to delete it."""
    try:
        store.get(shown)
        card = ""
    except UserError as error:
        card = html.trouble(error, lang)
    picker = gr.Dropdown(names, value=str(shown), visible=True)
    return picker, card, *_no_buttons(), gr.Button(visible=True), OFF


def _no_buttons() -> list[Any]:
    """Nothing to stop, to go on with or to download."""
    return [gr.Button(visible=False)] * 2 + [gr.DownloadButton(visible=False)] * 2


def _unfinished(lines: list[Line]) -> list[str]:
    """The runs that can go on."""
    return [line.run for line in lines if line.status in RESUMABLE]


def files(
    store: ComparisonStore, shown: Comparison, lines: list[Line], busy: bool, lang: str
) -> tuple[gr.DownloadButton, gr.DownloadButton]:
    """The card as a page and as a table, once nothing more is to come."""
    if busy or not any(line.got for line in lines):
        return gr.DownloadButton(visible=False), gr.DownloadButton(visible=False)
    page = written(
        store.runs.root, shown.id, shown.name, card_html(shown.name, lines, lang), "html"
    )
    table = written(store.runs.root, shown.id, shown.name, card_csv(lines))
    return gr.DownloadButton(value=page, visible=True), gr.DownloadButton(value=table, visible=True)


def body_html(store: ComparisonStore, shown: Comparison, lines: list[Line], lang: str) -> str:
    """The bar while runs are at work, or what became of those that are not done; a sentence for each
    technique, the chart and the table."""
    said = [say(line.said, lang) for line in lines if line.said]
    title = esc(say("compare.card", lang, name=shown.name))
    parts = [f'<div class="tt-run-head"><h2>{title}</h2></div>', _bar(store, shown, lines, lang)]
    if said:
        items = "".join(f"<li>{esc(sentence)}</li>" for sentence in said)
        parts.append(f'<div class="tt-notice tt-info"><ul>{items}</ul></div>')
    drawn = changes(lines, lang)
    if drawn:
        parts.append(html.card(say("compare.chart", lang), drawn, say(measured(lines), lang)))
    parts.append(_table(lines, lang))
    return f'<div class="tt-report">{"".join(parts)}</div>'


def _bar(store: ComparisonStore, shown: Comparison, lines: list[Line], lang: str) -> str:
    if not any(line.status in BUSY for line in lines):
        undone = len(_unfinished(lines))
        text = say("compare.unfinished", lang, n=undone, runs=len(lines))
        return html.notice([text], "warning") if undone else ""
    share, left = store.share(shown)
    done = sum(line.status not in BUSY for line in lines)
    return bar(share, say("compare.done", lang, done=done, runs=len(lines)), left, lang)


def _table(lines: list[Line], lang: str) -> str:
    heads = [html.th(name, number > 0) for number, name in enumerate(head(lang))]
    heads.append(html.th(say("runs.actions", lang)))
    rows = []
    for line in lines:
        row = "".join(
            f"<td{' class=tt-num' if number else ''}>{esc(cell)}</td>"
            for number, cell in enumerate(cells(line, lang))
        )
        button = html.button("open", say("runs.open", lang), id=line.run)
        there = "" if line.status == "deleted" else button
        rows.append(f'{row}<td class="tt-actions">{there}</td>')
    return html.raw_table(heads, rows, say("compare.title", lang))


def opener(tab: CompareTab, session: Session) -> Opener:
    """Starts comparisons from other places of the page and brings them to the tab."""

    def start(table: Table, recipe: Recipe, extra: Table | None, lang: str) -> Answer:
        comparison = session.jobs.compare(table, recipe, extra)
        shown = fill(tab.view, show(session, comparison.id, lang))
        return {session.tabs: gr.Tabs(selected="compare"), **shown}

    return Opener([session.tabs, *tab.view], start)


def wire(tab: CompareTab, session: Session, opened: OpenRun) -> None:
    """Connect the tab."""

    @errors_to(tab.problem)
    def look(asked: object, request: gr.Request) -> Answer:
        return {tab.problem: "", **fill(tab.view, show(session, asked, language(request)))}

    outputs = [tab.problem, *tab.view]
    tab.tab.select(look, tab.picker, outputs, **QUIET)
    tab.picker.input(look, tab.picker, outputs, **LATEST)
    tab.timer.click(look, tab.picker, outputs, **QUIET)

    @errors_to(tab.problem)
    def stop(asked: object, request: gr.Request) -> Answer:
        for member in ComparisonStore(session.store).get(asked).members:
            run = session.find(member.run)
            if run is not None and run.status() in BUSY:
                session.jobs.stop(run.id)
        return look(asked, request)

    @errors_to(tab.problem)
    def delete(asked: object, request: gr.Request) -> Answer:
        ComparisonStore(session.store).delete(str(asked))
        return look("", request)

    @errors_to(tab.problem)
    def resume(asked: object, request: gr.Request) -> Answer:
        store = ComparisonStore(session.store)
        for run in _unfinished(store.lines(store.get(asked))):
            session.jobs.resume(run)
        return look(asked, request)

    @errors_to(tab.problem)
    def still_there(asked: object, request: gr.Request) -> Answer:
        """The browser takes the file by itself, and says next to nothing where that is gone."""
        ComparisonStore(session.store).get(asked)
        return {tab.problem: ""}

    for button in (tab.page, tab.table):
        button.click(still_there, tab.picker, tab.problem, **QUIET)
    tab.stop.click(stop, tab.picker, outputs, **CLICK)
    tab.resume.click(resume, tab.picker, outputs, **CLICK)
    tab.delete.click(delete, tab.picker, outputs, **CLICK)

    @errors_to(tab.problem)
    def act(event: gr.EventData, request: gr.Request) -> Answer:
        if data_of(event, "do") != "open":
            return {tab.problem: ""}
        run = session.get(data_of(event, "id"))
        return {tab.problem: "", **opened.show(run, language(request))}

    outputs = [tab.problem, *opened.outputs]
    opened.follow(tab.body.click(act, None, outputs, **{**CLICK, "trigger_mode": "multiple"}))
