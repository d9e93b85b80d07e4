"""Bring a run to the page: after a reload, in a second tab, or from the Runs tab.

That is one event, which the steps listen to: each gives what it then shows.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gradio as gr

from core.data.profile.profile import profile
from core.data.table import Table
from core.errors import UserError
from core.recipe import Recipe
from core.runs.integrity import check
from core.runs.run import Run
from core.words import message, say
from ui.kit.answer import Answer
from ui.kit.errors import errors_to
from ui.kit.words import language
from ui.session import (
    COMPLETE_ADDRESS,
    DATA,
    QUIET,
    RESULT,
    SHOW_ADDRESS,
    TRAIN,
    Brought,
    Loaded,
    Session,
    go,
)


@dataclass(frozen=True)
class Settings:
    """What a run was made of."""

    loaded: Loaded
    recipe: Recipe
    extra: Table | None  # its file without labels
    done: Sequence[str] = ()  # to the data since


@dataclass(frozen=True)
class Listeners:
    """Who shows something of what an event is about, and where."""

    components: list[Any] = field(default_factory=list)
    _shows: list[Callable[[Any, str], Answer]] = field(default_factory=list)

    def add(self, components: Sequence[Any], show: Callable[[Any, str], Answer]) -> None:
        """`show` gives values for some of the `components`, in a language."""
        self.components.extend(components)
        self._shows.append(show)

    def __call__(self, about: Any, lang: str) -> Answer:
        return {
            component: value
            for show in self._shows
            for component, value in show(about, lang).items()
        }


@dataclass(frozen=True)
class OpenRun:
    """The event. All have to listen before it is connected to anything."""

    session: Session
    trouble: gr.HTML  # on the first step: why a run cannot be shown
    course: Listeners = field(default_factory=Listeners)  # with a Shot, or None once it was deleted
    settings: Listeners = field(default_factory=Listeners)  # with Settings

    @property
    def outputs(self) -> list[Any]:
        """What `show` and `let_go` fill."""
        session = self.session
        shared = [session.tabs, session.walk, session.run, session.brought, self.trouble]
        return [*shared, *self.course.components]

    def show(self, run: Run, lang: str) -> Answer:
        """A run on the last two steps: its result when it has one, else its course.

        Raises UserError for a damaged run.
        """
        check(run)
        session = self.session
        shot = session.live.shot(run, lang)
        return {
            session.tabs: gr.Tabs(selected="train"),
            session.walk: go(RESULT if shot.look.done else TRAIN),
            session.run: run.id,
            session.brought: Brought(run.id),
            self.trouble: "",
            **self.course(shot, lang),
        }

    def let_go(self, lang: str) -> Answer:
        """After the run that is shown was deleted."""
        session = self.session
        gone = {session.walk: go(DATA), session.run: "", session.brought: Brought()}
        return {**gone, self.trouble: "", **self.course(None, lang)}

    @property
    def first_steps(self) -> list[Any]:
        """What `made_of` fills."""
        return [self.session.loaded, *self.settings.components]

    def made_of(
        self,
        run: Run,
        table: Table,
        lang: str,
        source: Path | bytes | None = None,
        done: Sequence[str] = (),
    ) -> Answer:
        """A table with the columns, model, techniques and settings of a run on the first three steps.

        `source` is the file that it was read from, while that is kept; `done` what was done to it since.
        """
        recipe = run.recipe()
        spec = recipe.data
        seen = profile(
            table, spec.text, recipe.task.column, spec.split or "", recipe.task.separator
        )
        # Whoever chose the columns of a run, they are not chosen now.
        why = message("data.why.run")
        seen = dataclasses.replace(seen, why_text=why, why_label=why)
        settings = Settings(Loaded(table, seen, source), recipe, run.extra(), done)
        return {self.session.loaded: settings.loaded, **self.settings(settings, lang)}

    def changed(self, run: Run, table: Table, lang: str) -> Answer:
        """The same of a run whose table was changed: above the settings stands what was done to the data."""
        done = [say(change.said, lang) for change in table.changes[len(run.table().changes) :]]
        done.append(say("data.changed.next", lang, rows=len(table.frame)))
        return self.made_of(run, table, lang, done=done)

    def follow(self, event: Any, address: str = SHOW_ADDRESS) -> None:
        """After an event that may have brought a run: what it was made of, and its id in the address."""
        session = self.session

        @errors_to(self.trouble)
        def restore(brought: Brought, loaded: Loaded | None, request: gr.Request) -> Answer:
            """Once: whoever then changes the data, the model or a setting keeps the others."""
            run, lang = session.find(brought.take()), language(request)
            if run is None:
                return {}
            wanted = run.recipe().data.fingerprint
            if loaded is not None and loaded.table.fingerprint == wanted:
                return self.made_of(run, loaded.table, lang, loaded.source)
            return self.made_of(run, run.table(), lang)

        asked = [session.brought, session.loaded]
        event.then(restore, asked, self.first_steps, trigger_mode="multiple", **QUIET)
        event.then(None, session.run, None, js=address)

    def on_load(self) -> None:
        """When the page opens: the run of the address, or the one that the browser remembers."""
        session = self.session

        def first_step(*_: Any) -> Answer:
            return {session.tabs: gr.Tabs(selected="train"), session.walk: go(DATA)}

        @errors_to(self.trouble, first_step)
        def load(remembered: object, request: gr.Request) -> Answer:
            asked = request.query_params.get("run") if request else None
            run = session.find(asked or remembered)
            if run is not None:
                return self.show(run, language(request))
            # Nothing is said about one that the browser remembers: Start may have been pressed meanwhile.
            if asked:
                raise UserError("run_unknown")
            return {}

        loaded = session.page.load(load, session.run, self.outputs, **QUIET)
        self.follow(loaded, COMPLETE_ADDRESS)
