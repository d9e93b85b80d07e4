"""The Runs tab: every run, to open, go on with, or delete."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import gradio as gr

from core.errors import UserError
from core.evaluation.verdict import PLAIN
from core.models.packaged import named
from core.runs import Run, RunStore
from core.words import say
from ui import html
from ui.attach import Attach
from ui.html import actions, data_of
from ui.session import CLICK, QUIET, Session, problem
from ui.steps.train import RESUMABLE
from ui.words import esc, fragment, i18n, language, when

SHOWN = 200


@dataclass(frozen=True)
class RunsTab:
    tab: gr.Tab
    problem: gr.HTML
    table: gr.HTML
    refresh: gr.Button


def build() -> RunsTab:
    """Draw the tab."""
    with gr.Tab(i18n("runs.title"), id="runs", elem_id="tab-runs") as tab:
        lead = "runs.lead.space" if os.environ.get("SPACE_ID") else "runs.lead"
        html.piece(fragment(lambda lang: f'<p class="tt-lead">{esc(say(lead, lang))}</p>'))
        trouble = html.piece(elem_id="runs-problem")
        table = actions("", elem_id="runs-table")
        with gr.Row(elem_classes="tt-foot"):
            refresh = gr.Button(i18n("runs.refresh"), elem_id="runs-refresh", min_width=140)
    return RunsTab(tab, trouble, table, refresh)


def table_html(store: RunStore, lang: str, ask: str = "") -> str:
    """All runs, the newest first; the row of the run `ask` asks whether to delete it."""
    rows = []
    for run in store.all()[:SHOWN]:
        try:
            rows.append(_row(run, lang, ask == run.id))
        except (UserError, OSError):
            rows.append(_broken(run, lang, ask == run.id))
    if not rows:
        return f'<p class="tt-empty">{esc(say("runs.empty", lang))}</p>'
    names = ("name", "status", "when", "accuracy", "macro_f1", "rival")
    head = [
        f'<th scope="col"{" class=tt-num" if i > 2 else ""}>{esc(say(f"runs.{name}", lang))}</th>'
        for i, name in enumerate(names)
    ]
    head.append(f'<th scope="col">{esc(say("runs.actions", lang))}</th>')
    return html.raw_table(head, rows, say("runs.title", lang))


def _row(run: Run, lang: str, ask: bool) -> str:
    recipe, metrics, status = run.recipe(), run.metrics(), run.status()
    model = named(recipe.model, lang)
    name = recipe.name or recipe.data.file
    about = model if name == recipe.data.file else f"{recipe.data.file} · {model}"
    cells = [
        f"<td><b>{esc(html.clip(name, 60))}</b>"
        f'<span class="tt-note">{esc(html.clip(about, 80))}</span></td>',
        f'<td><span class="tt-chip tt-chip-{status}">{esc(say(f"status.{status}", lang))}</span>'
        "</td>",
        f"<td>{esc(when(run.id))}</td>",
    ]
    scores = ["–"] * 3
    if metrics:
        test = metrics["test"]
        rival = next(metrics["baselines"][each] for each in PLAIN if each in metrics["baselines"])
        scores = [
            f"{test['accuracy']:.1%}",
            f"{test['macro_f1']:.3f}",
            f"{rival['macro_f1']:.3f}",
        ]
    cells += [
        f'<td class="tt-num" data-label="{esc(say(f"runs.{name}", lang))}">{score}</td>'
        for name, score in zip(("accuracy", "macro_f1", "rival"), scores, strict=True)
    ]
    actions = [("open", "runs.open")]
    if status in RESUMABLE:
        actions.append(("resume", "runs.resume"))
    if status not in ("running", "queued"):
        actions.append(("ask", "runs.delete"))
    return "".join(cells) + _actions(run, name, actions, ask, lang)


def _broken(run: Run, lang: str, ask: bool) -> str:
    """A run whose files cannot be read can still be deleted."""
    text = esc(say("runs.unreadable", lang))
    return f'<td colspan="6">{esc(run.id)}: {text}</td>' + _actions(
        run, run.id, [("ask", "runs.delete")], ask, lang
    )


def _actions(run: Run, name: str, actions: list[tuple[str, str]], ask: bool, lang: str) -> str:
    """The buttons of a row; instead of them the question whether to delete it."""
    question = ""
    if ask:
        question = f'<span class="tt-ask">{esc(say("runs.sure", lang))}</span>'
        actions = [("delete", "runs.yes"), ("keep", "runs.no")]
    buttons = "".join(
        f'<button type="button" class="tt-small{" tt-danger" if do == "delete" else ""}" '
        f'data-do="{do}" data-id="{esc(run.id)}" '
        f'aria-label="{esc(say(key, lang))}: {esc(html.clip(name, 60))}">'
        f"{esc(say(key, lang))}</button>"
        for do, key in actions
    )
    return f'<td class="tt-actions">{question}{buttons}</td>'


def wire(tab: RunsTab, session: Session, attach: Attach) -> Any:
    """Connect the tab. Returns the event after which a run may have been brought to the page."""

    def table(request: gr.Request) -> tuple[str, str]:
        return "", table_html(session.store, language(request))

    tab.tab.select(table, None, [tab.problem, tab.table], **QUIET)
    tab.refresh.click(table, None, [tab.problem, tab.table], **CLICK)

    def act(shown_id: object, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        lang, what, run_id = language(request), data_of(event, "do"), data_of(event, "id")
        shown, message = attach.nothing(), ""
        try:
            run = session.store.get(run_id)
            if what == "resume":
                session.jobs.resume(run.id)
            if what in ("open", "resume"):
                shown = attach(run, lang)
            elif what == "delete":
                session.store.delete(run.id)
                shown = attach.let_go() if shown_id == run.id else shown
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            message = problem(error, lang)
        ask = run_id if what == "ask" else ""
        return message, table_html(session.store, lang, ask), *shown

    outputs = [tab.problem, tab.table, *attach.outputs]
    return tab.table.click(act, session.run, outputs, **CLICK)
