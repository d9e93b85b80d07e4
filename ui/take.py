"""Take it with you: the download of the model that is picked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from core.errors import UserError
from core.runs import Run
from ui import html, trial
from ui.download import offer, packed
from ui.session import CLICK, QUIET, Find, Session, problem
from ui.words import i18n, language

# A button that has just been given its file: the person has asked for it already.
FETCH_JS = """() => {
  const look = (left) => {
    const button = document.querySelector("#download");
    if (button?.offsetParent) button.click(); else if (left) setTimeout(look, 100, left - 1);
  };
  look(20);
  return [];
}"""


@dataclass(frozen=True)
class Take:
    pack: gr.Button  # shown until a simple model is packed
    download: gr.DownloadButton
    problem: gr.HTML

    @property
    def buttons(self) -> list[Any]:
        """What `ui.download.offer` gives."""
        return [self.pack, self.download]

    @property
    def view(self) -> list[Any]:
        """What `show` fills."""
        return [*self.buttons, self.problem]


def build() -> Take:
    """Draw the card."""
    with gr.Column(elem_classes="tt-card"):
        html.heading("result.take", "result.take.help")
        pack = gr.Button(i18n("result.pack"), variant="primary", visible=False, elem_id="pack")
        download = gr.DownloadButton(
            i18n("result.download"), variant="primary", visible=False, elem_id="download"
        )
        trouble = html.piece(elem_id="download-problem")
    return Take(pack, download, trouble)


def show(run: Run, lang: str) -> tuple[Any, ...]:
    """The values of `view`, for the recommended model."""
    return *offer(run, run.recommended(), lang), ""


def wire(
    step: Take,
    which: gr.Radio,
    tried: trial.Trial,
    session: Session,
    column: gr.Radio,
    find: Find,
) -> None:
    """Another model has another answer and another download; a simple one is packed when asked for."""
    emptied = [*tried.emptied, *step.view]

    def pick(run_id: object, column: object, which: object, request: gr.Request) -> tuple[Any, ...]:
        run = find(session, run_id, column)
        if run is None:
            return (gr.skip(),) * len(emptied)
        return *trial.empty(), *offer(run, trial.picked(run, which), language(request)), ""

    def pack(run_id: object, column: object, which: object, request: gr.Request) -> tuple[Any, ...]:
        run, lang = find(session, run_id, column), language(request)
        try:
            if run is None:
                raise UserError("run_unknown")
            return *packed(run, trial.picked(run, which), lang), ""
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            return gr.skip(), gr.skip(), problem(error, lang)

    asked = [session.run, column, which]
    which.input(pick, asked, emptied, trigger_mode="always_last", **QUIET)
    step.pack.click(pack, asked, step.view, **CLICK).then(None, None, None, js=FETCH_JS)
