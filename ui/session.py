"""What the steps share: the data that was loaded, the run that is shown, and the way about."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from core.data.checks.finding import Finding
from core.data.checkup import checkup
from core.data.profile import Profile
from core.data.read import Table
from core.errors import UserError
from core.jobs import Jobs
from core.runs import Run, RunStore
from ui import html
from ui.words import i18n

DATA, MODEL, TECHNIQUES, TRAIN, RESULT = range(1, 6)
log = logging.getLogger("ticktune")


@dataclass(frozen=True)
class Loaded:
    """A person's table and what is in it. Stays on the server.

    `source` is the file that was uploaded, from which another sheet can be read while it is kept.
    """

    table: Table
    profile: Profile
    source: Path | None = None

    @functools.cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What the check-up says of it."""
        return checkup(self.table, self.profile)


@dataclass(frozen=True)
class Session:
    """One browser's page. The run's id is kept by the browser: treat it as hostile."""

    jobs: Jobs
    page: gr.Blocks
    tabs: gr.Tabs
    walk: gr.Walkthrough
    loaded: gr.State  # Loaded or None
    model: gr.State  # key of the model that is picked
    run: gr.BrowserState  # id of the run that the last two steps show
    file: gr.BrowserState  # id of the file that is being answered whole: a secret of this browser
    brought: gr.State  # id of a run whose data and settings are still to be put on the first steps
    shown: gr.State  # what the train step shows already
    timer: gr.Timer

    @property
    def store(self) -> RunStore:
        return self.jobs.store

    def find(self, run_id: object) -> Run | None:
        """The run of an id from a browser, or None."""
        try:
            return self.store.get(str(run_id or ""))
        except UserError:
            return None


# The run of an id as that of a label column, or None; both come from a browser.
Find = Callable[[Session, object, object], Run | None]


def go(step: int) -> gr.Walkthrough:
    """Move the walkthrough to a step."""
    return gr.Walkthrough(selected=step)


def problem(error: Exception, language: str) -> str:
    """The card of anything that went wrong in a click; a mistake of ours is logged in full."""
    if isinstance(error, UserError):
        return html.trouble(error, language)
    log.error("unexpected", exc_info=error)
    return html.unexpected(language)


def back_and_next(step: int, key: str) -> tuple[gr.Button, gr.Button]:
    """The row at the foot of a step: Back, and the button that goes on."""
    with gr.Row(elem_classes="tt-foot"):
        back = gr.Button(i18n("ui.back"), elem_id=f"back-{step}", min_width=120)
        following = gr.Button(i18n(key), variant="primary", elem_id=f"next-{step}", min_width=180)
    return back, following


# Options of events that only read: nothing flashes, nobody waits for another, no public endpoint.
QUIET: dict[str, Any] = {
    "show_progress": "hidden",
    "concurrency_limit": None,
    "api_visibility": "private",
}
CLICK: dict[str, Any] = {
    "show_progress": "minimal",
    "concurrency_limit": None,
    "api_visibility": "private",
}

# The address names the run, so that it can be kept as a bookmark or opened on another device.
SHOW_ADDRESS = """(id) => {
  const url = new URL(window.location.href);
  if (id) url.searchParams.set("run", id); else url.searchParams.delete("run");
  window.history.replaceState(null, "", url);
  return [];
}"""
