"""The page: a header, two tabs, five steps, and how it is launched."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Any

import gradio as gr

from core.data.read import MAX_BYTES
from core.jobs import Jobs
from core.models.catalog import BUNDLED
from core.runs import RunStore
from core.words import ASSETS, say
from ui import compare, correct, doubt, html, live_plot, runs
from ui.attach import Attach, on_load, on_start
from ui.session import DATA, MODEL, RESULT, TECHNIQUES, TRAIN, Session
from ui.steps import data, model, result, techniques, train
from ui.theme import theme
from ui.words import esc, fragment, i18n, translations

KEEP_UPLOADS = 24 * 3600  # seconds
# For screen readers: gradio leaves the document's language at English.
LANGUAGE_JS = """() => {
  const chinese = navigator.language.toLowerCase().startsWith("zh");
  document.documentElement.lang = chinese ? "zh" : "en";
}"""
STORAGE = "ticktune-run"  # where the browser keeps the id of its run; the id is no secret
FILE_STORAGE = "ticktune-file"  # the same of a file that is being answered


@dataclass(frozen=True)
class Steps:
    data: data.DataStep
    model: model.ModelStep
    techniques: techniques.TechniquesStep
    at_techniques: gr.Step
    train: train.TrainStep
    result: result.ResultStep


def build(store: RunStore) -> gr.Blocks:
    """The whole page, working on the runs of one store."""
    live_plot.serve_script()
    with gr.Blocks(
        title="TickTune", analytics_enabled=False, delete_cache=(3600, KEEP_UPLOADS)
    ) as page:
        html.piece(fragment(_header), elem_id="header")
        with gr.Tabs(selected="train", elem_id="tabs") as tabs:
            with (
                gr.Tab(i18n("app.train"), id="train", elem_id="tab-train"),
                gr.Walkthrough(selected=DATA, elem_id="steps") as walk,
            ):
                steps = _steps()
            history = runs.build()
            comparing = compare.build()
        session = Session(
            jobs=Jobs(store),
            page=page,
            tabs=tabs,
            walk=walk,
            loaded=gr.State(None),
            model=gr.State(BUNDLED),
            run=gr.BrowserState("", storage_key=STORAGE, secret=STORAGE),
            file=gr.BrowserState("", storage_key=FILE_STORAGE, secret=FILE_STORAGE),
            brought=gr.State(""),
            shown=gr.State(None),
            timer=gr.Timer(1, active=False),
        )
        _wire(session, steps, history, comparing)
    return page


def _steps() -> Steps:
    """The five steps, in their order."""
    with gr.Step(i18n("step.data"), id=DATA):
        first = data.build()
    with gr.Step(i18n("step.model"), id=MODEL):
        second = model.build()
    with gr.Step(i18n("step.techniques"), id=TECHNIQUES) as at_techniques:
        third = techniques.build()
    with gr.Step(i18n("step.train"), id=TRAIN):
        fourth = train.build()
    with gr.Step(i18n("step.result"), id=RESULT):
        fifth = result.build()
    return Steps(first, second, third, at_techniques, fourth, fifth)


def _header(lang: str) -> str:
    mark = (
        '<svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="9"/>'
        '<path d="M7 10c4 0 4 12 9 12 3 0 3-5 9-14"/></svg>'
    )
    return (
        f'<header class="tt-header"><h1>{mark}TickTune</h1>'
        f"<p>{esc(say('app.tagline', lang))}</p></header>"
    )


def _wire(
    session: Session, steps: Steps, history: runs.RunsTab, comparing: compare.CompareTab
) -> None:
    """Connect the steps with one another; each connects itself."""
    opener = compare.Opener(comparing, session)
    attach = Attach(session, steps.data, steps.model, steps.techniques, steps.train, steps.result)
    data.wire(steps.data, session)
    model.enter_from(steps.data.next, steps.model, session)
    third = steps.techniques
    model.wire(steps.model, session, third.suggested, third.entered, techniques.enter)
    entered = steps.at_techniques.select
    on_start(techniques.wire(third, session, steps.model.other, entered, opener), attach)
    train.wire(steps.train, session, result.show, steps.result.view)
    result.wire_compare(steps.result, session, opener)
    correct.wire_again(steps.result.trial.correct, session, attach)
    doubt.wire_apply(steps.result.doubt, session, steps.result.column, result.find, attach)
    data.start_over(result.wire(steps.result, session), steps.data)
    attach.follow(runs.wire(history, session, attach))
    attach.follow(compare.wire(comparing, session, attach))
    on_load(session.page, attach)


def launch_options() -> dict[str, Any]:
    """What `launch` is given, here and in the tests: people get what was tested."""
    return {
        "theme": theme(),
        "css_paths": [ASSETS / "style.css"],
        "i18n": translations(),
        "js": LANGUAGE_JS,
        "max_file_size": MAX_BYTES,
        "footer_links": [],
        "run_history": False,
        "ssr_mode": False,
        "share": False,
        "show_error": False,
        "quiet": True,
    }


def free_port(host: str, wanted: int | None, first: int) -> int | None:
    """`wanted` if it is free, else None; when none is wanted, `first` or one of the next twenty."""
    for port in [wanted] if wanted else range(first, first + 20):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    return None
