"""Bring a run to the page: after Start, after a reload, in a second tab, or from the Runs tab."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from core.data.profile import profile
from core.runs import Run
from ui import form
from ui.session import QUIET, RESULT, TRAIN, Loaded, Session, go
from ui.steps import data, model, result, train
from ui.words import language

# The address names the run, so that it can be kept as a bookmark or opened on another device.
SHOW_ADDRESS = """(id) => {
  const url = new URL(window.location.href);
  if (id) url.searchParams.set("run", id); else url.searchParams.delete("run");
  window.history.replaceState(null, "", url);
  return [];
}"""


@dataclass(frozen=True)
class Attach:
    """Shows a run on the last two steps, and what it was made of on the first three."""

    session: Session
    data: data.DataStep
    model: model.ModelStep
    choices: form.Choices
    train: train.TrainStep
    result: result.ResultStep

    @property
    def outputs(self) -> list[Any]:
        session = self.session
        return [
            session.tabs,
            session.walk,
            session.run,
            session.shown,
            session.timer,
            *self.train.view,
            *self.result.view,
        ]

    def __call__(self, run: Run, lang: str) -> tuple[Any, ...]:
        """The values of `outputs` that show a run: its result when it has one, else its course."""
        done = not train.busy(run) and run.metrics() is not None
        shown = result.show(run, lang) if done else tuple(gr.skip() for _ in self.result.view)
        return (
            gr.Tabs(selected="train"),
            go(RESULT if done else TRAIN),
            run.id,
            train.version(run, lang),
            gr.Timer(active=train.busy(run)),
            *train.look(run, self.session, lang),
            *shown,
        )

    def follow(self, event: Any) -> None:
        """After an event that brought a run: bring what it was made of, and name it in the address."""
        event.then(
            self._restore_data,
            [self.session.run, self.session.loaded],
            [self.session.loaded, *self.data.view],
            **QUIET,
        )
        event.then(
            self._restore_choices,
            self.session.run,
            [self.session.model, *self.model.view, *self.choices.components()],
            **QUIET,
        )
        event.then(None, self.session.run, None, js=SHOW_ADDRESS)

    def _restore_data(
        self, run_id: object, loaded: Loaded | None, request: gr.Request
    ) -> tuple[Any, ...]:
        """The run's own table on the first step, unless it is there already."""
        nothing = (gr.skip(),) * (1 + len(self.data.view))
        run = self.session.find(run_id)
        if run is None:
            return nothing
        spec = run.recipe()
        if loaded is not None and loaded.table.fingerprint == spec.data.fingerprint:
            return nothing
        table = run.table()
        seen = profile(table, spec.data.text, spec.task.column, spec.data.split or "")
        again = Loaded(table, seen)
        return again, *data.show(again, language(request))

    def _restore_choices(self, run_id: object, request: gr.Request) -> tuple[Any, ...]:
        """The run's model, techniques and settings: whoever changes one of them keeps the others."""
        run = self.session.find(run_id)
        if run is None:
            return (gr.skip(),) * (3 + len(self.choices.components()))
        recipe = run.recipe()
        return *model.show(recipe.model.key, language(request)), *self.choices.show(recipe)


def on_load(page: gr.Blocks, attach: Attach) -> None:
    """When the page opens: the run of the address, or the one that the browser remembers."""
    nothing = (gr.skip(),) * len(attach.outputs)

    def load(remembered: object, request: gr.Request) -> tuple[Any, ...]:
        asked = request.query_params.get("run") if request else None
        run = attach.session.find(asked) or attach.session.find(remembered)
        # Never say anything about an unknown run: Start may have been pressed in the meantime.
        return attach(run, language(request)) if run else nothing

    attach.follow(page.load(load, attach.session.run, attach.outputs, **QUIET))


def on_start(started: Any, attach: Attach) -> None:
    """After Start: show the new run at once and begin to look."""
    session = attach.session

    def show(run_id: object, request: gr.Request) -> tuple[Any, ...]:
        return train.refresh(session, run_id, None, language(request))

    event = started.then(
        show, session.run, [session.shown, session.timer, *attach.train.view], **QUIET
    )
    event.then(None, session.run, None, js=SHOW_ADDRESS)
