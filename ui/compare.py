"""The Compare tab: what each technique brought, measured by runs with and without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from core.comparisons import Comparison, ComparisonStore, Line
from core.data.read import Table
from core.errors import UserError
from core.export.report import card_csv, card_html, cells, changes, head
from core.recipe import Recipe
from core.words import say
from ui import html
from ui.download import written
from ui.html import actions, data_of
from ui.session import CLICK, QUIET, Session, problem
from ui.words import duration, esc, fragment, i18n, language, when

if TYPE_CHECKING:
    from ui.attach import Attach

TICK = 2.0  # seconds between two looks at runs that are at work
BUSY = ("queued", "running")


@dataclass(frozen=True)
class CompareTab:
    tab: gr.Tab
    picker: gr.Dropdown
    problem: gr.HTML
    body: gr.HTML
    stop: gr.Button
    page: gr.DownloadButton
    table: gr.DownloadButton
    delete: gr.Button
    timer: gr.Timer

    @property
    def view(self) -> list[Any]:
        """What `show` fills."""
        return [
            self.picker,
            self.body,
            self.stop,
            self.page,
            self.table,
            self.delete,
            self.timer,
        ]


def build() -> CompareTab:
    """Draw the tab."""
    with gr.Tab(i18n("compare.title"), id="compare", elem_id="tab-compare") as tab:
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
        with gr.Row(elem_classes="tt-foot"):
            delete = gr.Button(i18n("compare.delete"), visible=False, elem_id="compare-delete")
            stop = gr.Button(
                i18n("compare.stop"), variant="stop", visible=False, elem_id="compare-stop"
            )
            table = gr.DownloadButton(i18n("compare.csv"), visible=False, elem_id="compare-csv")
            page = gr.DownloadButton(
                i18n("compare.html"), variant="primary", visible=False, elem_id="compare-html"
            )
    return CompareTab(
        tab, picker, trouble, body, stop, page, table, delete, gr.Timer(TICK, active=False)
    )


def show(session: Session, asked: object, lang: str) -> tuple[Any, ...]:
    """The comparison of an id, or the newest where there is none of that id, in the order of `view`."""
    store = ComparisonStore(session.store)
    every = store.all()
    if not every:
        empty = f'<p class="tt-empty">{esc(say("compare.empty", lang))}</p>'
        hidden = [gr.Button(visible=False), *(gr.DownloadButton(visible=False) for _ in range(2))]
        return (
            gr.Dropdown([], visible=False),
            empty,
            *hidden,
            gr.Button(visible=False),
            gr.Timer(active=False),
        )
    shown = next((each for each in every if each.id == str(asked)), every[0])
    lines = store.lines(shown)
    busy = any(line.status in BUSY for line in lines)
    names = [(f"{each.name} · {when(each.id)}", each.id) for each in every]
    return (
        gr.Dropdown(names, value=shown.id, visible=True),
        body_html(store, shown, lines, lang),
        gr.Button(visible=busy),
        *files(shown, lines, busy, lang),
        gr.Button(visible=not busy),
        gr.Timer(active=busy),
    )


def files(
    shown: Comparison, lines: list[Line], busy: bool, lang: str
) -> tuple[gr.DownloadButton, gr.DownloadButton]:
    """The card as a page and as a table, once nothing more is to come."""
    if busy or not any(line.got for line in lines):
        return gr.DownloadButton(visible=False), gr.DownloadButton(visible=False)
    page = written(shown.name, card_html(shown, lines, lang), "html")
    table = written(shown.name, card_csv(lines))
    return gr.DownloadButton(value=page, visible=True), gr.DownloadButton(value=table, visible=True)


def body_html(store: ComparisonStore, shown: Comparison, lines: list[Line], lang: str) -> str:
    """The bar while runs are at work, a sentence for each technique, the chart and the table."""
    said = [say(line.said, lang) for line in lines if line.said]
    tested = max((line.rows for line in lines), default=0)
    title = esc(say("compare.card", lang, name=shown.name))
    parts = [f'<div class="tt-run-head"><h2>{title}</h2></div>', _bar(store, shown, lines, lang)]
    if said:
        items = "".join(f"<li>{esc(each)}</li>" for each in said)
        parts.append(f'<div class="tt-notice tt-info"><ul>{items}</ul></div>')
    drawn = changes(lines, lang)
    if drawn:
        note = say("compare.how", lang, rows=tested)
        parts.append(html.card(say("compare.chart", lang), drawn, note))
    parts.append(_table(lines, lang))
    return f'<div class="tt-report">{"".join(parts)}</div>'


def _bar(store: ComparisonStore, shown: Comparison, lines: list[Line], lang: str) -> str:
    if not any(line.status in BUSY for line in lines):
        return ""
    share, left = store.share(shown)
    done = sum(line.status not in BUSY for line in lines)
    line = say("compare.done", lang, done=done, runs=len(lines))
    time = "" if left is None else say("train.left", lang, left=duration(left, lang))
    return (
        '<div class="tt-progress tt-progress-running" role="progressbar" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuenow="{share * 100:.0f}" '
        f'aria-label="{esc(say("train.progress", lang))}"><span style="width:{share:.0%}"></span></div>'
        f'<div class="tt-progress-line"><span>{share:.0%} · {esc(line)}</span><span>{esc(time)}</span></div>'
    )


def _table(lines: list[Line], lang: str) -> str:
    heads = [
        f'<th scope="col"{" class=tt-num" if number else ""}>{esc(name)}</th>'
        for number, name in enumerate(head(lang))
    ]
    heads.append(f'<th scope="col">{esc(say("runs.actions", lang))}</th>')
    rows = []
    for line in lines:
        row = "".join(
            f"<td{' class=tt-num' if number else ''}>{esc(cell)}</td>"
            for number, cell in enumerate(cells(line, lang))
        )
        name = say("runs.open", lang)
        button = (
            f'<button type="button" class="tt-small" data-do="open" data-id="{esc(line.run)}">{esc(name)}'
            "</button>"
        )
        there = "" if line.status == "deleted" else button
        rows.append(f'{row}<td class="tt-actions">{there}</td>')
    return html.raw_table(heads, rows, say("compare.title", lang))


@dataclass(frozen=True)
class Opener:
    """Starts comparisons from other places of the page and brings them to the tab."""

    tab: CompareTab
    session: Session

    @property
    def outputs(self) -> list[Any]:
        return [self.session.tabs, *self.tab.view]

    def start(
        self, table: Table, recipe: Recipe, extra: Table | None, lang: str
    ) -> tuple[Any, ...]:
        """The values of `outputs` once the runs are in the queue. Raises UserError."""
        made = self.session.jobs.compare(table, recipe, extra)
        return (gr.Tabs(selected="compare"), *show(self.session, made.id, lang))

    def nothing(self) -> tuple[Any, ...]:
        """The values of `outputs` that leave everything as it is."""
        return (gr.skip(),) * len(self.outputs)


def wire(tab: CompareTab, session: Session, attach: Attach) -> Any:
    """Connect the tab. Returns the event after which a run may have been brought to the page."""

    def look(asked: object, request: gr.Request) -> tuple[Any, ...]:
        try:
            return "", *show(session, asked, language(request))
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            return problem(error, language(request)), *[gr.skip()] * len(tab.view)

    outputs = [tab.problem, *tab.view]
    tab.tab.select(look, tab.picker, outputs, **QUIET)
    tab.picker.input(look, tab.picker, outputs, **QUIET)
    tab.timer.tick(look, tab.picker, outputs, **QUIET)

    def stop(asked: object, request: gr.Request) -> tuple[Any, ...]:
        try:
            for member in ComparisonStore(session.store).get(asked).members:
                run = session.find(member.run)
                if run is not None and run.status() in BUSY:
                    session.jobs.stop(run.id)
        except UserError as error:
            return problem(error, language(request)), *[gr.skip()] * len(tab.view)
        return look(asked, request)

    def delete(asked: object, request: gr.Request) -> tuple[Any, ...]:
        try:
            ComparisonStore(session.store).delete(str(asked))
        except UserError as error:
            return problem(error, language(request)), *[gr.skip()] * len(tab.view)
        return look("", request)

    tab.stop.click(stop, tab.picker, outputs, **CLICK)
    tab.delete.click(delete, tab.picker, outputs, **CLICK)

    def act(event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        run = session.find(data_of(event, "id"))
        if data_of(event, "do") != "open" or run is None:
            return "", *attach.nothing()
        return "", *attach(run, language(request))

    return tab.body.click(act, None, [tab.problem, *attach.outputs], **CLICK)
