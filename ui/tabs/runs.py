"""The Runs tab: every run, to open, go on with, or delete."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import gradio as gr

from core.errors import UserError
from core.evaluation.test_rows import outcome
from core.jobs.deletion import clean, delete_run
from core.models.bundled.multilingual_e5 import named
from core.runs.integrity import check, damaged_files, sound_archive
from core.runs.run import RESUMABLE, Run
from core.runs.store import RunStore
from core.words import has, percent, say
from ui.kit import html
from ui.kit.answer import Answer, fill
from ui.kit.download import fetched, fetcher, kept
from ui.kit.errors import errors_to
from ui.kit.html import actions, data_of
from ui.kit.words import esc, fragment, i18n, language, when
from ui.open_run import OpenRun
from ui.session import CLICK, QUIET, Session

MAX_SHOWN = 200


@dataclass(frozen=True)
class RunsTab:
    tab: gr.Tab
    problem: gr.HTML
    table: gr.HTML
    refresh: gr.Button
    download: gr.DownloadButton  # of a damaged run's model, once it is asked for
    fetcher: gr.HTML


def build() -> RunsTab:
    """Draw the tab."""
    with gr.Tab(i18n("runs.title"), id="runs", elem_id="tab-runs") as tab:
        html.place("runs.title")
        lead = "runs.lead.space" if os.environ.get("SPACE_ID") else "runs.lead"
        html.piece(fragment(lambda lang: f'<p class="tt-lead">{esc(say(lead, lang))}</p>'))
        trouble = html.piece(elem_id="runs-problem")
        table = actions("", elem_id="runs-table")
        with gr.Row(elem_classes="tt-foot"):
            download = gr.DownloadButton(
                i18n("result.download"), visible=False, elem_id="runs-download"
            )
            refresh = gr.Button(i18n("runs.refresh"), elem_id="runs-refresh", min_width=140)
        return RunsTab(tab, trouble, table, refresh, download, fetcher())


def table_html(store: RunStore, lang: str, ask: str = "") -> str:
    """All runs, the newest first; the row of the run `ask` asks whether to delete it."""
    rows, runs = [], store.all()
    for run in runs[:MAX_SHOWN]:
        damaged = damaged_files(run)
        try:
            rows.append(
                _damaged(run, damaged, lang, ask == run.id)
                if damaged
                else _row(run, lang, ask == run.id)
            )
        except (UserError, OSError):  # it was deleted meanwhile
            continue
    if not rows:
        return f'<p class="tt-empty">{esc(say("runs.empty", lang))}</p>'
    names = ("name", "status", "when", "accuracy", "macro_f1", "rival")
    head = [html.th(say(f"runs.{name}", lang), i > 2) for i, name in enumerate(names)]
    head.append(html.th(say("runs.actions", lang)))
    table = html.raw_table(head, rows, say("runs.title", lang))
    if len(runs) > MAX_SHOWN:
        table += html.small(say("runs.newest", lang, shown=MAX_SHOWN, runs=len(runs)))
    return table


def _row(run: Run, lang: str, ask: bool) -> str:
    recipe, measured, status = run.recipe(), outcome(run), run.status()
    model = named(recipe.model, lang)
    name = recipe.title
    about = model if name == recipe.data.file else f"{recipe.data.file} · {model}"
    # Runs of a comparison differ in nothing else.
    ticked = [f"technique.{key}.name" for key in recipe.techniques]
    about += "".join(f" · {say(name_key, lang)}" for name_key in ticked if has(name_key))
    if measured and len(measured.columns) > 1:
        about += f" · {say('runs.mean', lang, columns=len(measured.columns))}"
    cells = [
        f"<td><b>{esc(html.clip(name, 60))}</b>"
        f'<span class="tt-note">{esc(html.clip(about, 200))}</span></td>',
        f'<td><span class="tt-chip tt-chip-{status}">{esc(say(f"status.{status}", lang))}</span>'
        "</td>",
        f"<td>{esc(when(run.id))}</td>",
    ]
    scores = ["–"] * 3
    if measured:
        scores = [percent(measured.accuracy), f"{measured.macro_f1:.3f}", f"{measured.plain:.3f}"]
    cells += [
        f'<td class="tt-num" data-label="{esc(say(f"runs.{name}", lang))}">{score}</td>'
        for name, score in zip(("accuracy", "macro_f1", "rival"), scores, strict=True)
    ]
    offered = [("open", "runs.open")]
    if status in RESUMABLE:
        offered.append(("resume", "runs.resume"))
    if status not in ("running", "queued"):
        offered.append(("ask", "runs.delete"))
    return "".join(cells) + _actions(run, name, offered, ask, lang)


def _damaged(run: Run, files: Sequence[str], lang: str, ask: bool) -> str:
    """A run with files that cannot be read: which, and what can be done. It can still be deleted, and its
    model taken away where that is sound."""
    offered = [("ask", "runs.delete")]
    if sound_archive(run):
        offered.insert(0, ("take", "runs.take"))
    text = say("runs.damaged", lang, files=", ".join(files)[:300])
    about = (
        f"<td><b>{esc(run.id)}</b></td>"
        f'<td><span class="tt-chip tt-chip-failed">{esc(say("status.damaged", lang))}</span></td>'
        f"<td>{esc(when(run.id))}</td>"
        f'<td colspan="3"><span class="tt-note">{esc(text)}</span></td>'
    )
    return about + _actions(run, run.id, offered, ask, lang)


def _actions(run: Run, name: str, offered: list[tuple[str, str]], ask: bool, lang: str) -> str:
    """The buttons of a row; instead of them the question whether to delete it."""
    question = ""
    if ask:
        question = f'<span class="tt-ask">{esc(say("runs.sure", lang))}</span>'
        offered = [("delete", "runs.yes"), ("keep", "runs.no")]
    buttons = "".join(
        f'<button type="button" class="tt-small{" tt-danger" if do == "delete" else ""}" '
        f'data-do="{do}" data-id="{esc(run.id)}" '
        f'aria-label="{esc(say(key, lang))}: {esc(html.clip(name, 60))}">'
        f"{esc(say(key, lang))}</button>"
        for do, key in offered
    )
    return f'<td class="tt-actions">{question}{buttons}</td>'


def wire(tab: RunsTab, session: Session, opened: OpenRun) -> None:
    """Connect the tab."""
    outputs = [tab.problem, tab.table, tab.download]

    def shown(lang: str, ask: str = "") -> Answer:
        """The list, nothing wrong and nothing to take away."""
        listed = table_html(session.store, lang, ask)
        return fill(outputs, ("", listed, gr.DownloadButton(visible=False)))

    @errors_to(tab.problem)
    def table(request: gr.Request) -> Answer:
        clean(session.store)
        return shown(language(request))

    tab.tab.select(table, None, outputs, **QUIET)
    tab.refresh.click(table, None, outputs, **CLICK)

    @errors_to(tab.problem, lambda _shown_id, _event, request: shown(language(request)))
    def act(shown_id: object, event: gr.EventData, request: gr.Request) -> Answer:
        lang, what, run_id = language(request), data_of(event, "do"), data_of(event, "id")
        more: Answer = {}
        # A second click on the same button finds it done.
        if what == "delete" and session.find(run_id) is not None:
            delete_run(session.store, run_id)
            more = opened.let_go(lang) if shown_id == run_id else {}
        elif what != "delete":
            run = session.get(run_id)
            if what == "resume" and run.status() in RESUMABLE:
                check(run)
                session.jobs.resume(run.id)
            if what in ("open", "resume"):
                more = opened.show(run, lang)
            elif what == "take" and (archive := run.archive()):
                button = kept(run, archive, lang)
                more = {tab.download: button, tab.fetcher: fetched(button)}
        return {**shown(lang, run_id if what == "ask" else ""), **more}

    # The last run that was opened is shown, also where another is still on its way.
    clicked = tab.table.click(
        act,
        session.run,
        [*outputs, tab.fetcher, *opened.outputs],
        **{**CLICK, "trigger_mode": "multiple"},
    )
    opened.follow(clicked)
