"""What the steps share: the data that was loaded, the run that is shown, and the way about."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gradio as gr

from core.data.any_file import read_any
from core.data.checkup.finding import Finding
from core.data.checkup.fix import Reread
from core.data.profile.profile import Profile
from core.data.read.table import read
from core.data.table import Table
from core.data.table_cache import share_cells
from core.errors import UserError
from core.jobs.queue import Jobs
from core.modalities.checkup import checkup
from core.runs.run import LabelColumn, Run
from core.runs.store import RunStore
from ui.kit.words import i18n
from ui.server.live import Live

DATA, MODEL, TECHNIQUES, TRAIN, RESULT = range(1, 6)


@dataclass(frozen=True)
class Loaded:
    """A person's table and what is in it. Stays on the server, once for all who look at an equal one.

    `source` is the file that was uploaded, or what was pasted, from which the table can be read in another
    way while it is there. `origin` is the same as long as it is the same file, whatever is changed of it or
    chosen in it.
    """

    table: Table
    profile: Profile
    source: Path | bytes | None = None
    origin: object = field(default_factory=object)

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", share_cells(self.table))

    @functools.cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What the check-up says of it."""
        return checkup(self.table, self.profile)

    @property
    def reread(self) -> Reread | None:
        """Reads the table's source again with other options; None where it is not there any more."""
        source, name = self.source, self.table.name
        if isinstance(source, bytes):
            return lambda options: read(source, name, options)
        if source is None or not source.is_file():
            return None
        # The stored file may have another name than the one that the person gave it.
        return lambda options: dataclasses.replace(read_any(source, options), name=name)


@dataclass
class Brought:
    """A run whose data and settings are still to be put on the first steps; they are once, by whoever takes
    its id."""

    run: str = ""

    def take(self) -> str:
        run, self.run = self.run, ""
        return run


@dataclass(frozen=True)
class Session:
    """One browser's page. The run's id is kept by the browser: treat it as hostile."""

    jobs: Jobs
    page: gr.Blocks
    tabs: gr.Tabs
    walk: gr.Walkthrough
    loaded: gr.State  # Loaded or None
    # Its value is the key of the model that is picked: see `ui.steps.model.step.ModelStep`.
    model: gr.HTML
    run: gr.BrowserState  # id of the run that the last two steps show
    file: gr.BrowserState  # id of the file that is being answered whole: a secret of this browser
    brought: gr.State  # Brought
    live: Live  # draws the run for all browsers

    @property
    def store(self) -> RunStore:
        return self.jobs.store

    def get(self, run_id: object) -> Run:
        """The run of an id that comes from a browser. Raises UserError where there is none."""
        return self.store.get(str(run_id or ""))

    def find(self, run_id: object) -> Run | None:
        """The same, or None."""
        try:
            return self.get(run_id)
        except UserError:
            return None

    def get_column(self, run_id: object, number: object) -> LabelColumn:
        """A label column of a run; both come from a browser. Raises UserError where there is no such run."""
        columns = self.get(run_id).columns()
        wanted = int(str(number)[:9]) if str(number).isdecimal() else 0
        return columns[wanted if wanted < len(columns) else 0]

    def find_column(self, run_id: object, number: object) -> LabelColumn | None:
        """The same, or None."""
        try:
            return self.get_column(run_id, number)
        except UserError:
            return None


def go(step: int) -> gr.Walkthrough:
    """Move the walkthrough to a step."""
    return gr.Walkthrough(selected=step)


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
# The same for what a person sets: the last setting counts, also where one is still being answered. By default
# it would be dropped, and the widget would show what is not used.
LATEST: dict[str, Any] = {**QUIET, "trigger_mode": "always_last"}
CLICK: dict[str, Any] = {
    "show_progress": "minimal",
    "concurrency_limit": None,
    "api_visibility": "private",
}
# (An event with data of its own, such as which button it was, is no case for LATEST: it would come again with
# the data of the first. With `trigger_mode="multiple"` all are answered side by side: see InOrder.)

# The address names the run, so that it can be kept as a bookmark or opened on another device.
SHOW_ADDRESS = """(id) => {
  const url = new URL(window.location.href);
  if (id) url.searchParams.set("run", id); else url.searchParams.delete("run");
  window.history.replaceState(null, "", url);
  return [];
}"""
# When the page opens: an address that names a run stays, also where there is no such run.
COMPLETE_ADDRESS = f"""(id) =>
  new URL(window.location.href).searchParams.has("run") ? [] : ({SHOW_ADDRESS})(id)"""
