"""The report to hand on: everything of the result on one page."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr

from core.report.run import run_report
from ui.kit import html
from ui.kit.answer import Answer, Part
from ui.kit.download import written
from ui.kit.errors import errors_to
from ui.kit.words import i18n, language
from ui.session import CLICK, Session

# The file has just been made: the button that gives it away is not seen, and is pressed here.
FETCH_JS = """() => {
  setTimeout(() => document.querySelector("#report-file")?.click(), 200);
  return [];
}"""


class Report(Part):
    """The button, which is drawn when it is made."""

    def __init__(self) -> None:
        self.problem, label = html.piece(elem_id="report-problem"), i18n("report.download")
        with gr.Row(elem_classes="tt-foot"):
            self.make = gr.Button(label, elem_id="report", min_width=180)
            self.file = gr.DownloadButton(label, elem_id="report-file", elem_classes="tt-unseen")

    def wire(self, session: Session) -> None:
        """A press makes the file and hands it over."""

        @errors_to(self.problem)
        def report(run_id: object, request: gr.Request) -> Iterator[Answer]:
            # Whatever comes of it, that of another run is not fetched once more.
            yield {self.file: gr.DownloadButton(value=None), self.problem: ""}
            run = session.get(run_id)
            recipe = run.recipe()
            name = f"{recipe.title}-report"
            file = written(run.store.root, run.id, name, run_report(run, language(request)), "html")
            yield {self.file: gr.DownloadButton(value=file)}

        event = self.make.click(report, session.run, [self.file, self.problem], **CLICK)
        event.success(None, None, None, js=FETCH_JS)
