"""What to think of the result: few test rows, labels that look wrong, more data; and the report to hand
on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from core.errors import UserError
from core.export.run_report import run_report
from core.runs import Run
from ui import curve, folds, html, question, suspects
from ui.download import written
from ui.question import Card
from ui.session import CLICK, Find, Session, problem
from ui.words import i18n, language

if TYPE_CHECKING:
    from ui.attach import Attach

VIEW = 10  # components that `show` fills
# The file has just been made: the button that gives it away is not seen, and is pressed here.
FETCH_JS = """() => {
  setTimeout(() => document.querySelector("#report-file")?.click(), 200);
  return [];
}"""


@dataclass(frozen=True)
class Doubt:
    folds: Card
    suspects: suspects.Suspects
    curve: Card
    report: gr.Button
    file: gr.DownloadButton
    problem: gr.HTML

    @property
    def view(self) -> list[Any]:
        """What `show` fills."""
        return [*self.folds.view, *self.suspects.view, *self.curve.view]


def build(folded: Card) -> Doubt:
    """Draw what comes after the mistakes; `folded` is the card on few test rows, which stands above them."""
    doubtful = suspects.build()
    curved = question.build("learning-curve")
    trouble = html.piece(elem_id="report-problem")
    with gr.Row(elem_classes="tt-foot"):
        report = gr.Button(i18n("report.download"), elem_id="report", min_width=180)
        file = gr.DownloadButton(
            i18n("report.download"), elem_id="report-file", elem_classes="tt-unseen"
        )
    return Doubt(folded, doubtful, curved, report, file, trouble)


def show(run: Run, lang: str) -> tuple[Any, ...]:
    """All of it for a run that was measured, in the order of `view`."""
    return *folds.show(run, lang), *suspects.show(run, lang), *curve.show(run, lang)


def wire(part: Doubt, session: Session, column: gr.Radio, find: Find) -> None:
    """Connect it."""
    folds.wire(part.folds, session, column, find)
    suspects.wire(part.suspects, session, column, find)
    curve.wire(part.curve, session, column, find)

    def report(run_id: object, request: gr.Request) -> tuple[Any, str]:
        lang = language(request)
        try:
            run = session.find(run_id)
            if run is None:
                raise UserError("run_unknown")
            recipe = run.recipe()
            name = f"{recipe.name or recipe.data.file}-report"
            return gr.DownloadButton(value=written(name, run_report(run, lang), "html")), ""
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            return gr.skip(), problem(error, lang)

    made = part.report.click(report, session.run, [part.file, part.problem], **CLICK)
    made.success(None, None, None, js=FETCH_JS)


def wire_apply(part: Doubt, session: Session, column: gr.Radio, find: Find, attach: Attach) -> None:
    """Connect what brings corrected data to the first steps."""
    suspects.wire_apply(part.suspects, session, column, find, attach)
