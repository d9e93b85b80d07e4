"""Bring a run to the page: after Start, after a reload, in a second tab, or from the Runs tab."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from core.data.profile import profile
from core.data.read import Table
from core.runs import Run
from ui.session import (
    DATA,
    QUIET,
    RESULT,
    SHOW_ADDRESS,
    TRAIN,
    Loaded,
    Session,
    go,
    log,
    problem,
)
from ui.steps import data, model, result, techniques, train
from ui.words import language


@dataclass(frozen=True)
class Attach:
    """Shows a run on the last two steps, and what it was made of on the first three."""

    session: Session
    data: data.DataStep
    model: model.ModelStep
    techniques: techniques.TechniquesStep
    train: train.TrainStep
    result: result.ResultStep

    @property
    def outputs(self) -> list[Any]:
        session = self.session
        return [
            session.tabs,
            session.walk,
            session.run,
            session.brought,
            session.shown,
            session.timer,
            self.train.problem,
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
            run.id,
            train.version(run, lang),
            gr.Timer(active=train.busy(run)),
            "",
            *train.look(run, self.session, lang),
            *shown,
        )

    def nothing(self) -> tuple[Any, ...]:
        """The values of `outputs` that leave everything as it is."""
        return (gr.skip(),) * len(self.outputs)

    def let_go(self) -> tuple[Any, ...]:
        """The values of `outputs` after the run that is shown was deleted."""
        rest = len(self.train.view) + len(self.result.view)
        return (
            gr.skip(),
            go(DATA),
            "",
            "",
            None,
            gr.Timer(active=False),
            "",
            *[gr.skip()] * rest,
        )

    def follow(self, event: Any) -> None:
        """After an event that may have brought a run: what it was made of, and its id in the address."""
        event.then(
            self._restore,
            [self.session.brought, self.session.loaded],
            self.first_steps,
            **QUIET,
        )
        event.then(None, self.session.run, None, js=SHOW_ADDRESS)

    @property
    def first_steps(self) -> list[Any]:
        """What `made_of` fills."""
        return [
            self.session.brought,
            self.session.loaded,
            *self.data.view,
            self.session.model,
            *self.model.view,
            *self.techniques.view,
        ]

    def made_of(
        self, run: Run, table: Table, lang: str, source: Path | None = None
    ) -> tuple[Any, ...]:
        """The values of `first_steps`: a table with the columns, model, techniques and settings of a run.

        `source` is the file that it was read from, while that is kept.
        """
        recipe = run.recipe()
        spec = recipe.data
        seen = profile(
            table, spec.text, recipe.task.column, spec.split or "", recipe.task.separator
        )
        again = Loaded(table, seen, source)
        return (
            "",
            again,
            *data.show(again, lang),
            *model.show(recipe.model.key, again, self.session.store, lang),
            *techniques.restore(self.techniques, recipe, again, run.extra(), lang),
        )

    def _restore(
        self, brought: object, loaded: Loaded | None, request: gr.Request
    ) -> tuple[Any, ...]:
        """Data, model, techniques and settings of a run that was just brought to the page, once.

        Whoever then changes one of them keeps the others.
        """
        rest = 1 + len(self.model.view) + len(self.techniques.view)
        lang, run = language(request), self.session.find(brought)
        if run is None:
            return (gr.skip(),) * (2 + len(self.data.view) + rest)
        try:
            wanted = run.recipe().data.fingerprint
            if loaded is not None and loaded.table.fingerprint == wanted:
                return self.made_of(run, loaded.table, lang, loaded.source)
            return self.made_of(run, run.table(), lang)
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            skipped = (gr.skip(),) * (len(self.data.view) - 1 + rest)
            return "", gr.skip(), problem(error, lang), *skipped


def on_load(page: gr.Blocks, attach: Attach) -> None:
    """When the page opens: the run of the address, or the one that the browser remembers."""

    def load(remembered: object, request: gr.Request) -> tuple[Any, ...]:
        asked = request.query_params.get("run") if request else None
        run = attach.session.find(asked or remembered)
        # Never say anything about an unknown run: Start may have been pressed in the meantime.
        if run is None:
            return attach.nothing()
        try:
            return attach(run, language(request))
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            log.error("cannot show run %s", run.id, exc_info=error)
            return attach.nothing()

    attach.follow(page.load(load, attach.session.run, attach.outputs, **QUIET))


def on_start(started: Any, attach: Attach) -> None:
    """After Start: show the new run at once and begin to look."""
    session = attach.session

    def show(run_id: object, request: gr.Request) -> tuple[Any, ...]:
        return *train.refresh(attach.train, session, run_id, None, language(request)), ""

    outputs = [session.shown, session.timer, *attach.train.view, attach.train.problem]
    event = started.then(show, session.run, outputs, **QUIET)
    event.then(None, session.run, None, js=SHOW_ADDRESS)
