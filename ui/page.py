"""The page: a header, the tabs, five steps, a footer, and how it is launched."""

from __future__ import annotations

import functools
import json
import os
import socket
from dataclasses import dataclass
from typing import Any

import gradio as gr
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.data.read.table import MAX_BYTES
from core.installed import own_version
from core.jobs.deletion import clean
from core.jobs.queue import Jobs
from core.runs.store import RunStore
from core.words import ASSETS, LANGUAGES, say
from ui.kit import html, live_plot
from ui.kit.latest import InOrder
from ui.kit.words import esc, fragment, i18n, translations
from ui.open_run import OpenRun
from ui.server import live
from ui.server.hosts import Hosts
from ui.server.live import Live
from ui.server.middleware import Gate
from ui.server.posted import TypedInputs
from ui.server.uploads import Uploads
from ui.session import (
    DATA,
    MODEL,
    RESULT,
    SHOW_ADDRESS,
    TECHNIQUES,
    TRAIN,
    Brought,
    Session,
)
from ui.steps.data import step as data
from ui.steps.model import step as model
from ui.steps.result.step import ResultStep
from ui.steps.techniques import step as techniques
from ui.steps.train import step as train
from ui.tabs import compare, runs
from ui.theme import theme

KEEP_UPLOADS = 24 * 3600  # seconds; tables in memory go an hour after their page was closed
# For screen readers: gradio leaves the document's language at English.
_LANGUAGE_JS = """() => {
  const chinese = navigator.language.toLowerCase().startsWith("zh");
  document.documentElement.lang = chinese ? "zh" : "en";
}"""
_ARRIVE_JS = (ASSETS / "arrive.js").read_text(encoding="utf-8").rstrip(";\n")
_NAMES_JS = (ASSETS / "step_names.js").read_text(encoding="utf-8").rstrip(";\n")
_STEPS = ("step.data", "step.model", "step.techniques", "step.train", "step.result")
# The accessible names of the steps, by language.
_NAMES = json.dumps(
    {
        lang: [f"{say('step.of', lang, n=n)} {say(key, lang)}" for n, key in enumerate(_STEPS, 1)]
        for lang in LANGUAGES
    }
)
# What the page runs once it is there.
START_JS = f"() => {{ ({_LANGUAGE_JS})(); ({_ARRIVE_JS})(); ({_NAMES_JS})({_NAMES}); }}"
STORAGE = "ticktune-run"  # where the browser keeps the id of its run; the id is no secret
FILE_STORAGE = "ticktune-file"  # the same of a file that is being answered


@dataclass(frozen=True)
class Steps:
    data: data.DataStep
    model: model.ModelStep
    techniques: techniques.TechniquesStep
    at_techniques: gr.Step
    train: train.TrainStep
    result: ResultStep


class Page(TypedInputs, InOrder):
    """The page, and what answers its script while a run is at work."""

    live: Live


def build(store: RunStore, hosts: Hosts | None = None) -> Page:
    """The whole page, working on the runs of one store. `hosts` tells who can open it: nobody else, by
    default."""
    shared = (hosts or Hosts()).shared
    clean(store)
    live_plot.serve_script()
    jobs = Jobs(store)
    page = Page(title="TickTune", analytics_enabled=False, delete_cache=(3600, KEEP_UPLOADS))
    # Nobody goes past the queue, which limits how much is done at a time.
    page.queue(api_open=False)
    page.live = Live(jobs, train.draw)
    with page:
        html.piece(fragment(_header), elem_id="header")
        with gr.Tabs(selected="train", elem_id="tabs") as tabs:
            with (
                gr.Tab(i18n("app.train"), id="train", elem_id="tab-train"),
                gr.Walkthrough(selected=DATA, elem_id="steps") as walk,
            ):
                steps = _steps(shared)
            history = runs.build()
            comparing = compare.build()
        html.piece(fragment(_footer), elem_id="footer")
        session = Session(
            jobs=jobs,
            page=page,
            tabs=tabs,
            walk=walk,
            loaded=gr.State(None, time_to_live=KEEP_UPLOADS),
            model=steps.model.picked.cards,
            run=gr.BrowserState("", storage_key=STORAGE, secret=STORAGE),
            file=gr.BrowserState("", storage_key=FILE_STORAGE, secret=FILE_STORAGE),
            brought=gr.State(Brought()),
            live=page.live,
        )
        page.subjects = (session.run, session.loaded, session.file, comparing.picker)
        page.choices = (steps.result.column,)
        page.changing, page.origin = session.loaded, lambda loaded: loaded and loaded.origin
        page.replacing = session.brought
        _wire(session, steps, history, comparing)
    return page


def _steps(shared: bool) -> Steps:
    """The five steps, in their order."""
    with gr.Step(i18n("step.data"), id=DATA):
        html.place("step.data", DATA)
        first = data.build(shared)
    with gr.Step(i18n("step.model"), id=MODEL):
        html.place("step.model", MODEL)
        second = model.build()
    with gr.Step(i18n("step.techniques"), id=TECHNIQUES) as at_techniques:
        html.place("step.techniques", TECHNIQUES)
        third = techniques.build()
    with gr.Step(i18n("step.train"), id=TRAIN):
        html.place("step.train", TRAIN)
        fourth = train.build()
    with gr.Step(i18n("step.result"), id=RESULT):
        html.place("step.result", RESULT)
        fifth = ResultStep()
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


def _footer(lang: str) -> str:
    said = esc(say("app.footer", lang, version=own_version()))
    return f'<footer class="tt-footer">{said}</footer>'


def _wire(
    session: Session, steps: Steps, history: runs.RunsTab, comparing: compare.CompareTab
) -> None:
    """Connect the steps with one another; each connects itself."""
    opener = compare.opener(comparing, session)
    opened = OpenRun(session, steps.data.shown.problem)
    data.listen(steps.data, session, opened)
    model.listen(steps.model, session, opened)
    techniques.listen(steps.techniques, session, opened)
    train.listen(steps.train, opened)
    steps.result.listen(opened)
    shown = steps.data.shown
    model.enter_from(
        data.wire(steps.data, session), steps.model, session, shown.problem, shown.hint
    )
    third = steps.techniques
    entering = functools.partial(techniques.enter, third, session.store)
    model.wire(steps.model, session, third.suggested, third.entered, entering)
    entered = steps.at_techniques.select
    started = techniques.wire(third, session, steps.model.picked, entered, opener, opened)
    started.then(None, session.run, None, js=SHOW_ADDRESS)
    train.wire(steps.train, session, steps.result.show, steps.result.view)
    steps.result.wire_opened(session, opened, opener)
    # The old file is gone before step 1 is seen.
    empty = {session.walk: gr.update(selected=DATA), session.run: ""}
    emptied = data.start_over(steps.result.wire(session), steps.data, session, empty)
    emptied.then(None, session.run, None, js=SHOW_ADDRESS)
    runs.wire(history, session, opened)
    compare.wire(comparing, session, opened)
    opened.on_load()


def launch_options(hosts: Hosts | None = None, uploads: Uploads | None = None) -> dict[str, Any]:
    """What `launch` is given, here and in the tests: people get what was tested."""
    # Anybody can write X-Forwarded-For. Whoever has a proxy in front names its address in this variable.
    os.environ.setdefault("FORWARDED_ALLOW_IPS", "")
    gate = Middleware(Gate, hosts=hosts or Hosts(), uploads=uploads or Uploads())
    return {
        "app_kwargs": {"middleware": [gate], "routes": [Route(live.PATH, _live)]},
        "theme": theme(),
        "css_paths": [ASSETS / "style.css"],
        "i18n": translations(),
        "js": START_JS,
        "max_file_size": MAX_BYTES,
        "footer_links": [],
        "run_history": False,
        "ssr_mode": False,
        "share": False,
        "show_error": False,
        "quiet": True,
    }


async def _live(request: Request) -> Response:
    page = request.app.get_blocks()
    assert isinstance(page, Page)
    return await page.live(request)


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
